//! What a refused invitation has left behind. Its steps are not one transaction: a user and a profile made before the
//! refusal stay (platform-api §6.1).

use super::engine::Engine;
use super::refusals::Cause;
use crate::identity::{Change, Means, Record, Role, UserScope};

/// In words, with how to clean up; `None` when nothing is seen to be left, or none can be.
pub(super) async fn left_behind(engine: &Engine, change: &Change, cause: Cause) -> Option<String> {
    let Means::Invite { project, request } = &change.means else { return None };
    if matches!(cause, Cause::NotSent | Cause::SignedOut | Cause::Forbidden | Cause::Limited) {
        return None;
    }
    let email = request["email"].as_str()?;
    let mut left = Vec::new();
    for user in engine.remote.users_by_email(email).await.ok()? {
        let of_others = matches!(&user.scope, UserScope::Project(other) if other != project);
        if !of_others && engine.remote.memberships_of_user(&user.id).await.ok()?.is_empty() {
            left.push(user.id.reference().to_string());
        }
    }
    let kind = request["resourceType"].as_str().unwrap_or_default();
    let profiles =
        engine.remote.records_where(kind, "email", email, &["/meta/project"]).await.unwrap_or_default();
    let own = |record: &&Record| {
        record.values[0].as_ref().and_then(serde_json::Value::as_str) == Some(project.as_str())
    };
    for profile in profiles.iter().filter(own) {
        if engine.remote.memberships_of_profile(&profile.reference).await.ok()?.is_empty() {
            left.push(profile.reference.to_string());
        }
    }
    if left.is_empty() {
        return None;
    }
    let hidden = if engine.caller.role == Role::SuperAdmin {
        ""
    } else {
        " A server-scoped user may be left as well, which only a super admin sees."
    };
    Some(format!(
        "Without a membership there now: {}.{hidden} The next invitation of {email} takes them up; to clean up instead, delete them in the platform's web app.",
        left.join(" and ")
    ))
}
