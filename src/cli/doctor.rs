//! `idconsole doctor …`: why a sign-in fails.

mod examine;
mod sweep;

use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};

use crate::auth::http::Http;
use crate::auth::signature::Checked;
use crate::identity::sign_in::doctor::{Attempt, Claim, Diagnosis, Flow, Pkce, Verdict};
use crate::identity::text::shown;
use crate::identity::{MembershipId, ProjectId, Text};
use crate::workflows::checkup::report;
use crate::workflows::diagnose::{self, IdToken};

use super::args::doctor::{Doctor, DoctorLogin, FlowName, PkceName};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Format, Table};
use super::session::Signed;
use super::users;

/// A token is some kilobytes; more is not read.
const LARGEST_TOKEN: u64 = 1 << 20;

/// Follows one sign-in.
pub async fn run(
    signed: &Signed,
    command: &Doctor,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Doctor::Login(login) => self::login(signed, login, context, io).await,
        Doctor::Examine(command) => examine::examine(signed, command, context, io).await,
        Doctor::Mend(command) => examine::mend(signed, command, context, io).await,
        Doctor::Sweep { rules, count } => sweep::sweep(signed, rules, *count, context, io).await,
        Doctor::Fix(command) => sweep::fix(signed, command, context, io).await,
    }
}

async fn login(
    signed: &Signed,
    command: &DoctorLogin,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (attempt, token) = attempt(command, io)?;
    let meant = match &command.person {
        Some(person) => users::one(&signed.engine, person, io).await?.memberships,
        None => Vec::new(),
    };
    let examined = diagnose::examine(&signed.engine, attempt, &meant).await?;
    let checked = match &token {
        Some(token) => {
            let http = Http::for_connection(&context.in_this_run(&context.connection()?.0))?;
            Some(token.verify(&http, &[&examined.facts], signed.engine.clock.now()).await)
        }
        None => None,
    };
    let diagnosis = &examined.diagnosis;
    match context.shared.format {
        Format::Json => {
            let mut shape = report::json(&examined);
            shape["token"] = token_json(checked.as_ref());
            io.write_value(&shape)?;
        }
        Format::Table if io.tells() => {
            if let Some(checked) = &checked {
                writeln!(io.out, "The token is {}.", checked.words())?;
            }
            write!(io.out, "{}", report::ladder(diagnosis))?;
            for fix in &examined.fixes {
                let who = diagnose::not_allowed(&signed.engine, fix)
                    .map_or_else(String::new, |who| format!(" ({who})"));
                writeln!(io.out, "fix: {}{who}", fix.title(&examined.facts))?;
                writeln!(io.out, "     after this change: {}", fix.after.sentence())?;
            }
        }
        format => io.write_rows(format, &ladder(diagnosis), &Value::Null)?,
    }
    Ok(match diagnosis.outcome.verdict {
        Verdict::Success => Exit::Done,
        Verdict::Failure => Exit::Findings,
        Verdict::Unknown => Exit::CannotTell,
    })
}

fn flow(name: FlowName) -> Flow {
    match name {
        FlowName::Browser => Flow::Browser,
        FlowName::Exchange => Flow::Exchange,
        FlowName::LegacyExchange => Flow::LegacyExchange,
        FlowName::Password => Flow::Password,
        FlowName::Google => Flow::Google,
        FlowName::Bearer => Flow::Bearer,
    }
}

/// What was said on the command line, as one try.
fn attempt(command: &DoctorLogin, io: &mut Io<'_>) -> Result<(Attempt, Option<IdToken>), Failure> {
    let flow = flow(command.flow);
    let text = |value: &Option<String>| value.as_deref().map(Text::from);
    let mut attempt = Attempt::new(flow);
    attempt.typed = text(&command.email);
    attempt.domain = text(&command.domain);
    attempt.client = text(&command.client_id);
    attempt.project = command.project_id.as_deref().map(ProjectId::new);
    attempt.membership = command
        .membership_id
        .as_deref()
        .map(|id| MembershipId::new(id.strip_prefix("ProjectMembership/").unwrap_or(id)));
    attempt.redirect = text(&command.redirect_uri);
    attempt.pkce = match command.pkce {
        PkceName::Proper => Pkce::Proper,
        PkceName::NoMethod => Pkce::NoMethod,
        PkceName::NoChallenge => Pkce::NoChallenge,
    };
    attempt.address = text(&command.address);
    let email = command.claim_email.as_ref().or(command.email.as_ref());
    attempt.email = email.map_or(Claim::Absent, |email| Claim::from(email.as_str()));
    attempt.subject = command.subject.as_deref().map_or(Claim::Absent, Claim::from);
    let mut given = None;
    if let Some(file) = &command.id_token {
        let token = IdToken::read(&token(file, io)?).map_err(Failure::usage)?;
        token.claims_into(&mut attempt);
        given = Some(token);
    }
    if matches!(flow, Flow::Password) && attempt.typed.is_none() {
        return Err(Failure::usage("A sign-in by password needs --email.".to_owned()));
    }
    if flow == Flow::Browser && attempt.routed_by().is_none() && attempt.client.is_none() {
        return Err(Failure::usage("A browser sign-in needs --email, --domain or --client-id.".to_owned()));
    }
    if flow.is_exchange() && attempt.client.is_none() {
        return Err(Failure::usage("A token exchange needs --client-id.".to_owned()));
    }
    Ok((attempt, given))
}

/// The token in a file, or on standard input for `-`. It is never taken from the command line.
fn token(file: &str, io: &mut Io<'_>) -> Result<String, Failure> {
    let mut found = String::new();
    let read = if file == "-" {
        (&mut *io.input).take(LARGEST_TOKEN).read_to_string(&mut found)
    } else {
        fs::File::open(file).and_then(|file| file.take(LARGEST_TOKEN).read_to_string(&mut found))
    };
    read.map_err(|error| Failure::usage(format!("The token in {} cannot be read: {error}.", shown(file))))?;
    Ok(found)
}

/// How the token stands up; null where none was given.
fn token_json(checked: Option<&Checked>) -> Value {
    let Some(checked) = checked else { return Value::Null };
    let verified = match checked {
        Checked::Verified { .. } => Some(true),
        Checked::Forged { .. } => Some(false),
        Checked::Unverified { .. } => None,
    };
    json!({"verified": verified, "detail": checked.words()})
}

/// The ladder as rows.
fn ladder(diagnosis: &Diagnosis) -> Table {
    let rows = diagnosis
        .steps
        .iter()
        .map(|step| vec![step.status.id().to_owned(), step.id.title().to_owned(), step.detail.clone()]);
    Table {
        columns: vec![Column::text("status"), Column::name("step"), Column::name("detail")],
        rows: rows.collect(),
        empty: String::new(),
    }
}
