//! What signing in keeps beside the store: the signing key, open device grants, and the logins of clients, which
//! live in the cache only (platform-api §9.6).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde_json::Value;

use super::caller::Bearers;
use super::clock::Clock;
use super::device::DeviceGrants;
use super::state::State;
use super::store::Store;
use super::tokens::{KeyError, SigningKey};

/// How long the platform waits for somebody else's identity provider.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a device's codes live, in seconds.
const DEVICE_SECONDS: i64 = 600;

/// The sign-in side's own state.
pub struct AuthState {
    key: SigningKey,
    outbound: reqwest::Client,
    devices: Arc<DeviceGrants<String>>,
    client_logins: Mutex<HashMap<String, Value>>,
    challenges: Mutex<HashMap<String, Value>>,
}

impl fmt::Debug for AuthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthState").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What the routes of signing in share: the platform's state, and their own.
#[derive(Debug)]
pub struct SignIn {
    platform: Arc<State>,
    auth: Arc<AuthState>,
}

/// As the routes hold it.
pub type Shared = Arc<SignIn>;

impl SignIn {
    /// Joins the two states; from here on the platform reads bearer tokens with this key.
    pub fn new(platform: Arc<State>, auth: Arc<AuthState>) -> Shared {
        platform.set_bearers(Box::new(TokenReader(Arc::clone(&auth))));
        Arc::new(Self { platform, auth })
    }

    /// The platform's state.
    pub fn platform(&self) -> &Arc<State> {
        &self.platform
    }

    /// The sign-in side's own state.
    pub fn auth(&self) -> &AuthState {
        &self.auth
    }

    /// The store, to read.
    pub fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.platform.read()
    }

    /// The store, to write.
    pub fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.platform.write()
    }

    /// Time.
    pub fn clock(&self) -> &Clock {
        &self.platform.clock
    }

    /// The base URL, with a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.platform.base_url
    }

    /// The sign-in app's base, with a slash at the end.
    pub fn app_url(&self) -> &str {
        &self.platform.app_url
    }
}

#[derive(Debug)]
struct TokenReader(Arc<AuthState>);

impl Bearers for TokenReader {
    fn login(&self, state: &State, token: &str, issuer: &str) -> Option<Value> {
        let claims = self.0.key.verify(token, state.clock.now_seconds())?;
        let claim = |name: &str| claims.get(name).and_then(Value::as_str);
        // Only access tokens name the user and their profile; id and refresh tokens are no bearers.
        if claim("iss") != Some(issuer) || claim("username").is_none() || claim("profile").is_none() {
            return None;
        }
        let id = claim("login_id")?;
        let stored = state.read().get("Login", id);
        stored.or_else(|| self.0.client_login(id))
    }
}

impl AuthState {
    /// Makes a signing key and an HTTP client; devices may poll every `device_interval` seconds.
    pub fn new(device_interval: i64) -> Result<Self, KeyError> {
        let outbound = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| KeyError::new(e.to_string()))?;
        Ok(Self {
            key: SigningKey::generate()?,
            outbound,
            devices: Arc::new(DeviceGrants::new(DEVICE_SECONDS, device_interval)),
            client_logins: Mutex::default(),
            challenges: Mutex::default(),
        })
    }

    /// The key that signs tokens.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The client for requests to identity providers.
    pub fn outbound(&self) -> &reqwest::Client {
        &self.outbound
    }

    /// Open device grants; an approved one names its Login.
    pub fn devices(&self) -> &Arc<DeviceGrants<String>> {
        &self.devices
    }

    /// Keeps the login of a client.
    pub fn keep_client_login(&self, login: &Value) {
        let id = login["id"].as_str().unwrap_or_default().to_owned();
        self.client_logins.lock().unwrap_or_else(PoisonError::into_inner).insert(id, login.clone());
    }

    /// The login of a client.
    pub fn client_login(&self, id: &str) -> Option<Value> {
        self.client_logins.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Remembers a mailed code of a signed-in user, by user id.
    pub fn keep_challenge(&self, user: &str, challenge: Value) {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).insert(user.to_owned(), challenge);
    }

    /// The mailed code's hash of a signed-in user; null when there is none.
    pub fn challenge(&self, user: &str) -> Value {
        let challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        challenges.get(user).cloned().unwrap_or(Value::Null)
    }
}
