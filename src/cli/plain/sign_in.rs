//! Signing in: which connection, which way, and the sign-in as it happens.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::auth::{self, Answer, Deps, Flow, FlowEvent, MembershipChoice, SignIn, SignedIn};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::login::{self, NoBrowser};
use crate::cli::session::{self, Signed};
use crate::config::{self, Choice, Config, Connection, Method, StoreKind};
use crate::console::runtime::Beginning;
use crate::identity::text::shown;
use crate::identity::{MembershipId, Text};
use crate::ports::{Browser, Clock, SystemClock};

use super::talk::{Question, Said, Talk, Turn};
use super::{Home, connection};

/// Whoever is signed in already, or can be without a question.
pub(super) async fn begin(
    talk: &mut Talk<'_>,
    context: &Context,
    beginning: Beginning,
) -> Said<Option<Signed>> {
    let named = match &beginning {
        Beginning::Given { connection, email, password } => {
            let request = SignIn::new((**connection).clone()).with_password(email.as_str(), password.clone());
            return follow(talk, context, connection, false, request).await.map(Some);
        }
        Beginning::Named(name) => Some(name.as_str()),
        Beginning::Meant => None,
    };
    let Choice::One { connection, saved } =
        config::choose(&context.config, &context.environment, named).map_err(Failure::from)?
    else {
        return Ok(None);
    };
    let looking = format!("Looking for your session at {}.", connection.base_url.host());
    let signed = talk.wait(&looking, session::take_up(&connection, saved, context)).await??;
    if let Some(signed) = &signed {
        tell(talk, signed, &connection)?;
    }
    Ok(signed)
}

/// Asks for a connection and a way, and signs in.
pub(super) async fn sign_in(talk: &mut Talk<'_>, home: &Home<'_>) -> Said<Signed> {
    loop {
        let done = match which(talk, home).await? {
            Some((connection, saved)) => by(talk, home.context, &connection, saved).await,
            None => anew(talk, home.context).await,
        };
        match done {
            // There was no other question before the first one about a new connection.
            Err(Turn::Back) if home.given.is_none() && connections(home.context)?.is_empty() => {
                return Err(Turn::Back);
            }
            Err(Turn::Back) => {}
            Err(Turn::Failed(failure)) => super::failed(talk, &failure)?,
            other => return other,
        }
    }
}

/// A connection that there is; `None` for a new one.
async fn which(talk: &mut Talk<'_>, home: &Home<'_>) -> Said<Option<(Connection, bool)>> {
    let mut connections = connections(home.context)?;
    connections.extend(home.given.clone().map(|given| (given, false)));
    if connections.is_empty() {
        talk.say(
            "No connection is saved yet. A connection is the address of a platform and a way to sign in.",
        )?;
        talk.say("To look around without a platform of your own, leave and run: idconsole demo --plain")?;
        return Ok(None);
    }
    let mut choices: Vec<String> = connections.iter().map(|(one, _)| named(one)).collect();
    choices.push("Another platform.".to_owned());
    let help = "A connection is a platform and a way to sign in, saved under a name. The last number saves a new one.";
    let at = talk.choose("Where do you want to sign in", &choices, None, help).await?;
    Ok(connections.into_iter().nth(at))
}

/// Saves a new connection and signs in by its way.
async fn anew(talk: &mut Talk<'_>, context: &Context) -> Said<Signed> {
    let connection = context.in_this_run(&connection::add(talk, context).await?);
    let request = SignIn::new(connection.clone()).with_environment(&context.environment);
    follow(talk, context, &connection, true, request).await
}

/// Saved ones, and the one that the command line or the environment names.
fn connections(context: &Context) -> Result<Vec<(Connection, bool)>, Failure> {
    let config = Config::load(&context.paths)?;
    let mut all: Vec<(Connection, bool)> =
        config.connections().iter().map(|one| (one.clone(), true)).collect();
    if let Choice::One { connection, saved: false } =
        config::choose(&config, &context.environment, context.shared.profile.as_deref())?
    {
        all.insert(0, (*connection, false));
    }
    for (connection, _) in &mut all {
        *connection = context.in_this_run(connection);
    }
    Ok(all)
}

fn named(connection: &Connection) -> String {
    let production = if connection.production { " PRODUCTION." } else { "" };
    let read_only = if connection.read_only { " Read-only." } else { "" };
    format!(
        "{}, at {}, by {}.{production}{read_only}",
        shown(&connection.name),
        connection.base_url,
        connection.method.label().to_lowercase()
    )
}

async fn by(talk: &mut Talk<'_>, context: &Context, connection: &Connection, saved: bool) -> Said<Signed> {
    let looking = format!("Looking for your session at {}.", connection.base_url.host());
    if let Some(signed) = talk.wait(&looking, session::take_up(connection, saved, context)).await?? {
        tell(talk, &signed, connection)?;
        return Ok(signed);
    }
    talk.say("There is none.")?;
    let methods: Vec<Method> = Method::ALL
        .into_iter()
        .filter(|method| match method {
            Method::DeviceExchange => connection.idp.is_some(),
            Method::Environment => connection.method == Method::Environment,
            Method::Browser | Method::Paste | Method::Device | Method::Direct | Method::ClientCredentials => {
                true
            }
        })
        .collect();
    let choices: Vec<String> =
        methods.iter().map(|method| format!("{}: {}.", method.label(), method.help())).collect();
    let usual = methods.iter().position(|method| *method == connection.method);
    let help = "Browser signs in on this machine. Paste back and Device let you sign in on another one. Direct asks \
                for email, password and code here. Client is for automation.";
    let at = talk.choose("How do you want to sign in", &choices, usual, help).await?;
    let request = SignIn::new(connection.clone()).by(methods[at]).with_environment(&context.environment);
    follow(talk, context, connection, saved, request).await
}

/// The sign-in itself, to its end.
async fn follow(
    talk: &mut Talk<'_>,
    context: &Context,
    connection: &Connection,
    saved: bool,
    mut request: SignIn,
) -> Said<Signed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let browser: Arc<dyn Browser> =
        if context.environment.headless { Arc::new(NoBrowser) } else { Arc::new(auth::SystemBrowser) };
    if request.prepared.email.is_none() {
        request.prepared.email.clone_from(&connection.email);
    }
    let flow = auth::start(request, Deps::new(Arc::clone(&clock), browser));
    let signed_in = converse(talk, flow, clock.as_ref()).await?;
    let begun = auth::Session::begin(signed_in, connection, &context.paths, Arc::clone(&clock));
    let session = talk.wait_on(begun).await?.map_err(Failure::from)?;
    let signed = talk.wait_on(session::over(session, connection, saved, context, clock)).await??;
    tell(talk, &signed, connection)?;
    Ok(signed)
}

async fn converse(talk: &mut Talk<'_>, mut flow: Flow, clock: &dyn Clock) -> Said<SignedIn> {
    while let Some(event) = talk.wait_on(flow.next()).await? {
        login::tell(&event, clock, talk.out())?;
        let answer = match event {
            FlowEvent::NeedPaste { .. } => {
                Answer::Pasted(talk.secret("Paste the address on which the browser ended").await?)
            }
            FlowEvent::NeedEmail => Answer::Email(email(talk).await?),
            FlowEvent::NeedPassword { email } => {
                Answer::Password(talk.secret(&format!("Password of {email}")).await?)
            }
            FlowEvent::NeedFactor { by_app, by_mail, email } => {
                factor(talk, by_app, by_mail, email.as_ref()).await?
            }
            FlowEvent::EnrolFactor { key, by_mail, .. } => enrol(talk, key.as_ref(), by_mail).await?,
            FlowEvent::ChooseMembership(choices) => Answer::Membership(membership(talk, &choices).await?),
            FlowEvent::NeedClientSecret { client } => {
                Answer::ClientSecret(talk.secret(&format!("Secret of client {}", shown(&client))).await?)
            }
            FlowEvent::Done(signed_in) => return Ok(*signed_in),
            FlowEvent::Failed(error) => return Err(error.into()),
            FlowEvent::Started { .. }
            | FlowEvent::OpenBrowser { .. }
            | FlowEvent::Waiting { .. }
            | FlowEvent::ShowCode { .. }
            | FlowEvent::NextPoll { .. }
            | FlowEvent::Refused(_)
            | FlowEvent::Note(_) => continue,
        };
        flow.answer(answer);
    }
    Err(Failure::new(Exit::NotSignedIn, "The sign-in ended without an answer.").into())
}

async fn email(talk: &mut Talk<'_>) -> Said<String> {
    let help = "The email that you sign in with on this platform.";
    loop {
        let email = talk.ask(Question { words: "Your email", can: "", help }).await?;
        if !email.is_empty() {
            return Ok(email);
        }
    }
}

async fn factor(talk: &mut Talk<'_>, by_app: bool, by_mail: bool, email: Option<&Text>) -> Said<Answer> {
    let to = email.map(|email| format!(" to {email}")).unwrap_or_default();
    if by_app {
        talk.say("A code of your authenticator app is asked for.")?;
    }
    if by_mail {
        talk.say(&format!("A code can be mailed{to}."))?;
    }
    code(talk, by_mail).await
}

async fn enrol(talk: &mut Talk<'_>, key: Option<&SecretString>, by_mail: bool) -> Said<Answer> {
    talk.say("A second factor is required and none is set up yet.")?;
    if let Some(key) = key {
        // Shown once, on the person's own terminal, because there is no other way to set the app up from here.
        talk.say(&format!("Type this key into an authenticator app:  {}", shown(key.expose_secret())))?;
    }
    if by_mail {
        talk.say("Codes by mail can be used instead.")?;
    }
    code(talk, by_mail).await
}

async fn code(talk: &mut Talk<'_>, by_mail: bool) -> Said<Answer> {
    let enter = if by_mail { "Enter alone has one mailed, back goes back" } else { "Enter alone goes back" };
    match talk.secret_or("Code", enter).await? {
        Some(code) if code.expose_secret().trim().eq_ignore_ascii_case("back") => Err(Turn::Back),
        Some(code) => Ok(Answer::Code(code)),
        None if by_mail => Ok(Answer::MailCode),
        None => Err(Turn::Back),
    }
}

async fn membership(talk: &mut Talk<'_>, choices: &[MembershipChoice]) -> Said<MembershipId> {
    talk.keep(choices.iter().flat_map(|choice| [&choice.profile, &choice.project]));
    let words: Vec<String> =
        choices.iter().map(|choice| format!("{} in {}.", choice.profile, choice.project)).collect();
    let help = "You are a member of several projects. What you see and may change is that of the project you choose.";
    let at = talk.choose("As whom do you want to go on", &words, None, help).await?;
    Ok(choices[at].id.clone())
}

/// Who is signed in now, where, and for how long.
fn tell(talk: &mut Talk<'_>, signed: &Signed, connection: &Connection) -> Result<(), Failure> {
    let caller = &signed.engine.caller;
    talk.keep([&caller.name, &caller.project_name]);
    talk.say(&format!(
        "Signed in to {} as {}, {} of {}.",
        connection.base_url.host(),
        caller.name,
        caller.role.words(),
        caller.project_name
    ))?;
    let kept = match connection.store {
        StoreKind::Memory => "The session is not stored and ends with this conversation.".to_owned(),
        kind => format!("The session is kept in {}.", kind.help()),
    };
    talk.say(&kept)?;
    if let Some(why) = signed.engine.read_only {
        talk.say(&format!("This is read-only, nothing can be changed: {why}."))?;
    }
    if signed.production {
        talk.say("This is PRODUCTION: every change is asked about once more.")?;
    }
    Ok(())
}
