//! The signed-in session of a command.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::auth::{self, AuthError, Renewal, SignIn};
use crate::config::{Connection, Method, StoreKind, addresses};
use crate::platform::{self, Client, Options};
use crate::ports::{Clock, SystemClock};
use crate::workflows::{Engine, Trouble};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::journal;

/// Somebody signed in, and what commands need of it.
#[derive(Debug)]
pub struct Signed {
    /// For the workflows.
    pub engine: Engine,
    /// The platform, for reading in bulk.
    pub client: Client,
    /// Its tokens and its end.
    pub session: auth::Session,
    /// Name of the connection.
    pub connection: String,
    /// The connection is saved.
    pub saved: bool,
    /// Writes ask once more.
    pub production: bool,
    /// Where addresses of members are kept for completions; `None` where a session leaves nothing behind.
    pub addresses: Option<PathBuf>,
}

/// Takes up the kept session of the connection that is meant, or the token in the environment.
pub async fn open(context: &Context) -> Result<Signed, Failure> {
    let (connection, saved) = context.connection()?;
    take_up(&connection, saved, context).await?.ok_or_else(|| {
        Failure::new(Exit::NotSignedIn, format!("You are not signed in to {}.", connection.base_url))
            .next(format!("`idconsole login --profile {}` signs in.", connection.name))
    })
}

/// Takes up the kept session of a connection, or the token in the environment; `None` where somebody has to sign in.
pub async fn take_up(
    connection: &Connection,
    saved: bool,
    context: &Context,
) -> Result<Option<Signed>, Failure> {
    let connection = &context.in_this_run(connection);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let session = match connection.method {
        Method::Environment => Some(sign_in_unasked(connection, context, &clock).await?),
        Method::ClientCredentials if context.environment.client_secret.is_some() => {
            match auth::Session::resume(connection, &context.paths, Arc::clone(&clock)).await? {
                Some(session) => Some(session),
                None => Some(sign_in_unasked(connection, context, &clock).await?),
            }
        }
        Method::Browser
        | Method::Paste
        | Method::Device
        | Method::DeviceExchange
        | Method::Direct
        | Method::ClientCredentials => {
            auth::Session::resume(connection, &context.paths, Arc::clone(&clock)).await?
        }
    };
    let Some(session) = session else { return Ok(None) };
    for notice in session.take_notices() {
        tracing::warn!("{notice}");
    }
    over(session, connection, saved, context, clock).await.map(Some)
}

/// What commands need of a session.
pub(super) async fn over(
    session: auth::Session,
    connection: &Connection,
    saved: bool,
    context: &Context,
    clock: Arc<dyn Clock>,
) -> Result<Signed, Failure> {
    let connection = &context.in_this_run(connection);
    let client = client(connection, &session)?;
    let me = client.me().await?;
    let engine = Engine {
        remote: Arc::new(client.clone()),
        journal: journal::open(context)?,
        caller: me.caller,
        connection: connection.name.clone(),
        clock,
        read_only: context.read_only(connection),
    };
    let leaves = saved && connection.method != Method::Environment && connection.store != StoreKind::Memory;
    Ok(Signed {
        addresses: leaves.then(|| addresses::file(&context.paths, &connection.name)),
        engine,
        client,
        session,
        connection: connection.name.clone(),
        saved,
        production: connection.production,
    })
}

/// The platform of a connection, over a session.
fn client(connection: &Connection, session: &auth::Session) -> Result<Client, Failure> {
    let mut options = Options::default();
    if let Some(file) = &connection.extra_ca {
        let pem = std::fs::read(file).map_err(|error| {
            Failure::new(
                Exit::Local,
                format!("The certificate file {} cannot be used: {error}.", file.display()),
            )
        })?;
        options.extra_ca = Some(pem);
    }
    Ok(Client::new(connection.base_url.url().clone(), Arc::new(session.clone()), options)?)
}

/// Signs in by a way that needs nobody: client credentials, or a token that was given.
async fn sign_in_unasked(
    connection: &Connection,
    context: &Context,
    clock: &Arc<dyn Clock>,
) -> Result<auth::Session, Failure> {
    let request = SignIn::new(connection.clone()).with_environment(&context.environment);
    let signed_in = unasked(request, clock).await?;
    Ok(auth::Session::begin(signed_in, connection, &context.paths, Arc::clone(clock)).await?)
}

/// Runs a sign-in that has all its answers.
async fn unasked(request: SignIn, clock: &Arc<dyn Clock>) -> Result<auth::SignedIn, Failure> {
    let deps = auth::Deps::new(Arc::clone(clock), Arc::new(auth::SystemBrowser));
    let mut flow = auth::start(request, deps);
    while let Some(event) = flow.next().await {
        match event {
            auth::FlowEvent::Done(signed_in) => return Ok(*signed_in),
            auth::FlowEvent::Failed(error) => return Err(error.into()),
            auth::FlowEvent::Refused(refusal) => {
                return Err(Failure::new(Exit::NotSignedIn, refusal.to_string()));
            }
            other => tracing::debug!(?other, "signing in"),
        }
    }
    Err(Failure::new(Exit::NotSignedIn, "The sign-in ended without an answer."))
}

/// `idconsole whoami`.
pub async fn whoami(context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let signed = open(context).await?;
    let Signed { engine, session, .. } = &signed;
    let caller = &engine.caller;
    let raw = |text: &Option<crate::identity::Text>| text.as_ref().map(|text| text.raw().to_owned());
    let renews = session.renewal() == Renewal::Possible;
    let ends = session.expires_at();
    let until = match (renews, ends) {
        (true, _) => "renews itself".to_owned(),
        (false, Some(at)) => format!("ends {at:.0} ({})", session.renewal()),
        (false, None) => format!("end unknown ({})", session.renewal()),
    };
    let version = engine.remote.about_with_version().await.version;
    let fields = vec![
        ("name", caller.name.raw().to_owned()),
        ("email", raw(&caller.email).unwrap_or_else(|| "none".to_owned())),
        ("role", caller.role.words().to_owned()),
        ("project", caller.project_name.raw().to_owned()),
        ("platform", session.issuer().to_owned()),
        ("version", raw(&version).unwrap_or_else(|| "not told".to_owned())),
        ("connection", signed.connection.clone()),
        ("signed in by", session.method().word().to_owned()),
        ("session", until),
        ("kept in", format!("{}, {}", session.store_kind().word(), session.store_kind().help())),
    ];
    let shape = json!({
        "name": caller.name,
        "email": caller.email,
        "role": caller.role,
        "user": caller.user,
        "membership": caller.membership,
        "profile": caller.profile.to_string(),
        "project": { "id": caller.project, "name": caller.project_name },
        "platform": session.issuer(),
        "platform_version": version,
        "connection": signed.connection,
        "method": session.method().word(),
        "expires_at": ends.map(|at| format!("{at:.0}")),
        "renews": renews,
        "store": session.store_kind().word(),
        "production": signed.production,
        "read_only": engine.read_only.is_some(),
    });
    io.write_record(context.shared.format, &fields, &shape)?;
    Ok(Exit::Done)
}

/// `idconsole logout`.
pub async fn logout(context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let (connection, _) = context.connection()?;
    // First: a session that has ended by itself leaves them behind as well.
    addresses::forget(&context.paths, &connection.name);
    if connection.method == Method::Environment {
        return Err(Failure::usage("The token is in the environment; there is no session here to end.")
            .next("Unset IDCONSOLE_ACCESS_TOKEN."));
    }
    let used = context.in_this_run(&connection);
    let Some(session) = auth::Session::resume(&used, &context.paths, Arc::new(SystemClock)).await? else {
        io.note(&format!("You are not signed in to {}; nothing to end.", connection.base_url))?;
        return Ok(Exit::Done);
    };
    let done = session.sign_out().await;
    if done.complete() {
        io.note(&done.to_string())?;
        return Ok(Exit::Done);
    }
    let exit = if done.local.is_err() { Exit::Local } else { Exit::Unreachable };
    Err(Failure::new(exit, done.to_string()))
}

/// Removes a kept session from this machine.
pub async fn forget(connection: &Connection, context: &Context) -> Result<(), Failure> {
    let store = auth::SecretStore::of(connection.store, &context.paths);
    store.delete(&auth::session::entry_of(connection)).await.map_err(AuthError::from)?;
    addresses::forget(&context.paths, &connection.name);
    Ok(())
}

impl From<platform::Error> for Failure {
    fn from(error: platform::Error) -> Self {
        Trouble::from(error).into()
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let exit = match &error {
            AuthError::Unreachable { .. } | AuthError::Unreadable { .. } => Exit::Unreachable,
            AuthError::NotAPlatform { .. } | AuthError::OtherIssuer { .. } | AuthError::Metadata { .. } => {
                Exit::Unreachable
            }
            AuthError::NotOffered { .. } | AuthError::Incomplete { .. } | AuthError::EnvironmentToken(_) => {
                Exit::Usage
            }
            AuthError::PortsBusy(_)
            | AuthError::CannotListen { .. }
            | AuthError::Store(_)
            | AuthError::Local { .. } => Exit::Local,
            AuthError::Refused { .. } if error.passes() => Exit::Unreachable,
            AuthError::Refused { .. }
            | AuthError::NotOurs(_)
            | AuthError::Expired
            | AuthError::Cancelled
            | AuthError::SignInAgain(_) => Exit::NotSignedIn,
        };
        let mut failure = Self::new(exit, error.to_string());
        if matches!(error, AuthError::SignInAgain(_)) {
            failure = failure.next(super::write::SIGN_IN);
        }
        failure.request_id = error.refusal().and_then(|refusal| refusal.request_id.clone());
        failure
    }
}
