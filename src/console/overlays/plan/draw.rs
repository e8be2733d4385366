//! Drawing the plan dialog.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Focus, PlanDialog, Stage};
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::lines::Lines;
use crate::console::widgets::shorten::{Cut, shorten};
use crate::workflows::apply::Wish;

/// As wide as it gets: longer lines are not read.
const WIDEST: u16 = 78;
/// Width of `Reason` and its gap.
const LABEL: u16 = 9;

impl PlanDialog {
    pub(super) fn draw_dialog(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDEST.min(area.width.saturating_sub(2));
        let text_width = usize::from(width.saturating_sub(4));
        let body = self.body(text_width, view);
        let fixed = self.fixed_rows();
        let wanted = u16::try_from(body.len()).unwrap_or(u16::MAX).saturating_add(fixed + 2);
        let height = wanted.clamp(8, area.height.saturating_sub(2).max(8));
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let (title, role) = self.title(text_width, view);
        let inner = dialog::frame(frame, place, title, role, view);
        if inner.height <= fixed {
            return;
        }
        let text = Rect { height: inner.height - fixed, ..inner };
        view.hit(text, Hit::Part(2));
        self.scroll.draw_lines(frame, text, &body, view);
        let bottom = Rect { y: text.bottom(), height: fixed, ..inner };
        self.draw_bottom(frame, bottom, view);
    }

    fn title(&self, width: usize, view: &View<'_>) -> (Line<'static>, Role) {
        let subject = self.plan.subject.to_string();
        let (glyph, title, role) = match &self.stage {
            Stage::Reading | Stage::Applying { .. } | Stage::Again { .. } => {
                ("", self.plan.title.clone(), Role::BorderFocus)
            }
            Stage::Production => ("", self.plan.title.clone(), Role::Warn),
            Stage::Done(_) => (view.glyphs.ok, format!("{}: done", self.plan.title), Role::Ok),
            Stage::Stopped { .. } if self.undoable().is_some() => {
                (view.glyphs.warning, format!("{}: partly done", self.plan.title), Role::Warn)
            }
            Stage::Stopped { .. } => {
                (view.glyphs.failed, format!("{}: not done", self.plan.title), Role::Danger)
            }
            Stage::NoPlan(_) | Stage::ForOthers { .. } => {
                (view.glyphs.warning, self.plan.title.clone(), Role::Warn)
            }
        };
        let words = format!("{title} {} {subject}", view.glyphs.dot);
        let words = shorten(&words, width.saturating_sub(4), Cut::End, view.glyphs.ellipsis);
        let mut spans = Vec::new();
        if !glyph.is_empty() {
            spans.push(Span::styled(format!("{glyph} "), view.style(role)));
        }
        spans.push(Span::styled(words, view.style(Role::Title)));
        (Line::from(spans), role)
    }

    fn body<'a>(&'a self, width: usize, view: &'a View<'_>) -> Lines<'a> {
        match &self.stage {
            Stage::Reading | Stage::Production if self.has_rows() => self.plan_rows(width, view),
            Stage::Done(applied) if self.has_rows() => self.done_rows(applied, width, view),
            Stage::Stopped { outcome, .. } if self.has_rows() && !outcome.steps.is_empty() => {
                self.stopped_rows(outcome, width, view)
            }
            _ => self.text(width, view).into(),
        }
    }

    fn text(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        match &self.stage {
            Stage::Applying { steps, since } if self.has_rows() => self.progress_rows(steps, *since, view),
            Stage::Reading | Stage::Production => self.plan_lines(width, view),
            Stage::Applying { since, steps } => self.step_lines(steps, *since, view),
            Stage::Done(applied) => self.done_lines(applied, width, view),
            Stage::Stopped { outcome, both } => self.stopped_lines(outcome, *both, width, view),
            Stage::Again { since } => vec![Line::from(vec![
                Span::styled(format!("{} ", view.spinner(*since)), view.style(Role::Accent)),
                Span::styled("Reading what the platform holds now", view.style(Role::Muted)),
            ])],
            Stage::NoPlan(why) | Stage::ForOthers { why, .. } => {
                crate::console::widgets::shorten::wrap(why, width)
                    .into_iter()
                    .map(|line| Line::styled(line, view.style(Role::Text)))
                    .collect()
            }
        }
    }

    /// Rows below the text: what is typed, a blank, the keys.
    fn fixed_rows(&self) -> u16 {
        match &self.stage {
            Stage::Reading | Stage::Production => {
                // Blank, reason, blank (or what is wrong), keys; and the confirmation.
                4 + u16::from(self.asks_to_type().is_some())
            }
            _ => 2,
        }
    }

    fn draw_bottom(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let last = row(area.height - 1);
        match &self.stage {
            Stage::Reading | Stage::Production => {
                let reading = self.stage == Stage::Reading;
                if self.scroll.below() > 0 {
                    let more = format!("{} more lines", self.scroll.below());
                    frame.render_widget(Line::styled(more, view.style(Role::Warn)).right_aligned(), row(0));
                }
                self.field(frame, row(1), "Reason", Focus::Reason, "why, for the journal", view);
                if let Some(wanted) = self.asks_to_type() {
                    let shown = crate::identity::text::shown(wanted);
                    self.field(frame, row(2), "Confirm", Focus::Typed, &format!("type {shown}"), view);
                }
                let told = Rect {
                    x: area.x + LABEL.min(area.width),
                    width: area.width.saturating_sub(LABEL),
                    ..row(2 + u16::from(self.asks_to_type().is_some()))
                };
                frame.render_widget(self.remark(view), told);
                if reading {
                    self.reading_keys(frame, last, view);
                } else {
                    production_keys(frame, last, view);
                }
            }
            Stage::Applying { .. } if self.has_rows() && self.hold != Wish::Stop => {
                let pause = if self.hold == Wish::Pause { "go on" } else { "pause" };
                dialog::keys(frame, last, &[(Action::RunPause, pause), (Action::RunStop, "stop")], view);
            }
            Stage::Applying { .. } => {}
            Stage::ForOthers { .. } => {
                let keys = [(Action::DialogCopy, "copy a request"), (Action::Close, "close")];
                dialog::keys(frame, last, &keys, view);
            }
            Stage::Again { .. } | Stage::NoPlan(_) => {
                dialog::keys(frame, last, &[(Action::Close, "close")], view);
            }
            Stage::Done(_) => {
                let mut keys = Vec::new();
                if self.revealable().is_some() {
                    keys.push((Action::PlanReveal, "show secret"));
                }
                keys.push((Action::PlanUndo, "undo"));
                if self.told_entry().is_some() {
                    keys.push((Action::PlanVerdicts, "verdicts"));
                }
                keys.push((Action::Apply, "close"));
                dialog::keys(frame, last, &keys, view);
            }
            Stage::Stopped { outcome, both } => {
                let mut keys = Vec::new();
                if outcome.stale.is_some() {
                    keys.push((Action::Apply, if *both { "hide" } else { "show both" }));
                }
                if self.undoable().is_some() {
                    keys.push((Action::PlanUndo, "undo"));
                }
                if self.told_entry().is_some() {
                    keys.push((Action::PlanVerdicts, "verdicts"));
                }
                keys.push((Action::PlanAgain, "plan again"));
                if outcome.failure.signed_out {
                    keys.push((Action::GoSignIn, "sign in again"));
                }
                keys.push((Action::Close, "back"));
                dialog::keys(frame, last, &keys, view);
            }
        }
    }

    /// What is wrong with what was typed, or that it is right.
    fn remark(&self, view: &View<'_>) -> Line<'static> {
        let (words, role) = match (&self.wrong, self.asks_to_type()) {
            (Some(wrong), _) => (wrong.clone(), Role::Danger),
            (None, Some(_)) if self.typed.is_empty() => (String::new(), Role::Muted),
            (None, Some(wanted)) if self.typed.text().trim() == wanted => {
                (format!("{} typed", view.glyphs.ok), Role::Muted)
            }
            (None, Some(_)) => ("not yet what stands above".to_owned(), Role::Muted),
            (None, None) => (String::new(), Role::Muted),
        };
        Line::styled(words, view.style(role))
    }

    fn reading_keys(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let apply = if self.is_read() { "apply" } else { "read on" };
        let mut keys = vec![(Action::Apply, apply)];
        if self.focus == Focus::Text {
            keys.push((Action::Details, if self.details { "hide details" } else { "details" }));
            keys.push((Action::NextField, "reason"));
        } else {
            keys.push((Action::NextField, "next"));
        }
        if self.of_route().is_some() {
            keys.push((Action::PlanImpact, "whom"));
        }
        keys.push((Action::Close, "cancel"));
        dialog::keys(frame, area, &keys, view);
    }

    fn field(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        label: &str,
        focus: Focus,
        hint: &str,
        view: &View<'_>,
    ) {
        let focused = self.focus == focus && self.stage == Stage::Reading;
        let role = if focused { Role::Accent } else { Role::Muted };
        frame.render_widget(Line::styled(label.to_owned(), view.style(role)), area);
        let shift = LABEL.min(area.width);
        let place = Rect { x: area.x + shift, width: area.width - shift, ..area };
        let input = if focus == Focus::Reason { &self.reason } else { &self.typed };
        input.draw(frame, place, view, focused, hint);
        view.hit(area, Hit::Part(usize::from(focus == Focus::Typed)));
    }
}

/// Production says so once more, where the eye is.
fn production_keys(frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let host = view.session.map_or("", |session| session.host.as_str());
    let mark = Line::from(vec![
        Span::styled(" PRODUCTION ", view.style(Role::Production)),
        Span::styled(format!(" {host}"), view.style(Role::Text)),
    ]);
    frame.render_widget(mark, area);
    dialog::keys(frame, area, &[(Action::Apply, "apply to production"), (Action::Close, "back")], view);
}
