//! Somebody's request for a route, opened by whoever may write it: who asks and why, what is different from what they say
//! now that everything was looked at again, and on to the plan.

use std::path::PathBuf;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Overlay;
use super::impact::{About, ImpactView};
use super::plan::PlanDialog;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::model::{Ctx, Model, View};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::scroll::Scroll;
use crate::console::words::ago;
use crate::identity::Secret;
use crate::identity::route_test::Outcome;
use crate::identity::sign_in::impact::{RouteChange, Weight};
use crate::identity::text::shown;
use crate::workflows::route_request::{Opened, RouteRequest};

const WIDTH: u16 = 100;

/// The overlay.
#[derive(Debug)]
pub struct OpenedRequest {
    path: PathBuf,
    secret: Secret,
    found: Remote<Box<(RouteRequest, Opened)>>,
    scroll: Scroll,
}

impl OpenedRequest {
    /// The request in a file; nothing is read yet.
    pub fn new(path: PathBuf, secret: Secret) -> Self {
        Self { path, secret, found: Remote::Idle, scroll: Scroll::default() }
    }

    fn works(&self) -> bool {
        self.found.value().is_some_and(|found| found.1.report.outcome() != Outcome::Failed)
    }

    fn fields(&self, view: &View<'_>) -> Fields {
        let mut fields = Fields::new();
        let Some((request, opened)) = self.found.value().map(|found| &**found) else {
            match self.found.error() {
                Some(failure) => {
                    fields.point(view.glyphs.failed, Role::Danger, failure.what.clone());
                    if !failure.why.is_empty() {
                        fields.under(failure.why.clone());
                    }
                }
                None => {
                    fields.words("Testing the route again, and looking at its people again", Role::Muted);
                }
            }
            return fields;
        };
        let by = &request.by;
        let email = by.email.as_ref().map_or_else(String::new, |email| format!(" {email}"));
        fields.add("asks", format!("{}{email}", by.name));
        fields.dim("", view.parts(&format!("{} of {} · {}", by.role, by.project, ago(request.at, view.now))));
        fields.add("why", request.why.to_string());
        fields.add(
            "route",
            format!("{} {} {}", opened.draft.domain, view.glyphs.arrow, opened.draft.provider.authorize_url),
        );
        fields.heading("Different from what the request says");
        if opened.differences.is_empty() {
            fields.words("Nothing.", Role::Muted);
        }
        for one in &opened.differences {
            let (glyph, role) =
                if one.worse { (view.glyphs.error, Role::Danger) } else { (view.glyphs.warning, Role::Warn) };
            fields.point(glyph, role, shown(&one.what).into_owned());
            fields.under(format!("{} {} {}", one.was, view.glyphs.arrow, one.now));
        }
        fields.heading(format!("Tested now: {}", view.parts(&opened.report.summary())));
        for check in opened.report.checks.iter().filter(|check| check.outcome != Outcome::Passed) {
            let (glyph, role) = match check.outcome {
                Outcome::Failed => (view.glyphs.failed, Role::Danger),
                Outcome::Warning => (view.glyphs.warning, Role::Warn),
                Outcome::Unknown | Outcome::Passed => (view.glyphs.dot, Role::Muted),
            };
            let said = shown(&check.said).into_owned();
            fields.point(glyph, role, format!("{}: {said}", check.id.title()));
        }
        fields.heading(shown(&opened.impact.headline()).into_owned());
        for line in opened.impact.lines() {
            let (glyph, role) = match line.weight {
                Weight::Bad => (view.glyphs.error, Role::Danger),
                Weight::Think => (view.glyphs.warning, Role::Warn),
                Weight::Plain => (view.glyphs.dot, Role::Text),
            };
            fields.point(glyph, role, shown(&line.text()).into_owned());
        }
        fields
    }
}

impl Model for OpenedRequest {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Access, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.found == Remote::Idle {
            self.found.ask(ctx.now);
            let question = Question::OpenRequest { path: self.path.clone(), secret: self.secret.clone() };
            ctx.ask(Slot::Proposal, question);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::AccessAsk => match (self.found.value(), self.works()) {
                (None, _) => Availability::Hidden,
                (Some(_), false) => Availability::because("a check fails now; nobody would get in"),
                (Some(_), true) => Availability::Ready,
            },
            Action::Details => Availability::ready_if(self.found.value().is_some()),
            Action::AccessDown | Action::AccessUp | Action::Close => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::AccessAsk => Some("show plan"),
            Action::Details => Some("people"),
            _ => None,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::AccessDown => self.scroll.by(3),
            Action::AccessUp => self.scroll.by(-3),
            Action::AccessAsk => {
                if let Some(found) = self.found.value() {
                    let (request, opened) = (&found.0, &found.1);
                    let name = opened.draft.domain.clone();
                    let plan = PlanDialog::wanted(opened.intent.clone(), name, false, ctx.now)
                        .with_secret(Some(self.secret.clone()))
                        .with_reason(request.why.raw());
                    ctx.close();
                    ctx.open(Overlay::Plan(Box::new(plan)));
                }
            }
            Action::Details => {
                if let Some(found) = self.found.value() {
                    let draft = found.1.draft.clone();
                    let name = draft.domain.clone();
                    let about = About::Change(Box::new(RouteChange::to(draft, None)));
                    let view = ImpactView::new(name, vec![("with the route", about)], false);
                    ctx.open(Overlay::Impact(Box::new(view.found(found.1.impact.clone(), ctx.now))));
                }
            }
            _ => {
                ctx.cancel(Slot::Proposal);
                ctx.close();
            }
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Proposal && self.found.loading_since().is_some()
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Opened(found) => self.found.answer(Ok(found), ctx.now),
            Answer::Failed(failure) => self.found.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.found.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let place = dialog::centred(area, width, area.height);
        dialog::margin(frame, place, view);
        let title = Line::styled("A request for a route", view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let body = Rect { height: inner.height.saturating_sub(2), ..inner };
        let lines = self.fields(view).lines(usize::from(body.width), view);
        self.scroll.draw(frame, body, &lines, view);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let keys: &[(Action, &str)] = if self.works() {
            &[(Action::AccessAsk, "show plan"), (Action::Details, "people"), (Action::Close, "close")]
        } else if self.found.value().is_some() {
            &[(Action::Details, "people"), (Action::Close, "close")]
        } else {
            &[(Action::Close, "close")]
        };
        dialog::keys(frame, last, keys, view);
    }
}
