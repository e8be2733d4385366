//! The floors of design.md §6: a module imports only from floors below it.

mod floors;
mod one_write_path;
mod scan;
mod top_level;
