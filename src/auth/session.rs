//! A session: hands out the bearer, renews it once for everybody, counts down where it cannot be renewed.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use super::client::BUILT_IN_CLIENT;
use super::error::AuthError;
use super::grants;
use super::http::Http;
use super::store::{Entry, SecretStore};
use super::tokens::{SignedIn, Tokens};
use crate::config::{Connection, Method, Paths, StoreKind, ensure_private_folder};
use crate::ports::Clock;

/// A token that ends sooner than this is renewed before it is used.
const SOON: SignedDuration = SignedDuration::from_secs(30);

/// How long another process may take for its renewal; longer than any request of ours lasts.
const LOCK_PATIENCE: Duration = Duration::from_mins(1);

/// Whether the session goes on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// By a refresh token, or by the client's secret.
    Possible,
    /// The built-in client's refresh tokens never work (platform-api §3.2).
    BuiltInClient,
    /// The platform gave no refresh token.
    NotGiven,
    /// The token came from the environment.
    Environment,
}

impl Renewal {
    /// What a sign-in's result allows.
    pub fn of(signed_in: &SignedIn) -> Self {
        if signed_in.method == Method::Environment {
            Self::Environment
        } else if signed_in.client_secret.is_some() {
            Self::Possible
        } else if signed_in.client_id.as_deref() == Some(BUILT_IN_CLIENT) {
            Self::BuiltInClient
        } else if signed_in.tokens.refresh.is_some() && signed_in.token_endpoint.is_some() {
            Self::Possible
        } else {
            Self::NotGiven
        }
    }
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Possible => "it renews itself",
            Self::BuiltInClient => {
                "the built-in client medplum-cli cannot renew; `idconsole setup` registers one that can"
            }
            Self::NotGiven => "the platform gave no refresh token (it never does to super admins)",
            Self::Environment => "the token came from the environment",
        })
    }
}

/// A live session. Cheap to clone; clones are the same session. `Debug` shows no secret.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

pub(super) struct Inner {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: SecretStore,
    pub(super) entry: Entry,
    lock_file: PathBuf,
    renewal: Renewal,
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    signed_in: SignedIn,
    over: Option<String>,
    notices: Vec<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("connection", &self.0.entry.connection)
            .field("issuer", &self.0.entry.issuer)
            .field("store", &self.0.store.kind())
            .field("renewal", &self.0.renewal)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// What it speaks HTTP with: the connection's certificates, and plain http on this machine only where the connection
    /// itself does.
    pub fn http(&self) -> &Http {
        &self.0.http
    }

    /// Begins a session from a finished sign-in, and keeps it in the connection's store. A token from the
    /// environment is never kept. A store that fails is an error, not a reason for another store.
    pub async fn begin(
        signed_in: SignedIn,
        connection: &Connection,
        paths: &Paths,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthError> {
        let kind = if signed_in.method == Method::Environment { StoreKind::Memory } else { connection.store };
        let store = SecretStore::of(kind, paths);
        Self::begin_in(store, signed_in, connection, paths, clock).await
    }

    /// As [`Session::begin`], in a given store.
    pub async fn begin_in(
        store: SecretStore,
        signed_in: SignedIn,
        connection: &Connection,
        paths: &Paths,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthError> {
        let http = Http::for_connection(connection)?;
        let session = Self::over(http, store, signed_in, entry_of(connection), paths, clock);
        session.0.keep().await?;
        Ok(session)
    }

    /// The kept session of a connection, if there is one that still lives or can be renewed. One that has
    /// ended is removed.
    pub async fn resume(
        connection: &Connection,
        paths: &Paths,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, AuthError> {
        Self::resume_in(SecretStore::of(connection.store, paths), connection, paths, clock).await
    }

    /// As [`Session::resume`], from a given store.
    pub async fn resume_in(
        store: SecretStore,
        connection: &Connection,
        paths: &Paths,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, AuthError> {
        let entry = entry_of(connection);
        let Some(secret) = store.read(&entry).await? else { return Ok(None) };
        let now = clock.now();
        let usable = SignedIn::from_secret(&secret)
            .filter(|kept| kept.issuer == connection.base_url.as_str())
            .filter(|kept| {
                Renewal::of(kept) == Renewal::Possible || kept.tokens.expires_at.is_none_or(|end| end > now)
            });
        let Some(signed_in) = usable else {
            store.delete(&entry).await?;
            return Ok(None);
        };
        let http = Http::for_connection(connection)?;
        Ok(Some(Self::over(http, store, signed_in, entry, paths, clock)))
    }

    fn over(
        http: Http,
        store: SecretStore,
        signed_in: SignedIn,
        entry: Entry,
        paths: &Paths,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner {
            http,
            clock,
            store,
            lock_file: paths.locks_dir().join(format!("{}.lock", entry.digest())),
            entry,
            renewal: Renewal::of(&signed_in),
            flight: tokio::sync::Mutex::new(()),
            state: Mutex::new(State { signed_in, over: None, notices: Vec::new() }),
        }))
    }

    /// Name of the connection.
    pub fn connection(&self) -> &str {
        &self.0.entry.connection
    }

    /// Who issued the tokens.
    pub fn issuer(&self) -> &str {
        &self.0.entry.issuer
    }

    /// How the person signed in.
    pub fn method(&self) -> Method {
        self.0.state().signed_in.method
    }

    /// Where the session is kept.
    pub fn store_kind(&self) -> StoreKind {
        self.0.store.kind()
    }

    /// Whether it goes on by itself.
    pub fn renewal(&self) -> Renewal {
        self.0.renewal
    }

    /// End of the present access token, when known.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.state().signed_in.tokens.expires_at
    }

    /// What is left of the present access token; zero when it has ended.
    pub fn remaining(&self) -> Option<SignedDuration> {
        let left = self.0.clock.now().duration_until(self.expires_at()?);
        Some(left.max(SignedDuration::ZERO))
    }

    /// Why the session has ended, if it has.
    pub fn ended(&self) -> Option<String> {
        self.0.state().over.clone()
    }

    /// Things worth telling since the last call (scopes narrowed, store failed on renewal).
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut self.0.state().notices)
    }

    /// The present tokens, for looking at them.
    pub fn tokens(&self) -> Tokens {
        self.0.state().signed_in.tokens.clone()
    }

    /// The IdP's tokens of a sign-in with exchange.
    pub fn idp_tokens(&self) -> Option<Tokens> {
        self.0.state().signed_in.idp_tokens.clone()
    }

    /// The bearer for the next request; renewed first when it is about to end.
    pub async fn bearer(&self) -> Result<SecretString, AuthError> {
        let (token, ends) = {
            let state = self.0.state();
            if let Some(why) = &state.over {
                return Err(AuthError::SignInAgain(why.clone()));
            }
            (state.signed_in.tokens.access.clone(), state.signed_in.tokens.expires_at)
        };
        let left = ends.map(|end| self.0.clock.now().duration_until(end));
        if left.is_none_or(|left| left > SOON) {
            return Ok(token);
        }
        let still_valid = left.is_some_and(|left| left > SignedDuration::ZERO);
        if self.0.renewal != Renewal::Possible {
            if still_valid {
                return Ok(token);
            }
            return Err(self.0.end(format!("its time is over and {}", self.0.renewal)));
        }
        match self.renew(token.clone()).await {
            Err(error) if still_valid && error.passes() => Ok(token),
            renewed => renewed,
        }
    }

    /// Told that the platform answered 401 to `token`: the token to try next, or an error that asks for a new
    /// sign-in. Called by many tasks at once, it still renews once.
    pub async fn refused(&self, token: &SecretString) -> Result<SecretString, AuthError> {
        {
            let state = self.0.state();
            if let Some(why) = &state.over {
                return Err(AuthError::SignInAgain(why.clone()));
            }
            if !equal(&state.signed_in.tokens.access, token) {
                return Ok(state.signed_in.tokens.access.clone());
            }
        }
        if self.0.renewal != Renewal::Possible {
            return Err(self
                .0
                .end(format!("the platform no longer accepts its token, and {}", self.0.renewal)));
        }
        self.renew(token.clone()).await
    }

    /// Renews unless somebody else just has. Runs as a task of its own: a caller that goes away must not
    /// lose the new refresh token between the platform and the store.
    async fn renew(&self, seen: SecretString) -> Result<SecretString, AuthError> {
        let inner = Arc::clone(&self.0);
        match tokio::spawn(async move { inner.renew(&seen).await }).await {
            Ok(done) => done,
            Err(_) => Err(AuthError::Local {
                what: "The session could not be renewed".to_owned(),
                why: "the program is ending".to_owned(),
            }),
        }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn signed_in(&self) -> SignedIn {
        self.state().signed_in.clone()
    }

    /// Marks the session as ended.
    pub(super) fn end(&self, why: String) -> AuthError {
        self.state().over = Some(why.clone());
        AuthError::SignInAgain(why)
    }

    async fn keep(&self) -> Result<(), AuthError> {
        let secret = self.state().signed_in.to_secret();
        Ok(self.store.write(&self.entry, &secret).await?)
    }

    /// F1: one renewal at a time in this process and, by a file lock, among all of this account.
    async fn renew(&self, seen: &SecretString) -> Result<SecretString, AuthError> {
        let _flight = self.flight.lock().await;
        {
            let state = self.state();
            if let Some(why) = &state.over {
                return Err(AuthError::SignInAgain(why.clone()));
            }
            if !equal(&state.signed_in.tokens.access, seen) {
                return Ok(state.signed_in.tokens.access.clone());
            }
        }
        let shared = self.store.kind() != StoreKind::Memory;
        let _lock = if shared { Some(self.lock().await?) } else { None };
        if shared {
            match self.store.read(&self.entry).await?.map(|secret| SignedIn::from_secret(&secret)) {
                None => return Err(self.end("it was signed out elsewhere".to_owned())),
                // Damaged content is replaced below by what this process knows.
                Some(None) => {}
                Some(Some(kept)) => {
                    let other = !equal(&kept.tokens.access, seen);
                    let fresh =
                        kept.tokens.expires_at.is_none_or(|end| self.clock.now().duration_until(end) > SOON);
                    let token = kept.tokens.access.clone();
                    self.state().signed_in = kept;
                    if other && fresh {
                        return Ok(token);
                    }
                }
            }
        }
        let signed_in = self.signed_in();
        match self.ask_for_tokens(&signed_in).await {
            Ok(tokens) => self.adopt(&signed_in, tokens).await,
            Err(error) if lasting(&error) => {
                // Nothing of it is of use any more; a failure to remove it is found at the next start.
                let _ = self.store.delete(&self.entry).await;
                let words =
                    error.refusal().map_or_else(|| error.to_string(), |refusal| refusal.text.to_string());
                Err(self.end(format!("the platform did not renew it (“{words}”)")))
            }
            Err(error) => Err(error),
        }
    }

    async fn ask_for_tokens(&self, signed_in: &SignedIn) -> Result<Tokens, AuthError> {
        let over = || AuthError::SignInAgain(Renewal::NotGiven.to_string());
        let endpoint = signed_in.token_endpoint.as_ref().ok_or_else(over)?;
        let clock = self.clock.as_ref();
        if let (Some(client), Some(secret)) = (&signed_in.client_id, &signed_in.client_secret) {
            return grants::client_credentials(
                &self.http,
                clock,
                endpoint,
                client,
                secret,
                &signed_in.asked_scope,
            )
            .await;
        }
        let refresh = signed_in.tokens.refresh.as_ref().ok_or_else(over)?;
        grants::refresh(&self.http, clock, endpoint, signed_in.client_id.as_deref(), refresh).await
    }

    /// Keeps the new tokens before anybody uses them.
    async fn adopt(&self, old: &SignedIn, new: Tokens) -> Result<SecretString, AuthError> {
        let mut signed_in = old.clone();
        let mut notices = Vec::new();
        if let (Some(before), Some(after)) = (&old.tokens.scope, &new.scope)
            && grants::narrower(before, after)
        {
            notices.push(format!(
                "The renewed session may do less: it was granted “{}” instead of “{}”.",
                crate::identity::text::shown(after),
                crate::identity::text::shown(before)
            ));
        }
        signed_in.tokens = Tokens {
            // RFC 6749 §6: what is not sent again stays as it was.
            refresh: new.refresh.or_else(|| old.tokens.refresh.clone()),
            id: new.id.or_else(|| old.tokens.id.clone()),
            scope: new.scope.or_else(|| old.tokens.scope.clone()),
            ..new
        };
        let token = signed_in.tokens.access.clone();
        if let Err(error) = self.store.write(&self.entry, &signed_in.to_secret()).await {
            // The old refresh token is spent, so throwing the new one away would only end the session.
            notices.push(format!("{error} The session goes on in this window only."));
        }
        let mut state = self.state();
        state.signed_in = signed_in;
        state.notices.extend(notices);
        Ok(token)
    }

    async fn lock(&self) -> Result<File, AuthError> {
        let unusable = |error: &std::io::Error| AuthError::Local {
            what: format!("The lock {} cannot be used", self.lock_file.display()),
            why: error.to_string(),
        };
        if let Some(folder) = self.lock_file.parent() {
            ensure_private_folder(folder).map_err(|error| unusable(&error))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock_file)
            .map_err(|error| unusable(&error))?;
        let patience = tokio::time::Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if tokio::time::Instant::now() < patience => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(unusable(&std::io::Error::other("another process does not let go of it")));
                }
                Err(TryLockError::Error(error)) => return Err(unusable(&error)),
            }
        }
    }
}

/// True when asking again cannot help. The platform reports a spent, revoked or foreign refresh token under
/// several codes, and a deleted membership as 410 (platform-api §3.3), so everything counts but what passes.
fn lasting(error: &AuthError) -> bool {
    match error {
        AuthError::SignInAgain(_) => true,
        AuthError::Refused { refusal, .. } => !refusal.passes(),
        _ => false,
    }
}

fn equal(one: &SecretString, other: &SecretString) -> bool {
    use subtle::ConstantTimeEq as _;
    one.expose_secret().as_bytes().ct_eq(other.expose_secret().as_bytes()).into()
}

/// The entry of a connection in a secret store.
pub fn entry_of(connection: &Connection) -> Entry {
    Entry {
        issuer: connection.base_url.as_str().to_owned(),
        client: connection.client_id.clone().unwrap_or_default(),
        connection: connection.name.clone(),
    }
}
