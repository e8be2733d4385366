//! Connections, settings and the folders they live in.
//!
//! [`Paths`] says where things are, [`Config`] is `config.toml` with its comments, [`Environment`] is what the
//! process was given, and [`choose`] tells which [`Connection`] is meant.

mod atomic;
mod choice;
mod connection;
mod environment;
mod error;
mod file;
mod paths;
mod settings;

pub use choice::{Choice, NoConnection, choose};
pub use connection::{BaseUrl, BaseUrlError, Connection, Idp, Method, StoreKind, is_loopback};
pub use environment::Environment;
pub use error::ConfigError;
pub use file::Config;
pub use paths::Paths;
pub use settings::Settings;

pub use atomic::replace_file;
