//! Client applications where their secrets come in (platform-api §6, §8, §9.5). The platform tells a secret to everybody
//! who may read the client; here it leaves by [`Client::client_secret`] alone, to be shown once, on demand.
//! Only [`crate::workflows`] calls the writes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use super::wire::WireClientSecrets;
use crate::identity::{ClientId, ProjectId, Reference, Secret, SecretHistory};

/// What is read of the answer to a new client, which holds its secret.
#[derive(Deserialize)]
struct WireMade {
    id: String,
}

/// What is read of the caller's own token.
#[derive(Deserialize)]
struct WireClaims {
    client_id: Option<String>,
}

impl Client {
    /// The client application that the caller signed in through, as the token says; `None` without one, or where the
    /// token says nothing (§3.4).
    pub async fn own_client(&self) -> Result<Option<ClientId>, Error> {
        let token = self.transport.bearer().await?;
        let claims =
            token.expose_secret().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims = claims.and_then(|claims| serde_json::from_slice::<WireClaims>(&claims).ok());
        Ok(claims.and_then(|claims| claims.client_id).map(ClientId::new))
    }

    /// A client's secrets through its versions, as numbers.
    pub async fn secret_history(&self, id: &ClientId) -> Result<SecretHistory, Error> {
        let versions = self.history::<WireClientSecrets>(ClientId::KIND, id.as_str()).await?;
        Ok(WireClientSecrets::counted(versions))
    }

    /// The present secret, to be shown once, on demand; `None` for a client without one.
    pub async fn client_secret(&self, id: &ClientId) -> Result<Option<Secret>, Error> {
        let read = self.read::<WireClientSecrets>(ClientId::KIND, id.as_str()).await?;
        Ok(read.secret.map(Secret::from))
    }

    /// A client with a secret and a membership of its own (§6). The project in the path counts for super admins only.
    pub async fn make_client(&self, project: &ProjectId, record: &Value) -> Result<Reference, Error> {
        let url = self.at(&["admin", "projects", project.as_str(), "client"]);
        let made: WireMade = self.send(Ask::post(url, record.clone(), Cost::Write)).await?.read()?;
        Ok(ClientId::new(made.id).reference())
    }

    /// `$rotate-secret` with the present secret: a new one comes, the present one retires (§8). The platform wants to be
    /// told the secret that it has, so it is read right before and dropped right after.
    pub async fn rotate_secret(&self, id: &ClientId) -> Result<(), Error> {
        let read = self.read::<WireClientSecrets>(ClientId::KIND, id.as_str()).await?;
        let present = read.secret.ok_or_else(|| nothing("the client has no secret to rotate"))?;
        let url = self.at(&["fhir", "R4", ClientId::KIND, id.as_str(), "$rotate-secret"]);
        let body = json!({ "secret": present.expose_secret() });
        self.send(Ask::post(url, body, Cost::Write)).await?.done()
    }

    /// `$rotate-secret` with the retiring secret: it works no more (§8).
    pub async fn retire_secret(&self, id: &ClientId) -> Result<(), Error> {
        let read = self.read::<WireClientSecrets>(ClientId::KIND, id.as_str()).await?;
        let retiring = read.retiring_secret.ok_or_else(|| nothing("the client has no retiring secret"))?;
        let url = self.at(&["fhir", "R4", ClientId::KIND, id.as_str(), "$rotate-secret"]);
        let body = json!({ "retiringSecret": retiring.expose_secret() });
        self.send(Ask::post(url, body, Cost::Write)).await?.done()
    }
}

/// Nothing was sent.
fn nothing(why: &str) -> Error {
    Error::new(Kind::Invalid, why)
}
