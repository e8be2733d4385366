//! L5: the real binary in a real terminal.

mod job;
mod lifetime;
mod plain;
pub mod terminal;
