//! The form behind `e`: type the new address, see what each way would do, choose one.
//!
//! What can be known from the letters alone is said while they are typed. `Enter` reads what has to be known about
//! the address; then every way stands below it with what speaks for and against, and `Enter` shows the plan.

mod draw;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Overlay;
use super::plan::{Origin, PlanDialog};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Addresses, Answer, Question};
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::identity::{Email, EmailError, EmailNotice, MembershipId, Text};
use crate::workflows::PersonFacts;
use crate::workflows::email_change::{Choices, EmailFacts, Offer, Proposal, Refusal, Way, propose};

/// Whose address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The membership.
    pub membership: MembershipId,
    /// The person's name.
    pub name: Text,
    /// The address as far as it is known.
    pub email: Option<Text>,
    /// The project's addresses, when all of them are in memory.
    pub known: Option<Addresses>,
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Address,
    Way(usize),
    Telecom,
    Mail,
}

/// What is being read.
#[derive(Debug, Clone, PartialEq)]
enum Reading {
    /// Nothing.
    Idle,
    /// The person; the address after that, when it was asked for meanwhile.
    Person { since: Timestamp, then: bool },
    /// The address.
    Address { since: Timestamp },
    /// Could not be read.
    Failed(Failure),
}

/// What became of the address.
type Found = Result<Proposal, Refusal>;

/// The form.
#[derive(Debug)]
pub struct EmailForm {
    subject: Subject,
    input: Input,
    focus: Focus,
    choices: Choices,
    reading: Reading,
    person: Option<Box<PersonFacts>>,
    /// About the address it was read for.
    facts: Option<Box<EmailFacts>>,
    found: Option<Found>,
    /// Typed for a plan that was put aside.
    reason: String,
    /// The way whose plan was shown last: shown again when planned anew.
    chosen: Option<crate::workflows::email_change::WayKind>,
    /// The plan is to be shown as soon as everything is read.
    straight_on: bool,
    /// Its plan lies above it.
    covered: bool,
    scroll: Scroll,
}

impl EmailForm {
    /// An empty form.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            input: Input::default(),
            focus: Focus::Address,
            choices: Choices::default(),
            reading: Reading::Idle,
            person: None,
            facts: None,
            found: None,
            reason: String::new(),
            chosen: None,
            straight_on: false,
            covered: false,
            scroll: Scroll::default(),
        }
    }

    fn parsed(&self) -> Result<(Email, Vec<EmailNotice>), EmailError> {
        Email::parse(self.input.text())
    }

    fn proposal(&self) -> Option<&Proposal> {
        self.found.as_ref().and_then(|found| found.as_ref().ok())
    }

    fn way(&self) -> Option<&Way> {
        match self.focus {
            Focus::Way(at) => self.proposal()?.ways.get(at),
            Focus::Address | Focus::Telecom | Focus::Mail => self.proposal()?.recommended(),
        }
    }

    /// The fields that can be gone to, in order.
    fn fields(&self) -> Vec<Focus> {
        let mut fields = vec![Focus::Address];
        if let Some(proposal) = self.proposal() {
            fields.extend((0..proposal.ways.len()).map(Focus::Way));
            if self.has_choices() {
                fields.extend([Focus::Telecom, Focus::Mail]);
            }
        }
        fields
    }

    /// Telecom and mail can only be chosen where the platform's own operation does the change (platform-api §8).
    fn has_choices(&self) -> bool {
        use crate::workflows::email_change::WayKind;
        self.proposal()
            .and_then(|proposal| proposal.way(WayKind::UpdateEmail))
            .is_some_and(|way| matches!(way.offer, Offer::Plan(_)))
    }

    fn go(&mut self, by: isize) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        self.focus = fields[(at + fields.len()).saturating_add_signed(by) % fields.len()];
    }

    fn read_person(&mut self, then: bool, ctx: &mut Ctx) {
        self.reading = Reading::Person { since: ctx.now, then };
        ctx.ask(Slot::Proposal, Question::Person(self.subject.membership.clone()));
    }

    /// Reads what has to be known about the address.
    fn look(&mut self, ctx: &mut Ctx) {
        let Ok((email, _)) = self.parsed() else { return };
        match (&self.person, &self.reading) {
            (None, Reading::Person { since, .. }) => {
                self.reading = Reading::Person { since: *since, then: true };
            }
            (None, _) => self.read_person(true, ctx),
            (Some(person), _) => {
                self.reading = Reading::Address { since: ctx.now };
                ctx.ask(
                    Slot::Proposal,
                    Question::EmailFacts { person: person.clone(), email, known: self.subject.known.clone() },
                );
            }
        }
    }

    /// Compares the ways with what was read and chosen.
    fn compare(&mut self, ctx: &Ctx) {
        let (Some(session), Some(person), Some(facts)) = (&ctx.session, &self.person, &self.facts) else {
            return;
        };
        let found = propose(&session.caller, person, facts, self.choices);
        self.found = Some(found);
    }

    fn show_plan(&mut self, ctx: &mut Ctx) {
        let Some(way) = self.way().cloned() else { return };
        match way.offer {
            Offer::Plan(plan) => {
                self.chosen = Some(way.kind);
                self.covered = true;
                let dialog = PlanDialog::new(*plan, Origin::Form, &self.reason);
                ctx.open(Overlay::Plan(Box::new(dialog)));
            }
            Offer::Text(text) => ctx.copy("the text for a super admin", text),
            Offer::Not(why) => ctx.warn(format!("{}: {why}", way.kind.title())),
        }
    }

    fn changed(&mut self, ctx: &mut Ctx) {
        // What was found holds for the address it was read for and no other.
        self.facts = None;
        self.found = None;
        if let Reading::Address { .. } | Reading::Failed(_) = self.reading {
            self.reading = Reading::Idle;
            ctx.cancel(Slot::Proposal);
        } else if let Reading::Person { since, .. } = self.reading {
            self.reading = Reading::Person { since, then: false };
        }
    }

    fn enter(&mut self, ctx: &mut Ctx) {
        match self.focus {
            Focus::Telecom | Focus::Mail => self.choose(ctx),
            Focus::Address | Focus::Way(_) if self.proposal().is_some() => self.show_plan(ctx),
            Focus::Address | Focus::Way(_) => self.look(ctx),
        }
    }

    fn choose(&mut self, ctx: &Ctx) {
        match self.focus {
            Focus::Telecom => self.choices.update_profile_telecom = !self.choices.update_profile_telecom,
            Focus::Mail => self.choices.skip_verification = !self.choices.skip_verification,
            Focus::Address | Focus::Way(_) => return,
        }
        self.compare(ctx);
    }

    fn read(&mut self, facts: Box<EmailFacts>, ctx: &mut Ctx) {
        self.facts = Some(facts);
        self.reading = Reading::Idle;
        self.compare(ctx);
        let Some(proposal) = self.proposal() else {
            self.straight_on = false;
            return;
        };
        let wanted = self.chosen.filter(|_| self.straight_on);
        let at = proposal.ways.iter().position(|way| match wanted {
            Some(kind) => way.kind == kind,
            None => way.recommended,
        });
        self.focus = Focus::Way(at.unwrap_or(0));
        if std::mem::take(&mut self.straight_on)
            && matches!(self.way(), Some(Way { offer: Offer::Plan(_), .. }))
        {
            self.show_plan(ctx);
        }
    }
}

impl Model for EmailForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.person.is_none() && self.reading == Reading::Idle {
            self.read_person(false, ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::Submit => match (self.focus, self.parsed()) {
                (Focus::Address, Err(error)) => Availability::because(error.to_string()),
                _ => Availability::Ready,
            },
            Action::Close | Action::ScrollDown | Action::ScrollUp => Availability::Ready,
            Action::NextField | Action::PreviousField => Availability::ready_if(self.fields().len() > 1),
            Action::Copy => Availability::ready_if(
                !self.takes_text() && matches!(self.way().map(|w| &w.offer), Some(Offer::Text(_))),
            ),
            Action::GoSignIn => Availability::ready_if(
                matches!(&self.reading, Reading::Failed(failure) if failure.signed_out),
            ),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.enter(ctx),
            Action::Close => {
                ctx.cancel(Slot::Proposal);
                ctx.close();
            }
            Action::NextField => self.go(1),
            Action::PreviousField => self.go(-1),
            Action::ScrollDown => self.scroll.pages(1),
            Action::ScrollUp => self.scroll.pages(-1),
            Action::Copy => {
                if let Some(Way { offer: Offer::Text(text), .. }) = self.way() {
                    ctx.copy("the text for a super admin", text.clone());
                }
            }
            _ => {}
        }
    }

    fn takes_text(&self) -> bool {
        // A blank turns a choice over, so the choices take keys as text as well.
        matches!(self.focus, Focus::Address | Focus::Telecom | Focus::Mail)
    }

    fn typed(&mut self, key: Key, ctx: &mut Ctx) {
        match self.focus {
            Focus::Address => {
                if self.input.typed(key) {
                    self.changed(ctx);
                }
            }
            Focus::Telecom | Focus::Mail if key == Key::char(' ') => self.choose(ctx),
            Focus::Telecom | Focus::Mail | Focus::Way(_) => {}
        }
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx) {
        self.focus = Focus::Address;
        if self.input.pasted(text) {
            self.changed(ctx);
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let Hit::Part(part) = hit else { return };
        if let Some(focus) = self.fields().get(part) {
            let again = *focus == self.focus;
            self.focus = *focus;
            match focus {
                Focus::Telecom | Focus::Mail => self.choose(ctx),
                Focus::Way(_) if again => self.show_plan(ctx),
                Focus::Address | Focus::Way(_) => {}
            }
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Person(person) => {
                let then = matches!(self.reading, Reading::Person { then: true, .. });
                if let Some(Some(email)) = person.email.known() {
                    self.subject.email = Some(email.clone());
                }
                self.person = Some(person);
                self.reading = Reading::Idle;
                if then {
                    self.look(ctx);
                }
            }
            Answer::EmailFacts(facts) => self.read(facts, ctx),
            Answer::Failed(failure) => {
                self.straight_on = false;
                self.reading = Reading::Failed(failure);
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if let Note::PutAside { reason, again } = note {
            self.covered = false;
            self.reason.clone_from(reason);
            if *again {
                // Everything that was read may be out of date.
                self.person = None;
                self.facts = None;
                self.found = None;
                self.straight_on = true;
                self.read_person(true, ctx);
            }
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Proposal
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match &self.reading {
            Reading::Person { since, then: true } | Reading::Address { since } => Some(*since),
            Reading::Person { .. } | Reading::Idle | Reading::Failed(_) => None,
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_form(frame, area, view);
    }
}
