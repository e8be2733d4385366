//! The signed-in person's own second factor (platform-api §5): enrol an authenticator app, disable a factor.
//!
//! `/auth/me` tells whether there is any factor, and no more; that is what is shown and read back. What it cannot tell
//! apart (a second factor beside the first) is taken on the platform's word, and said so.

use super::{NoPlan, Why};
use crate::identity::{Change, Factor, FieldChange, Means, Plan, Reference, Seen, Undo};
use crate::workflows::engine::Engine;
use crate::workflows::fields;

/// What is wrong with a code before it is sent.
pub fn code_problem(code: &str) -> Option<&'static str> {
    let fits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    (!fits).then_some("A code has 6 digits.")
}

/// The caller's user and whether it has a factor.
async fn own(engine: &Engine) -> Result<(Reference, bool), NoPlan> {
    let enrolled = match &engine.caller.user {
        Some(user) => engine.remote.own_factor().await?.map(|enrolled| (user.reference(), enrolled)),
        None => None,
    };
    enrolled.ok_or_else(|| {
        NoPlan::because(
            Why::NotAllowed,
            "You are signed in as a client application, which has no second factor.",
        )
        .then("Sign in as a person.")
    })
}

/// `None` where `/auth/me` shows no difference.
fn change(target: Reference, label: String, turns: Option<bool>, means: Means, why: &str) -> Change {
    let fields = turns.map(|after| FieldChange {
        field: fields::OWN_FACTOR.to_owned(),
        before: Seen::Known(Some(fields::yes_no(!after))),
        after: Some(fields::yes_no(after)),
    });
    let fields = fields.into_iter().collect();
    Change {
        target,
        label,
        who: None,
        fields,
        expected_version: None,
        means,
        undo: Undo::Not { why: why.to_owned() },
    }
}

fn about(engine: &Engine, title: &str) -> Plan {
    let mut plan = Plan::new(title, engine.caller.name.clone());
    plan.membership = Some(engine.caller.membership.clone());
    plan.user.clone_from(&engine.caller.user);
    plan.about = "your own account".to_owned();
    plan.also.push("the code is sent once and kept nowhere, not in the journal either".to_owned());
    plan.also.push("this session goes on; only password sign-ins ask for a factor".to_owned());
    plan
}

pub(super) async fn enrol(engine: &Engine) -> Result<Plan, NoPlan> {
    let (user, enrolled) = own(engine).await?;
    let mut plan = about(engine, "Enrol your authenticator app");
    plan.also.push(
        "to show the QR code the platform is asked for a key; it keeps a new one on your user if there is none"
            .to_owned(),
    );
    plan.warnings.push("from then on a password sign-in asks you for a code, in every project".to_owned());
    if enrolled {
        plan.warnings
            .push("you have a factor already; when it is an authenticator app, this is refused".to_owned());
    }
    plan.undo = "not from the journal: `mfa disable` takes it away, with a code".to_owned();
    let why = "disabling a factor takes a fresh code: `mfa disable`";
    let turns = (!enrolled).then_some(true);
    plan.changes = vec![change(user, "enrol the authenticator app".to_owned(), turns, Means::EnrolOwn, why)];
    Ok(plan)
}

pub(super) async fn disable(engine: &Engine, factor: Option<Factor>) -> Result<Plan, NoPlan> {
    let (user, enrolled) = own(engine).await?;
    if !enrolled {
        return Err(
            NoPlan::because(Why::Nothing, "You have no second factor.").then("`mfa enrol` enrols one.")
        );
    }
    let mut plan = about(engine, "Disable your second factor");
    let label = match factor {
        Some(factor) => format!("disable the {}", factor.words()),
        None => "disable every second factor".to_owned(),
    };
    plan.warnings.push("from then on your password alone may sign you in".to_owned());
    if factor != Some(Factor::Email) {
        plan.also.push("the key in your app stops working: enrolling again takes a new QR code".to_owned());
    }
    plan.undo = "not from the journal: the key is replaced; `mfa enrol` enrols anew".to_owned();
    let why = "the key was replaced; enrol anew: `mfa enrol`";
    // Another factor may be left, which `/auth/me` would count.
    let turns = factor.is_none().then_some(false);
    plan.changes = vec![change(user, label, turns, Means::DisableOwn { factor }, why)];
    Ok(plan)
}
