//! The floors of design.md §6: a module imports only from floors below it.

mod floors;
mod scan;
mod top_level;
