//! Changing the email that somebody signs in with.

use crate::cli::journal::sentence;
use crate::cli::session::Signed;
use crate::identity::{Email, MembershipId, Text};
use crate::workflows::email_change::{
    Choices, Offer, PrepareError, Prepared, Proposal, Way, WayKind, prepare,
};
use crate::workflows::person::{self, Candidate, Found};

use super::change::change as apply;
use super::talk::{Question, Said, Talk, Turn};

/// Who, to which address, by which way; then the plan.
pub(super) async fn change(talk: &mut Talk<'_>, signed: &Signed) -> Said<()> {
    loop {
        let person = who(talk, signed).await?;
        match to_which(talk, signed, &person).await {
            Err(Turn::Back) => {}
            other => return other,
        }
    }
}

/// The one person that is meant.
async fn who(talk: &mut Talk<'_>, signed: &Signed) -> Said<Candidate> {
    let question = Question {
        words: "Whose email",
        can: "their email, external id, name, or a reference",
        help: "Type what you know of the person: the whole email or external id, the beginning of a name, or a \
               reference such as ProjectMembership/ and an id. When several match, you choose.",
    };
    loop {
        let typed = talk.ask(question).await?;
        if typed.is_empty() {
            continue;
        }
        let shown = Text::from(typed.as_str());
        let looking = format!("Looking for {shown}.");
        match talk.wait(&looking, person::find(&signed.engine, &typed)).await?? {
            Found::One(one) => {
                talk.keep(names(&one));
                return Ok(*one);
            }
            Found::None => talk.say(&format!(
                "Nobody matches {shown} among the people you can see as {}.",
                signed.engine.caller.role.words()
            ))?,
            Found::Several(several) => {
                talk.keep(several.iter().flat_map(names));
                talk.say(&format!("{} people match {shown}.", several.len()))?;
                let words: Vec<String> = several.iter().map(told).collect();
                let help = "Two people are two people: nothing is done before you say which one is meant.";
                match talk.choose("Who is meant", &words, None, help).await {
                    Ok(at) => {
                        if let Some(one) = several.into_iter().nth(at) {
                            return Ok(one);
                        }
                    }
                    Err(Turn::Back) => {}
                    Err(other) => return Err(other),
                }
            }
        }
    }
}

fn names(candidate: &Candidate) -> impl Iterator<Item = &Text> {
    let membership = &candidate.membership;
    membership.profile.display.iter().chain(&membership.user.display)
}

fn told(candidate: &Candidate) -> String {
    let membership = &candidate.membership;
    let name = membership.profile.display.clone().unwrap_or_default();
    let invited = membership.user.display.as_ref().map(|text| format!(", invited as {text}"));
    let off = if membership.active { "" } else { ", not active" };
    format!("{name}{}{off}, {}.", invited.unwrap_or_default(), membership.id.reference())
}

async fn to_which(talk: &mut Talk<'_>, signed: &Signed, person: &Candidate) -> Said<()> {
    let member = &person.membership.id;
    let name = person.membership.profile.display.clone().unwrap_or_default();
    talk.say(&format!("{name} is meant, {}.", member.reference()))?;
    loop {
        let address = address(talk, &name).await?;
        match compare(talk, signed, member, &address, Choices::default()).await {
            Ok(Some(proposal)) => match by(talk, signed, member, &address, proposal).await {
                Err(Turn::Back) => {}
                other => return other,
            },
            Ok(None) | Err(Turn::Back) => {}
            Err(other) => return Err(other),
        }
    }
}

async fn address(talk: &mut Talk<'_>, name: &Text) -> Said<String> {
    let words = format!("New email of {name}");
    let help = "The address to sign in with from now on, such as jane.smith@clinic.example. It is looked at before \
                anything is planned: whether it can be one, who has it already, where it is sent at sign-in.";
    loop {
        let typed = talk.ask(Question { words: &words, can: "an address", help }).await?;
        match Email::parse(&typed) {
            Ok(_) => return Ok(typed),
            Err(wrong) => talk.say(&sentence(&wrong.to_string()))?,
        }
    }
}

/// Every way there is; `None` where none leads to this address, which was told.
async fn compare(
    talk: &mut Talk<'_>,
    signed: &Signed,
    member: &MembershipId,
    address: &str,
    choices: Choices,
) -> Said<Option<Proposal>> {
    let looking = format!("Comparing the ways to {}.", Text::from(address));
    let prepared = prepare(&signed.engine, member, address, None, choices);
    match talk.wait(&looking, prepared).await? {
        Ok(Prepared { proposal, .. }) => Ok(Some(proposal)),
        Err(PrepareError::Refused(refusal)) => {
            talk.say(&sentence(&refusal.to_string()))?;
            talk.say("Nothing was written.")?;
            Ok(None)
        }
        Err(PrepareError::Platform(trouble)) => Err(trouble.into()),
    }
}

/// Ways as choices, then the plan of the chosen one.
async fn by(
    talk: &mut Talk<'_>,
    signed: &Signed,
    member: &MembershipId,
    address: &str,
    mut proposal: Proposal,
) -> Said<()> {
    for notice in &proposal.notices {
        talk.say(&format!("Take note: {notice}"))?;
    }
    for way in &proposal.ways {
        if let Offer::Not(why) = &way.offer {
            talk.say(&format!("Not possible: {}, because: {why}.", way.kind.title()))?;
        }
    }
    let open: Vec<WayKind> =
        proposal.ways.iter().filter(|way| !matches!(way.offer, Offer::Not(_))).map(|way| way.kind).collect();
    let words: Vec<String> = open.iter().filter_map(|kind| proposal.way(*kind)).map(told_way).collect();
    let usual = proposal.recommended().and_then(|way| open.iter().position(|kind| *kind == way.kind));
    let help = "The ways that are open to you, with what speaks for and against each. The usual one is what idconsole \
                recommends. You hear the whole plan before anything is written.";
    let kind = open[talk.choose("By which way", &words, usual, help).await?];
    if kind == WayKind::UpdateEmail {
        let choices = choices(talk).await?;
        if choices != Choices::default() {
            match compare(talk, signed, member, address, choices).await? {
                Some(again) => proposal = again,
                None => return Err(Turn::Back),
            }
        }
    }
    match proposal.way(kind).map(|way| &way.offer) {
        Some(Offer::Plan(plan)) => apply(talk, signed, (**plan).clone()).await.map(|_| ()),
        Some(Offer::Text(text)) => {
            talk.say("This is the text for a super admin. Nothing was written.")?;
            for line in text.lines() {
                talk.say(&crate::identity::text::shown(line))?;
            }
            Ok(())
        }
        Some(Offer::Not(why)) => {
            talk.say(&format!("That way is closed now, because: {why}."))?;
            Err(Turn::Back)
        }
        None => Err(Turn::Back),
    }
}

fn told_way(way: &Way) -> String {
    let title = std::iter::once(way.kind.title());
    let points = way.points.iter().map(String::as_str);
    title.chain(points).map(sentence).collect::<Vec<_>>().join(" ")
}

/// What can be chosen where the platform's own operation does it (platform-api §8).
async fn choices(talk: &mut Talk<'_>) -> Said<Choices> {
    let help =
        "The profile, such as Practitioner, can hold a work email of its own. It is not used to sign in.";
    let update_profile_telecom = talk.confirm("Change the work email in the profile too", help).await?;
    let help = "The platform mails the new address a link that proves that it can be read.";
    let skip_verification = !talk.confirm("Send a verification mail to the new address", help).await?;
    Ok(Choices { update_profile_telecom, skip_verification })
}
