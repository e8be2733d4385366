//! The real door: asks the platform who signed in, and opens the journal.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};

use super::World;
use super::world::{Connected, Door, Roster};
use crate::auth;
use crate::config::{Connection, ReadOnly};
use crate::console::effect::MembersPage;
use crate::console::failure::Failure;
use crate::identity::{MembershipId, ProjectId, Text};
use crate::journal::Journal;
use crate::platform::{Client, LARGEST_PAGE, Options};
use crate::workflows::{Engine, Trouble};

/// Enters by asking the platform.
#[derive(Debug, Clone, Copy)]
pub struct PlatformDoor;

impl Door for PlatformDoor {
    fn enter(
        &self,
        world: &World,
        connection: &Connection,
        session: &auth::Session,
    ) -> BoxFuture<'static, Result<Connected, Failure>> {
        enter(world.clone(), connection.clone(), session.clone()).boxed()
    }
}

async fn enter(world: World, connection: Connection, session: auth::Session) -> Result<Connected, Failure> {
    let extra_ca = match connection.extra_ca.clone() {
        Some(file) => Some(tokio::fs::read(&file).await.map_err(|error| {
            Failure::new(format!("{} cannot be read: {error}.", file.display()))
                .then("Correct `extra_ca` in the connection.")
        })?),
        None => None,
    };
    let options = Options { extra_ca, ..Options::default() };
    let url = connection.base_url.url().clone();
    let client = Client::new(url, Arc::new(session.clone()), options).map_err(told)?;
    let me = client.me().await.map_err(told)?;
    let (file, clock) = (world.paths.journal_file(), world.clock.clone());
    let journal = tokio::task::spawn_blocking(move || Journal::open(file, clock))
        .await
        .map_err(|_| Failure::new("The journal could not be opened."))?
        .map_err(|error| Failure::new("The journal could not be opened.").because(error.to_string()))?;
    let roster = PlatformRoster { client: client.clone(), project: me.caller.listed_project().cloned() };
    let engine = Engine {
        remote: Arc::new(client),
        journal,
        caller: me.caller,
        connection: connection.name.clone(),
        clock: world.clock,
        read_only: ReadOnly::of(world.read_only, &connection),
    };
    let connection = Some(Box::new(connection));
    Ok(Connected { engine, roster: Arc::new(roster), session: Some(session), connection })
}

fn told(error: crate::platform::Error) -> Failure {
    super::answers::told(&Trouble::from(error))
}

/// The members by the platform's own pages; the next one is on its way while one is read.
#[derive(Debug)]
struct PlatformRoster {
    client: Client,
    project: Option<ProjectId>,
}

impl PlatformRoster {
    fn pages(&self, project: Option<&ProjectId>) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        stream::unfold(self.client.members(project, LARGEST_PAGE), |mut members| async {
            let page = members.next().await?;
            let page = page.map_err(Trouble::from).map(|page| MembersPage {
                memberships: page.memberships,
                users: page.users,
                names: Vec::new(),
                total: page.total,
            });
            Some((page, members))
        })
        .boxed()
    }
}

impl Roster for PlatformRoster {
    fn members(&self) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        self.pages(self.project.as_ref())
    }

    fn members_of(&self, project: &ProjectId) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        self.pages(Some(project))
    }

    fn emails(&self) -> BoxFuture<'_, Result<Vec<(MembershipId, Text)>, Trouble>> {
        Box::pin(async {
            let users = self.client.scim_users().await.map_err(Trouble::from)?;
            Ok(users.into_iter().filter_map(|user| Some((user.id, user.email?))).collect())
        })
    }
}
