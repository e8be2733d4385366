//! A new domain route.

use serde_json::{Value, json};

use super::affected::affected;
use super::{NoPlan, SecretField, Why, domain, host, malformed, super_admins_only};
use crate::identity::provider::Identifier;
use crate::identity::sign_in::browser_identifier;
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{
    Change, Confirm, FieldChange, IdentityProvider, Means, Plan, RouteDraft, Seen, Undo, route,
};
use crate::workflows::engine::Engine;
use crate::workflows::{fields, kinds};

pub(in crate::workflows::intent) async fn add(engine: &Engine, draft: &RouteDraft) -> Result<Plan, NoPlan> {
    // What is wrong with what was typed is said whoever asks.
    malformed(route::typed::domain(draft.domain.raw()))?;
    checked(&draft.provider)?;
    malformed(draft.post_login.iter().find_map(|one| route::typed::post_login(one.raw())))?;
    super_admins_only(engine)?;
    let all = engine.remote.domain_routes().await?;
    let affected = affected(engine, &draft.domain).await?;
    let doubts = domain::wanted(&draft.domain, None, &all, &affected.domains)?;

    let record = record(draft);
    let kind = kinds::of("DomainConfiguration");
    let mut shown = Vec::new();
    for field in kind.into_iter().flat_map(|kind| kind.fields) {
        let after = if field.pointer == SecretField::Client.pointer() {
            Some(fields::SET.into())
        } else {
            field.words(record.pointer(field.pointer))
        };
        if after.is_some() {
            shown.push(FieldChange { field: field.word.to_owned(), before: Seen::Known(None), after });
        }
    }
    let host = host(&draft.provider.authorize_url);
    let mut plan = Plan::new("Add a domain route", draft.domain.clone());
    plan.about = format!("domain route · to {host}");
    plan.changes.push(Change {
        target: engine.caller.project.reference(),
        label: "add a domain route".to_owned(),
        who: None,
        fields: shown,
        expected_version: None,
        means: Means::Create { record, secret_at: Some(SecretField::Client.pointer().to_owned()) },
        undo: Undo::By {
            means: Box::new(Means::Delete),
            lost: "whoever signs in by it is asked for a password again".to_owned(),
        },
    });
    plan.also.push(format!(
        "{}; the sign-in page sends them to {host} from then on",
        affected.named(&draft.domain)
    ));
    plan.warnings.extend(doubts.warnings);
    super::met(engine, &RouteChange::to(draft.clone(), None), &mut plan).await?;
    plan.warnings.extend(of_provider(&draft.provider));
    plan.undo = "removes the route; whoever signs in by it is asked for a password again".to_owned();
    if doubts.look_alike {
        plan.confirm = Confirm::Typed { text: draft.domain.clone() };
    }
    Ok(plan)
}

/// Everything that is wrong with the provider of a route by itself.
fn checked(provider: &IdentityProvider) -> Result<(), NoPlan> {
    for (name, address) in [
        ("authorize", &provider.authorize_url),
        ("token", &provider.token_url),
        ("user info", &provider.user_info_url),
    ] {
        malformed(route::typed::address(address.raw()).map(|wrong| format!("The {name} address: {wrong}")))?;
    }
    malformed(route::typed::client_id(provider.client_id.raw()))?;
    match browser_identifier(provider) {
        Identifier::Email => Ok(()),
        Identifier::Subject => Err(by_subject()),
        Identifier::Unsupported => Err(NoPlan::because(
            Why::Malformed,
            "The platform does not implement this pair of identity source and mapping mode.",
        )
        .then("Take email with user-email.")),
    }
}

/// A route by external id lets nobody in (platform-api §10.2 step 6).
pub(super) fn by_subject() -> NoPlan {
    NoPlan::because(
        Why::Conflict,
        "A domain route that goes by external id lets nobody in: the platform compares the address with the domain.",
    )
    .then("Bind the identity provider to a client application instead.")
}

/// What works and is to be thought about (platform-api §9.4, §10.3).
pub(super) fn of_provider(provider: &IdentityProvider) -> Vec<String> {
    let mut said = Vec::new();
    if provider.use_pkce == Some(true) {
        said.push(
            "with PKCE the platform sends its challenge as it is: a provider that insists on S256 refuses it"
                .to_owned(),
        );
    }
    if provider.authorize_url.raw().starts_with("http://") {
        said.push("the addresses are of the platform's own machine and without encryption: good for trying out only".to_owned());
    }
    if provider.user_info_mode.as_ref().is_some_and(|mode| mode.raw() == "gcip") {
        said.push(
            "the user info mode matters for token exchange alone, which never goes by a domain route"
                .to_owned(),
        );
    }
    said
}

fn record(draft: &RouteDraft) -> Value {
    let mut record = json!({
        "resourceType": "DomainConfiguration",
        "domain": draft.domain.raw(),
        "identityProvider": provider(&draft.provider),
    });
    if !draft.post_login.is_empty() {
        let addresses: Vec<&str> = draft.post_login.iter().map(crate::identity::Text::raw).collect();
        record["allowedPostLoginRedirectUrls"] = json!(addresses);
    }
    record
}

/// As the platform stores it, without its secret.
pub(super) fn provider(provider: &IdentityProvider) -> Value {
    let mut stored = json!({
        "authorizeUrl": provider.authorize_url.raw().trim(),
        "tokenUrl": provider.token_url.raw().trim(),
        "userInfoUrl": provider.user_info_url.raw().trim(),
        "clientId": provider.client_id.raw().trim(),
    });
    let texts = [
        ("tokenAuthMethod", &provider.token_auth_method),
        ("identitySource", &provider.identity_source),
        ("identityMappingMode", &provider.identity_mapping_mode),
        ("userInfoMode", &provider.user_info_mode),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            stored[name] = json!(text.raw());
        }
    }
    for (name, value) in [("usePkce", provider.use_pkce), ("useSubject", provider.use_subject)] {
        if let Some(value) = value {
            stored[name] = json!(value);
        }
    }
    stored
}
