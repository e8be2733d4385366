//! Tokens: what they say, whether it is true, and what it means. Pure: no IO, no clock of its own, no secrets kept.
//!
//! | Question | Where |
//! |---|---|
//! | Where is the token in what was pasted? | [`extract`] (`curl` where it is a command) |
//! | What is it made of? | [`jws`], [`json`] (`json_form` where a signature comes as JSON) |
//! | By which keys can it be checked? | [`jwk`] |
//! | Is it signed by one of them? | [`verify`] |
//! | What is it for? | [`kind`] |
//! | What does a claim mean, may it be shown? | [`meaning`], [`redact`] |
//! | How is a long value told in a sentence? | [`brief`] |
//! | Which access token did an ID token come with? | [`came_with`] |
//! | Does it count now? | [`time`], [`ladder`] |
//! | What does its scope take away? | [`scope`] |
//! | How do two differ? | [`compare`] |
//!
//! Everything here takes text from strangers: sizes are bounded, nothing panics, and what comes out is safe to show.

pub mod brief;
pub mod compare;
mod curl;
pub mod extract;
mod id_token;
pub mod json;
mod json_form;
pub mod jwk;
pub mod jws;
pub mod kind;
pub mod ladder;
pub mod meaning;
pub mod redact;
mod roca;
pub mod scope;
mod shell;
pub mod time;
pub mod verify;

pub use id_token::{CameWith, access_beside, came_with};
pub use jwk::KeySet;
pub use jws::{Jws, Malformed, Token};
pub use kind::Kind;
pub use verify::Signature;
