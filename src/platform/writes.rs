//! The writes. Only [`crate::workflows`] calls these, by its one path: plan, show, apply, verify.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use crate::identity::{MembershipId, ProjectId, Reference, Secret, VersionId};

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
    /// `add` is used for every new value: it works whether the field is there or not (pitfall 14.4). A secret comes
    /// last, so that the object that it belongs into is there.
    pub async fn patch(
        &self,
        target: &Reference,
        fields: &[(String, Option<Value>)],
        secret: Option<(&str, &Secret)>,
        expected: Option<&VersionId>,
    ) -> Result<(), Error> {
        let url = self.at(&["fhir", "R4", &target.kind, &target.id]);
        let mut body = patch_body(fields, expected);
        if let (Some((path, secret)), Value::Array(operations)) = (secret, &mut body) {
            operations.push(json!({ "op": "add", "path": path, "value": secret.expose() }));
        }
        let ask = Ask::patch(url, "application/json-patch+json", body, expected);
        self.send_patch(ask, expected).await
    }

    async fn send_patch(&self, ask: Ask, expected: Option<&VersionId>) -> Result<(), Error> {
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

    /// Makes a new record, with a secret at this JSON pointer of it, and tells its reference.
    pub async fn create(&self, record: &Value, secret: Option<(&str, &Secret)>) -> Result<Reference, Error> {
        let kind = record["resourceType"].as_str().unwrap_or_default();
        let mut body = record.clone();
        if let Some((pointer, secret)) = secret {
            put_in(&mut body, pointer, json!(secret.expose()))?;
        }
        let ask = Ask::post(self.at(&["fhir", "R4", kind]), body, Cost::Write);
        let made: WireMade = self.send(ask).await?.read()?;
        Ok(Reference { kind: made.resource_type.into(), id: made.id.into(), display: None })
    }

    /// Puts back what an old version had: these fields by a guarded PATCH, or the whole record by PUT, which brings a
    /// deleted one back (§1.7). The version is read here and sent on at once, for it may hold a secret.
    pub async fn restore(
        &self,
        target: &Reference,
        version: &VersionId,
        fields: Option<&[String]>,
        expected: Option<&VersionId>,
    ) -> Result<(), Error> {
        let mut old = self.version(target, version).await?;
        let url = self.at(&["fhir", "R4", &target.kind, &target.id]);
        let Some(fields) = fields else {
            if let Some(meta) = old["meta"].as_object_mut() {
                // The platform fills these in. Whose the record is stays: a PUT replaces everything (pitfall 14.1).
                for name in ["versionId", "lastUpdated", "author", "onBehalfOf", "compartment", "deleted"] {
                    meta.remove(name);
                }
            }
            return self.send(Ask::put(url, old)).await?.done();
        };
        let now = self.read::<Value>(&target.kind, &target.id).await?;
        let mut put_back = Vec::new();
        for pointer in fields {
            match (old.pointer(pointer), now.pointer(pointer)) {
                (Some(old), _) => put_back.push((pointer.clone(), Some(old.clone()))),
                (None, Some(_)) => put_back.push((pointer.clone(), None)),
                // Removing what is absent is refused (§1.8).
                (None, None) => {}
            }
        }
        let body = patch_body(&put_back, expected);
        let ask = Ask::patch(url, "application/json-patch+json", body, expected);
        self.send_patch(ask, expected).await
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

/// Sets what stands at a JSON pointer; what it stands in has to be there.
fn put_in(record: &mut Value, pointer: &str, value: Value) -> Result<(), Error> {
    let (front, name) = pointer.rsplit_once('/').unwrap_or_default();
    match record.pointer_mut(front) {
        Some(Value::Object(members)) => {
            members.insert(name.to_owned(), value);
            Ok(())
        }
        _ => Err(Error::new(Kind::Local, format!("there is no place for {pointer} in the record"))),
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
    fn a_value_is_put_in_where_there_is_a_place_for_it() {
        let mut record = json!({"identityProvider": {"clientId": "a"}});
        put_in(&mut record, "/identityProvider/clientSecret", json!("s")).unwrap();
        assert_eq!(record, json!({"identityProvider": {"clientId": "a", "clientSecret": "s"}}));
        put_in(&mut record, "/secret", json!("t")).unwrap();
        assert_eq!(record["secret"], "t");
        let error = put_in(&mut record, "/nowhere/secret", json!("hunter2")).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

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
