//! What became of every row, out of the journal: one verdict each, in the order of the sheet.

use crate::identity::{BatchRow, Change, FieldChange, Seen, Settled, Text};
use crate::journal::{Entry, Happened, StepRecord, StepState};
use crate::workflows::sheet::Sheet;

/// How a row came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// Written and read back.
    Done,
    /// There was nothing to do.
    AlreadySo,
    /// It was unclear.
    LeftOut,
    /// Tried, and not there.
    Failed,
    /// Some of its changes are there.
    Partly,
    /// Nobody knows yet.
    Unsure,
    /// The run ended before it.
    NotTried,
}

impl Word {
    /// As results say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadySo => "already so",
            Self::LeftOut => "left out",
            Self::Failed => "failed",
            Self::Partly => "partly done",
            Self::Unsure => "unsure",
            Self::NotTried => "not tried",
        }
    }

    /// Somebody has to do something about it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::AlreadySo)
    }
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its line in the sheet, or its number in a plan that came from none.
    pub line: u64,
    /// Whom it names, as written.
    pub named: Text,
    /// Who that is.
    pub name: Text,
    /// How it came out.
    pub word: Word,
    /// What was to be changed.
    pub what: String,
    /// Why it is not done, or what is to be said of it.
    pub why: String,
    /// The journal entry that did it.
    pub entry: i64,
    /// The record that came to be.
    pub made: Option<String>,
}

impl Verdict {
    /// As [`HEADINGS`] call them.
    pub fn cells(&self) -> [String; 8] {
        [
            self.line.to_string(),
            self.named.raw().to_owned(),
            self.name.raw().to_owned(),
            self.word.words().to_owned(),
            self.what.clone(),
            self.why.clone(),
            self.entry.to_string(),
            self.made.clone().unwrap_or_default(),
        ]
    }
}

/// One for each row of the sheet; of a plan that came from none, one for each change.
pub fn verdicts(entry: &Entry) -> Vec<Verdict> {
    let plan = &entry.planned.plan;
    match &plan.batch {
        Some(batch) => batch.rows.iter().map(|row| of_row(entry, row)).collect(),
        None => (0..plan.changes.len())
            .map(|step| {
                let change = &plan.changes[step];
                let name = change.who.clone().unwrap_or_else(|| plan.subject.clone());
                let row = BatchRow {
                    line: step as u64 + 1,
                    named: Text::from(change.target.to_string()),
                    name: Some(name),
                    steps: vec![step],
                    ..BatchRow::default()
                };
                of_row(entry, &row)
            })
            .collect(),
    }
}

fn of_row(entry: &Entry, row: &BatchRow) -> Verdict {
    let steps: Vec<(&Change, &StepRecord)> = row
        .steps
        .iter()
        .filter_map(|step| Some((entry.planned.plan.changes.get(*step)?, entry.steps.get(*step)?)))
        .collect();
    let (word, why, by) = match &row.settled {
        Some(Settled::AlreadySo) => (Word::AlreadySo, String::new(), entry.id.0),
        Some(Settled::LeftOut { why }) => {
            let word = if row.earlier.is_some() { Word::Partly } else { Word::LeftOut };
            (word, why.raw().to_owned(), entry.id.0)
        }
        Some(Settled::Done { entry }) => (Word::Done, String::new(), *entry),
        None => {
            let why: Vec<&str> =
                steps.iter().filter_map(|(_, step)| step.why.as_ref()).map(Text::raw).collect();
            (word(&steps, row.earlier.is_some()), why.join(" "), entry.id.0)
        }
    };
    Verdict {
        line: row.line,
        named: row.named.clone(),
        name: row.name.clone().unwrap_or_default(),
        word,
        what: steps.iter().map(|(change, _)| what(change)).collect::<Vec<_>>().join("; "),
        why,
        entry: by,
        made: steps.iter().find_map(|(_, step)| step.made.as_ref()).map(ToString::to_string),
    }
}

/// `earlier`: a run before this one has done others of its changes.
fn word(steps: &[(&Change, &StepRecord)], earlier: bool) -> Word {
    let states = || steps.iter().map(|(_, step)| step.state);
    let written = states().filter(|state| state.is_written()).count();
    if states().any(|state| {
        matches!(state, StepState::Sent | StepState::Unsure | StepState::Settled(Happened::Unseen))
    }) {
        Word::Unsure
    } else if written == steps.len() {
        Word::Done
    } else if written > 0 || earlier {
        Word::Partly
    } else if states().all(|state| state == StepState::Planned) {
        Word::NotTried
    } else {
        Word::Failed
    }
}

/// "external id: nothing → okta|1, active: no → yes".
pub fn what(change: &Change) -> String {
    let fields = change.fields.iter().filter(|field| field.before.known() != Some(&field.after));
    let words: Vec<String> = fields.map(field).collect();
    if words.is_empty() { change.label.clone() } else { words.join(", ") }
}

fn field(change: &FieldChange) -> String {
    let word = |text: &Option<Text>| {
        text.as_ref().map_or_else(|| "nothing".to_owned(), |text| text.raw().to_owned())
    };
    let before = match &change.before {
        Seen::Known(before) => word(before),
        Seen::Unknown(_) => "unknown".to_owned(),
    };
    format!("{}: {before} → {}", change.field, word(&change.after))
}

/// The headings of a result.
pub const HEADINGS: [&str; 8] = ["line", "row", "name", "verdict", "change", "why", "entry", "made"];

/// Verdicts as a sheet.
pub fn sheet(verdicts: &[Verdict]) -> Sheet {
    Sheet::Csv {
        columns: HEADINGS.map(str::to_owned).to_vec(),
        rows: verdicts.iter().map(|verdict| verdict.cells().to_vec()).collect(),
    }
}
