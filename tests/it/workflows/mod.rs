//! Gather → plan → apply → verify → undo.

mod access;
mod accounts;
mod admin_api;
mod apply;
mod bulk;
mod checkup;
mod clients;
mod each;
mod embedded;
mod fake;
mod fixes;
mod impact;
mod intents;
mod inviting;
mod kill;
mod managing;
mod own_factor;
mod paced;
mod person;
mod records;
mod refusals;
pub(crate) mod requests;
mod routes;
pub(crate) mod rows;
pub(crate) mod scene;
mod second_factor;
mod secrets;
mod server_scoped;
mod sessions;
pub(crate) mod token_lab;
mod token_scripted;
mod token_watch;
mod token_why;

use idconsole::identity::{MembershipId, Plan};
use idconsole::workflows::Engine;
use idconsole::workflows::email_change::{Choices, WayKind, prepare};

/// The plan for a new address, by one way.
pub async fn plan(engine: &Engine, membership: &str, email: &str, way: WayKind) -> Plan {
    let choices = Choices { skip_verification: true, ..Choices::default() };
    let prepared = prepare(engine, &MembershipId::from(membership), email, None, choices).await.unwrap();
    prepared.proposal.way(way).unwrap().plan().unwrap().clone()
}
