//! Drawing the assistant.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::{Onboarding, Open, words};
use crate::console::action::Action;
use crate::console::effect::Listed;
use crate::console::model::{Hit, View};
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::pane::pane;
use crate::console::words::{ago, shorten_end};
use crate::identity::text::shown;
use crate::workflows::onboard::{StepId, StepState, hand_over_in, next, steps};

/// Columns of the list of steps, frame included.
const STEPS: u16 = 33;
/// Below this the steps stand above.
const BESIDE: u16 = 76;

/// How a state looks.
pub(super) fn sign(state: &StepState, view: &View<'_>) -> (&'static str, Role) {
    match state {
        StepState::Done(_) => (view.glyphs.ok, Role::Text),
        StepState::Open(_) => (view.glyphs.mark, Role::Accent),
        StepState::Stale(_) => (view.glyphs.warning, Role::Warn),
        StepState::Wrong(_) => (view.glyphs.failed, Role::Danger),
        StepState::Waits(_) => (view.glyphs.dot, Role::Muted),
        StepState::Skipped(_) => (view.glyphs.rest, Role::Muted),
    }
}

impl Onboarding {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        match &self.open {
            Some(open) => draw_open(open, frame, area, view),
            None => self.draw_list(frame, area, view),
        }
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let title = Line::styled("Partners being brought on", view.style(Role::Title));
        let inner = pane(frame, area, title, Line::default(), view.focused, view);
        let Some(found) = self.listed.value() else {
            if let Some(failure) = self.listed.error() {
                let words = format!("{} {}", view.glyphs.failed, failure.what);
                frame.render_widget(
                    Paragraph::new(Line::styled(words, view.style(Role::Danger))).wrap(Wrap { trim: true }),
                    inner,
                );
            }
            return;
        };
        if found.is_empty() {
            let muted = view.style(Role::Muted);
            let lines = vec![
                Line::default(),
                Line::styled("No partner is being brought onto its own identity provider.", muted),
                hint(&[(Action::OnboardNew, "begins with a domain")], view),
            ];
            frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
            return;
        }
        let wide = found.iter().map(|listed| listed.domain.width()).max().unwrap_or(0).clamp(12, 32);
        let first = self.row.saturating_sub(usize::from(inner.height).saturating_sub(1));
        for (at, listed) in found.iter().enumerate().skip(first).take(usize::from(inner.height)) {
            let y = inner.y + (at - first) as u16;
            let place = Rect { y, height: 1, ..inner };
            self.draw_listed(frame, place, at, listed, wide, view);
        }
    }

    fn draw_listed(
        &self,
        frame: &mut Frame<'_>,
        place: Rect,
        at: usize,
        listed: &Listed,
        wide: usize,
        view: &View<'_>,
    ) {
        let selected = at == self.row;
        let bar = if selected { view.glyphs.bar } else { " " };
        let (glyph, role, words) = match &listed.state {
            Ok(state) => match next(state) {
                Some(step) => {
                    let (glyph, role) = sign(&step.state, view);
                    (glyph, role, format!("{}: {}", step.id.title(), step.state.words()))
                }
                None => (view.glyphs.ok, Role::Text, "everything is done".to_owned()),
            },
            Err(why) => (view.glyphs.failed, Role::Danger, why.clone()),
        };
        let when = listed.state.as_ref().map_or_else(|_| String::new(), |state| ago(state.changed, view.now));
        let domain = shorten_end(&shown(&listed.domain), wide, view.glyphs.ellipsis);
        let room = usize::from(place.width).saturating_sub(wide + when.width() + 8);
        let words = shorten_end(&shown(&words), room, view.glyphs.ellipsis);
        let pad = " ".repeat(room.saturating_sub(words.width()) + 1);
        let name = if selected { Role::Title } else { Role::Text };
        let line = Line::from(vec![
            Span::styled(format!("{bar} "), view.style(Role::Accent)),
            Span::styled(format!("{domain:<wide$}  "), view.style(name)),
            Span::styled(format!("{glyph} "), view.style(role)),
            Span::styled(words, view.style(Role::Muted)),
            Span::styled(format!("{pad}{when}"), view.style(Role::Muted)),
        ]);
        let line = if selected { line.style(view.style(Role::Selection)) } else { line };
        frame.render_widget(line, place);
        view.hit(place, Hit::Row(at));
    }
}

fn draw_open(open: &Open, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let all = steps(&open.state);
    let beside = area.width >= BESIDE;
    let (list, detail) = if beside {
        let list = Rect { width: STEPS, ..area };
        (list, Rect { x: area.x + STEPS, width: area.width - STEPS, ..area })
    } else {
        // Where there is little room, the step that is selected and its neighbours.
        let height = 5.min(area.height / 2);
        (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
    };
    let settled = all.iter().filter(|step| step.state.is_settled()).count();
    let remark = Line::styled(format!("{settled} of {}", all.len()), view.style(Role::Muted));
    let title = Line::styled(open.state.domain.to_string(), view.style(Role::Title));
    let inner = pane(frame, list, title, remark, view.focused, view);
    let at = all.iter().position(|step| step.id == open.step).unwrap_or(0);
    let rows = usize::from(inner.height);
    let first = if all.len() <= rows { 0 } else { at.saturating_sub(rows / 2).min(all.len() - rows) };
    for (row, step) in all.iter().enumerate().skip(first).take(rows) {
        let place = Rect { y: inner.y + (row - first) as u16, height: 1, ..inner };
        let selected = step.id == open.step;
        let (glyph, role) = sign(&step.state, view);
        let bar = if selected { view.glyphs.bar } else { " " };
        let name = match (&step.state, selected) {
            (_, true) => Role::Title,
            (StepState::Waits(_) | StepState::Skipped(_), false) => Role::Muted,
            _ => Role::Text,
        };
        let room = usize::from(inner.width).saturating_sub(7);
        let title = shorten_end(step.id.title(), room, view.glyphs.ellipsis);
        let line = Line::from(vec![
            Span::styled(format!("{bar} "), view.style(Role::Accent)),
            Span::styled(format!("{glyph} "), view.style(role)),
            Span::styled(format!("{:>2} ", row + 1), view.style(Role::Muted)),
            Span::styled(title, view.style(name)),
        ]);
        let line = if selected { line.style(view.style(Role::Selection)) } else { line };
        frame.render_widget(line, place);
        view.hit(place, Hit::Row(row));
    }
    let (_, role) = sign(&open.state.step(open.step), view);
    let word = match open.state.step(open.step) {
        StepState::Done(_) => "done",
        StepState::Open(_) => "to be done",
        StepState::Stale(_) => "stale",
        StepState::Wrong(_) => "not right",
        StepState::Waits(_) => "waits",
        StepState::Skipped(_) => "left out",
    };
    let title = Line::styled(open.step.title(), view.style(Role::Title));
    let inner = pane(frame, detail, title, Line::styled(word, view.style(role)), false, view);
    let width = usize::from(inner.width);
    let mut lines = words::fields(open, view).lines(width, view);
    if open.step == StepId::HandOver && open.state.answers.idp.is_some() {
        lines.push(Line::default());
        let text = hand_over_in(&open.state, width.saturating_sub(1));
        lines.extend(text.lines().map(|line| Line::styled(line.to_owned(), view.style(Role::Text))));
    }
    open.text.draw(frame, inner, &lines, view);
}
