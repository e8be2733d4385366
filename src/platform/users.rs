//! Users: read, found, and their login address changed (platform-api §8, §9.1).

use serde_json::json;

use super::client::{Client, any_of, escaped};
use super::error::Error;
use super::pace::Cost;
use super::transport::Ask;
use super::wire::WireRecord;
use crate::identity::{User, UserId, UserScope};

/// Both kinds of address of a domain: its own, and those below it (§1.11: a comma is an "or").
pub(super) fn of_domain(domain: &str) -> String {
    any_of(&[format!("@{domain}"), format!(".{domain}")])
}

impl Client {
    /// One user. A project admin gets `NotFound` for server-scoped users (§12).
    pub async fn user(&self, id: &UserId) -> Result<User, Error> {
        Ok(self.read::<WireRecord>("User", id.as_str()).await?.user())
    }

    /// Visible users with exactly this address.
    pub async fn users_by_email(&self, email: &str) -> Result<Vec<User>, Error> {
        let query = [("email:exact", &*escaped(email)), ("_count", "200")];
        let (records, _) = self.search::<WireRecord>("User", &query, 200).await?;
        Ok(records.into_iter().map(WireRecord::user).collect())
    }

    /// Visible users with one of these addresses, in the order of one search (§1.11: a comma is an "or").
    pub async fn users_with_any(&self, emails: &[String]) -> Result<Vec<User>, Error> {
        if emails.is_empty() {
            return Ok(Vec::new());
        }
        let query = [("email:exact", &*any_of(emails)), ("_count", "200")];
        let (records, _) = self.search::<WireRecord>("User", &query, 200).await?;
        Ok(records.into_iter().map(WireRecord::user).collect())
    }

    /// Every visible user, by cursor (§1.11), at most so many; true when those were all.
    pub async fn users(&self, at_most: usize) -> Result<(Vec<User>, bool), Error> {
        let query = [("_sort", "_lastUpdated"), ("_count", "1000")];
        let (records, all) = self.search::<WireRecord>("User", &query, at_most).await?;
        Ok((records.into_iter().map(WireRecord::user).collect(), all))
    }

    /// Visible users with an address of this domain or of one below it, at most so many; true when those were all.
    pub async fn users_of_domain(&self, domain: &str, at_most: usize) -> Result<(Vec<User>, bool), Error> {
        let query = [("email:contains", &*of_domain(domain)), ("_sort", "_lastUpdated"), ("_count", "1000")];
        let (records, all) = self.search::<WireRecord>("User", &query, at_most).await?;
        Ok((records.into_iter().map(WireRecord::user).collect(), all))
    }

    /// Visible users with exactly this external id in the old place, `User.externalId`.
    pub async fn users_by_external_id(&self, id: &str) -> Result<Vec<User>, Error> {
        let query = [("external-id:exact", &*escaped(id)), ("_count", "200")];
        let (records, _) = self.search::<WireRecord>("User", &query, 200).await?;
        Ok(records.into_iter().map(WireRecord::user).collect())
    }

    /// Versions of a user, the newest first.
    pub async fn user_history(&self, id: &UserId) -> Result<Vec<User>, Error> {
        Ok(self.history("User", id.as_str()).await?.into_iter().map(WireRecord::user).collect())
    }

    /// `$rescope`: to `server` for users of the own project, to a project for super admins alone (§8). The answer holds
    /// a password hash, which is not read.
    pub async fn rescope(&self, id: &UserId, scope: &UserScope) -> Result<(), Error> {
        let body = match scope {
            UserScope::Server => json!({ "scope": "server" }),
            UserScope::Project(project) => {
                json!({ "scope": "project", "project": { "reference": project.reference().to_string() } })
            }
        };
        let url = self.at(&["fhir", "R4", "User", id.as_str(), "$rescope"]);
        self.send(Ask::post(url, body, Cost::Write)).await?.done()
    }

    /// `$update-email`: the platform's own way, for project-scoped users by their admin, for all by super admins (§8).
    /// Gives the user as it is afterwards. The answer holds a password hash, which is not read.
    pub async fn update_email(
        &self,
        id: &UserId,
        email: &str,
        update_profile_telecom: bool,
        skip_verification: bool,
    ) -> Result<User, Error> {
        let mut body = json!({ "email": email });
        if update_profile_telecom {
            body["updateProfileTelecom"] = json!(true);
        }
        if skip_verification {
            body["skipEmailVerification"] = json!(true);
        }
        let url = self.at(&["fhir", "R4", "User", id.as_str(), "$update-email"]);
        Ok(self.send(Ask::post(url, body, Cost::Write)).await?.read::<WireRecord>()?.user())
    }
}
