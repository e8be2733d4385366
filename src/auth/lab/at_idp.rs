//! A sign-in at an identity provider with a configuration of the platform's, saved or not. The code is redeemed as the
//! platform would redeem it (platform-api §10.2 step 4), and nothing of it reaches the platform.
//!
//! *Paste back* needs nothing registered beyond what the platform needs: the browser is sent back to the platform's own
//! `auth/external` with a state that the platform cannot read, so it refuses before it touches the code (§10.2 step 1),
//! and the code is still good in the address that the person pastes.

use oauth2::{CsrfToken, PkceCodeChallenge};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::back::{Came, Read, browser_went, wait};
use super::bench::{Bench, Over};
use super::issuer;
use super::told::{Binding, Brought, userinfo, verify};
use crate::auth::client::Redirects;
use crate::auth::code::{Expecting, Judged};
use crate::auth::device::{self, Confidential};
use crate::auth::discovery::Metadata;
use crate::auth::error::AuthError;
use crate::auth::flow::{Answer, FlowEvent};
use crate::auth::http::host_of;
use crate::auth::loopback::Listener;
use crate::auth::paste;
use crate::auth::tokens::Tokens;
use crate::identity::Secret;
use crate::identity::flow_lab::StepId;
use crate::identity::provider::IdentityProvider;
use crate::identity::trace::Got;

/// What the platform asks identity providers for (platform-api §11).
pub const SCOPE: &str = "openid profile email";

/// How the browser's answer comes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The browser ends on the platform's own address, which is pasted. Nothing more has to be registered.
    Paste,
    /// To this machine; the identity provider must have one of these addresses registered.
    Loopback(Redirects),
    /// A code on another device; the identity provider must offer it.
    Device,
}

/// What is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtIdp {
    /// The configuration.
    pub provider: IdentityProvider,
    /// Its secret; asked for when it is not here.
    pub secret: Option<Secret>,
    /// What the identity provider calls itself; looked for when it is not given.
    pub issuer: Option<String>,
    /// How the answer comes back.
    pub way: Way,
    /// Whom the page should expect.
    pub hint: Option<String>,
}

/// Signs in there: everything up to what the tokens and userinfo say.
pub async fn sign_in(bench: &mut Bench, asked: &AtIdp) -> Result<Brought, Over> {
    let metadata = discovery(bench, asked).await?;
    let secret = secret(bench, asked).await?;
    let (tokens, nonce) = match &asked.way {
        Way::Device => (by_device(bench, asked, metadata.as_ref(), &secret).await?, None),
        Way::Paste | Way::Loopback(_) => {
            let (tokens, nonce) = by_browser(bench, asked, metadata.as_ref(), &secret).await?;
            (tokens, Some(nonce))
        }
    };
    let Some(token) = &tokens.id else {
        bench.begin(StepId::Verify, "");
        let said = "The identity provider gave no ID token, and the platform reads nothing else. It would say “Failed to \
                    verify code”.";
        let next = "Allow the scope openid to this client at the identity provider.";
        return Err(bench.fail(StepId::Verify, said, next));
    };
    let binding = Binding {
        client_id: asked.provider.client_id.raw(),
        nonce: nonce.as_ref(),
        access: &tokens.access,
        metadata: metadata.as_ref(),
        provider: &asked.provider,
    };
    let id = Some(verify(bench, token, &binding).await?);
    let userinfo = userinfo(bench, &tokens.access, &asked.provider, id.as_ref()).await?;
    Ok(Brought { tokens, id, userinfo })
}

/// The first step: what the identity provider says of itself. Without it the browser flow can still be tried.
async fn discovery(bench: &Bench, asked: &AtIdp) -> Result<Option<Metadata>, Over> {
    let step = StepId::Discovery;
    bench.begin(step, "Looking for its metadata.");
    let metadata = match issuer::find(&bench.stage.http, &asked.provider, asked.issuer.as_deref()).await {
        Ok(metadata) => metadata,
        Err(error) if asked.way == Way::Device => return Err(bench.broke(&error)),
        Err(error) => {
            bench.skip(step, format!("{error} The sign-in is tried without; signatures cannot be checked."));
            return Ok(None);
        }
    };
    for note in &metadata.notes {
        bench.note(note.clone());
    }
    let other = |name: &str, own: &str, theirs: Option<&Url>| {
        let differs =
            theirs.is_some_and(|theirs| Url::parse(own).is_ok_and(|own| without_query(&own) != *theirs));
        differs.then(|| {
            let theirs = theirs.map_or("", Url::as_str);
            format!(
                "The configured {name} is not the one of the metadata, {}.",
                crate::identity::text::shown(theirs)
            )
        })
    };
    let provider = &asked.provider;
    for note in [
        other("authorize address", provider.authorize_url.raw(), metadata.authorization_endpoint.as_ref()),
        other("token address", provider.token_url.raw(), metadata.token_endpoint.as_ref()),
        other("userinfo address", provider.user_info_url.raw(), metadata.userinfo_endpoint.as_ref()),
    ]
    .into_iter()
    .flatten()
    {
        bench.note(note);
    }
    let device = if metadata.device_authorization_endpoint.is_some() { "offers" } else { "does not offer" };
    bench.done(step, format!("It calls itself {} and {device} the device sign-in.", text(&metadata.issuer)));
    Ok(Some(metadata))
}

fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

fn text(raw: &str) -> crate::identity::Text {
    crate::identity::Text::from(raw)
}

/// The client's secret: given, or asked for. It goes into the request and nowhere else.
async fn secret(bench: &mut Bench, asked: &AtIdp) -> Result<SecretString, Over> {
    if let Some(secret) = &asked.secret {
        return Ok(secret.expose().into());
    }
    let client = asked.provider.client_id.to_string();
    bench.stage.tell(FlowEvent::NeedClientSecret { client });
    let answer = bench.stage.ask(|answer| match answer {
        Answer::ClientSecret(secret) => Some(secret),
        _ => None,
    });
    answer.await.map_err(|error| bench.broke(&error))
}

async fn by_device(
    bench: &Bench,
    asked: &AtIdp,
    metadata: Option<&Metadata>,
    secret: &SecretString,
) -> Result<Tokens, Over> {
    bench.begin(StepId::DeviceCode, "Asking for a code.");
    let Some(metadata) = metadata else {
        return Err(bench.fail(StepId::DeviceCode, "Without metadata there is no address to ask.", ""));
    };
    let confidential = (!secret.expose_secret().is_empty())
        .then(|| Confidential { secret: secret.expose_secret(), in_form: in_form(&asked.provider) });
    let client = asked.provider.client_id.raw();
    let tokens = device::grant(&bench.stage, metadata, client, confidential, SCOPE)
        .await
        .map_err(|error| bench.broke(&error))?;
    bench.done(StepId::Poll, "The person agreed, and the tokens came.");
    Ok(tokens)
}

fn in_form(provider: &IdentityProvider) -> bool {
    provider.token_auth_method.as_ref().is_some_and(|method| method.raw() == "client_secret_post")
}

/// PKCE of one attempt: what goes into the authorize request and what into the token request.
struct Proof {
    challenge: String,
    method: &'static str,
    verifier: String,
}

/// As the platform does it on its own address: only where the configuration says so, and with the challenge itself as
/// verifier, so the method is plain (platform-api §10.2). On this machine's address always, and S256 (L3).
fn proof(asked: &AtIdp) -> Option<Proof> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    match asked.way {
        Way::Loopback(_) => Some(Proof {
            challenge: challenge.as_str().to_owned(),
            method: "S256",
            verifier: verifier.secret().clone(),
        }),
        _ if asked.provider.use_pkce == Some(true) => Some(Proof {
            challenge: verifier.secret().clone(),
            method: "plain",
            verifier: verifier.secret().clone(),
        }),
        _ => None,
    }
}

async fn by_browser(
    bench: &mut Bench,
    asked: &AtIdp,
    metadata: Option<&Metadata>,
    secret: &SecretString,
) -> Result<(Tokens, SecretString), Over> {
    let provider = &asked.provider;
    bench.begin(StepId::Ask, "Making the address.");
    let mut url = match Url::parse(provider.authorize_url.raw()) {
        Ok(url) if bench.stage.http.trusts(&url) => url,
        Ok(_) => {
            let said = format!("The authorize address {} is not https.", provider.authorize_url);
            return Err(bench.fail(StepId::Ask, said, "Use the https address of the identity provider."));
        }
        Err(_) => {
            let said = format!("The authorize address {} is not a web address.", provider.authorize_url);
            let next = "With it nobody of the domain gets a sign-in page; set the address from the metadata.";
            return Err(bench.fail(StepId::Ask, said, next));
        }
    };
    let listener = match &asked.way {
        Way::Loopback(redirects) => {
            if let Some(metadata) = metadata {
                metadata.require_s256().map_err(|error| bench.broke(&error))?;
            }
            Some(Listener::open(redirects).await.map_err(|error| bench.broke(&error))?)
        }
        Way::Paste | Way::Device => None,
    };
    let base = bench.stage.request.connection.base_url.clone();
    let redirect =
        listener.as_ref().map_or_else(|| format!("{base}auth/external"), |own| own.redirect.clone());
    // No JSON begins like this, so the platform stops at “Invalid state” before it looks at the code.
    let state = SecretString::from(format!("idconsole-test-{}", CsrfToken::new_random_len(32).secret()));
    let nonce = SecretString::from(CsrfToken::new_random_len(32).into_secret());
    let proof = proof(asked);
    let mut parameters = vec![
        ("client_id", provider.client_id.raw()),
        ("redirect_uri", redirect.as_str()),
        ("response_type", "code"),
        ("scope", SCOPE),
        ("state", state.expose_secret()),
        ("nonce", nonce.expose_secret()),
    ];
    if let Some(proof) = &proof {
        parameters.push(("code_challenge", &proof.challenge));
        parameters.push(("code_challenge_method", proof.method));
    }
    if let Some(hint) = &asked.hint {
        parameters.push(("login_hint", hint));
    }
    set(&mut url, &parameters);
    browser_went(bench, url.as_str(), Err("The browser asks; what it gets is not seen from here."));
    bench.done(
        StepId::Ask,
        format!("Client {}, back to {}, scope {SCOPE}.", provider.client_id, text(&redirect)),
    );
    let expecting = Expecting::from(state, metadata);
    let host = host_of(&url);
    let code = code(bench, listener, expecting, &url, &host, &redirect).await?;
    let tokens = redeem(bench, provider, &redirect, &code, proof.as_ref(), secret).await?;
    Ok((tokens, nonce))
}

/// Replaces parameters, keeping the rest of the query as the platform does (platform-api §11).
pub(super) fn set(url: &mut Url, parameters: &[(&str, &str)]) {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| parameters.iter().all(|(own, _)| own != name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(parameters);
}

async fn code(
    bench: &mut Bench,
    listener: Option<Listener>,
    expecting: Expecting,
    url: &Url,
    host: &str,
    redirect: &str,
) -> Result<SecretString, Over> {
    let here = listener.is_some();
    let waits = if here {
        format!("Sign in at {host} in your browser.")
    } else {
        format!(
            "Sign in at {host} in your browser. It ends on a page that says “Invalid state”: paste its address."
        )
    };
    bench.begin(StepId::SignIn, waits);
    let serving = listener.map(|listener| listener.serve(expecting.clone()));
    let read = |text: &SecretString| match page_words(text) {
        Some(words) => Read::Taken(Err(words)),
        None => match paste::read(text, &expecting) {
            Judged::Code(code) => Read::Taken(Ok(code)),
            Judged::Failed(error) => Read::Over(error),
            Judged::NotOurs(why) => Read::Again(why),
        },
    };
    let code = match wait(bench, serving, url.as_str(), read).await {
        Ok(Came::Here(code) | Came::Pasted(Ok(code))) => code,
        Ok(Came::Pasted(Err(words))) => {
            let next = format!(
                "If it is about the address to return to: {} must be registered for this client there, letter by letter.",
                text(redirect)
            );
            return Err(bench.fail(StepId::SignIn, format!("The page there says “{words}”."), next));
        }
        Err(error @ AuthError::Refused { .. }) => {
            bench.done(StepId::SignIn, "The identity provider has answered.");
            bench.begin(StepId::Return, "");
            return Err(bench.broke(&error));
        }
        Err(error) => return Err(bench.broke(&error)),
    };
    bench.done(StepId::SignIn, "The identity provider has answered.");
    bench.begin(StepId::Return, "");
    let got = if here {
        Ok(Got { status: 200, headers: Vec::new(), body: None })
    } else {
        Err("The platform answers “Invalid state” and leaves the code alone.")
    };
    let mut came = url.clone();
    if let Ok(back) = Url::parse(redirect) {
        came = back;
        came.query_pairs_mut().append_pair("code", code.expose_secret());
    }
    browser_went(bench, came.as_str(), got);
    bench.done(StepId::Return, "With a code that nobody has used yet, and with the state of this attempt.");
    Ok(code)
}

/// What a page says, where that was pasted in place of an address.
fn page_words(pasted: &SecretString) -> Option<crate::identity::Text> {
    let words = pasted.expose_secret().trim();
    let is_page =
        words.contains(char::is_whitespace) && !words.contains("code=") && Url::parse(words).is_err();
    let short: String = words.chars().take(300).collect();
    is_page.then(|| text(&short))
}

/// The token request, letter by letter as the platform makes it.
async fn redeem(
    bench: &Bench,
    provider: &IdentityProvider,
    redirect: &str,
    code: &SecretString,
    proof: Option<&Proof>,
    secret: &SecretString,
) -> Result<Tokens, Over> {
    let step = StepId::Redeem;
    bench.begin(step, "Redeeming the code as the platform would.");
    let Ok(url) = Url::parse(provider.token_url.raw()) else {
        let said = format!("The token address {} is not a web address.", provider.token_url);
        return Err(bench.fail(step, said, "Set the token address from the metadata."));
    };
    let (client, secret) = (provider.client_id.raw(), secret.expose_secret());
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("redirect_uri", redirect),
        ("code", code.expose_secret()),
    ];
    if let Some(proof) = proof {
        form.push(("code_verifier", &proof.verifier));
    }
    let answer = if in_form(provider) || secret.is_empty() {
        form.push(("client_id", client));
        if !secret.is_empty() {
            form.push(("client_secret", secret));
        }
        bench.stage.http.post_form(&url, &form).await
    } else {
        bench.stage.http.post_form_basic(&url, &form, (client, secret)).await
    };
    let answer = answer.map_err(|error| bench.broke(&error))?;
    if !answer.is_success() {
        let error = answer.refused(host_of(&url));
        let code = error.refusal().map(|refusal| refusal.code.raw().to_owned()).unwrap_or_default();
        let (words, next) = refusal_words(&error, &code);
        return Err(bench.fail(step, words, next));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        let said = format!(
            "{} answers with something that is no JSON; the platform cannot read it either.",
            host_of(&url)
        );
        return Err(bench.fail(step, said, "Check the token address."));
    };
    if !answer.is_json() {
        bench.note("The token answer does not call itself JSON; the platform reads it all the same.");
    }
    let member = |name: &str| body[name].as_str().map(SecretString::from);
    let expires_at =
        body["expires_in"].as_u64().map(|left| bench.stage.deps.after(std::time::Duration::from_secs(left)));
    bench.done(step, "The identity provider took client, secret and code, and gave tokens.");
    Ok(Tokens {
        access: member("access_token").unwrap_or_default(),
        refresh: member("refresh_token"),
        id: member("id_token"),
        expires_at,
        scope: body["scope"].as_str().map(str::to_owned),
    })
}

/// What a refusal means for the configuration (RFC 6749 §5.2).
fn refusal_words(error: &AuthError, code: &str) -> (String, &'static str) {
    let said = error.refusal().map_or_else(
        || error.to_string(),
        |refusal| {
            let code = if refusal.code.is_empty() { String::new() } else { format!("{}: ", refusal.code) };
            format!("The identity provider refuses: {code}“{}” (status {}).", refusal.text, refusal.status)
        },
    );
    let next = match code {
        "invalid_client" | "unauthorized_client" => {
            "Check client id, client secret, and whether the secret goes in the header or in the form. The platform would \
             say “Failed to verify code”."
        }
        "invalid_grant" => {
            "The code was used before or is too old, or it was asked for with another redirect address or PKCE than it is \
             redeemed with."
        }
        _ => {
            "The platform would say “Failed to verify code”. Check the token address and the client's settings."
        }
    };
    (said, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    // platform-api §11
    #[test]
    fn what_the_stored_address_carries_is_kept_and_what_the_platform_sets_is_replaced() {
        let mut url = Url::parse("https://idp.example/auth?tenant=a&client_id=old").unwrap();
        set(&mut url, &[("client_id", "new"), ("scope", "openid profile")]);
        assert_eq!(url.query().unwrap(), "tenant=a&client_id=new&scope=openid+profile");
    }
}
