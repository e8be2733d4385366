//! Search parameters: which there are for a type, and how their values are taken from a resource.

use serde_json::Value;

/// How a parameter's values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Case-insensitive prefix; `:exact`, `:contains`.
    Text,
    /// Whole value, optionally `system|value`.
    Token,
    /// `Type/id`.
    Reference,
    /// Instants and dates, with prefixes such as `ge`.
    Date,
}

/// What is taken at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    Text,
    Name,
    Token,
    Telecom(&'static str),
    Reference,
    ReferenceType,
    Date,
}

/// One search parameter of a type.
#[derive(Debug, PartialEq, Eq)]
pub struct Param {
    /// The name in the query.
    pub code: &'static str,
    /// Where the values stand; several paths are united.
    paths: &'static [&'static str],
    take: Take,
    /// The only type a bare id can mean.
    pub target: Option<&'static str>,
    /// Values differ enough that an index by value is worth its memory.
    pub selective: bool,
}

/// The place under which a document's compartments are kept, beside the parameters of its type.
pub const COMPARTMENT: u8 = u8::MAX;

/// The system that values of a telecom parameter are kept under: `email`, `phone`.
pub fn telecom_system(kind: &str, param: u8) -> &'static str {
    match of(kind).get(usize::from(param)).map(|p| p.take) {
        Some(Take::Telecom(system)) => system,
        _ => "",
    }
}

impl Param {
    /// Values are addresses and numbers of people: letter case does not count.
    pub fn is_telecom(&self) -> bool {
        matches!(self.take, Take::Telecom(_))
    }

    /// The first path its values are taken from.
    pub fn first_path(&self) -> &'static str {
        self.paths.first().copied().unwrap_or_default()
    }

    /// How its values compare.
    pub fn compare(&self) -> Compare {
        match self.take {
            Take::Text | Take::Name => Compare::Text,
            Take::Token | Take::Telecom(_) | Take::ReferenceType => Compare::Token,
            Take::Reference => Compare::Reference,
            Take::Date => Compare::Date,
        }
    }

    /// Hands every value of this parameter in `resource` to `found`.
    pub fn values(&self, resource: &Value, found: &mut impl FnMut(&str)) {
        for path in self.paths {
            walk(resource, path, &mut |end| self.take.values(end, found));
        }
    }

    /// The path of the element for `_include`, when it is a reference.
    pub fn references(&self, resource: &Value, found: &mut impl FnMut(&str)) {
        if self.take == Take::Reference {
            self.values(resource, found);
        }
    }
}

fn walk(value: &Value, path: &str, found: &mut impl FnMut(&Value)) {
    match value {
        Value::Array(items) => {
            for item in items {
                walk(item, path, found);
            }
        }
        _ if path.is_empty() => found(value),
        Value::Object(members) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(member) = members.get(first) {
                walk_dyn(member, rest, found);
            }
        }
        _ => {}
    }
}

// Through a trait object, so that the recursion does not multiply closures.
fn walk_dyn(value: &Value, path: &str, found: &mut dyn FnMut(&Value)) {
    walk(value, path, &mut |v| found(v));
}

impl Take {
    fn values(self, end: &Value, found: &mut impl FnMut(&str)) {
        match self {
            Self::Text | Self::Date => {
                if let Some(text) = end.as_str() {
                    found(text);
                } else if let Some(start) = end.get("start").and_then(Value::as_str) {
                    found(start);
                }
            }
            Self::Name => name_texts(end, found),
            Self::Token => token_texts(end, found),
            Self::Telecom(system) => {
                if (system.is_empty() || end["system"] == system)
                    && let Some(value) = end["value"].as_str()
                {
                    found(&format!("{}|{}", end["system"].as_str().unwrap_or_default(), value));
                }
            }
            Self::Reference => {
                if let Some(reference) = end["reference"].as_str() {
                    found(reference);
                } else if let Some(uri) = end.as_str() {
                    found(uri);
                }
            }
            Self::ReferenceType => {
                if let Some((kind, _)) = end["reference"].as_str().and_then(|r| r.split_once('/')) {
                    found(&format!("|{kind}"));
                }
            }
        }
    }
}

fn name_texts(end: &Value, found: &mut impl FnMut(&str)) {
    if let Some(text) = end.as_str() {
        found(text);
        return;
    }
    for part in ["given", "prefix", "suffix"] {
        for text in end[part].as_array().into_iter().flatten().filter_map(Value::as_str) {
            found(text);
        }
    }
    for part in ["family", "text"] {
        if let Some(text) = end[part].as_str() {
            found(text);
        }
    }
    let given: Vec<&str> = end["given"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let (false, Some(family)) = (given.is_empty(), end["family"].as_str()) {
        found(&format!("{} {family}", given.join(" ")));
    }
}

fn token_texts(end: &Value, found: &mut impl FnMut(&str)) {
    match end {
        Value::String(text) => found(&format!("|{text}")),
        Value::Bool(flag) => found(if *flag { "|true" } else { "|false" }),
        Value::Number(number) => found(&format!("|{number}")),
        Value::Object(members) => {
            if let Some(codings) = members.get("coding").and_then(Value::as_array) {
                for coding in codings {
                    token_texts(coding, found);
                }
                return;
            }
            let code = members.get("code").or_else(|| members.get("value")).and_then(Value::as_str);
            if let Some(code) = code {
                let system = members.get("system").and_then(Value::as_str).unwrap_or_default();
                found(&format!("{system}|{code}"));
            }
        }
        _ => {}
    }
}

const fn param(code: &'static str, take: Take, paths: &'static [&'static str]) -> Param {
    Param { code, paths, take, target: None, selective: false }
}

impl Param {
    const fn to(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }

    const fn indexed(mut self) -> Self {
        self.selective = true;
        self
    }
}

const USER: &[Param] = &[
    param("identifier", Take::Token, &["identifier"]),
    param("email", Take::Text, &["email"]).indexed(),
    param("external-id", Take::Text, &["externalId"]).indexed(),
    param("project", Take::Reference, &["project"]).to("Project"),
];
const PROJECT_MEMBERSHIP: &[Param] = &[
    param("project", Take::Reference, &["project"]).to("Project"),
    param("user", Take::Reference, &["user"]).indexed(),
    param("profile", Take::Reference, &["profile"]).indexed(),
    param("access-policy", Take::Reference, &["accessPolicy", "access.policy"]).to("AccessPolicy"),
    param("profile-type", Take::ReferenceType, &["profile"]),
    param("user-name", Take::Text, &["userName"]).indexed(),
    param("external-id", Take::Text, &["externalId"]).indexed(),
    param("identifier", Take::Token, &["identifier"]),
    param("admin", Take::Token, &["admin"]),
    param("active", Take::Token, &["active"]),
];
const LOGIN: &[Param] = &[
    param("user", Take::Reference, &["user"]).indexed(),
    param("code", Take::Token, &["code"]).indexed(),
    param("cookie", Take::Token, &["cookie"]).indexed(),
    param("pre-authorized-code-hash", Take::Token, &["preAuthorizedCodeHash"]).indexed(),
];
const NAMED: &[Param] = &[param("name", Take::Text, &["name"])];
const DOMAIN_CONFIGURATION: &[Param] = &[param("domain", Take::Token, &["domain"]).indexed()];
const PROJECT: &[Param] = &[
    param("identifier", Take::Token, &["identifier"]),
    param("features", Take::Token, &["features"]),
    param("google-client-id", Take::Token, &["site.googleClientId"]),
    param("recaptcha-site-key", Take::Token, &["site.recaptchaSiteKey"]),
    param("name", Take::Text, &["name"]),
    param("owner", Take::Reference, &["owner"]),
    param("link", Take::Reference, &["link.project"]).to("Project"),
];
const USER_SECURITY_REQUEST: &[Param] = &[param("user", Take::Reference, &["user"]).to("User").indexed()];
const JSON_WEB_KEY: &[Param] = &[param("active", Take::Token, &["active"])];
const AUDIT_EVENT: &[Param] = &[
    param("action", Take::Token, &["action"]),
    param("address", Take::Text, &["agent.network.address"]),
    param("agent", Take::Reference, &["agent.who"]).indexed(),
    param("agent-name", Take::Text, &["agent.name"]),
    param("agent-role", Take::Token, &["agent.role"]),
    param("altid", Take::Token, &["agent.altId"]),
    param("date", Take::Date, &["recorded"]),
    param("entity", Take::Reference, &["entity.what"]).indexed(),
    param("entity-name", Take::Text, &["entity.name"]),
    param("entity-role", Take::Token, &["entity.role"]),
    param("entity-type", Take::Token, &["entity.type"]),
    param("outcome", Take::Token, &["outcome"]),
    param("patient", Take::Reference, &["agent.who", "entity.what"]).to("Patient"),
    param("policy", Take::Token, &["agent.policy"]),
    param("site", Take::Token, &["source.site"]),
    param("source", Take::Reference, &["source.observer"]),
    param("subtype", Take::Token, &["subtype"]),
    param("type", Take::Token, &["type"]),
];
const PERSON: &[Param] = &[
    param("identifier", Take::Token, &["identifier"]),
    param("name", Take::Name, &["name"]),
    param("family", Take::Text, &["name.family"]),
    param("given", Take::Text, &["name.given"]),
    param("email", Take::Telecom("email"), &["telecom"]).indexed(),
    param("phone", Take::Telecom("phone"), &["telecom"]),
    param("telecom", Take::Telecom(""), &["telecom"]),
    param("gender", Take::Token, &["gender"]),
    param("active", Take::Token, &["active"]),
    param("birthdate", Take::Date, &["birthDate"]),
    param(
        "address",
        Take::Text,
        &["address.text", "address.line", "address.city", "address.state", "address.postalCode"],
    ),
    param("general-practitioner", Take::Reference, &["generalPractitioner"]),
    param("organization", Take::Reference, &["managingOrganization"]).to("Organization"),
    param("patient", Take::Reference, &["patient"]).to("Patient"),
    param("relationship", Take::Token, &["relationship"]),
];
// The parameters that nearly every clinical type has, enough for reading beside identity work.
const ORDINARY: &[Param] = &[
    param("identifier", Take::Token, &["identifier"]),
    param("name", Take::Name, &["name"]),
    param("status", Take::Token, &["status"]),
    param("code", Take::Token, &["code"]),
    param("category", Take::Token, &["category"]),
    param("type", Take::Token, &["type"]),
    param("subject", Take::Reference, &["subject"]),
    param("patient", Take::Reference, &["patient", "subject"]).to("Patient"),
    param("encounter", Take::Reference, &["encounter"]).to("Encounter"),
    param("practitioner", Take::Reference, &["practitioner"]).to("Practitioner"),
    param("organization", Take::Reference, &["organization"]).to("Organization"),
    param("date", Take::Date, &["date", "effectiveDateTime", "period", "recorded"]),
    param("url", Take::Token, &["url"]),
    param("title", Take::Text, &["title"]),
    param("owner", Take::Reference, &["owner"]),
    param("performer", Take::Reference, &["performer"]),
    param("author", Take::Reference, &["author"]),
    param("recipient", Take::Reference, &["recipient"]),
    param("sender", Take::Reference, &["sender"]),
    param("beneficiary", Take::Reference, &["beneficiary"]),
    param("actor", Take::Reference, &["participant.actor"]),
];

/// The parameters of a type, those of every type (`_id` …) left out.
pub fn of(kind: &str) -> &'static [Param] {
    match kind {
        "User" => USER,
        "ProjectMembership" => PROJECT_MEMBERSHIP,
        "Login" => LOGIN,
        "ClientApplication" | "AccessPolicy" | "UserConfiguration" | "Bot" => NAMED,
        "DomainConfiguration" => DOMAIN_CONFIGURATION,
        "Project" => PROJECT,
        "UserSecurityRequest" => USER_SECURITY_REQUEST,
        "JsonWebKey" => JSON_WEB_KEY,
        "AuditEvent" => AUDIT_EVENT,
        "Patient" | "Practitioner" | "RelatedPerson" | "Person" => PERSON,
        _ => ORDINARY,
    }
}

/// The place of a parameter in [`of`].
pub fn find(kind: &str, code: &str) -> Option<(u8, &'static Param)> {
    let all = of(kind);
    let at = all.iter().position(|p| p.code == code)?;
    Some((u8::try_from(at).ok()?, all.get(at)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(kind: &str, code: &str, resource: &Value) -> Vec<String> {
        let mut out = Vec::new();
        find(kind, code).unwrap().1.values(resource, &mut |v| out.push(v.to_owned()));
        out
    }

    #[test]
    fn values_are_taken_through_arrays_and_unions() {
        let membership = json!({
            "accessPolicy": {"reference": "AccessPolicy/a"},
            "access": [{"policy": {"reference": "AccessPolicy/b"}}, {"policy": {"reference": "AccessPolicy/c"}}],
            "profile": {"reference": "Patient/p"},
            "active": false,
        });
        assert_eq!(
            values("ProjectMembership", "access-policy", &membership),
            ["AccessPolicy/a", "AccessPolicy/b", "AccessPolicy/c"]
        );
        assert_eq!(values("ProjectMembership", "profile-type", &membership), ["|Patient"]);
        assert_eq!(values("ProjectMembership", "active", &membership), ["|false"]);
    }

    #[test]
    fn a_name_is_found_by_its_parts_and_as_a_whole() {
        let patient = json!({"name": [{"given": ["Ann", "Mary"], "family": "Lee"}],
            "telecom": [{"system": "email", "value": "a@b.c"}, {"system": "phone", "value": "1"}]});
        assert_eq!(values("Patient", "name", &patient), ["Ann", "Mary", "Lee", "Ann Mary Lee"]);
        assert_eq!(values("Patient", "email", &patient), ["email|a@b.c"]);
    }
}
