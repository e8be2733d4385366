//! A form that asks what is needed to do something, and hands on to the plan of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::Overlay;
use super::plan::PlanDialog;
use crate::console::action::{Action, Availability, Scope};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::form::Form;
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::Intent;

const WIDTH: u16 = 74;

/// Whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Their name, or how many they are.
    pub name: Text,
    /// Their memberships.
    pub members: Vec<MembershipId>,
}

/// The form.
#[derive(Debug)]
pub struct Ask {
    title: &'static str,
    subject: Subject,
    /// What to know before filling it in.
    about: String,
    form: Form,
    make: fn(&Subject, &Form) -> Result<Intent, String>,
    wrong: Option<String>,
}

impl Ask {
    /// A form; `make` reads the intent from it, or says what does not go together.
    pub fn new(
        title: &'static str,
        subject: Subject,
        form: Form,
        make: fn(&Subject, &Form) -> Result<Intent, String>,
    ) -> Self {
        Self { title, subject, about: String::new(), form, make, wrong: None }
    }

    /// With a sentence above the fields.
    #[must_use]
    pub fn about(self, words: impl Into<String>) -> Self {
        Self { about: words.into(), ..self }
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if !self.form.complete() {
            return;
        }
        match (self.make)(&self.subject, &self.form) {
            Ok(intent) => {
                let plan = PlanDialog::wanted(intent, self.subject.name.clone(), true, ctx.now);
                ctx.open(Overlay::Plan(Box::new(plan)));
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// The sentence above the fields, and what does not go together.
    fn words(&self, view: &View<'_>) -> Paragraph<'static> {
        let mut lines = Vec::new();
        if !self.about.is_empty() {
            lines.push(Line::styled(self.about.clone(), view.style(Role::Muted)));
        }
        if let Some(wrong) = &self.wrong {
            lines.push(Line::styled(format!("{} {wrong}", view.glyphs.failed), view.style(Role::Danger)));
        }
        Paragraph::new(lines).wrap(Wrap { trim: true })
    }
}

impl Model for Ask {
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
        self.wrong = None;
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.wrong = None;
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        self.form.clicked(hit);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let room = width.saturating_sub(4);
        let words = self.words(view);
        let above = u16::try_from(words.line_count(room)).unwrap_or(0);
        let above = if self.about.is_empty() && self.wrong.is_none() { 0 } else { above + 1 };
        let height = above + self.form.height(room, view) + 4;
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let title = format!("{} {} {}", self.title, view.glyphs.dot, self.subject.name);
        let title = Line::styled(title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        frame.render_widget(words, Rect { height: above.min(inner.height), ..inner });
        let shift = above.min(inner.height);
        let fields = Rect { y: inner.y + shift, height: inner.height - shift, ..inner };
        self.form.draw(frame, fields, view);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &self.form.keys("show plan"), view);
    }
}
