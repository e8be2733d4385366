//! Plans that end sessions: anybody's by a super admin, one's own by everybody (platform-api §4, §15).

use serde_json::json;

use super::{NoPlan, Why};
use crate::identity::{
    Change, Confirm, FieldChange, LoginSession, Means, OnFailure, Plan, Role, Seen, SessionId, Text, Undo,
};
use crate::workflows::engine::Engine;
use crate::workflows::{fields, sessions};

/// Ends these sessions.
pub(super) async fn end_these(engine: &Engine, ids: &[SessionId]) -> Result<Plan, NoPlan> {
    let known = sessions::list(engine, None).await?;
    let mut changes = Vec::new();
    let mut own = false;
    for id in ids {
        let found = known.list.iter().find(|session| session.id == *id);
        let Some(session) = found else { continue };
        own |= session.user.as_ref().is_some_and(|user| {
            engine.caller.user.as_ref().is_some_and(|caller| user.id == caller.reference().id)
        });
        changes.push(match engine.caller.role {
            Role::SuperAdmin => end(session),
            Role::ProjectAdmin | Role::Member => end_own(session),
        });
    }
    if changes.is_empty() {
        let refused = NoPlan::because(Why::NotFound, "There is no such session that can still be used.");
        return Err(match known.others {
            Seen::Known(()) => refused.then("It may have ended meanwhile."),
            Seen::Unknown(_) => refused.then(
                "Yours are those of the last hour; only a super admin sees and ends other people's sessions.",
            ),
        });
    }
    let subject = match &changes[..] {
        [one] => one.who.clone().unwrap_or_default(),
        all => Text::from(format!("{} sessions", all.len())),
    };
    let title = if changes.len() == 1 { "End a session" } else { "End sessions" };
    let mut plan = Plan::new(title, subject);
    if changes.len() > 1 {
        plan.on_failure = OnFailure::GoOn;
        plan.confirm = Confirm::Typed { text: Text::from(changes.len().to_string()) };
    }
    plan.also.push("its access token and its refreshes stop working at once".to_owned());
    plan.also.push("nobody is mailed; signing in again is possible".to_owned());
    if own {
        plan.warnings.push("a session of your own: when it is this one, you are signed out here".to_owned());
    }
    plan.undo = "cannot be taken back: the person signs in again".to_owned();
    plan.changes = changes;
    Ok(plan)
}

fn fields_of_end() -> Vec<FieldChange> {
    vec![FieldChange {
        field: fields::REVOKED.to_owned(),
        before: Seen::Known(Some(fields::yes_no(false))),
        after: Some(fields::yes_no(true)),
    }]
}

fn whose(session: &LoginSession) -> Text {
    let user = session.user.as_ref().and_then(|user| user.display.clone());
    user.unwrap_or_else(|| Text::from(session.words()))
}

/// One session, ended as a super admin does it.
pub(super) fn end(session: &LoginSession) -> Change {
    Change {
        target: session.id.reference(),
        label: format!("end session: {}", session.words()),
        who: Some(whose(session)),
        fields: fields_of_end(),
        expected_version: session.version.clone(),
        means: Means::patch(vec![("/revoked".to_owned(), Some(json!(true)))]),
        undo: signs_in_again(),
    }
}

fn end_own(session: &LoginSession) -> Change {
    Change { means: Means::EndOwnSession, expected_version: None, ..end(session) }
}

fn signs_in_again() -> Undo {
    Undo::Not { why: "an ended session is not revived; the person signs in again".to_owned() }
}
