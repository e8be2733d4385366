//! What stands in each part, as lines.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::{FlowLab, Part, wire};
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::{shorten_end, wrap};
use crate::identity::Text;
use crate::identity::flow_lab::{Claims, Ending, Run, Side, Status, readable, side_by_side};
use crate::identity::sign_in::doctor::{Diagnosis, Status as Judged, Verdict};
use crate::identity::words::capital;
use crate::workflows::flow_lab::{Report, report};

/// Sign and role of a step.
pub(super) fn sign(status: Status, view: &View<'_>) -> (&'static str, Role) {
    match status {
        Status::Waiting => (view.glyphs.dot, Role::Muted),
        Status::Running => (view.glyphs.mark, Role::Accent),
        Status::Done => (view.glyphs.ok, Role::Muted),
        Status::Failed => (view.glyphs.failed, Role::Danger),
        Status::Skipped => (if view.glyphs.ascii { "-" } else { "–" }, Role::Muted),
        Status::Unknown => ("?", Role::Warn),
    }
}

/// Lines of words.
struct Out<'a, 'b> {
    lines: Vec<Line<'static>>,
    width: usize,
    view: &'a View<'b>,
}

impl Out<'_, '_> {
    fn say(&mut self, words: &str, role: Role) {
        for part in wrap(words, self.width) {
            self.lines.push(Line::styled(part, self.view.style(role)));
        }
    }

    fn point(&mut self, sign: &str, role: Role, words: &str, said: Role) {
        let indent = sign.width() + 1;
        let mut front = Span::styled(format!("{sign} "), self.view.style(role));
        for part in wrap(words, self.width.saturating_sub(indent)) {
            self.lines.push(Line::from(vec![front, Span::styled(part, self.view.style(said))]));
            front = Span::raw(" ".repeat(indent));
        }
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    fn heading(&mut self, words: &str) {
        self.gap();
        self.say(words, Role::Title);
    }

    /// Cells beside each other, each going on below itself.
    fn row(&mut self, cells: &[(String, Role)], widths: &[usize]) {
        let parts: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|((words, _), width)| wrap(words, *width)).collect();
        let height = parts.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let spans = cells.iter().zip(widths).zip(&parts).map(|(((_, role), width), lines)| {
                let part = lines.get(at).map_or("", String::as_str);
                Span::styled(pad(part, width + 2), self.view.style(*role))
            });
            self.lines.push(Line::from(spans.collect::<Vec<_>>()));
        }
    }
}

impl FlowLab {
    /// The ladder, one line a step.
    pub(super) fn step_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let Some(run) = self.ladder() else { return Vec::new() };
        let keys = view.focused && !self.open && self.part == Part::Steps;
        let step = |(at, step): (usize, &crate::identity::flow_lab::Step)| {
            let (sign, role) = sign(step.status, view);
            let chosen = at == self.step;
            let bar = if chosen { view.glyphs.bar } else { " " };
            let words = match step.status {
                Status::Waiting | Status::Skipped => Role::Muted,
                Status::Running => Role::Title,
                Status::Done | Status::Failed | Status::Unknown => Role::Text,
            };
            let number = format!("{} ", at + 1);
            let sign = pad(sign, if view.glyphs.ascii { 3 } else { 2 });
            let front = 2 + sign.width() + number.width();
            let title = shorten_end(step.id.title(), width.saturating_sub(front), view.glyphs.ellipsis);
            let mut line = Line::from(vec![
                Span::styled(pad(bar, 2), view.style(if keys { Role::Accent } else { Role::Muted })),
                Span::styled(sign, view.style(role)),
                Span::styled(number, view.style(Role::Muted)),
                Span::styled(title, view.style(words)),
            ]);
            if chosen && keys {
                let rest = width.saturating_sub(line.width());
                line.push_span(Span::raw(" ".repeat(rest)));
                let selection = view.style(Role::Selection);
                for span in &mut line.spans {
                    span.style = selection.patch(ratatui::style::Style { bg: selection.bg, ..span.style });
                }
            }
            line
        };
        run.steps.iter().enumerate().map(step).collect()
    }

    /// The selected step: words, then what was sent and received.
    pub(super) fn wire_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut out = Out { lines: Vec::new(), width, view };
        let Some(step) = self.ladder().and_then(|run| run.steps.get(self.step)) else { return out.lines };
        let role = if step.status == Status::Failed { Role::Danger } else { Role::Text };
        let said = if step.said.is_empty() { step.status.words() } else { &step.said };
        out.say(said, role);
        if !step.next.is_empty() {
            out.point(view.glyphs.arrow, Role::Accent, &step.next, Role::Text);
        }
        for exchange in &step.exchanges {
            out.gap();
            out.lines.extend(wire::lines(exchange, width, view));
        }
        if step.left_out > 0 {
            out.gap();
            out.say(&format!("{} more in between were not kept.", step.left_out), Role::Muted);
        }
        if step.exchanges.is_empty() && matches!(step.status, Status::Done | Status::Failed) {
            out.gap();
            out.say("Nothing went over the wire from here for this step.", Role::Muted);
        }
        out.lines
    }

    /// What came of it.
    pub(super) fn outcome_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut out = Out { lines: Vec::new(), width, view };
        let Some(report) = &self.report else {
            if let Some(run) = &self.run {
                notes(run, &mut out);
            }
            return out.lines;
        };
        let run = &report.run;
        let (mark, role) = match run.ending {
            Some(Ending::Worked) => (view.glyphs.ok, Role::Ok),
            Some(Ending::Failed) => (view.glyphs.failed, Role::Danger),
            Some(Ending::Unknown) => ("?", Role::Warn),
            Some(Ending::Stopped) | None => (view.glyphs.dot, Role::Muted),
        };
        out.point(mark, role, &run.sentence(), Role::Title);
        if let Some(step) = run.failed().filter(|step| !step.next.is_empty()) {
            out.point(view.glyphs.arrow, Role::Accent, &step.next, Role::Text);
        }
        if self.left.session {
            let words = "The test session is signed in at the platform; nothing of it is written down.";
            out.point(view.glyphs.dot, Role::Muted, words, Role::Muted);
        }
        notes(run, &mut out);
        standing(run, &mut out);
        if let Some(examined) = &report.examined {
            doctor(&examined.diagnosis, &mut out);
        }
        tables(report, &mut out);
        out.lines
    }
}

fn notes(run: &Run, out: &mut Out<'_, '_>) {
    for note in &run.notes {
        out.point(out.view.glyphs.dot, Role::Muted, note, Role::Muted);
    }
}

fn doctor(diagnosis: &Diagnosis, out: &mut Out<'_, '_>) {
    out.heading("The doctor");
    let (mark, role) = match diagnosis.outcome.verdict {
        Verdict::Success => (out.view.glyphs.ok, Role::Muted),
        Verdict::Failure => (out.view.glyphs.failed, Role::Danger),
        Verdict::Unknown => ("?", Role::Warn),
    };
    out.point(mark, role, &format!("The person {}.", diagnosis.sentence()), Role::Text);
    for step in diagnosis.steps.iter().filter(|step| step.status != Judged::Skipped) {
        let (mark, role) = match step.status {
            Judged::Passed | Judged::Skipped => (out.view.glyphs.ok, Role::Muted),
            Judged::Failed => (out.view.glyphs.failed, Role::Danger),
            Judged::Unknown => ("?", Role::Warn),
        };
        let words = if step.detail.is_empty() {
            step.id.title().to_owned()
        } else {
            format!("{}: {}", step.id.title(), step.detail)
        };
        out.point(&format!("  {mark}"), role, &words, Role::Muted);
    }
    for advice in &diagnosis.advice {
        out.point(out.view.glyphs.arrow, Role::Accent, advice, Role::Text);
    }
}

fn show(claim: &str, value: Option<&Text>, view: &View<'_>) -> String {
    let none = if view.glyphs.ascii { "-" } else { "–" };
    value.map_or_else(|| none.to_owned(), |value| readable(claim, value))
}

/// How the tokens stand up.
fn standing(run: &Run, out: &mut Out<'_, '_>) {
    let dot = out.view.glyphs.dot;
    for claims in &run.tokens {
        let words = claims.sort.words();
        if claims.opaque {
            let said = format!("The {words} is opaque: nothing can be read in it.");
            out.point(dot, Role::Muted, &said, Role::Muted);
        }
        if !claims.signature.is_empty() {
            out.point(dot, Role::Muted, &format!("The {words} is {}.", claims.signature), Role::Muted);
        }
    }
}

/// Both tokens side by side; what does not stand there, by itself.
fn tables(report: &Report, out: &mut Out<'_, '_>) {
    let run = &report.run;
    let pair = report::pair(run);
    if let Some((left, right)) = pair {
        sides(left, right, out);
    }
    for claims in run.tokens.iter().filter(|claims| !claims.opaque) {
        if pair.is_some_and(|(left, right)| [left.sort, right.sort].contains(&claims.sort)) {
            continue;
        }
        out.heading(&capital(claims.sort.words()));
        let name = claims.claims.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(out.width / 3);
        let room = out.width.saturating_sub(name + 4).max(8);
        for (claim, value) in &claims.claims {
            let cells = [(claim.clone(), Role::Muted), (readable(claim, value), Role::Text)];
            out.row(&cells, &[name, room]);
        }
    }
}

fn sides(left: &Claims, right: &Claims, out: &mut Out<'_, '_>) {
    let sides = side_by_side(left, right);
    out.heading("Side by side");
    let name = sides.iter().map(|side| side.claim.width()).max().unwrap_or(0).min(out.width / 4);
    let room = out.width.saturating_sub(name + 9);
    let view = out.view;
    let said = |side: &Side, value: &Option<Text>| show(&side.claim, value.as_ref(), view);
    let longest = sides.iter().map(|side| said(side, &side.left).width()).max().unwrap_or(0);
    let first = longest.max(left.sort.short().width()).min(room / 2).max(8);
    let widths = [1, name, first, room.saturating_sub(first).max(8)];
    let head = |words: &str| (words.to_owned(), Role::Muted);
    out.row(&[head(""), head(""), head(left.sort.short()), head(right.sort.short())], &widths);
    for side in &sides {
        let mark = if side.agree() { "=" } else { "" };
        let cells = [
            (mark.to_owned(), Role::Muted),
            (side.claim.clone(), Role::Muted),
            (said(side, &side.left), Role::Text),
            (said(side, &side.right), Role::Text),
        ];
        out.row(&cells, &widths);
    }
}
