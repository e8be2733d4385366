//! Sessions: the caller's own by `/auth/me`, everybody's as Logins for super admins (platform-api §4, §9.6, §15).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::error::Error;
use super::pace::Cost;
use super::transport::Ask;
use super::wire::{WireMeta, WireReference};
use crate::identity::session::browser;
use crate::identity::{LoginSession, ProjectId, SessionId, Text, UserId};

/// A Login as far as it may be read: `code`, `cookie`, `refreshSecret` and the like have no field here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLogin {
    id: String,
    meta: WireMeta,
    user: Option<WireReference>,
    project: Option<WireReference>,
    client: Option<WireReference>,
    auth_method: Option<String>,
    auth_time: Option<Timestamp>,
    remote_address: Option<String>,
    user_agent: Option<String>,
    #[serde(default)]
    granted: bool,
    #[serde(default)]
    revoked: bool,
}

impl WireLogin {
    fn into_domain(self) -> LoginSession {
        let (version, _) = self.meta.version();
        LoginSession {
            id: SessionId::new(self.id),
            version: Some(version.id),
            user: self.user.and_then(WireReference::into_domain),
            project: self.project.and_then(WireReference::into_domain).map(|p| ProjectId::new(p.id)),
            client: self.client.and_then(WireReference::into_domain),
            method: Text::from(self.auth_method.unwrap_or_default()),
            address: Text::from(self.remote_address.unwrap_or_default()),
            browser: browser(self.user_agent.as_deref().unwrap_or_default()),
            began: self.auth_time,
            last_used: Some(version.at),
            granted: self.granted,
            revoked: self.revoked,
        }
    }
}

impl Client {
    /// Logins, the newest first, of a user or of everybody, at most so many; true when those were all. Super admins
    /// only, others get `Forbidden`. Logins can be searched by user alone (§9.6); `client` Logins are not stored.
    pub async fn sessions(
        &self,
        user: Option<&UserId>,
        at_most: usize,
    ) -> Result<(Vec<LoginSession>, bool), Error> {
        let user = user.map(|user| user.reference().to_string());
        let mut query = vec![("_sort", "-_lastUpdated"), ("_count", "200")];
        query.extend(user.as_deref().map(|user| ("user", user)));
        let (found, all) = self.search::<WireLogin>("Login", &query, at_most).await?;
        Ok((found.into_iter().map(WireLogin::into_domain).collect(), all))
    }

    /// The caller's own sessions of the last hour, at most 20 (§4); none for client applications.
    pub async fn own_sessions(&self) -> Result<Vec<LoginSession>, Error> {
        let me = self.me().await?;
        let user = me.caller.user.as_ref().map(UserId::reference);
        let own = me.sessions.unwrap_or_default().into_iter().map(|session| LoginSession {
            id: session.id,
            version: None,
            user: user.clone(),
            project: None,
            client: None,
            method: session.method,
            address: session.address,
            browser: session.browser,
            began: None,
            last_used: session.last_used,
            granted: true,
            revoked: false,
        });
        Ok(own.collect())
    }

    /// Ends one of the caller's own sessions; any other is `NotFound` (§4).
    pub async fn end_own_session(&self, id: &SessionId) -> Result<(), Error> {
        let ask = Ask::post(self.at(&["auth", "revoke"]), json!({ "loginId": id.as_str() }), Cost::Write);
        self.send(ask).await?.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // platform-api §9.6, §14.12
    #[test]
    fn nothing_secret_of_a_login_is_kept() {
        let login: WireLogin = serde_json::from_value(json!({
            "resourceType": "Login", "id": "l1",
            "meta": {"versionId": "v1", "lastUpdated": "2026-01-05T10:00:00Z"},
            "user": {"reference": "User/u1", "display": "jane@clinic.example"},
            "project": {"reference": "Project/p1"}, "client": {"reference": "ClientApplication/c1"},
            "authMethod": "password", "authTime": "2026-01-05T09:00:00Z", "granted": true,
            "remoteAddress": "10.0.0.7", "userAgent": "Mozilla/5.0 (Windows NT) Firefox/128.0",
            "code": "HUSH-1", "cookie": "HUSH-2", "refreshSecret": "HUSH-3", "nonce": "HUSH-4",
            "codeChallenge": "HUSH-5", "preAuthorizedCodeHash": "HUSH-6",
        }))
        .unwrap();
        let session = login.into_domain();
        assert!(session.is_alive());
        assert_eq!(session.words(), "password, Firefox, Windows from 10.0.0.7");
        assert!(!format!("{session:?}").contains("HUSH"));
    }
}
