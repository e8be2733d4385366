//! Drives the flows of [`crate::auth`] for the sign-in screen: events become steps, replies become answers.

use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;

use super::busy::{Busy, BusyGuard};
use super::world::Beginning;
use super::{Envelope, World};
use crate::auth::{self, Answer, AuthError, FlowEvent};
use crate::config::{self, Choice, Config, ConfigError, Connection, Environment, Method, addresses};
use crate::console::failure::Failure;
use crate::console::msg::Msg;
use crate::console::screens::sign_in::{
    Attempt, Candidate, DeviceCode, Reply, Secret, SignInEffect, SignInMsg, Step,
};
use crate::console::session::Session;
use crate::identity::Text;

/// A reply, and that it is being worked on.
type Replied = (Reply, BusyGuard);

/// The sign-in under way.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    current: Option<(Attempt, AbortHandle, UnboundedSender<Replied>)>,
}

impl SignIns {
    pub(super) fn perform(
        &mut self,
        effect: SignInEffect,
        world: &World,
        sender: &UnboundedSender<Envelope>,
        busy: &Busy,
    ) {
        let post =
            |attempt| Post { sender: sender.clone(), busy: busy.clone(), guard: Some(busy.raise()), attempt };
        let world = world.clone();
        match effect {
            SignInEffect::LoadConnections => {
                let post = post(Attempt::default());
                tokio::task::spawn_blocking(move || load(&world, &post, None));
            }
            SignInEffect::SaveConnection { connection, replaces } => {
                let post = post(Attempt::default());
                tokio::task::spawn_blocking(move || save(&world, &post, *connection, replaces.as_deref()));
            }
            SignInEffect::RemoveConnection { name } => {
                let post = post(Attempt::default());
                tokio::spawn(remove(world, post, name));
            }
            SignInEffect::Resume { attempt, connection } => {
                let post = post(attempt);
                self.begin(attempt, |_| resume(world, post, *connection));
            }
            SignInEffect::Start { attempt, connection, method } => {
                let post = post(attempt);
                self.begin(attempt, |replies| drive(world, post, *connection, method, replies));
            }
            SignInEffect::Reply { attempt, reply } => {
                if let Some((current, _, replies)) = &self.current
                    && *current == attempt
                {
                    // The flow may have ended in this moment; its last event tells.
                    let _ = replies.send((reply, busy.raise()));
                }
            }
            SignInEffect::Cancel { attempt } => {
                if let Some((_, task, _)) = self.current.take_if(|(current, ..)| *current == attempt) {
                    task.abort();
                }
            }
            SignInEffect::SignOut => {
                let post = post(Attempt::default());
                tokio::spawn(sign_out(world, post));
            }
        }
    }

    fn begin<F>(&mut self, attempt: Attempt, work: impl FnOnce(UnboundedReceiver<Replied>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (replies, given) = mpsc::unbounded_channel();
        let task = tokio::spawn(work(given));
        if let Some((_, old, _)) = self.current.replace((attempt, task.abort_handle(), replies)) {
            old.abort();
        }
    }
}

/// The way back, and whether something is under way that is not just somebody's turn.
struct Post {
    sender: UnboundedSender<Envelope>,
    busy: Busy,
    guard: Option<BusyGuard>,
    attempt: Attempt,
}

impl Post {
    fn send(&self, msg: SignInMsg) {
        // The console may have left already; then nobody needs it.
        let _ = self.sender.send(Envelope { msg: Msg::SignIn(msg), guard: Some(self.busy.raise()) });
    }

    fn step(&self, step: Step) {
        self.send(SignInMsg::Step { attempt: self.attempt, step });
    }

    fn failed(&self, failure: Failure) {
        self.send(SignInMsg::Failed { attempt: self.attempt, failure });
    }

    fn fail(&self, failure: Failure) {
        let msg = Msg::Failed(failure);
        let _ = self.sender.send(Envelope { msg, guard: Some(self.busy.raise()) });
    }

    /// It is the person's turn, or the other device's: nothing is under way here.
    fn wait(&mut self) {
        self.guard = None;
    }

    fn work(&mut self) {
        if self.guard.is_none() {
            self.guard = Some(self.busy.raise());
        }
    }
}

// ── connections ──────────────────────────────────────────────────────────────────────────────────────────────

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        sentences(&error.to_string())
    }
}

/// What happened is the first sentence; the rest says why and what to do.
fn sentences(words: &str) -> Failure {
    let end = [". ", "? "].iter().filter_map(|end| words.find(end)).min();
    match end.map(|end| words.split_at(end + 1)) {
        Some((what, more)) => Failure::new(what).because(more.trim_start()),
        None => Failure::new(words),
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let refusal = error.refusal();
        let request_id = refusal.and_then(|refusal| refusal.request_id.as_ref()).map(ToString::to_string);
        let mut words = error.to_string();
        if let Some(id) = &request_id {
            // It has a line of its own.
            words = words.replace(&format!(" Request {id}."), "");
        }
        Self { request_id, ..sentences(&words) }
    }
}

fn load(world: &World, post: &Post, saved: Option<String>) {
    let found = match &world.beginning {
        Beginning::Given { connection, .. } => {
            Ok((vec![(**connection).clone()], Some(connection.name.clone())))
        }
        Beginning::Meant => found(world, None),
        Beginning::Named(name) => found(world, Some(name)),
    };
    let (found, meant) = match found {
        Ok((connections, meant)) => (Ok(connections), meant),
        Err(error) => (Err(error.into()), None),
    };
    post.send(SignInMsg::Connections { found, meant, saved });
}

type Found = (Vec<Connection>, Option<String>);

fn found(world: &World, named: Option<&str>) -> Result<Found, ConfigError> {
    let config = Config::load(&world.paths)?;
    let mut connections = config.connections().to_vec();
    Ok(match config::choose(&config, &world.environment, named)? {
        Choice::One { connection, saved } => {
            let name = connection.name.clone();
            if saved {
                // The environment may have changed the way in.
                for one in connections.iter_mut().filter(|one| one.name == name) {
                    one.clone_from(&connection);
                }
            } else {
                connections.insert(0, *connection);
            }
            (connections, Some(name))
        }
        Choice::Ask(_) => (connections, None),
    })
}

fn save(world: &World, post: &Post, connection: Connection, replaces: Option<&str>) {
    let name = connection.name.clone();
    let done = Config::edit(&world.paths, |config| match replaces {
        Some(before) if before == connection.name => config.put(connection),
        Some(before) => {
            config.add(connection)?;
            config.remove(before).map(|_| ())
        }
        None => config.add(connection),
    });
    match done {
        Ok(()) => {
            // They are found by its name, and may be of another platform than it leads to now.
            if let Some(before) = replaces {
                addresses::forget(&world.paths, before);
            }
            load(world, post, Some(name));
        }
        Err(error) => post.fail(error.into()),
    }
}

async fn remove(world: World, post: Post, name: String) {
    let paths = world.paths.clone();
    let edited = {
        let name = name.clone();
        tokio::task::spawn_blocking(move || Config::edit(&paths, |config| config.remove(&name))).await
    };
    match edited {
        Ok(Ok(connection)) => {
            addresses::forget(&world.paths, &connection.name);
            let store = auth::SecretStore::of(connection.store, &world.paths);
            if let Err(error) = store.delete(&auth::session::entry_of(&connection)).await {
                post.fail(sentences(&error.to_string()));
            }
        }
        Ok(Err(error)) => post.fail(error.into()),
        Err(_) => post.fail(Failure::new(format!("Connection {name} was not removed."))),
    }
    load(&world, &post, None);
}

// ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────

async fn sign_out(world: World, post: Post) {
    if let Some(connection) = world.live.get().and_then(|connected| connected.connection) {
        addresses::forget(&world.paths, &connection.name);
    }
    let failed = match world.live.session() {
        Some(session) => {
            let done = session.sign_out().await;
            (!done.complete()).then(|| done.to_string())
        }
        None => None,
    };
    world.live.disconnect();
    post.send(SignInMsg::SignedOut { failed });
}

async fn resume(world: World, post: Post, connection: Connection) {
    if let Beginning::Given { connection: given, email, password } = &world.beginning
        && given.name == connection.name
        && world.live.get().is_none()
    {
        let request = auth::SignIn::new(connection.clone()).with_password(email.as_str(), password.clone());
        let (_, replies) = mpsc::unbounded_channel();
        return follow(world.clone(), post, connection, request, replies).await;
    }
    match auth::Session::resume(&connection, &world.paths, world.clock.clone()).await {
        Ok(Some(session)) => enter(&world, &post, &connection, session, Vec::new()).await,
        Ok(None) if given_by_the_environment(&connection, &world.environment) => {
            let method = connection.method;
            let (_, replies) = mpsc::unbounded_channel();
            drive(world, post, connection, method, replies).await;
        }
        Ok(None) => post.send(SignInMsg::NothingStored { attempt: post.attempt }),
        Err(error) => post.failed(error.into()),
    }
}

/// A token or a client's secret in the environment is there to be used without a question, as commands do.
fn given_by_the_environment(connection: &Connection, environment: &Environment) -> bool {
    match connection.method {
        Method::Environment => true,
        Method::ClientCredentials => environment.client_secret.is_some(),
        Method::Browser | Method::Paste | Method::Device | Method::DeviceExchange | Method::Direct => false,
    }
}

async fn enter(
    world: &World,
    post: &Post,
    connection: &Connection,
    session: auth::Session,
    notes: Vec<String>,
) {
    match world.door.enter(world, connection, &session).await {
        Ok(connected) => {
            let shown = Session {
                connection: connection.name.clone(),
                host: connection.base_url.host(),
                production: connection.production,
                read_only: connected.engine.read_only,
                caller: connected.engine.caller.clone(),
                expires_at: session.expires_at(),
                renews: session.renewal() == auth::Renewal::Possible,
                web_app: connection.web_app.as_ref().map(|app| app.url().to_string()),
                platform: connected.engine.remote.about(),
            };
            world.live.connect(connected);
            post.send(SignInMsg::SignedIn { attempt: post.attempt, session: Box::new(shown), notes });
        }
        Err(failure) => post.failed(failure),
    }
}

// ── flows ────────────────────────────────────────────────────────────────────────────────────────────────────

async fn drive(
    world: World,
    post: Post,
    connection: Connection,
    method: Method,
    replies: UnboundedReceiver<Replied>,
) {
    let request = auth::SignIn::new(connection.clone()).by(method).with_environment(&world.environment);
    follow(world, post, connection, request, replies).await;
}

/// What has to be remembered between events.
#[derive(Default)]
struct Memory {
    /// What the last answer was refused for.
    wrong: Option<String>,
    /// A password typed together with the email, until it is asked for.
    password: Option<SecretString>,
    /// The email that the flow has taken.
    email: Option<String>,
    /// The page that the browser was sent to.
    page: Option<(String, bool)>,
    notes: Vec<String>,
}

async fn follow(
    world: World,
    mut post: Post,
    connection: Connection,
    request: auth::SignIn,
    mut replies: UnboundedReceiver<Replied>,
) {
    let deps = auth::Deps::new(world.clock.clone(), world.browser.clone());
    let mut flow = auth::start(request.clone(), deps.clone());
    let mut memory = Memory { email: request.prepared.email.clone(), ..Memory::default() };
    let mut open = true;
    loop {
        let event = tokio::select! {
            event = flow.next() => event,
            reply = replies.recv(), if open => {
                let Some((reply, guard)) = reply else {
                    open = false;
                    continue;
                };
                post.guard = Some(guard);
                if let Some(other) = answer(&flow, reply, &mut memory, &mut post) {
                    // Another address than the one the flow has taken: it begins again with that.
                    let request = request.clone().with_password(other.0.clone(), other.1);
                    memory.email = Some(other.0);
                    flow = auth::start(request, deps.clone());
                }
                continue;
            }
        };
        match event {
            None | Some(FlowEvent::Failed(AuthError::Cancelled)) => return,
            Some(FlowEvent::Done(signed_in)) => {
                post.work();
                let begun =
                    auth::Session::begin(*signed_in, &connection, &world.paths, world.clock.clone()).await;
                return match begun {
                    Ok(session) => enter(&world, &post, &connection, session, memory.notes).await,
                    Err(error) => post.failed(error.into()),
                };
            }
            Some(FlowEvent::Failed(error)) => return post.failed(error.into()),
            Some(event) => {
                post.work();
                heard(event, &flow, &mut memory, &mut post);
            }
        }
    }
}

/// One event of the flow; the last ones are the caller's.
fn heard(event: FlowEvent, flow: &auth::Flow, memory: &mut Memory, post: &mut Post) {
    let wrong = |memory: &mut Memory| memory.wrong.take();
    let step = match event {
        FlowEvent::Started { host, .. } => {
            return post.step(Step::Asking { what: format!("Signing in at {host}") });
        }
        FlowEvent::OpenBrowser { url, opened } => {
            memory.page = Some((url.clone(), opened));
            Step::Browser { url: Text::from(url), until: None, opened }
        }
        FlowEvent::Waiting { until } => {
            let (url, opened) = memory.page.clone().unwrap_or_default();
            Step::Browser { url: Text::from(url), until: Some(until), opened }
        }
        FlowEvent::ShowCode {
            user_code,
            verification_uri,
            complete,
            host,
            client,
            scope,
            expires_at,
            next_poll_at,
        } => Step::Device(DeviceCode {
            user_code,
            verification_uri,
            complete,
            expires_at,
            next_poll_at: Some(next_poll_at),
            host,
            client,
            scopes: scope,
        }),
        FlowEvent::NextPoll { at, .. } => {
            post.send(SignInMsg::NextPoll { attempt: post.attempt, at });
            return post.wait();
        }
        FlowEvent::NeedPaste { url } => Step::Paste { url: Text::from(url), wrong: wrong(memory) },
        FlowEvent::NeedEmail => {
            memory.email = None;
            Step::Password { email: None, wrong: wrong(memory) }
        }
        FlowEvent::NeedPassword { email } => {
            memory.email = Some(email.raw().to_owned());
            if let Some(password) = memory.password.take() {
                return flow.answer(Answer::Password(password));
            }
            Step::Password { email: Some(email), wrong: wrong(memory) }
        }
        FlowEvent::NeedFactor { by_app, by_mail, email } => {
            Step::Factor { by_app, by_mail, email, wrong: wrong(memory) }
        }
        FlowEvent::EnrolFactor { uri, key, by_mail } => {
            Step::Enroll { uri: uri.map(Secret), key: key.map(Secret), by_mail, wrong: wrong(memory) }
        }
        FlowEvent::ChooseMembership(choices) => Step::Choose {
            memberships: choices
                .into_iter()
                .map(|one| Candidate { id: one.id, project: one.project, profile: one.profile })
                .collect(),
        },
        FlowEvent::NeedClientSecret { client } => {
            Step::Client { client: Text::from(client), wrong: wrong(memory) }
        }
        FlowEvent::Refused(refusal) => {
            memory.wrong = Some(refusal.to_string());
            memory.password = None;
            return;
        }
        FlowEvent::Note(note) => {
            let words = note.to_string();
            memory.notes.push(words.clone());
            return post.send(SignInMsg::Note { attempt: post.attempt, words });
        }
        // Handled by the caller.
        FlowEvent::Done(_) | FlowEvent::Failed(_) => return,
    };
    post.step(step);
    post.wait();
}

/// Hands a reply to the flow. Gives back email and password when the flow has to begin again with them.
fn answer(
    flow: &auth::Flow,
    reply: Reply,
    memory: &mut Memory,
    post: &mut Post,
) -> Option<(String, SecretString)> {
    match reply {
        Reply::Pasted(text) => flow.answer(Answer::Pasted(text.0)),
        Reply::Password { email, password } => match &memory.email {
            None => {
                memory.password = Some(password.0);
                flow.answer(Answer::Email(email));
            }
            Some(known) if *known == email => flow.answer(Answer::Password(password.0)),
            Some(_) => return Some((email, password.0)),
        },
        Reply::Factor(code) => flow.answer(Answer::Code(code.0)),
        Reply::MailCode => flow.answer(Answer::MailCode),
        Reply::Membership(id) => flow.answer(Answer::Membership(id)),
        Reply::Client(secret) => flow.answer(Answer::ClientSecret(secret.0)),
        Reply::OpenAgain => {
            flow.answer(Answer::OpenAgain);
            // The wait goes on without any further event.
            post.wait();
        }
    }
    None
}
