//! The sign-in doctor: whoever is typed is found, every likely way of theirs is examined at once, and the selected
//! way shows its steps, what each rests on, and what would mend it.

mod draw;
mod input;
mod lines;
mod parts;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::input::Input;
use self::parts::{Part, Selection};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, DoctorAnswer, DoctorQuestion, Effect, Question};
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, NewRoute, Note, View, Whom};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::screens::Place;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::identity::sign_in::doctor::Mend;
use crate::identity::words::capital;
use crate::identity::{MembershipId, Reference, Seen, Text, UserId};
use crate::workflows::checkup::{Asked, Checkup, Mending, Patient, Remedy, Told, Way, report};

/// The doctor screen.
#[derive(Debug, Default)]
pub struct Doctor {
    input: Input,
    /// What was asked last; asked again by `R` and after a change.
    asked: Option<Asked>,
    found: Option<(Told, Timestamp)>,
    load: Load,
    on: Selection,
    /// Somebody was handed over from another screen, to which one returns.
    came: bool,
    /// A plan was opened from here: what it changes is examined at once.
    mending: bool,
    /// The second of two changes, once the first is applied.
    next: Option<Mend>,
    /// Something was written since.
    outdated: bool,
}

/// How far the examining is.
#[derive(Debug, Default, Clone, PartialEq)]
enum Load {
    #[default]
    Idle,
    Under(Timestamp),
    Failed(Failure),
}

impl Doctor {
    fn checkup(&self) -> Option<&Checkup> {
        match &self.found {
            Some((Told::Ways(checkup), _)) => Some(checkup),
            _ => None,
        }
    }

    fn people(&self) -> &[Patient] {
        match &self.found {
            Some((Told::Several(people), _)) => people,
            _ => &[],
        }
    }

    /// The selected way.
    fn way(&self) -> Option<&Way> {
        self.checkup()?.ways.get(self.on.way)
    }

    /// The selected fix.
    fn remedy(&self) -> Option<&Remedy> {
        self.way()?.remedies.get(self.on.fix)
    }

    /// The selected step.
    fn step(&self) -> Option<&crate::identity::sign_in::doctor::Step> {
        self.way()?.examined.diagnosis.steps.get(self.on.step)
    }

    /// Asks what the form holds.
    fn submit(&mut self, ctx: &mut Ctx) {
        self.input.take_typed_token();
        if self.input.wrong.is_some() {
            return;
        }
        let Some(asked) = self.input.asked() else {
            self.input.wrong = Some("Type whom it is about.".to_owned());
            self.input.form.focus_on("person");
            return;
        };
        self.input.open = false;
        self.on = Selection::default();
        self.next = None;
        self.found = None;
        self.ask(asked, ctx);
    }

    fn ask(&mut self, asked: Asked, ctx: &mut Ctx) {
        self.load = Load::Under(ctx.now);
        self.outdated = false;
        ctx.ask(Slot::Doctor, Question::Doctor(DoctorQuestion::Check(Box::new(asked.clone()))));
        self.asked = Some(asked);
    }

    /// Asks the same once more; what is shown stays until the answer comes.
    fn again(&mut self, ctx: &mut Ctx) {
        if let Some(asked) = self.asked.clone() {
            self.ask(asked, ctx);
        }
    }

    fn stop(&mut self, ctx: &mut Ctx) {
        ctx.cancel(Slot::Doctor);
        self.load = Load::Idle;
    }

    fn told_all(&mut self, told: Told, now: Timestamp) {
        let before = self.way().map(|way| (way.label.clone(), self.on.part));
        self.load = Load::Idle;
        if let Told::Ways(checkup) = &told
            && let Some(checked) = &checkup.token
        {
            self.input.checked(checked);
            // It is dropped here too.
            if let Some(asked) = &mut self.asked {
                asked.token = None;
            }
        }
        if let Told::Ways(checkup) = &told
            && let Some(patient) = &checkup.patient
        {
            let address = patient.email.known().and_then(Option::as_ref);
            self.input.settle(&patient.membership, address);
            if let Some(asked) = &mut self.asked {
                asked.meant = Some(patient.membership.clone());
            }
        }
        self.found = Some((told, now));
        let Some(checkup) = self.checkup() else {
            self.on = Selection::default();
            return;
        };
        let same = before.and_then(|(label, part)| {
            checkup.ways.iter().position(|way| way.label == label).map(|at| (at, part))
        });
        let (way, part) = same.unwrap_or((checkup.worst(), Part::Fixes));
        self.on = Selection { part, ..Selection::default() };
        self.choose_way(way);
        self.go_on_mending();
    }

    /// Shows a way from where it ends.
    fn choose_way(&mut self, at: usize) {
        let Some(way) = self.checkup().and_then(|checkup| checkup.ways.get(at)) else { return };
        let (step, part) = (parts::where_it_ends(&way.examined.diagnosis), self.on.part);
        let nothing = (part == Part::Fixes && way.remedies.is_empty()).then(|| {
            if self.checkup().is_some_and(|checkup| checkup.ways.len() > 1) {
                Part::Ways
            } else {
                Part::Steps
            }
        });
        self.on = Selection { part: nothing.unwrap_or(part), way: at, step, ..Selection::default() };
    }

    /// The first of two changes stands: the second is the one to look at.
    fn go_on_mending(&mut self) {
        let Some(next) = self.next.take() else { return };
        let mended = |remedy: &Remedy| matches!(&*remedy.mends, [(mend, _)] if *mend == next);
        if let Some(at) = self.way().and_then(|way| way.remedies.iter().position(mended)) {
            self.on.fix = at;
            self.on.part = Part::Fixes;
        }
    }

    fn fix(&mut self, ctx: &mut Ctx) {
        let (Some(way), Some(remedy)) = (self.way(), self.remedy()) else { return };
        if let Some(others) = remedy.others {
            ctx.warn(format!("fix: {others}"));
            return;
        }
        let Some(((mend, title), then)) = remedy.mends.split_first() else { return };
        // Which provider it goes to, and its secret, a form asks for.
        if let Mend::AddRoute { domain, bare } = mend {
            let why = match then.first() {
                Some((_, then)) => format!("This is 1 of 2 changes; then: {then}."),
                None => format!("{} comes by this domain: {}.", way.label, remedy.after),
            };
            let new = NewRoute { domain: domain.clone(), like: None, bare: bare.clone(), why };
            self.next = then.first().map(|(mend, _)| mend.clone());
            self.mending = true;
            ctx.tell(Note::AddRoute(Box::new(new)));
            return;
        }
        let mending = Mending {
            attempt: way.examined.attempt.clone(),
            meant: way.meant.clone(),
            mend: mend.clone(),
            then: then.first().map(|(_, title)| title.clone()),
            request: remedy.request.clone(),
        };
        let name = self.checkup().and_then(|checkup| checkup.patient.as_ref()).map(|one| one.name.clone());
        let subject = name.unwrap_or_else(|| Text::from(way.label.as_str()));
        let plan = PlanDialog::mending(mending, &capital(title), subject, ctx.now);
        let next = then.first().map(|(mend, _)| mend.clone());
        self.next = next;
        self.mending = true;
        ctx.open(Overlay::Plan(Box::new(plan)));
    }

    /// Enter: deeper, down to the record.
    fn open(&mut self, ctx: &mut Ctx) {
        if let Some(patient) = self.people().get(self.on.who).cloned() {
            let typed = self.input.form.value("person").to_owned();
            self.input.begin_with(Some(patient.membership), &typed);
            self.submit(ctx);
            return;
        }
        match self.on.part {
            Part::Ways => self.on.part = Part::Steps,
            Part::Steps if self.step().is_some_and(|step| !step.evidence.is_empty()) => {
                self.on.part = Part::Evidence;
            }
            Part::Steps => {}
            Part::Evidence => {
                if let Some(record) = self.record() {
                    self.open_record(&record, ctx);
                }
            }
            Part::Fixes => self.fix(ctx),
        }
    }

    /// The record behind the selected evidence.
    fn record(&self) -> Option<Reference> {
        self.step()?.evidence.get(self.on.evidence)?.record.clone()
    }

    fn open_record(&self, record: &Reference, ctx: &mut Ctx) {
        let member = match &*record.kind {
            MembershipId::KIND => Some(MembershipId::new(record.id.clone())),
            UserId::KIND => self.way().and_then(|way| {
                let user = UserId::new(record.id.clone());
                let mut of_user = way.examined.facts.memberships_of(&user);
                of_user.next().map(|membership| membership.id.clone())
            }),
            _ => None,
        };
        let app = ctx.session.as_ref().and_then(|session| session.web_app.clone());
        match (member, app) {
            (Some(member), _) => ctx.tell(Note::Show(member)),
            (None, Some(app)) => {
                let url = format!("{}/{}/{}", app.trim_end_matches('/'), record.kind, record.id);
                ctx.effect(Effect::OpenBrowser { url });
            }
            (None, None) => ctx.warn(format!(
                "{record} has no screen here, and where the web app is, is not known; it stands in the copied report"
            )),
        }
    }

    fn copy(&self, ctx: &mut Ctx) {
        match (self.remedy().filter(|_| self.asks_others()), self.way()) {
            (Some(remedy), _) => ctx.copy("the request", remedy.request.clone()),
            (None, Some(way)) => ctx.copy("the report", report::text(way)),
            (None, None) => {}
        }
    }

    /// The selected fix is for somebody else to do.
    fn asks_others(&self) -> bool {
        self.on.part == Part::Fixes && self.remedy().is_some_and(|remedy| remedy.others.is_some())
    }

    fn moved(&mut self, by: isize) {
        let last = |count: usize| count.saturating_sub(1);
        let to = |at: usize, count: usize| at.saturating_add_signed(by).min(last(count));
        self.on.free = false;
        if !self.people().is_empty() {
            self.on.who = to(self.on.who, self.people().len());
            return;
        }
        let count = self.count(self.on.part);
        match self.on.part {
            Part::Ways => self.choose_way(to(self.on.way, count)),
            Part::Steps => {
                self.on.step = to(self.on.step, count);
                self.on.evidence = 0;
            }
            Part::Evidence => self.on.evidence = to(self.on.evidence, count),
            Part::Fixes => self.on.fix = to(self.on.fix, count),
        }
    }

    fn count(&self, part: Part) -> usize {
        match part {
            Part::Ways => self.checkup().map_or(0, |checkup| checkup.ways.len()),
            Part::Steps => self.way().map_or(0, |way| way.examined.diagnosis.steps.len()),
            Part::Evidence => self.step().map_or(0, |step| step.evidence.len()),
            Part::Fixes => self.way().map_or(0, |way| way.remedies.len()),
        }
    }

    fn turn(&mut self, by: isize) {
        let at = Part::ALL.iter().position(|part| *part == self.on.part).unwrap_or(0);
        self.on.part = Part::ALL[at.saturating_add_signed(by).min(Part::ALL.len() - 1)];
        self.on.free = false;
    }

    fn begin_with(&mut self, whom: &Whom, ctx: &mut Ctx) {
        match whom {
            Whom::Member(id) => self.input.begin_with(Some(id.clone()), ""),
            Whom::Reference(reference) => self.input.begin_with(None, &reference.to_string()),
        }
        self.came = true;
        self.submit(ctx);
        ctx.go(Place::Doctor);
    }
}

impl Model for Doctor {
    fn scopes(&self) -> Vec<Scope> {
        if self.input.open { vec![Scope::Form, Scope::Dialog] } else { vec![Scope::Doctor, Scope::List] }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.input.choices == Remote::Idle && ctx.session.is_some() {
            self.input.choices.ask(ctx.now);
            ctx.ask(Slot::DoctorChoices, Question::Doctor(DoctorQuestion::Choices));
        }
        if self.outdated {
            self.again(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        if self.input.open {
            return self.input.form.availability(action);
        }
        let way = self.way();
        match action {
            Action::DoctorWhom | Action::DoctorClaim | Action::DoctorSubject | Action::DoctorWay => {
                Availability::Ready
            }
            Action::DoctorOpen => Availability::ready_if(way.is_some() || !self.people().is_empty()),
            Action::DoctorFix => match (way, self.remedy()) {
                (None, _) => Availability::Hidden,
                (Some(way), None) if way.examined.diagnosis.expected().is_success() => {
                    Availability::because("this way works as it is")
                }
                (Some(_), None) => Availability::because("no change that can be tried here mends this way"),
                (Some(_), Some(_)) => Availability::Ready,
            },
            Action::Down | Action::Up | Action::First | Action::Last | Action::PageDown | Action::PageUp => {
                Availability::ready_if(self.found.is_some())
            }
            Action::DoctorLeft | Action::DoctorRight | Action::Copy | Action::CopyJson => {
                Availability::ready_if(way.is_some())
            }
            Action::Reload => match self.load {
                Load::Under(_) => Availability::because("it is being examined already"),
                Load::Idle | Load::Failed(_) => Availability::ready_if(self.asked.is_some()),
            },
            Action::Back => Availability::ready_if(self.came || matches!(self.load, Load::Under(_))),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::Close => self.input.open = false,
            Action::NextField | Action::PreviousField | Action::NextChoice | Action::PreviousChoice => {
                self.input.form.act(action);
            }
            Action::DoctorWhom => self.input.open_at("person"),
            Action::DoctorClaim => self.input.open_at("email"),
            Action::DoctorSubject => self.input.open_at("subject"),
            Action::DoctorWay => self.input.open_at("flow"),
            Action::DoctorOpen => self.open(ctx),
            Action::DoctorFix => self.fix(ctx),
            Action::DoctorLeft => self.turn(-1),
            Action::DoctorRight => self.turn(1),
            Action::Down => self.moved(1),
            Action::Up => self.moved(-1),
            Action::First => self.moved(isize::MIN),
            Action::Last => self.moved(isize::MAX),
            Action::PageDown => self.on.pages(1),
            Action::PageUp => self.on.pages(-1),
            Action::Copy => self.copy(ctx),
            Action::CopyJson => {
                if let Some(way) = self.way() {
                    ctx.copy("the report as JSON", format!("{:#}", report::json(&way.examined)));
                }
            }
            Action::Reload => self.again(ctx),
            Action::Back if matches!(self.load, Load::Under(_)) => self.stop(ctx),
            Action::Back => {
                self.came = false;
                ctx.go_back();
            }
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Submit => Some("examine"),
            Action::DoctorOpen if !self.people().is_empty() => Some("this one"),
            Action::DoctorOpen => Some(match self.on.part {
                Part::Ways => "steps",
                Part::Steps => "evidence",
                Part::Evidence => "open record",
                Part::Fixes => "plan",
            }),
            Action::Copy if self.asks_others() => Some("copy request"),
            Action::Copy => Some("copy report"),
            Action::Reload => Some("examine again"),
            Action::Back if matches!(self.load, Load::Under(_)) => Some("stop"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.input.open && self.input.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.input.edited();
        self.input.form.typed(key);
        self.input.veil();
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if !self.input.take_token(text) {
            self.input.edited();
            self.input.form.pasted(text);
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if self.input.open {
            self.input.form.clicked(hit);
        } else if let Hit::Part(spot) = hit
            && let Some((part, at)) = parts::clicked(spot)
        {
            self.on.free = false;
            if !self.people().is_empty() {
                self.on.who = at;
                self.open(ctx);
                return;
            }
            let same = self.on.part == part && self.on.at(part) == at;
            self.on.part = part;
            match part {
                Part::Ways => self.choose_way(at),
                Part::Steps => (self.on.step, self.on.evidence) = (at, 0),
                Part::Evidence => self.on.evidence = at,
                Part::Fixes => self.on.fix = at,
            }
            // A second click goes deeper.
            if same {
                self.open(ctx);
            }
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.on.by(rows as isize);
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Doctor, Answer::Doctor(DoctorAnswer::Told(told))) => self.told_all(*told, ctx.now),
            (Slot::Doctor, Answer::Failed(failure)) => self.load = Load::Failed(failure),
            (Slot::DoctorChoices, Answer::Doctor(DoctorAnswer::Choices(choices))) => {
                self.input.offer(&choices);
                self.input.choices.answer(Ok(choices), ctx.now);
            }
            (Slot::DoctorChoices, Answer::Failed(failure)) => {
                self.input.choices.answer(Err(failure), ctx.now);
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            Note::Diagnose(whom) => self.begin_with(whom, ctx),
            Note::Written(_) | Note::Rows(_) if self.asked.is_some() => {
                // What was changed from here is looked at now; anything else when somebody looks here again.
                if std::mem::take(&mut self.mending) {
                    self.again(ctx);
                } else {
                    self.outdated = true;
                }
            }
            Note::NotWritten(_) | Note::PutAside { .. } => {
                self.mending = false;
                self.next = None;
            }
            _ => {}
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        match &self.load {
            Load::Under(_) => {
                let words = match self.checkup().and_then(|checkup| checkup.patient.as_ref()) {
                    Some(patient) => format!("examining every way of {}", patient.name),
                    None => "examining every way".to_owned(),
                };
                Some(Line::styled(words, view.style(Role::Muted)))
            }
            Load::Failed(failure) if self.found.is_some() => {
                let words = format!("{} {}", view.glyphs.failed, failure.what);
                Some(Line::styled(words, view.style(Role::Danger)))
            }
            Load::Idle | Load::Failed(_) => {
                let (_, at) = self.found.as_ref()?;
                let words = format!("examined {}", lines::fresh(*at, view.now));
                Some(Line::styled(words, view.style(Role::Muted)))
            }
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match self.load {
            Load::Under(since) => Some(since),
            Load::Idle | Load::Failed(_) => None,
        }
    }

    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        // How fresh it is, in steps that a reader needs.
        let (_, at) = self.found.as_ref()?;
        let age = now.duration_since(*at).as_secs();
        let step = if age < 60 { 10 } else { 60 };
        let until = (age / step + 1) * step;
        at.checked_add(SignedDuration::from_secs(until)).ok().filter(|_| age < 3600)
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}

/// The address of somebody for the first line: present, or why it is not known.
fn address(patient: &Patient) -> String {
    match &patient.email {
        Seen::Known(Some(email)) => email.to_string(),
        Seen::Known(None) => "no login address".to_owned(),
        Seen::Unknown(why) => format!("address unknown: {why}"),
    }
}
