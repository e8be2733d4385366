//! `idconsole mfa …`: second factors.

use serde_json::{Value, json};

use crate::identity::directory::{Directory, Member};
use crate::identity::second_factor::{Standing, Tally};
use crate::identity::{Factor, FactorRules, Mfa as Enrolled, ProjectId, Seen, Text};
use crate::workflows::intent::Intent;
use crate::workflows::second_factor;

use super::args::Mfa;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{intent, members, own_factor, people};

/// Report, reset, require.
pub async fn run(
    signed: &Signed,
    command: &Mfa,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (intent, write) = match command {
        Mfa::Report { filter } => return report(signed, filter.as_deref(), context, io).await,
        Mfa::Own => return own_factor::show(signed, context, io).await,
        Mfa::Enrol { show_key, code_stdin, write } => {
            return own_factor::enrol(signed, *show_key, *code_stdin, write, context, io).await;
        }
        Mfa::Disable { factor, code_stdin, write } => {
            return own_factor::disable(signed, factor.map(Factor::from), *code_stdin, write, context, io)
                .await;
        }
        Mfa::Reset { people, factor, checked, end_sessions, write } => {
            let members = people::members(&signed.engine, people, io).await?;
            let (factor, end_sessions) = (Factor::from(*factor), *end_sessions);
            let checked = Text::from(checked.as_str());
            let reset = |member| {
                let checked = checked.clone();
                Intent::ResetFactor { member, factor, checked, end_sessions }
            };
            (Intent::each(members, reset), write)
        }
        Mfa::Require { project: true, off, write, .. } => (of_project(signed, !off).await?, write),
        Mfa::Require { people, off, write, .. } => {
            let members = people::members(&signed.engine, people, io).await?;
            (Intent::RequireFactor { members, required: !off }, write)
        }
    };
    intent::run(signed, &intent, write, context, io).await
}

/// The whole project, with a preview of whom it meets.
async fn of_project(signed: &Signed, required: bool) -> Result<Intent, Failure> {
    let project = signed.engine.caller.project.clone();
    let mut preview = Vec::new();
    if required {
        let directory = members::load(signed).await?;
        let rules = rules(signed, &directory).await.with_required(&project, true);
        let mut tally = Tally::default();
        for member in directory.rows().filter_map(|row| directory.member(row)) {
            if member.active() && member.project() == project {
                tally.add(&standing(&rules, &member));
            }
        }
        preview = tally.words();
    }
    Ok(Intent::RequireFactorOfProject { project, required, preview })
}

async fn rules(signed: &Signed, directory: &Directory) -> FactorRules {
    let mut projects: Vec<ProjectId> = Vec::new();
    let mut addresses = Vec::new();
    for member in directory.rows().filter_map(|row| directory.member(row)) {
        let project = member.project();
        if !projects.contains(&project) {
            projects.push(project);
        }
        addresses.push(Text::from(member.email_raw()));
    }
    second_factor::rules(&signed.engine, &projects, &addresses).await
}

fn standing(rules: &FactorRules, member: &Member<'_>) -> Standing {
    let linked = member.external_id_text().is_some();
    rules.standing(&member.project(), &member.mfa(), member.email_raw(), linked)
}

/// `mfa report`.
async fn report(
    signed: &Signed,
    filter: Option<&str>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let mut directory = members::load(signed).await?;
    let rules = rules(signed, &directory).await;
    if let Some(filter) = filter {
        directory.set_filter(filter);
    }
    let members: Vec<Member<'_>> = directory.rows().filter_map(|row| directory.member(row)).collect();
    let table = Table {
        columns: vec![
            Column::name("name"),
            Column::id("email"),
            Column::text("enrolled"),
            Column::text("required by"),
            Column::text("a password asks for"),
            Column::id("comes by"),
            Column::text("active"),
        ],
        rows: members.iter().map(|member| row(&rules, member)).collect(),
        empty: match filter {
            Some(filter) => format!("No member matches {}.", crate::identity::text::shown(filter)),
            None => "The project has no members that you can see.".to_owned(),
        },
    };
    let shapes: Vec<Value> = members.iter().map(|member| shape(&rules, member)).collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    if let Some(project) = rules.of(&signed.engine.caller.project) {
        io.note(match &project.required {
            Seen::Known(true) => "The project requires a second factor of every password sign-in.",
            Seen::Known(false) => "The project does not require a second factor.",
            Seen::Unknown(_) => "Whether the project requires a second factor could not be read.",
        })?;
    }
    Ok(Exit::Done)
}

/// The factors in words.
fn methods(mfa: &Enrolled) -> Vec<&'static str> {
    [Factor::Totp, Factor::Email].into_iter().filter(|factor| mfa.has(*factor)).map(Factor::name).collect()
}

fn row(rules: &FactorRules, member: &Member<'_>) -> Vec<String> {
    let standing = standing(rules, member);
    vec![
        member.name_text().raw().to_owned(),
        members::email(member),
        match member.mfa() {
            Seen::Known(mfa) if mfa.enrolled => methods(&mfa).join("+"),
            Seen::Known(_) => "none".to_owned(),
            Seen::Unknown(_) => "unknown".to_owned(),
        },
        standing.required.known().map_or("unknown", |by| by.words()).to_owned(),
        standing.asked.words().to_owned(),
        standing.exempt.map_or_else(String::new, |by| by.idp().raw().to_owned()),
        if member.active() { "yes" } else { "no" }.to_owned(),
    ]
}

fn shape(rules: &FactorRules, member: &Member<'_>) -> Value {
    let standing = standing(rules, member);
    let mfa = member.mfa();
    let unseen = match (&mfa, &standing.required) {
        (Seen::Unknown(why), _) | (_, Seen::Unknown(why)) => Some(why.to_string()),
        _ => None,
    };
    json!({
        "membership": member.id(),
        "name": member.name_text(),
        "email": members::email(member),
        "active": member.active(),
        "enrolled": mfa.known().map(|mfa| mfa.enrolled),
        "methods": mfa.known().map(methods),
        "required_by": standing.required.known().map(|by| by.words()),
        "password_asks_for": standing.asked.words(),
        "exempt_by": standing.exempt.map(|by| by.words()),
        "unknown_because": unseen,
    })
}
