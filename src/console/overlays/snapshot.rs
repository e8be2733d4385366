//! Which folder an export goes to, or which two are compared.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::SnapshotQuestion;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::form::{Field, Form};
use crate::console::widgets::form_dialog::FormDialog;
use crate::console::words::home;

const WIDTH: u16 = 76;

/// What the folders are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be written.
    Write,
    /// To be compared.
    Compare,
}

/// What was typed here before. It is suggested, so that a folder that could not be written need not be typed again.
#[derive(Debug, Default)]
pub struct Typed {
    /// The folder that was written, or the earlier one of a comparison.
    pub folder: Option<PathBuf>,
    /// The project that was written.
    pub project: Option<String>,
}

/// The dialog.
#[derive(Debug)]
pub struct SnapshotForm {
    purpose: Purpose,
    form: Form,
}

impl SnapshotForm {
    /// Asks for the folders; what was typed before is suggested. A super admin names the project that is written.
    pub fn new(purpose: Purpose, before: &Typed, is_super: bool) -> Self {
        let last = before.folder.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let last = last.as_str();
        let mut fields = Vec::new();
        match purpose {
            Purpose::Write => {
                fields.push(
                    Field::text("folder", "folder", last)
                        .required("Give the folder a name.")
                        .hint("new or empty, or an export of this project"),
                );
                if is_super {
                    fields.push(
                        Field::text("project", "project", before.project.as_deref().unwrap_or_default())
                            .required("You are super admin of every project: name one.")
                            .hint("its name or id"),
                    );
                }
            }
            Purpose::Compare => {
                fields.push(
                    Field::text("before", "before", last)
                        .required("Name the folder of an export.")
                        .hint("the folder of an export"),
                );
                fields.push(
                    Field::text("after", "after", "").hint("a later one; empty: the platform as it is now"),
                );
            }
        }
        Self { purpose, form: Form::new(fields) }
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if !self.form.complete() {
            return;
        }
        let text = |name: &str| Some(self.form.value(name).trim().to_owned()).filter(|text| !text.is_empty());
        let question = match self.purpose {
            Purpose::Write => SnapshotQuestion::Write {
                folder: home(&text("folder").unwrap_or_default()),
                project: text("project"),
            },
            Purpose::Compare => SnapshotQuestion::Compare {
                before: home(&text("before").unwrap_or_default()),
                after: text("after").map(|path| home(&path)),
            },
        };
        ctx.close();
        ctx.tell(Note::Snapshot(Box::new(question)));
    }

    fn words(&self, view: &View<'_>) -> Paragraph<'static> {
        let words = match self.purpose {
            Purpose::Write => {
                "Writes members, policies, clients, routes in reach and settings to sorted files. No secret is in \
                 them; only you can read them."
            }
            Purpose::Compare => "Says in words what is different. Nothing is written.",
        };
        Paragraph::new(Line::styled(words, view.style(Role::Muted))).wrap(Wrap { trim: true })
    }
}

impl Model for SnapshotForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        self.form.availability(action)
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::Close => ctx.close(),
            _ => self.form.act(action),
        }
    }

    fn takes_text(&self) -> bool {
        self.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        self.form.clicked(hit);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let (title, verb) = match self.purpose {
            Purpose::Write => ("Export the project", "write"),
            Purpose::Compare => ("Compare", "compare"),
        };
        let dialog = FormDialog {
            title: title.to_owned(),
            width: WIDTH,
            words: Some(self.words(view)),
            form: &self.form,
            keys: self.form.keys(verb),
        };
        dialog.draw(frame, area, view);
    }
}
