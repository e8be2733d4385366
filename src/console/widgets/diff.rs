//! Before and after, field by field.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::fields::pad;
use super::shorten::wrap;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::identity::{FieldChange, Seen, Text};

/// The lines of a diff. What is new is the subject: it is bold; what was is dim.
///
/// ```text
///   email       jsmith@clinic.example
///             → jane.smith@clinic.example
///   verified    yes → no
/// ```
pub fn lines(fields: &[FieldChange], width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let arrow = view.glyphs.arrow;
    let label_width = fields.iter().map(|change| change.field.width()).max().unwrap_or(0).clamp(8, 18) + 2;
    let indent = 2;
    let start = indent + label_width + arrow.width() + 1;
    let room = width.saturating_sub(start).max(8);
    let (dim, new) = (view.style(Role::Muted), view.style(Role::Title));
    let mut lines = Vec::new();
    for change in fields {
        let label = Span::styled(
            format!("{}{}", " ".repeat(indent), pad(&change.field, label_width + arrow.width() + 1)),
            dim,
        );
        let before = before(change);
        let after = after(change);
        if before == after {
            lines.push(Line::from(vec![label, Span::styled(format!("{before} (stays)"), dim)]));
            continue;
        }
        let short =
            before.width() + after.width() + arrow.width() + 2 <= room.min(36) && !after.contains('@');
        if short {
            lines.push(Line::from(vec![
                label,
                Span::styled(before, dim),
                Span::styled(format!(" {arrow} "), dim),
                Span::styled(after, new),
            ]));
            continue;
        }
        let mut front = label;
        for part in wrap(&before, room) {
            lines.push(Line::from(vec![front, Span::styled(part, dim)]));
            front = Span::raw(" ".repeat(start));
        }
        let mut front =
            Span::styled(format!("{}{arrow} ", " ".repeat(indent + label_width)), view.style(Role::Accent));
        for part in wrap(&after, room) {
            lines.push(Line::from(vec![front, Span::styled(part, new)]));
            front = Span::raw(" ".repeat(start));
        }
    }
    lines
}

/// The old value in words.
pub fn before(change: &FieldChange) -> String {
    match &change.before {
        Seen::Known(value) => words(value.as_ref()),
        Seen::Unknown(_) => "unknown".to_owned(),
    }
}

/// The new value in words.
pub fn after(change: &FieldChange) -> String {
    words(change.after.as_ref())
}

/// A value in words: yes and no for truths, `none` for nothing.
pub fn words(value: Option<&Text>) -> String {
    match value {
        None => "none".to_owned(),
        Some(text) => match text.raw() {
            "true" => "yes".to_owned(),
            "false" => "no".to_owned(),
            "" => "none".to_owned(),
            _ => text.to_string(),
        },
    }
}
