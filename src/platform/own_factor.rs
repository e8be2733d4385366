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
    #[serde(default)]
    allowed_methods: Vec<String>,
}

fn factors(names: &[String]) -> Vec<Factor> {
    Factor::ALL.into_iter().filter(|factor| names.iter().any(|name| name == factor.name())).collect()
}

impl Client {
    /// The key to enrol an authenticator app with. The platform keeps a new one on the user when there is none yet
    /// (§14.18): ask only for somebody who wants to enrol, or has.
    pub async fn own_enrolment(&self) -> Result<Enrolment, Error> {
        let answer = self.send(Ask::get(self.at(&["auth", "mfa", "status"]), Cost::Plain)).await?;
        let status = answer.read::<WireStatus>()?;
        Ok(Enrolment {
            uri: Secret::from(status.enroll_uri.as_str()),
            methods: factors(&status.enrolled_methods),
            allowed: factors(&status.allowed_methods),
        })
    }

    /// Mails the caller a code, to enrol mailed codes or to disable a factor with. Nothing of the user changes.
    pub async fn mail_own_code(&self) -> Result<(), Error> {
        let to = self.at(&["auth", "mfa", "send-email-challenge"]);
        self.send(Ask::post(to, json!({}), Cost::Write)).await?.done()
    }

    /// Enrols the factor that this code is of.
    pub async fn enrol_own(&self, factor: Factor, code: &Secret) -> Result<(), Error> {
        let body = json!({ "token": code.expose(), "method": factor.name() });
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
