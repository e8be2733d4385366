//! A form that asks what is needed to do something, and hands on to the plan of it.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::Overlay;
use super::plan::PlanDialog;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::form::{Choice, Form};
use crate::identity::{MembershipId, Reference, Secret, Text};
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
    /// The field that goes beside the plan and is never in it.
    secret: Option<&'static str>,
    /// The field whose choices are the project's access policies, and since when they are waited for.
    policies: Option<Policies>,
}

/// A field that offers policies.
#[derive(Debug, Clone, Copy)]
struct Policies {
    field: &'static str,
    /// What choosing none of them is called, where that can be.
    none: Option<&'static str>,
    /// Since when they are waited for.
    since: Option<Timestamp>,
}

impl Ask {
    /// A form; `make` reads the intent from it, or says what does not go together.
    pub fn new(
        title: &'static str,
        subject: Subject,
        form: Form,
        make: fn(&Subject, &Form) -> Result<Intent, String>,
    ) -> Self {
        Self { title, subject, about: String::new(), form, make, wrong: None, secret: None, policies: None }
    }

    /// With a field whose value goes to the platform beside the plan.
    #[must_use]
    pub fn with_secret(self, field: &'static str) -> Self {
        Self { secret: Some(field), ..self }
    }

    /// With a field that offers the access policies of the project.
    #[must_use]
    pub fn offering_policies(self, field: &'static str, none: Option<&'static str>) -> Self {
        Self { policies: Some(Policies { field, none, since: None }), ..self }
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
                let secret = self.secret.map(|field| Secret::from(self.form.value(field)));
                let plan = PlanDialog::wanted(intent, self.subject.name.clone(), true, ctx.now);
                let plan = plan.with_secret(secret);
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

    fn entered(&mut self, ctx: &mut Ctx) {
        if let (Some(Policies { since: since @ None, .. }), Some(member)) =
            (&mut self.policies, self.subject.members.first())
        {
            *since = Some(ctx.now);
            ctx.ask(Slot::Choices, Question::Policies(member.clone()));
        }
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, _ctx: &mut Ctx) {
        let Some(Policies { field, none, .. }) = self.policies.take() else { return };
        match answer {
            Answer::Policies(policies) if policies.is_empty() => {
                self.wrong = Some("The project has no access policy that you can see.".to_owned());
            }
            Answer::Policies(policies) => {
                let choice = |policy: &Reference| {
                    let id = policy.to_string();
                    let words = policy.display.as_ref().map_or_else(|| id.clone(), ToString::to_string);
                    Choice { value: id, words, help: String::new() }
                };
                let none = none.map(|words| Choice {
                    value: String::new(),
                    words: words.to_owned(),
                    help: String::new(),
                });
                self.form.offer(field, none.into_iter().chain(policies.iter().map(choice)).collect());
            }
            Answer::Failed(failure) => {
                self.wrong = Some(format!("The access policies could not be read. {}", failure.what));
            }
            _ => {}
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Choices && self.policies.is_some()
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.policies.and_then(|policies| policies.since)
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
