//! One page of a search: which rows, whether more follow, how many there are in all.

use uuid::Uuid;

use super::super::kinds::Kind;
use super::super::outcome::{Issue, Outcome};
use super::super::store::params::{self};
use super::super::store::{Document, Slot, Store};
use super::matching::{Test, prepare};
use super::query::Query;

/// Which rows a caller may see of one type.
#[derive(Debug, Clone, Default)]
pub struct Visible {
    /// Only rows of these projects; none: of any.
    pub projects: Option<Vec<Uuid>>,
    /// At least one must fit; none: no such restriction.
    pub any_of: Option<Vec<Test>>,
}

impl Visible {
    /// May this row be seen?
    pub fn shows(&self, document: &Document) -> bool {
        self.projects.as_ref().is_none_or(|p| document.project.is_some_and(|d| p.contains(&d)))
            && self.any_of.as_ref().is_none_or(|tests| tests.iter().any(|t| t.fits(document)))
    }
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Rows in order.
    pub rows: Vec<Slot>,
    /// The row after the last, when there is one.
    pub next: Option<Slot>,
    /// How many rows there are in all, when asked for.
    pub total: Option<usize>,
}

/// Largest page; a larger `_count` is lowered silently.
pub const MAX_COUNT: usize = 1000;
/// The page size when none is asked for.
pub const DEFAULT_COUNT: usize = 20;
/// Pages at least this large may use a cursor.
pub const MIN_CURSOR_COUNT: usize = 20;

/// The page size of a query, limits applied.
pub fn page_size(query: &Query) -> usize {
    match query.count {
        None => DEFAULT_COUNT,
        Some(None) => 0,
        Some(Some(count)) => usize::try_from(count).unwrap_or(0).min(MAX_COUNT),
    }
}

/// May the links of this query use a cursor?
pub fn uses_cursor(query: &Query) -> bool {
    query.offset.unwrap_or(0) == 0
        && page_size(query) >= MIN_CURSOR_COUNT
        && query.sort.len() == 1
        && query.sort.first().is_some_and(|(code, down)| code == "_lastUpdated" && !down)
}

/// Runs a search. Only the rows that are walked over are looked at, and no body is read.
pub fn run(store: &Store, query: &Query, visible: &Visible, max_offset: u64) -> Result<Page, Outcome> {
    let kind = Kind::of(&query.kind).ok_or_else(super::super::store::unknown_type)?;
    let offset = query.offset.unwrap_or(0);
    if offset > 0 && offset.unsigned_abs() > max_offset {
        return Err(Outcome::bad_request(format!(
            "Search offset exceeds maximum (got {offset}, max {max_offset})"
        )));
    }
    let count = page_size(query);
    let order = Order::of(query)?;
    let tests = prepare(store, query)?;
    let cursor = match &query.cursor {
        Some(_) if offset > 0 && count > 0 => {
            return Err(Outcome::bad_request("Cannot use both offset and cursor"));
        }
        Some(cursor) => parse_cursor(cursor),
        None => None,
    };
    let with_deleted = query.conditions.iter().find(|c| c.code == "_deleted").map(|c| c.value == "true");
    let table = store.table(kind);
    let fits = |document: &Document| {
        document.body().is_none() == with_deleted.unwrap_or(false)
            && visible.shows(document)
            && tests.iter().all(|t| t.fits(document))
    };
    let wants_total = matches!(query.total.as_deref(), Some("accurate" | "estimate"));
    let skip = usize::try_from(offset).unwrap_or(0);

    let narrowed = tests.iter().find_map(|t| t.candidates(store, kind));
    let mut page = Page::default();
    if let (None, Order::Updated { down }, None) = (&narrowed, &order, with_deleted) {
        let rows = match visible.projects.as_deref() {
            Some([only]) => table.of_project(Some(*only)),
            _ => Some(table.in_order()),
        };
        let from = (cursor.as_ref().map_or(i64::MIN, |c| c.at), 0);
        let walk = rows.into_iter().flat_map(|rows| rows.range(from..));
        let slots: Box<dyn Iterator<Item = Slot>> =
            if *down { Box::new(walk.rev().map(|(_, s)| *s)) } else { Box::new(walk.map(|(_, s)| *s)) };
        let mut fitting = slots.filter(|s| {
            table.at(*s).is_some_and(|d| !cursor.as_ref().is_some_and(|c| c.given.contains(&d.id)) && fits(d))
        });
        if count > 0 {
            page.rows = fitting.by_ref().skip(skip).take(count).collect();
            page.next = fitting.next();
        }
        if wants_total {
            page.total =
                Some(table.in_order().iter().filter_map(|(_, s)| table.at(*s)).filter(|d| fits(d)).count());
        }
        return Ok(page);
    }
    let mut rows: Vec<Slot> = match narrowed {
        Some(slots) => slots.into_iter().filter(|s| table.at(*s).is_some_and(&fits)).collect(),
        None => (0..Slot::try_from(table.documents().len()).unwrap_or(Slot::MAX))
            .filter(|s| table.at(*s).is_some_and(&fits))
            .collect(),
    };
    if wants_total {
        page.total = Some(rows.len());
    }
    if let Some(cursor) = &cursor {
        rows.retain(|s| {
            table.at(*s).is_some_and(|d| d.updated() >= cursor.at && !cursor.given.contains(&d.id))
        });
    }
    order.sort(&mut rows, |slot| table.at(slot));
    if count > 0 {
        page.next = rows.get(skip + count).copied();
        page.rows = rows.into_iter().skip(skip).take(count).collect();
    }
    Ok(page)
}

enum Order {
    Updated { down: bool },
    By(Vec<(Key, bool)>),
}

enum Key {
    Id,
    Updated,
    Param(u8),
}

impl Order {
    // Without `_sort` the order is undefined; by the time of the last write is as good as any, and cheap.
    fn of(query: &Query) -> Result<Self, Outcome> {
        match &query.sort[..] {
            [] => return Ok(Self::Updated { down: false }),
            [(code, down)] if code == "_lastUpdated" => return Ok(Self::Updated { down: *down }),
            _ => {}
        }
        let mut keys = Vec::new();
        for (code, down) in &query.sort {
            let key = match code.as_str() {
                "_id" => Key::Id,
                "_lastUpdated" => Key::Updated,
                code => Key::Param(
                    params::find(&query.kind, code)
                        .ok_or_else(|| Outcome::bad_request(format!("Unknown search parameter: {code}")))?
                        .0,
                ),
            };
            keys.push((key, *down));
        }
        Ok(Self::By(keys))
    }

    fn sort<'a>(&self, rows: &mut [Slot], at: impl Fn(Slot) -> Option<&'a Document>) {
        match self {
            Self::Updated { down } => {
                rows.sort_by_cached_key(|s| (at(*s).map(Document::updated), *s));
                if *down {
                    rows.reverse();
                }
            }
            Self::By(keys) => rows.sort_by(|a, b| {
                let (Some(a), Some(b)) = (at(*a), at(*b)) else { return std::cmp::Ordering::Equal };
                keys.iter()
                    .map(|(key, down)| {
                        let ordering = match key {
                            Key::Id => a.id.cmp(&b.id),
                            Key::Updated => a.updated().cmp(&b.updated()),
                            // Rows without the value come last when rising and first when falling.
                            Key::Param(param) => {
                                let (x, y) = (a.values_of(*param).next(), b.values_of(*param).next());
                                match (x, y) {
                                    (Some(x), Some(y)) => x.to_lowercase().cmp(&y.to_lowercase()),
                                    (x, y) => y.is_some().cmp(&x.is_some()),
                                }
                            }
                        };
                        if *down { ordering.reverse() } else { ordering }
                    })
                    .find(|o| o.is_ne())
                    .unwrap_or_else(|| a.updated().cmp(&b.updated()))
            }),
        }
    }
}

struct Cursor {
    at: i64,
    given: Vec<Uuid>,
}

// `2-<milliseconds>[-<ids already given at that instant>]`; anything else is ignored, as the platform does.
fn parse_cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '-');
    match parts.next()? {
        "1" | "2" => {}
        _ => return None,
    }
    let at = parts.next()?.parse().ok()?;
    let given = parts.next().map(|ids| ids.split(',').filter_map(|id| id.parse().ok()).collect());
    Some(Cursor { at, given: given.unwrap_or_default() })
}

/// The cursor of the page after this one.
pub fn next_cursor(store: &Store, kind: Kind, page: &Page) -> Result<Option<String>, Outcome> {
    let table = store.table(kind);
    let Some(next) = page.next.and_then(|s| table.at(s)) else { return Ok(None) };
    let given: Vec<String> = page
        .rows
        .iter()
        .rev()
        .filter_map(|s| table.at(*s))
        .take_while(|d| d.updated() == next.updated())
        .map(|d| d.id.to_string())
        .collect();
    if given.len() == page.rows.len() {
        return Err(Outcome::issues(vec![
            Issue::error("exception", "Internal server error")
                .because("Error: Cursor fails to make progress"),
        ]));
    }
    let ids = if given.is_empty() { String::new() } else { format!("-{}", given.join(",")) };
    Ok(Some(format!("2-{}{ids}", next.updated())))
}
