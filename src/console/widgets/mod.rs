//! Pieces of screens.

pub mod dialog;
pub mod diff;
pub mod fields;
pub mod form;
pub mod form_dialog;
pub mod input;
pub mod lines;
pub mod list;
pub mod pane;
pub mod progress;
pub mod qr;
pub mod scroll;
pub mod shorten;
pub mod table;
