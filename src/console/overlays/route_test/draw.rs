//! Where the parts of the tester stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::RouteTest;
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::words::shorten_end;

/// From this width on, what was found stands beside the ladder.
const BESIDE: u16 = 76;
/// The widest that it gets.
const WIDTH: u16 = 140;

impl RouteTest {
    pub(super) fn draw_dialog(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let place = dialog::centred(area, width, area.height.saturating_sub(2));
        dialog::margin(frame, place, view);
        let domain = shorten_end(
            &self.question.draft.domain.to_string(),
            usize::from(width).saturating_sub(24),
            view.glyphs.ellipsis,
        );
        let saved = if self.question.own.is_some() { "saved" } else { "not saved" };
        let title = Line::from(vec![
            Span::styled(format!("Test of {domain}"), view.style(Role::Title)),
            Span::styled(format!(" {} {saved}", view.glyphs.dot), view.style(Role::Muted)),
        ]);
        let inner = dialog::frame(frame, place, title, Role::Info, view);
        if inner.height < 4 {
            return;
        }
        let body = Rect { height: inner.height - 3, ..inner };
        let (ladder, detail) = split(body);
        self.draw_ladder(frame, ladder, view);
        let rule = view.glyphs.rest.repeat(usize::from(detail.width));
        let detail = if detail.y > ladder.y {
            let line = Rect { height: 1, ..detail };
            frame.render_widget(Line::styled(rule, view.style(Role::Border)), line);
            Rect { y: detail.y + 1, height: detail.height.saturating_sub(1), ..detail }
        } else {
            detail
        };
        let title = Line::styled(self.selected().title(), view.style(Role::Title));
        frame.render_widget(title, Rect { height: 1.min(detail.height), ..detail });
        let below = Rect { y: detail.y + 1, height: detail.height.saturating_sub(1), ..detail };
        self.detail.draw(frame, below, &self.told(usize::from(below.width), view), view);
        let last = inner.bottom() - 1;
        let spin = self.running.map_or(" ", |since| view.spinner(since));
        let mut summary = self.summary(view);
        if self.running.is_some() {
            summary.spans.insert(0, Span::styled(format!("{spin} "), view.style(Role::Pending)));
        }
        frame.render_widget(summary, Rect { y: last - 1, height: 1, ..inner });
        let close = if self.running.is_some() { "stop" } else { "close" };
        let all = [
            (Action::CheckFailed, "next problem"),
            (Action::CheckPageDown, "scroll"),
            (Action::TestAgain, "test again"),
            (Action::DialogCopy, "copy report"),
            (Action::Close, close),
        ];
        // The least important go first where there is no room.
        let fits = |from: &usize| dialog::keys_width(&all[*from..], view) <= usize::from(inner.width);
        let from = (0..all.len()).find(fits).unwrap_or(all.len() - 1);
        dialog::keys(frame, Rect { y: last, height: 1, ..inner }, &all[from..], view);
    }

    fn draw_ladder(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let ladder = self.ladder(usize::from(area.width.saturating_sub(1)), view);
        let line = ladder.places.get(self.at).copied().unwrap_or_default();
        // The heading above the first check of a group comes along.
        let first = if line > 0 && !ladder.places.contains(&(line - 1)) { line - 1 } else { line };
        self.ladder.follow(first, line, usize::from(area.height));
        self.ladder.draw(frame, area, &ladder.lines, view);
        for (at, line) in ladder.places.iter().enumerate() {
            if let Some(y) = self.ladder.place(*line).filter(|y| *y < area.height) {
                view.hit(Rect { y: area.y + y, height: 1, ..area }, Hit::Part(at));
            }
        }
    }
}

/// Ladder and detail, beside each other where there is room, else the one above the other.
fn split(body: Rect) -> (Rect, Rect) {
    if body.width >= BESIDE {
        let left = (body.width * 2 / 5).clamp(34, 48);
        let ladder = Rect { width: left, ..body };
        let detail = Rect { x: body.x + left + 2, width: body.width - left - 2, ..body };
        return (ladder, detail);
    }
    let above = (body.height / 2).max(1);
    (Rect { height: above, ..body }, Rect { y: body.y + above, height: body.height - above, ..body })
}
