//! Signing in, against small scripted servers and against the embedded platform. Ids in comments are the
//! checks of the standards that a test proves.

mod config;
mod device;
mod direct;
mod discovery;
mod embedded;
mod exchange;
mod keys;
mod loopback;
mod machine;
mod paste;
mod refresh;
pub mod scripted;
mod sign_out;
pub mod signature;
mod store;
pub mod support;
