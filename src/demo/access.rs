//! Who may do what (platform-api §12): the resolved access policy of a membership, put to types and resources.

use serde_json::{Value, json};
use uuid::Uuid;

use super::kinds::{admin_kinds, is_admin_kind, is_protected};
use super::outcome::Outcome;
use super::search::matching::prepare;
use super::search::page::Visible;
use super::search::query::Query;
use super::store::{Author, Document, Store};

/// The project of the base definitions; every caller sees it (platform-api §16).
pub const R4_PROJECT: &str = "161452d9-43b7-5c29-aa7b-c85680fa45c6";
const R4_EXPORTS: [&str; 5] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "OperationDefinition"];

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are FHIR's interactions")]
pub enum Interaction {
    Read,
    Vread,
    Update,
    Delete,
    History,
    Create,
    Search,
}

impl Interaction {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Vread => "vread",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::History => "history",
            Self::Create => "create",
            Self::Search => "search",
        }
    }

    fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Vread | Self::History | Self::Search)
    }
}

/// One line of a resolved policy.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    kind: String,
    criteria: Option<String>,
    compartment: Option<String>,
    interactions: Option<Vec<String>>,
    readonly: bool,
    /// Members taken out of what is read.
    pub hidden: Vec<String>,
    /// Members kept as they were by a write.
    pub readonly_fields: Vec<String>,
}

impl Rule {
    fn of(line: &Value) -> Self {
        let texts = |name: &str| -> Option<Vec<String>> {
            Some(line[name].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        Self {
            kind: line["resourceType"].as_str().unwrap_or_default().to_owned(),
            criteria: line["criteria"].as_str().map(str::to_owned),
            compartment: line["compartment"]["reference"].as_str().map(str::to_owned),
            interactions: texts("interaction"),
            readonly: line["readonly"] == true,
            hidden: texts("hiddenFields").unwrap_or_default(),
            readonly_fields: texts("readonlyFields").unwrap_or_default(),
        }
    }

    fn covers(&self, kind: &str, interaction: Interaction) -> bool {
        (self.kind == kind || (self.kind == "*" && !is_admin_kind(kind)))
            && match &self.interactions {
                Some(list) => list.iter().any(|i| i == interaction.name()),
                None => !self.readonly || interaction.reads(),
            }
    }
}

/// A project whose resources a caller may reach, and which types it lends out (empty: all).
#[derive(Debug, Clone)]
pub struct Reach {
    project: Uuid,
    exports: Vec<String>,
}

/// What a caller may reach and do.
#[derive(Debug, Clone)]
pub struct Access {
    /// Every type, every project.
    pub super_admin: bool,
    /// Administers the project.
    pub project_admin: bool,
    /// The caller's project, then linked ones; empty for the platform itself.
    pub reach: Vec<Reach>,
    /// Lines of the policy; none: no restriction.
    pub rules: Option<Vec<Rule>>,
    /// The policy as `/auth/me` shows it.
    pub policy: Value,
    /// Who is written into `meta`.
    pub author: Author,
    /// `X-Medplum: extended`.
    pub extended: bool,
}

impl Access {
    /// The platform itself: nothing is refused or hidden.
    pub fn system() -> Self {
        Self {
            super_admin: true,
            project_admin: false,
            reach: Vec::new(),
            rules: None,
            policy: Value::Null,
            author: Author::system(),
            extended: true,
        }
    }

    /// The access of a membership in its project; refused when a policy it names is gone.
    pub fn of_membership(
        store: &Store,
        project: &Value,
        membership: &Value,
        scope: Option<&str>,
        author: Author,
        extended: bool,
    ) -> Result<Self, Outcome> {
        let policy = resolve_policy(store, project, membership, scope)?;
        let rules = policy["resource"].as_array().into_iter().flatten().map(Rule::of).collect();
        let mut reach = vec![Reach {
            project: project["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default(),
            exports: Vec::new(),
        }];
        for link in project["link"].as_array().into_iter().flatten() {
            let linked = link["project"]["reference"].as_str().and_then(|r| store.resolve(r).ok());
            if let Some(linked) = linked
                && let Some(project) = linked["id"].as_str().and_then(|id| id.parse().ok())
            {
                let exports = linked["exportedResourceType"].as_array().into_iter().flatten();
                reach.push(Reach {
                    project,
                    exports: exports.filter_map(Value::as_str).map(str::to_owned).collect(),
                });
            }
        }
        if let Ok(project) = R4_PROJECT.parse()
            && reach.iter().all(|r| r.project != project)
        {
            reach.push(Reach { project, exports: R4_EXPORTS.map(str::to_owned).to_vec() });
        }
        Ok(Self {
            super_admin: project["superAdmin"] == true,
            project_admin: membership["admin"] == true,
            reach,
            rules: Some(rules),
            policy,
            author,
            extended,
        })
    }

    /// The caller's own project.
    pub fn project(&self) -> Option<Uuid> {
        self.reach.first().map(|r| r.project)
    }

    fn projects_for(&self, kind: &str) -> Option<Vec<Uuid>> {
        let (own, linked) = self.reach.split_first()?;
        let mut out = vec![own.project];
        if kind == "Project" || !is_admin_kind(kind) {
            out.extend(
                linked
                    .iter()
                    .filter(|r| {
                        kind == "Project" || r.exports.is_empty() || r.exports.iter().any(|e| e == kind)
                    })
                    .map(|r| r.project),
            );
        }
        Some(out)
    }

    /// May this be done to the type at all?
    pub fn supports(&self, interaction: Interaction, kind: &str) -> bool {
        (self.super_admin || !is_protected(kind))
            && self.rules.as_ref().is_none_or(|rules| rules.iter().any(|r| r.covers(kind, interaction)))
    }

    /// The first line that allows it on this resource; none in `Some` for callers without a policy.
    pub fn satisfied(
        &self,
        store: &Store,
        interaction: Interaction,
        resource: &Value,
    ) -> Option<Option<&Rule>> {
        let Some(rules) = &self.rules else { return Some(None) };
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        rules.iter().find(|r| r.covers(kind, interaction) && fits(store, r, kind, resource)).map(Some)
    }

    /// May this be done to this resource?
    pub fn permits(&self, store: &Store, interaction: Interaction, resource: &Value) -> bool {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        if !self.super_admin {
            if is_protected(kind) {
                return false;
            }
            let project: Option<Uuid> = resource["meta"]["project"].as_str().and_then(|p| p.parse().ok());
            let reached = if interaction.reads() {
                project.is_some_and(|p| self.projects_for(kind).is_none_or(|all| all.contains(&p)))
            } else {
                project == self.project()
            };
            if !reached {
                return false;
            }
        }
        self.satisfied(store, interaction, resource).is_some()
    }

    /// Which rows of a type may be seen by a read or a search.
    pub fn visible(&self, store: &Store, interaction: Interaction, kind: &str) -> Visible {
        let projects = if self.super_admin { None } else { self.projects_for(kind) };
        let Some(rules) = &self.rules else { return Visible { projects, any_of: None } };
        let mut any_of = Vec::new();
        for rule in rules.iter().filter(|r| r.covers(kind, interaction)) {
            if let Some(compartment) = &rule.compartment {
                any_of.push(super::search::matching::Test::Compartment(
                    vec![compartment.rsplit('/').next().unwrap_or_default().to_owned()],
                    false,
                ));
            } else if let Some(criteria) = &rule.criteria {
                match criteria_query(criteria, kind).and_then(|q| prepare(store, &q)) {
                    Ok(tests) => any_of.push(super::search::matching::Test::All(tests)),
                    // The platform ignores a whole policy whose criteria it cannot read.
                    Err(_) => return Visible { projects, any_of: None },
                }
            } else {
                return Visible { projects, any_of: None };
            }
        }
        Visible { projects, any_of: if any_of.is_empty() { None } else { Some(any_of) } }
    }

    /// Takes out of a resource what this caller may not read.
    pub fn hide(&self, store: &Store, resource: &mut Value) {
        let hidden: Vec<String> = match self.satisfied(store, Interaction::Read, resource) {
            Some(Some(rule)) => rule.hidden.clone(),
            _ => Vec::new(),
        };
        for field in &hidden {
            remove_field(resource, field);
        }
        if !self.extended
            && let Some(meta) = resource["meta"].as_object_mut()
        {
            for name in ["author", "project", "account", "accounts", "compartment", "deleted"] {
                meta.shift_remove(name);
            }
        }
    }

    /// Members of a type that some line hides: resources without them can be handed out as they are.
    pub fn hidden_anywhere(&self, kind: &str) -> Vec<&str> {
        let rules = self.rules.iter().flatten();
        rules
            .filter(|r| r.covers(kind, Interaction::Read))
            .flat_map(|r| r.hidden.iter().map(String::as_str))
            .collect()
    }

    /// Puts back what this caller may not write: read-only and hidden members keep their old values.
    pub fn restore(&self, store: &Store, resource: &mut Value, original: Option<&Value>) {
        let interaction = if original.is_some() { Interaction::Update } else { Interaction::Create };
        let Some(Some(rule)) = self.satisfied(store, interaction, original.unwrap_or(resource)) else {
            return;
        };
        let fields: Vec<String> = rule.readonly_fields.iter().chain(&rule.hidden).cloned().collect();
        for field in fields {
            remove_field(resource, &field);
            if let Some(value) = original.and_then(|o| o.get(&field))
                && *value != json!(false)
                && !field.contains('.')
            {
                resource[field] = value.clone();
            }
        }
    }

    /// May `meta.account` be written?
    pub fn writes_accounts(&self) -> bool {
        self.extended && (self.super_admin || self.project_admin)
    }
}

fn remove_field(resource: &mut Value, field: &str) {
    if let Some((first, rest)) = field.split_once('.') {
        match resource.get_mut(first) {
            Some(Value::Array(items)) => items.iter_mut().for_each(|i| remove_field(i, rest)),
            Some(inner) => remove_field(inner, rest),
            None => {}
        }
    } else if let Some(stem) = field.strip_suffix("[x]") {
        if let Some(members) = resource.as_object_mut() {
            members.retain(|name, _| !name.starts_with(stem));
        }
    } else if let Some(members) = resource.as_object_mut() {
        members.shift_remove(field);
    }
}

fn criteria_query(criteria: &str, kind: &str) -> Result<Query, Outcome> {
    let mut query = Query::parse_text(criteria)?;
    if query.kind == "*" {
        kind.clone_into(&mut query.kind);
    }
    Ok(query)
}

fn fits(store: &Store, rule: &Rule, kind: &str, resource: &Value) -> bool {
    if let Some(compartment) = &rule.compartment {
        let listed = resource["meta"]["compartment"].as_array().into_iter().flatten();
        if !listed.into_iter().any(|c| c["reference"] == compartment.as_str()) {
            return false;
        }
    }
    let Some(criteria) = &rule.criteria else { return true };
    let Ok(tests) = criteria_query(criteria, kind).and_then(|q| prepare(store, &q)) else { return false };
    Document::of(resource).is_some_and(|d| tests.iter().all(|t| t.fits(&d)))
}

/// The text of a sign-in or a call that meets a dead policy.
pub const DEAD_POLICY: &str = "Cannot authenticate: Invalid access policy configuration. Please contact your \
                               administrator to update your project membership.";

/// The policy of a membership with its parameters filled in and the role's own lines added (platform-api §12).
pub fn resolve_policy(
    store: &Store,
    project: &Value,
    membership: &Value,
    scope: Option<&str>,
) -> Result<Value, Outcome> {
    let membership = &reconciled(project, membership);
    let mut entries: Vec<Value> = Vec::new();
    if membership["accessPolicy"].is_object() {
        entries.push(json!({"policy": membership["accessPolicy"]}));
    }
    entries.extend(membership["access"].as_array().into_iter().flatten().cloned());
    let mut lines: Vec<Value> = Vec::new();
    let mut ip_rules: Vec<Value> = Vec::new();
    let mut compartment = Value::Null;
    for entry in &entries {
        let reference = entry["policy"]["reference"].as_str().unwrap_or_default();
        let original = store.resolve(reference).map_err(|_| Outcome::bad_request(DEAD_POLICY))?;
        let filled = fill_parameters(&original, entry, &membership["profile"]);
        if filled["compartment"].is_object() {
            compartment = filled["compartment"].clone();
        }
        for line in filled["resource"].as_array().into_iter().flatten() {
            let mut line = line.clone();
            if line["readonly"] == true && !line["interaction"].is_array() {
                line["interaction"] = json!(["search", "read", "history", "vread"]);
            }
            lines.push(line);
        }
        ip_rules.extend(filled["ipAccessRule"].as_array().into_iter().flatten().cloned());
    }
    if entries.is_empty() {
        lines.push(json!({"resourceType": "*"}));
    }
    for kind in ["SearchParameter", "StructureDefinition"] {
        if lines.iter().all(|l| l["resourceType"] != kind) {
            lines.push(json!({"resourceType": kind, "readonly": true}));
        }
    }
    if let Some(scope) = scope {
        lines = narrow_by_scope(lines, scope);
    }
    add_role_lines(&mut lines, project, membership);
    let mut policy = json!({
        "resourceType": "AccessPolicy",
        "basedOn": entries.iter().map(|e| e["policy"].clone()).collect::<Vec<_>>(),
    });
    if compartment.is_object() {
        policy["compartment"] = compartment;
    }
    policy["resource"] = Value::Array(lines);
    if !ip_rules.is_empty() {
        policy["ipAccessRule"] = Value::Array(ip_rules);
    }
    Ok(policy)
}

/// A membership whose default policy does not fit its admin flag gets the default that does. The admin API stores
/// that; for others it holds in effect only (platform-api §6).
pub fn reconciled(project: &Value, membership: &Value) -> Value {
    let default = |kind: &str| {
        let all = project["defaultAccessPolicies"].as_array().into_iter().flatten();
        all.into_iter().find(|d| d["profileType"] == kind).map(|d| d["accessPolicy"].clone())
    };
    let current = &membership["accessPolicy"]["reference"];
    let mut out = membership.clone();
    if let (Some(admin), Some(practitioner), true) =
        (default("Admin"), default("Practitioner"), current.is_string())
    {
        if membership["admin"] == true && *current == practitioner["reference"] {
            out["accessPolicy"] = admin;
        } else if membership["admin"] != true && *current == admin["reference"] {
            out["accessPolicy"] = practitioner;
        }
    }
    out
}

fn fill_parameters(policy: &Value, entry: &Value, profile: &Value) -> Value {
    let mut parameters: Vec<Value> = entry["parameter"].as_array().cloned().unwrap_or_default();
    parameters.push(json!({"name": "profile", "valueReference": profile}));
    if parameters.iter().all(|p| p["name"] != "patient") {
        parameters.push(json!({"name": "patient", "valueReference": profile}));
    }
    let mut text = policy.to_string();
    for parameter in &parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(value) = parameter["valueString"].as_str() {
            text = text.replace(&format!("%{name}"), value);
        } else if let Some(reference) = parameter["valueReference"]["reference"].as_str() {
            let id = reference.rsplit('/').next().unwrap_or_default();
            text = text.replace(&format!("%{name}.id"), id).replace(&format!("%{name}"), reference);
        }
    }
    serde_json::from_str(&text).unwrap_or_else(|_| policy.clone())
}

// SMART scopes narrow ordinary types (platform-api §12). Without any, nothing changes.
fn narrow_by_scope(lines: Vec<Value>, scope: &str) -> Vec<Value> {
    let scopes: Vec<(&str, &str, Vec<&str>)> = scope.split(' ').filter_map(smart_scope).collect();
    if scopes.is_empty() {
        return lines;
    }
    let mut out = Vec::new();
    for line in lines {
        for (_, kind, interactions) in &scopes {
            let both = match (line["resourceType"].as_str().unwrap_or_default(), *kind) {
                (own, "*") => own.to_owned(),
                ("*", asked) => asked.to_owned(),
                (own, asked) if own == asked => own.to_owned(),
                _ => continue,
            };
            let mut narrowed = line.clone();
            narrowed["resourceType"] = json!(both);
            let allowed: Vec<&str> = interactions
                .iter()
                .filter(|i| match line["interaction"].as_array() {
                    Some(own) => own.iter().any(|o| o == **i),
                    None => line["readonly"] != true || ["read", "vread", "history", "search"].contains(*i),
                })
                .copied()
                .collect();
            narrowed["interaction"] = json!(allowed);
            out.push(narrowed);
        }
    }
    out
}

fn smart_scope(word: &str) -> Option<(&str, &str, Vec<&str>)> {
    let (who, rest) = word.split_once('/')?;
    if !["patient", "user", "system"].contains(&who) {
        return None;
    }
    let (kind, actions) = rest.split_once('.')?;
    let actions = actions.split('?').next().unwrap_or_default();
    let interactions = match actions {
        "read" => vec!["read", "vread", "history", "search"],
        "write" => vec!["create", "update", "delete"],
        "*" => vec!["create", "read", "vread", "history", "update", "delete", "search"],
        letters => letters
            .chars()
            .flat_map(|c| match c {
                'c' => &["create"][..],
                'r' => &["read", "vread", "history"],
                'u' => &["update"],
                'd' => &["delete"],
                's' => &["search"],
                _ => &[],
            })
            .copied()
            .collect(),
    };
    Some((who, kind, interactions))
}

fn add_role_lines(lines: &mut Vec<Value>, project: &Value, membership: &Value) {
    if project["superAdmin"] == true {
        for kind in admin_kinds() {
            if lines.iter().all(|l| l["resourceType"] != kind) {
                lines.push(json!({"resourceType": kind}));
            }
        }
        return;
    }
    lines.retain(|l| !is_admin_kind(l["resourceType"].as_str().unwrap_or_default()));
    if membership["admin"] != true {
        return;
    }
    let id = membership["project"]["reference"].as_str().unwrap_or_default().trim_start_matches("Project/");
    lines.extend([
        json!({"resourceType": "Project", "criteria": format!("Project?_id={id}"),
            "readonlyFields": ["features", "link", "systemSetting"],
            "hiddenFields": ["superAdmin", "systemSecret", "strictMode"],
            "interaction": ["read", "vread", "update", "history", "create", "search"]}),
        json!({"resourceType": "Project",
            "hiddenFields": ["superAdmin", "setting", "systemSetting", "secret", "systemSecret", "strictMode"],
            "interaction": ["read", "vread", "history", "search"]}),
        json!({"resourceType": "ProjectMembership", "criteria": format!("ProjectMembership?_project={id}"),
            "readonlyFields": ["project", "user"]}),
        json!({"resourceType": "UserSecurityRequest", "criteria": format!("UserSecurityRequest?_project={id}"),
            "readonly": true}),
        json!({"resourceType": "User", "criteria": format!("User?_project={id}"),
            "hiddenFields": ["passwordHash", "mfaSecret"],
            "readonlyFields": ["email", "emailVerified", "mfaEnrolled", "project"]}),
        json!({"resourceType": "Package", "readonly": true}),
        json!({"resourceType": "PackageRelease", "readonly": true}),
        json!({"resourceType": "PackageInstallation", "readonly": true}),
    ]);
}
