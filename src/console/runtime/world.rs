//! What the runtime reaches: ports, folders, and what comes into being by signing in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use secrecy::SecretString;

use crate::auth;
use crate::config::{Connection, Environment, Paths, ReadOnly};
use crate::console::effect::MembersPage;
use crate::console::failure::Failure;
use crate::identity::{MembershipId, ProjectId, Text};
use crate::ports::{Browser, Clipboard, Clock};
use crate::workflows::{Engine, Trouble};

/// The surroundings of the console. Cheap to clone; every task gets one.
#[derive(Debug, Clone)]
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The system's browser.
    pub browser: Arc<dyn Browser>,
    /// The clipboard.
    pub clipboard: Arc<dyn Clipboard>,
    /// How one waits while a token is watched.
    pub pause: Arc<dyn auth::Pause>,
    /// Where things are kept.
    pub paths: Paths,
    /// What the process was given.
    pub environment: Environment,
    /// How it begins.
    pub beginning: Beginning,
    /// What makes this run read-only, whatever the connection.
    pub read_only: Option<ReadOnly>,
    /// From a session to a platform.
    pub door: Arc<dyn Door>,
    /// What signing in brought; empty before.
    pub live: Live,
}

/// How the console begins.
#[derive(Debug, Clone, Default)]
pub enum Beginning {
    /// With the connection that is meant, if one is: its stored session is continued.
    #[default]
    Meant,
    /// With this saved connection, named on the command line.
    Named(String),
    /// With a connection that is not saved, signing in at once with what is known.
    Given {
        /// The connection.
        connection: Box<Connection>,
        /// Email of the direct method.
        email: String,
        /// Its password.
        password: SecretString,
    },
}

/// From a live session to a platform: asks who this is. A seam, so that tests can stand in.
pub trait Door: Send + Sync + fmt::Debug {
    /// Enters.
    fn enter(
        &self,
        world: &World,
        connection: &Connection,
        session: &auth::Session,
    ) -> BoxFuture<'static, Result<Connected, Failure>>;
}

/// A place for what comes into being by signing in. All clones of a [`World`] share it.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<Mutex<Option<Connected>>>);

/// A platform to talk to, as somebody.
#[derive(Debug, Clone)]
pub struct Connected {
    /// For the workflows.
    pub engine: Engine,
    /// For the list of members.
    pub roster: Arc<dyn Roster>,
    /// The session, to be ended; none where a test stands in for the platform.
    pub session: Option<auth::Session>,
    /// The connection, for sign-ins that are tried; none where a test stands in for the platform.
    pub connection: Option<Box<Connection>>,
}

impl World {
    /// These surroundings, nobody signed in, beginning with the connection that is meant.
    pub fn new(
        clock: Arc<dyn Clock>,
        browser: Arc<dyn Browser>,
        clipboard: Arc<dyn Clipboard>,
        paths: Paths,
        environment: Environment,
    ) -> Self {
        Self {
            clock,
            browser,
            clipboard,
            pause: Arc::new(auth::flow::TokioPause),
            paths,
            environment,
            beginning: Beginning::default(),
            read_only: None,
            door: Arc::new(super::door::PlatformDoor),
            live: Live::default(),
        }
    }

    /// The same, beginning otherwise.
    #[must_use]
    pub fn beginning(self, beginning: Beginning) -> Self {
        Self { beginning, ..self }
    }

    /// The same, writing nothing for this reason.
    #[must_use]
    pub fn read_only(self, read_only: Option<ReadOnly>) -> Self {
        Self { read_only, ..self }
    }
}

impl Live {
    /// Somebody is signed in.
    pub fn connect(&self, connected: Connected) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected);
    }

    /// Nobody is any more.
    pub fn disconnect(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What there is now.
    pub fn get(&self) -> Option<Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The session that is alive.
    pub fn session(&self) -> Option<auth::Session> {
        self.get().and_then(|connected| connected.session)
    }
}

/// The members of the project.
pub trait Roster: Send + Sync + fmt::Debug {
    /// All members that are people (platform-api §1.11: `profile-type`), page by page; ends after the last page or an
    /// error. Dropping it stops the loading.
    fn members(&self) -> BoxStream<'static, Result<MembersPage, Trouble>>;
    /// The same of one project alone, also where all are listed.
    fn members_of(&self, project: &ProjectId) -> BoxStream<'static, Result<MembersPage, Trouble>>;
    /// Present login addresses by SCIM in one question, as many as the platform tells at once (platform-api §7).
    fn emails(&self) -> BoxFuture<'_, Result<Vec<(MembershipId, Text)>, Trouble>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
