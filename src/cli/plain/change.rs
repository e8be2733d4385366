//! A plan on its way to the platform: told, given a reason, agreed to, applied, read back.

use crate::cli::failure::Failure;
use crate::cli::session::Signed;
use crate::cli::write::both;
use crate::identity::{Confirm, Plan, Undo};
use crate::workflows::{self, Applied, ApplyError};

use super::talk::{Question, Said, Talk, Turn};
use super::words;

/// Tells the plan and asks for what it needs; with yes said to it, applies it and tells what came of it. `None`:
/// nothing was written because the answer was no.
pub(super) async fn change(talk: &mut Talk<'_>, signed: &Signed, plan: Plan) -> Said<Option<Applied>> {
    let engine = &signed.engine;
    talk.keep(words::of_others(&plan));
    words::plan(talk.out(), &plan)?;
    if let Some(why) = engine.read_only {
        return Err(ApplyError::ReadOnly(why).into());
    }
    talk.say("")?;
    let reason = reason(talk).await?;
    if !agreed(talk, signed, &plan).await? {
        talk.say("Nothing was written.")?;
        return Ok(None);
    }
    let subject = plan.subject.clone();
    let who: Vec<_> = plan.changes.iter().map(|change| change.who.clone()).collect();
    let returns = plan.changes.iter().any(|change| matches!(change.undo, Undo::By { .. }));
    let applied = match talk.write(workflows::apply(engine, plan, &reason, |_| {})).await? {
        Ok(applied) => applied,
        Err(error) => {
            if let ApplyError::Stale(stale) = &error {
                both(talk.out(), stale)?;
            }
            super::failed(talk, &Failure::from(error))?;
            talk.leave_if_wanted()?;
            return Err(Turn::Back);
        }
    };
    for step in &applied.steps {
        let who = who.get(step.step).and_then(Option::as_ref).unwrap_or(&subject);
        let how = if step.read_back { ", and read back" } else { "" };
        talk.say(&format!("Done. {who}: {}{how}.", step.label))?;
        if let Some(remark) = &step.remark {
            talk.say(&format!("Take note: {remark}"))?;
        }
    }
    let entry = applied.entry;
    talk.say(&if returns {
        format!("Journal entry {entry}. To take it back, choose Take back a change, or run: idconsole journal undo {entry}")
    } else {
        format!("Journal entry {entry}. It cannot be taken back from there.")
    })?;
    talk.leave_if_wanted()?;
    Ok(Some(applied))
}

async fn reason(talk: &mut Talk<'_>) -> Said<String> {
    let help = "Why this is done, such as a ticket number. It stands in the journal on this machine with the change.";
    loop {
        let reason = talk.ask(Question { words: "Reason, for the journal", can: "any text", help }).await?;
        if !reason.is_empty() {
            return Ok(reason);
        }
        talk.say("A change needs a reason.")?;
    }
}

/// Whether the person says yes, in the way that the plan asks for.
async fn agreed(talk: &mut Talk<'_>, signed: &Signed, plan: &Plan) -> Said<bool> {
    match &plan.confirm {
        Confirm::Typed { text } => {
            let can = format!("{text}, or no");
            let help =
                "This cannot be taken back lightly, so it is asked for letter by letter. no writes nothing.";
            loop {
                let typed = talk
                    .ask(Question { words: "To apply the plan, type once more", can: &can, help })
                    .await?;
                match typed.as_str() {
                    typed if typed == text.raw() => break,
                    "n" | "no" => return Ok(false),
                    _ => talk.say(&format!("That is not {text}. Nothing was written."))?,
                }
            }
        }
        Confirm::Enter => {
            let help = "yes writes it to the platform and reads it back. no writes nothing.";
            if !talk.confirm("Apply this plan", help).await? {
                return Ok(false);
            }
        }
    }
    if signed.production {
        let words = format!("{} is PRODUCTION. Apply it there", signed.engine.connection);
        return talk
            .confirm(&words, "This connection is marked as production, where real people sign in.")
            .await;
    }
    Ok(true)
}
