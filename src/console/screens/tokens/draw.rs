//! Where the parts of the token lab stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::asking::Asking;
use super::held::Held;
use super::input::{LINES, LIST, VIEWS};
use super::lines::Listing;
use super::page::Page;
use super::veil::Veil;
use super::{Tokens, checks, claims, compared, times, verdict};
use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::pane::pane;
use crate::console::words::{shorten_end, shorten_middle};
use crate::identity::words::capital;
use crate::token::brief::brief;
use crate::token::redact::HIDDEN;

/// From this height on, more tokens are listed at once.
const TALL: u16 = 30;
/// From this height on, the verdict has a frame of its own.
const STACKED: u16 = 14;
/// Below this width the names of the views move together.
const TIGHT: u16 = 70;
/// Tokens that are listed at once, where it is high and where it is not.
const LISTED: (u16, u16) = (8, 3);

impl Tokens {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let area = match &self.asking {
            Some(asking) => draw_asking(asking, frame, area, view),
            None => area,
        };
        let Some(held) = self.current() else { return self.draw_nothing(frame, area, view) };
        let veil = self.veil();
        if area.height < STACKED {
            return self.draw_view(frame, area, held, &veil, true, view);
        }
        let rows = self.held.len() as u16 + u16::from(self.names_refresh());
        let most = if area.height >= TALL { LISTED.0 } else { LISTED.1 };
        let listed = if rows > 1 { rows.min(most) + 2 } else { 0 };
        let list = Rect { height: listed, ..area };
        if listed > 0 {
            self.draw_list(frame, list, &veil, view);
        }
        // The rest is for the view.
        let most = usize::from(area.height / 4).clamp(4, 8);
        let lines = verdict::lines(held, &veil, usize::from(area.width.saturating_sub(4)), view);
        let lines = verdict::fitting(lines, most);
        let height = lines.len() as u16 + 2;
        let place = Rect { y: list.bottom(), height, ..area };
        let title = self.title(held, usize::from(area.width), &veil, view);
        let inner = pane(frame, place, title, ending(held, view), false, view);
        frame.render_widget(Paragraph::new(lines), inner);
        let rest = Rect { y: place.bottom(), height: area.bottom().saturating_sub(place.bottom()), ..area };
        self.draw_view(frame, rest, held, &veil, false, view);
    }

    /// `access token · the Authorization header · jane@clinic.example`
    fn title(&self, held: &Held, width: usize, veil: &Veil<'_>, view: &View<'_>) -> Line<'static> {
        let (dot, dots) = (view.glyphs.dot, view.glyphs.ellipsis);
        let kind = capital(&held.kind());
        // The end stands at the right.
        let mut room = width.saturating_sub(kind.width() + 28);
        let mut title = vec![Span::styled(kind, view.style(Role::Title))];
        let mut add = |words: String, role: Role| {
            // A crumb says nothing.
            if room < words.width().min(24) + 3 {
                return;
            }
            let words = format!(" {dot} {}", shorten_middle(&words, room - 3, dots));
            room = room.saturating_sub(words.width());
            title.push(Span::styled(words, view.style(role)));
        };
        if veil.on {
            add("values hidden".to_owned(), Role::Warn);
        }
        if held.watch.is_some() {
            add("watched".to_owned(), Role::Accent);
        }
        if self.held.len() > 1 {
            add(format!("{} of {}", self.at + 1, self.held.len()), Role::Muted);
        }
        add(held.from(), Role::Muted);
        if let Some(whom) = held.whom().filter(|_| !veil.on) {
            add(brief(whom), Role::Text);
        }
        Line::from(title)
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, veil: &Veil<'_>, view: &View<'_>) {
        let title = Line::styled("Tokens", view.style(Role::Title));
        let remark = if self.held.len() > 1 {
            Line::from(vec![
                Span::styled(view.key(Action::TokenNext), view.style(Role::Key)),
                Span::styled(" next", view.style(Role::Muted)),
            ])
        } else {
            Line::default()
        };
        let inner = pane(frame, area, title, remark, false, view);
        let room = usize::from(inner.height).saturating_sub(usize::from(self.names_refresh())).max(1);
        let first = (self.at + 1).saturating_sub(room);
        let kind = self.held.iter().map(|held| held.kind().width()).max().unwrap_or(0);
        let width = usize::from(inner.width);
        let from = self.held.iter().map(|held| held.from().width()).max().unwrap_or(0).min(width / 3);
        for (y, (at, held)) in (0u16..).zip(self.held.iter().enumerate().skip(first).take(room)) {
            let row = Rect { y: inner.y + y, height: 1, ..inner };
            frame.render_widget(self.row(at, held, (kind, from, width), veil, view), row);
            view.hit(row, Hit::Part(LIST + at));
        }
        if self.names_refresh() {
            let row = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
            let words = format!(
                "  {} {}your session's refresh token is kept for renewing and shown to nobody",
                view.glyphs.dot,
                if view.glyphs.ascii { " " } else { "" }
            );
            let words = shorten_end(&words, width, view.glyphs.ellipsis);
            frame.render_widget(Line::styled(words, view.style(Role::Muted)), row);
        }
    }

    fn row(
        &self,
        at: usize,
        held: &Held,
        (kind, from, width): (usize, usize, usize),
        veil: &Veil<'_>,
        view: &View<'_>,
    ) -> Line<'static> {
        let dots = view.glyphs.ellipsis;
        let here = at == self.at;
        let (sign, role) = verdict::sign(held, view);
        let name = if here { Role::Title } else { Role::Text };
        let ends = held.ends().map_or_else(String::new, |when| times::ending(when, view.now));
        let eye = if held.watch.is_some() { format!("{} watched", view.glyphs.mark) } else { String::new() };
        let whom = match held.whom() {
            Some(_) if veil.on => HIDDEN.to_owned(),
            Some(whom) => brief(whom),
            None => String::new(),
        };
        let sign = pad(sign, if view.glyphs.ascii { 3 } else { 2 });
        let used = 2 + sign.width() + kind + 2 + from + 2;
        let tail = ends.width() + if eye.is_empty() { 0 } else { eye.width() + 2 };
        let room = width.saturating_sub(used + tail + 2);
        let whom = if room >= 10 { shorten_middle(&whom, room, dots) } else { String::new() };
        let mut spans = vec![
            Span::styled(pad(if here { view.glyphs.bar } else { " " }, 2), view.style(Role::Accent)),
            Span::styled(sign, view.style(role)),
            Span::styled(pad(&held.kind(), kind + 2), view.style(name)),
            Span::styled(pad(&shorten_end(&held.from(), from, dots), from + 2), view.style(Role::Muted)),
            Span::styled(pad(&whom, room + 2), view.style(Role::Text)),
        ];
        if !eye.is_empty() {
            spans.push(Span::styled(format!("{eye}  "), view.style(Role::Accent)));
        }
        spans.push(Span::styled(ends, view.style(Role::Muted)));
        Line::from(spans)
    }

    /// The view: its name among the others, and whether what is read was verified.
    fn draw_view(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        held: &Held,
        veil: &Veil<'_>,
        alone: bool,
        view: &View<'_>,
    ) {
        let keys = view.focused && self.asking.is_none();
        let mut title = Vec::new();
        let tight = area.width < TIGHT;
        for page in Page::ALL {
            let here = *page == self.reading.page;
            if !title.is_empty() {
                title.push(Span::raw(if tight { " " } else { "  " }));
            }
            title.push(Span::styled(page.title(), view.style(if here { Role::Title } else { Role::Muted })));
            if here {
                // Colour is not the only sign.
                let at = title.len() - 1;
                title.insert(at, Span::styled(view.glyphs.bar, view.style(Role::Accent)));
            }
        }
        let (glyph, role, words) = verdict::verified(held, tight, view);
        let remark = if held.is_signed() {
            Line::styled(format!("{glyph} {words}"), view.style(role))
        } else {
            Line::default()
        };
        hit_views(area, &title, view);
        let inner = pane(frame, area, Line::from(title), remark, keys, view);
        let width = usize::from(inner.width);
        let page = self.reading.page;
        let at = if page.selects() { self.reading.at() } else { usize::MAX };
        let mut out = Listing::new(width, view, veil).selecting(at, keys);
        let mut above = 0;
        if alone {
            out.lines = verdict::fitting(verdict::lines(held, veil, width, view), 4);
            out.gap();
            above = out.lines.len();
        }
        match page {
            Page::Why => checks::why_lines(held, &mut out),
            Page::Claims => claims::lines(held, &mut out),
            Page::Times => times::lines(held, &mut out),
            Page::Checks => checks::lines(held, &mut out),
            Page::Compare => {
                let made = self.compared.as_ref().map(|(_, _, compared)| &**compared);
                compared::lines(held, self.other(), made, &mut out);
            }
            Page::Raw => claims::raw(held, &mut out),
        }
        let scroll = self.reading.scroll();
        if let (Some((first, last)), false) = (out.spots.get(at), self.reading.free) {
            // What stands before the first line, and after the last, belongs to it.
            let first = if at == 0 { 0 } else { *first };
            let last = if at == 0 && above > 0 { above.max(*last) } else { *last };
            scroll.follow(first, last, usize::from(inner.height));
        }
        scroll.draw(frame, inner, &out.lines, view);
        for (at, (first, last)) in out.spots.iter().enumerate() {
            for line in *first..=*last {
                if let Some(y) = scroll.place(line).filter(|y| *y < inner.height) {
                    view.hit(Rect { y: inner.y + y, height: 1, ..inner }, Hit::Part(LINES + at));
                }
            }
        }
    }

    /// Before there is any token: what to do.
    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if area.height < 3 {
            return;
        }
        let title = Line::styled("Tokens", view.style(Role::Title));
        let inner = pane(frame, area, title, Line::default(), view.focused && self.asking.is_none(), view);
        let width = usize::from(inner.width);
        let mut lines = vec![Line::default()];
        let lead = "Paste a token: what it says, whether it is true, and why it is refused.";
        lines.extend(verdict::said(lead, Role::Text, width, view));
        lines.push(Line::default());
        let more = "It may stand alone, with Bearer in front, in JSON, in an address, or in the whole curl command that was refused. Nothing of it is kept, and it is shown to its own issuer only.";
        lines.extend(verdict::said(more, Role::Muted, width, view));
        lines.push(Line::default());
        let keys = [
            (Action::TokenPaste, "opens a line for terminals that cannot paste"),
            (Action::TokenOwn, "takes the tokens of your own session"),
            (Action::TokenFile, "takes the tokens of a file"),
            (Action::GoFlowLab, "tries a sign-in; its tokens come here by a key there"),
        ];
        let wide = keys.iter().map(|(action, _)| view.key(*action).width()).max().unwrap_or(0) + 2;
        for (action, words) in keys {
            lines.push(Line::from(vec![
                Span::styled(pad(&view.key(action), wide), view.style(Role::Key)),
                Span::styled(words, view.style(Role::Muted)),
            ]));
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
    }
}

/// The names of the views answer to clicks.
fn hit_views(area: Rect, title: &[Span<'_>], view: &View<'_>) {
    let mut x = area.x + 2;
    for span in title {
        let width = span.width() as u16;
        if let Some(at) = Page::ALL.iter().position(|page| page.title() == span.content) {
            view.hit(Rect { x, y: area.y, width, height: 1 }.intersection(area), Hit::Part(VIEWS + at));
        }
        x = x.saturating_add(width);
    }
}

/// When it ends, or that it has.
fn ending(held: &Held, view: &View<'_>) -> Line<'static> {
    let Some(when) = held.ends() else { return Line::default() };
    let role = if when.from(view.now) <= 0.0 { Role::Danger } else { Role::Muted };
    Line::styled(times::ending(when, view.now), view.style(role))
}

/// The form at the top; gives what is left below it.
fn draw_asking(asking: &Asking, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
    let room = area.width.saturating_sub(4);
    let wrong = asking.wrong.as_deref().map(|wrong| {
        verdict::said(&format!("{} {wrong}", view.glyphs.failed), Role::Danger, usize::from(room), view)
    });
    let wrong = wrong.unwrap_or_default();
    let rows = asking.form.height(room, view) + wrong.len() as u16;
    let place = Rect { height: (rows + 2).min(area.height), ..area };
    let title = Line::styled(asking.title(), view.style(Role::Title));
    let inner = pane(frame, place, title, Line::default(), view.focused, view);
    let fields = Rect { height: asking.form.height(room, view).min(inner.height), ..inner };
    asking.form.draw(frame, fields, view);
    let below = Rect { y: fields.bottom(), height: inner.height - fields.height, ..inner };
    frame.render_widget(Paragraph::new(wrong), below);
    Rect { y: place.bottom(), height: area.height - place.height, ..area }
}
