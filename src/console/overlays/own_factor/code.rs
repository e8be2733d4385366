//! A reason and a code: what it takes to enrol or disable a factor of one's own. The plan comes after.
//!
//! A code is good for a minute, so the reason is asked for first. The key of an app lives here and nowhere else: it
//! goes with the form.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, OwnAnswer, OwnQuestion, Question};
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::{Enrolment, Factor, OwnFactor, Secret, Text};
use crate::workflows::intent::Intent;
use crate::workflows::own_factor::{bare, code_problem};

/// What the code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To enrol this.
    Enrol(Factor),
    /// To disable one or all of these.
    Disable(Box<OwnFactor>),
}

/// The form.
#[derive(Debug)]
pub struct CodeForm {
    pub(super) purpose: Purpose,
    pub(super) form: Form,
    /// The key of the app; asked for only to enrol one.
    pub(super) enrolment: Remote<Box<Enrolment>>,
    pub(super) key_shown: bool,
    /// Mailing a code.
    pub(super) mailed: Remote<()>,
}

impl CodeForm {
    /// A form for this purpose; nothing is asked for yet.
    pub fn new(purpose: Purpose) -> Self {
        let mut fields = Vec::new();
        if let Purpose::Disable(own) = &purpose {
            let methods = own.methods.known().cloned().unwrap_or_else(|| Factor::ALL.to_vec());
            if methods.len() > 1 {
                let mut choices: Vec<Choice> = methods
                    .iter()
                    .map(|factor| Choice {
                        value: factor.name().to_owned(),
                        words: factor.words().to_owned(),
                        help: String::new(),
                    })
                    .collect();
                if !own.required {
                    choices.push(Choice::new("all", "nothing is left"));
                }
                let first = methods.first().map(|factor| factor.name());
                fields.push(Field::choice("which", "disable", choices, first));
            }
        }
        fields.push(Field::text("reason", "reason", "").required("Say why; it is kept in the journal."));
        let wrong = |code: &str| code_problem(code).map(str::to_owned);
        fields.push(Field::secret("code", "code").hint("6 digits").required("Type the code.").check(wrong));
        Self {
            purpose,
            form: Form::new(fields),
            enrolment: Remote::Idle,
            key_shown: false,
            mailed: Remote::Idle,
        }
    }

    /// A code can come by mail.
    fn can_mail(&self) -> bool {
        match &self.purpose {
            Purpose::Enrol(factor) => *factor == Factor::Email,
            Purpose::Disable(own) => own.has(Factor::Email) != Some(false),
        }
    }

    fn mail(&mut self, ctx: &mut Ctx) {
        self.mailed.ask(ctx.now);
        ctx.ask(Slot::OwnCode, Question::Own(OwnQuestion::MailCode));
    }

    fn ask_key(&mut self, ctx: &mut Ctx) {
        self.enrolment.ask(ctx.now);
        ctx.ask(Slot::OwnEnrolment, Question::Own(OwnQuestion::Enrolment));
    }

    fn intent(&self) -> Intent {
        match &self.purpose {
            Purpose::Enrol(factor) => Intent::EnrolOwn { factor: *factor },
            Purpose::Disable(own) => {
                let chosen = Factor::ALL.into_iter().find(|factor| factor.name() == self.form.value("which"));
                let only = match own.methods.known().map(Vec::as_slice) {
                    Some([only]) => Some(*only),
                    _ => None,
                };
                Intent::DisableOwn { factor: chosen.or(only) }
            }
        }
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if !self.form.complete() {
            return;
        }
        let name = ctx.session.as_ref().map_or_else(Text::default, |session| session.caller.name.clone());
        let code = Secret::from(bare(self.form.value("code")).as_str());
        let plan = PlanDialog::wanted(self.intent(), name, true, ctx.now)
            .with_secret(Some(code))
            .with_reason(self.form.value("reason"));
        ctx.open(Overlay::Plan(Box::new(plan)));
    }

    /// What could not be had.
    pub(super) fn trouble(&self) -> Option<&Failure> {
        self.enrolment.error().or(self.mailed.error())
    }
}

impl Model for CodeForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::OwnFactor, Scope::Form, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        match self.purpose {
            Purpose::Enrol(Factor::Totp) => self.ask_key(ctx),
            Purpose::Enrol(Factor::Email) => self.mail(ctx),
            Purpose::Disable(_) => {}
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::MailOwnCode if self.mailed.loading_since().is_some() => {
                Availability::because("a code is being mailed")
            }
            Action::MailOwnCode => Availability::ready_if(self.can_mail()),
            Action::ShowOwnKey => Availability::ready_if(self.purpose == Purpose::Enrol(Factor::Totp)),
            _ => self.form.availability(action),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::MailOwnCode => self.mail(ctx),
            Action::ShowOwnKey if self.enrolment.error().is_some() => self.ask_key(ctx),
            Action::ShowOwnKey => self.key_shown = !self.key_shown,
            Action::Submit => self.submit(ctx),
            Action::Close => {
                ctx.cancel(Slot::OwnEnrolment);
                ctx.cancel(Slot::OwnCode);
                ctx.close();
            }
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

    fn waits_for(&self, slot: Slot) -> bool {
        matches!(slot, Slot::OwnEnrolment | Slot::OwnCode)
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (_, Answer::Own(OwnAnswer::Enrolment(enrolment))) => {
                self.enrolment.answer(Ok(enrolment), ctx.now);
            }
            (_, Answer::Own(OwnAnswer::CodeMailed)) => {
                self.mailed.answer(Ok(()), ctx.now);
                ctx.succeeded("a code is on its way to you by mail");
            }
            (Slot::OwnEnrolment, Answer::Failed(failure)) => self.enrolment.answer(Err(failure), ctx.now),
            (_, Answer::Failed(failure)) => self.mailed.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, _ctx: &mut Ctx) {
        if let Note::PutAside { reason, .. } = note {
            self.form.fill("reason", reason);
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.enrolment.loading_since(), self.mailed.loading_since()].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_dialog(frame, area, view);
    }
}
