//! What became of a person over time: versions as readable differences, the newest first.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::Record;
use super::facts::failed;
use crate::console::model::View;
use crate::console::screens::members::detail::{reference, unseen};
use crate::console::theme::Role;
use crate::console::widgets::diff::words;
use crate::console::widgets::fields::pad;
use crate::console::widgets::shorten::wrap;
use crate::console::words::ago;
use crate::identity::{Reference, Seen};
use crate::workflows::history::{Moment, moments};

impl Record {
    pub(super) fn past_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(failure) = self.history.error() {
            lines.extend(failed(failure, width, view));
            lines.push(Line::default());
        }
        let Some(history) = self.history.value() else { return lines };
        if let Seen::Unknown(why) = &history.users {
            let words = format!("Versions of the user are unknown: {}.", unseen(*why));
            lines.extend(
                wrap(&words, width).into_iter().map(|line| Line::styled(line, view.style(Role::Muted))),
            );
            lines.push(Line::default());
        }
        let moments = moments(history);
        for (i, moment) in moments.iter().enumerate() {
            if i > 0 {
                lines.push(Line::default());
            }
            moment_lines(&mut lines, moment, width, view);
        }
        lines
    }
}

fn author(by: Option<&Reference>, view: &View<'_>) -> String {
    match by {
        None => "somebody unknown".to_owned(),
        Some(by) if &*by.kind == "system" => "the platform".to_owned(),
        Some(by) => by.display.as_ref().map_or_else(|| reference(by, view), ToString::to_string),
    }
}

fn moment_lines(lines: &mut Vec<Line<'static>>, moment: &Moment, width: usize, view: &View<'_>) {
    let muted = view.style(Role::Muted);
    let verb = if moment.first { "made" } else { "changed" };
    let when = ago(moment.at, view.now);
    let exact = moment.at.strftime("%Y-%m-%d %H:%M").to_string();
    lines.push(Line::from(vec![
        Span::styled(format!("{} {verb}", moment.record), view.style(Role::Title)),
        Span::styled(if exact.starts_with(&when) { String::new() } else { format!("   {when}") }, muted),
    ]));
    let by = author(moment.by.as_ref(), view);
    lines.push(Line::styled(format!("  {exact} by {by}"), muted));
    if moment.changes.is_empty() {
        lines.push(Line::styled("  nothing that is shown here", muted));
    }
    let label = moment.changes.iter().map(|(field, ..)| field.width()).max().unwrap_or(0) + 2;
    for (field, before, after) in &moment.changes {
        let room = width.saturating_sub(label + 2).max(8);
        let (old, new) = (words(before.as_ref()), words(after.as_ref()));
        let mut front = Span::styled(format!("  {}", pad(field, label)), muted);
        let next = || Span::raw(" ".repeat(label + 2));
        let arrow = format!("{} ", view.glyphs.arrow);
        if moment.first {
            for part in wrap(&new, room) {
                lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Text))]));
                front = next();
            }
        } else if old.width() + new.width() + arrow.width() < room {
            lines.push(Line::from(vec![
                front,
                Span::styled(format!("{old} "), muted),
                Span::styled(arrow, muted),
                Span::styled(new, view.style(Role::Text)),
            ]));
        } else {
            for part in wrap(&old, room) {
                lines.push(Line::from(vec![front, Span::styled(part, muted)]));
                front = next();
            }
            let mut lead = arrow;
            for part in wrap(&new, room.saturating_sub(2)) {
                lines.push(Line::from(vec![
                    next(),
                    Span::styled(lead, muted),
                    Span::styled(part, view.style(Role::Text)),
                ]));
                lead = "  ".to_owned();
            }
        }
    }
}
