//! From what a sheet comes to, to the one plan that is shown, applied, kept in the journal and taken back.

use super::preview::{ComesTo, Preview, Work};
use crate::identity::{Batch, BatchRow, Change, Confirm, Means, OnFailure, Plan, Settled, Text, Undo};
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
                format!("{} of {} {are} unclear, so nothing is done.", counts.unclear, rows(self.rows.len()));
            return Err(NoPlan::because(Why::Malformed, what).then("Mend them, or have them left out."));
        }
        if counts.changes == 0 {
            let what = match counts.unclear {
                0 => {
                    format!("Everything is as the sheet wants it: {}, nothing to do.", rows(self.rows.len()))
                }
                n => format!(
                    "There is nothing to do: {} left out, {} already so.",
                    rows_are(n),
                    rows_are(counts.already_so)
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
            let (mut steps, mut settled, mut follows) = (Vec::new(), None, false);
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
                ComesTo::AlreadySo { by } if by.is_empty() => settled = Some(Settled::AlreadySo),
                // It is so once those rows are done.
                ComesTo::AlreadySo { by } => {
                    let makers = by.iter().filter_map(|by| batch.rows.get(*by));
                    steps = makers.flat_map(|row| row.steps.clone()).collect();
                    follows = true;
                }
                ComesTo::Unclear(problems) => {
                    let why: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
                    settled = Some(Settled::LeftOut { why: Text::from(why.join(" ")) });
                }
            }
            let (line, named, name) = (row.line, row.named.clone(), row.name.clone());
            batch.rows.push(BatchRow { line, named, name, steps, follows, settled, earlier: None });
        }
        plan.about = about(plan.changes.len());
        plan.warnings = self.first_words();
        plan.warnings.extend(capped(warnings.words(counts.changes)));
        plan.also = capped(also.words(counts.changes));
        plan.undo = taken_back(&plan.changes);
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
        let of = |wanted: fn(&Work) -> bool| -> Vec<String> {
            let rows = self.rows.iter().filter(|row| match &row.comes_to {
                ComesTo::Changes(work) => wanted(work),
                ComesTo::AlreadySo { .. } | ComesTo::Unclear(_) => false,
            });
            rows.map(|row| row.name.as_ref().unwrap_or(&row.named).to_string()).collect()
        };
        let closed = of(Work::closes);
        if !closed.is_empty() {
            words.push(format!("a way to sign in closes for {}", some(&closed)));
        }
        let opened = of(Work::opens).len();
        if opened > 0 {
            words.push(format!("a way to sign in opens for {opened}"));
        }
        let unsaid = of(Work::cannot_be_said);
        if !unsaid.is_empty() {
            words.push(format!(
                "whether a way to sign in opens or closes cannot be said for {}",
                some(&unsaid)
            ));
        }
        words
    }
}

/// "1 row", "12 rows".
fn rows(n: usize) -> String {
    format!("{n} {}", if n == 1 { "row" } else { "rows" })
}

/// "1 row is", "12 rows are".
fn rows_are(n: usize) -> String {
    format!("{} {}", rows(n), if n == 1 { "is" } else { "are" })
}

/// How the changes of a sheet are made.
pub(in crate::workflows) fn about(writes: usize) -> String {
    match writes {
        1 => "1 write".to_owned(),
        _ => format!(
            "{writes} writes; each row for itself, rows of one record in their order: a failure does not stop the others"
        ),
    }
}

/// What taking the changes of a sheet back does and does not.
pub(in crate::workflows) fn taken_back(changes: &[Change]) -> String {
    let stay = changes.iter().filter(|change| matches!(change.undo, Undo::Not { .. })).count();
    let mut words = vec![match stay {
        0 => "takes each row back as it was, all of them or some".to_owned(),
        all if all == changes.len() => "none of it can be taken back".to_owned(),
        1 => "takes each row back as it was, all of them or some, but for 1 write that stays".to_owned(),
        n => format!("takes each row back as it was, all of them or some, but for {n} writes that stay"),
    }];
    if changes.iter().any(|change| matches!(change.means, Means::Invite { .. })) {
        words.push("whoever is invited is kept out again, while user and profile stay".to_owned());
    }
    let mails = |change: &Change| match &change.means {
        Means::Invite { request, .. } => request["sendEmail"] != false,
        Means::UpdateEmail { skip_verification, .. } => !skip_verification,
        _ => false,
    };
    if changes.iter().any(mails) {
        words.push("mails cannot be called back".to_owned());
    }
    words.join("; ")
}

/// "5: Jane Smith, Noor Aziz, Ruth Osei and 2 more".
fn some(names: &[String]) -> String {
    let more = match names.len().saturating_sub(3) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let first: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    format!("{}: {}{more}", names.len(), first.join(", "))
}

/// The first of many lines, and how many more there are.
pub(in crate::workflows) fn capped(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.truncate(LINES);
        lines.push(format!("and {more} more that hold for single rows"));
    }
    lines
}
