//! Differences as the rows of a list.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::directory::fold;
use crate::identity::snapshot::{Change, NotCompared, Part};
use crate::workflows::snapshot::Drift;

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("part:", "members, access policies, client applications, domain routes …"),
    ("whom:", "in the name of whom or what it is about"),
    ("change:", "in what changed: email, added, removed, not compared …"),
];

/// A difference, or something that could not be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// Its place.
    pub n: usize,
    /// Which.
    pub what: What,
    /// Everything that a word of the filter is looked for in, folded once: there may be very many rows.
    folded: Box<str>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// A difference.
    Changed(Box<Change>),
    /// Not compared.
    Hidden(Box<NotCompared>),
}

/// All rows of a comparison: part by part, differences first.
pub(super) fn of(drift: Drift) -> Vec<Difference> {
    let mut all: Vec<What> = drift.changes.into_iter().map(|one| What::Changed(Box::new(one))).collect();
    all.extend(drift.not_compared.into_iter().map(|one| What::Hidden(Box::new(one))));
    all.sort_by_key(|one| (one.part(), matches!(one, What::Hidden(_))));
    let row = |(n, what)| {
        let mut row = Difference { n, what, folded: Box::default() };
        row.folded = fold(&Record::said(&row)).into();
        row
    };
    all.into_iter().enumerate().map(row).collect()
}

impl What {
    fn part(&self) -> Part {
        match self {
            Self::Changed(change) => change.part,
            Self::Hidden(hidden) => hidden.part,
        }
    }
}

impl Difference {
    /// In which part.
    pub(super) fn part(&self) -> Part {
        self.what.part()
    }

    /// As a sentence.
    pub(super) fn said(&self) -> &str {
        match &self.what {
            What::Changed(change) => &change.said,
            What::Hidden(hidden) => &hidden.said,
        }
    }

    /// Whom or what it is about.
    pub(super) fn whom(&self) -> String {
        match &self.what {
            What::Changed(change) if change.name.is_empty() => change.id.to_string(),
            What::Changed(change) => change.name.to_string(),
            What::Hidden(hidden) if hidden.records == 0 => hidden.part.words().1.to_owned(),
            What::Hidden(hidden) => {
                let (one, many) = hidden.part.words();
                crate::console::words::count(hidden.records, one, many)
            }
        }
    }

    /// What happened, in a few words.
    pub(super) fn change(&self) -> String {
        match &self.what {
            What::Changed(change) => match change.field_words() {
                none if none.is_empty() => change.how.word().to_owned(),
                field => field,
            },
            What::Hidden(hidden) => match hidden.field {
                Some(field) => format!("{}: not compared", field.words),
                None => "not compared".to_owned(),
            },
        }
    }
}

impl Record for Difference {
    type Key = usize;
    const NAME: &'static str = "differences";
    const COLUMNS: &'static [Column] = &[
        Column { title: "part", priority: 2, min: 8, max: 20, right: false, cut: Cut::End },
        Column { title: "whom", priority: 0, min: 14, max: 30, right: false, cut: Cut::End },
        Column { title: "change", priority: 1, min: 12, max: 40, right: false, cut: Cut::End },
    ];
    const SORTED: (usize, bool) = (0, true);

    fn key(&self) -> usize {
        self.n
    }

    fn cell(&self, column: usize) -> String {
        match column {
            0 => self.part().title().to_owned(),
            1 => self.whom(),
            _ => self.change(),
        }
    }

    fn said(&self) -> String {
        format!("{} {}", Difference::said(self), self.change())
    }

    fn folded(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.folded)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => self.n.cmp(&other.n),
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    fn json(&self) -> Value {
        match &self.what {
            What::Changed(change) => change.json(),
            What::Hidden(hidden) => hidden.json(),
        }
    }
}
