//! `idconsole login`: a sign-in as it happens, in words and questions.

use std::io;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::auth::{self, Answer, Deps, Flow, FlowEvent, MembershipChoice, SignIn, SignedIn};
use crate::config::{BaseUrl, Config, Connection, Method, StoreKind};
use crate::identity::text::shown;
use crate::ports::{Browser, Clock, SystemClock};

use super::args::Login;
use super::connections::{ask_store, method, store_kind};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session;

/// Signs in, keeps the session, and saves the connection when it is a new one.
pub async fn run(login: &Login, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let (mut connection, saved) = connection(context)?;
    if !saved {
        // Without it the platform of a new connection could not be reached the next time.
        connection.extra_ca.clone_from(&context.shared.extra_ca);
    }
    if let Some(way) = login.method {
        connection.method = method(way);
        if connection.method == Method::Device && connection.idp.is_some() {
            connection.method = Method::DeviceExchange;
        }
    }
    if login.client_id.is_some() {
        connection.client_id.clone_from(&login.client_id);
    }
    if login.email.is_some() {
        connection.email.clone_from(&login.email);
    }
    // A name is matched when the choice is offered; only an id can be asked for beforehand.
    if let Some(project) = login.project.as_deref().filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
        connection.project = Some(project.into());
    }
    match login.store {
        Some(store) => connection.store = store_kind(store),
        None if !saved && connection.method != Method::Environment => connection.store = ask_store(io)?,
        None => {}
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let browser: Arc<dyn Browser> =
        if login.no_browser { Arc::new(NoBrowser) } else { Arc::new(auth::SystemBrowser) };
    let used = context.in_this_run(&connection);
    let mut request = SignIn::new(used.clone()).with_environment(&context.environment);
    request.prepared.email.clone_from(&connection.email);
    if login.password_stdin {
        request.prepared.password = Some(io.secret_line()?);
    }
    let flow = auth::start(request, Deps::new(Arc::clone(&clock), browser));
    let signed_in = follow(flow, clock.as_ref(), login, io).await?;
    auth::Session::begin(signed_in, &used, &context.paths, Arc::clone(&clock)).await?;
    if connection.method != Method::Environment {
        let kept = connection.clone();
        Config::edit(&context.paths, |config| config.put(kept))?;
    }
    if connection.store == StoreKind::Memory {
        io.tell("This session is kept in memory only and ends with this command; the console keeps it while it runs.")?;
        return Ok(Exit::Done);
    }
    let context = Context::read(&super::args::Shared {
        profile: Some(connection.name),
        base_url: None,
        ..context.shared.clone()
    })?;
    session::whoami(&context, io).await
}

/// The connection to sign in with: the one that is meant, or a new one for an address.
fn connection(context: &Context) -> Result<(Connection, bool), Failure> {
    let Some(address) = &context.shared.base_url else { return context.connection() };
    let base_url = BaseUrl::parse(address).map_err(|wrong| Failure::usage(wrong.to_string()))?;
    let name = context.shared.profile.clone().unwrap_or_else(|| base_url.host().replace(':', "-"));
    match context.config.connections().iter().find(|known| known.name == name) {
        Some(known) if known.base_url == base_url => Ok((known.clone(), true)),
        Some(known) => Err(Failure::new(
            Exit::Conflict,
            format!("The connection {name} is for {}, not {base_url}.", known.base_url),
        )
        .next("Give another --profile NAME.")),
        None => Ok((Connection::new(name, base_url, Method::Browser, StoreKind::Memory), false)),
    }
}

/// Tells what happens and answers what is asked, to the end.
async fn follow(
    mut flow: Flow,
    clock: &dyn Clock,
    login: &Login,
    io: &mut Io<'_>,
) -> Result<SignedIn, Failure> {
    while let Some(event) = flow.next().await {
        // What only tells how far it is is left out by `--quiet`; what has to be read stays.
        let by_the_way = matches!(event, FlowEvent::Started { .. } | FlowEvent::Waiting { .. });
        if !(by_the_way && io.manner.quiet) {
            io.progress("")?;
            tell(&event, clock, io.err)?;
        }
        match event {
            FlowEvent::NeedPaste { .. } => {
                let pasted =
                    io.ask_secret("Paste the address on which the browser ended", "Use another --method.")?;
                flow.answer(Answer::Pasted(pasted));
            }
            FlowEvent::NeedEmail => flow.answer(Answer::Email(io.ask("Email", "Give --email.")?)),
            FlowEvent::NeedPassword { email } => {
                let password = io.ask_secret(&format!("Password of {email}"), "Give --password-stdin.")?;
                flow.answer(Answer::Password(password));
            }
            FlowEvent::NeedFactor { by_app, by_mail, email } => {
                let answer = factor(by_app, by_mail, email.as_ref(), io)?;
                flow.answer(answer);
            }
            FlowEvent::EnrolFactor { key, by_mail, .. } => {
                let answer = enrol(key.as_ref(), by_mail, io)?;
                flow.answer(answer);
            }
            FlowEvent::ChooseMembership(choices) => {
                flow.answer(Answer::Membership(membership(&choices, login, io)?));
            }
            FlowEvent::NeedClientSecret { client } => {
                let question = format!("Secret of client {}", shown(&client));
                flow.answer(Answer::ClientSecret(io.ask_secret(&question, "Set IDCONSOLE_CLIENT_SECRET.")?));
            }
            FlowEvent::Refused(_) if login.password_stdin || !io.can_ask => {
                return Err(Failure::new(Exit::NotSignedIn, "The sign-in was refused."));
            }
            FlowEvent::Done(signed_in) => return Ok(*signed_in),
            FlowEvent::Failed(error) => return Err(error.into()),
            FlowEvent::Started { .. }
            | FlowEvent::OpenBrowser { .. }
            | FlowEvent::Waiting { .. }
            | FlowEvent::ShowCode { .. }
            | FlowEvent::NextPoll { .. }
            | FlowEvent::Refused(_)
            | FlowEvent::Note(_) => {}
        }
    }
    Err(Failure::new(Exit::NotSignedIn, "The sign-in ended without an answer."))
}

/// What happens, in words. What is asked, and how it ends, is the caller's to say.
pub(super) fn tell(event: &FlowEvent, clock: &dyn Clock, out: &mut dyn io::Write) -> io::Result<()> {
    match event {
        FlowEvent::Started { method, host, client, scope } => {
            let client = client.as_ref().map(|client| format!(" as {}", shown(client))).unwrap_or_default();
            let scope =
                if scope.is_empty() { String::new() } else { format!(", asking for {}", shown(scope)) };
            writeln!(
                out,
                "Signing in to {} by {}{client}{scope}.",
                shown(host),
                method.label().to_lowercase()
            )
        }
        FlowEvent::OpenBrowser { url, opened } => {
            let words = if *opened {
                "Your browser opens. If it does not, open this address:"
            } else {
                "Open this address in your browser:"
            };
            writeln!(out, "{words}\n  {}", shown(url))
        }
        FlowEvent::Waiting { until } => {
            writeln!(out, "Waiting for the browser, {} at most. Ctrl-C stops.", left(clock, *until))
        }
        FlowEvent::ShowCode { user_code, verification_uri, host, client, scope, expires_at, .. } => {
            writeln!(out, "On any device, go to  {verification_uri}")?;
            writeln!(out, "and check that it shows  {user_code}")?;
            writeln!(
                out,
                "Only continue if you started this sign-in just now. {} asks for {} at {}; the code ends in {}.",
                shown(client),
                shown(scope),
                shown(host),
                left(clock, *expires_at)
            )
        }
        FlowEvent::NeedPaste { url } => {
            writeln!(out, "Open this address in any browser and sign in:\n  {}", shown(url))
        }
        FlowEvent::Refused(refusal) => writeln!(out, "{refusal}"),
        FlowEvent::Note(note) => writeln!(out, "{note}"),
        // The countdown between looks is for screens; a log of them says nothing.
        FlowEvent::NextPoll { .. }
        | FlowEvent::NeedEmail
        | FlowEvent::NeedPassword { .. }
        | FlowEvent::NeedFactor { .. }
        | FlowEvent::EnrolFactor { .. }
        | FlowEvent::ChooseMembership(_)
        | FlowEvent::NeedClientSecret { .. }
        | FlowEvent::Done(_)
        | FlowEvent::Failed(_) => Ok(()),
    }
}

pub(super) fn factor(
    by_app: bool,
    by_mail: bool,
    email: Option<&crate::identity::Text>,
    io: &mut Io<'_>,
) -> Result<Answer, Failure> {
    let to = email.map(|email| format!(" to {email}")).unwrap_or_default();
    if by_mail && !by_app {
        io.tell(&format!("A code can be mailed{to}. Press Enter alone to have it sent."))?;
    } else if by_mail {
        io.tell(&format!("A code of your authenticator app, or Enter alone to have one mailed{to}."))?;
    }
    code(by_mail, io)
}

pub(super) fn enrol(
    key: Option<&secrecy::SecretString>,
    by_mail: bool,
    io: &mut Io<'_>,
) -> Result<Answer, Failure> {
    use secrecy::ExposeSecret as _;
    io.tell("A second factor is required and none is set up yet.")?;
    if let Some(key) = key {
        // Shown once, on the person's own terminal, because there is no other way to set the app up from here.
        io.tell(&format!("Type this key into an authenticator app:  {}", shown(key.expose_secret())))?;
    }
    if by_mail {
        io.tell("Or press Enter alone to use codes by mail.")?;
    }
    code(by_mail, io)
}

fn code(by_mail: bool, io: &mut Io<'_>) -> Result<Answer, Failure> {
    use secrecy::ExposeSecret as _;
    let code = io.ask_secret("Code", "A second factor needs a person.")?;
    Ok(if by_mail && code.expose_secret().is_empty() { Answer::MailCode } else { Answer::Code(code) })
}

fn membership(
    choices: &[MembershipChoice],
    login: &Login,
    io: &mut Io<'_>,
) -> Result<crate::identity::MembershipId, Failure> {
    if let Some(project) = &login.project {
        let wanted: Vec<_> = choices.iter().filter(|choice| choice.project.raw() == project).collect();
        if let [only] = wanted[..] {
            return Ok(only.id.clone());
        }
    }
    let words: Vec<String> =
        choices.iter().map(|choice| format!("{} in {}", choice.profile, choice.project)).collect();
    let at = io.choose("Sign in as", &words, "Give --project NAME.")?;
    Ok(choices[at].id.clone())
}

fn left(clock: &dyn Clock, until: Timestamp) -> String {
    let left = clock.now().duration_until(until).max(SignedDuration::ZERO).as_secs();
    format!("{}:{:02}", left / 60, left % 60)
}

/// Opens nothing: the address is printed anyway.
#[derive(Debug)]
pub(super) struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _url: &str) -> std::io::Result<()> {
        Err(std::io::Error::other("not wanted"))
    }
}
