//! `idconsole flow …`: the flow lab in words and questions.

use std::fs;
use std::io::Read as _;
use std::sync::Arc;

use secrecy::SecretString;

use crate::auth::lab::Held;
use crate::auth::lab::at_idp::Way;
use crate::auth::lab::swap::Subject;
use crate::auth::{Answer, BUILT_IN_CLIENT, Deps, FlowEvent, Redirects, SystemBrowser};
use crate::config::{Connection, Idp};
use crate::identity::flow_lab::{Ending, Run, Status};
use crate::identity::text::shown;
use crate::identity::{ClientId, MembershipId, ProjectId, RouteDraft, Secret, Text};
use crate::ports::Browser;
use crate::workflows::flow_lab::{Config, Event, Lab, Report, Want, report, start};

use super::args::flow::{AtIdp, Flow, FlowDevice, FlowExchange, FlowIdp, FlowThreeLegged, Lab as How};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::login::{self, NoBrowser};
use super::output::{Column, Format, Table};
use super::session::Signed;

/// A token or a draft is some kilobytes; more is not read.
const LARGEST: u64 = 1 << 20;

/// Tries one sign-in.
pub async fn run(
    signed: &Signed,
    command: &Flow,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let connection = context.in_this_run(&context.connection()?.0);
    let (want, how) = match command {
        Flow::Idp(command) => (idp(command, context, io)?, &command.lab),
        Flow::ThreeLegged(command) => (three_legged(command, &connection), &command.lab),
        Flow::Exchange(command) => (exchange(command, &connection, io)?, &command.lab),
        Flow::Device(command) => (device(command, &connection), &command.lab),
    };
    let browser: Arc<dyn Browser> =
        if how.no_browser { Arc::new(NoBrowser) } else { Arc::new(SystemBrowser) };
    let deps = Deps::new(Arc::clone(&signed.engine.clock), browser);
    let lab = start(signed.engine.clone(), connection.clone(), want, deps);
    let (report, held) = follow(lab, how, io).await?;
    match context.shared.format {
        Format::Table if io.tells() => write!(io.out, "{}", report::text(&report, how.wire))?,
        format => io.write_rows(format, &ladder(&report.run), &report::json(&report))?,
    }
    if held.platform.is_some() {
        io.note(&match held.sign_out(&connection).await {
            Ok(()) => "The test session is signed out at the platform; your own goes on.".to_owned(),
            Err(error) => {
                format!("The test session lives until its tokens end; it could not be signed out: {error}")
            }
        })?;
    }
    Ok(match report.run.ending {
        Some(Ending::Worked) => Exit::Done,
        Some(Ending::Failed) => Exit::Findings,
        Some(Ending::Unknown | Ending::Stopped) | None => Exit::CannotTell,
    })
}

fn idp(command: &FlowIdp, context: &Context, io: &mut Io<'_>) -> Result<Want, Failure> {
    let config = match (&command.domain, &command.client_id, &command.draft) {
        (Some(domain), ..) => Config::Route(Text::from(domain.as_str())),
        (_, Some(client), _) => Config::Client(ClientId::new(client.as_str())),
        (None, None, Some(file)) => Config::Draft {
            draft: Box::new(draft(file, io)?),
            secret: context.environment.idp_secret.clone().map(Secret::from),
            of: None,
        },
        (None, None, None) => return Err(Failure::usage("Give --domain, --client-id or --draft.")),
    };
    let way = match (command.loopback, command.device) {
        (true, _) => Way::Loopback(Redirects::own()),
        (_, true) => Way::Device,
        (false, false) => Way::Paste,
    };
    Ok(Want::Idp { config, issuer: command.issuer.clone(), way, email: command.email.clone() })
}

fn three_legged(command: &FlowThreeLegged, connection: &Connection) -> Want {
    Want::ThreeLegged {
        client: client(command.client_id.as_ref(), connection),
        redirect: command.redirect_uri.clone(),
        scope: command.scope.clone(),
        email: command.email.clone(),
        project: command.project_id.as_deref().map(ProjectId::new),
        by_page: command.by_page,
        paste: command.paste,
    }
}

fn exchange(command: &FlowExchange, connection: &Connection, io: &mut Io<'_>) -> Result<Want, Failure> {
    let subject = match &command.token {
        Some(file) => Subject::Given(Secret::from(SecretString::from(read(file, "token", io)?))),
        None => match at(&command.idp, connection) {
            Some(Idp { issuer, client_id, scope }) => Subject::Device { issuer, client_id, scope },
            None => {
                return Err(Failure::usage("A token of the identity provider is needed.")
                    .next("Give --token FILE, or --issuer and --idp-client-id for a device sign-in there."));
            }
        },
    };
    let membership = command.membership_id.as_deref();
    Ok(Want::Exchange {
        client: client(command.client_id.as_ref(), connection),
        subject,
        membership: membership
            .map(|id| MembershipId::new(id.strip_prefix("ProjectMembership/").unwrap_or(id))),
        scope: command.scope.clone(),
    })
}

fn device(command: &FlowDevice, connection: &Connection) -> Want {
    Want::Device {
        client: client(command.client_id.as_ref(), connection),
        idp: at(&command.idp, connection),
        scope: command.scope.clone(),
    }
}

fn client(given: Option<&String>, connection: &Connection) -> String {
    given.or(connection.client_id.as_ref()).map_or_else(|| BUILT_IN_CLIENT.to_owned(), Clone::clone)
}

fn at(given: &AtIdp, connection: &Connection) -> Option<Idp> {
    match (&given.issuer, &given.idp_client_id) {
        (Some(issuer), Some(client_id)) => {
            Some(Idp { issuer: issuer.clone(), client_id: client_id.clone(), scope: given.idp_scope.clone() })
        }
        _ => connection.idp.clone(),
    }
}

/// A route that is not saved, without its secret.
fn draft(file: &str, io: &mut Io<'_>) -> Result<RouteDraft, Failure> {
    let text = read(file, "draft", io)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("The draft in {} is not one: {}.", shown(file), shown(&error.to_string())))
            .next("It holds `domain` and `provider`, and may hold `issuer`; never a secret.")
    })
}

/// What stands in a file, or on standard input for `-`. No secret is taken from the command line.
fn read(file: &str, what: &str, io: &mut Io<'_>) -> Result<String, Failure> {
    let mut found = String::new();
    let read = if file == "-" {
        (&mut *io.input).take(LARGEST).read_to_string(&mut found)
    } else {
        fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut found))
    };
    read.map_err(|error| Failure::usage(format!("The {what} in {} cannot be read: {error}.", shown(file))))?;
    Ok(found)
}

/// Tells what happens and answers what is asked, to the end.
async fn follow(mut lab: Lab, how: &How, io: &mut Io<'_>) -> Result<(Report, Held), Failure> {
    let mut told: Vec<Status> = Vec::new();
    while let Some(event) = lab.next().await {
        match event {
            Event::Run(run) => tell(&run, &mut told, io)?,
            Event::Flow(event) => {
                if let Some(answer) = answer(&event, how, io)? {
                    lab.answer(answer);
                }
            }
            Event::Done(report, held) => return Ok((*report, *held)),
        }
    }
    Err(Failure::new(Exit::Local, "The flow lab ended without an answer."))
}

/// One line for each step that has ended.
fn tell(run: &Run, told: &mut Vec<Status>, io: &mut Io<'_>) -> Result<(), Failure> {
    told.resize(run.steps.len(), Status::Waiting);
    for (at, step) in run.steps.iter().enumerate() {
        let new = std::mem::replace(&mut told[at], step.status) != step.status;
        if new && !matches!(step.status, Status::Waiting | Status::Running) {
            io.note(&format!("{} {}: {}", at + 1, step.id.title(), step.status.words()))?;
        }
    }
    Ok(())
}

fn answer(event: &FlowEvent, how: &How, io: &mut Io<'_>) -> Result<Option<Answer>, Failure> {
    match event {
        FlowEvent::OpenBrowser { url, opened } => {
            io.tell(if *opened {
                "Your browser opens. If it does not, open this address:"
            } else {
                "Open this address in your browser:"
            })?;
            io.tell(&format!("  {}", shown(url)))?;
        }
        FlowEvent::Waiting { .. } => io.note("Waiting for the browser, 5 minutes at most. Ctrl-C stops.")?,
        FlowEvent::ShowCode { user_code, verification_uri, host, client, scope, .. } => {
            io.tell(&format!("On any device, go to  {verification_uri}"))?;
            io.tell(&format!("and check that it shows  {user_code}"))?;
            io.tell(&format!(
                "Only continue if you started this sign-in just now. {} asks for {} at {}.",
                shown(client),
                shown(scope),
                shown(host)
            ))?;
        }
        FlowEvent::NeedPaste { .. } => {
            let question = "Paste the address on which the browser ended, or what its page says";
            return Ok(Some(Answer::Pasted(ask(question, how, io)?)));
        }
        FlowEvent::NeedClientSecret { client } => {
            let question = format!("Secret of client {} at the identity provider", shown(client));
            return Ok(Some(Answer::ClientSecret(ask(&question, how, io)?)));
        }
        FlowEvent::NeedFactor { by_app, by_mail, email } => {
            return login::factor(*by_app, *by_mail, email.as_ref(), io).map(Some);
        }
        FlowEvent::EnrolFactor { key, by_mail, .. } => {
            return login::enrol(key.as_ref(), *by_mail, io).map(Some);
        }
        FlowEvent::ChooseMembership(choices) => {
            let words: Vec<String> =
                choices.iter().map(|choice| format!("{} in {}", choice.profile, choice.project)).collect();
            let at = io.choose("Sign in as", &words, "Choose a client of one project.")?;
            return Ok(Some(Answer::Membership(choices[at].id.clone())));
        }
        FlowEvent::Note(note) => io.note(&note.to_string())?,
        FlowEvent::Refused(refusal) => io.tell(&refusal.to_string())?,
        // The countdown between polls is for screens; the rest does not come in a run.
        FlowEvent::NextPoll { .. }
        | FlowEvent::Started { .. }
        | FlowEvent::NeedEmail
        | FlowEvent::NeedPassword { .. }
        | FlowEvent::Done(_)
        | FlowEvent::Failed(_) => {}
    }
    Ok(None)
}

fn ask(question: &str, how: &How, io: &mut Io<'_>) -> Result<SecretString, Failure> {
    if how.answers_stdin {
        io.tell(question)?;
        return io.secret_line();
    }
    io.ask_secret(question, "Give --answers-stdin, and the answer on standard input.")
}

/// The ladder as rows.
fn ladder(run: &Run) -> Table {
    let rows = run.steps.iter().enumerate().map(|(at, step)| {
        vec![
            (at + 1).to_string(),
            step.status.words().to_owned(),
            step.id.title().to_owned(),
            step.said.clone(),
            step.next.clone(),
        ]
    });
    Table {
        columns: vec![
            Column::number("step"),
            Column::text("status"),
            Column::name("title"),
            Column::name("said"),
            Column::name("next"),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}
