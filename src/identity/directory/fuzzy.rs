//! What comes close when nothing matches as typed: letters in order with gaps, the closest first.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Directory;
use super::chunk::ROWS;
use super::query::{Place, What};
use super::row::{Flags, Slot};

/// Shorter words come close to nearly everything.
const SHORTEST: usize = 3;

/// Longest text that is looked at, in bytes.
const LONGEST: usize = 256;

/// A letter found in place scores 16; scattered letters lose by every gap. Below this much for each letter the
/// letters only happen to occur.
const SCORE_PER_LETTER: usize = 15;

impl Directory {
    /// Rows that come close to the filter's words and hold its other terms; at most `most`.
    pub(super) fn nearly(&self, most: usize, policies: &[Vec<bool>]) -> Vec<u32> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut words = Vec::new();
        let mut letters_needed = 0;
        for term in &self.query.terms {
            if let (false, What::Word { place, needle, letters }) = (term.negated, &term.what) {
                let count = needle.chars().count();
                if count < SHORTEST {
                    return Vec::new();
                }
                let atom =
                    Atom::new(needle, CaseMatching::Respect, Normalization::Never, AtomKind::Fuzzy, false);
                words.push((*place, atom, count * SCORE_PER_LETTER));
                letters_needed |= letters;
            }
        }
        if words.is_empty() {
            return Vec::new();
        }
        let mut buffer = Vec::new();
        let mut near: Vec<(u32, u32)> = Vec::new();
        // In the order in which they lie in memory: in the order of the list every row would be a jump.
        let lying = self.chunks.iter().enumerate().flat_map(|(c, chunk)| {
            chunk.rows.iter().enumerate().map(move |(row, packed)| ((c * ROWS + row) as u32, packed))
        });
        'rows: for (at, row) in lying {
            if row.letters & letters_needed != letters_needed || row.flags.has(Flags::GONE) {
                continue;
            }
            let mut total = 0;
            for (place, atom, least) in &words {
                let slots: &[Slot] = match place {
                    Place::Any => &[Slot::Name, Slot::Email, Slot::Was],
                    Place::Name => &[Slot::Name],
                    Place::Email => &[Slot::Email, Slot::Was],
                    Place::External => &[Slot::External],
                };
                let best = slots.iter().filter_map(|&slot| {
                    let text = self.folded(at, slot);
                    let text = if text.len() > LONGEST { text.get(..LONGEST)? } else { text };
                    atom.score(Utf32Str::new(text, &mut buffer), &mut matcher)
                });
                match best.max() {
                    Some(score) if usize::from(score) >= *least => total += u32::from(score),
                    _ => continue 'rows,
                }
            }
            near.push((total, at));
        }
        near.retain(|&(_, at)| {
            self.query.terms.iter().zip(policies).all(|(term, policies)| match term.what {
                What::Word { .. } if !term.negated => true,
                What::Word { .. } | What::Fact { .. } => self.term_holds(at, term, policies),
            })
        });
        self.closest(near, most)
    }

    /// The highest scores first, equal ones as the list has them.
    fn closest(&self, mut near: Vec<(u32, u32)>, most: usize) -> Vec<u32> {
        if near.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![0u32; self.chunks.len() * ROWS];
        for (line, &at) in self.order.iter().enumerate() {
            lines[at as usize] = line as u32;
        }
        let rank = |&(score, at): &(u32, u32)| (std::cmp::Reverse(score), lines[at as usize]);
        if near.len() > most {
            near.select_nth_unstable_by_key(most, rank);
            near.truncate(most);
        }
        near.sort_unstable_by_key(rank);
        near.into_iter().map(|(_, at)| at).collect()
    }
}
