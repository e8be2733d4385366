//! `idconsole domains request …`: a route that somebody who may not write it asks a super admin for.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::json;

use crate::cli::args::domains::{ApplyRequest, ExportRequest, Request};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Format, write_json};
use crate::cli::session::Signed;
use crate::cli::write;
use crate::identity::capability::{self, Capability};
use crate::identity::route_test::Outcome;
use crate::identity::{Secret, Text};
use crate::workflows::intent;
use crate::workflows::onboard::Act;
use crate::workflows::route_request::{LARGEST, NotARequest, Opened, RouteRequest, open, prepare};

use super::{impact, onboard, test};

/// Writes or opens one.
pub(super) async fn run(
    signed: &Signed,
    command: &Request,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Request::Export(command) => export(signed, command, context, io).await,
        Request::Apply(command) => apply(signed, command, context, io).await,
    }
}

async fn export(
    signed: &Signed,
    command: &ExportRequest,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let secret = test::secret(&command.secret, io)?;
    let desk = onboard::desk(signed, context)?;
    if let Some(file) = &command.file {
        let draft = impact::read(file, &command.domain)?;
        let why = match &command.reason {
            Some(why) => why.trim().to_owned(),
            None => io.ask("Why it is asked for", "Give --reason TEXT.")?,
        };
        if why.is_empty() {
            return Err(Failure::usage("A request needs a reason.").next("Give --reason TEXT."));
        }
        let request = prepare(&signed.engine, &desk.tester, &draft, secret.as_ref(), &why).await?;
        crate::workflows::onboard::desk::write_new(&command.out, &request.text()).map_err(|error| {
            Failure::new(Exit::Local, format!("{} cannot be written: {error}.", command.out.display()))
        })?;
    } else {
        let domain = desk.open(&command.domain)?.domain.raw().to_owned();
        let why = command.reason.clone().unwrap_or_default();
        desk.act(&domain, Act::Request { path: command.out.clone(), secret, why }).await?;
    }
    io.note(&format!(
        "{} holds the request. A super admin opens it with `idconsole domains request apply`.",
        command.out.display()
    ))?;
    Ok(Exit::Done)
}

/// Reads a request; nothing of it is believed yet.
fn read(file: &Path, platform: &str) -> Result<RouteRequest, Failure> {
    let shown = file.display();
    let mut text = String::new();
    fs::File::open(file)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|error| Failure::usage(format!("The file {shown} cannot be read: {error}.")))?;
    RouteRequest::read(&text, platform).map_err(|why| {
        let exit = match why {
            NotARequest::OtherPlatform { .. } | NotARequest::Changed(_) => Exit::Conflict,
            _ => Exit::Usage,
        };
        Failure::new(exit, format!("The request in {shown} cannot be used: {why}. Nothing was changed."))
    })
}

async fn apply(
    signed: &Signed,
    command: &ApplyRequest,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let desk = onboard::desk(signed, context)?;
    let request = read(&command.file, desk.store.platform())?;
    if let Err(why) = capability::check(&signed.engine.caller, Capability::DomainRoutes) {
        return Err(Failure::new(Exit::NotAllowed, crate::cli::journal::sentence(&why)));
    }
    let secret = match test::secret(&command.secret, io)? {
        Some(secret) => Some(secret),
        None if command.write.dry_run => None,
        None => Some(Secret::from(io.ask_secret(
            "The client's secret at the provider",
            "Give --secret-file FILE, or set IDCONSOLE_IDP_SECRET.",
        )?)),
    };
    let opened = open(&signed.engine, &desk.tester, &request, secret.as_ref()).await?;
    tell(&request, &opened, context, io)?;
    if opened.report.outcome() == Outcome::Failed {
        return Err(Failure::new(Exit::Findings, "A check fails now; nothing was written.")
            .next("`idconsole domains test --file` shows what was sent and received."));
    }
    let plan = intent::plan(&signed.engine, &opened.intent).await?;
    write::apply_with(&signed.engine, plan, secret.as_ref(), &command.write, signed.production, context, io)
        .await?;
    Ok(Exit::Done)
}

/// Who asks for what, and what is different from what they say.
fn tell(request: &RouteRequest, opened: &Opened, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let by = &request.by;
    let email = by.email.as_ref().map_or_else(String::new, |email| format!(" ({email})"));
    io.tell(&format!(
        "{}{email}, {} of {}, asks for it since {:.0}.",
        by.name, by.role, by.project, request.at
    ))?;
    io.tell(&format!("Why: {}", request.why))?;
    io.tell(&format!("Then: {}", Text::from(request.report.summary())))?;
    io.tell(&format!("Now:  {}", opened.report.summary()))?;
    let signs = context.signs();
    if opened.differences.is_empty() {
        io.tell("Nothing is different from what the request says.")?;
    }
    for difference in &opened.differences {
        let sign = if difference.worse { signs.bad } else { signs.warn };
        io.tell(&format!("{sign} {}: {} {} {}", difference.what, difference.was, signs.to, difference.now))?;
    }
    if context.shared.format == Format::Json {
        let rows: Vec<_> = opened
            .differences
            .iter()
            .map(|one| json!({"what": one.what, "was": one.was, "now": one.now, "worse": one.worse}))
            .collect();
        write_json(io.err, &json!({ "differences": rows }))?;
    }
    Ok(())
}
