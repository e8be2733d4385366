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
//! | ground: what identity is | [`identity`], [`ports`] | types and pure rules; no IO, no async, no terminal |
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
pub mod workflows;
