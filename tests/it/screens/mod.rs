//! L3: every view at several sizes, text and styles. L4: jobs done in them by keys, over a clinic in memory.

mod clients;
pub(crate) mod clinic;
mod domains;
mod flow;
mod pictures;
mod route_test;
mod shell;
mod sign_in;
mod sizes;
pub mod snapshots_screen;
pub(crate) mod tokens;
