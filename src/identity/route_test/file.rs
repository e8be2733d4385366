//! A route in a file: as the platform writes it, as a draft, or inside an earlier report.

use serde_json::Value;

use super::super::provider::RouteDraft;
use super::super::route_file;
use super::super::text::shown;

/// Reads a route: a DomainConfiguration (platform-api §9.3), a [`RouteDraft`], or what holds one as `draft`. A file with a
/// secret in it is refused.
pub fn read_draft(value: &Value) -> Result<RouteDraft, String> {
    let value = value.get("draft").unwrap_or(value);
    if value.get("identityProvider").is_some() || value.get("resourceType").is_some() {
        return route_file::draft(value).map_err(|error| error.to_string());
    }
    if let Some(field) = route_file::secret_in(value) {
        return Err(route_file::NotARoute::Secret(field).to_string());
    }
    serde_json::from_value(value.clone()).map_err(|error| shown(&error.to_string()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // S2
    #[test]
    fn a_route_is_read_in_each_of_its_forms_and_never_with_a_secret() {
        let mut record = json!({
            "resourceType": "DomainConfiguration", "domain": "partner.example",
            "identityProvider": {
                "authorizeUrl": "https://idp.example/a", "tokenUrl": "https://idp.example/t",
                "userInfoUrl": "https://idp.example/u", "clientId": "c",
            },
        });
        let draft = read_draft(&record).unwrap();
        let again = serde_json::to_value(&draft).unwrap();
        assert_eq!(read_draft(&again), Ok(draft.clone()));
        assert_eq!(read_draft(&json!({ "draft": again })), Ok(draft));
        record["identityProvider"]["clientSecret"] = json!("hunter2-hunter2");
        let refused = read_draft(&record).unwrap_err();
        assert!(refused.contains("holds a secret") && !refused.contains("hunter2"), "{refused}");
        assert!(read_draft(&json!({"resourceType": "Patient"})).is_err());
        assert!(read_draft(&json!([])).is_err());
    }
}
