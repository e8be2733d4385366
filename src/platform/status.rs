//! `GET /healthcheck`: is there a platform, and of which version (platform-api §1.1); and what it was found to lack.

use std::sync::PoisonError;

use serde::Deserialize;

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{Feature, Platform, Text};

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

    /// What is known of the platform itself. All clones of a client know the same; a new client begins anew, because
    /// platforms are brought up to date.
    pub fn about(&self) -> Platform {
        self.about.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same with the version, which is asked for when it is not known yet. Not to be told it is no failure.
    pub async fn about_with_version(&self) -> Platform {
        if self.about().version.is_none()
            && let Ok(status) = self.status().await
        {
            self.about.lock().unwrap_or_else(PoisonError::into_inner).version = Some(status.version);
        }
        self.about()
    }

    /// Remembers that the platform has no such endpoint.
    pub fn found_lacking(&self, feature: Feature) {
        self.about.lock().unwrap_or_else(PoisonError::into_inner).lacks.insert(feature);
    }
}
