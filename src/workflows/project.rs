//! A project as plans about its people need it: owner, default policies, settings (platform-api §9.7).

use serde_json::Value;

use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::{Membership, ProjectId, Record, Reference, Text};

const POINTERS: &[&str] = &[
    "/name",
    "/owner",
    "/superAdmin",
    "/defaultAccessPolicies",
    "/defaultPatientAccessPolicy",
    "/setting",
    "/features",
];

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: Text,
    /// The user who owns it; a project of a client has none.
    pub owner: Option<Reference>,
    /// Whose admins are super admins. Hidden from project admins, who are in no such project.
    pub super_admin: bool,
    /// Default policy by `Patient`, `Practitioner`, `RelatedPerson`, `Admin`.
    pub defaults: Vec<(String, Reference)>,
    /// Name and value of its settings.
    pub settings: Vec<(String, Value)>,
    /// Features it has, like `google-auth-required`.
    pub features: Vec<Text>,
}

impl Project {
    /// The policy that an invitation gives to this kind of member.
    pub fn default_policy(&self, kind: &str) -> Option<&Reference> {
        self.defaults.iter().find(|(of, _)| of == kind).map(|(_, policy)| policy)
    }

    /// A setting's value.
    pub fn setting(&self, name: &str) -> Option<&Value> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// True when it is this member's user who owns it.
    pub fn is_owned_by(&self, member: &Membership) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.id == member.user.id)
    }
}

/// Reads a project. Secrets are not asked for.
pub async fn read(engine: &Engine, id: &ProjectId) -> Result<Project, Trouble> {
    Ok(of(id, engine.remote.record(&id.reference(), POINTERS).await?))
}

/// The names of projects, by name; of those that are gone nothing.
pub async fn names(engine: &Engine, ids: &[ProjectId]) -> Result<Vec<(ProjectId, Text)>, Trouble> {
    let mut names = Vec::new();
    for id in ids {
        match engine.remote.record(&id.reference(), &["/name"]).await {
            Ok(record) => {
                let name = record.values[0].as_ref().and_then(Value::as_str).unwrap_or_default();
                names.push((id.clone(), Text::from(name)));
            }
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    names.sort_by_key(|(_, name)| name.raw().to_lowercase());
    Ok(names)
}

fn of(id: &ProjectId, record: Record) -> Project {
    let mut values = record.values.into_iter().map(Option::unwrap_or_default);
    let mut next = || values.next().unwrap_or_default();
    let (name, owner, super_admin, listed, legacy, settings, features) =
        (next(), next(), next(), next(), next(), next(), next());
    let mut defaults: Vec<(String, Reference)> = items(&listed)
        .filter_map(|item| {
            Some((item["profileType"].as_str()?.to_owned(), reference(&item["accessPolicy"])?))
        })
        .collect();
    if let (false, Some(policy)) = (defaults.iter().any(|(kind, _)| kind == "Patient"), reference(&legacy)) {
        defaults.push(("Patient".to_owned(), policy));
    }
    let value = |setting: &Value| {
        let members = setting.as_object()?;
        members.iter().find(|(name, _)| name.starts_with("value")).map(|(_, value)| value.clone())
    };
    Project {
        id: id.clone(),
        name: Text::from(name.as_str().unwrap_or_default()),
        owner: reference(&owner),
        super_admin: super_admin == Value::Bool(true),
        defaults,
        settings: items(&settings)
            .filter_map(|setting| Some((setting["name"].as_str()?.to_owned(), value(setting)?)))
            .collect(),
        features: items(&features).filter_map(Value::as_str).map(Text::from).collect(),
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A reference with its display, out of a record.
pub(super) fn reference(value: &Value) -> Option<Reference> {
    let found = Reference::parse(value["reference"].as_str()?)?;
    Some(Reference { display: value["display"].as_str().map(Text::from), ..found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn owner_defaults_and_settings_are_read() {
        let values = [
            Some(json!("Clinic")),
            Some(json!({"reference": "User/u"})),
            None,
            Some(json!([{"profileType": "Admin", "accessPolicy": {"reference": "AccessPolicy/a"}}])),
            Some(json!({"reference": "AccessPolicy/p"})),
            Some(json!([{"name": "mfaRequired", "valueBoolean": true}])),
        ];
        let version = crate::identity::Version {
            id: crate::identity::VersionId::new("v"),
            at: jiff::Timestamp::UNIX_EPOCH,
            author: None,
        };
        let id = ProjectId::from("p");
        let project = of(&id, Record { reference: id.reference(), version, values: values.to_vec() });
        assert_eq!(project.owner.as_ref().unwrap().to_string(), "User/u");
        assert_eq!(project.default_policy("Admin").unwrap().to_string(), "AccessPolicy/a");
        assert_eq!(
            project.default_policy("Patient").unwrap().to_string(),
            "AccessPolicy/p",
            "the legacy field"
        );
        assert_eq!(project.setting("mfaRequired"), Some(&json!(true)));
        assert!(!project.super_admin);
    }
}
