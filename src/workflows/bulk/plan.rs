//! From what a sheet comes to, to the one plan that is shown, applied, kept in the journal and taken back.

use super::preview::{ComesTo, Preview};
use crate::identity::{Batch, BatchRow, Change, Confirm, OnFailure, Plan, Settled, Text};
use crate::workflows::intent::{NoPlan, Said, Why};

/// What holds for single people is named up to so many times; the rows tell all of it.
const LINES: usize = 20;

impl Preview {
    /// The plan, when no row is unclear, or when those that are may be left out.
    pub fn plan(&self, leave_out_unclear: bool) -> Result<Plan, NoPlan> {
        let counts = self.counts();
        if counts.unclear > 0 && !leave_out_unclear {
            let are = if counts.unclear == 1 { "is" } else { "are" };
            let what =
                format!("{} of {} rows {are} unclear, so nothing is done.", counts.unclear, self.rows.len());
            return Err(NoPlan::because(Why::Malformed, what).then("Mend them, or have them left out."));
        }
        if counts.changes == 0 {
            let what = match counts.unclear {
                0 => format!("Everything is as the sheet wants it: {} rows, nothing to do.", self.rows.len()),
                n => format!(
                    "There is nothing to do: {n} rows are left out, {} are so already.",
                    counts.already_so
                ),
            };
            return Err(NoPlan::because(Why::Nothing, what));
        }
        let mut plan = Plan::new("Bulk run", Text::default());
        plan.on_failure = OnFailure::GoOn;
        let mut batch = Batch { source: self.source.clone(), rows: Vec::with_capacity(self.rows.len()) };
        let (mut also, mut warnings) = (Said::default(), Said::default());
        for row in &self.rows {
            let name = row.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| row.named.clone());
            let (mut steps, mut settled) = (Vec::new(), None);
            match &row.comes_to {
                ComesTo::Changes(work) => {
                    let from = plan.changes.len();
                    let who = Some(name.clone());
                    plan.changes.extend(
                        work.changes.iter().map(|change| Change { who: who.clone(), ..change.clone() }),
                    );
                    steps = (from..plan.changes.len()).collect();
                    also.add(work.also.clone(), &name.to_string());
                    warnings.add(row.notes.clone(), &name.to_string());
                }
                // It is so once that row is done.
                ComesTo::AlreadySo { by: Some(by) }
                    if batch.rows.get(*by).is_some_and(|row| !row.steps.is_empty()) =>
                {
                    steps.clone_from(&batch.rows[*by].steps);
                }
                ComesTo::AlreadySo { .. } => settled = Some(Settled::AlreadySo),
                ComesTo::Unclear(problems) => {
                    let why: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
                    settled = Some(Settled::LeftOut { why: Text::from(why.join(" ")) });
                }
            }
            let (line, named, name) = (row.line, row.named.clone(), row.name.clone());
            batch.rows.push(BatchRow { line, named, name, steps, settled });
        }
        plan.about = match plan.changes.len() {
            1 => "1 write".to_owned(),
            writes => format!(
                "{writes} writes; each row for itself, rows of one record in their order: a failure does not stop the others"
            ),
        };
        plan.warnings = self.first_words();
        plan.warnings.extend(capped(warnings.words(counts.changes)));
        plan.also = capped(also.words(counts.changes));
        plan.undo =
            "takes each row back as it was, all of them or some; mails cannot be called back".to_owned();
        plan.subject = batch.subject();
        plan.confirm = Confirm::Typed { text: Text::from(batch.at_work().to_string()) };
        plan.batch = Some(batch);
        Ok(plan)
    }

    /// What is said first: who is left out, and who no longer gets in.
    fn first_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let counts = self.counts();
        if counts.unclear > 0 {
            let rows = if counts.unclear == 1 { "row is" } else { "rows are" };
            words.push(format!("{} unclear {rows} left out", counts.unclear));
        }
        let works = || {
            self.rows.iter().filter_map(|row| match &row.comes_to {
                ComesTo::Changes(work) => Some((row, work)),
                _ => None,
            })
        };
        let closed: Vec<String> = works()
            .filter(|(_, work)| work.closes())
            .map(|(row, _)| row.name.as_ref().unwrap_or(&row.named).to_string())
            .collect();
        if !closed.is_empty() {
            let names = closed.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let more = match closed.len().saturating_sub(3) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            words.push(format!("a way to sign in closes for {}: {names}{more}", closed.len()));
        }
        let opened = works().filter(|(_, work)| work.opens()).count();
        if opened > 0 {
            words.push(format!("a way to sign in opens for {opened}"));
        }
        words
    }
}

/// The first of many lines, and how many more there are.
fn capped(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.truncate(LINES);
        lines.push(format!("and {more} more that hold for single rows; the preview has them by row"));
    }
    lines
}
