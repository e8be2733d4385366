//! What the admin API does to one member of the caller's own project (platform-api §5, §6). Only [`crate::workflows`]
//! calls these. For a project admin the project in the path is not asked; a super admin is refused outside the
//! super-admin project.

use serde_json::json;
use url::Url;

use super::client::Client;
use super::error::Error;
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{Factor, MembershipId, ProjectId, Secret};

impl Client {
    fn of_member(&self, project: &ProjectId, id: &MembershipId, more: &[&str]) -> Url {
        self.at(&[&["admin", "projects", project.as_str(), "members", id.as_str()], more].concat())
    }

    /// Takes a factor away and mails the user. 500 when the mail cannot be sent, and done all the same (§5).
    pub async fn reset_mfa(
        &self,
        project: &ProjectId,
        id: &MembershipId,
        factor: Factor,
    ) -> Result<(), Error> {
        let url = self.of_member(project, id, &["mfa", "reset"]);
        self.send(Ask::post(url, json!({ "method": factor.name() }), Cost::Write)).await?.done()
    }

    /// Mails a link to set a new password. 500 when the mail cannot be sent (§6).
    pub async fn mail_password_reset(&self, project: &ProjectId, id: &MembershipId) -> Result<(), Error> {
        let url = self.of_member(project, id, &["resetpassword"]);
        self.send(Ask::post(url, json!({}), Cost::Write)).await?.done()
    }

    /// Sets a password. A project admin reaches users of the own project only; a super admin those of `project`, or
    /// server-scoped ones where none is given (§6, §6.2). Ends sessions of the user.
    pub async fn set_password(
        &self,
        email: &str,
        password: &Secret,
        project: Option<&ProjectId>,
        super_admin: bool,
    ) -> Result<(), Error> {
        let path = if super_admin { "super" } else { "projects" };
        let mut body = json!({ "email": email, "password": password.expose() });
        if let (Some(project), true) = (project, super_admin) {
            body["projectId"] = json!(project.as_str());
        }
        self.send(Ask::post(self.at(&["admin", path, "setpassword"]), body, Cost::Write)).await?.done()
    }

    /// Removes the membership, and a user of this project who has no other (§6).
    pub async fn remove_member(&self, project: &ProjectId, id: &MembershipId) -> Result<(), Error> {
        self.send(Ask::delete(self.of_member(project, id, &[]))).await?.done()
    }
}
