//! The platform's HTTP API, typed. Wire structs stay private here and become domain types at the edge.
//!
//! [`Client`] is one platform for one caller. Its methods stand beside what they are about:
//!
//! | Room | Questions and writes |
//! |---|---|
//! | `caller` | `/auth/me`, `/auth/method` |
//! | `behalf` | what a member may do, read on their behalf; it has no writes |
//! | `members`, `users`, `scim` | people |
//! | `providers` | client applications, domain routes |
//! | `clients` | a client's secrets: how old, shown on demand, rotated; a client with secret and membership |
//! | `records` | a few fields of any record, to read back what was written |
//! | `sessions` | own sessions, Logins for super admins |
//! | `writes` | PATCH, create, delete, invite; called by [`crate::workflows`] alone |
//! | `admin` | what the admin API does to one member; called by [`crate::workflows`] alone |
//! | `transport`, `pace`, `retry` | one request: headers, limits, pacing, sending again |
//! | `network`, `outcome`, `redact`, `error` | what went wrong: on the way, at the platform, without secrets, in words |
//! | `status` | is there a platform at all, of which version, and what it lacks |
//! | `wire` | the JSON, as far as it is read; secrets have no field there |
//!
//! Every method can be cancelled by dropping its future. A write that was dropped may have happened.

mod admin;
mod behalf;
mod caller;
mod client;
mod clients;
mod credentials;
mod error;
mod members;
mod network;
mod outcome;
mod own_factor;
mod pace;
mod providers;
mod records;
mod redact;
mod retry;
mod scim;
mod sessions;
mod status;
mod transport;
mod users;
mod wire;
mod writes;

pub use behalf::OnBehalf;
pub use caller::{Me, OwnSession, SignInRoute};
pub use client::Client;
pub use credentials::{Credentials, FixedToken};
pub use error::{Error, Kind, Reach};
pub use members::{LARGEST_PAGE, Members, MembersPage};
pub use pace::{Cost, Limit, Urgency};
pub use providers::{MOST_CLIENTS, MOST_ROUTES};
pub use records::MOST_RECORDS;
pub use scim::ScimUser;
pub use status::Status;
pub use transport::Options;
pub use writes::Invited;
