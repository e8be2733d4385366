//! Connections, settings and the folders they live in.
//!
//! [`Paths`] says where things are, [`Config`] is `config.toml` with its comments, [`Environment`] is what the
//! process was given, and [`choose`] tells which [`Connection`] is meant. What the file may say stands once, in
//! [`mod@reference`]: [`mistakes`], [`schema`] and [`example`] derive from it.

pub mod addresses;
mod atomic;
mod check;
mod choice;
mod connection;
mod environment;
mod error;
pub mod example;
mod file;
mod nearest;
mod paths;
mod read_only;
pub mod reference;
pub mod schema;
mod settings;

pub use check::{Mistake, line_of, mistakes};
pub use choice::{Choice, NoConnection, choose};
pub use connection::{BaseUrl, BaseUrlError, Connection, Idp, Method, StoreKind, is_loopback};
pub use environment::Environment;
pub use error::ConfigError;
pub use file::Config;
pub use nearest::{nearest, suggestion};
pub use paths::Paths;
pub use read_only::ReadOnly;
pub use settings::Settings;

pub use atomic::{create_private, create_private_folder, ensure_private_folder, replace_file};
