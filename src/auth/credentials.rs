//! A session as the platform client sees it.

use futures::future::BoxFuture;
use secrecy::SecretString;

use super::error::{self, AuthError};
use super::session::Session;
use crate::platform::{self, Credentials, Error, Kind};

impl Credentials for Session {
    fn bearer(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        Box::pin(async { Self::bearer(self).await.map_err(|error| told(&error)) })
    }

    fn refused<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Error>> {
        Box::pin(async move {
            match Self::refused(self, token).await {
                Ok(newer) => Ok(Some(newer)),
                Err(error) => Err(told(&error)),
            }
        })
    }
}

/// The client's error for a token that could not be had. A network or a server that fails for a moment is not the
/// end of the session, so it keeps its kind; nothing of the request itself was sent.
fn told(error: &AuthError) -> Error {
    let (kind, why) = match error {
        AuthError::SignInAgain(why) => (Kind::SignedOut, why.clone()),
        AuthError::Unreachable { why, .. } => (Kind::Unreachable(reach(*why)), error.to_string()),
        AuthError::Refused { refusal, .. } if refusal.status == 429 => {
            (Kind::Limited { reset: error.retry_after() }, refusal.text.to_string())
        }
        AuthError::Refused { refusal, .. } if refusal.passes() => (Kind::Server, refusal.text.to_string()),
        other => (Kind::SignedOut, other.to_string()),
    };
    let mut told = Error::signed_out(why);
    told.kind = kind;
    match error {
        AuthError::Unreachable { host, .. } => told.host = host.as_str().into(),
        AuthError::Refused { host, refusal } => {
            told.host = host.as_str().into();
            told.request_id.clone_from(&refusal.request_id);
        }
        _ => {}
    }
    told
}

fn reach(why: error::Reach) -> platform::Reach {
    match why {
        error::Reach::Name => platform::Reach::Dns,
        error::Reach::Refused => platform::Reach::Refused,
        error::Reach::Timeout => platform::Reach::Timeout,
        error::Reach::Tls | error::Reach::NotTls => platform::Reach::Tls,
        error::Reach::Broken => platform::Reach::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_over_and_a_network_that_fails_are_told_apart() {
        let over = told(&AuthError::SignInAgain("it was signed out".into()));
        assert_eq!(over.kind, Kind::SignedOut);
        assert!(over.to_string().starts_with("You are not signed in: it was signed out."), "{over}");
        let network = told(&AuthError::Unreachable { host: "a.example".into(), why: error::Reach::Timeout });
        assert_eq!(network.kind, Kind::Unreachable(platform::Reach::Timeout));
        assert!(!network.leaves_doubt());
    }
}
