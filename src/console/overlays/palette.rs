//! The palette: any action by name, found fuzzily.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::console::action::{Action, Availability, Scope};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::input::Input;
use crate::console::words::shorten_end;

/// An action on offer.
#[derive(Debug, Clone, PartialEq)]
struct Offer {
    action: Action,
    availability: Availability,
}

/// Every action that can be met where the palette was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    input: Input,
    offers: Vec<Offer>,
    /// Indices into `offers` with the matched characters of the words, best first.
    matches: Vec<(usize, Vec<u32>)>,
    selected: usize,
}

const ROWS: usize = 12;
/// The column of labels; a test keeps them shorter.
const LABELS: usize = 18;

impl Palette {
    /// A palette over these actions, in this order while nothing is typed.
    pub fn new(actions: impl IntoIterator<Item = (Action, Availability)>) -> Self {
        let offers = actions
            .into_iter()
            .filter(|(action, availability)| {
                !action.row().flags.quiet && *availability != Availability::Hidden
            })
            .map(|(action, availability)| Offer { action, availability })
            .collect();
        let mut palette = Self { input: Input::default(), offers, matches: Vec::new(), selected: 0 };
        palette.search();
        palette
    }

    /// What is searched and shown: the label, padded to a column, and the sentence of help.
    fn words(offer: &Offer) -> String {
        let row = offer.action.row();
        format!("{:<LABELS$}{}", row.label, row.help.trim_end_matches('.'))
    }

    fn search(&mut self) {
        self.selected = 0;
        if self.input.is_empty() {
            self.matches = (0..self.offers.len()).map(|i| (i, Vec::new())).collect();
            return;
        }
        let pattern = Pattern::parse(self.input.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut scored: Vec<(u32, usize, Vec<u32>)> = Vec::new();
        for (i, offer) in self.offers.iter().enumerate() {
            let (mut buffer, mut at) = (Vec::new(), Vec::new());
            let words = Self::words(offer);
            let label = offer.action.row().label;
            let by_label = pattern.score(Utf32Str::new(label, &mut buffer), &mut matcher).unwrap_or(0);
            let by_words =
                pattern.indices(Utf32Str::new(&words, &mut buffer), &mut matcher, &mut at).unwrap_or(0);
            if by_label.max(by_words) > 0 {
                at.sort_unstable();
                at.dedup();
                // The label is what people remember: a hit there counts double.
                scored.push((by_words.max(by_label * 2), i, at));
            }
        }
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.matches = scored.into_iter().map(|(_, i, at)| (i, at)).collect();
    }

    fn select(&mut self, by: isize) {
        let count = self.matches.len();
        if count > 0 {
            self.selected = (self.selected + count).saturating_add_signed(by) % count;
        }
    }

    fn run(&mut self, ctx: &mut Ctx) {
        let Some((offer, _)) = self.matches.get(self.selected) else { return };
        let action = self.offers[*offer].action;
        ctx.close();
        ctx.act(action);
    }

    fn first_visible(&self, rows: usize) -> usize {
        self.selected.saturating_sub(rows.saturating_sub(1))
    }
}

impl Model for Palette {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Palette, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(matches!(
            action,
            Action::Close | Action::PaletteRun | Action::PaletteDown | Action::PaletteUp
        ))
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::PaletteDown => self.select(1),
            Action::PaletteUp => self.select(-1),
            Action::PaletteRun => self.run(ctx),
            _ => ctx.close(),
        }
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if self.input.typed(key) {
            self.search();
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.input.pasted(text);
        self.search();
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if let Hit::Row(row) = hit {
            self.selected = row;
            self.run(ctx);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.select(isize::try_from(rows.signum()).unwrap_or_default());
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = 84.min(area.width.saturating_sub(6));
        let rows = ROWS.min(usize::from(area.height.saturating_sub(6)));
        let height = u16::try_from(rows + 4).unwrap_or(area.height).min(area.height);
        let place = Rect { y: area.y + (area.height - height) / 3, ..dialog::centred(area, width, height) };
        let inner =
            dialog::frame(frame, place, Line::styled("Do", view.style(Role::Title)), Role::BorderFocus, view);
        let [prompt, list] = [
            Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: 1, ..inner },
            Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner },
        ];
        frame.render_widget(Span::styled(": ", view.style(Role::Key)), Rect { height: 1, ..inner });
        self.input.draw(frame, prompt, view, true, "what do you want to do");
        if self.matches.is_empty() {
            let words = Line::from(vec![
                Span::styled(
                    format!("Nothing is called `{}`. ", crate::identity::text::shown(self.input.text())),
                    view.style(Role::Muted),
                ),
                Span::styled("Ctrl-u", view.style(Role::Key)),
                Span::styled(" clears it.", view.style(Role::Muted)),
            ]);
            frame.render_widget(words, list);
        }
        let first = self.first_visible(usize::from(list.height));
        for (y, (n, (offer, at))) in
            self.matches.iter().enumerate().skip(first).take(usize::from(list.height)).enumerate()
        {
            let line = Rect { y: list.y + u16::try_from(y).unwrap_or(0), height: 1, ..list };
            draw_offer(frame, line, &self.offers[*offer], at, n == self.selected, view);
            view.hit(line, Hit::Row(n));
        }
    }
}

fn draw_offer(frame: &mut Frame<'_>, area: Rect, offer: &Offer, at: &[u32], selected: bool, view: &View<'_>) {
    let ready = offer.availability == Availability::Ready;
    let key = view.keymap.shown(offer.action).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(key.width() + 4);
    let (words, at) = match &offer.availability {
        Availability::Disabled(why) => (format!("{} {} {why}", Palette::words(offer), view.glyphs.dot), at),
        _ => (Palette::words(offer), at),
    };
    let words = shorten_end(&words, room, view.glyphs.ellipsis);
    let mut spans = vec![if selected {
        Span::styled(format!("{} ", view.glyphs.bar), view.style(Role::Accent))
    } else {
        Span::raw("  ")
    }];
    for (i, c) in words.chars().enumerate() {
        let hit = u32::try_from(i).is_ok_and(|i| at.binary_search(&i).is_ok());
        let role = if hit {
            Role::Key
        } else if i < LABELS && ready {
            Role::Text
        } else {
            Role::Muted
        };
        spans.push(Span::styled(c.to_string(), view.style(role)));
    }
    let used = 2 + words.width();
    let gap = usize::from(area.width).saturating_sub(used + key.width());
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(key, view.style(if ready { Role::Key } else { Role::Muted })));
    if selected {
        frame.buffer_mut().set_style(area, view.style(Role::Selection));
    }
    frame.render_widget(Line::from(spans), area);
}
