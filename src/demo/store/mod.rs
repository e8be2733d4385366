//! The document store: every version of every resource, in memory, with indexes for what identity work looks for.
//!
//! Bodies are kept as compact JSON bytes and read only when asked for; what searches compare is taken out once, when a
//! version is written. So a page of a hundred thousand members touches only the rows of that page.
//! Nothing here asks who may do what: that is [`super::caller`] and the FHIR routes.

mod meta;
pub mod params;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{Clock, iso, parse_iso};
use super::kinds::Kind;
use super::outcome::Outcome;

pub use meta::{fill_meta, same_content};

/// The row number of a document in its table.
pub type Slot = u32;

/// One version of a document.
#[derive(Debug, Clone)]
pub struct Version {
    /// `meta.versionId`.
    pub id: Uuid,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The resource as compact JSON; none when this version is a deletion.
    pub body: Option<Bytes>,
}

/// One value that a search parameter has in a document.
#[derive(Debug, Clone)]
pub struct Indexed {
    /// The parameter's place in [`params::of`].
    pub param: u8,
    /// The value as [`params::Param::values`] writes it.
    pub value: Arc<str>,
}

/// A document: its versions, oldest first, and what searches compare of the newest.
#[derive(Debug, Clone)]
pub struct Document {
    /// Resource id.
    pub id: Uuid,
    /// `meta.project`.
    pub project: Option<Uuid>,
    /// Versions, oldest first; never empty.
    pub versions: Vec<Version>,
    /// Values of the newest version; empty when deleted.
    pub values: Box<[Indexed]>,
}

impl Document {
    /// A document that is not stored: for asking whether a resource fits a search.
    pub fn of(resource: &Value) -> Option<Self> {
        let kind = Kind::of(resource["resourceType"].as_str()?)?;
        let mut table = Table::default();
        table.documents.push(Self {
            id: resource["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default(),
            project: resource["meta"]["project"].as_str().and_then(|p| p.parse().ok()),
            versions: vec![Version { id: Uuid::nil(), at: updated_ms(resource), body: None }],
            values: Box::default(),
        });
        table.index(kind, 0, resource);
        let mut document = table.documents.pop()?;
        if let Some(version) = document.versions.last_mut() {
            version.body = Some(Bytes::from(resource.to_string()));
        }
        Some(document)
    }

    /// The newest version.
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// When the newest version was written.
    pub fn updated(&self) -> i64 {
        self.newest().map_or(0, |v| v.at)
    }

    /// The newest body; none when deleted.
    pub fn body(&self) -> Option<&Bytes> {
        self.newest().and_then(|v| v.body.as_ref())
    }

    /// Values of one parameter.
    pub fn values_of(&self, param: u8) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |v| v.param == param).map(|v| &*v.value)
    }
}

#[derive(Debug)]
enum Posting {
    One(Slot),
    Many(Vec<Slot>),
}

/// All documents of one type.
#[derive(Debug, Default)]
pub struct Table {
    documents: Vec<Document>,
    by_id: HashMap<Uuid, Slot>,
    order: BTreeSet<(i64, Slot)>,
    by_project: HashMap<Option<Uuid>, BTreeSet<(i64, Slot)>>,
    postings: HashMap<u8, BTreeMap<Arc<str>, Posting>>,
}

impl Table {
    /// The document of an id, deleted ones too.
    pub fn find(&self, id: Uuid) -> Option<(Slot, &Document)> {
        let slot = *self.by_id.get(&id)?;
        Some((slot, self.documents.get(slot as usize)?))
    }

    /// The document of a row.
    pub fn at(&self, slot: Slot) -> Option<&Document> {
        self.documents.get(slot as usize)
    }

    /// All documents, in the order of their creation, deleted ones too.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Live rows in the order of `meta.lastUpdated`.
    pub fn in_order(&self) -> &BTreeSet<(i64, Slot)> {
        &self.order
    }

    /// Live rows of one project in the order of `meta.lastUpdated`.
    pub fn of_project(&self, project: Option<Uuid>) -> Option<&BTreeSet<(i64, Slot)>> {
        self.by_project.get(&project)
    }

    /// Live rows whose indexed value, in lower case, equals `value` or begins with it. None: no such index.
    pub fn lookup(&self, param: u8, value: &str, prefix: bool) -> Vec<Slot> {
        let mut out = Vec::new();
        let Some(index) = self.postings.get(&param) else { return out };
        let value = value.to_lowercase();
        if prefix {
            for (key, posting) in
                index.range::<str, _>((std::ops::Bound::Included(&*value), std::ops::Bound::Unbounded))
            {
                if !key.starts_with(&value) {
                    break;
                }
                posting.collect(&mut out);
            }
        } else if let Some(posting) = index.get(&*value) {
            posting.collect(&mut out);
        }
        out
    }

    fn unindex(&mut self, slot: Slot) {
        let Some(document) = self.documents.get_mut(slot as usize) else { return };
        let key = (document.updated(), slot);
        self.order.remove(&key);
        if let Some(rows) = self.by_project.get_mut(&document.project) {
            rows.remove(&key);
        }
        for Indexed { param, value } in std::mem::take(&mut document.values) {
            let Some(index) = self.postings.get_mut(&param) else { continue };
            let value = lower(&value);
            let emptied = match index.get_mut(&*value) {
                Some(Posting::One(_)) => true,
                Some(Posting::Many(slots)) => {
                    slots.retain(|s| *s != slot);
                    slots.is_empty()
                }
                None => false,
            };
            if emptied {
                index.remove(&*value);
            }
        }
    }

    fn index(&mut self, kind: Kind, slot: Slot, resource: &Value) {
        let Some(document) = self.documents.get_mut(slot as usize) else { return };
        let key = (document.updated(), slot);
        self.order.insert(key);
        self.by_project.entry(document.project).or_default().insert(key);
        let mut values = Vec::new();
        for (at, param) in params::of(kind.name()).iter().enumerate() {
            let at = u8::try_from(at).unwrap_or(u8::MAX);
            param.values(resource, &mut |value| {
                let value: Arc<str> = Arc::from(value);
                if param.selective {
                    let index = self.postings.entry(at).or_default();
                    match index.entry(lower(&value)) {
                        std::collections::btree_map::Entry::Vacant(free) => {
                            free.insert(Posting::One(slot));
                        }
                        std::collections::btree_map::Entry::Occupied(mut taken) => taken.get_mut().add(slot),
                    }
                }
                values.push(Indexed { param: at, value });
            });
        }
        for compartment in resource["meta"]["compartment"].as_array().into_iter().flatten() {
            if let Some(reference) = compartment["reference"].as_str()
                && !reference.starts_with("Project/")
            {
                values.push(Indexed { param: params::COMPARTMENT, value: Arc::from(reference) });
            }
        }
        document.values = values.into_boxed_slice();
    }
}

impl Posting {
    fn add(&mut self, slot: Slot) {
        match self {
            Self::One(first) if *first == slot => {}
            Self::One(first) => *self = Self::Many(vec![*first, slot]),
            Self::Many(slots) => {
                if !slots.contains(&slot) {
                    slots.push(slot);
                }
            }
        }
    }

    fn collect(&self, out: &mut Vec<Slot>) {
        match self {
            Self::One(slot) => out.push(*slot),
            Self::Many(slots) => out.extend_from_slice(slots),
        }
    }
}

// Shares the value itself when it is in lower case already, as nearly all are.
fn lower(value: &Arc<str>) -> Arc<str> {
    if value.chars().any(char::is_uppercase) { Arc::from(value.to_lowercase()) } else { Arc::clone(value) }
}

/// Every resource of the platform. Calls are plain and synchronous; [`super::state::State`] holds it behind one lock,
/// so whatever is done under one guard happens at once for everybody else.
#[derive(Debug)]
pub struct Store {
    tables: Vec<Table>,
    clock: Arc<Clock>,
    last_ms: i64,
}

/// Who wrote a version, and for whom.
#[derive(Debug, Clone)]
pub struct Author {
    /// `meta.author`.
    pub reference: Value,
    /// `meta.onBehalfOf`.
    pub on_behalf_of: Option<Value>,
}

impl Author {
    /// The platform itself: invitations, `$update-email`, SCIM, sign-ins.
    pub fn system() -> Self {
        Self { reference: json!({"reference": "system"}), on_behalf_of: None }
    }
}

impl Store {
    /// An empty store.
    pub fn new(clock: Arc<Clock>) -> Self {
        Self { tables: (0..Kind::COUNT).map(|_| Table::default()).collect(), clock, last_ms: 0 }
    }

    /// The table of a type.
    pub fn table(&self, kind: Kind) -> &Table {
        // Kinds are below COUNT by construction; the first table stands in for the impossible.
        self.tables.get(kind.index()).unwrap_or(&self.tables[0])
    }

    /// The live resource of a type and id.
    pub fn get(&self, kind: &str, id: &str) -> Option<Value> {
        let (_, document) = self.table(Kind::of(kind)?).find(id.parse().ok()?)?;
        parse(document.body()?)
    }

    /// The live resource, or why there is none: 404, or 410 when it was deleted.
    pub fn read(&self, kind: &str, id: &str) -> Result<Value, Outcome> {
        let kind = Kind::of(kind).ok_or_else(unknown_type)?;
        let id = parse_id(id)?;
        let (_, document) = self.table(kind).find(id).ok_or_else(Outcome::not_found)?;
        let body = document.body().ok_or_else(Outcome::gone)?;
        parse(body).ok_or_else(Outcome::not_found)
    }

    /// The live resource that `Type/id` names.
    pub fn resolve(&self, reference: &str) -> Result<Value, Outcome> {
        let (kind, id) = reference.split_once('/').ok_or_else(Outcome::not_found)?;
        self.read(kind, id)
    }

    /// Live resources whose parameter has exactly this value (letter case counts), in the order of `lastUpdated`.
    /// Reference values are `Type/id`; token values may leave out the system.
    pub fn find_by(&self, kind: &str, code: &str, value: &str) -> Vec<Value> {
        let (Some(kind_id), Some((param, definition))) = (Kind::of(kind), params::find(kind, code)) else {
            return Vec::new();
        };
        let table = self.table(kind_id);
        let is_token = definition.compare() == params::Compare::Token;
        // Addresses and numbers of people are kept under their system, and letter case does not count.
        let any_case = definition.is_telecom();
        let wanted = if any_case { value.to_lowercase() } else { value.to_owned() };
        let fits = |document: &Document| {
            document.values_of(param).any(|v| {
                let code = if is_token { v.rsplit_once('|').map_or(v, |(_, code)| code) } else { v };
                if any_case { code.to_lowercase() == wanted } else { code == wanted }
            })
        };
        let mut rows: Vec<&Document> = if definition.selective {
            let key = if is_token {
                format!("{}|{value}", params::telecom_system(kind, param))
            } else {
                value.to_owned()
            };
            table.lookup(param, &key, false).into_iter().filter_map(|s| table.at(s)).collect()
        } else {
            table.in_order().iter().filter_map(|(_, s)| table.at(*s)).collect()
        };
        rows.retain(|d| fits(d));
        rows.sort_by_key(|d| d.updated());
        rows.into_iter().filter_map(|d| parse(d.body()?)).collect()
    }

    /// Creates a resource as the platform itself: a random id unless one is given, `meta` filled in.
    /// `meta.project` is taken as given; projects and memberships belong to themselves and to their project.
    pub fn system_create(&mut self, resource: Value) -> Result<Value, Outcome> {
        self.create(resource, &Author::system())
    }

    /// Writes the next version as the platform itself; unchanged content keeps the old version.
    pub fn system_update(&mut self, resource: Value) -> Result<Value, Outcome> {
        self.update(resource, &Author::system())
    }

    /// [`Store::system_create`] in the name of an author.
    pub fn create(&mut self, mut resource: Value, author: &Author) -> Result<Value, Outcome> {
        if resource["id"].as_str().is_none_or(|id| id.parse::<Uuid>().is_err()) {
            resource["id"] = json!(Uuid::new_v4().to_string());
        }
        let at = self.tick();
        self.write(resource, author, at)
    }

    /// Writes the next version of a resource in the name of an author; unchanged content keeps the old version.
    pub fn update(&mut self, resource: Value, author: &Author) -> Result<Value, Outcome> {
        let kind =
            Kind::of(resource["resourceType"].as_str().unwrap_or_default()).ok_or_else(unknown_type)?;
        let id = parse_id(resource["id"].as_str().unwrap_or_default())?;
        if let Some(old) = self.table(kind).find(id).and_then(|(_, d)| parse(d.body()?)) {
            let mut new = resource.clone();
            fill_meta(kind, &mut new);
            if same_content(&old, &new) {
                return Ok(old);
            }
        }
        let at = self.tick();
        self.write(resource, author, at)
    }

    /// Writes a version now, changed or not.
    pub fn write_version(&mut self, resource: Value, author: &Author) -> Result<Value, Outcome> {
        let at = self.tick();
        self.write(resource, author, at)
    }

    /// Writes a version with a given time, for the seed. Times of one document must rise.
    pub fn write_at(&mut self, resource: Value, author: &Author, at: i64) -> Result<Value, Outcome> {
        self.last_ms = self.last_ms.max(at.min(self.clock.now_ms()));
        self.write(resource, author, at)
    }

    fn write(&mut self, mut resource: Value, author: &Author, at: i64) -> Result<Value, Outcome> {
        let kind =
            Kind::of(resource["resourceType"].as_str().unwrap_or_default()).ok_or_else(unknown_type)?;
        let id = parse_id(resource["id"].as_str().unwrap_or_default())?;
        fill_meta(kind, &mut resource);
        self.check_keys(kind, id, &resource)?;
        let version = Uuid::new_v4();
        let meta = &mut resource["meta"];
        meta["versionId"] = json!(version.to_string());
        meta["lastUpdated"] = json!(iso(at));
        meta["author"] = author.reference.clone();
        match &author.on_behalf_of {
            Some(reference) => meta["onBehalfOf"] = reference.clone(),
            None => {
                if let Some(members) = meta.as_object_mut() {
                    members.shift_remove("onBehalfOf");
                }
            }
        }
        let project = meta["project"].as_str().and_then(|p| p.parse().ok());
        let body = Bytes::from(resource.to_string());
        let table = &mut self.tables[kind.index()];
        let slot = if let Some(slot) = table.by_id.get(&id).copied() {
            table.unindex(slot);
            slot
        } else {
            let slot = Slot::try_from(table.documents.len()).unwrap_or(Slot::MAX);
            table.documents.push(Document { id, project, versions: Vec::new(), values: Box::default() });
            table.by_id.insert(id, slot);
            slot
        };
        if let Some(document) = table.documents.get_mut(slot as usize) {
            document.project = project;
            document.versions.push(Version { id: version, at, body: Some(body) });
        }
        table.index(kind, slot, &resource);
        Ok(resource)
    }

    /// Deletes softly: later reads say 410, the history stays. Deleting what is deleted or absent does nothing.
    pub fn delete(&mut self, kind: &str, id: &str) {
        let (Some(kind), Ok(id)) = (Kind::of(kind), id.parse::<Uuid>()) else { return };
        let at = self.tick();
        let table = &mut self.tables[kind.index()];
        let Some(slot) = table.by_id.get(&id).copied() else { return };
        if table.documents.get(slot as usize).is_none_or(|d| d.body().is_none()) {
            return;
        }
        table.unindex(slot);
        if let Some(document) = table.documents.get_mut(slot as usize) {
            document.versions.push(Version { id: Uuid::new_v4(), at, body: None });
        }
    }

    /// Removes a document and its history for good, as if it had never been.
    pub fn expunge(&mut self, kind: &str, id: &str) {
        let (Some(kind), Ok(id)) = (Kind::of(kind), id.parse::<Uuid>()) else { return };
        let table = &mut self.tables[kind.index()];
        let Some(slot) = table.by_id.remove(&id) else { return };
        table.unindex(slot);
        if let Some(document) = table.documents.get_mut(slot as usize) {
            document.versions = Vec::new();
        }
    }

    // Strictly rising, so that sorting by lastUpdated is the order of writing even within a millisecond.
    fn tick(&mut self) -> i64 {
        self.last_ms = self.clock.now_ms().max(self.last_ms + 1);
        self.last_ms
    }

    /// Refuses a resource whose unique keys another one holds, as writing it would.
    pub fn check_unique(&self, resource: &Value) -> Result<(), Outcome> {
        let kind =
            Kind::of(resource["resourceType"].as_str().unwrap_or_default()).ok_or_else(unknown_type)?;
        self.check_keys(kind, parse_id(resource["id"].as_str().unwrap_or_default())?, resource)
    }

    // The unique keys of platform-api §9: the text is the database's own.
    fn check_keys(&self, kind: Kind, id: Uuid, resource: &Value) -> Result<(), Outcome> {
        match kind.name() {
            "User" => {
                let Some(project) = resource["project"]["reference"].as_str() else { return Ok(()) };
                self.check_key(kind, id, resource, ("email", "email", "email"), Some(project))?;
                self.check_key(
                    kind,
                    id,
                    resource,
                    ("external-id", "externalId", "\"externalId\""),
                    Some(project),
                )
            }
            "ProjectMembership" => {
                let Some(project) = resource["project"]["reference"].as_str() else { return Ok(()) };
                self.check_key(
                    kind,
                    id,
                    resource,
                    ("external-id", "externalId", "\"externalId\""),
                    Some(project),
                )?;
                self.check_key(kind, id, resource, ("user-name", "userName", "\"userName\""), Some(project))
            }
            "DomainConfiguration" => self.check_key(kind, id, resource, ("domain", "domain", "domain"), None),
            _ => Ok(()),
        }
    }

    fn check_key(
        &self,
        kind: Kind,
        id: Uuid,
        resource: &Value,
        (code, field, column): (&str, &str, &str),
        project: Option<&str>,
    ) -> Result<(), Outcome> {
        let Some(value) = resource[field].as_str() else { return Ok(()) };
        let Some((param, definition)) = params::find(kind.name(), code) else { return Ok(()) };
        let wanted = if definition.compare() == params::Compare::Token {
            format!("|{value}")
        } else {
            value.to_owned()
        };
        let table = self.table(kind);
        let project_param = params::find(kind.name(), "project").map(|(at, _)| at);
        let taken =
            table.lookup(param, &wanted, false).into_iter().filter_map(|s| table.at(s)).any(|other| {
                other.id != id
                    && other.values_of(param).any(|v| v == wanted)
                    && match (project, project_param) {
                        (Some(project), Some(at)) => other.values_of(at).any(|v| v == project),
                        _ => true,
                    }
            });
        if !taken {
            return Ok(());
        }
        Err(Outcome::conflict(match project {
            Some(project) => format!("Key (project, {column})=({project}, {value}) already exists."),
            None => format!("Key ({column})=({value}) already exists."),
        }))
    }

    /// Live documents of a type.
    pub fn count(&self, kind: &str) -> usize {
        Kind::of(kind).map_or(0, |k| self.table(k).order.len())
    }
}

/// "Unknown resource type".
pub fn unknown_type() -> Outcome {
    Outcome::issues(vec![super::outcome::Issue::error("structure", "Unknown resource type")])
}

/// The id, or 404: an id that is no UUID names nothing.
pub fn parse_id(id: &str) -> Result<Uuid, Outcome> {
    if id.len() == 36 { id.parse().map_err(|_| Outcome::not_found()) } else { Err(Outcome::not_found()) }
}

/// Reads a stored body.
pub fn parse(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

/// The time of `meta.lastUpdated` of a resource.
pub fn updated_ms(resource: &Value) -> i64 {
    resource["meta"]["lastUpdated"].as_str().and_then(parse_iso).unwrap_or_default()
}

#[cfg(test)]
mod tests;
