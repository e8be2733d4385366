//! Drawing the overview: words, not gauges.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::Overview;
use super::words::{Paragraph, Part};
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::pane::pane;
use crate::console::words::wrap;
use crate::identity::directory::Severity;

/// Columns of the labels.
const LABEL: usize = 26;

/// Where something that opens rows stands.
struct Spot {
    line: usize,
    column: u16,
    width: u16,
    number: usize,
}

/// Puts paragraphs into lines; counts what opens something.
struct Setter<'a> {
    view: &'a View<'a>,
    width: usize,
    selected: usize,
    lines: Vec<Line<'static>>,
    spots: Vec<Spot>,
    jumps: usize,
}

impl Setter<'_> {
    fn set(&mut self, paragraph: &Paragraph) {
        let label = Span::styled(pad(paragraph.label, LABEL), self.view.style(Role::Muted));
        let mut line = vec![label];
        let mut used = LABEL;
        for (at, part) in paragraph.parts.iter().enumerate() {
            let between = if used == LABEL { 0 } else { 3 };
            let pieces = wrap(&words(part, self.view), self.width.saturating_sub(LABEL));
            let fits = used + between + pieces[0].width() <= self.width && pieces.len() == 1;
            if at > 0 && !fits {
                self.lines.push(Line::from(std::mem::take(&mut line)));
                line.push(Span::raw(" ".repeat(LABEL)));
                used = LABEL;
            } else if between > 0 {
                line.push(Span::styled(format!(" {} ", self.view.glyphs.dot), self.view.style(Role::Muted)));
                used += between;
            }
            let style = self.style(part);
            for (n, piece) in pieces.iter().enumerate() {
                if n > 0 {
                    self.lines.push(Line::from(std::mem::take(&mut line)));
                    line.push(Span::raw(" ".repeat(LABEL)));
                    used = LABEL;
                }
                if part.jump.is_some() {
                    let (column, width) = (used as u16, piece.width() as u16);
                    self.spots.push(Spot { line: self.lines.len(), column, width, number: self.jumps });
                }
                line.push(Span::styled(piece.clone(), style));
                used += piece.width();
            }
            self.jumps += usize::from(part.jump.is_some());
        }
        self.lines.push(Line::from(line));
        self.lines.push(Line::default());
    }

    fn style(&self, part: &Part) -> ratatui::style::Style {
        let role = match part.severity {
            Some(Severity::Error) => Role::Danger,
            Some(Severity::Warning) => Role::Warn,
            None => part.role,
        };
        let style = self.view.style(role);
        if part.jump.is_some() && self.jumps == self.selected && self.view.focused {
            style.patch(self.view.style(Role::Selection)).patch(self.view.style(Role::Title))
        } else {
            style
        }
    }
}

fn words(part: &Part, view: &View<'_>) -> String {
    match part.severity {
        Some(Severity::Error) => format!("{} {}", view.glyphs.error, part.words),
        Some(Severity::Warning) => format!("{} {}", view.glyphs.warning, part.words),
        None => part.words.clone(),
    }
}

impl Overview {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let title = Line::styled("Overview", view.style(Role::Title));
        let project = view.session.map_or(String::new(), |session| session.caller.project_name.to_string());
        let remark = Line::styled(project, view.style(Role::Muted));
        let inner = pane(frame, area, title, remark, view.focused, view);
        let mut setter = Setter {
            view,
            width: usize::from(inner.width),
            selected: self.selected,
            lines: Vec::new(),
            spots: Vec::new(),
            jumps: 0,
        };
        for paragraph in self.paragraphs(view.session) {
            setter.set(&paragraph);
        }
        let Setter { lines, spots, .. } = setter;
        let mut stands: Vec<usize> = Vec::new();
        for spot in &spots {
            // A number that goes on in the next line stands in both; the last one brings all of it into view.
            stands.resize((spot.number + 1).max(stands.len()), spot.line);
            stands[spot.number] = spot.line;
        }
        self.lines.replace(stands);
        self.scroll.draw(frame, inner, &lines, view);
        for spot in spots {
            if let Some(y) = self.scroll.place(spot.line).filter(|y| *y < inner.height) {
                let place = Rect { x: inner.x + spot.column, y: inner.y + y, width: spot.width, height: 1 };
                view.hit(place.intersection(inner), Hit::Part(spot.number));
            }
        }
    }
}
