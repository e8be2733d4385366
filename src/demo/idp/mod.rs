//! An external identity provider beside the embedded platform: OpenID Connect with sign-in page, userinfo and the
//! device grant. Its people are those of the seed, as *their employer* knows them.

mod endpoints;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::Router;
use axum::routing::get;
use axum::routing::post;

use super::device::DeviceGrants;
use super::tokens::{KeyError, SigningKey};

/// Seconds since the epoch; the platform passes its own clock.
pub type Seconds = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The password of everybody at the demonstration's identity provider; shown on its sign-in page.
pub const PASSWORD: &str = "clinic-demo-1";

/// The client id with which the platform itself comes for staff.
pub const STAFF_CLIENT: &str = "clinic-platform";
/// The client id of the first partner's domain route.
pub const PARTNER_CLIENT: &str = "partner-platform";
/// The client id of the laboratory's domain route.
pub const LAB_CLIENT: &str = "lab-platform";
/// The public client of this console: loopback redirects and the device grant.
pub const CONSOLE_CLIENT: &str = "idconsole";
/// The secret of the platform's clients at the provider.
pub const CLIENT_SECRET: &str = "provider-secret-1";

/// Somebody the identity provider knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The subject: what `ProjectMembership.externalId` must equal.
    pub sub: String,
    /// The address at the employer today.
    pub email: String,
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
}

/// A code that waits to be swapped for tokens.
#[derive(Debug, Clone)]
struct Code {
    sub: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    nonce: Option<String>,
    challenge: Option<(String, String)>,
    expires_at: i64,
}

/// An access token that was handed out.
#[derive(Debug, Clone)]
struct Access {
    sub: String,
    scope: String,
    expires_at: i64,
}

/// The identity provider's whole state.
pub struct Provider {
    issuer: String,
    callback: String,
    key: SigningKey,
    people: RwLock<Vec<Person>>,
    codes: Mutex<HashMap<String, Code>>,
    tokens: Mutex<HashMap<String, Access>>,
    devices: DeviceGrants<String>,
    now: Seconds,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// A provider whose endpoints live under `issuer` (no slash at the end); `callback` is the platform's
    /// `auth/external`. The device grant may be polled every `interval` seconds.
    pub fn new(issuer: String, callback: String, interval: i64, now: Seconds) -> Result<Self, KeyError> {
        Ok(Self {
            issuer,
            callback,
            key: SigningKey::generate()?,
            people: RwLock::default(),
            codes: Mutex::default(),
            tokens: Mutex::default(),
            devices: DeviceGrants::new(600, interval),
            now,
        })
    }

    /// The issuer, without a slash at the end.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Replaces everybody the provider knows.
    pub fn set_people(&self, people: Vec<Person>) {
        *self.people.write().unwrap_or_else(PoisonError::into_inner) = people;
    }

    /// Changes somebody's address, as their employer would; says whether the subject is known.
    pub fn rename(&self, sub: &str, email: &str) -> bool {
        let mut people = self.people.write().unwrap_or_else(PoisonError::into_inner);
        let found = people.iter_mut().find(|p| p.sub == sub);
        found.map(|p| email.clone_into(&mut p.email)).is_some()
    }

    /// An access token for a subject without any page: what an app of the employer would hold.
    pub fn mint(&self, sub: &str, scope: &str) -> Option<String> {
        self.by_sub(sub)?;
        let token = super::tokens::random_hex(20);
        let access =
            Access { sub: sub.to_owned(), scope: scope.to_owned(), expires_at: (self.now)() + 3_600 };
        lock(&self.tokens).insert(token.clone(), access);
        Some(token)
    }

    fn by_sub(&self, sub: &str) -> Option<Person> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.iter().find(|p| p.sub == sub).cloned()
    }

    fn by_email(&self, email: &str) -> Option<Person> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.iter().find(|p| p.email.eq_ignore_ascii_case(email.trim())).cloned()
    }

    /// The provider's routes, to be nested under the path of its issuer.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(endpoints::discovery))
            .route("/jwks.json", get(endpoints::jwks))
            .route("/authorize", get(endpoints::authorize).post(endpoints::sign_in))
            .route("/token", post(endpoints::token))
            .route("/userinfo", get(endpoints::userinfo).post(endpoints::userinfo))
            .route("/device_authorization", post(endpoints::device_authorization))
            .route("/device", get(endpoints::device_page).post(endpoints::device_decision))
            .with_state(self)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
