//! Records of any type, a few fields of them. Nothing else of a record leaves this file: it may hold secrets.

use serde_json::Value;

use super::client::{Client, escaped};
use super::error::{Error, Kind};
use super::wire::WireMeta;
use crate::identity::{Record, Reference};

impl Client {
    /// The fields of one record that stand at these JSON pointers.
    pub async fn record(&self, reference: &Reference, pointers: &[&str]) -> Result<Record, Error> {
        picked(self.read::<Value>(&reference.kind, &reference.id).await?, pointers)
    }

    /// Records with exactly this value of a search parameter.
    pub async fn records_where(
        &self,
        kind: &str,
        parameter: &str,
        value: &str,
        pointers: &[&str],
    ) -> Result<Vec<Record>, Error> {
        let query = [(parameter, &*escaped(value)), ("_count", "200")];
        let (found, _) = self.search::<Value>(kind, &query, 200).await?;
        found.into_iter().map(|record| picked(record, pointers)).collect()
    }
}

fn picked(mut record: Value, pointers: &[&str]) -> Result<Record, Error> {
    let unreadable = || Error::new(Kind::Unreadable, "the record has no type, id or version");
    let values = pointers.iter().map(|pointer| record.pointer(pointer).cloned()).collect();
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

    #[test]
    fn a_record_without_a_version_is_unreadable() {
        assert_eq!(
            picked(json!({"resourceType": "Login", "id": "l"}), &[]).unwrap_err().kind,
            Kind::Unreadable
        );
    }
}
