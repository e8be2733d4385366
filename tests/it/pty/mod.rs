//! L5: the real binary in a real terminal.

mod job;
mod lifetime;
mod plain;
mod secrets;
mod sizes;
mod surroundings;
pub mod terminal;
