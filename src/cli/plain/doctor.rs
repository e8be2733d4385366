//! Why somebody cannot sign in: who, by which ways, what is wrong with each, and what mends it.

use crate::cli::session::Signed;
use crate::identity::sign_in::doctor::ClientFact;
use crate::identity::text::shown;
use crate::identity::{Seen, Text};
use crate::workflows::checkup::{self, Asked, Checkup, Mending, Patient, Remedy, Told, Way};

use super::change::change;
use super::talk::{Question, Said, Talk, Turn};
use super::words;

/// How every JSON Web Token begins (RFC 7519 §3.1).
const TOKEN: &str = "eyJ";

/// Asks who and tells what is wrong, until one goes back.
pub(super) async fn doctor(talk: &mut Talk<'_>, signed: &Signed) -> Said<()> {
    let question = Question {
        words: "Who cannot sign in",
        can: "an email, an external id, a name, or a reference",
        help: "Type what the person types when they sign in, or what you know of them. Every likely way in of theirs \
               is followed step by step. Nothing is changed by looking.",
    };
    loop {
        let typed = talk.ask(question).await?;
        if typed.starts_with(TOKEN) {
            talk.say(
                "That looks like a token, which should not stand on a screen. Save it to a file and run:",
            )?;
            talk.say("idconsole doctor login --flow browser --id-token FILE")?;
        } else if !typed.is_empty() {
            match examine(talk, signed, Asked { typed: Text::from(typed), ..Asked::default() }).await {
                Ok(()) | Err(Turn::Back) => {}
                Err(other) => return Err(other),
            }
        }
    }
}

async fn examine(talk: &mut Talk<'_>, signed: &Signed, mut asked: Asked) -> Said<()> {
    let mut looking = format!("Following the ways in of {}.", asked.typed);
    let mut mended: Option<String> = None;
    loop {
        match talk.wait(&looking, checkup::check(&signed.engine, &asked)).await?? {
            Told::Several(people) => {
                talk.keep(people.iter().flat_map(names));
                talk.say(&format!("{} people match {}.", people.len(), asked.typed))?;
                let words: Vec<String> = people.iter().map(|one| format!("{}.", told(one))).collect();
                let help = "Two people are two people: say which one is meant.";
                let at = talk.choose("Who is meant", &words, None, help).await?;
                asked.meant = people.into_iter().nth(at).map(|one| one.membership);
            }
            Told::Ways(checkup) => {
                for way in &checkup.ways {
                    let facts = &way.examined.facts;
                    talk.keep(facts.memberships.iter().map(|member| &member.name));
                    talk.keep(facts.clients.values().filter_map(|client| match client {
                        Seen::Known(ClientFact::Found(client)) => Some(&client.name),
                        _ => None,
                    }));
                }
                if let Some(patient) = &checkup.patient {
                    talk.keep(names(patient));
                    asked.meant = Some(patient.membership.clone());
                }
                mended = look(talk, signed, &checkup, mended.as_deref()).await?;
                if mended.is_none() {
                    return Ok(());
                }
                // Something was written: what it came to is looked at at once.
                talk.say("")?;
                "Following them once more, after the change.".clone_into(&mut looking);
            }
        }
    }
}

fn names(patient: &Patient) -> impl Iterator<Item = &Text> {
    let email = patient.email.known().and_then(Option::as_ref);
    std::iter::once(&patient.name).chain(email).chain(&patient.external_id)
}

fn told(patient: &Patient) -> String {
    let email = match &patient.email {
        Seen::Known(Some(email)) => format!("email {email}"),
        Seen::Known(None) => "no email".to_owned(),
        Seen::Unknown(why) => format!("email not known, {why}"),
    };
    let external_id = patient
        .external_id
        .as_ref()
        .map_or_else(|| "no external id".to_owned(), |id| format!("external id {id}"));
    format!("{}, {email}, {external_id}, {}", patient.name, patient.membership.reference())
}

/// Tells the ways and one of them in full: the one that was mended, else the worst. The way for which something was
/// written, if anything was.
async fn look(
    talk: &mut Talk<'_>,
    signed: &Signed,
    checkup: &Checkup,
    mended: Option<&str>,
) -> Said<Option<String>> {
    if let Some(guessed) = &checkup.guessed {
        talk.say(guessed)?;
    }
    match &checkup.patient {
        Some(patient) => talk.say(&format!("{}.", told(patient)))?,
        None => talk.say("It is not known who is meant: nobody that you can see matches.")?,
    }
    let of = checkup.ways.len();
    if of == 0 {
        talk.say(
            "No way to sign in leads there: no route, no client with an identity provider, no password page.",
        )?;
        return Ok(None);
    }
    if of > 1 {
        talk.say(&format!("{of} ways to sign in."))?;
        for (at, way) in checkup.ways.iter().enumerate() {
            talk.say(&format!(
                "Way {}: {}. It {}.",
                at + 1,
                shown(&way.label),
                way.examined.diagnosis.gist()
            ))?;
        }
    }
    let same = checkup.ways.iter().position(|way| Some(way.label.as_str()) == mended);
    let mut at = same.unwrap_or_else(|| checkup.worst());
    loop {
        let Some(way) = checkup.ways.get(at) else { return Ok(None) };
        words::way(talk.out(), way, at, of)?;
        match next(talk, way, of).await? {
            Next::Way(other) => at = other,
            Next::Fix(fix) => {
                if let Some(remedy) = way.remedies.get(fix)
                    && mend(talk, signed, way, remedy).await?
                {
                    return Ok(Some(way.label.clone()));
                }
            }
        }
    }
}

enum Next {
    Way(usize),
    Fix(usize),
}

async fn next(talk: &mut Talk<'_>, way: &Way, of: usize) -> Said<Next> {
    let fixes = way.remedies.len();
    let mut can = Vec::new();
    match fixes {
        0 => talk.say("No fix is offered for this way.")?,
        1 => can.push("fix 1".to_owned()),
        _ => can.push(format!("fix 1 to {fixes}")),
    }
    if of > 1 {
        can.push(format!("way 1 to {of}"));
    }
    let question = Question {
        words: "What next",
        can: &can.join(", "),
        help: "fix and a number tells the plan of that fix. way and a number tells that way in full. back asks about \
               somebody else.",
    };
    loop {
        let answer = talk.ask(question).await?.to_lowercase();
        let (word, number) = answer.split_once(' ').unwrap_or(("fix", &answer));
        match (word, number.trim().parse::<usize>()) {
            ("fix", Ok(number)) if (1..=fixes).contains(&number) => return Ok(Next::Fix(number - 1)),
            ("way", Ok(number)) if (1..=of).contains(&number) => return Ok(Next::Way(number - 1)),
            _ => {
                talk.say(if can.is_empty() { "There is only back and quit." } else { "Type one of these." })?;
            }
        }
    }
}

/// The changes of a fix, one after the other, each with a plan of its own; true when something was written.
async fn mend(talk: &mut Talk<'_>, signed: &Signed, way: &Way, remedy: &Remedy) -> Said<bool> {
    if let Some(others) = remedy.others {
        talk.say(&format!("You may not do that: {others}. This text asks for it."))?;
        for line in remedy.request.lines() {
            talk.say(&shown(line))?;
        }
        return Ok(false);
    }
    let mut written = false;
    for (at, (mend, title)) in remedy.mends.iter().enumerate() {
        let mending = Mending {
            attempt: way.examined.attempt.clone(),
            meant: way.meant.clone(),
            mend: mend.clone(),
            then: remedy.mends.get(at + 1).map(|(_, title)| title.clone()),
            request: remedy.request.clone(),
        };
        let planning = format!("Planning: {}.", shown(title));
        let plan = talk.wait(&planning, checkup::plan(&signed.engine, &mending)).await?;
        let applied = match plan {
            Ok(plan) => change(talk, signed, plan).await,
            Err(no) => Err(no.into()),
        };
        match applied {
            Ok(Some(_)) => written = true,
            Ok(None) | Err(Turn::Back) => return Ok(written),
            Err(Turn::Failed(failure)) => {
                super::failed(talk, &failure)?;
                return Ok(written);
            }
            Err(Turn::Quit) => return Err(Turn::Quit),
        }
    }
    Ok(written)
}
