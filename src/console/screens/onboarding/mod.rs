//! The onboarding assistant: bringing a partner's domain onto its own identity provider, step by step. The steps stand at
//! the left with their states, what the selected one is about at the right. Everything that is answered or done is kept at
//! once by the same engine as the command's; what is here can be dropped at any moment.

mod draw;
mod words;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Place;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Listed, OnboardAnswer, OnboardQuestion, Question};
use crate::console::failure::Failure;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::impact::{About, ImpactView};
use crate::console::overlays::onboard::{OnboardForm, Purpose, Wanted};
use crate::console::overlays::opened::OpenedRequest;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::scroll::Scroll;
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{Role as Power, Secret, Text};
use crate::workflows::intent::Intent;
use crate::workflows::onboard::{Act, Done, Idp, State, StepId, StepState, Told, hand_over};

/// The assistant.
#[derive(Debug, Default)]
pub struct Onboarding {
    listed: Remote<Vec<Listed>>,
    row: usize,
    open: Option<Box<Open>>,
    /// Came from another screen about this domain.
    wanted: Option<Text>,
    busy: Option<Busy>,
}

/// What is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Busy {
    since: Timestamp,
    words: &'static str,
}

/// A partner that is open.
#[derive(Debug)]
struct Open {
    state: State,
    step: StepId,
    /// What the last act brought, and at which step.
    told: Option<(StepId, Told)>,
    /// Why the last act was not done.
    failed: Option<(StepId, Failure)>,
    /// The client's secret, while the console is open.
    secret: Option<Secret>,
    /// A plan of the route was opened; whether it was applied is looked up.
    saving: bool,
    text: Scroll,
}

impl Open {
    fn new(state: State) -> Self {
        let step = state.at;
        Self { state, step, told: None, failed: None, secret: None, saving: false, text: Scroll::default() }
    }

    fn told(&self) -> Option<&Told> {
        self.told.as_ref().filter(|(step, _)| *step == self.step).map(|(_, told)| told)
    }

    fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref().filter(|(step, _)| *step == self.step).map(|(_, failure)| failure)
    }
}

impl Onboarding {
    fn list(&mut self, ctx: &mut Ctx) {
        self.listed.ask(ctx.now);
        ctx.ask(Slot::Onboarding, Question::Onboard(OnboardQuestion::List));
    }

    /// Goes on with a domain, or begins with it.
    fn begin(&mut self, domain: &str, ctx: &mut Ctx) {
        self.busy = Some(Busy { since: ctx.now, words: "opening" });
        ctx.ask(Slot::OnboardAct, Question::Onboard(OnboardQuestion::Open(domain.to_owned())));
    }

    fn run(&mut self, act: Act, words: &'static str, ctx: &mut Ctx) {
        let Some(open) = &mut self.open else { return };
        open.failed = None;
        let domain = open.state.domain.raw().to_owned();
        self.busy = Some(Busy { since: ctx.now, words });
        ctx.ask(Slot::OnboardAct, Question::Onboard(OnboardQuestion::Act { domain, act: Box::new(act) }));
    }

    fn ask(&self, purpose: Purpose, ctx: &mut Ctx) {
        let state = self.open.as_ref().map(|open| &open.state);
        ctx.open(Overlay::Onboard(Box::new(OnboardForm::new(purpose, state))));
    }

    /// To another step; where one is, is kept.
    fn go_to(&mut self, step: StepId, ctx: &mut Ctx) {
        let Some(open) = &mut self.open else { return };
        open.step = step;
        open.text.restart();
        if self.busy.is_none() && open.state.at != step {
            let domain = open.state.domain.raw().to_owned();
            let act = Box::new(Act::GoTo(step));
            ctx.ask(Slot::OnboardAct, Question::Onboard(OnboardQuestion::Act { domain, act }));
        }
    }

    fn step_by(&mut self, by: isize, ctx: &mut Ctx) {
        if let Some(open) = &self.open {
            let at = StepId::ALL.iter().position(|step| *step == open.step).unwrap_or(0);
            let at = at.saturating_add_signed(by).min(StepId::ALL.len() - 1);
            self.go_to(StepId::ALL[at], ctx);
        } else {
            let rows = self.listed.value().map_or(0, Vec::len);
            self.row = self.row.saturating_add_signed(by).min(rows.saturating_sub(1));
        }
    }

    /// On to the first step after this one that is not settled, else to the next.
    fn onward(&mut self, ctx: &mut Ctx) {
        let Some(open) = &self.open else { return };
        let after = StepId::ALL.into_iter().filter(|step| *step > open.step);
        let next = after.clone().find(|step| !open.state.step(*step).is_settled());
        if let Some(step) = next.or_else(|| open.step.next()) {
            self.go_to(step, ctx);
        }
    }

    fn is_super(ctx: &Ctx) -> bool {
        ctx.session.as_ref().is_some_and(|session| session.caller.role == Power::SuperAdmin)
    }

    /// What the selected step is for; a step that is done leads on.
    fn go_on(&mut self, ctx: &mut Ctx) {
        let Some(open) = &self.open else { return };
        if open.state.step(open.step).is_settled() {
            self.onward(ctx);
        } else {
            self.do_step(ctx);
        }
    }

    fn do_step(&mut self, ctx: &mut Ctx) {
        let Some(open) = &self.open else { return };
        let state = &open.state;
        let secret = open.secret.clone();
        match open.step {
            StepId::Domain => self.onward(ctx),
            StepId::Provider => {
                let place = state.answers.idp.and_then(Idp::place).is_some() && state.answers.place.is_none();
                if state.answers.idp.is_none() || place || state.issuer().is_none() {
                    self.ask(Purpose::Answers(StepId::Provider), ctx);
                } else {
                    self.run(Act::Discover, "asking the provider", ctx);
                }
            }
            StepId::HandOver if state.answers.our_contact.is_none() => {
                self.ask(Purpose::Answers(StepId::HandOver), ctx);
            }
            StepId::HandOver => {
                ctx.copy("the text for the partner", hand_over(state));
                self.run(Act::HandedOver("clipboard".to_owned()), "keeping", ctx);
            }
            StepId::Credentials => self.ask(Purpose::Answers(StepId::Credentials), ctx),
            StepId::Tests => match secret {
                Some(secret) => self.run(Act::Test(Some(secret)), "testing the route at the provider", ctx),
                None => self.ask(Purpose::Test, ctx),
            },
            StepId::SignIn => self.try_sign_in(ctx),
            StepId::Impact => self.run(Act::Impact, "reading the people of the domain", ctx),
            StepId::People => self.show_people(ctx),
            StepId::Save if !Self::is_super(ctx) => self.ask(Purpose::Request, ctx),
            StepId::Save => match secret {
                Some(secret) => self.save(secret, ctx),
                None => self.ask(Purpose::Save, ctx),
            },
            StepId::Watch => self.run(Act::Watch, "looking for the first sign-ins", ctx),
        }
    }

    /// In the flow lab, with the route as it is wanted.
    fn try_sign_in(&mut self, ctx: &mut Ctx) {
        let Some(open) = &self.open else { return };
        if let Some(draft) = open.state.draft() {
            let secret = open.secret.clone();
            let config =
                crate::workflows::flow_lab::Config::Draft { draft: Box::new(draft), secret, of: None };
            ctx.tell(Note::TestSignIn { config: Box::new(config), of_a_form: false });
        }
    }

    /// The people of the domain, to be opened and mended from there.
    fn show_people(&mut self, ctx: &mut Ctx) {
        let Some(open) = &self.open else { return };
        let Some(draft) = open.state.draft() else { return };
        let about = About::Change(Box::new(RouteChange::to(draft, None)));
        let view = ImpactView::new(open.state.domain.clone(), vec![("with the route", about)], true);
        let view = match &open.told {
            Some((_, Told::Met(found))) => view.found((**found).clone(), ctx.now),
            _ => view,
        };
        ctx.open(Overlay::Impact(Box::new(view)));
    }

    fn save(&mut self, secret: Secret, ctx: &mut Ctx) {
        let Some(open) = &mut self.open else { return };
        open.secret = Some(secret);
        let domain = open.state.domain.raw().to_owned();
        self.busy = Some(Busy { since: ctx.now, words: "looking what is there" });
        ctx.ask(Slot::OnboardAct, Question::Onboard(OnboardQuestion::Save(domain)));
    }

    fn plan(&mut self, intent: Intent, ctx: &mut Ctx) {
        let Some(open) = &mut self.open else { return };
        open.saving = true;
        let plan = PlanDialog::wanted(intent, open.state.domain.clone(), false, ctx.now);
        let reason = open.state.answers.reason.as_ref().map_or_else(String::new, |why| why.raw().to_owned());
        let plan = plan.with_secret(open.secret.clone()).with_reason(&reason);
        ctx.open(Overlay::Plan(Box::new(plan)));
    }

    fn done(&mut self, done: Done, ctx: &mut Ctx) {
        match &mut self.open {
            Some(open) if open.state.domain == done.state.domain => {
                let step = open.step;
                open.state = done.state;
                if let Told::Written(path) = &done.told {
                    ctx.succeeded(format!("written to {path}"));
                }
                if done.told != Told::Nothing {
                    open.told = Some((step, done.told));
                    open.text.restart();
                }
            }
            _ => {
                let mut open = Open::new(done.state);
                if open.step == StepId::Domain {
                    open.step = StepId::Provider;
                }
                self.open = Some(Box::new(open));
            }
        }
    }

    fn wish(&mut self, wanted: &Wanted, ctx: &mut Ctx) {
        match wanted.clone() {
            Wanted::Begin(domain) => self.begin(&domain, ctx),
            Wanted::Act(act) => self.run(act, "working", ctx),
            Wanted::WithSecret(act, secret) => {
                if let Some(open) = &mut self.open {
                    open.secret = Some(secret);
                }
                self.run(act, "working", ctx);
            }
            Wanted::Save(secret) => self.save(secret, ctx),
            Wanted::Open(path, secret) => {
                ctx.open(Overlay::Opened(Box::new(OpenedRequest::new(path, secret))));
            }
        }
    }

    /// The state of what is selected in the list of partners.
    fn listed(&self) -> Option<&Listed> {
        self.listed.value()?.get(self.row)
    }
}

impl Model for Onboarding {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Onboarding]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if let Some(domain) = self.wanted.take() {
            if self.open.as_ref().is_none_or(|open| open.state.domain != domain) {
                self.open = None;
                self.begin(domain.raw(), ctx);
            }
        } else if self.open.is_none() && self.busy.is_none() {
            self.list(ctx);
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let busy = || Availability::because("something is under way; Esc stops it");
        let free = |ready: bool| match (&self.busy, ready) {
            (_, false) => Availability::Hidden,
            (Some(_), true) => busy(),
            (None, true) => Availability::Ready,
        };
        match (action, &self.open) {
            (Action::StepDown | Action::StepUp | Action::Back | Action::Reload, _) => Availability::Ready,
            (Action::OnboardNew, None) => free(true),
            (Action::OnboardDo, None) => match self.listed() {
                None => Availability::Hidden,
                Some(Listed { state: Err(why), .. }) => Availability::because(why.clone()),
                Some(_) => free(true),
            },
            (Action::OnboardOver, None) => free(self.listed().is_some_and(|listed| listed.state.is_err())),
            (Action::OnboardDo | Action::OnboardAgain, Some(open)) => match open.state.step(open.step) {
                StepState::Waits(first) => Availability::because(format!("{} comes first", first.title())),
                // What was never done is not done again.
                StepState::Open(_) if action == Action::OnboardAgain => Availability::Hidden,
                _ if action == Action::OnboardAgain
                    && matches!(open.step, StepId::Domain | StepId::Credentials) =>
                {
                    Availability::Hidden
                }
                _ => {
                    let writes = open.step == StepId::Save
                        && session.is_some_and(|session| session.caller.role == Power::SuperAdmin);
                    let refused = session.and_then(Session::read_only_words).filter(|_| writes);
                    refused.map_or_else(|| free(true), Availability::because)
                }
            },
            (Action::OnboardEdit, Some(open)) => {
                free(matches!(open.step, StepId::Provider | StepId::HandOver | StepId::Credentials))
            }
            (Action::OnboardSkip, Some(open)) => {
                free(open.step.can_be_skipped() && !open.state.step(open.step).is_settled())
            }
            (Action::OnboardWrite, Some(open)) => {
                free(open.step == StepId::HandOver && open.state.answers.idp.is_some())
            }
            (Action::Copy, Some(open)) => Availability::ready_if(
                open.step == StepId::HandOver && open.state.answers.idp.is_some() || open.told().is_some(),
            ),
            (Action::OnboardPeople, Some(open)) => {
                free(matches!(open.step, StepId::Impact | StepId::People) && open.state.draft().is_some())
            }
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::StepDown => self.step_by(1, ctx),
            Action::StepUp => self.step_by(-1, ctx),
            Action::OnboardNew => self.ask(Purpose::Begin, ctx),
            Action::OnboardDo if self.open.is_some() => self.go_on(ctx),
            Action::OnboardDo => {
                if let Some(listed) = self.listed() {
                    let domain = listed.domain.clone();
                    self.begin(&domain, ctx);
                }
            }
            Action::OnboardAgain => self.do_step(ctx),
            Action::OnboardOver => {
                if let Some(listed) = self.listed() {
                    let domain = listed.domain.clone();
                    self.busy = Some(Busy { since: ctx.now, words: "setting aside" });
                    ctx.ask(Slot::OnboardAct, Question::Onboard(OnboardQuestion::StartOver(domain)));
                }
            }
            Action::OnboardEdit => {
                if let Some(step) = self.open.as_ref().map(|open| open.step) {
                    self.ask(Purpose::Answers(step), ctx);
                }
            }
            Action::OnboardSkip => {
                if let Some(step) = self.open.as_ref().map(|open| open.step) {
                    self.ask(Purpose::Skip(step), ctx);
                }
            }
            Action::OnboardWrite => self.ask(Purpose::HandOver, ctx),
            Action::OnboardPeople => self.show_people(ctx),
            Action::Copy => {
                if let Some(open) = &self.open {
                    match open.told() {
                        Some(Told::Tested(report)) => ctx.copy("the table", report.text()),
                        _ => ctx.copy("the text for the partner", hand_over(&open.state)),
                    }
                }
            }
            Action::Reload => match &self.open {
                Some(_) => self.run(Act::Look, "reading", ctx),
                None => self.list(ctx),
            },
            Action::Back if self.busy.is_some() => {
                ctx.cancel(Slot::OnboardAct);
                self.busy = None;
            }
            Action::Back if self.open.is_some() => {
                self.open = None;
                self.list(ctx);
            }
            Action::Back => ctx.go(Place::Domains),
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        let Some(open) = &self.open else {
            return match action {
                Action::OnboardDo => Some("open"),
                Action::Back if self.busy.is_some() => Some("stop"),
                Action::Back => Some("domains"),
                _ => None,
            };
        };
        match action {
            Action::OnboardDo if open.state.step(open.step).is_settled() => Some("next step"),
            Action::OnboardDo => Some(words::deed(&open.state, open.step)),
            Action::OnboardAgain => Some("again"),
            Action::OnboardPeople => Some("people"),
            Action::Back if self.busy.is_some() => Some("stop"),
            Action::Back => Some("partners"),
            _ => None,
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let Hit::Row(row) = hit else { return };
        if self.open.is_some() {
            if let Some(step) = StepId::ALL.get(row) {
                self.go_to(*step, ctx);
            }
        } else {
            self.row = row;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        if let Some(open) = &mut self.open {
            open.text.by(rows as isize);
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        if slot == Slot::Onboarding {
            match answer {
                Answer::Onboard(OnboardAnswer::Listed(found)) => {
                    self.row = self.row.min(found.len().saturating_sub(1));
                    self.listed.answer(Ok(found), ctx.now);
                }
                Answer::Failed(failure) => self.listed.answer(Err(failure), ctx.now),
                _ => {}
            }
            return;
        }
        self.busy = None;
        match answer {
            Answer::Onboard(OnboardAnswer::Done(done)) => self.done(*done, ctx),
            Answer::Onboard(OnboardAnswer::Intent(intent)) => self.plan(*intent, ctx),
            Answer::Failed(failure) => {
                if let Some(open) = &mut self.open {
                    open.failed = Some((open.step, failure));
                } else {
                    ctx.fail(failure);
                    self.list(ctx);
                }
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            Note::OnboardDomain(domain) => {
                self.wanted = domain.clone();
                ctx.go(Place::Onboarding);
            }
            Note::Onboard(wanted) => self.wish(wanted, ctx),
            // Somebody's record is nobody's route.
            Note::Written(None) if self.open.as_ref().is_some_and(|open| open.saving) => {
                if let Some(open) = &mut self.open {
                    open.saving = false;
                }
                self.run(Act::CheckSaved, "looking whether it is there", ctx);
            }
            // Somebody of the partner's was mended: who is left is counted anew.
            Note::Written(Some(_)) if self.open.as_ref().is_some_and(|open| open.step == StepId::People) => {
                self.run(Act::Impact, "reading the people of the domain", ctx);
            }
            Note::PutAside { .. } => {
                if let Some(open) = &mut self.open {
                    open.saving = false;
                }
            }
            Note::SignInTried { domain, worked, said } => {
                let about = self.open.as_ref().is_some_and(|open| open.state.domain == *domain);
                if about {
                    let signed_in =
                        crate::workflows::onboard::SignedIn { worked: *worked, said: said.clone() };
                    self.run(Act::SignedIn(signed_in), "keeping", ctx);
                }
            }
            _ => {}
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let busy = self.busy.as_ref()?;
        Some(Line::styled(busy.words, view.style(Role::Muted)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.busy.as_ref().map(|busy| busy.since).or_else(|| self.listed.loading_since())
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
