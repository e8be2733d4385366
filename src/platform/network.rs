//! Failures of the network, told apart.

use std::error::Error as _;

use super::error::{Error, Kind, Reach};

/// When a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the head of an answer.
    Asking,
    /// Within the body.
    Reading,
}

/// The error that a failed request is; it tells whether the platform may have got the request. Its text is the
/// innermost cause and never the address, which holds what was searched for.
pub(super) fn failed(error: &reqwest::Error, stage: Stage) -> Error {
    let mut words = "the request failed".to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    let mut failed = Error::new(Kind::Unreachable(reach(error, stage)), words);
    failed.sent = stage == Stage::Reading || !error.is_connect();
    failed
}

fn reach(error: &reqwest::Error, stage: Stage) -> Reach {
    if error.is_dns() {
        return Reach::Dns;
    }
    if error.is_timeout() {
        return Reach::Timeout;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::ConnectionRefused => return Reach::Refused,
                std::io::ErrorKind::TimedOut => return Reach::Timeout,
                _ => {}
            }
        }
        // The TLS library and the resolver keep their types to themselves; their words are all there is.
        let words = inner.to_string().to_ascii_lowercase();
        let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
        if says(&["dns error", "failed to lookup"]) {
            return Reach::Dns;
        }
        if error.is_connect()
            && says(&["certificate", "tls", "handshake", "corrupt message", "invalidcontenttype"])
        {
            return Reach::Tls;
        }
        cause = inner.source();
    }
    match stage {
        Stage::Asking if error.is_connect() => Reach::Other,
        Stage::Asking => Reach::Broken,
        Stage::Reading => Reach::Truncated,
    }
}
