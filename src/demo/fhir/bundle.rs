//! A page of a search as a bundle, written straight from stored bytes where nothing has to be taken out.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::access::{Access, Interaction};
use super::super::kinds::Kind;
use super::super::outcome::Outcome;
use super::super::search::page::{self, Page, Visible};
use super::super::search::query::{Include, Query};
use super::super::state::State;
use super::super::store::{Document, Store, params, parse, unknown_type};
use super::schema;

/// Runs a search for a caller and writes its bundle. Also says how many references were followed: each costs a read.
pub fn search(
    state: &State,
    store: &Store,
    access: &Access,
    query: &mut Query,
) -> Result<(Bytes, u64), Outcome> {
    let kind = Kind::of(&query.kind).ok_or_else(unknown_type)?;
    for name in
        std::iter::once(&query.kind).chain(query.include.iter().chain(&query.revinclude).map(|i| &i.kind))
    {
        if Kind::of(name).is_none() {
            return Err(unknown_type());
        }
        if name == "Binary" {
            return Err(Outcome::bad_request("Cannot search on Binary resource type"));
        }
        if !access.supports(Interaction::Search, name) {
            return Err(Outcome::forbidden());
        }
    }
    if query.count != Some(None) {
        query.count = Some(i64::try_from(page::page_size(query)).ok());
    }
    let visible = access.visible(store, Interaction::Search, &query.kind);
    let page = page::run(store, query, &visible, state.settings.max_search_offset)?;
    let table = store.table(kind);
    let mut writer = Writer::new(state, store, access);
    for document in page.rows.iter().filter_map(|slot| table.at(*slot)) {
        writer.entry(&query.kind, document, "match", query);
    }
    include(&mut writer, query, &page)?;
    if let Some(limit) = state.settings.max_include_results
        && writer.included > 0
        && writer.entries > limit
    {
        return Err(Outcome::bad_request(format!(
            "Search with _(rev)include reached query scope limit: depth=1, results={}",
            writer.entries
        )));
    }
    let links = links(state, store, query, &page)?;
    let references = writer.references;
    Ok((writer.finish(page.total, &links), references))
}

struct Writer<'a> {
    state: &'a State,
    store: &'a Store,
    access: &'a Access,
    out: Vec<u8>,
    entries: usize,
    included: usize,
    references: u64,
    given: HashSet<(Kind, Uuid)>,
    hidden: Vec<(String, Vec<Vec<u8>>)>,
}

impl<'a> Writer<'a> {
    fn new(state: &'a State, store: &'a Store, access: &'a Access) -> Self {
        Self {
            state,
            store,
            access,
            out: br#"{"resourceType":"Bundle","type":"searchset""#.to_vec(),
            entries: 0,
            included: 0,
            references: 0,
            given: HashSet::new(),
            hidden: Vec::new(),
        }
    }

    fn entry(&mut self, kind: &str, document: &Document, mode: &str, query: &Query) {
        let Some(kind_id) = Kind::of(kind) else { return };
        if !self.given.insert((kind_id, document.id)) {
            return;
        }
        self.out.extend_from_slice(if self.entries == 0 {
            br#","entry":[{"fullUrl":""#
        } else {
            br#",{"fullUrl":""#
        });
        self.entries += 1;
        self.included += usize::from(mode == "include");
        let url = format!(
            "{}fhir/R4/{kind}/{}\",\"search\":{{\"mode\":\"{mode}\"}},\"resource\":",
            self.state.base_url, document.id
        );
        self.out.extend_from_slice(url.as_bytes());
        self.resource(kind, document, query);
        self.out.push(b'}');
    }

    fn resource(&mut self, kind: &str, document: &Document, query: &Query) {
        let Some(body) = document.body() else {
            let tombstone = json!({"resourceType": kind, "id": document.id.to_string(),
                "meta": {"lastUpdated": super::super::clock::iso(document.updated())}});
            self.out.extend_from_slice(tombstone.to_string().as_bytes());
            return;
        };
        let whole = query.fields.is_none() && query.summary.is_none();
        if whole && self.access.extended && !self.holds_hidden(kind, body) {
            self.out.extend_from_slice(body);
            return;
        }
        let Some(mut resource) = parse(body) else { return };
        self.access.hide(self.store, &mut resource);
        if !whole {
            subset(&mut resource, query);
        }
        self.out.extend_from_slice(resource.to_string().as_bytes());
    }

    // Whether the name of a hidden member stands anywhere in the bytes; then the resource is read and checked properly.
    fn holds_hidden(&mut self, kind: &str, body: &[u8]) -> bool {
        if self.hidden.iter().all(|(k, _)| k != kind) {
            let names = self.access.hidden_anywhere(kind);
            let names = names.iter().map(|n| {
                let first = n.split('.').next().unwrap_or(n);
                format!("\"{}", first.trim_end_matches("[x]")).into_bytes()
            });
            self.hidden.push((kind.to_owned(), names.collect()));
        }
        let names =
            self.hidden.iter().find(|(k, _)| k == kind).map_or(&[][..], |(_, names)| names.as_slice());
        names.iter().any(|name| body.windows(name.len()).any(|w| w == name.as_slice()))
    }

    fn finish(mut self, total: Option<usize>, links: &Value) -> Bytes {
        if self.entries > 0 {
            self.out.push(b']');
        }
        if let Some(total) = total {
            self.out.extend_from_slice(format!(",\"total\":{total}").as_bytes());
        }
        self.out.extend_from_slice(format!(",\"link\":{links}}}").as_bytes());
        Bytes::from(self.out)
    }
}

fn subset(resource: &mut Value, query: &Query) {
    let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
    let mut keep: Vec<String> = ["resourceType", "id", "meta"].map(str::to_owned).to_vec();
    match (&query.fields, query.summary.as_deref()) {
        (Some(fields), _) => {
            keep.extend(fields.iter().cloned());
            keep.extend(schema::mandatory(&kind).iter().map(|m| (*m).to_owned()));
        }
        (None, Some("text")) => {
            keep.push("text".into());
            keep.extend(schema::mandatory(&kind).iter().map(|m| (*m).to_owned()));
        }
        (None, Some("data")) => {
            let names = resource.as_object().into_iter().flat_map(|o| o.keys());
            keep.extend(names.filter(|n| *n != "text").cloned());
        }
        _ => {
            if ["Patient", "Practitioner", "RelatedPerson"].contains(&kind.as_str()) {
                let summary =
                    ["identifier", "active", "name", "telecom", "gender", "birthDate", "address", "patient"];
                keep.extend(summary.map(str::to_owned));
            }
        }
    }
    if let Some(members) = resource.as_object_mut() {
        members.retain(|name, _| keep.iter().any(|k| k == name || name.strip_prefix('_') == Some(k)));
    }
    let tag = json!({"system": "http://hl7.org/fhir/v3/ObservationValue", "code": "SUBSETTED"});
    match resource["meta"]["tag"].as_array_mut() {
        Some(tags) => tags.push(tag),
        None => resource["meta"]["tag"] = json!([tag]),
    }
}

const MAX_DEPTH: usize = 5;

// `_include` and `_revinclude`: what cannot be read is left out silently.
fn include(writer: &mut Writer<'_>, query: &Query, page: &Page) -> Result<(), Outcome> {
    let store = writer.store;
    let Some(kind) = Kind::of(&query.kind) else { return Ok(()) };
    let mut base: Vec<(Kind, &Document)> =
        page.rows.iter().filter_map(|s| Some((kind, store.table(kind).at(*s)?))).collect();
    for depth in 0..MAX_DEPTH {
        let mut found: Vec<(Kind, &Document)> = Vec::new();
        for asked in query.include.iter().filter(|i| depth == 0 || i.iterate) {
            included(writer, asked, &base, &mut found)?;
        }
        for asked in query.revinclude.iter().filter(|i| depth == 0 || i.iterate) {
            reverse_included(writer, asked, &base, &mut found)?;
        }
        if found.is_empty() {
            break;
        }
        let plain = Query::default();
        let shown = Query { fields: query.fields.clone(), summary: query.summary.clone(), ..plain };
        for (kind, document) in &found {
            writer.entry(kind.name(), document, "include", &shown);
        }
        base = found;
    }
    Ok(())
}

fn parameter(asked: &Include) -> Result<u8, Outcome> {
    params::find(&asked.kind, &asked.param).map(|(at, _)| at).ok_or_else(|| {
        Outcome::bad_request(format!("Invalid include parameter: {}:{}", asked.kind, asked.param))
    })
}

fn included<'a>(
    writer: &mut Writer<'a>,
    asked: &Include,
    base: &[(Kind, &'a Document)],
    found: &mut Vec<(Kind, &'a Document)>,
) -> Result<(), Outcome> {
    let param = parameter(asked)?;
    let mut visible: Vec<(Kind, Option<Visible>)> = Vec::new();
    for (_, document) in base.iter().filter(|(k, _)| k.name() == asked.kind) {
        for reference in document.values_of(param) {
            writer.references += 1;
            let Some((target, id)) = reference.split_once('/') else { continue };
            if asked.target.as_deref().is_some_and(|t| t != target) {
                continue;
            }
            let (Some(target), Ok(id)) = (Kind::of(target), id.parse::<Uuid>()) else { continue };
            if visible.iter().all(|(k, _)| *k != target) {
                let access = writer.access;
                let may = access
                    .supports(Interaction::Read, target.name())
                    .then(|| access.visible(writer.store, Interaction::Read, target.name()));
                visible.push((target, may));
            }
            let shows = visible.iter().find(|(k, _)| *k == target).and_then(|(_, v)| v.as_ref());
            let document = writer.store.table(target).find(id).map(|(_, d)| d);
            if let (Some(shows), Some(document)) = (shows, document)
                && document.body().is_some()
                && shows.shows(document)
            {
                found.push((target, document));
            }
        }
    }
    Ok(())
}

fn reverse_included<'a>(
    writer: &Writer<'a>,
    asked: &Include,
    base: &[(Kind, &'a Document)],
    found: &mut Vec<(Kind, &'a Document)>,
) -> Result<(), Outcome> {
    parameter(asked)?;
    let Some(kind) = Kind::of(&asked.kind) else { return Ok(()) };
    let references: Vec<String> = base
        .iter()
        .filter(|(k, _)| asked.target.as_deref().is_none_or(|t| t == k.name()))
        .map(|(k, d)| format!("{}/{}", k.name(), d.id))
        .collect();
    if references.is_empty() {
        return Ok(());
    }
    let query = Query {
        kind: asked.kind.clone(),
        conditions: vec![super::super::search::query::Condition {
            code: asked.param.clone(),
            operator: super::super::search::query::Operator::Equals,
            value: references.join(","),
        }],
        count: Some(Some(1000)),
        ..Query::default()
    };
    let visible = writer.access.visible(writer.store, Interaction::Search, &asked.kind);
    let page = page::run(writer.store, &query, &visible, u64::MAX)?;
    found.extend(page.rows.iter().filter_map(|s| Some((kind, writer.store.table(kind).at(*s)?))));
    Ok(())
}

fn links(state: &State, store: &Store, query: &Query, page: &Page) -> Result<Value, Outcome> {
    let url = |query: &Query| format!("{}fhir/R4/{}?{}", state.base_url, query.kind, query.format());
    let link = |relation: &str, query: &Query| json!({"relation": relation, "url": url(query)});
    let mut out = vec![link("self", query)];
    let count = i64::try_from(page::page_size(query)).unwrap_or(0);
    if count == 0 || page.rows.is_empty() {
        return Ok(Value::Array(out));
    }
    if page::uses_cursor(query) {
        let kind = Kind::of(&query.kind).ok_or_else(unknown_type)?;
        out.push(link("first", &Query { cursor: None, offset: None, ..query.clone() }));
        if let Some(cursor) = page::next_cursor(store, kind, page)? {
            out.push(link("next", &Query { cursor: Some(cursor), offset: None, ..query.clone() }));
        }
        return Ok(Value::Array(out));
    }
    let offset = query.offset.unwrap_or(0);
    out.push(link("first", &Query { offset: None, ..query.clone() }));
    if page.next.is_some() {
        out.push(link("next", &Query { offset: Some(offset + count), ..query.clone() }));
    }
    if offset > 0 {
        out.push(link("previous", &Query { offset: Some(offset - count), ..query.clone() }));
    }
    Ok(Value::Array(out))
}
