//! The secrets of a client application: a new one comes while the former retires, and its end (platform-api §8, §17).

use super::{Known, NoPlan, Why};
use crate::identity::{
    Change, ClientId, Confirm, FieldChange, Means, Plan, SecretAct, SecretHistory, Seen, Text, Undo,
};
use crate::workflows::clients::is_active;
use crate::workflows::engine::Engine;
use crate::workflows::fields;

const NEVER: &str = "the platform makes secrets up and takes none back";

/// The state of a secret before and after; the old one is unknown where the history cannot be read.
fn field(word: &str, before: &Seen<Option<usize>>, after: Option<usize>) -> FieldChange {
    let before = match before {
        Seen::Known(number) => Seen::Known(fields::numbered(*number)),
        Seen::Unknown(why) => Seen::Unknown(*why),
    };
    FieldChange { field: word.to_owned(), before, after: fields::numbered(after) }
}

fn change(known: &Known, label: &str, fields: Vec<FieldChange>, act: SecretAct) -> Change {
    Change {
        target: known.client().id.reference(),
        label: label.to_owned(),
        who: None,
        fields,
        expected_version: Some(known.record.version.id.clone()),
        means: Means::ClientSecret { act },
        undo: Undo::Not { why: NEVER.to_owned() },
    }
}

/// The secrets of now, by their numbers, and how many there have been.
fn now(secrets: &Seen<SecretHistory>) -> (Seen<Option<usize>>, Seen<Option<usize>>, usize) {
    match secrets {
        Seen::Known(history) => {
            let now = history.present();
            let (secret, retiring) = (now.and_then(|now| now.secret), now.and_then(|now| now.retiring));
            (Seen::Known(secret), Seen::Known(retiring), history.count())
        }
        Seen::Unknown(why) => (Seen::Unknown(*why), Seen::Unknown(*why), 0),
    }
}

/// A day in words: ` (since 2026-03-04)`.
fn since(at: Option<jiff::Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" (since {})", at.strftime("%Y-%m-%d")))
}

pub(super) async fn rotate(engine: &Engine, id: &ClientId) -> Result<Plan, NoPlan> {
    let known = Known::read(engine, id).await?;
    let name = known.name().clone();
    let settings = &known.client().settings;
    if !settings.secret_set {
        return Err(NoPlan::because(
            Why::Nothing,
            format!("{name} has no secret to rotate: it is a public client."),
        )
        .then("A confidential client is made with a secret."));
    }
    let (secret, retiring, count) = now(&known.facts.secrets);
    let history = known.facts.secrets.known();
    let mut plan = known.plan("Rotate the client secret");
    let shown = match secret {
        Seen::Known(number) => vec![
            field(fields::SECRET, &secret, Some(count + 1)),
            field(fields::RETIRING_SECRET, &retiring, number),
        ],
        Seen::Unknown(why) => {
            plan.warnings.push(format!(
                "the history of this client cannot be read ({why}): how old its secrets are is unknown, and that the \
                 new one came is taken from the platform's answer"
            ));
            vec![FieldChange {
                field: fields::SECRET.to_owned(),
                before: Seen::Unknown(why),
                after: Some(Text::from("a new one")),
            }]
        }
    };
    plan.changes.push(change(&known, "make a new secret", shown, SecretAct::Rotate));
    let old = since(history.and_then(SecretHistory::secret_since));
    plan.warnings.push(format!(
        "the present secret{old} retires: it still works at the token endpoint until it is ended, and not any more with \
         HTTP Basic on calls"
    ));
    if settings.retiring_secret_set {
        let old = since(history.and_then(SecretHistory::retiring_since));
        plan.warnings.push(format!(
            "a former secret retires already{old} and stops at once, because only one can retire"
        ));
    }
    if !is_active(known.client()) {
        plan.warnings.push("its status is not active: neither secret lets it sign in by itself".to_owned());
    }
    if known.facts.own {
        plan.warnings.push(
            "you are signed in through this client: where this console keeps its secret, it needs the new one".to_owned(),
        );
    }
    plan.also.push(
        "the new secret is shown once, on demand, after this is applied; it is kept nowhere here".to_owned(),
    );
    plan.also.push("sessions and tokens that are out stay as they are".to_owned());
    plan.undo = format!(
        "cannot be taken back: {NEVER}; the former one works at the token endpoint until it is ended"
    );
    plan.confirm = Confirm::Typed { text: name };
    Ok(plan)
}

pub(super) async fn retire(engine: &Engine, id: &ClientId) -> Result<Plan, NoPlan> {
    let known = Known::read(engine, id).await?;
    let name = known.name().clone();
    if !known.client().settings.retiring_secret_set {
        return Err(NoPlan::because(Why::Nothing, format!("{name} has no retiring secret."))
            .then("A secret retires when another one takes its place."));
    }
    let (_, retiring, _) = now(&known.facts.secrets);
    let history = known.facts.secrets.known();
    let mut plan = known.plan("End the retiring secret");
    let shown = vec![field(fields::RETIRING_SECRET, &retiring, None)];
    plan.changes.push(change(&known, "end the retiring secret", shown, SecretAct::Retire));
    let old = since(history.and_then(SecretHistory::retiring_since));
    plan.warnings.push(format!(
        "whoever still uses the secret that retires{old} is refused from then on: \u{201c}Invalid secret\u{201d}"
    ));
    plan.also.push("the present secret stays; tokens that are out keep working".to_owned());
    plan.undo = format!("cannot be taken back: {NEVER}");
    plan.confirm = Confirm::Typed { text: name };
    Ok(plan)
}
