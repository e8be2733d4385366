//! The commands: the same workflows as the console, with table, JSON and CSV output and exit codes.
//!
//! [`args`] says what can be asked, [`run`] answers it. Everything is written to the [`Io`] that is passed in;
//! results go to its `out`, everything else (progress, questions, errors) to its `err`.

mod access;
pub mod args;
mod bulk;
mod clients;
mod clipboard;
mod connections;
mod console;
pub mod context;
mod demo;
mod doctor;
mod domains;
pub mod exit;
pub mod failure;
mod flow;
mod intent;
pub mod io;
mod journal;
mod links;
pub mod logging;
mod login;
mod manage;
mod members;
mod mfa;
pub mod output;
pub mod overview;
mod own_factor;
mod panics;
mod people;
pub mod plan;
pub mod run;
mod session;
mod sessions;
mod setup;
mod start;
mod token;
mod under_way;
mod users;
mod write;

pub use args::Arguments;
pub use exit::Exit;
pub use failure::Failure;
pub use io::Io;
pub use start::main;
