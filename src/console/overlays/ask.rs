//! A form that asks what is needed to do something, and hands on to the plan of it.

mod describe;

use std::fmt;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::Overlay;
use super::plan::PlanDialog;
use super::route_test::RouteTest;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::form::{Choice, Form};
use crate::console::widgets::form_dialog::FormDialog;
use crate::identity::{
    DomainRouteId, Membership, MembershipId, ProjectId, Reference, RouteDraft, Secret, Text,
};
use crate::workflows::flow_lab::Config;
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
    make: Make,
    wrong: Option<String>,
    /// The field that goes beside the plan and is never in it.
    secret: Option<&'static str>,
    /// The route that it holds, to be tested before it is saved.
    route: Option<Route>,
    /// What a field has to be told by the platform.
    wants: Option<Wants>,
    /// The provider may describe itself.
    describe: Option<describe::Describe>,
}

/// How the form becomes an intent.
struct Make(Box<Read>);

/// Reads a filled form, or says what does not go together.
type Read = dyn Fn(&Subject, &Form) -> Result<Intent, String> + Send + Sync;

/// How the form is read as a route, and the saved one that it changes.
struct Route(Box<dyn Fn(&Form) -> RouteDraft + Send + Sync>, Option<DomainRouteId>);

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Route")
    }
}

impl fmt::Debug for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Make")
    }
}

/// A field that is filled by an answer.
#[derive(Debug)]
struct Wants {
    field: &'static str,
    what: What,
    /// Since when it is waited for.
    since: Option<Timestamp>,
}

/// What the field is told.
#[derive(Debug)]
enum What {
    /// The access policies of the project, to choose from; what choosing none of them is called, where that can be.
    Policies(Option<&'static str>),
    /// The names of these projects, to choose from.
    Projects(Vec<ProjectId>),
    /// What stands in the membership now, to be changed.
    Present(fn(&Membership) -> Option<&Text>),
}

impl Ask {
    /// A form; `make` reads the intent from it, or says what does not go together.
    pub fn new(
        title: &'static str,
        subject: Subject,
        form: Form,
        make: impl Fn(&Subject, &Form) -> Result<Intent, String> + Send + Sync + 'static,
    ) -> Self {
        let make = Make(Box::new(make));
        Self {
            title,
            subject,
            about: String::new(),
            form,
            make,
            wrong: None,
            secret: None,
            route: None,
            wants: None,
            describe: None,
        }
    }

    /// With a route that can be tested as it stands in the form; `own` is the saved one that it changes.
    #[must_use]
    pub fn with_route(
        self,
        read: impl Fn(&Form) -> RouteDraft + Send + Sync + 'static,
        own: Option<DomainRouteId>,
    ) -> Self {
        Self { route: Some(Route(Box::new(read), own)), ..self }
    }

    /// With a field whose value goes to the platform beside the plan; left empty, nothing goes.
    #[must_use]
    pub fn with_secret(self, field: &'static str) -> Self {
        Self { secret: Some(field), ..self }
    }

    /// With a field that offers the access policies of the project.
    #[must_use]
    pub fn offering_policies(self, field: &'static str, none: Option<&'static str>) -> Self {
        Self { wants: Some(Wants { field, what: What::Policies(none), since: None }), ..self }
    }

    /// With a field that offers these projects, by their names once they are known.
    #[must_use]
    pub fn offering_projects(self, field: &'static str, projects: Vec<ProjectId>) -> Self {
        Self { wants: Some(Wants { field, what: What::Projects(projects), since: None }), ..self }
    }

    /// With a field that opens with what stands in the membership now.
    #[must_use]
    pub fn opening_with(self, field: &'static str, value: fn(&Membership) -> Option<&Text>) -> Self {
        Self { wants: Some(Wants { field, what: What::Present(value), since: None }), ..self }
    }

    /// With a sentence above the fields.
    #[must_use]
    pub fn about(self, words: impl Into<String>) -> Self {
        Self { about: words.into(), ..self }
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if self.is_described() || self.ask_issuer(ctx) || !self.form.complete() {
            return;
        }
        match (self.make.0)(&self.subject, &self.form) {
            Ok(intent) => {
                let secret = self.typed_secret();
                let plan = PlanDialog::wanted(intent, self.subject.name.clone(), true, ctx.now);
                let plan = plan.with_secret(secret);
                ctx.open(Overlay::Plan(Box::new(plan)));
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// The secret as it is typed.
    fn typed_secret(&self) -> Option<Secret> {
        let typed = self.secret.map(|field| self.form.value(field)).filter(|typed| !typed.is_empty());
        typed.map(Secret::from)
    }

    /// The sentence above the fields, and what does not go together.
    fn words(&self, view: &View<'_>) -> Paragraph<'static> {
        let mut lines = Vec::new();
        if self.is_described() {
            let words = "Reading what the issuer says of itself.";
            lines.push(Line::styled(words, view.style(Role::Muted)));
        } else if !self.about.is_empty() {
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
        match action {
            Action::TryForm | Action::SignInForm => Availability::ready_if(self.route.is_some()),
            _ => self.form.availability(action),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::TryForm => {
                if let Some(Route(read, own)) = &self.route {
                    let test = RouteTest::new(read(&self.form), self.typed_secret(), own.clone());
                    ctx.open(Overlay::RouteTest(Box::new(test)));
                }
            }
            Action::SignInForm => {
                if let Some(Route(read, own)) = &self.route {
                    let (draft, secret) = (Box::new(read(&self.form)), self.typed_secret());
                    let config = Config::Draft { draft, secret, of: own.clone() };
                    ctx.tell(Note::TestSignIn { config: Box::new(config), of_a_form: true });
                }
            }
            Action::Close => {
                if self.is_described() {
                    ctx.cancel(Slot::Choices);
                }
                ctx.close();
            }
            _ => self.form.act(action),
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        let (Some(wants @ Wants { since: None, .. }), Some(member)) =
            (&mut self.wants, self.subject.members.first())
        else {
            return;
        };
        wants.since = Some(ctx.now);
        let question = match &wants.what {
            What::Policies(_) => Question::Policies(member.clone()),
            What::Projects(projects) => Question::Projects(projects.clone()),
            What::Present(_) => Question::Member(member.clone()),
        };
        ctx.ask(Slot::Choices, question);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, _ctx: &mut Ctx) {
        if self.is_described() {
            self.described(answer);
            return;
        }
        let Some(Wants { field, what, .. }) = self.wants.take() else { return };
        match (what, answer) {
            (What::Policies(_), Answer::Policies(policies)) if policies.is_empty() => {
                self.wrong = Some("The project has no access policy that you can see.".to_owned());
            }
            (What::Policies(none), Answer::Policies(policies)) => {
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
            (What::Projects(_), Answer::Projects(projects)) => {
                let choice = |(id, name): (ProjectId, Text)| Choice {
                    value: id.as_str().to_owned(),
                    words: name.to_string(),
                    help: id.to_string(),
                };
                self.form.offer(field, projects.into_iter().map(choice).collect());
            }
            (What::Present(value), Answer::Member(read)) => {
                if let Some(text) = value(&read.membership) {
                    self.form.fill_empty(field, text.raw());
                }
            }
            (what, Answer::Failed(failure)) => {
                let words = match what {
                    What::Policies(_) => "The access policies could not be read.",
                    What::Projects(_) => "The names of the projects could not be read.",
                    What::Present(_) => "What stands there now could not be read.",
                };
                self.wrong = Some(format!("{words} {}", failure.what));
            }
            _ => {}
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Choices && (self.wants.is_some() || self.is_described())
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        let described = self.describe.as_ref().and_then(|describe| describe.since);
        described.or(self.wants.as_ref().and_then(|wants| wants.since))
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
        let mut keys = self.form.keys("show plan");
        if self.route.is_some() {
            keys.insert(1, (Action::TryForm, "test"));
            keys.insert(2, (Action::SignInForm, "sign in"));
        }
        let says = !self.about.is_empty() || self.wrong.is_some();
        let dialog = FormDialog {
            title: format!("{} {} {}", self.title, view.glyphs.dot, self.subject.name),
            width: WIDTH,
            words: says.then(|| self.words(view)),
            form: &self.form,
            keys,
        };
        dialog.draw(frame, area, view);
    }
}
