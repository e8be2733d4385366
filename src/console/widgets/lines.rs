//! Lines of which only those on the screen are made: a sheet may have twenty thousand rows, and a key is to be answered
//! within a frame.

use ratatui::text::Line;

/// Lines in their order.
#[derive(Default)]
pub struct Lines<'a> {
    parts: Vec<Part<'a>>,
}

enum Part<'a> {
    Made(Vec<Line<'static>>),
    ToBeMade { count: usize, make: Box<dyn Fn(usize) -> Line<'static> + 'a> },
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Made(lines) => lines.len(),
            Self::ToBeMade { count, .. } => *count,
        }
    }
}

impl<'a> Lines<'a> {
    /// Adds lines that are there.
    pub fn add(&mut self, lines: Vec<Line<'static>>) {
        self.parts.push(Part::Made(lines));
    }

    /// Adds so many lines, each made when it is looked at.
    pub fn add_rows(&mut self, count: usize, make: impl Fn(usize) -> Line<'static> + 'a) {
        self.parts.push(Part::ToBeMade { count, make: Box::new(make) });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; a blank one beyond the last.
    pub fn at(&self, mut at: usize) -> Line<'static> {
        for part in &self.parts {
            if at < part.len() {
                return match part {
                    Part::Made(lines) => lines[at].clone(),
                    Part::ToBeMade { make, .. } => make(at),
                };
            }
            at -= part.len();
        }
        Line::default()
    }
}

impl From<Vec<Line<'static>>> for Lines<'_> {
    fn from(lines: Vec<Line<'static>>) -> Self {
        Self { parts: vec![Part::Made(lines)] }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn of_many_lines_only_those_that_are_looked_at_are_made() {
        let made = Cell::new(0);
        let mut lines = Lines::from(vec![Line::raw("head")]);
        lines.add_rows(20_000, |at| {
            made.set(made.get() + 1);
            Line::raw(at.to_string())
        });
        lines.add(vec![Line::raw("foot")]);
        assert_eq!((lines.len(), lines.is_empty(), made.get()), (20_002, false, 0));
        let seen = [0, 1, 20_000, 20_001, 20_002].map(|at| lines.at(at).to_string());
        assert_eq!((seen, made.get()), (["head", "0", "19999", "foot", ""].map(str::to_owned), 2));
    }
}
