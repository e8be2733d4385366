//! The writes. Only [`crate::workflows`] calls these, by its one path: plan, show, apply, verify.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{MembershipId, ProjectId, Reference, VersionId};

/// What came of an invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// The membership that came to be (or was updated).
    Made(MembershipId),
    /// Everything was made, but the mail did not go out; the answer names no membership (§1.4 trap, §6.1 step 9).
    WithoutMail(Error),
}

#[derive(Deserialize)]
struct WireMade {
    #[serde(rename = "resourceType")]
    resource_type: String,
    id: String,
}

impl Client {
    /// PATCH of single fields: JSON pointer and new value, `None` removes. Guarded twice, by `If-Match` (412) and by a
    /// `test` on the version inside the patch, because a proxy may take the header away (§1.8, pitfall 14.2).
    /// `add` is used for every new value: it works whether the field is there or not (pitfall 14.4).
    pub async fn patch(
        &self,
        target: &Reference,
        fields: &[(String, Option<Value>)],
        expected: Option<&VersionId>,
    ) -> Result<(), Error> {
        let url = self.at(&["fhir", "R4", &target.kind, &target.id]);
        let body = patch_body(fields, expected);
        let ask = Ask::patch(url, "application/json-patch+json", body, expected);
        match self.send(ask).await {
            Ok(answer) => answer.done(),
            // The `test` on the version says the same as a 412, in other words.
            Err(mut error) if expected.is_some() && error.text.raw().starts_with("Test failed") => {
                error.kind = Kind::Stale;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a new record and tells its reference.
    pub async fn create(&self, record: &Value) -> Result<Reference, Error> {
        let kind = record["resourceType"].as_str().unwrap_or_default();
        let ask = Ask::post(self.at(&["fhir", "R4", kind]), record.clone(), Cost::Write);
        let made: WireMade = self.send(ask).await?.read()?;
        Ok(Reference { kind: made.resource_type.into(), id: made.id.into(), display: None })
    }

    /// Deletes a record; the platform keeps its history (§1.7).
    pub async fn delete(&self, target: &Reference) -> Result<(), Error> {
        self.send(Ask::delete(self.at(&["fhir", "R4", &target.kind, &target.id]))).await?.done()
    }

    /// Takes the display texts of a record's references from what they name, as far as the caller may (§8).
    pub async fn refresh_display(&self, target: &Reference) -> Result<(), Error> {
        let url = self.at(&["fhir", "R4", &target.kind, &target.id, "$refresh-reference-display"]);
        self.send(Ask::post(url, json!({}), Cost::Write)).await?.done()
    }

    /// Invites (§6.1). For a project admin the platform takes the token's own project, whatever `project` says.
    pub async fn invite(&self, project: &ProjectId, request: &Value) -> Result<Invited, Error> {
        let url = self.at(&["admin", "projects", project.as_str(), "invite"]);
        match self.send(Ask::post(url, request.clone(), Cost::Write)).await?.read::<WireMade>() {
            Ok(made) => Ok(Invited::Made(MembershipId::new(made.id))),
            Err(error) if error.kind == Kind::DoneButFailed => Ok(Invited::WithoutMail(error)),
            Err(error) => Err(error),
        }
    }
}

fn patch_body(fields: &[(String, Option<Value>)], expected: Option<&VersionId>) -> Value {
    let test =
        expected.map(|version| json!({ "op": "test", "path": "/meta/versionId", "value": version.as_str() }));
    let operations = fields.iter().map(|(path, value)| match value {
        Some(value) => json!({ "op": "add", "path": path, "value": value }),
        None => json!({ "op": "remove", "path": path }),
    });
    Value::Array(test.into_iter().chain(operations).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_tests_the_version_first_and_touches_single_fields() {
        let fields = [("/externalId".to_owned(), Some(json!("okta|1"))), ("/userName".to_owned(), None)];
        let body = patch_body(&fields, Some(&VersionId::new("v7")));
        assert_eq!(
            body,
            json!([
                { "op": "test", "path": "/meta/versionId", "value": "v7" },
                { "op": "add", "path": "/externalId", "value": "okta|1" },
                { "op": "remove", "path": "/userName" },
            ])
        );
    }
}
