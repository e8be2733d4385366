//! Where to write the rows of a list. A file that is there already is replaced only after that was said.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Answer;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::console::widgets::form_dialog::FormDialog;
use crate::console::words::{count, number};
use crate::workflows::sheet::Kind;

const WIDTH: u16 = 74;

/// The dialog.
#[derive(Debug)]
pub struct ExportDialog {
    list: &'static str,
    rows: usize,
    marked: bool,
    form: Form,
    /// What is wrong, and whether it is that the file exists: `Enter` replaces it then.
    wrong: Option<String>,
    exists: bool,
    saving: Option<Timestamp>,
}

impl ExportDialog {
    /// Asks where so many rows go: the marked ones, or all that are shown.
    pub fn new(list: &'static str, rows: usize, marked: bool) -> Self {
        let form = Form::new(vec![
            Field::text("path", "file", &format!("{list}.csv"))
                .required("Give the file a name.")
                .hint("in the folder you started in, or a whole path"),
            Field::choice(
                "kind",
                "format",
                vec![
                    Choice::new("csv", "the columns that are shown; for spreadsheets"),
                    Choice::new("json", "everything that is known of each row; for programs"),
                ],
                Some("csv"),
            ),
        ]);
        Self { list, rows, marked, form, wrong: None, exists: false, saving: None }
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if self.saving.is_some() || !self.form.complete() {
            return;
        }
        let kind = if self.form.value("kind") == "json" { Kind::Json } else { Kind::Csv };
        let path = crate::console::words::home(self.form.value("path").trim());
        self.saving = Some(ctx.now);
        self.wrong = None;
        ctx.tell(Note::Export { list: self.list, path, kind, replace: self.exists });
    }

    fn changed(&mut self) {
        self.wrong = None;
        self.exists = false;
    }

    fn words(&self, view: &View<'_>) -> Paragraph<'static> {
        let what = if self.marked { "marked" } else { "shown" };
        let rows = count(self.rows as u64, "row", "rows");
        let mut lines = vec![Line::styled(
            format!("Writes the {rows} that are {what}. Only you can read the file."),
            view.style(Role::Muted),
        )];
        if let Some(wrong) = &self.wrong {
            let (glyph, role) = if self.exists {
                (view.glyphs.warning, Role::Warn)
            } else {
                (view.glyphs.failed, Role::Danger)
            };
            lines.push(Line::styled(format!("{glyph} {wrong}"), view.style(role)));
        }
        Paragraph::new(lines).wrap(Wrap { trim: true })
    }
}

impl Model for ExportDialog {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            // What is being written cannot be called back, and closing would say so.
            Action::Submit | Action::Close if self.saving.is_some() => {
                Availability::because("it is being written")
            }
            _ => self.form.availability(action),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::Close => ctx.close(),
            Action::NextChoice | Action::PreviousChoice => {
                self.form.act(action);
                self.changed();
            }
            _ => self.form.act(action),
        }
    }

    fn takes_text(&self) -> bool {
        self.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.changed();
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.changed();
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        self.form.clicked(hit);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        self.saving = None;
        match answer {
            Answer::Saved { path, rows } => {
                let rows = number(rows as u64);
                ctx.succeeded(format!("{rows} rows written to {path}"));
                ctx.close();
            }
            Answer::FileExists(path) => {
                self.exists = true;
                let words =
                    format!("{path} is there already. Enter again replaces it, another name keeps it.");
                self.wrong = Some(words);
            }
            Answer::Failed(failure) => {
                self.wrong = Some(format!("{} {}", failure.what, failure.why).trim_end().to_owned());
            }
            _ => {}
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Proposal && self.saving.is_some()
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.saving
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let dialog = FormDialog {
            title: format!("Export {} {}", view.glyphs.dot, self.list),
            width: WIDTH,
            words: Some(self.words(view)),
            form: &self.form,
            keys: self.form.keys(if self.exists { "replace it" } else { "write" }),
        };
        dialog.draw(frame, area, view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::model::tests::ctx;

    // It would be written all the same, and nobody told.
    #[test]
    fn a_file_that_is_being_written_cannot_be_closed_away() {
        let (mut dialog, mut ctx) = (ExportDialog::new("members", 3, false), ctx(None));
        assert_eq!(dialog.availability(Action::Close, None), Availability::Ready);
        dialog.act(Action::Submit, &mut ctx);
        assert!(matches!(dialog.availability(Action::Close, None), Availability::Disabled(_)));
        dialog.answered(Slot::Proposal, Answer::FileExists("members.csv".into()), &mut ctx);
        assert_eq!(dialog.availability(Action::Close, None), Availability::Ready);
    }
}
