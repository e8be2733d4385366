//! The embedded platform: a real HTTP server on loopback that answers as Medplum 5.1.29 does.
//!
//! It imports nothing from the rest of the house, so that a fault in the client cannot hide in the server.
//! Start one with [`Platform::start`]; it stops when the [`Running`] handle is dropped.
//!
//! | Room | What lives there |
//! |---|---|
//! | [`server`], [`state`], [`request`], [`caller`] | start, the path of a request, who asks |
//! | [`store`], [`kinds`], [`clock`] | resources with versions and indexes, resource types, time |
//! | [`auth`], [`oauth`], [`discovery`] | signing in: `/auth/*`, `/oauth2/*`, the well-known documents |
//! | [`fhir`], [`admin`], [`scim`] | resources and their operations; members, clients, settings; SCIM users |
//! | [`search`], [`access`] | queries and pages; who may do what |
//! | [`session`], [`lookup`], [`tokens`], [`device`] | logins, how a sign-in finds its user, JWTs, device grants |
//! | [`pages`], [`idp`] | the sign-in web app, and an external identity provider with its people |
//! | [`seed`] | the demonstration's tenant |
//! | [`outcome`], [`limits`], [`faults`], [`settings`], [`older`], [`mail`] | the shapes of errors, rate limits, scripted faults, configuration, what an older platform lacks |

pub mod access;
pub mod admin;
pub mod auth;
pub mod auth_state;
pub mod bootstrap;
pub mod caller;
pub mod clock;
pub mod device;
pub mod discovery;
pub mod faults;
pub mod fhir;
pub mod html;
pub mod idp;
pub mod kinds;
pub mod limits;
mod listener;
pub mod lookup;
pub mod mail;
pub mod oauth;
pub mod oauth_session;
pub mod older;
pub mod outcome;
pub mod pages;
pub mod policies;
pub mod records;
pub mod request;
pub mod scim;
pub mod search;
mod secrets;
pub mod seed;
pub mod server;
pub mod session;
pub mod settings;
mod sign_in;
pub mod state;
pub mod store;
pub mod tokens;
pub mod totp;

pub use seed::{Account, Facts, PASSWORD, Seed};
pub use server::{Options, Platform, Running, StartError};
pub use settings::Settings;
pub use state::{Shared, State};
