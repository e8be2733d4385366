//! `idconsole mfa …`: second factors.

use crate::identity::directory::{Directory, Email, Member};
use crate::identity::second_factor::{Standing, Tally, Whom};
use crate::identity::{Factor, FactorRules, Seen, Text};
use crate::workflows::factor_report::{HEADINGS, Reported};
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
        Mfa::MailCode => return own_factor::mail_code(signed, io).await,
        Mfa::Enrol { method, show_key, code_stdin, write } => {
            let factor = Factor::from(*method);
            return own_factor::enrol(signed, factor, *show_key, *code_stdin, write, context, io).await;
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
        Mfa::Require { project: true, off, write, .. } => (of_project(signed, !off, io).await?, write),
        Mfa::Require { people, off, write, .. } => {
            let members = people::members(&signed.engine, people, io).await?;
            (Intent::RequireFactor { members, required: !off }, write)
        }
    };
    intent::run(signed, &intent, write, context, io).await
}

/// The whole project, with a preview of whom it meets.
async fn of_project(signed: &Signed, required: bool, io: &mut Io<'_>) -> Result<Intent, Failure> {
    let project = signed.engine.caller.project.clone();
    let mut preview = Vec::new();
    if required {
        let directory = members::load(signed, io).await?;
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
    let mut whom = Whom::default();
    for member in directory.rows().filter_map(|row| directory.member(row)) {
        whom.add(&member.project(), member.email_raw());
    }
    second_factor::rules(&signed.engine, &whom.projects, &whom.addresses).await
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
    let mut directory = members::load(signed, io).await?;
    let rules = rules(signed, &directory).await;
    if let Some(filter) = filter {
        directory.set_filter(filter);
    }
    let mut table = Table {
        columns: HEADINGS
            .iter()
            .map(|heading| match *heading {
                "name" => Column::name("name"),
                "email" | "comes by" => Column::id(heading),
                _ => Column::text(heading),
            })
            .collect(),
        rows: Vec::new(),
        empty: match filter {
            Some(filter) => format!("No member matches {}.", crate::identity::text::shown(filter)),
            None => "The project has no members that you can see.".to_owned(),
        },
    };
    let mut shapes = Vec::new();
    for member in directory.rows().filter_map(|row| directory.member(row)) {
        let reported = Reported {
            membership: &member.id(),
            name: &member.name_text(),
            email: &Text::from(member.email_raw()),
            current: matches!(member.email(), Email::Current { .. }),
            active: member.active(),
            mfa: &member.mfa(),
            standing: &standing(&rules, &member),
        };
        table.rows.push((0..HEADINGS.len()).map(|column| reported.cell(column)).collect());
        shapes.push(reported.json());
    }
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
