//! What gets done: gather → plan → apply → verify → undo. Console and commands both call these.
//!
//! ```text
//! person::find ─→ person::gather ─→ email_change::gather_for ─→ email_change::propose ─→ apply::apply
//!                                                                                         │
//!                          undo::plan_undo ←─ journal ←───────────────────────────────────┘
//! ```
//!
//! Only [`apply::apply`] writes to the platform, and only plans.

pub mod access;
pub mod apply;
pub mod bulk;
pub mod checkup;
pub mod clients;
pub mod diagnose;
pub mod domains;
pub mod email_change;
pub mod engine;
pub mod factor_report;
pub mod facts;
pub mod fields;
pub mod flow_lab;
mod hidden;
pub mod history;
mod imagined;
pub mod impact;
pub mod intent;
pub mod kinds;
pub mod linkage;
pub mod onboard;
mod orphans;
mod over_http;
pub mod overview;
pub mod own_factor;
pub mod person;
pub mod project;
pub mod read_back;
pub mod refusals;
pub mod remote;
pub mod route_request;
pub mod route_test;
pub mod second_factor;
pub mod sessions;
pub mod settle;
pub mod setup;
pub mod sheet;
pub mod snapshot;
pub mod sweep;
pub mod token_lab;
pub mod undo;
pub mod ways_in;
pub mod wrong;

pub use apply::{Applied, ApplyError, Control, Progress, Rows, Stale, apply, apply_under, apply_with};
pub use engine::Engine;
pub use facts::PersonFacts;
pub use remote::{Remote, Trouble};
