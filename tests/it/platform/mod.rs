//! The platform client: against scripted servers what no platform does on demand, against the embedded platform
//! what a real one does.

mod answers;
mod embedded;
mod network;
mod pages;
mod repeats;
mod scripted;

use std::sync::Arc;
use std::time::Duration;

use idconsole::platform::{Client, FixedToken, Options};

/// Options that do not keep a test waiting.
pub fn quick() -> Options {
    Options {
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        retries: 2,
        first_wait: Duration::from_millis(1),
        longest_pause: Duration::from_secs(5),
        ..Options::default()
    }
}

/// A client with a token that no scripted server looks at.
pub fn client(base: &str, options: Options) -> Client {
    Client::new(base.parse().unwrap(), Arc::new(FixedToken("the-very-secret-token".into())), options).unwrap()
}
