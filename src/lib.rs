//! # idconsole
//!
//! Identity administration in the terminal for Medplum platforms: who can sign in, how the platform
//! recognises them, which identity provider (IdP) their domain goes to, what their second factor is.
//!
//! This page is the map of the house. A module imports only from floors below its own
//! (`tests/layering` enforces it), so to find the room for a change, ask which floor it belongs to.
//!
//! | Floor | Rooms | What lives there |
//! |---|---|---|
//! | third: who asks | [`console`] (screens), [`cli`] (commands), [`demo`] (the embedded platform) | input and output; no rule of the domain |
//! | second: what gets done | [`workflows`] | gather → plan → apply → verify → undo |
//! | first: talking and remembering | [`platform`], [`auth`], [`journal`], [`config`] | HTTP, sign-in, files |
//! | ground: what identity is | [`identity`], [`token`], [`ports`] | types and pure rules; no IO, no async, no terminal |
//!
//! ## Where a change goes
//!
//! | To add | Begin in | and follow the compiler to |
//! |---|---|---|
//! | something that can be done | [`workflows::intent::Intent`] and its planning beside it | a row in [`console::action::TABLE`], a command in [`cli::args`] |
//! | a field that plans may change | a row of [`workflows::kinds::KINDS`] | nothing else: reading back, journal and undo know it then |
//! | a way to write | [`identity::Means`] | sending, reading back, refusals, undo; [`platform`] for the request |
//! | a question to the platform | [`workflows::Remote`] | [`platform`] for the request and its wire shape |
//! | something a screen wants to know | [`console::effect::Question`] | its answering in [`console::runtime`] |
//! | a screen | [`console::screens::Place`] | its model in a folder there |
//! | something that is asked line by line (`--plain`) | a file of `cli/plain`, over the same workflows | the menu in `cli/plain/mod.rs` |
//! | a dialog that asks for something | [`console::overlays::ask`] with [`console::widgets::form`] | |
//! | a rule of the sign-in procedure | [`identity::sign_in::doctor`], one file per flow | `tests/it/doctor` drives thousands of sign-ins over HTTP and compares |
//! | what would mend a sign-in | [`identity::sign_in::doctor::Mend`] | its intent in [`workflows::diagnose`], which `tests/it/doctor/mending.rs` tries |
//! | a step of a sign-in that is tried for real | [`auth::lab`], its title in [`identity::flow_lab`] | `tests/it/lab` drives it with a person at the pages |
//! | a reason why a token is refused | [`mod@workflows::token_lab::why`], one file per part of the platform | `tests/it/workflows/token_why.rs` compares it with what the platform answers |
//! | a view of a token | [`console::screens::tokens`], one file per view | `tests/it/flows/tokens.rs` reads it by keys |
//! | a claim or an algorithm that is known | [`token::meaning`], [`token::verify`] | the public vectors in `tests/vectors` judge it |
//! | a rule over all members | [`identity::findings::Rule`] | its fix in `identity/findings/fix.rs` |
//! | what a route does to people | [`identity::sign_in::impact`], over the doctor's rules | `tests/it/workflows/impact.rs` holds it against what happens |
//! | a step of bringing a partner on | [`workflows::onboard::StepId`] | its act at the desk ([`workflows::onboard::Desk`]), its words on the screen |
//! | a command | [`cli::args`] | an example in [`cli::examples`], its JSON in `cli/shapes.txt`, a subject in `cli/subjects.rs`, its action in `tests/it/cli/parity.rs`; the tests name what is missing |
//! | a field of exports | [`identity::snapshot::record`], its value in [`identity::snapshot::of`], what it is made of in [`identity::snapshot::hidden`]; never a secret | reading, comparing and words know it then |
//! | a setting | a field of [`config::Settings`] or [`config::Connection`] and a row in [`mod@config::reference`] | check, schema and example know it then |
//! | an endpoint of the embedded platform | [`demo`] | the recordings in `tests/recordings` judge it |
//!
//! ## The life of a write
//!
//! ```text
//! key or command → Intent → plan (reads, guards) → Plan, shown as a difference → reason, confirmation
//!   → apply: journal, still as shown?, send with If-Match, journal, read back, compare, journal → undo
//! ```
//!
//! There is no other: `tests/it/layering/one_write_path.rs` holds everybody to it.
//!
//! [`demo`] stands apart: it is a server that answers as the real platform does, and imports nothing but
//! the standard library and crates, so that a fault in the client cannot hide in the server.

pub mod auth;
pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
pub mod identity;
pub mod journal;
pub mod platform;
pub mod ports;
pub mod token;
pub mod workflows;
