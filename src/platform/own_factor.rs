//! The caller's own second factor (platform-api §5). Client applications have none.

use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::error::Error;
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{Enrolment, Factor, Secret};

/// `enrollUri` holds the secret; the picture of it is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatus {
    enroll_uri: String,
    #[serde(default)]
    enrolled_methods: Vec<String>,
}

impl Client {
    /// The key to enrol an authenticator app with. The platform keeps a new one on the user when there is none yet
    /// (§14.18): ask only for somebody who wants to enrol.
    pub async fn own_enrolment(&self) -> Result<Enrolment, Error> {
        let answer = self.send(Ask::get(self.at(&["auth", "mfa", "status"]), Cost::Plain)).await?;
        let status = answer.read::<WireStatus>()?;
        let in_use = status.enrolled_methods.iter().any(|method| method == Factor::Totp.name());
        Ok(Enrolment { uri: Secret::from(status.enroll_uri.as_str()), in_use })
    }

    /// Enrols the authenticator app whose code this is.
    pub async fn enrol_own(&self, code: &Secret) -> Result<(), Error> {
        let body = json!({ "token": code.expose(), "method": Factor::Totp.name() });
        self.send(Ask::post(self.at(&["auth", "mfa", "enroll"]), body, Cost::Write)).await?.done()
    }

    /// Takes a factor away, or all of them; the key of the authenticator app is replaced.
    pub async fn disable_own(&self, factor: Option<Factor>, code: &Secret) -> Result<(), Error> {
        let mut body = json!({ "token": code.expose() });
        if let Some(factor) = factor {
            body["method"] = json!(factor.name());
        }
        self.send(Ask::post(self.at(&["auth", "mfa", "disable"]), body, Cost::Write)).await?.done()
    }
}
