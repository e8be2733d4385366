//! What tokens and userinfo say, read and held against what is known.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::bench::{Bench, Over};
use crate::auth::acting::Acting;
use crate::auth::discovery::Metadata;
use crate::auth::http::host_of;
use crate::auth::id_token::{self, Expected};
use crate::auth::signature::{self, Checked};
use crate::auth::tokens::Tokens;
use crate::identity::flow_lab::{Claims, Sort, StepId, differences};
use crate::identity::provider::IdentityProvider;
use crate::token::{Jws, Token};

/// What an identity provider brought: its tokens, and what they say. `Debug` shows none of it.
#[derive(Clone)]
pub struct Brought {
    /// The tokens.
    pub tokens: Tokens,
    /// Claims of the ID token.
    pub id: Option<Value>,
    /// What userinfo says.
    pub userinfo: Option<Value>,
}

impl fmt::Debug for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Brought(..)")
    }
}

/// A token as it may be shown.
pub(super) fn shown(sort: Sort, token: &SecretString) -> Claims {
    match id_token::parts(token) {
        Some((header, claims)) => Claims::of(sort, Some(&header), &claims),
        None => Claims::opaque(sort),
    }
}

/// Whom this ID token must be for.
pub(super) struct Binding<'a> {
    pub(super) client_id: &'a str,
    pub(super) nonce: Option<&'a SecretString>,
    pub(super) access: &'a SecretString,
    pub(super) metadata: Option<&'a Metadata>,
    pub(super) provider: &'a IdentityProvider,
}

/// The step that holds the ID token against this attempt and against its issuer's keys (J7, J13, L6). The platform does
/// neither; a token that fails here would still be taken by it.
pub(super) async fn verify(
    bench: &Bench,
    token: &SecretString,
    binding: &Binding<'_>,
) -> Result<Value, Over> {
    let step = StepId::Verify;
    bench.begin(step, "Reading the ID token.");
    let Some(claims) = id_token::claims(token) else {
        let said = "What came as ID token is none: the platform cannot read it either.";
        return Err(bench.fail(step, said, "The identity provider does not follow OpenID Connect."));
    };
    let issuer = match binding.metadata {
        Some(metadata) => Some(metadata.issuer.clone()),
        None => claims["iss"].as_str().filter(|issuer| is_of(issuer, binding.provider)).map(str::to_owned),
    };
    let now = bench.stage.deps.clock.now();
    let checked = match &issuer {
        Some(issuer) => {
            let read = Jws::parse_unsigned(token.expose_secret()).map(|jws| Token::Signed(Box::new(jws)));
            match read {
                Ok(token) => signature::check(&bench.stage.http, &token, issuer, now).await,
                Err(why) => Checked::Unverified { why: why.to_string() },
            }
        }
        None => {
            Checked::Unverified { why: "its issuer is not of this configuration, and was not asked".into() }
        }
    };
    let mut view = shown(Sort::IdpId, token);
    view.signature = checked.words();
    bench.brought(view);
    if let Checked::Forged { .. } = &checked {
        let next = "Do not use this configuration before it is known why; the platform itself does not look.";
        return Err(bench.fail(step, format!("The ID token is {}.", checked.words()), next));
    }
    let expected = Expected {
        issuer: issuer.as_deref().or_else(|| claims["iss"].as_str()).unwrap_or_default(),
        client_id: Some(binding.client_id),
        nonce: binding.nonce.map(SecretString::expose_secret),
        access: binding.access,
        now,
    };
    if let Err(error) = id_token::check(token, &expected) {
        return Err(bench.fail(step, error.to_string(), "The platform itself does not look at this."));
    }
    match &checked {
        Checked::Verified { .. } => {
            bench.done(step, format!("It is {}, for this client and this attempt.", checked.words()));
        }
        _ => bench.skip(step, format!("It is for this client and this attempt; {}.", checked.words())),
    }
    Ok(claims)
}

/// True when the address is on a host that the configuration names.
fn is_of(issuer: &str, provider: &IdentityProvider) -> bool {
    let host = |address: &str| Url::parse(address).ok().map(|url| host_of(&url));
    let own = host(issuer);
    own.is_some()
        && [&provider.authorize_url, &provider.token_url, &provider.user_info_url]
            .into_iter()
            .any(|address| host(address.raw()) == own)
}

/// The step that asks userinfo, as token exchange does (platform-api §10.3 step 4). `id` are the ID token's claims.
pub(super) async fn userinfo(
    bench: &Bench,
    access: &SecretString,
    provider: &IdentityProvider,
    id: Option<&Value>,
) -> Result<Option<Value>, Over> {
    let step = StepId::Userinfo;
    bench.begin(step, "Asking userinfo.");
    if provider.user_info_mode.as_ref().is_some_and(|mode| mode.raw() == "gcip") {
        bench.skip(step, "The platform asks Google Identity Platform here, with a key that is never read.");
        return Ok(None);
    }
    if provider.user_info_url.is_empty() {
        bench.skip(
            step,
            "The configuration names no userinfo; the browser flow does not need it, exchange does.",
        );
        return Ok(None);
    }
    if access.expose_secret().is_empty() {
        bench.skip(step, "There is no access token to ask userinfo with.");
        return Ok(None);
    }
    let Ok(url) = Url::parse(provider.user_info_url.raw()) else {
        let said = format!("{} is not a web address.", provider.user_info_url);
        return Err(bench.fail(step, said, "Set the userinfo address; token exchange needs it."));
    };
    let answer = bench.stage.http.get_as(&url, access).await.map_err(|error| bench.broke(&error))?;
    let claims = answer.json(&host_of(&url)).map_err(|error| bench.broke(&error))?;
    let view = Claims::of(Sort::IdpUserinfo, None, &claims);
    let id_view = id.map(|id| Claims::of(Sort::IdpId, None, id));
    bench.brought(view.clone());
    // J14
    if let Some(id) = &id_view
        && let (Some(a), Some(b)) = (id.get("sub"), view.get("sub"))
        && a != b
    {
        let said = format!("Userinfo is about {b}, the ID token about {a}.");
        return Err(bench.fail(
            step,
            said,
            "The two must be one person; ask whoever runs the identity provider.",
        ));
    }
    let differ = id_view.map(|id| differences(&id, &view)).unwrap_or_default();
    let said = if differ.is_empty() {
        "It answers, and says what the ID token says.".to_owned()
    } else {
        let names: Vec<&str> = differ.iter().map(|one| one.claim.as_str()).collect();
        format!(
            "It does not say the same as the ID token: {}. The browser flow goes by the ID token, token exchange by \
             userinfo.",
            names.join(", ")
        )
    };
    bench.differs(differ);
    bench.done(step, if id.is_none() { "It answers.".to_owned() } else { said });
    Ok(Some(claims))
}

/// Shows the platform's tokens, and who acts for whom in them (X1).
pub(super) fn of_platform(bench: &Bench, tokens: &Tokens, subject: Option<&SecretString>) {
    bench.brought(shown(Sort::PlatformAccess, &tokens.access));
    if let Some(id) = &tokens.id {
        bench.brought(shown(Sort::PlatformId, id));
    }
    if let Some(subject) = subject {
        bench.note(Acting::of(&tokens.access, tokens.id.as_ref(), subject).to_string());
    }
}

/// The step that asks `/auth/me` who signed in.
pub(super) async fn who(bench: &Bench, access: &SecretString) -> Result<String, Over> {
    let base = &bench.stage.request.connection.base_url;
    let Ok(url) = base.url().join("auth/me") else { return Ok("nobody can be asked".to_owned()) };
    let answer = bench.stage.http.get_as(&url, access).await.map_err(|error| bench.broke(&error))?;
    let me = answer.json(&base.host()).map_err(|error| bench.broke(&error))?;
    let text = |at: &str| me.pointer(at).and_then(Value::as_str).map(crate::identity::Text::from);
    let name = text("/membership/profile/display")
        .or_else(|| text("/user/email"))
        .map_or_else(|| "somebody without a name".to_owned(), |name| name.to_string());
    let project = text("/project/name").map_or_else(String::new, |project| format!(" in {project}"));
    let role = match (&me["project"]["superAdmin"], &me["membership"]["admin"]) {
        (Value::Bool(true), _) => ", super admin",
        (_, Value::Bool(true)) => ", project admin",
        _ => "",
    };
    Ok(format!("{name}{project}{role}"))
}
