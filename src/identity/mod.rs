//! What identity is: types and pure rules. No IO, no async, no terminal.

pub mod access;
pub mod batch;
pub mod capability;
pub mod change;
pub mod client;
pub mod directory;
pub mod domain;
pub mod email;
pub mod enrolment;
pub mod feature;
pub mod findings;
pub mod flow_lab;
pub mod id;
pub mod lifetime;
pub mod linkage;
pub mod membership;
pub mod order;
pub mod provider;
pub mod record;
pub mod redirect;
pub mod role;
pub mod route;
pub mod route_file;
pub mod route_test;
pub mod second_factor;
pub mod secret;
pub mod seen;
pub mod session;
pub mod sign_in;
pub mod snapshot;
pub mod text;
pub mod trace;
pub mod user;
pub mod words;

pub use batch::{Batch, BatchRow, Settled};
pub use change::{
    Change, Confirm, FieldChange, Means, MemberAct, OnFailure, Plan, SecretAct, SignInEffect, SignInOutcome,
    Undo,
};
pub use client::{ClientSettings, SecretHistory};
pub use domain::{Domain, DomainError};
pub use email::{Email, EmailError, EmailNotice, KnownAddresses, LookAlike};
pub use enrolment::{Enrolment, OwnFactor, OwnFlags};
pub use feature::{Feature, Platform};
pub use id::{
    ClientId, DomainRouteId, MembershipId, PolicyId, ProjectId, Reference, SessionId, UserId, VersionId,
};
pub use membership::Membership;
pub use provider::{ClientApplication, DomainRoute, IdentityProvider, RouteDraft};
pub use record::Record;
pub use role::{Caller, Role};
pub use second_factor::FactorRules;
pub use secret::{Secret, SecretLike};
pub use seen::{Seen, Unseen};
pub use session::LoginSession;
pub use text::Text;
pub use user::{Factor, Mfa, User, UserScope, Version};
