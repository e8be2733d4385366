//! The overview: the three decisions of the tenant, what needs attention, and what this role can do. Every number
//! opens the rows behind it.

mod draw;
mod words;

use std::cell::RefCell;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::remote::Remote;
use crate::console::screens::Place;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::scroll::Scroll;
use crate::identity::Text;
use crate::identity::linkage::Survey;
use crate::workflows::overview::Posture;

use words::{Jump, Paragraph};

/// The overview.
#[derive(Debug, Default)]
pub struct Overview {
    survey: Option<Arc<Survey>>,
    /// Members are still on their way.
    partial: bool,
    posture: Remote<Box<Posture>>,
    /// Which number is selected, counted over all that open something.
    selected: usize,
    scroll: Scroll,
    /// The lines on which the numbers stand, as they were drawn last.
    lines: RefCell<Vec<usize>>,
}

impl Overview {
    fn paragraphs(&self, session: Option<&Session>) -> Vec<Paragraph> {
        words::paragraphs(self.survey.as_deref(), self.posture.value().map(|posture| &**posture), session)
    }

    fn jumps(&self) -> Vec<Jump> {
        // What opens something does not depend on who looks.
        self.paragraphs(None).into_iter().flat_map(|one| one.parts).filter_map(|part| part.jump).collect()
    }

    fn moved(&mut self, by: isize) {
        let last = self.jumps().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        self.reveal();
    }

    /// Brings the selected number into view.
    fn reveal(&mut self) {
        if let Some(line) = self.lines.borrow().get(self.selected) {
            self.scroll.reveal(*line);
        }
    }

    fn open(&self, ctx: &mut Ctx) {
        match self.jumps().into_iter().nth(self.selected) {
            Some(Jump::Members(filter)) => ctx.tell(Note::ShowMatching(filter)),
            Some(Jump::Linkage) => ctx.go(Place::Linkage),
            Some(Jump::Findings) => ctx.go(Place::Findings),
            Some(Jump::Domain(domain)) => ctx.tell(Note::ShowDomain(Text::from(domain))),
            None => {}
        }
    }

    fn want(&self, ctx: &mut Ctx) {
        ctx.tell(Note::SurveyWanted(self.posture.value().map(|posture| Arc::new(posture.idps.clone()))));
    }
}

impl Model for Overview {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Overview, Scope::List]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        self.want(ctx);
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::OverviewOpen
            | Action::OverviewNext
            | Action::OverviewPrevious
            | Action::Down
            | Action::Up
            | Action::First
            | Action::Last => Availability::ready_if(!self.jumps().is_empty()),
            Action::PageDown | Action::PageUp | Action::Reload => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down | Action::OverviewNext => self.moved(1),
            Action::Up | Action::OverviewPrevious => self.moved(-1),
            Action::First => self.moved(isize::MIN),
            Action::Last => self.moved(isize::MAX),
            Action::PageDown => self.scroll.pages(1),
            Action::PageUp => self.scroll.pages(-1),
            Action::OverviewOpen => self.open(ctx),
            Action::Reload => {
                self.posture = Remote::Idle;
                ctx.tell(Note::ReloadMembers);
                self.want(ctx);
            }
            _ => {}
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if let Hit::Part(number) = hit {
            self.selected = number;
            self.open(ctx);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Posture, Answer::Posture(posture)) => {
                self.posture.answer(Ok(posture), ctx.now);
                self.want(ctx);
            }
            (Slot::Posture, Answer::Failed(failure)) => self.posture.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        let Note::Surveyed { survey, partial } = note else { return };
        self.survey = Some(Arc::clone(survey));
        self.partial = *partial;
        // Which domains are worth asking about is known once all members are.
        if !partial && self.posture == Remote::Idle {
            let domains = survey.domains.iter().map(|(domain, _)| domain.clone()).collect();
            self.posture.ask(ctx.now);
            ctx.ask(Slot::Posture, Question::Posture(domains));
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.posture.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Danger)));
        }
        let words = "members are still being loaded; the numbers grow";
        self.partial.then(|| Line::styled(words, view.style(Role::Muted)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.posture.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
