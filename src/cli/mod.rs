//! The commands: the same workflows as the console, with table, JSON and CSV output and exit codes.
//!
//! [`args`] says what can be asked, [`run`] answers it. Everything is written to the [`Io`] that is passed in;
//! results go to its `out`, everything else (progress, questions, errors) to its `err`.

mod access;
pub mod args;
mod clients;
mod clipboard;
pub mod complete;
mod config;
mod connections;
mod console;
pub mod context;
pub mod definitions;
mod demo;
mod doctor;
mod domains;
pub mod examples;
pub mod exit;
pub mod failure;
pub mod fields;
mod flow;
pub mod guide;
mod intent;
pub mod io;
mod journal;
pub mod kept;
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
mod plain;
pub mod plan;
pub mod run;
mod session;
mod sessions;
mod setup;
pub mod shapes;
mod snapshot;
mod start;
mod subjects;
mod token;
mod tool;
mod users;
mod write;

pub use args::Arguments;
pub use exit::Exit;
pub use failure::Failure;
pub use io::Io;
pub use start::main;
