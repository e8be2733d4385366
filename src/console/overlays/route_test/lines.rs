//! The words of the tester: a line for each check, and what is to be known of one.

use ratatui::text::{Line, Span};

use super::RouteTest;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::words::{shorten_end, wrap};
use crate::identity::route_test::{CheckId, Group, Outcome};
use crate::identity::trace::Exchange;

/// Sign and role of an outcome; a check that is still to come has none.
fn sign(outcome: Option<Outcome>, view: &View<'_>) -> (&'static str, Role) {
    match outcome {
        Some(Outcome::Passed) => (view.glyphs.ok, Role::Muted),
        Some(Outcome::Warning) => (view.glyphs.warning, Role::Warn),
        Some(Outcome::Failed) => (view.glyphs.failed, Role::Danger),
        Some(Outcome::Unknown) => ("?", Role::Warn),
        None => (view.glyphs.dot, Role::Muted),
    }
}

/// The lines of the ladder, and which line each check stands on.
pub(super) struct Ladder {
    pub lines: Vec<Line<'static>>,
    pub places: Vec<usize>,
}

impl RouteTest {
    pub(super) fn ladder(&self, width: usize, view: &View<'_>) -> Ladder {
        let mut ladder = Ladder { lines: Vec::new(), places: Vec::new() };
        let mut group: Option<Group> = None;
        for (at, id) in CheckId::ALL.iter().enumerate() {
            if group != Some(id.group()) {
                group = Some(id.group());
                ladder.lines.push(Line::styled(format!("  {}", id.group().title()), view.style(Role::Muted)));
            }
            ladder.places.push(ladder.lines.len());
            ladder.lines.push(self.rung(at, *id, width, view));
        }
        ladder
    }

    fn rung(&self, at: usize, id: CheckId, width: usize, view: &View<'_>) -> Line<'static> {
        let outcome = self.check(id).map(|check| check.outcome);
        let (sign, role) = sign(outcome, view);
        let selected = at == self.at;
        let bar = if selected { view.glyphs.bar } else { " " };
        // The signs of ASCII are not all of one width.
        let sign = format!("{sign:<2}");
        let title = shorten_end(id.title(), width.saturating_sub(4), view.glyphs.ellipsis);
        let words = match outcome {
            None | Some(Outcome::Passed) => Role::Muted,
            Some(_) => Role::Text,
        };
        let title = format!("{title:<room$}", room = width.saturating_sub(4));
        let line = Line::from(vec![
            Span::styled(bar, view.style(Role::Accent)),
            Span::styled(sign, view.style(role)),
            Span::styled(title, view.style(if selected { Role::Text } else { words })),
        ]);
        if selected { line.patch_style(view.style(Role::Selection)) } else { line }
    }

    /// What is to be known of the selected check.
    pub(super) fn told(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let id = self.selected();
        let mut lines = Vec::new();
        let Some(check) = self.check(id) else {
            let words = if self.running.is_some() { "Not known yet." } else { "It was not looked at." };
            lines.push(Line::styled(words, view.style(Role::Muted)));
            lines.push(Line::default());
            lines.push(Line::styled(id.source(), view.style(Role::Muted)));
            return lines;
        };
        let (mark, role) = sign(Some(check.outcome), view);
        lines.push(Line::from(vec![
            Span::styled(format!("{mark} "), view.style(role)),
            Span::styled(check.outcome.words(), view.style(role)),
        ]));
        let text = |words: &str, role: Role| -> Vec<Line<'static>> {
            wrap(&view.parts(words), width)
                .into_iter()
                .map(|line| Line::styled(line, view.style(role)))
                .collect()
        };
        lines.extend(text(&check.said, Role::Text));
        if !check.next.is_empty() {
            lines.push(Line::default());
            lines.extend(text(&check.next, Role::Title));
        }
        lines.push(Line::default());
        lines.extend(text(id.source(), Role::Muted));
        for exchange in &check.exchanges {
            lines.push(Line::default());
            lines.extend(wire(exchange, width, view));
        }
        lines
    }

    /// `19 passed · 2 warnings`, or how far it is.
    pub(super) fn summary(&self, view: &View<'_>) -> Line<'static> {
        let words = match (&self.running, &self.failure) {
            (Some(_), _) => format!("Testing, {} of {} checks known", self.checks.len(), CheckId::ALL.len()),
            (None, Some(failure)) => failure.to_string().replace('\n', " "),
            (None, None) => crate::identity::route_test::summary(&self.checks),
        };
        let worst = self.checks.iter().map(|check| check.outcome).max();
        let role = match worst {
            _ if self.running.is_some() => Role::Muted,
            _ if self.failure.is_some() => Role::Warn,
            Some(Outcome::Failed) => Role::Danger,
            Some(Outcome::Warning | Outcome::Unknown) => Role::Warn,
            Some(Outcome::Passed) => Role::Ok,
            None => Role::Muted,
        };
        Line::styled(view.parts(&words), view.style(role))
    }
}

/// What was sent and what came back.
fn wire(exchange: &Exchange, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |head: &str, words: &str, role: Role| {
        let indent = head.chars().count();
        for (at, part) in wrap(words, width.saturating_sub(indent)).into_iter().enumerate() {
            let head = if at == 0 { head.to_owned() } else { " ".repeat(indent) };
            lines.push(Line::from(vec![
                Span::styled(head, view.style(Role::Muted)),
                Span::styled(part, view.style(role)),
            ]));
        }
    };
    let sent = &exchange.sent;
    add("sent  ", &format!("{} {}", sent.method, sent.url), Role::Text);
    for (name, value) in &sent.headers {
        add("      ", &format!("{name}: {value}"), Role::Muted);
    }
    if let Some(body) = &sent.body {
        add("      ", &body.to_string(), Role::Muted);
    }
    match &exchange.got {
        Err(why) => add("got   ", &format!("nothing: {why}"), Role::Warn),
        Ok(got) => {
            add("got   ", &format!("status {} in {} ms", got.status, exchange.took_ms), Role::Text);
            for (name, value) in &got.headers {
                add("      ", &format!("{name}: {value}"), Role::Muted);
            }
            if let Some(body) = &got.body {
                add("      ", &body.to_string(), Role::Muted);
            }
        }
    }
    lines
}
