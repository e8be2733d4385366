//! Where the parts of the flow lab stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::{FlowLab, Live, Part};
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::screens::members::hint;
use crate::console::screens::sign_in::{DeviceCode, Step};
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::pane::pane;
use crate::console::widgets::qr;
use crate::console::widgets::scroll::Scroll;
use crate::console::words::{countdown, shorten_end, wrap};
use crate::identity::flow_lab::Kind;

/// From this width on, the wire stands beside the steps.
const BESIDE: u16 = 100;
/// From this height on, two parts stand below each other; else one at a time.
const STACKED: u16 = 15;
/// The ladder's width beside the wire, frame included: its longest title fits.
const LADDER: u16 = 48;
/// The least for the words beside a QR code.
const WORDS: u16 = 29;
/// Between it and the words.
const GAP: u16 = 3;
/// From here on a label and its address share a line, and so do all keys.
const WIDE: usize = 44;

impl FlowLab {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if self.open {
            return self.draw_form(frame, area, view);
        }
        let Some(run) = self.ladder() else { return };
        let steps = run.steps.len() as u16 + 2;
        if area.height < STACKED {
            return self.part(frame, area, self.part, true, view);
        }
        if area.width >= BESIDE {
            let top = steps.max(area.height / 2);
            let wanted = self.outcome_height(area.width.saturating_sub(4), view);
            let bottom = (wanted + 2).clamp(5, area.height.saturating_sub(steps.min(area.height / 2)));
            let top = if wanted > 0 { area.height - bottom } else { top };
            let ladder = Rect { width: LADDER, height: top, ..area };
            let wire = Rect { x: area.x + LADDER, width: area.width - LADDER, height: top, ..area };
            let outcome = Rect { y: area.y + top, height: area.height - top, ..area };
            self.part(frame, ladder, Part::Steps, false, view);
            self.part(frame, wire, Part::Wire, false, view);
            self.part(frame, outcome, Part::Outcome, false, view);
            return;
        }
        let below = if self.below == Part::Steps { Part::Outcome } else { self.below };
        let height = steps.min(area.height - 8);
        self.part(frame, Rect { height, ..area }, Part::Steps, false, view);
        let rest = Rect { y: area.y + height, height: area.height - height, ..area };
        self.part(frame, rest, below, false, view);
    }

    /// Lines that the outcome would like.
    fn outcome_height(&self, width: u16, view: &View<'_>) -> u16 {
        match &self.live {
            Some(live) => {
                let room = Rect { x: 0, y: 0, width, height: u16::MAX };
                let (picture, beside) = with_qr(room, live, view)
                    .map_or((0, width), |(rows, words)| (qr::size(&rows).1, words.width));
                let lines = live_lines(live, usize::from(beside), view).len() as u16;
                picture.max(lines + u16::from(types(live)))
            }
            None => self.outcome_lines(usize::from(width), view).len() as u16,
        }
    }

    /// One part in its frame. `alone`: the others are named, since they are not seen.
    fn part(&self, frame: &mut Frame<'_>, area: Rect, part: Part, alone: bool, view: &View<'_>) {
        let Some(run) = self.ladder() else { return };
        let keys = view.focused && self.part == part;
        let (name, of) = match part {
            Part::Steps => (short(run.kind), run.title.to_string()),
            Part::Wire => {
                let title = run.steps.get(self.step).map_or("", |step| step.id.title());
                ("Step", format!("{} {title}", self.step + 1))
            }
            Part::Outcome if self.live.is_some() => ("Your turn", String::new()),
            Part::Outcome => ("Outcome", String::new()),
        };
        let others = alone || (frame.area().width < BESIDE && part != Part::Steps);
        let taken = name.len() + if others { 30 } else { 8 };
        let room = usize::from(area.width).saturating_sub(taken);
        let mut title = vec![Span::styled(name, view.style(Role::Title))];
        if !of.is_empty() {
            let of = format!(" {} {}", view.glyphs.dot, shorten_end(&of, room.max(12), view.glyphs.ellipsis));
            title.push(Span::styled(of, view.style(Role::Muted)));
        }
        let remark = if others {
            Line::from(vec![
                Span::styled(view.key(Action::LabLeft), view.style(Role::Key)),
                Span::styled(" ", view.style(Role::Muted)),
                Span::styled(view.key(Action::LabRight), view.style(Role::Key)),
                Span::styled(" other parts", view.style(Role::Muted)),
            ])
        } else {
            Line::default()
        };
        let inner = pane(frame, area, Line::from(title), remark, keys, view);
        let width = usize::from(inner.width);
        match part {
            Part::Steps => {
                let lines = self.step_lines(width, view);
                self.steps.follow(self.step, self.step, usize::from(inner.height));
                self.steps.draw(frame, inner, &lines, view);
                for at in 0..lines.len() {
                    if let Some(y) = self.steps.place(at).filter(|y| *y < inner.height) {
                        view.hit(Rect { y: inner.y + y, height: 1, ..inner }, Hit::Row(at));
                    }
                }
            }
            Part::Wire => self.wire.draw(frame, inner, &self.wire_lines(width, view), view),
            Part::Outcome => match &self.live {
                Some(live) => draw_live(frame, inner, live, &self.outcome, view),
                None if self.is_running() => self.draw_waiting(frame, inner, view),
                None => self.outcome.draw(frame, inner, &self.outcome_lines(width, view), view),
            },
        }
    }

    fn draw_waiting(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let at =
            self.ladder().and_then(|run| run.running().map(|step| step.said.clone())).unwrap_or_default();
        let since = self.began.unwrap_or(view.now);
        let mut lines = vec![Line::from(vec![
            Span::styled(pad(view.spinner(since), 2), view.style(Role::Accent)),
            Span::styled(at, view.style(Role::Text)),
        ])];
        lines.extend(self.outcome_lines(usize::from(area.width), view));
        lines.push(hint(&[(Action::LabStop, "stops")], view));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    /// The form, and what each kind is for.
    fn draw_form(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let title = Line::styled("Try a sign-in", view.style(Role::Title));
        let inner = pane(frame, area, title, Line::default(), view.focused, view);
        let room = inner.width;
        let height = self.trial.form.height(room, view).min(inner.height);
        self.trial.form.draw(frame, Rect { height, ..inner }, view);
        let kind = Kind::ALL.into_iter().find(|kind| kind.id() == self.trial.form.value("kind"));
        let Some(kind) = kind else { return };
        let mut lines = vec![Line::default()];
        for words in about(kind) {
            lines.extend(
                wrap(words, usize::from(room))
                    .into_iter()
                    .map(|line| Line::styled(line, view.style(Role::Muted))),
            );
        }
        let rest = Rect { y: inner.y + height, height: inner.height - height, ..inner };
        frame.render_widget(Paragraph::new(lines), rest);
    }
}

fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Idp => "Test sign-in",
        Kind::ThreeLegged => "Three-legged",
        Kind::Exchange => "Token exchange",
        Kind::Device => "Device",
    }
}

/// What is going to happen, before it does.
fn about(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Idp => [
            "Somebody signs in at the identity provider with this configuration; the console redeems the code as the \
             platform would and shows what the tokens say.",
            "The doctor then says whom the platform would recognise by that. The platform itself is not signed in to.",
        ],
        Kind::ThreeLegged => [
            "Seven steps of an app's sign-in, each with what goes over the wire. Your own session is not touched.",
            "What happens in the browser is not visible from here: if it ends on an error page, paste what it says.",
        ],
        Kind::Exchange => [
            "An access token of the identity provider for one of the platform, and both side by side.",
            "The doctor says beforehand what it expects of what userinfo says.",
        ],
        Kind::Device => [
            "A code here, the sign-in on any other device, and every question that is asked meanwhile.",
            "At the platform where it offers that (Medplum does not), else at the identity provider.",
        ],
    }
}

fn keys(view: &View<'_>, keys: &[(Action, &str)]) -> Line<'static> {
    let mut spans = Vec::new();
    for (action, label) in keys {
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.push(Span::styled(view.key(*action), view.style(Role::Key)));
        spans.push(Span::styled(format!(" {label}"), view.style(Role::Muted)));
    }
    Line::from(spans)
}

/// A line is being typed.
fn types(live: &Live) -> bool {
    live.input.is_some() && !live.answered
}

/// What the person or another device has to do.
fn live_lines(live: &Live, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let (text, muted) = (view.style(Role::Text), view.style(Role::Muted));
    let mut lines: Vec<Line<'static>> = Vec::new();
    let say = |lines: &mut Vec<Line<'static>>, words: &str, role: Role| {
        lines.extend(wrap(words, width).into_iter().map(|line| Line::styled(line, view.style(role))));
    };
    match &live.step {
        Step::Browser { url, until, opened } => {
            let words = if *opened {
                "Waiting for the browser"
            } else {
                "No browser could be started; open this address"
            };
            let mut first = vec![Span::styled(format!("{words}{}", view.glyphs.ellipsis), text)];
            if let Some(until) = until {
                first.push(Span::styled(format!("  {} left", countdown(*until, view.now)), muted));
            }
            lines.push(Line::from(first));
            lines.push(Line::styled(shorten_end(&url.shown(), width, view.glyphs.ellipsis), muted));
            let mut hints = vec![(Action::LabOpenAgain, "open again"), (Action::LabCopy, "copy address")];
            if live.input.is_none() {
                hints.push((Action::LabPaste, "it ended elsewhere"));
            }
            lines.push(keys(view, &hints));
            if live.input.is_some() {
                say(&mut lines, "Paste the address on which it ended, or what the page says.", Role::Text);
            }
        }
        Step::Paste { url, .. } => {
            say(&mut lines, "Sign in there, in any browser:", Role::Text);
            lines.push(Line::styled(shorten_end(&url.shown(), width, view.glyphs.ellipsis), muted));
            lines.push(keys(
                view,
                &[
                    (Action::LabOpenAgain, "open again"),
                    (Action::LabCopy, "copy address"),
                    (Action::LabStop, "stop"),
                ],
            ));
            say(&mut lines, "Then paste the address on which it ends, whatever that page says.", Role::Text);
        }
        Step::Device(code) => device(&mut lines, code, width, view),
        Step::Client { client, .. } => {
            say(
                &mut lines,
                &format!("The secret of client {client} at the identity provider; it is not kept."),
                Role::Text,
            );
        }
        Step::Choose { memberships } => {
            say(&mut lines, "More than one membership fits. Which one is it?", Role::Text);
            for (at, one) in memberships.iter().enumerate() {
                let bar = if at == live.row { view.glyphs.bar } else { " " };
                lines.push(Line::from(vec![
                    Span::styled(pad(bar, 2), view.style(Role::Accent)),
                    Span::styled(format!("{} ", one.profile), text),
                    Span::styled(format!("in {}", one.project), muted),
                ]));
            }
        }
        Step::Factor { .. } | Step::Enroll { .. } => {
            say(&mut lines, "The platform asks for the code of a second factor.", Role::Text);
        }
        Step::Asking { what } => say(&mut lines, what, Role::Text),
        Step::Password { .. } => {}
    }
    if let Some(wrong) = &live.wrong {
        say(&mut lines, &format!("{} {wrong}", view.glyphs.failed), Role::Danger);
    }
    if live.answered {
        lines.push(Line::from(vec![
            Span::styled(pad(view.spinner(live.since), 2), view.style(Role::Accent)),
            Span::styled("At work on it", muted),
        ]));
    }
    lines
}

fn draw_live(frame: &mut Frame<'_>, area: Rect, live: &Live, scroll: &Scroll, view: &View<'_>) {
    let area = match with_qr(area, live, view) {
        None => area,
        Some((rows, words)) => {
            let (width, height) = qr::size(&rows);
            qr::draw(frame, Rect { width, height, ..area }, rows, view);
            words
        }
    };
    let lines = live_lines(live, usize::from(area.width), view);
    let Some(input) = live.input.as_ref().filter(|_| types(live)) else {
        scroll.draw(frame, area, &lines, view);
        return;
    };
    let words = Rect { height: area.height.saturating_sub(1), ..area };
    scroll.draw(frame, words, &lines, view);
    let y = area.y + (lines.len() as u16).min(words.height);
    let row = Rect { y, height: 1, ..area }.intersection(area);
    let label = Rect { width: 2.min(row.width), ..row };
    frame.render_widget(Span::styled(view.glyphs.bar, view.style(Role::Accent)), label);
    let value = Rect { x: row.x + label.width, width: row.width - label.width, ..row };
    input.draw(frame, value, view, true, "paste here");
}

/// The picture of a device sign-in where there is room for it and for the words beside it, and where those go.
fn with_qr(area: Rect, live: &Live, view: &View<'_>) -> Option<(Vec<String>, Rect)> {
    let Step::Device(code) = &live.step else { return None };
    let target = code.complete.as_ref().unwrap_or(&code.verification_uri);
    let room = Rect { width: area.width.saturating_sub(WORDS), ..area };
    let rows = qr::fitting(target.raw(), room, view.glyphs.ascii)?;
    let left = qr::size(&rows).0 + GAP;
    Some((rows, Rect { x: area.x + left, width: area.width.saturating_sub(left), ..area }))
}

fn device(lines: &mut Vec<Line<'static>>, code: &DeviceCode, width: usize, view: &View<'_>) {
    let (text, muted) = (view.style(Role::Text), view.style(Role::Muted));
    let address = code.verification_uri.shown();
    let shows = Span::styled(code.user_code.shown().into_owned(), view.style(Role::Title));
    if width < WIDE {
        lines.push(Line::styled("On any device, go to", muted));
        lines.extend(wrap(&address, width).into_iter().map(|line| Line::styled(line, text)));
        lines.push(Line::styled("and check that it shows", muted));
        lines.push(Line::from(shows));
    } else {
        let address = shorten_end(&address, width.saturating_sub(22), view.glyphs.ellipsis);
        lines.push(Line::from(vec![
            Span::styled("On any device, go to  ", muted),
            Span::styled(address, text),
        ]));
        lines.push(Line::from(vec![Span::styled("and check that it shows  ", muted), shows]));
    }
    let warning = format!(
        "Only continue if you started this sign-in just now. {} asks for {} at {}.",
        crate::identity::text::shown(&code.client),
        crate::identity::text::shown(&code.scopes),
        crate::identity::text::shown(&code.host),
    );
    lines.extend(wrap(&warning, width).into_iter().map(|line| Line::styled(line, muted)));
    let ends = format!("Expires in {}", countdown(code.expires_at, view.now));
    let next = code.next_poll_at.map(|at| countdown(at, view.now));
    let hints =
        [(Action::LabOpenAgain, "open here"), (Action::LabCopy, "copy address"), (Action::LabStop, "stop")];
    if width < WIDE {
        lines.push(Line::styled(ends, muted));
        lines.extend(next.map(|next| Line::styled(format!("Next look in {next}"), muted)));
        lines.extend(hints.iter().map(|hint| keys(view, std::slice::from_ref(hint))));
    } else {
        let next = next.map_or_else(String::new, |next| format!("   next look in {next}"));
        lines.push(Line::styled(format!("{ends}{next}"), muted));
        lines.push(keys(view, &hints));
    }
}
