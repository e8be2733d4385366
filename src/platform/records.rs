//! Records of any type, a few fields of them. Nothing else of a record leaves this file: it may hold secrets.

use serde_json::Value;

use super::client::{Client, escaped};
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use super::wire::WireMeta;
use crate::identity::{Record, Reference, SecretLike, VersionId};

/// Members of records that are secrets (platform-api §14.12). That one is set is all that leaves this file.
const SECRETS: &[&str] = &[
    "clientSecret",
    "mfaSecret",
    "passwordHash",
    "refreshSecret",
    "retiringSecret",
    "secret",
    "systemSecret",
    "userInfoApiKey",
];

/// Most records that [`Client::records_where`] gives.
pub const MOST_RECORDS: usize = 200;

/// Stands for a secret that is set. The journal's own mark: a plan that holds it is never sent.
const SET: &str = "(not kept)";

impl Client {
    /// The fields of one record that stand at these JSON pointers.
    pub async fn record(&self, reference: &Reference, pointers: &[&str]) -> Result<Record, Error> {
        picked(self.read::<Value>(&reference.kind, &reference.id).await?, pointers)
    }

    /// Records with exactly this value of a search parameter, at most [`MOST_RECORDS`].
    pub async fn records_where(
        &self,
        kind: &str,
        parameter: &str,
        value: &str,
        pointers: &[&str],
    ) -> Result<Vec<Record>, Error> {
        let query = [(parameter, &*escaped(value)), ("_count", "200")];
        let (found, _) = self.search::<Value>(kind, &query, MOST_RECORDS).await?;
        found.into_iter().map(|record| picked(record, pointers)).collect()
    }
}

impl Client {
    /// One version of a record, secrets included: for what compares or sends it on at once.
    pub(super) async fn version(&self, of: &Reference, version: &VersionId) -> Result<Value, Error> {
        let url = self.at(&["fhir", "R4", &of.kind, &of.id, "_history", version.as_str()]);
        self.send(Ask::get(url, Cost::Read)).await?.read()
    }

    /// Whether the secret at this JSON pointer of a record is that one. Where neither is set they are the same.
    pub async fn secret_is(
        &self,
        of: &Reference,
        pointer: &str,
        like: SecretLike<'_>,
    ) -> Result<bool, Error> {
        let now = self.read::<Value>(&of.kind, &of.id).await?;
        let now = now.pointer(pointer);
        Ok(match like {
            SecretLike::This(secret) => now.and_then(Value::as_str) == Some(secret.expose()),
            SecretLike::Version(version) => self.version(of, version).await?.pointer(pointer) == now,
        })
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// The same with the mark in place of every secret.
fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let value = if is_secret(name) { Value::from(SET) } else { without_secrets(value) };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        plain => plain.clone(),
    }
}

/// What stands at a pointer; of a secret that it is set.
fn at(record: &Value, pointer: &str) -> Option<Value> {
    let value = record.pointer(pointer)?;
    let name = pointer.rsplit('/').next().unwrap_or_default();
    Some(if is_secret(name) { Value::from(SET) } else { without_secrets(value) })
}

fn picked(mut record: Value, pointers: &[&str]) -> Result<Record, Error> {
    let unreadable = || Error::new(Kind::Unreadable, "the record has no type, id or version");
    let values = pointers.iter().map(|pointer| at(&record, pointer)).collect();
    let text = |name: &str| record[name].as_str().ok_or_else(unreadable);
    let reference = Reference { kind: text("resourceType")?.into(), id: text("id")?.into(), display: None };
    let meta: WireMeta = serde_json::from_value(record["meta"].take()).map_err(|_| unreadable())?;
    let (version, _) = meta.version();
    Ok(Record { reference, version, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_asked_for_comes_out() {
        let record = json!({
            "resourceType": "ClientApplication", "id": "c", "name": "Portal", "secret": "hunter2",
            "meta": {"versionId": "v1", "lastUpdated": "2026-01-01T00:00:00Z"},
        });
        let picked = picked(record, &["/name", "/status"]).unwrap();
        assert_eq!(picked.values, [Some(json!("Portal")), None]);
        assert_eq!(picked.reference.to_string(), "ClientApplication/c");
        assert!(!format!("{picked:?}").contains("hunter2"));
    }

    // platform-api §14.12
    #[test]
    fn of_a_secret_only_that_it_is_set_comes_out() {
        let record = json!({
            "resourceType": "ClientApplication", "id": "c", "secret": "hunter2", "retiringSecret": "hunter3",
            "identityProvider": {"clientId": "a", "clientSecret": "hunter4", "userInfoApiKey": "hunter5"},
            "list": [{"secret": {"deep": "hunter6"}}],
            "meta": {"versionId": "v1", "lastUpdated": "2026-01-01T00:00:00Z"},
        });
        let pointers =
            ["/secret", "/identityProvider", "/identityProvider/clientSecret", "/list", "/none/secret"];
        let picked = picked(record, &pointers).unwrap();
        assert_eq!(picked.values[0], Some(json!(SET)));
        assert_eq!(
            picked.values[1],
            Some(json!({"clientId": "a", "clientSecret": SET, "userInfoApiKey": SET}))
        );
        assert_eq!(picked.values[2], Some(json!(SET)));
        assert_eq!(picked.values[4], None);
        assert!(!format!("{picked:?}").contains("hunter"));
    }

    #[test]
    fn a_record_without_a_version_is_unreadable() {
        assert_eq!(
            picked(json!({"resourceType": "Login", "id": "l"}), &[]).unwrap_err().kind,
            Kind::Unreadable
        );
    }
}
