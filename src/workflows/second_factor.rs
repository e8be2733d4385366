//! What decides about the second factor: the projects' settings, and which people come by an identity provider
//! (platform-api §5, §9.7, §11).

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::Value;

use super::engine::Engine;
use super::person::why_unseen;
use crate::identity::provider::Identifier;
use crate::identity::second_factor::ProjectRules;
use crate::identity::sign_in::{Route, browser_identifier};
use crate::identity::{ClientApplication, Factor, FactorRules, ProjectId, Role, Seen, Text};

/// Domains of which a project admin asks the sign-in page; each question counts against the limit of `/auth/*`.
const DOMAINS: usize = 20;
/// Of them at the same time.
const AT_ONCE: usize = 4;

/// The rules for these projects and for these addresses, of which one for each domain is enough.
pub async fn rules(engine: &Engine, projects: &[ProjectId], addresses: &[Text]) -> FactorRules {
    let clients = engine.remote.clients();
    let settings = join_all(projects.iter().cloned().map(|id| setting(engine.clone(), id)));
    let (clients, settings, routes) = futures::join!(clients, settings, routes(engine, addresses));
    let of = |id: &ProjectId| match &clients {
        Ok(clients) => Seen::Known(by_subject(clients, id)),
        Err(trouble) => Seen::Unknown(why_unseen(trouble)),
    };
    let projects = projects.iter().zip(settings).map(|(id, (required, allowed))| ProjectRules {
        id: id.clone(),
        required,
        allowed,
        by_subject: of(id),
    });
    FactorRules { projects: projects.collect(), routes }
}

pub(super) async fn setting(engine: Engine, id: ProjectId) -> (Seen<bool>, Seen<Vec<Factor>>) {
    match engine.remote.record(&id.reference(), &["/setting"]).await {
        Ok(record) => {
            let setting = record.values.into_iter().next().flatten().unwrap_or_default();
            (Seen::Known(required(&setting)), Seen::Known(allowed(&setting)))
        }
        Err(trouble) => (Seen::Unknown(why_unseen(&trouble)), Seen::Unknown(why_unseen(&trouble))),
    }
}

fn named<'a>(setting: &'a Value, name: &str) -> Option<&'a Value> {
    setting.as_array()?.iter().find(|entry| entry["name"] == name)
}

/// `mfaRequired` in a project's settings.
pub(super) fn required(setting: &Value) -> bool {
    named(setting, "mfaRequired").is_some_and(|entry| entry["valueBoolean"] == true)
}

/// `allowedMfaMethods` in a project's settings.
fn allowed(setting: &Value) -> Vec<Factor> {
    let list = named(setting, "allowedMfaMethods").and_then(|entry| entry["valueString"].as_str());
    let known = |name: &str| match name.trim() {
        "totp" => Some(Factor::Totp),
        "email" => Some(Factor::Email),
        _ => None,
    };
    list.unwrap_or("totp").split(',').filter_map(known).collect()
}

fn by_subject(clients: &[ClientApplication], project: &ProjectId) -> Vec<(Text, Text)> {
    let of_project = clients.iter().filter(|client| client.project.as_ref().is_none_or(|of| of == project));
    of_project
        .filter_map(|client| {
            let provider = client.provider.as_ref()?;
            let knows = browser_identifier(provider) == Identifier::Subject;
            knows.then(|| (client.name.clone(), host(&provider.authorize_url)))
        })
        .collect()
}

/// The host of an address; the address itself where it is none.
fn host(address: &Text) -> Text {
    let after = address.raw().split_once("://").map_or(address.raw(), |(_, rest)| rest);
    let host = after.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() { address.clone() } else { Text::from(host) }
}

/// Where the people of each domain sign in: read by super admins, asked of the sign-in page by others.
async fn routes(engine: &Engine, addresses: &[Text]) -> BTreeMap<String, Option<Text>> {
    if engine.caller.role == Role::SuperAdmin {
        let routes = engine.remote.domain_routes().await.unwrap_or_default();
        // A stored domain with capitals is never found, one without an IdP leads to the password page.
        let used = routes.into_iter().filter(|route| route.domain.raw() == route.domain.raw().to_lowercase());
        return used
            .filter_map(|route| {
                let host = host(&route.provider?.authorize_url);
                Some((route.domain.raw().to_owned(), Some(host)))
            })
            .collect();
    }
    let mut one_each: BTreeMap<String, Text> = BTreeMap::new();
    for address in addresses {
        if let Some((_, domain)) = address.raw().rsplit_once('@') {
            one_each.entry(domain.to_lowercase()).or_insert_with(|| address.clone());
        }
    }
    let asked =
        futures::stream::iter(one_each.into_iter().take(DOMAINS)).map(|(domain, address)| async move {
            match engine.remote.route(address.raw()).await {
                Seen::Known(Route::Idp { host }) => Some((domain, Some(host))),
                Seen::Known(Route::Password) => Some((domain, None)),
                Seen::Known(Route::Broken) | Seen::Unknown(_) => None,
            }
        });
    asked.buffer_unordered(AT_ONCE).filter_map(|told| async { told }).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_settings_of_a_project_tell_what_is_required_and_allowed() {
        let setting = json!([
            {"name": "mfaRequired", "valueBoolean": true},
            {"name": "allowedMfaMethods", "valueString": "totp, email"},
        ]);
        assert!(required(&setting));
        assert_eq!(allowed(&setting), [Factor::Totp, Factor::Email]);
        // platform-api §5: the default is totp, and nothing is required.
        assert!(
            !required(&Value::Null) && !required(&json!([{"name": "mfaRequired", "valueBoolean": false}]))
        );
        assert_eq!(allowed(&Value::Null), [Factor::Totp]);
    }

    #[test]
    fn an_idp_is_named_by_its_host() {
        assert_eq!(host(&"https://okta.example/authorize?x".into()).raw(), "okta.example");
        assert_eq!(host(&"login.broken.example/authorize".into()).raw(), "login.broken.example");
    }
}
