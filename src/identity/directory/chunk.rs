//! A thousand members side by side: rows, their texts, and the folded texts that are searched.

use std::collections::HashMap;

use memchr::memmem::Finder;

use super::fold::fold_into;
use super::row::{Packed, SLOTS, Slot};

/// Rows of one chunk. An update moves the texts of one chunk only.
pub(super) const ROWS: usize = 1024;

const BETWEEN: char = '\u{1f}';
const END: char = '\n';

/// Ends of the texts of one row.
#[derive(Clone, Copy, Default)]
struct Ends {
    text: [u32; SLOTS],
    fold: [u32; SLOTS],
}

#[derive(Default, Clone)]
pub(super) struct Chunk {
    pub rows: Vec<Packed>,
    ends: Vec<Ends>,
    text: String,
    fold: String,
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Appends a row.
    pub fn push(&mut self, row: Packed, texts: [&str; SLOTS]) {
        let mut ends = Ends::default();
        for (i, text) in texts.iter().enumerate() {
            self.text.push_str(text);
            ends.text[i] = self.text.len() as u32;
            fold_into(text, &mut self.fold);
            ends.fold[i] = self.fold.len() as u32;
            self.fold.push(if i + 1 == SLOTS { END } else { BETWEEN });
        }
        self.rows.push(row);
        self.ends.push(ends);
        if self.rows.len() == ROWS {
            self.rows.shrink_to_fit();
            self.ends.shrink_to_fit();
            self.text.shrink_to_fit();
            self.fold.shrink_to_fit();
        }
    }

    /// Puts other texts into a row.
    pub fn rewrite(&mut self, at: usize, texts: [&str; SLOTS]) {
        let (text_from, fold_from) = self.starts(at);
        let (text_to, fold_to) = self.stops(at);
        let mut text = String::new();
        let mut fold = String::new();
        let mut ends = Ends::default();
        for (i, new) in texts.iter().enumerate() {
            text.push_str(new);
            ends.text[i] = (text_from + text.len()) as u32;
            fold_into(new, &mut fold);
            ends.fold[i] = (fold_from + fold.len()) as u32;
            fold.push(if i + 1 == SLOTS { END } else { BETWEEN });
        }
        self.text.replace_range(text_from..text_to, &text);
        self.fold.replace_range(fold_from..fold_to, &fold);
        self.ends[at] = ends;
        // Everything after the row moves by the difference; the old ends are never below what is taken away.
        let (text_new, text_old) = (text.len() as u32, (text_to - text_from) as u32);
        let (fold_new, fold_old) = (fold.len() as u32, (fold_to - fold_from) as u32);
        for later in &mut self.ends[at + 1..] {
            for slot in 0..SLOTS {
                later.text[slot] = later.text[slot] + text_new - text_old;
                later.fold[slot] = later.fold[slot] + fold_new - fold_old;
            }
        }
    }

    /// The original of one text.
    pub fn text(&self, at: usize, slot: Slot) -> &str {
        let slot = slot as usize;
        let from = if slot == 0 { self.starts(at).0 } else { self.ends[at].text[slot - 1] as usize };
        &self.text[from..self.ends[at].text[slot] as usize]
    }

    /// The folded form of one text.
    pub fn fold(&self, at: usize, slot: Slot) -> &str {
        let slot = slot as usize;
        let from = if slot == 0 { self.starts(at).1 } else { self.ends[at].fold[slot - 1] as usize + 1 };
        &self.fold[from..self.ends[at].fold[slot] as usize]
    }

    /// All folded texts of a row, with separators.
    pub fn folded_row(&self, at: usize) -> &str {
        &self.fold[self.starts(at).1..self.stops(at).1]
    }

    /// Calls `hit` for every row that holds the needle anywhere, in order.
    pub fn scan(&self, needle: &Finder<'_>, mut hit: impl FnMut(usize)) {
        let bytes = self.fold.as_bytes();
        let mut from = 0;
        let mut row = 0;
        while let Some(found) = needle.find(&bytes[from..]) {
            let at = from + found;
            while self.stops(row).1 <= at {
                row += 1;
            }
            hit(row);
            from = self.stops(row).1;
            row += 1;
            if row == self.rows.len() {
                break;
            }
        }
    }

    fn starts(&self, at: usize) -> (usize, usize) {
        if at == 0 { (0, 0) } else { self.stops(at - 1) }
    }

    fn stops(&self, at: usize) -> (usize, usize) {
        let ends = &self.ends[at];
        (ends.text[SLOTS - 1] as usize, ends.fold[SLOTS - 1] as usize + 1)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Packed>()
            + self.ends.capacity() * size_of::<Ends>()
            + self.text.capacity()
            + self.fold.capacity()
    }
}

/// Ids as 16 bytes where they are UUIDs in the usual form, otherwise a place in a side list.
#[derive(Default, Clone)]
pub(super) struct OddIds {
    list: Vec<Box<str>>,
    places: HashMap<Box<str>, u32>,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl OddIds {
    /// Packs an id; true beside it when it is odd.
    pub fn pack(&mut self, id: &str) -> ([u8; 16], bool) {
        if let Some(key) = pack_uuid(id) {
            return (key, false);
        }
        let at = self.places.get(id).copied().unwrap_or_else(|| {
            let at = self.list.len() as u32;
            self.list.push(id.into());
            self.places.insert(id.into(), at);
            at
        });
        (u128::from(at).to_be_bytes(), true)
    }

    /// Where an id would be, without making room for it.
    pub fn find(&self, id: &str) -> Option<([u8; 16], bool)> {
        if let Some(key) = pack_uuid(id) {
            return Some((key, false));
        }
        self.places.get(id).map(|&at| (u128::from(at).to_be_bytes(), true))
    }

    /// The id again.
    pub fn unpack(&self, key: [u8; 16], odd: bool) -> String {
        if odd {
            let at = u128::from_be_bytes(key) as usize;
            return self.list.get(at).map_or_else(String::new, ToString::to_string);
        }
        let mut out = String::with_capacity(36);
        for (i, byte) in key.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                out.push('-');
            }
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        out
    }
}

fn pack_uuid(id: &str) -> Option<[u8; 16]> {
    let bytes = id.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut key = [0; 16];
    let mut nibbles = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if matches!(i, 8 | 13 | 18 | 23) {
            if b != b'-' {
                return None;
            }
            continue;
        }
        let value = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            _ => return None,
        };
        key[nibbles / 2] |= if nibbles % 2 == 0 { value << 4 } else { value };
        nibbles += 1;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_come_back_as_they_went_in(
            id in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Fa-f0-9-]{36}|[a-z0-9.]{1,20}",
        ) {
            let mut odd = OddIds::default();
            let (key, is_odd) = odd.pack(&id);
            prop_assert_eq!(odd.unpack(key, is_odd), id);
        }
    }
}
