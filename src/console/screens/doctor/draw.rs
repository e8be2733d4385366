//! Where the parts of the doctor stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::input::Given;
use super::lines::Listing;
use super::parts::{Part, spot};
use super::{Doctor, Load, address};
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::pane::pane;
use crate::console::words::{shorten_end, wrap};
use crate::identity::Text;
use crate::identity::sign_in::doctor::Claim;
use crate::workflows::checkup::UNKNOWN_SUBJECT;

/// From this width on, the evidence stands beside the steps.
const BESIDE: u16 = 110;
/// From this height on, ways, steps and fixes stand below each other; else one at a time.
const STACKED: u16 = 15;

impl Doctor {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let area = if self.input.open { self.draw_form(frame, area, view) } else { area };
        if self.found.is_none() {
            return self.draw_nothing(frame, area, view);
        }
        let head = self.head(usize::from(area.width).saturating_sub(2), view);
        let shown = (head.len() as u16).min(area.height);
        for (y, line) in head.into_iter().enumerate() {
            let row =
                Rect { x: area.x + 1, y: area.y + y as u16, width: area.width.saturating_sub(2), height: 1 };
            frame.render_widget(line, row.intersection(area));
        }
        let area = Rect { y: area.y + shown, height: area.height - shown, ..area };
        if !self.people().is_empty() {
            let title = Line::styled("Who is meant?", view.style(Role::Title));
            let inner = pane(frame, area, title, Line::default(), view.focused, view);
            let listing = self.people_lines(usize::from(inner.width), view);
            self.list(frame, inner, Part::Ways, self.on.who, &listing, view);
            return;
        }
        if area.height < STACKED {
            self.part(frame, area, self.on.part, true, view);
            return;
        }
        let width = usize::from(area.width.saturating_sub(4));
        let rows = |listing: &Listing, most: u16| (listing.lines.len() as u16).clamp(1, most) + 2;
        let spacious = area.height >= 26;
        let ways = rows(&self.way_lines(width, view), if spacious { 8 } else { 3 });
        let fixes = rows(&self.fix_lines(width, view), if spacious { 8 } else { 3 });
        let top = Rect { height: ways, ..area };
        let middle = Rect { y: top.bottom(), height: area.height - ways - fixes, ..area };
        let bottom = Rect { y: middle.bottom(), height: fixes, ..area };
        self.part(frame, top, Part::Ways, false, view);
        if area.width >= BESIDE {
            let left = (u32::from(area.width) * 58 / 100) as u16;
            self.part(frame, Rect { width: left, ..middle }, Part::Steps, false, view);
            let right = Rect { x: middle.x + left, width: middle.width - left, ..middle };
            self.part(frame, right, Part::Evidence, false, view);
        } else {
            let part = if self.on.part == Part::Evidence { Part::Evidence } else { Part::Steps };
            self.part(frame, middle, part, false, view);
        }
        self.part(frame, bottom, Part::Fixes, false, view);
    }

    /// One part in its frame. `alone`: the others are named, since they are not seen.
    fn part(&self, frame: &mut Frame<'_>, area: Rect, part: Part, alone: bool, view: &View<'_>) {
        let name = |part: Part| match part {
            Part::Ways => "Ways",
            Part::Steps => "Steps",
            Part::Evidence => "Evidence",
            Part::Fixes => "Fixes",
        };
        let way = self.way().map(|way| way.label.as_str()).unwrap_or_default();
        let of = match part {
            Part::Ways => "",
            Part::Steps | Part::Fixes => way,
            Part::Evidence => self.step().map_or("", |step| step.id.title()),
        };
        let room = usize::from(area.width).saturating_sub(24);
        let mut title = vec![Span::styled(name(part), view.style(Role::Title))];
        if !of.is_empty() {
            let of = format!(" {} {}", view.glyphs.dot, shorten_end(of, room, view.glyphs.ellipsis));
            title.push(Span::styled(of, view.style(Role::Muted)));
        }
        let remark = if alone {
            Line::from(vec![
                Span::styled(view.key(Action::DoctorLeft), view.style(Role::Key)),
                Span::styled(" ", view.style(Role::Muted)),
                Span::styled(view.key(Action::DoctorRight), view.style(Role::Key)),
                Span::styled(" other parts", view.style(Role::Muted)),
            ])
        } else {
            Line::default()
        };
        let keys = view.focused && !self.input.open && self.on.part == part;
        let inner = pane(frame, area, Line::from(title), remark, keys, view);
        let width = usize::from(inner.width);
        let listing = match part {
            Part::Ways => self.way_lines(width, view),
            Part::Steps => self.step_lines(width, frame.area().width < BESIDE, view),
            Part::Evidence => self.evidence_lines(width, view),
            Part::Fixes => self.fix_lines(width, view),
        };
        self.list(frame, inner, part, self.on.at(part), &listing, view);
    }

    fn list(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        part: Part,
        at: usize,
        listing: &Listing,
        view: &View<'_>,
    ) {
        let scroll = self.on.scroll(part);
        let by_hand = self.on.free && self.on.part == part;
        if let (Some((first, last)), false) = (listing.spots.get(at), by_hand) {
            // What stands before the first line, and after the last, belongs to it.
            let first = if at == 0 { 0 } else { *first };
            let last = if at + 1 == listing.spots.len() { listing.lines.len() - 1 } else { *last };
            scroll.follow(first, last, usize::from(area.height));
        }
        scroll.draw(frame, area, &listing.lines, view);
        for (at, (first, last)) in listing.spots.iter().enumerate() {
            for line in *first..=*last {
                if let Some(y) = scroll.place(line).filter(|y| *y < area.height) {
                    view.hit(Rect { y: area.y + y, height: 1, ..area }, Hit::Part(spot(part, at)));
                }
            }
        }
    }

    /// Who it is, and what is taken to be sent.
    fn head(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let muted = view.style(Role::Muted);
        let dot = format!(" {} ", view.glyphs.dot);
        let Some(checkup) = self.checkup() else {
            let typed = Text::from(self.input.form.value("person"));
            let words = format!("{} people match {typed}", self.people().len());
            return vec![Line::styled(
                shorten_end(&words, width, view.glyphs.ellipsis),
                view.style(Role::Text),
            )];
        };
        let typed = checkup.ways.first().and_then(|way| way.examined.attempt.typed.clone());
        let mut first = Vec::new();
        if let Some(patient) = &checkup.patient {
            first.push(Span::styled(patient.name.to_string(), view.style(Role::Title)));
            first.push(Span::styled(format!("{dot}{}", address(patient)), view.style(Role::Text)));
            let other = typed.filter(|typed| patient.email.known().and_then(Option::as_ref) != Some(typed));
            if let Some(typed) = other {
                first.push(Span::styled(format!("{dot}types {typed}"), view.style(Role::Text)));
            }
        } else {
            let typed = Text::from(self.input.form.value("person"));
            first.push(Span::styled(typed.to_string(), view.style(Role::Title)));
            first.push(Span::styled(format!("{dot}nobody is known to be meant"), muted));
        }
        lines.push(Line::from(first));
        if let Some(guessed) = &checkup.guessed {
            lines.extend(
                wrap(guessed, width).into_iter().map(|line| Line::styled(line, view.style(Role::Warn))),
            );
        }
        if let Some(way) = self.way() {
            let said = |claim: &Claim| match claim {
                Claim::Text(text) if text.raw() == UNKNOWN_SUBJECT => "not known".to_owned(),
                Claim::Text(text) if !text.is_empty() => text.to_string(),
                Claim::Text(_) | Claim::Absent => "none".to_owned(),
                Claim::NotText => "something that is no text".to_owned(),
            };
            let attempt = &way.examined.attempt;
            let label = |words: &'static str| Span::styled(words, muted);
            let value = |claim: &Claim| Span::styled(said(claim), view.style(Role::Text));
            let mut sends = vec![label("the IdP sends  email "), value(&attempt.email)];
            let subject = vec![label("  subject "), value(&attempt.subject)];
            let both: usize = sends.iter().chain(&subject).map(Span::width).sum();
            if both > width {
                lines.push(Line::from(std::mem::take(&mut sends)));
                sends.push(label("             "));
            }
            sends.extend(subject);
            lines.push(Line::from(sends));
            if let Some(token) = &self.input.token {
                let (sign, role) = token_sign(token, view);
                lines.push(Line::styled(format!("{sign} from {}", token.words()), view.style(role)));
            }
        }
        lines
    }

    /// The form at the top; gives what is left below it.
    fn draw_form(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
        let room = area.width.saturating_sub(4);
        let wrong =
            self.input.wrong.as_deref().map(|wrong| wrap(wrong, usize::from(room))).unwrap_or_default();
        let rows =
            self.input.form.height(room, view) + wrong.len() as u16 + u16::from(self.input.token.is_some());
        let place = Rect { height: (rows + 2).min(area.height), ..area };
        let title = Line::styled("Whose sign-in?", view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), view.focused, view);
        let fields = Rect { height: self.input.form.height(room, view).min(inner.height), ..inner };
        self.input.form.draw(frame, fields, view);
        let mut y = fields.bottom();
        if let Some(token) = &self.input.token {
            let (sign, role) = token_sign(token, view);
            let words = format!("{sign} claims of {}; the token itself is not kept", token.words());
            let row = Rect { y, height: 1, ..inner }.intersection(inner);
            frame.render_widget(Line::styled(words, view.style(role)), row);
            y += 1;
        }
        for line in wrong {
            let row = Rect { y, height: 1, ..inner }.intersection(inner);
            frame.render_widget(
                Line::styled(format!("{} {line}", view.glyphs.failed), view.style(Role::Danger)),
                row,
            );
            y += 1;
        }
        Rect { y: place.bottom(), height: area.height - place.height, ..area }
    }

    /// Before anything is found: what to type, what is under way, what went wrong.
    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if area.height < 3 {
            return;
        }
        let title = Line::styled("Doctor", view.style(Role::Title));
        let inner = pane(frame, area, title, Line::default(), view.focused && !self.input.open, view);
        let (text, muted) = (view.style(Role::Text), view.style(Role::Muted));
        let mut lines = vec![Line::default()];
        match &self.load {
            Load::Under(since) => {
                lines.push(Line::from(vec![
                    Span::styled(pad(view.spinner(*since), 2), view.style(Role::Accent)),
                    Span::styled("Examining every likely way of signing in; nothing is written.", text),
                ]));
                lines.push(hint(&[(Action::Back, "stops")], view));
            }
            Load::Failed(failure) => {
                lines.push(Line::styled(failure.what.clone(), view.style(Role::Title)));
                let more = format!("{} {}", failure.why, failure.next).trim().to_owned();
                lines.push(Line::styled(more, text));
                lines.push(hint(&[(Action::Reload, "tries again")], view));
            }
            Load::Idle => {
                lines.push(Line::styled(
                    "Why can somebody not sign in? Every way of theirs is followed, by reading only.",
                    text,
                ));
                lines.push(Line::default());
                let what = "whom it is about: an email, an external id, a name, User/…, ProjectMembership/…, or an identity provider's token pasted.";
                if self.input.open {
                    lines.push(Line::styled(format!("Type {what}"), muted));
                } else {
                    let key = view.key(Action::DoctorWhom);
                    lines.push(Line::from(vec![
                        Span::styled(key, view.style(Role::Key)),
                        Span::styled(format!(" types {what}"), muted),
                    ]));
                    lines.push(Line::from(vec![
                        Span::styled(view.key(Action::Diagnose), view.style(Role::Key)),
                        Span::styled(" on any person, on the other screens, brings them here.", muted),
                    ]));
                }
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
    }
}

/// Sign and role of a token: a warning until its signature speaks for it.
fn token_sign(token: &Given, view: &View<'_>) -> (&'static str, Role) {
    if token.is_doubtful() { (view.glyphs.warning, Role::Warn) } else { (view.glyphs.ok, Role::Muted) }
}
