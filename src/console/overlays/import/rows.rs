//! The rows of a sheet as lines.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::shorten::{Cut, shorten, wrap};
use crate::console::words::number;
use crate::identity::text::shown;
use crate::workflows::bulk::{ComesTo, Previewed, result};

/// Widest name in front of a row.
const NAME: usize = 26;

/// Line and name, then what changes or is wrong.
fn told(row: &Previewed, view: &View<'_>) -> (String, String, Role) {
    let name = row.name.as_ref().filter(|name| !name.is_empty()).unwrap_or(&row.named).to_string();
    let name = shorten(&name, NAME, Cut::End, view.glyphs.ellipsis);
    let front = format!("{:>5}  {}  ", number(row.line), pad(&name, NAME));
    let (what, role) = match &row.comes_to {
        ComesTo::Changes(work) => {
            let all: Vec<String> = work.changes.iter().map(result::what).collect();
            let arrow = view.glyphs.arrow;
            (shown(&all.join("; ")).replace('→', arrow), Role::Text)
        }
        ComesTo::AlreadySo { .. } => ("nothing to do".to_owned(), Role::Muted),
        ComesTo::Unclear(problems) => {
            let all: Vec<String> = problems
                .iter()
                .map(|problem| match problem.column {
                    Some(column) => format!("{}: {}", column.heading(), shown(&problem.what)),
                    None => shown(&problem.what).into_owned(),
                })
                .collect();
            (format!("{} {}", view.glyphs.failed, all.join(" ")), Role::Danger)
        }
    };
    (front, what, role)
}

/// The same in one line, for those of very many that are not told in full.
pub(super) fn one_line(row: &Previewed, width: usize, view: &View<'_>) -> Line<'static> {
    let (front, what, role) = told(row, view);
    let what = shorten(&what, width.saturating_sub(front.width()), Cut::End, view.glyphs.ellipsis);
    Line::from(vec![Span::styled(front, view.style(Role::Muted)), Span::styled(what, view.style(role))])
}

/// Line, name, what changes; what is wrong or worth a look below it.
pub(super) fn row_lines(lines: &mut Vec<Line<'static>>, row: &Previewed, width: usize, view: &View<'_>) {
    let (front, what, role) = told(row, view);
    let room = width.saturating_sub(front.width()).max(8);
    let mut front = Span::styled(front, view.style(Role::Muted));
    let indent = " ".repeat(front.width());
    for part in wrap(&what, room) {
        lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
        front = Span::raw(indent.clone());
    }
    let mut notes: Vec<(&'static str, Role, String)> = Vec::new();
    if let ComesTo::Changes(work) = &row.comes_to {
        if work.closes() {
            notes.push((view.glyphs.warning, Role::Warn, "a way to sign in closes".to_owned()));
        }
        if work.opens() {
            notes.push((view.glyphs.ok, Role::Ok, "a way to sign in opens".to_owned()));
        }
        if work.cannot_be_said() {
            let words = "whether a way to sign in opens or closes cannot be said";
            notes.push(("?", Role::Muted, words.to_owned()));
        }
    }
    notes.extend(row.notes.iter().map(|note| (view.glyphs.warning, Role::Warn, shown(note).into_owned())));
    for (glyph, role, note) in notes {
        let mut front = Span::styled(format!("{indent}{glyph} "), view.style(role));
        for part in wrap(&note, room.saturating_sub(2).max(8)) {
            lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Muted))]));
            front = Span::raw(format!("{indent}  "));
        }
    }
}
