//! Who the client speaks for.

use std::fmt;

use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};

use super::Error;

/// Gives the bearer token and is told when the platform refuses it.
pub trait Credentials: Send + Sync + fmt::Debug {
    /// The access token to send; refreshed first when it is known to be over.
    fn bearer(&self) -> BoxFuture<'_, Result<SecretString, Error>>;

    /// The platform answered 401 to `token`. A newer token where one can be had (single flight, standards F1),
    /// `None` when the session is over.
    fn refused<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Error>>;
}

/// A token that is what it is: from the environment, or in tests.
#[derive(Debug, Clone)]
pub struct FixedToken(pub SecretString);

impl Credentials for FixedToken {
    fn bearer(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn refused<'a>(&'a self, _: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

/// The header of a bearer; marked sensitive, so that it is in no debug output of the HTTP library.
pub(super) fn authorization(token: &SecretString) -> Result<http::HeaderValue, Error> {
    let mut value = http::HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Error::signed_out("the token holds characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_no_debug_output() {
        let token = SecretString::from("ey.secret");
        let header = authorization(&token).unwrap();
        let said = format!("{header:?} {:?}", FixedToken(token));
        assert!(!said.contains("ey."), "{said}");
    }

    #[test]
    fn a_token_with_a_line_break_is_not_sent() {
        assert_eq!(
            authorization(&SecretString::from("a\r\nX: y")).unwrap_err().kind,
            super::super::Kind::SignedOut
        );
    }
}
