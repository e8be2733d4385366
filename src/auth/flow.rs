//! A sign-in as it happens: events out, answers in, cancelled by dropping.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::client::{BUILT_IN_CLIENT, BUILT_IN_SCOPE, Redirects, SCOPE};
use super::http::Http;
use super::note::{Note, PollReason};
use super::tokens::SignedIn;
use super::{AuthError, Refusal, device, direct, exchange, loopback, machine, paste};
use crate::config::{Connection, Environment, Method};
use crate::identity::{MembershipId, Text};
use crate::ports::{Browser, Clock};

/// How long the browser is waited for.
pub const BROWSER_PATIENCE: Duration = Duration::from_mins(5);

/// Waiting as a port, so that tests need not wait.
pub trait Pause: Send + Sync + fmt::Debug {
    /// Ready after `time`.
    fn pause(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// Waits for real.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioPause;

impl Pause for TokioPause {
    fn pause(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// What a flow takes from outside.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The person's browser.
    pub browser: Arc<dyn Browser>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
}

impl Deps {
    /// With the real way of waiting.
    pub fn new(clock: Arc<dyn Clock>, browser: Arc<dyn Browser>) -> Self {
        Self { clock, browser, pause: Arc::new(TokioPause) }
    }

    pub(crate) fn after(&self, time: Duration) -> Timestamp {
        let now = self.clock.now();
        SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok()).unwrap_or(now)
    }
}

/// Answers known beforehand, so that nobody is asked.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Email for the direct method.
    pub email: Option<String>,
    /// Password for the direct method; used once, a refusal asks again.
    pub password: Option<SecretString>,
    /// Secret for client credentials.
    pub client_secret: Option<SecretString>,
    /// Token for the environment method.
    pub access_token: Option<SecretString>,
}

/// One attempt to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The platform and the way in; `connection.method` decides the flow.
    pub connection: Connection,
    /// Answers known beforehand.
    pub prepared: Prepared,
    /// Loopback addresses; by default those registered for the client.
    pub redirects: Redirects,
}

impl SignIn {
    /// With the connection's own method.
    pub fn new(connection: Connection) -> Self {
        let redirects = Redirects::of(connection.client_id.as_deref().unwrap_or(BUILT_IN_CLIENT));
        Self { connection, prepared: Prepared::default(), redirects }
    }

    /// With another method than the connection's.
    #[must_use]
    pub fn by(mut self, method: Method) -> Self {
        self.connection.method = method;
        self
    }

    /// With the secrets that the environment holds.
    #[must_use]
    pub fn with_environment(mut self, environment: &Environment) -> Self {
        self.prepared.access_token.clone_from(&environment.access_token);
        self.prepared.client_secret.clone_from(&environment.client_secret);
        self
    }

    /// With email and password already known (the demo signs in so).
    #[must_use]
    pub fn with_password(mut self, email: impl Into<String>, password: SecretString) -> Self {
        self.prepared.email = Some(email.into());
        self.prepared.password = Some(password);
        self
    }

    /// The client that browser, paste and device use.
    pub fn client_id(&self) -> &str {
        self.connection.client_id.as_deref().unwrap_or(BUILT_IN_CLIENT)
    }

    /// The scopes asked of the platform.
    pub fn scope(&self) -> &str {
        match &self.connection.scope {
            Some(scope) => scope,
            None if self.connection.client_id.as_deref() == Some(BUILT_IN_CLIENT) => BUILT_IN_SCOPE,
            None if self.connection.client_id.is_none() && self.connection.method != Method::Direct => {
                BUILT_IN_SCOPE
            }
            None => SCOPE,
        }
    }
}

/// A membership to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipChoice {
    /// Its id; goes into [`Answer::Membership`].
    pub id: MembershipId,
    /// Name of the project.
    pub project: Text,
    /// Name of the profile.
    pub profile: Text,
}

/// What happens during a sign-in, in the order in which it happens. Every text is safe to show; `Debug` shows
/// no secret.
#[derive(Debug, Clone)]
pub enum FlowEvent {
    /// It begins. Shown throughout (D7).
    Started {
        /// How.
        method: Method,
        /// Where.
        host: String,
        /// As which client.
        client: Option<String>,
        /// Asking for which scopes.
        scope: String,
    },
    /// The browser was asked to open `url`; show it always (L7).
    OpenBrowser {
        /// The address.
        url: String,
        /// False when no browser could be started.
        opened: bool,
    },
    /// Waiting for the browser's answer until then.
    Waiting {
        /// End of patience.
        until: Timestamp,
    },
    /// Show this code and address (D6, D7, D9).
    ShowCode {
        /// The code, exactly as sent.
        user_code: Text,
        /// Where to type it; https unless on this machine.
        verification_uri: Text,
        /// The same with the code in it, for a QR picture.
        complete: Option<Text>,
        /// The host where the person will sign in.
        host: String,
        /// The client that asks.
        client: String,
        /// The scopes it asks for.
        scope: String,
        /// End of the code.
        expires_at: Timestamp,
        /// First look.
        next_poll_at: Timestamp,
    },
    /// The next look at the device sign-in.
    NextPoll {
        /// When.
        at: Timestamp,
        /// Why then.
        why: PollReason,
    },
    /// Open `url` anywhere, then answer [`Answer::Pasted`] with the address on which the browser ends.
    NeedPaste {
        /// The address to open.
        url: String,
    },
    /// Answer [`Answer::Email`].
    NeedEmail,
    /// Answer [`Answer::Password`].
    NeedPassword {
        /// For whom.
        email: Text,
    },
    /// Answer [`Answer::Code`], or [`Answer::MailCode`] when `by_mail`.
    NeedFactor {
        /// Codes of an authenticator app are accepted.
        by_app: bool,
        /// Codes by mail are possible.
        by_mail: bool,
        /// Where they go.
        email: Option<Text>,
    },
    /// A second factor must be set up first: put `uri` into an authenticator app (QR), then answer
    /// [`Answer::Code`]; with `by_mail`, [`Answer::MailCode`] sets up codes by mail instead.
    EnrolFactor {
        /// `otpauth://…`; a secret, for the QR picture only.
        uri: Option<SecretString>,
        /// The app's secret alone, for typing.
        key: Option<SecretString>,
        /// Codes by mail are allowed.
        by_mail: bool,
    },
    /// Answer [`Answer::Membership`].
    ChooseMembership(Vec<MembershipChoice>),
    /// Answer [`Answer::ClientSecret`].
    NeedClientSecret {
        /// For which client.
        client: String,
    },
    /// The last answer was refused and is asked for again.
    Refused(Refusal),
    /// Worth telling, stops nothing.
    Note(Note),
    /// Signed in; the last event.
    Done(Box<SignedIn>),
    /// Not signed in; the last event.
    Failed(AuthError),
}

/// What the person says. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To [`FlowEvent::NeedEmail`].
    Email(String),
    /// To [`FlowEvent::NeedPassword`].
    Password(SecretString),
    /// To [`FlowEvent::NeedFactor`] and [`FlowEvent::EnrolFactor`].
    Code(SecretString),
    /// Send me a code by mail.
    MailCode,
    /// To [`FlowEvent::ChooseMembership`].
    Membership(MembershipId),
    /// To [`FlowEvent::NeedPaste`]: the address on which the browser ended, or the code alone.
    Pasted(SecretString),
    /// To [`FlowEvent::NeedClientSecret`].
    ClientSecret(SecretString),
    /// Open the browser once more.
    OpenAgain,
}

/// A running sign-in. Dropping it cancels it and closes its listener; no token stays behind (D8).
#[derive(Debug)]
pub struct Flow {
    events: mpsc::UnboundedReceiver<FlowEvent>,
    answers: mpsc::UnboundedSender<Answer>,
    cancel: CancellationToken,
}

impl Flow {
    /// The next event; `None` after [`FlowEvent::Done`] or [`FlowEvent::Failed`].
    pub async fn next(&mut self) -> Option<FlowEvent> {
        self.events.recv().await
    }

    /// Gives an answer. One that nobody waits for is dropped.
    pub fn answer(&self, answer: Answer) {
        // Refused only when the flow has ended, which its last event tells.
        let _ = self.answers.send(answer);
    }

    /// A way to answer that can be kept apart from the events.
    pub fn answers(&self) -> mpsc::UnboundedSender<Answer> {
        self.answers.clone()
    }

    /// Cancels the flow when cancelled; the last event is then [`AuthError::Cancelled`].
    pub fn canceller(&self) -> CancellationToken {
        self.cancel.clone()
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The flow's own end of a [`Flow`].
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) request: SignIn,
    pub(crate) deps: Deps,
    pub(crate) http: Http,
    events: Events,
    answers: mpsc::UnboundedReceiver<Answer>,
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events(Arc<dyn Fn(FlowEvent) + Send + Sync>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}

impl Stage {
    /// A stage whose events go to `tell`.
    pub(crate) fn new(
        request: SignIn,
        deps: Deps,
        http: Http,
        tell: impl Fn(FlowEvent) + Send + Sync + 'static,
        answers: mpsc::UnboundedReceiver<Answer>,
    ) -> Self {
        Self { request, deps, http, events: Events(Arc::new(tell)), answers }
    }

    /// Tells.
    pub(crate) fn tell(&self, event: FlowEvent) {
        (self.events.0)(event);
    }

    /// Tells something that stops nothing.
    pub(crate) fn note(&self, note: Note) {
        self.tell(FlowEvent::Note(note));
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Result<Answer, AuthError> {
        self.answers.recv().await.ok_or(AuthError::Cancelled)
    }

    /// The next answer that `wanted` takes; others are dropped.
    pub(crate) async fn ask<T>(
        &mut self,
        mut wanted: impl FnMut(Answer) -> Option<T>,
    ) -> Result<T, AuthError> {
        loop {
            if let Some(taken) = wanted(self.answer().await?) {
                return Ok(taken);
            }
        }
    }

    /// Tells how it begins.
    pub(crate) fn begin(&self, host: String, client: Option<&str>, scope: &str) {
        self.tell(FlowEvent::Started {
            method: self.request.connection.method,
            host,
            client: client.map(str::to_owned),
            scope: scope.to_owned(),
        });
    }
}

/// Starts signing in as a task of the current tokio runtime.
pub fn start(request: SignIn, deps: Deps) -> Flow {
    let (events, heard) = mpsc::unbounded_channel();
    let (answers, given) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let flow = Flow { events: heard, answers, cancel: cancel.clone() };
    tokio::spawn(async move {
        let end = tokio::select! {
            biased;
            () = cancel.cancelled() => FlowEvent::Failed(AuthError::Cancelled),
            done = run(request, deps, events.clone(), given) => match done {
                Ok(signed_in) => FlowEvent::Done(Box::new(signed_in)),
                Err(error) => FlowEvent::Failed(error),
            },
        };
        // Nobody listens only when the flow was dropped.
        let _ = events.send(end);
    });
    flow
}

async fn run(
    request: SignIn,
    deps: Deps,
    events: mpsc::UnboundedSender<FlowEvent>,
    answers: mpsc::UnboundedReceiver<Answer>,
) -> Result<SignedIn, AuthError> {
    let http = Http::for_connection(&request.connection)?;
    let method = request.connection.method;
    // Nobody listens only when the flow was dropped, which also cancels it.
    let tell = move |event| drop(events.send(event));
    let mut stage = Stage::new(request, deps, http, tell, answers);
    let signed_in = match method {
        Method::Browser => loopback::by_browser(&mut stage).await,
        Method::Paste => paste::by_paste(&mut stage).await,
        Method::Device => device::at_platform(&mut stage).await,
        Method::DeviceExchange => exchange::device_then_exchange(&mut stage).await,
        Method::Direct => direct::sign_in(&mut stage).await,
        Method::ClientCredentials => machine::client_credentials(&mut stage).await,
        Method::Environment => machine::environment(&mut stage),
    }?;
    let renewal = super::Renewal::of(&signed_in);
    if renewal != super::Renewal::Possible {
        stage.note(Note::NoRenewal(renewal));
    }
    if let Some(granted) = &signed_in.tokens.scope
        && super::grants::narrower(&signed_in.asked_scope, granted)
    {
        stage.note(Note::Narrowed { asked: signed_in.asked_scope.clone(), granted: granted.clone() });
    }
    Ok(signed_in)
}
