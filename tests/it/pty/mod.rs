//! L5: the real binary in a real terminal.

mod job;
mod lifetime;
pub mod terminal;
