//! What stands in each part, as lines, and which lines can be selected.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::parts::Part;
use super::{Doctor, address};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::{ago, shorten_end, wrap};
use crate::identity::sign_in::doctor::{Diagnosis, Status, Verdict};

/// Columns of the bar before a line that can be selected.
const BAR: usize = 2;
/// The narrowest place in which a title and a sentence stand in one line.
const SIDE_BY_SIDE: usize = 60;

/// How long ago, exact enough to judge a fact by.
pub(super) fn fresh(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_secs() {
        seconds @ 10..60 => format!("{} s ago", seconds / 10 * 10),
        _ => ago(at, now),
    }
}

/// Sign and role of a step.
fn step_sign(status: Status, view: &View<'_>) -> (&'static str, Role) {
    match status {
        Status::Passed => (view.glyphs.ok, Role::Muted),
        Status::Failed => (view.glyphs.failed, Role::Danger),
        Status::Unknown => ("?", Role::Warn),
        Status::Skipped => (if view.glyphs.ascii { "-" } else { "–" }, Role::Muted),
    }
}

/// Sign and role of a verdict. What is only probable is not known: it has the sign of the unknown.
pub(super) fn verdict_sign(diagnosis: &Diagnosis, view: &View<'_>) -> (&'static str, Role) {
    match diagnosis.outcome.verdict {
        Verdict::Success => (view.glyphs.ok, Role::Text),
        Verdict::Failure => (view.glyphs.failed, Role::Danger),
        Verdict::Unknown => ("?", Role::Warn),
    }
}

/// Lines, and where each selectable one begins and ends.
#[derive(Default)]
pub(super) struct Listing {
    pub lines: Vec<Line<'static>>,
    pub spots: Vec<(usize, usize)>,
}

impl Listing {
    fn say(&mut self, words: &str, role: Role, width: usize, view: &View<'_>) {
        for part in wrap(words, width) {
            self.lines.push(Line::styled(part, view.style(role)));
        }
    }

    /// A sign, then words that wrap beside it.
    fn point(&mut self, (sign, role): (&str, Role), words: &str, said: Role, width: usize, view: &View<'_>) {
        let indent = sign.width() + 1;
        let mut front = Span::styled(format!("{sign} "), view.style(role));
        for part in wrap(words, width.saturating_sub(indent)) {
            self.lines.push(Line::from(vec![front, Span::styled(part, view.style(said))]));
            front = Span::raw(" ".repeat(indent));
        }
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    /// Something that can be selected: its lines get the bar, and the selection's background over the whole width.
    fn item(
        &mut self,
        made: Vec<Vec<Span<'static>>>,
        chosen: bool,
        keys: bool,
        width: usize,
        view: &View<'_>,
    ) {
        let first = self.lines.len();
        for spans in made {
            let bar = if chosen { pad(view.glyphs.bar, BAR) } else { " ".repeat(BAR) };
            let mut line = vec![Span::styled(bar, view.style(if keys { Role::Accent } else { Role::Muted }))];
            line.extend(spans);
            let mut line = Line::from(line);
            if chosen && keys {
                let rest = width.saturating_sub(line.width());
                line.push_span(Span::raw(" ".repeat(rest)));
                let selection = view.style(Role::Selection);
                for span in &mut line.spans {
                    span.style = selection_over(span.style, selection);
                }
            }
            self.lines.push(line);
        }
        self.spots.push((first, self.lines.len().saturating_sub(1)));
    }
}

/// The words keep their colour, the background is the selection's.
fn selection_over(style: Style, selection: Style) -> Style {
    Style {
        fg: style.fg.or(selection.fg),
        add_modifier: style.add_modifier | selection.add_modifier,
        ..selection
    }
}

fn words(text: &str, role: Role, view: &View<'_>) -> Span<'static> {
    Span::styled(text.to_owned(), view.style(role))
}

impl Doctor {
    fn has_keys(&self, part: Part, view: &View<'_>) -> bool {
        view.focused && !self.input.open && self.on.part == part
    }

    /// People to choose from.
    pub(super) fn people_lines(&self, width: usize, view: &View<'_>) -> Listing {
        let mut listing = Listing::default();
        for (at, patient) in self.people().iter().enumerate() {
            let mut line = format!("{}   {}", patient.name, address(patient));
            if let Some(id) = &patient.external_id {
                line = format!("{line}   {id}");
            }
            let line = shorten_end(&line, width.saturating_sub(BAR), view.glyphs.ellipsis);
            let keys = view.focused && !self.input.open;
            listing.item(vec![vec![words(&line, Role::Text, view)]], at == self.on.who, keys, width, view);
        }
        listing
    }

    pub(super) fn way_lines(&self, width: usize, view: &View<'_>) -> Listing {
        let mut listing = Listing::default();
        let Some(checkup) = self.checkup() else { return listing };
        if checkup.ways.is_empty() {
            let none = "No way in of this kind is known here: no client application with an identity provider, no route.";
            listing.say(none, Role::Muted, width, view);
        }
        let label = checkup.ways.iter().map(|way| way.label.width()).max().unwrap_or(0).min(width / 2);
        for (at, way) in checkup.ways.iter().enumerate() {
            let diagnosis = &way.examined.diagnosis;
            let (sign, role) = verdict_sign(diagnosis, view);
            let name = pad(&shorten_end(&way.label, label, view.glyphs.ellipsis), label);
            let room = width.saturating_sub(BAR + sign.width() + 1 + label + 2);
            let said = shorten_end(&diagnosis.gist(), room, view.glyphs.ellipsis);
            let role_of_words = if role == Role::Danger { Role::Danger } else { Role::Muted };
            let spans = vec![
                words(&format!("{sign} "), role, view),
                words(&name, Role::Text, view),
                words("  ", Role::Text, view),
                words(&said, role_of_words, view),
            ];
            listing.item(vec![spans], at == self.on.way, self.has_keys(Part::Ways, view), width, view);
        }
        listing
    }

    pub(super) fn step_lines(&self, width: usize, inline: bool, view: &View<'_>) -> Listing {
        let mut listing = Listing::default();
        let Some(way) = self.way() else { return listing };
        let diagnosis = &way.examined.diagnosis;
        let sign = verdict_sign(diagnosis, view);
        listing.point(sign, &format!("The sign-in {}.", diagnosis.sentence()), Role::Title, width, view);
        let side_by_side = width >= SIDE_BY_SIDE;
        let title = diagnosis.steps.iter().map(|step| step.id.title().width()).max().unwrap_or(0);
        for (at, step) in diagnosis.steps.iter().enumerate() {
            let (sign, role) = step_sign(step.status, view);
            let skipped = step.status == Status::Skipped;
            let said = if skipped { Role::Muted } else { Role::Text };
            let mut spans = vec![words(&pad(sign, 3), role, view)];
            if inline && at == self.on.step {
                // Its sentence stands below it in full, since the evidence is not beside it.
                spans.push(words(step.id.title(), said, view));
                let room = width.saturating_sub(BAR + 3);
                let below = wrap(&step.detail, room);
                let below =
                    below.iter().map(|part| vec![words("   ", said, view), words(part, Role::Muted, view)]);
                let made = std::iter::once(spans).chain(below).collect();
                listing.item(made, true, self.has_keys(Part::Steps, view), width, view);
                continue;
            }
            if side_by_side {
                spans.push(words(&pad(step.id.title(), title + 2), said, view));
                let room = width.saturating_sub(BAR + 3 + title + 2);
                let detail = shorten_end(&step.detail, room, view.glyphs.ellipsis);
                spans.push(words(&detail, Role::Muted, view));
            } else {
                let room = width.saturating_sub(BAR + 3);
                spans.push(words(&shorten_end(step.id.title(), room, view.glyphs.ellipsis), said, view));
            }
            listing.item(vec![spans], at == self.on.step, self.has_keys(Part::Steps, view), width, view);
        }
        if !diagnosis.doubts.is_empty() {
            listing.gap();
            listing.say("Not seen", Role::Title, width, view);
            for doubt in &diagnosis.doubts {
                listing.point(("?", Role::Warn), &doubt.what, Role::Text, width, view);
                listing.point((" ", Role::Muted), &doubt.why, Role::Muted, width, view);
            }
        }
        if !diagnosis.notes.is_empty() {
            listing.gap();
            for note in &diagnosis.notes {
                listing.point((view.glyphs.warning, Role::Warn), note, Role::Text, width, view);
            }
        }
        listing
    }

    pub(super) fn evidence_lines(&self, width: usize, view: &View<'_>) -> Listing {
        let mut listing = Listing::default();
        let Some(step) = self.step() else { return listing };
        listing.point(step_sign(step.status, view), &step.detail, Role::Text, width, view);
        if step.evidence.is_empty() {
            return listing;
        }
        listing.gap();
        for (at, evidence) in step.evidence.iter().enumerate() {
            let room = width.saturating_sub(BAR);
            let mut lines: Vec<Vec<Span<'static>>> =
                wrap(&evidence.what, room).iter().map(|part| vec![words(part, Role::Text, view)]).collect();
            if let Some(record) = &evidence.record {
                let name = record.display.as_ref().map_or_else(String::new, |name| format!("{name}  "));
                let record = format!("{name}{}/{}", record.kind, record.id);
                lines.extend(wrap(&record, room).iter().map(|part| vec![words(part, Role::Muted, view)]));
            }
            let seen = match evidence.source {
                Some(source) => {
                    format!("seen {}, {}", source.window.words(), fresh(source.at, view.now))
                }
                None => "as given".to_owned(),
            };
            lines.extend(wrap(&seen, room).iter().map(|part| vec![words(part, Role::Muted, view)]));
            listing.item(lines, at == self.on.evidence, self.has_keys(Part::Evidence, view), width, view);
        }
        listing
    }

    pub(super) fn fix_lines(&self, width: usize, view: &View<'_>) -> Listing {
        let mut listing = Listing::default();
        let Some(way) = self.way() else { return listing };
        if way.remedies.is_empty() {
            let none = match way.verdict() {
                Verdict::Success => "Nothing has to be mended for this way.",
                Verdict::Failure if !way.examined.diagnosis.advice.is_empty() => {
                    "No change that can be tried here mends it. What to do:"
                }
                Verdict::Failure => "No change that can be tried here mends it.",
                Verdict::Unknown => "What would mend it cannot be told while how it ends is not known.",
            };
            listing.say(none, Role::Muted, width, view);
            for advice in &way.examined.diagnosis.advice {
                listing.point((view.glyphs.arrow, Role::Accent), advice, Role::Text, width, view);
            }
        }
        for (at, remedy) in way.remedies.iter().enumerate() {
            let room = width.saturating_sub(BAR);
            let title = format!("{} {}", at + 1, remedy.title);
            let mut lines: Vec<Vec<Span<'static>>> =
                wrap(&title, room).iter().map(|part| vec![words(part, Role::Text, view)]).collect();
            let (sign, role) = if remedy.certain { (view.glyphs.ok, Role::Ok) } else { ("?", Role::Warn) };
            let after = format!("after this change: {sign} {}", remedy.after);
            let after = shorten_end(&after, room.saturating_sub(BAR), view.glyphs.ellipsis);
            lines.push(vec![
                words("  ", Role::Text, view),
                words(&after, if remedy.others.is_some() { Role::Muted } else { role }, view),
            ]);
            if let Some(others) = remedy.others {
                let words_of_it =
                    format!("{} {others}; {} copies a request", view.glyphs.warning, view.key(Action::Copy));
                for part in wrap(&words_of_it, room.saturating_sub(BAR)) {
                    lines.push(vec![words("  ", Role::Text, view), words(&part, Role::Warn, view)]);
                }
            }
            listing.item(lines, at == self.on.fix, self.has_keys(Part::Fixes, view), width, view);
        }
        listing
    }
}
