//! The flow lab: choose what to try, see every step of it as it happens with what goes over the wire, and what came of
//! it: claims, both tokens side by side, the doctor's verdict.

mod draw;
mod form;
mod lines;
mod message;
#[cfg(test)]
mod tests;
mod wire;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub use message::{LabEffect, LabMsg};

use self::form::Trial;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Effect, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, NewRoute, Note, View};
use crate::console::remote::Remote;
use crate::console::screens::Place;
use crate::console::screens::sign_in::{Attempt, Reply, Secret, Step};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::identity::flow_lab::{Ending, Run, Status};
use crate::workflows::flow_lab::{Config, Report, Want, report};

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// The ladder.
    #[default]
    Steps,
    /// The selected step: its words, what was sent and received.
    Wire,
    /// What is to be done, or what came of it.
    Outcome,
}

const PARTS: [Part; 3] = [Part::Steps, Part::Wire, Part::Outcome];

/// Something that the person or another device has to do.
#[derive(Debug)]
struct Live {
    step: Step,
    since: Timestamp,
    /// A line being typed.
    input: Option<Input>,
    /// The line is offered, not asked for.
    offered: bool,
    /// The person has answered, and the run is at work on it.
    answered: bool,
    /// Among several.
    row: usize,
    /// What was wrong with the last answer.
    wrong: Option<String>,
}

/// What the last run left behind, in the runtime's keeping.
#[derive(Debug, Clone, Copy, Default)]
struct Left {
    /// A test session of the platform lives.
    session: bool,
    /// A token of an identity provider is held.
    token: bool,
}

/// The flow lab.
#[derive(Debug, Default)]
pub struct FlowLab {
    trial: Trial,
    /// The form has the keys.
    open: bool,
    choices: Remote<()>,
    /// What is tried now, or was tried last, and whether with the token of the run before.
    wanted: Option<(Want, bool)>,
    attempt: Attempt,
    run: Option<Run>,
    began: Option<Timestamp>,
    report: Option<Box<Report>>,
    live: Option<Live>,
    left: Left,
    part: Part,
    /// What stands below the ladder where not everything fits.
    below: Part,
    step: usize,
    /// Somebody has chosen a step; else the one at work is shown.
    by_hand: bool,
    steps: Scroll,
    wire: Scroll,
    outcome: Scroll,
    /// Whence it was handed over; one returns there.
    came: Came,
}

/// Whence a configuration was handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Came {
    /// Nobody did: it was chosen here.
    #[default]
    Nowhere,
    /// From another screen.
    Screen,
    /// From a form, which is opened again with what stood in it.
    Form,
}

impl FlowLab {
    fn is_running(&self) -> bool {
        self.run.is_some() && self.report.is_none()
    }

    /// The ladder as it stands.
    fn ladder(&self) -> Option<&Run> {
        self.report.as_ref().map(|report| &report.run).or(self.run.as_ref())
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        let Some((want, held)) = self.trial.want() else { return };
        if held && !self.left.token {
            ctx.warn("No token is held: a test sign-in at the identity provider, or a device sign-in there, brings one.");
            return;
        }
        self.open = false;
        self.start(want, held, ctx);
    }

    fn start(&mut self, want: Want, held: bool, ctx: &mut Ctx) {
        self.attempt.0 += 1;
        self.run = Some(want.run());
        self.began = Some(ctx.now);
        self.report = None;
        self.live = None;
        self.left = Left::default();
        (self.part, self.below, self.step, self.by_hand) = (Part::Steps, Part::Outcome, 0, false);
        for scroll in [&mut self.steps, &mut self.wire, &mut self.outcome] {
            scroll.restart();
        }
        let (attempt, with_held) = (self.attempt, held);
        self.wanted = Some((want.clone(), held));
        ctx.effect(Effect::Lab(LabEffect::Start { attempt, want: Box::new(want), with_held }));
    }

    /// Whoever handed a route over that is not saved is told how it went.
    fn tell_tried(&self, report: &Report, ctx: &mut Ctx) {
        let Some((Want::Idp { config: Config::Draft { draft, .. }, .. }, _)) = &self.wanted else { return };
        let run = &report.run;
        let verdict = report.examined.as_ref().map(|examined| examined.diagnosis.gist());
        let said = match (run.failed(), verdict) {
            (Some(step), _) => format!("{}: {}", step.id.title(), step.said),
            (None, Some(verdict)) => format!("the provider let somebody in, who then {verdict}"),
            (None, None) => run.sentence(),
        };
        let worked = run.ending == Some(Ending::Worked);
        if run.ending != Some(Ending::Stopped) {
            ctx.tell(Note::SignInTried { domain: draft.domain.clone(), worked, said });
        }
    }

    /// News of the run.
    pub(in crate::console) fn heard(&mut self, msg: LabMsg, ctx: &mut Ctx) {
        let (LabMsg::Run { attempt, .. }
        | LabMsg::Asks { attempt, .. }
        | LabMsg::NextPoll { attempt, .. }
        | LabMsg::Again { attempt, .. }
        | LabMsg::Done { attempt, .. }
        | LabMsg::SignedOut { attempt, .. }) = &msg;
        if *attempt != self.attempt {
            return;
        }
        match msg {
            LabMsg::Run { run, .. } => self.stands(*run),
            LabMsg::Asks { step, .. } => self.asks(step, ctx.now),
            LabMsg::NextPoll { at, .. } => {
                if let Some(Live { step: Step::Device(code), .. }) = &mut self.live {
                    code.next_poll_at = Some(at);
                }
            }
            LabMsg::Again { words, .. } => {
                if let Some(live) = &mut self.live {
                    live.answered = false;
                    live.wrong = Some(words);
                }
            }
            LabMsg::Done { report, session, token, .. } => {
                self.live = None;
                self.stands(report.run.clone());
                self.tell_tried(&report, ctx);
                self.report = Some(report);
                self.left = Left { session, token };
                self.outcome.restart();
            }
            LabMsg::SignedOut { failed, .. } => {
                self.left.session = failed.is_some();
                match failed {
                    None => ctx.succeeded("signed the test session out; your own goes on"),
                    Some(why) => ctx.warn(format!("the test session lives until its tokens end: {why}")),
                }
            }
        }
    }

    fn stands(&mut self, run: Run) {
        if !self.by_hand {
            let at =
                run.steps.iter().position(|step| matches!(step.status, Status::Running | Status::Failed));
            let last = || {
                run.steps.iter().rposition(|step| !matches!(step.status, Status::Waiting | Status::Skipped))
            };
            let at = at.or_else(last).unwrap_or(0);
            if at != self.step {
                self.wire.restart();
            }
            self.step = at;
        }
        self.report = None;
        self.run = Some(run);
    }

    fn asks(&mut self, step: Step, now: Timestamp) {
        // A line being typed stays when only the waiting is told anew, and so does what was wrong with the last answer.
        let before = self
            .live
            .take()
            .filter(|live| std::mem::discriminant(&live.step) == std::mem::discriminant(&step));
        let (typed, wrong) = before.map_or((None, None), |live| (live.input, live.wrong));
        let input = match &step {
            Step::Paste { .. } | Step::Client { .. } => Some(Input::secret()),
            Step::Factor { .. } | Step::Enroll { .. } => Some(Input::new("")),
            Step::Browser { .. } => typed,
            _ => None,
        };
        let offered = matches!(step, Step::Browser { .. });
        self.live = Some(Live { step, since: now, input, offered, answered: false, row: 0, wrong });
        self.below = Part::Outcome;
    }

    fn reply(&mut self, ctx: &mut Ctx) {
        let attempt = self.attempt;
        let Some(live) = self.live.as_mut().filter(|live| !live.answered) else { return };
        let text = live.input.as_ref().map(|input| input.text().trim().to_owned()).unwrap_or_default();
        let reply = match &live.step {
            Step::Choose { memberships } => match memberships.get(live.row) {
                Some(chosen) => Reply::Membership(chosen.id.clone()),
                None => return,
            },
            Step::Client { .. } => Reply::Client(Secret::new(&text)),
            _ if text.is_empty() => return,
            Step::Paste { .. } | Step::Browser { .. } => Reply::Pasted(Secret::new(&text)),
            Step::Factor { .. } | Step::Enroll { .. } => Reply::Factor(Secret::new(&text)),
            Step::Asking { .. } | Step::Device(_) | Step::Password { .. } => return,
        };
        live.answered = true;
        live.since = ctx.now;
        live.wrong = None;
        if live.offered {
            live.input = None;
            live.answered = false;
        } else if live.input.is_some() {
            live.input = Some(Input::secret());
        }
        ctx.effect(Effect::Lab(LabEffect::Reply { attempt, reply }));
    }

    /// The page that the browser is or should be at.
    fn page(&self) -> Option<String> {
        match &self.live.as_ref()?.step {
            Step::Browser { url, .. } | Step::Paste { url, .. } => Some(url.raw().to_owned()),
            Step::Device(code) => {
                Some(code.complete.as_ref().unwrap_or(&code.verification_uri).raw().to_owned())
            }
            _ => None,
        }
    }

    /// A line is being typed into the run.
    fn typing(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.input.is_some() && !live.answered)
    }

    fn chooses(&self) -> bool {
        self.live.as_ref().is_some_and(|live| matches!(live.step, Step::Choose { .. }) && !live.answered)
    }

    fn moved(&mut self, by: isize) {
        if let Some(live) = self.live.as_mut().filter(|live| matches!(live.step, Step::Choose { .. })) {
            let Step::Choose { memberships } = &live.step else { return };
            live.row = live.row.saturating_add_signed(by).min(memberships.len().saturating_sub(1));
            return;
        }
        match self.part {
            Part::Steps => {
                let last = self.ladder().map_or(0, |run| run.steps.len().saturating_sub(1));
                self.choose(self.step.saturating_add_signed(by).min(last));
            }
            Part::Wire => self.wire.by(by.clamp(-1000, 1000)),
            Part::Outcome => self.outcome.by(by.clamp(-1000, 1000)),
        }
    }

    fn choose(&mut self, at: usize) {
        if at != self.step {
            self.wire.restart();
        }
        self.step = at;
        self.by_hand = true;
        if self.live.is_none() {
            self.below = Part::Wire;
        }
    }

    fn pages(&mut self, pages: isize) {
        match self.part {
            Part::Steps if self.below == Part::Wire => self.wire.pages(pages),
            Part::Steps | Part::Outcome => self.outcome.pages(pages),
            Part::Wire => self.wire.pages(pages),
        }
    }

    fn turn(&mut self, by: isize) {
        let at = PARTS.iter().position(|part| *part == self.part).unwrap_or(0);
        self.part = PARTS[at.saturating_add_signed(by).min(PARTS.len() - 1)];
        if self.part != Part::Steps {
            self.below = self.part;
        }
    }

    fn open_again(&self, ctx: &mut Ctx) {
        match &self.live {
            Some(Live { step: Step::Browser { .. } | Step::Paste { .. }, .. }) => {
                let (attempt, reply) = (self.attempt, Reply::OpenAgain);
                ctx.effect(Effect::Lab(LabEffect::Reply { attempt, reply }));
            }
            _ => {
                if let Some(url) = self.page() {
                    ctx.effect(Effect::OpenBrowser { url });
                }
            }
        }
    }

    /// Back to where it was handed over; a route that is being made goes on in its form.
    fn go_back(&mut self, ctx: &mut Ctx) {
        let came = std::mem::take(&mut self.came);
        match self.trial.new_route().filter(|_| came == Came::Form) {
            Some(draft) => ctx.tell(Note::AddRoute(Box::new(NewRoute {
                domain: draft.domain.clone(),
                like: Some(draft.provider.clone()),
                bare: None,
                why: "As it was tried. The client secret is typed again: it is kept nowhere.".to_owned(),
            }))),
            None => ctx.go_back(),
        }
    }

    fn copy(&self, ctx: &mut Ctx) {
        match (self.page(), &self.report) {
            (Some(url), _) => ctx.copy("the address", url),
            (None, Some(report)) => ctx.copy("the report", report::text(report, true)),
            (None, None) => {}
        }
    }
}

impl Model for FlowLab {
    fn scopes(&self) -> Vec<Scope> {
        if self.open {
            return vec![Scope::Form, Scope::Dialog];
        }
        if self.typing() {
            return vec![Scope::FlowLab, Scope::Form, Scope::Dialog];
        }
        if self.chooses() {
            return vec![Scope::FlowLab, Scope::List, Scope::Form];
        }
        vec![Scope::FlowLab, Scope::List]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if ctx.session.is_none() {
            return;
        }
        if self.choices == Remote::Idle {
            self.choices.ask(ctx.now);
            ctx.ask(Slot::LabChoices, Question::LabChoices);
        }
        if self.run.is_none() {
            self.open = true;
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        if self.open {
            return match action {
                Action::Close if self.run.is_none() && self.came == Came::Nowhere => Availability::Hidden,
                _ => self.trial.form.availability(action),
            };
        }
        let running = self.is_running();
        Availability::ready_if(match action {
            Action::LabWhat => !running,
            Action::LabStop => {
                running && !self.live.as_ref().is_some_and(|live| live.offered && live.input.is_some())
            }
            Action::LabOpenAgain => self.page().is_some(),
            Action::LabCopy => self.page().is_some() || self.report.is_some(),
            Action::LabPaste => self.live.as_ref().is_some_and(|live| live.offered && live.input.is_none()),
            Action::LabSignOut => self.left.session && !running,
            Action::LabTokens => (self.left.session || self.left.token) && !running,
            Action::Submit => self.typing() || self.chooses(),
            Action::Close => self.typing(),
            Action::Down | Action::Up | Action::First | Action::Last => {
                self.ladder().is_some() && !self.typing()
            }
            Action::PageDown | Action::PageUp => self.ladder().is_some(),
            // While a line is typed they move within it.
            Action::LabLeft | Action::LabRight => self.ladder().is_some() && !self.typing(),
            Action::CopyJson => self.report.is_some(),
            Action::Reload => !running && self.wanted.is_some(),
            Action::Back => self.came != Came::Nowhere && !running,
            _ => false,
        })
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit if self.open => self.submit(ctx),
            Action::Close if self.open => {
                self.open = false;
                if self.run.is_none() {
                    self.go_back(ctx);
                }
            }
            Action::NextField | Action::PreviousField | Action::NextChoice | Action::PreviousChoice => {
                self.trial.form.act(action);
            }
            Action::Submit => self.reply(ctx),
            Action::Close => {
                if let Some(live) = self.live.as_mut().filter(|live| live.offered) {
                    live.input = None;
                }
            }
            Action::LabWhat => self.open = true,
            Action::LabStop => {
                let attempt = self.attempt;
                self.live = None;
                ctx.effect(Effect::Lab(LabEffect::Stop { attempt }));
            }
            Action::LabOpenAgain => self.open_again(ctx),
            Action::LabCopy => self.copy(ctx),
            Action::LabPaste => {
                if let Some(live) = &mut self.live {
                    live.input = Some(Input::secret());
                }
            }
            Action::LabSignOut => {
                let attempt = self.attempt;
                ctx.effect(Effect::Lab(LabEffect::SignOut { attempt }));
            }
            Action::LabTokens => {
                let attempt = self.attempt;
                ctx.effect(Effect::Lab(LabEffect::Tokens { attempt }));
                ctx.tell(Note::ShowTokens);
            }
            Action::LabLeft => self.turn(-1),
            Action::LabRight => self.turn(1),
            Action::Down => self.moved(1),
            Action::Up => self.moved(-1),
            Action::First => self.moved(isize::MIN),
            Action::Last => self.moved(isize::MAX),
            Action::PageDown => self.pages(1),
            Action::PageUp => self.pages(-1),
            Action::CopyJson => {
                if let Some(report) = &self.report {
                    ctx.copy("the report as JSON", format!("{:#}", report::json(report)));
                }
            }
            Action::Reload => {
                if let Some((want, held)) = self.wanted.clone() {
                    self.start(want, held, ctx);
                }
            }
            Action::Back => self.go_back(ctx),
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Submit if self.open => Some("try it"),
            Action::Submit if self.chooses() => Some("this one"),
            Action::Submit => Some("hand in"),
            Action::Reload => Some("run again"),
            Action::LabCopy if self.page().is_none() => Some("copy report"),
            Action::Close if !self.open => Some("leave the line"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        if self.open { self.trial.form.takes_text() } else { self.typing() }
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if self.open {
            self.trial.form.typed(key);
        } else if let Some(input) = self.live.as_mut().and_then(|live| live.input.as_mut()) {
            input.typed(key);
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if self.open {
            self.trial.form.pasted(text);
        } else if let Some(input) = self.live.as_mut().and_then(|live| live.input.as_mut()) {
            input.pasted(text);
        }
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if self.open {
            self.trial.form.clicked(hit);
        } else if let Hit::Row(at) = hit {
            self.part = Part::Steps;
            self.choose(at);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        let rows = rows as isize;
        match (self.part, self.below) {
            (Part::Wire, _) | (Part::Steps, Part::Wire) => self.wire.by(rows),
            _ => self.outcome.by(rows),
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::LabChoices, Answer::LabChoices(choices)) => {
                self.trial.offer(*choices);
                self.choices.answer(Ok(()), ctx.now);
            }
            (Slot::LabChoices, Answer::Failed(failure)) => self.choices.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if let Note::TestSignIn { config, of_a_form } = note {
            if self.is_running() {
                ctx.warn("A run is under way in the flow lab; stop it first.");
            } else {
                self.trial.begin_with(config);
                self.open = true;
            }
            self.came = if *of_a_form { Came::Form } else { Came::Screen };
            ctx.go(Place::FlowLab);
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let run = self.ladder()?;
        let role = if run.failed().is_some() { Role::Danger } else { Role::Muted };
        let words = match run.failed() {
            Some(step) => format!(
                "fails at step {}",
                run.steps.iter().position(|one| one.id == step.id).unwrap_or(0) + 1
            ),
            None => run.sentence(),
        };
        Some(Line::styled(words, view.style(role)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match &self.live {
            Some(live) => live.answered.then_some(live.since),
            None => self.began.filter(|_| self.is_running()),
        }
    }

    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let until = match &self.live.as_ref()?.step {
            Step::Browser { until, .. } => (*until)?,
            Step::Device(code) => code.expires_at,
            _ => return None,
        };
        // The clock on the screen shows seconds.
        (until > now).then(|| now.checked_add(SignedDuration::from_secs(1)).ok()).flatten()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
