//! `GET /healthcheck`: is there a platform, and of which version (platform-api §1.1).

use serde::Deserialize;

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::Text;

/// A platform that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// `5.1.29-…`.
    pub version: Text,
    /// It says of itself that it works.
    pub ok: bool,
}

#[derive(Deserialize)]
struct WireHealth {
    ok: Option<bool>,
    version: Option<String>,
}

impl Client {
    /// Whether a platform answers here; asks without a bearer. [`Kind::NotAPlatform`] when something else answers.
    pub async fn status(&self) -> Result<Status, Error> {
        let ask = Ask::get(self.at(&["healthcheck"]), Cost::Plain).anonymous_question();
        let answer = self.send(ask).await?;
        let WireHealth { ok: Some(ok), version: Some(version) } = answer.read()? else {
            let what = "its health check does not tell a platform's version";
            return Err(answer.located(Error::new(Kind::NotAPlatform, what)));
        };
        Ok(Status { version: Text::from(version), ok })
    }
}
