//! The frame of a dialog: centred, cleared, with a title and a line of keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding};

use crate::console::action::Action;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;

/// A centred rectangle of the wanted size, as far as there is room.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Clears a blank column on either side of a dialog, so that frames below do not run into its own.
pub fn margin(frame: &mut Frame<'_>, place: Rect, view: &View<'_>) {
    let area = frame.area();
    let x = place.x.saturating_sub(1).max(area.x);
    let right = (place.right() + 1).min(area.right());
    let wide = Rect { x, width: right - x, ..place };
    frame.render_widget(Clear, wide);
    frame.buffer_mut().set_style(wide, view.theme.base());
}

/// Clears the place, draws frame and title and gives the room inside.
pub fn frame(frame: &mut Frame<'_>, place: Rect, title: Line<'_>, role: Role, view: &View<'_>) -> Rect {
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, view.theme.base());
    let block = Block::bordered()
        .border_set(view.glyphs.border)
        .border_style(view.style(role))
        .title_style(upright(view))
        .title(pad(title))
        .padding(Padding::horizontal(1));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    view.hit(place, Hit::Nothing);
    inner
}

/// What a title begins from: nothing of the frame that it interrupts.
pub fn upright(view: &View<'_>) -> Style {
    Style::reset().patch(view.theme.base())
}

/// A title with a blank on either side.
pub fn pad(title: Line<'_>) -> Line<'_> {
    let mut spans = vec![Span::raw(" ")];
    spans.extend(title.spans);
    spans.push(Span::raw(" "));
    Line::from(spans).style(title.style)
}

/// Columns of [`keys`].
pub fn keys_width(keys: &[(Action, &str)], view: &View<'_>) -> usize {
    let each =
        |(action, label): &(Action, &str)| Span::raw(format!("{} {label}", view.key(*action))).width() + 3;
    keys.iter().map(each).sum::<usize>().saturating_sub(3)
}

/// Keys and what they do, right-aligned on the last line of a dialog; each one can be clicked.
pub fn keys(frame: &mut Frame<'_>, area: Rect, keys: &[(Action, &str)], view: &View<'_>) {
    if area.is_empty() {
        return;
    }
    let width = u16::try_from(keys_width(keys, view)).unwrap_or(area.width).min(area.width);
    let mut x = area.right() - width;
    for (action, label) in keys {
        let key = view.key(*action);
        let line = Line::from(vec![
            Span::styled(key, view.style(Role::Key)),
            Span::styled(format!(" {label}"), view.style(Role::Text)),
        ]);
        let wide = u16::try_from(line.width()).unwrap_or(area.width);
        if x >= area.right() {
            break;
        }
        let place = Rect { x, y: area.y, width: wide.min(area.right() - x), height: 1 };
        frame.render_widget(line, place);
        view.hit(place, Hit::Action(*action));
        x += wide + 3;
    }
}
