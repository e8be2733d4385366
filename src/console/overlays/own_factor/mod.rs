//! The signed-in person's own second factor: how they stand, and the ways to enrol and disable (platform-api §5).

pub mod code;
mod draw;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use self::code::{CodeForm, Purpose};
use super::Overlay;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, OwnAnswer, OwnQuestion, Question};
use crate::console::model::{Ctx, Model, Note, View};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::identity::{Factor, OwnFactor};

/// The overlay.
#[derive(Debug, Default)]
pub struct OwnFactorView {
    own: Remote<Box<OwnFactor>>,
}

impl OwnFactorView {
    fn ask(&mut self, ctx: &mut Ctx) {
        self.own.ask(ctx.now);
        ctx.ask(Slot::OwnFactor, Question::Own(OwnQuestion::Standing));
    }

    fn enrollable(&self, factor: Factor) -> Availability {
        let Some(own) = self.own.value() else { return self.unread() };
        if own.has(factor) == Some(true) {
            return Availability::because(format!("you have this already: {}", factor.words()));
        }
        if own.allows(factor) == Some(false) {
            return Availability::because(format!(
                "the project does not allow the {}; a project admin decides which factors are allowed",
                factor.words()
            ));
        }
        Availability::Ready
    }

    fn disable(&self) -> Availability {
        match self.own.value() {
            None => self.unread(),
            Some(own) if !own.enrolled => Availability::because("you have no second factor"),
            Some(own) if own.required && own.methods.known().is_some_and(|methods| methods.len() < 2) => {
                Availability::because(
                    "one is required of you and this is your last; enrol another first, or an admin resets it",
                )
            }
            Some(_) => Availability::Ready,
        }
    }

    fn unread(&self) -> Availability {
        Availability::because(match self.own.error() {
            Some(_) => "how you stand could not be read",
            None => "how you stand is still being read",
        })
    }
}

impl Model for OwnFactorView {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::OwnFactor, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        self.ask(ctx);
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::EnrolOwnApp => self.enrollable(Factor::Totp),
            Action::EnrolOwnMail => self.enrollable(Factor::Email),
            Action::DisableOwn => self.disable(),
            Action::Close => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        let purpose = match (action, self.own.value()) {
            (Action::EnrolOwnApp, Some(_)) => Purpose::Enrol(Factor::Totp),
            (Action::EnrolOwnMail, Some(_)) => Purpose::Enrol(Factor::Email),
            (Action::DisableOwn, Some(own)) => Purpose::Disable(own.clone()),
            _ => {
                ctx.cancel(Slot::OwnFactor);
                return ctx.close();
            }
        };
        ctx.open(Overlay::OwnCode(Box::new(CodeForm::new(purpose))));
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::OwnFactor
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Own(OwnAnswer::Standing(own)) => self.own.answer(Ok(own), ctx.now),
            Answer::Failed(failure) => self.own.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if matches!(note, Note::Written(_)) {
            self.ask(ctx);
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.own.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_dialog(frame, area, view);
    }
}
