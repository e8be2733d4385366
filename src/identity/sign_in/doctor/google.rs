//! Google's own button, as far as it is visible (platform-api §3.1, §11).

use super::diagnosis::{Next, StepId};
use super::facts::RouteFact;
use super::shared::Asked;
use super::walk::{End, Go, Walk};
use crate::identity::seen::Seen;
use crate::identity::text::Text;

pub(super) fn walk(walk: &mut Walk<'_>) -> Go<End> {
    let named = walk.attempt.project.clone();
    let project = match &walk.attempt.client {
        None => {
            walk.skip(StepId::Client, "none is named");
            named
        }
        Some(id) => match walk.client(id)? {
            Asked::Found(client) => {
                walk.pass(StepId::Client, client.name.to_string());
                if named.is_some() && named != client.project {
                    let detail = format!("another project than that of the client {}", client.name);
                    return Err(walk.refuse(StepId::Project, detail, "Invalid projectId", 400));
                }
                client.project.clone()
            }
            Asked::Missing => {
                return Err(walk.refuse(
                    StepId::Client,
                    "there is no such client application",
                    "Not found",
                    404,
                ));
            }
            Asked::Gone => {
                return Err(walk.refuse(StepId::Client, "the client application was deleted", "Gone", 410));
            }
        },
    };
    let what = "which Google client the page uses, and whether it names a project";
    if walk.fork(StepId::Project, 2, what, "it is in the page, not on the platform") == 1 {
        return Err(walk.lost(StepId::Project, what, "it is in the page, not on the platform"));
    }
    let shown = project.as_ref().map_or_else(|| "none is named".to_owned(), |id| walk.project_name(id));
    walk.pass(StepId::Project, shown);
    let Some(email) = walk.attempt.email.text().cloned() else {
        return Err(walk.lost(StepId::Identity, "the address of the Google account", "not given"));
    };
    let email = Text::from(email.raw().to_lowercase());
    walk.pass(StepId::Identity, format!("by email: {email}"));
    let domain = email.raw().split('@').nth(1).unwrap_or_default().to_owned();
    match walk.facts.routes.get(&domain) {
        Some(Seen::Known(RouteFact::Idp { host, .. })) => {
            let detail =
                format!("the domain goes to {host}: the page is sent there instead of letting Google in");
            walk.notes.push(format!("look at the browser sign-in of {email}"));
            return Err(walk.lost(StepId::Route, detail, "the sign-in goes on at the identity provider"));
        }
        Some(Seen::Known(RouteFact::None { .. })) => {
            walk.pass(StepId::Route, "the domain has no identity provider");
        }
        Some(Seen::Unknown(why)) => {
            let why = why.to_string();
            return Err(walk.lost(StepId::Route, "where the domain is sent", why));
        }
        None => return Err(walk.lost(StepId::Route, "where the domain is sent", "not asked")),
    }
    let user = walk.by_email(email.raw(), project.as_ref())?;
    let memberships = walk.memberships(user, project.as_ref())?;
    match &*memberships {
        [only] => walk.through(user, only),
        _ => Ok(walk.enter(user, None, Next::ChooseProfile)),
    }
}
