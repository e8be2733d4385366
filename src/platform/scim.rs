//! SCIM users (platform-api §7): a SCIM user is a membership. The only window of a project admin on the present login
//! address of a server-scoped user, and the only way to change it.

use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::error::Error;
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{MembershipId, Text};

/// A member as SCIM shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimUser {
    /// The membership.
    pub id: MembershipId,
    /// Present login address.
    pub email: Option<Text>,
    /// Given name of the user.
    pub given: Text,
    /// Family name of the user.
    pub family: Text,
    /// The membership's state.
    pub active: bool,
    /// The membership's external id.
    pub external_id: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireScimUser {
    id: String,
    #[serde(default)]
    emails: Vec<WireEmail>,
    name: Option<WireName>,
    active: Option<bool>,
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct WireEmail {
    value: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireName {
    given_name: Option<String>,
    family_name: Option<String>,
}

#[derive(Deserialize)]
struct WireScimList {
    #[serde(rename = "Resources", default)]
    resources: Vec<WireScimUser>,
}

impl WireScimUser {
    fn into_domain(self) -> ScimUser {
        let name = self.name.unwrap_or_default();
        ScimUser {
            id: MembershipId::new(self.id),
            email: self.emails.into_iter().find_map(|email| email.value).map(Text::from),
            given: Text::from(name.given_name.unwrap_or_default()),
            family: Text::from(name.family_name.unwrap_or_default()),
            active: self.active.unwrap_or(true),
            external_id: self.external_id.map(Text::from),
        }
    }
}

impl Client {
    /// The SCIM view of one membership.
    pub async fn scim_user(&self, id: &MembershipId) -> Result<ScimUser, Error> {
        let url = self.at(&["scim", "v2", "Users", id.as_str()]);
        Ok(self.send(Ask::get(url, Cost::Read)).await?.read::<WireScimUser>()?.into_domain())
    }

    /// All human members; the platform stops at 1000 without saying so (§7).
    pub async fn scim_users(&self) -> Result<Vec<ScimUser>, Error> {
        let url = self.at(&["scim", "v2", "Users"]);
        let list: WireScimList = self.send(Ask::get(url, Cost::Search)).await?.read()?;
        Ok(list.resources.into_iter().map(WireScimUser::into_domain).collect())
    }

    /// Changes the login address alone, by PATCH (a PUT would erase the external id). No mail, no verification, and the
    /// platform does not lower the case. Not guarded by a version: SCIM has none.
    pub async fn scim_set_email(&self, id: &MembershipId, email: &str) -> Result<ScimUser, Error> {
        let url = self.at(&["scim", "v2", "Users", id.as_str()]);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "emails", "value": [{ "value": email }] }],
        });
        let ask = Ask::patch(url, "application/scim+json", body, None);
        Ok(self.send(ask).await?.read::<WireScimUser>()?.into_domain())
    }
}
