//! How far something is.

use ratatui::text::{Line, Span};

use crate::console::glyphs::Glyphs;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::words::number;

/// Width of the bar.
const BAR: usize = 16;

/// `loading 61 000 of 100 312  ━━━━━━━━━━──────`, or only a count while the total is unknown.
pub fn line(verb: &str, done: u64, total: Option<u64>, view: &View<'_>) -> Line<'static> {
    let muted = view.style(Role::Muted);
    match total {
        // Members may have been added while they were counted.
        Some(total) if total > 0 => {
            let words = format!("{verb} {} of {}  ", number(done.min(total)), number(total));
            let (full, rest) = bar(done, total, view.glyphs);
            Line::from(vec![
                Span::styled(words, muted),
                Span::styled(full, view.style(Role::Accent)),
                Span::styled(rest, view.style(Role::Border)),
            ])
        }
        Some(_) | None => Line::styled(format!("{verb} {}", number(done)), muted),
    }
}

fn bar(done: u64, total: u64, glyphs: &Glyphs) -> (String, String) {
    let full = (done.min(total) * BAR as u64 / total.max(1)) as usize;
    (glyphs.progress.repeat(full), glyphs.rest.repeat(BAR - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_only_at_the_end() {
        let full = |done| bar(done, 100_312, &Glyphs::UNICODE).0.chars().count();
        assert_eq!((full(0), full(50_156), full(100_311), full(100_312), full(200_000)), (0, 8, 15, 16, 16));
    }
}
