//! The signed-in person's own second factor (platform-api §5): enrol one, disable one or all.

use super::{NoPlan, Why};
use crate::identity::{Change, Factor, FieldChange, Means, OwnFactor, Plan, Reference, Seen, Text, Undo};
use crate::workflows::engine::Engine;
use crate::workflows::fields;
use crate::workflows::own_factor::{NO_PERSON, standing};

/// The caller's user and how they stand to their factor.
async fn own(engine: &Engine) -> Result<(Reference, OwnFactor), NoPlan> {
    let own = match &engine.caller.user {
        Some(user) => standing(engine).await?.map(|own| (user.reference(), own)),
        None => None,
    };
    own.ok_or_else(|| NoPlan::because(Why::NotAllowed, NO_PERSON).then("Sign in as a person."))
}

/// A factor comes or goes.
fn turn(factor: Factor, comes: bool) -> FieldChange {
    let (there, gone) = (Some(Text::from(fields::ENROLLED)), None);
    let (before, after) = if comes { (gone, there) } else { (there, gone) };
    FieldChange { field: factor.words().to_owned(), before: Seen::Known(before), after }
}

fn change(target: Reference, label: String, fields: Vec<FieldChange>, means: Means, why: &str) -> Change {
    let undo = Undo::Not { why: why.to_owned() };
    Change { target, label, who: None, fields, expected_version: None, means, undo }
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

/// A factor in the middle of a sentence.
fn a(factor: Factor) -> &'static str {
    match factor {
        Factor::Totp => "an authenticator app",
        Factor::Email => "codes by mail",
    }
}

pub(super) async fn enrol(engine: &Engine, factor: Factor) -> Result<Plan, NoPlan> {
    let (user, own) = own(engine).await?;
    if own.has(factor) == Some(true) {
        let what = format!("You have enrolled {} already.", a(factor));
        return Err(NoPlan::because(Why::Conflict, what).then("Disable it first to enrol it anew."));
    }
    if own.allows(factor) == Some(false) {
        let what = format!("The project does not allow {} as a second factor.", a(factor));
        return Err(NoPlan::because(Why::NotAllowed, what)
            .then("A project admin decides which factors are allowed (`allowedMfaMethods`)."));
    }
    let title = super::Intent::EnrolOwn { factor }.title();
    let mut plan = about(engine, title);
    match factor {
        Factor::Totp => plan.also.push(
            "to show the QR code the platform is asked for a key; it keeps a new one on your user if there is none"
                .to_owned(),
        ),
        Factor::Email => {
            let to = engine.caller.email.as_ref().map_or("your address".to_owned(), ToString::to_string);
            plan.also.push(format!("codes go to {to}, now and at every password sign-in"));
        }
    }
    plan.warnings.push("from then on a password sign-in asks you for a code, in every project".to_owned());
    plan.undo = "not from the journal: `mfa disable` takes it away, with a code".to_owned();
    let mut turns = Vec::new();
    if own.methods.known().is_some() {
        turns.push(turn(factor, true));
    } else {
        plan.warnings.push("you have a factor already; when it is this one, this is refused".to_owned());
    }
    let why = "disabling a factor takes a fresh code: `mfa disable`";
    let label = format!("enrol {}", a(factor));
    plan.changes = vec![change(user, label, turns, Means::EnrolOwn { factor }, why)];
    Ok(plan)
}

pub(super) async fn disable(engine: &Engine, factor: Option<Factor>) -> Result<Plan, NoPlan> {
    let (user, own) = own(engine).await?;
    if !own.enrolled {
        return Err(
            NoPlan::because(Why::Nothing, "You have no second factor.").then("`mfa enrol` enrols one.")
        );
    }
    if let Some(factor) = factor.filter(|factor| own.has(*factor) == Some(false)) {
        let what = format!("You have not enrolled {}.", a(factor));
        let next = format!("You have {}.", own.enrolled_words());
        return Err(NoPlan::because(Why::Nothing, what).then(next));
    }
    if own.required && own.is_last(factor) {
        let by = own.required_words().trim_start_matches("yes, ");
        let what = format!("A second factor is required of you, {by}, and nothing would be left of yours.");
        let next = "Enrol another one first; when yours is lost, an admin can reset it.";
        return Err(NoPlan::because(Why::NotAllowed, what).then(next));
    }
    let mut plan = about(engine, "Disable your second factor");
    let label = match factor {
        Some(factor) => format!("disable {}", a(factor)),
        None => "disable every second factor".to_owned(),
    };
    if own.is_last(factor) {
        plan.warnings.push("from then on your password alone may sign you in".to_owned());
    }
    if factor != Some(Factor::Email) {
        plan.also.push("the key in your app stops working: enrolling again takes a new QR code".to_owned());
    }
    plan.undo = "not from the journal: a factor is proven by a code; `mfa enrol` enrols anew".to_owned();
    let why = "a factor is proven by a code; enrol anew: `mfa enrol`";
    let gone = own.methods.known().into_iter().flatten().copied();
    let turns =
        gone.filter(|method| factor.is_none_or(|factor| factor == *method)).map(|method| turn(method, false));
    let turns = turns.collect();
    plan.changes = vec![change(user, label, turns, Means::DisableOwn { factor }, why)];
    Ok(plan)
}
