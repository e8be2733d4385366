//! Drawing the form.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::{EmailForm, Focus, Reading};
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::shorten::{Cut, shorten, wrap};
use crate::workflows::email_change::{Offer, Way};

const WIDEST: u16 = 78;
const LABEL: u16 = 14;

impl EmailForm {
    pub(super) fn draw_form(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if self.covered {
            return;
        }
        let width = WIDEST.min(area.width.saturating_sub(2));
        let text_width = usize::from(width.saturating_sub(4));
        let body = self.body(text_width, view);
        // Present address, new address, what is wrong with it, a blank; below: a blank and the keys.
        let (above, below) = (3, 2);
        let wanted = u16::try_from(body.lines.len()).unwrap_or(u16::MAX).saturating_add(above + below + 2);
        let height = wanted.clamp(9, area.height.saturating_sub(2).max(9));
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let title = format!("Change email {} {}", view.glyphs.dot, self.subject.name);
        let title = shorten(&title, text_width.saturating_sub(2), Cut::End, view.glyphs.ellipsis);
        let title = Line::styled(title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        if inner.height < above + below {
            return;
        }
        let row = |n: u16| Rect { y: inner.y + n, height: 1, ..inner };
        self.present(frame, row(0), view);
        self.address(frame, row(1), view);
        self.remark(frame, row(2), view);
        let text = Rect { y: inner.y + above, height: inner.height - above - below, ..inner };
        self.scroll.draw(frame, text, &body.lines, view);
        for (line, part) in body.parts {
            if let Some(y) = self.scroll.place(line).filter(|y| *y < text.height) {
                view.hit(Rect { y: text.y + y, height: 1, ..text }, Hit::Part(part));
            }
        }
        let last = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        dialog::keys(frame, last, &self.keys(), view);
    }

    fn keys(&self) -> Vec<(Action, &'static str)> {
        let mut keys = Vec::new();
        let submit = match (self.focus, self.way().map(|way| &way.offer)) {
            (Focus::Telecom | Focus::Mail, _) => "turn over",
            (_, None) => "compare ways",
            (_, Some(Offer::Plan(_))) => "show plan",
            (_, Some(Offer::Text(_))) => "copy text",
            (_, Some(Offer::Not(_))) => "why not",
        };
        keys.push((Action::Submit, submit));
        if self.fields().len() > 1 {
            keys.push((Action::NextField, "next"));
        }
        keys.push((Action::Close, "cancel"));
        keys
    }

    fn label(frame: &mut Frame<'_>, area: Rect, label: &str, role: Role, view: &View<'_>) -> Rect {
        frame.render_widget(Line::styled(label.to_owned(), view.style(role)), area);
        let shift = LABEL.min(area.width);
        Rect { x: area.x + shift, width: area.width - shift, ..area }
    }

    fn present(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let place = Self::label(frame, area, "Email now", Role::Muted, view);
        let known = self.person.as_ref().is_some_and(|person| person.email.known().is_some());
        let email = self.subject.email.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let email = shorten(&email, usize::from(place.width), Cut::Email, view.glyphs.ellipsis);
        let shown = email.width();
        let mut spans = vec![Span::styled(email, view.style(if known { Role::Text } else { Role::Muted }))];
        match (&self.reading, &self.person) {
            (_, Some(person)) => {
                spans.push(Span::styled(
                    format!("   {}", view.parts(&person.about())),
                    view.style(Role::Muted),
                ));
            }
            (Reading::Person { .. }, None) => {
                spans.push(Span::styled("   being read", view.style(Role::Muted)));
            }
            _ => {}
        }
        if let [_, about] = spans.as_mut_slice() {
            // Said in full in the plan; here only as far as there is room.
            let room = usize::from(place.width).saturating_sub(shown);
            about.content = shorten(&about.content, room, Cut::End, view.glyphs.ellipsis).into();
        }
        frame.render_widget(Line::from(spans), place);
    }

    fn address(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let focused = self.focus == Focus::Address;
        let role = if focused { Role::Accent } else { Role::Muted };
        let place = Self::label(frame, area, "New email", role, view);
        self.input.draw(frame, place, view, focused, "name@clinic.example");
        view.hit(area, Hit::Part(0));
    }

    /// What is to be said about the address, right under it.
    fn remark(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let place =
            Rect { x: area.x + LABEL.min(area.width), width: area.width.saturating_sub(LABEL), ..area };
        if self.input.is_empty() {
            return;
        }
        let (words, role) = match self.parsed() {
            Err(error) => (format!("{} {error}", view.glyphs.failed), Role::Danger),
            Ok((email, notices)) => match notices.first() {
                _ if self.subject.email.as_ref().is_some_and(|now| now.raw() == email.as_str()) => {
                    (format!("{} this is the present address", view.glyphs.warning), Role::Warn)
                }
                Some(notice) => (format!("{} {notice}", view.glyphs.warning), Role::Warn),
                None if email.as_str() == self.input.text() => {
                    (format!("{} can be an address", view.glyphs.ok), Role::Muted)
                }
                None => (format!("{} will be {email}", view.glyphs.ok), Role::Muted),
            },
        };
        let words = shorten(&words, usize::from(place.width), Cut::End, view.glyphs.ellipsis);
        frame.render_widget(Line::styled(words, view.style(role)), place);
    }

    fn body(&self, width: usize, view: &View<'_>) -> Body {
        let mut body = Body::default();
        match &self.reading {
            Reading::Person { since, then: true } | Reading::Address { since } => {
                let words = if matches!(self.reading, Reading::Address { .. }) {
                    "Looking who has this address and where it is sent at sign-in"
                } else {
                    "Reading everything about this person"
                };
                body.lines.push(Line::default());
                body.lines.push(Line::from(vec![
                    Span::styled(format!("{} ", view.spinner(*since)), view.style(Role::Accent)),
                    Span::styled(words, view.style(Role::Muted)),
                ]));
                return body;
            }
            Reading::Failed(failure) => {
                body.lines.push(Line::default());
                body.words(view.glyphs.failed, Role::Danger, &failure.what, Role::Title, width, view);
                for more in [&failure.why, &failure.next] {
                    if !more.is_empty() {
                        body.words("", Role::Text, more, Role::Text, width, view);
                    }
                }
                return body;
            }
            Reading::Person { then: false, .. } | Reading::Idle => {}
        }
        match &self.found {
            None => {}
            Some(Err(refusal)) => {
                body.lines.push(Line::default());
                body.words(view.glyphs.failed, Role::Danger, &format!("{refusal}."), Role::Text, width, view);
            }
            Some(Ok(proposal)) => {
                for notice in &proposal.notices {
                    body.words(view.glyphs.warning, Role::Warn, notice, Role::Text, width, view);
                }
                for (at, way) in proposal.ways.iter().enumerate() {
                    self.way_lines(&mut body, at, way, width, view);
                }
                if self.has_choices() {
                    self.choice_lines(&mut body, proposal.ways.len() + 1, view);
                }
            }
        }
        body
    }

    fn way_lines(&self, body: &mut Body, at: usize, way: &Way, width: usize, view: &View<'_>) {
        let selected = self.focus == Focus::Way(at);
        let open = !matches!(way.offer, Offer::Not(_));
        body.lines.push(Line::default());
        body.parts.push((body.lines.len(), at + 1));
        let bar = if selected { view.glyphs.bar } else { " " };
        let title_role = match (selected, open) {
            (true, _) => Role::Title,
            (false, true) => Role::Text,
            (false, false) => Role::Muted,
        };
        let mut spans = vec![
            Span::styled(format!("{bar} "), view.style(Role::Accent)),
            Span::styled(way.kind.title(), view.style(title_role)),
        ];
        if way.recommended {
            spans.push(Span::styled("   recommended", view.style(Role::Accent)));
        }
        body.lines.push(Line::from(spans));
        // The selected way tells everything, the others their most important point.
        let points: Vec<&str> = match &way.offer {
            Offer::Not(why) => vec![why.0.as_str()],
            Offer::Plan(_) | Offer::Text(_) if selected => way.points.iter().map(String::as_str).collect(),
            Offer::Plan(_) | Offer::Text(_) => way.points.iter().take(1).map(String::as_str).collect(),
        };
        for point in points {
            for part in wrap(point, width.saturating_sub(4)) {
                body.lines.push(Line::styled(format!("    {part}"), view.style(Role::Muted)));
            }
        }
    }

    fn choice_lines(&self, body: &mut Body, first: usize, view: &View<'_>) {
        body.lines.push(Line::default());
        let choices = [
            (Focus::Telecom, self.choices.update_profile_telecom, "change the work email of the profile too"),
            (Focus::Mail, !self.choices.skip_verification, "send a verification mail to the new address"),
        ];
        for (n, (focus, on, words)) in choices.into_iter().enumerate() {
            body.parts.push((body.lines.len(), first + n));
            let selected = self.focus == focus;
            let bar = if selected { view.glyphs.bar } else { " " };
            let tick = if on { "[x]" } else { "[ ]" };
            body.lines.push(Line::from(vec![
                Span::styled(format!("{bar} "), view.style(Role::Accent)),
                Span::styled(format!("{tick} "), view.style(if on { Role::Accent } else { Role::Muted })),
                Span::styled(words, view.style(if selected { Role::Title } else { Role::Text })),
            ]));
        }
    }
}

/// Lines, and which of them answer to clicks.
#[derive(Default)]
struct Body {
    lines: Vec<Line<'static>>,
    parts: Vec<(usize, usize)>,
}

impl Body {
    fn words(
        &mut self,
        glyph: &str,
        glyph_role: Role,
        words: &str,
        role: Role,
        width: usize,
        view: &View<'_>,
    ) {
        let mut front = Span::styled(format!("{glyph:1} "), view.style(glyph_role));
        for part in wrap(words, width.saturating_sub(2)) {
            self.lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
            front = Span::raw("  ");
        }
    }
}
