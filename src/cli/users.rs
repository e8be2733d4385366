//! `idconsole users …`: the accounts that people sign in with.

use serde_json::{Value, json};

use crate::identity::{Factor, Membership, Seen, Text};
use crate::workflows::email_change::{
    Choices, Offer, PrepareError, Prepared, Proposal, Refusal, WayKind, prepare,
};
use crate::workflows::person::{self, Candidate, Found};
use crate::workflows::{Engine, PersonFacts};

use super::args::{SetEmail, Way};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Format, Table};
use super::plan::{self, Signs};
use super::session::Signed;
use super::write;

/// The one person that is meant. Never a guess: when several match they are listed and nothing is done.
pub async fn one(engine: &Engine, wanted: &str, io: &mut Io<'_>) -> Result<Candidate, Failure> {
    match person::find(engine, wanted).await? {
        Found::One(candidate) => Ok(*candidate),
        Found::None => Err(Failure::new(
            Exit::NotFound,
            format!("Nobody matches {} among the people you can see as {}.", Text::from(wanted), engine.caller.role.words()),
        )
        .next("Give an email, external id, the beginning of a name, or a reference such as ProjectMembership/….")),
        Found::Several(candidates) => {
            let rows = candidates.iter().map(of_candidate).collect();
            let columns = vec![Column::name("name"), Column::id("invited as"), Column::text("membership")];
            let table = Table { columns, rows, empty: String::new() };
            super::output::write_table(io.err, &table, io.width)?;
            Err(Failure::new(
                Exit::Conflict,
                format!("{} people match {}; nothing was done.", candidates.len(), Text::from(wanted)),
            )
            .next("Name one of them by its membership."))
        }
    }
}

fn of_candidate(candidate: &Candidate) -> Vec<String> {
    let Membership { id, user, profile, .. } = &candidate.membership;
    let raw = |text: Option<&Text>| text.map(|text| text.raw().to_owned()).unwrap_or_default();
    vec![raw(profile.display.as_ref()), raw(user.display.as_ref()), id.reference().to_string()]
}

/// `users show`.
pub async fn show(
    signed: &Signed,
    wanted: &str,
    check: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let candidate = one(engine, wanted, io).await?;
    let facts = person::gather(engine, &candidate.membership.id).await?;
    let ways = crate::workflows::ways_in::ways(&engine.caller, &facts);
    let wrong = crate::workflows::wrong::wrong(engine.caller.role, &facts, &ways);
    let findings: Vec<&str> = wrong.iter().map(|wrong| wrong.words.as_str()).collect();
    let signs = context.signs();
    let mut fields = fields(&facts);
    for way in &ways {
        let mut text = format!("{}: {}", way.label, plan::outcome(&way.outcome, signs));
        if let Some(condition) = &way.condition {
            text = format!("{text}, {condition}");
        }
        fields.push(("signs in by", text));
    }
    for finding in &findings {
        fields.push(("finding", format!("{} {}", signs.warn, finding)));
    }
    let shape = json!({
        "name": facts.name,
        "user": facts.user_id,
        "email": plan::seen_json(&facts.email),
        "about": facts.about(),
        "membership": facts.membership.id,
        "profile": facts.membership.profile.to_string(),
        "active": facts.membership.active,
        "admin": facts.membership.admin,
        "external_id": facts.membership.external_id,
        "memberships": facts.memberships.iter().map(|membership| json!({
            "membership": membership.id,
            "project": membership.project,
            "active": membership.active,
            "external_id": membership.external_id,
        })).collect::<Vec<_>>(),
        "signs_in_by": ways.iter().map(|way| json!({
            "way": way.label, "outcome": way.outcome, "condition": way.condition,
        })).collect::<Vec<_>>(),
        "findings": findings,
    });
    io.write_record(context.shared.format, &fields, &shape)?;
    Ok(if check && !findings.is_empty() { Exit::Findings } else { Exit::Done })
}

/// What is known of a person, as lines.
pub fn fields(facts: &PersonFacts) -> Vec<(&'static str, String)> {
    let membership = &facts.membership;
    let raw =
        |text: Option<&Text>, none: &str| text.map_or_else(|| none.to_owned(), |text| text.raw().to_owned());
    let mut fields = vec![
        ("name", facts.name.raw().to_owned()),
        ("email", plain(&facts.email)),
        ("user", facts.user_id.as_ref().map_or_else(|| "none".to_owned(), |id| id.reference().to_string())),
        ("about", facts.about()),
        ("membership", membership.id.reference().to_string()),
        ("profile", membership.profile.to_string()),
        ("external id", raw(membership.external_id.as_ref(), "none")),
        ("active", if membership.active { "yes" } else { "no" }.to_owned()),
        ("role", if membership.admin { "project admin" } else { "member" }.to_owned()),
    ];
    if let Some(policy) = &membership.policy {
        fields.push(("policy", raw(policy.display.as_ref(), &policy.to_string())));
    }
    if let Seen::Known(user) = &facts.user {
        let methods: Vec<&str> = user.mfa.methods.iter().map(|factor| factor_word(*factor)).collect();
        let mfa = match (user.mfa.enrolled, user.mfa.required) {
            (true, _) => format!("enrolled {}", methods.join(", ")),
            (false, true) => "required, not enrolled".to_owned(),
            (false, false) => "none".to_owned(),
        };
        fields.push(("second factor", mfa.trim().to_owned()));
    }
    fields
}

fn factor_word(factor: Factor) -> &'static str {
    match factor {
        Factor::Totp => "totp",
        Factor::Email => "email",
    }
}

fn plain(seen: &Seen<Option<Text>>) -> String {
    match seen {
        Seen::Known(Some(text)) => text.raw().to_owned(),
        Seen::Known(None) => "none".to_owned(),
        Seen::Unknown(why) => format!("unknown ({why})"),
    }
}

/// `users set-email`.
pub async fn set_email(
    signed: &Signed,
    command: &SetEmail,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let candidate = one(engine, &command.person, io).await?;
    let choices =
        Choices { update_profile_telecom: command.update_telecom, skip_verification: command.no_mail };
    let Prepared { proposal, .. } =
        prepare(engine, &candidate.membership.id, &command.new_email, None, choices).await?;
    for notice in &proposal.notices {
        io.note(&format!("{} {notice}", context.signs().warn))?;
    }
    compare(&proposal, context, io)?;
    let kind = command.way.map(kind);
    let way = match kind {
        Some(kind) => proposal.way(kind),
        None => proposal.recommended(),
    };
    let Some(way) = way else {
        return Err(Failure::new(
            Exit::NotAllowed,
            "No way leads to this address for you; nothing was written.",
        ));
    };
    match &way.offer {
        Offer::Plan(plan) => {
            write::apply(engine, (**plan).clone(), &command.write, signed.production, context, io).await?;
            Ok(Exit::Done)
        }
        Offer::Text(text) => {
            match context.shared.format {
                Format::Table | Format::Csv => writeln!(io.out, "{}", safe_lines(text))?,
                Format::Json => io.write_value(&json!({ "request": text }))?,
            }
            io.note("Nothing was written: this text asks a super admin to do it.")?;
            Ok(if kind.is_some() { Exit::Done } else { Exit::NotAllowed })
        }
        Offer::Not(why) => Err(Failure::new(
            Exit::NotAllowed,
            super::journal::sentence(&format!("{}: {why}", way.kind.title())),
        )),
    }
}

fn safe_lines(text: &str) -> String {
    text.lines().map(crate::identity::text::shown).collect::<Vec<_>>().join("\n")
}

/// Every way with what speaks for and against it, so that the recommendation can be judged.
fn compare(proposal: &Proposal, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let Signs { ok, bad, .. } = context.signs();
    for way in &proposal.ways {
        let (sign, why) = match &way.offer {
            Offer::Plan(_) | Offer::Text(_) => (ok, String::new()),
            Offer::Not(why) => (bad, format!(": {why}")),
        };
        let mark = if way.recommended { ", recommended" } else { "" };
        io.note(&format!("{sign} --way {:<12}  {}{mark}{why}", word(way.kind), way.kind.title()))?;
        if matches!(way.offer, Offer::Plan(_)) {
            for point in &way.points {
                io.note(&format!("    {point}"))?;
            }
        }
    }
    io.note("")?;
    Ok(())
}

fn kind(way: Way) -> WayKind {
    match way {
        Way::UpdateEmail => WayKind::UpdateEmail,
        Way::Scim => WayKind::Scim,
        Way::Reinvite => WayKind::Reinvite,
        Way::Request => WayKind::HandOver,
    }
}

fn word(kind: WayKind) -> &'static str {
    match kind {
        WayKind::UpdateEmail => "update-email",
        WayKind::Scim => "scim",
        WayKind::Reinvite => "reinvite",
        WayKind::HandOver => "request",
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Refused(refusal) => refusal.into(),
            PrepareError::Platform(trouble) => trouble.into(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let exit = match &refusal {
            Refusal::Malformed(_) | Refusal::NotAPerson { .. } => Exit::Usage,
            Refusal::Same { .. } | Refusal::InUse { .. } => Exit::Conflict,
        };
        Self::new(exit, super::journal::sentence(&refusal.to_string())).next("Nothing was written.")
    }
}

/// The stable JSON shape of a membership.
pub fn membership_json(membership: &Membership) -> Value {
    json!({
        "membership": membership.id,
        "user": membership.user.to_string(),
        "profile": membership.profile.to_string(),
        "name": membership.profile.display,
        "external_id": membership.external_id,
        "active": membership.active,
        "admin": membership.admin,
    })
}
