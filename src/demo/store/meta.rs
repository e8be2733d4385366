//! What the platform writes into `meta`, and when two contents count as the same.

use serde_json::{Value, json};

use super::super::kinds::Kind;

/// Fills in `meta.project` where the type decides it, and `meta.compartment` (platform-api §9).
pub fn fill_meta(kind: Kind, resource: &mut Value) {
    match kind.name() {
        "Project" => resource["meta"]["project"] = resource["id"].clone(),
        "ProjectMembership" => {
            if let Some(id) =
                resource["project"]["reference"].as_str().and_then(|r| r.strip_prefix("Project/"))
            {
                resource["meta"]["project"] = json!(id);
            }
        }
        _ => {}
    }
    if !resource["meta"].is_object() {
        resource["meta"] = json!({});
    }
    let mut compartments: Vec<String> = Vec::new();
    let mut add = |reference: String| {
        if !compartments.contains(&reference) {
            compartments.push(reference);
        }
    };
    if let Some(project) = resource["meta"]["project"].as_str() {
        add(format!("Project/{project}"));
    }
    if kind.name() == "User"
        && let Some(project) = resource["project"]["reference"].as_str()
    {
        add(project.to_owned());
    }
    for account in resource["meta"]["accounts"].as_array().into_iter().flatten() {
        if let Some(reference) = account["reference"].as_str()
            && !reference.starts_with("Project/")
        {
            add(reference.to_owned());
        }
    }
    match kind.name() {
        "Patient" => add(format!("Patient/{}", resource["id"].as_str().unwrap_or_default())),
        "ProjectMembership" | "User" | "Login" | "Project" | "AuditEvent" => {}
        _ => {
            for field in ["patient", "subject", "beneficiary", "for", "individual"] {
                if let Some(reference) = resource[field]["reference"].as_str()
                    && reference.starts_with("Patient/")
                {
                    add(reference.to_owned());
                }
            }
        }
    }
    let compartments: Vec<Value> = compartments.into_iter().map(|r| json!({"reference": r})).collect();
    if let Some(meta) = resource["meta"].as_object_mut() {
        if compartments.is_empty() {
            meta.shift_remove("compartment");
        } else {
            meta.insert("compartment".into(), Value::Array(compartments));
        }
    }
}

/// The same content: everything but the version, the time and the author (platform-api §1.6).
pub fn same_content(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return false };
    old.iter().chain(new.iter()).all(|(name, _)| {
        let (a, b) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
        if name == "meta" { same_meta(a, b) } else { a == b }
    })
}

fn same_meta(old: &Value, new: &Value) -> bool {
    let names = |v: &Value| v.as_object().map(|m| m.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    names(old)
        .iter()
        .chain(names(new).iter())
        .filter(|n| !["versionId", "lastUpdated", "author"].contains(&n.as_str()))
        .all(|n| old[n.as_str()] == new[n.as_str()])
}
