//! The keys of what is below, from the action table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr as _;

use crate::console::action::{Action, Availability, Group, Scope, TABLE};
use crate::console::model::{Ctx, Model, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::words::wrap;

/// Every action that can be met where help was asked for, with the reason when it cannot be done now.
#[derive(Debug, Clone, PartialEq)]
pub struct Help {
    title: String,
    actions: Vec<(Action, Availability)>,
    /// What the filter understands beside words.
    fields: &'static [(&'static str, &'static str)],
    scroll: usize,
}

impl Help {
    /// Help for these scopes; `available` is asked once for every action.
    pub fn new(
        title: &str,
        scopes: &[Scope],
        fields: &'static [(&'static str, &'static str)],
        available: impl Fn(Action) -> Availability,
    ) -> Self {
        let mut actions = Vec::new();
        for group in [Group::Act, Group::Go, Group::View, Group::Move, Group::Console] {
            for scope in scopes {
                for row in TABLE.iter().filter(|row| row.scope == *scope && row.group == group) {
                    let availability = available(row.action);
                    if availability != Availability::Hidden {
                        actions.push((row.action, availability));
                    }
                }
            }
        }
        Self { title: title.to_owned(), actions, fields, scroll: 0 }
    }

    fn lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let keys = |action: Action| {
            let keys: Vec<String> = view.keymap.of(action).iter().map(ToString::to_string).collect();
            keys.join("  ")
        };
        let column = self.actions.iter().map(|(action, _)| keys(*action).width()).max().unwrap_or(0).min(18);
        let mut lines = Vec::new();
        let mut group = None;
        for (action, availability) in &self.actions {
            let row = action.row();
            if group != Some(row.group) {
                if group.is_some() {
                    lines.push(Line::default());
                }
                group = Some(row.group);
                lines.push(Line::styled(row.group.title(), view.style(Role::Title)));
            }
            let room = width.saturating_sub(column + 4);
            let (words, role) = match availability {
                Availability::Ready | Availability::Hidden => (row.help.to_owned(), Role::Text),
                Availability::Disabled(why) => {
                    (format!("{} {} {why}", row.help, view.glyphs.dot), Role::Muted)
                }
            };
            let keys = keys(*action);
            let blank = " ".repeat(column.saturating_sub(keys.width()) + 2);
            let mut first = Some((keys, blank));
            for words in wrap(&words, room) {
                let (keys, blank) = first.take().unwrap_or((String::new(), " ".repeat(column + 2)));
                lines.push(Line::from(vec![
                    Span::raw("  "),
                    Span::styled(keys, view.style(Role::Key)),
                    Span::raw(blank),
                    Span::styled(words, view.style(role)),
                ]));
            }
        }
        if !self.fields.is_empty() {
            lines.push(Line::default());
            lines.push(Line::styled("Filter", view.style(Role::Title)));
            let not = [("-", "in front of a field: what must not hold")];
            for (field, words) in self.fields.iter().chain(&not) {
                lines.push(Line::from(vec![
                    Span::raw("  "),
                    Span::styled(format!("{field:<width$}", width = column + 2), view.style(Role::Key)),
                    Span::styled(*words, view.style(Role::Text)),
                ]));
            }
        }
        lines
    }
}

impl Model for Help {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Help, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(matches!(action, Action::Close | Action::HelpDown | Action::HelpUp))
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::HelpDown => self.scrolled(3, ctx),
            Action::HelpUp => self.scrolled(-3, ctx),
            _ => ctx.close(),
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        let rows = isize::try_from(rows).unwrap_or_default();
        self.scroll = self.scroll.saturating_add_signed(rows).min(self.actions.len() + self.fields.len());
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = 84.min(area.width.saturating_sub(6));
        let lines = self.lines(usize::from(width.saturating_sub(4)), view);
        let height = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX).min(area.height.saturating_sub(2));
        let place = dialog::centred(area, width, height);
        let title = Line::from(vec![
            Span::styled("Keys", view.style(Role::Title)),
            Span::styled(format!(" {} {}", view.glyphs.dot, self.title), view.style(Role::Muted)),
        ]);
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let body = Rect { height: inner.height.saturating_sub(2), ..inner };
        let hidden = lines.len().saturating_sub(usize::from(body.height));
        let scroll = self.scroll.min(hidden);
        let below = hidden - scroll;
        frame.render_widget(Paragraph::new(lines.into_iter().skip(scroll).collect::<Vec<_>>()), body);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        if hidden > 0 {
            let words = if below > 0 { format!("{below} more below") } else { "end".to_owned() };
            frame.render_widget(Line::styled(words, view.style(Role::Muted)), last);
        }
        let keys: &[(Action, &str)] = if hidden > 0 {
            &[(Action::HelpDown, "scroll"), (Action::Close, "close")]
        } else {
            &[(Action::Close, "close")]
        };
        dialog::keys(frame, last, keys, view);
    }
}
