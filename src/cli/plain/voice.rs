//! The one stream of the line mode: results, questions and progress in the order in which they are said.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crate::identity::Text;

/// Signs that stand for words elsewhere, and are read aloud as nothing or as nonsense. Our own words have blanks around
/// them; what a name has within it stays.
const AS_WORDS: &[(&str, &str)] = &[(" · ", ", "), (" → ", " to ")];

/// What stands in for the signs of our own words that a terminal without UTF-8 cannot show.
const AS_ASCII: &[(&str, &str)] = &[("…", "..."), ("“", "\""), ("”", "\""), ("–", "-")];

/// A stream that speaks whole lines, and the beginning of one when it is flushed.
#[derive(Clone)]
pub(super) struct Voice<'a>(Rc<RefCell<Stream<'a>>>);

struct Stream<'a> {
    out: &'a mut dyn Write,
    waiting: Vec<u8>,
    ascii: bool,
    /// Texts that are not ours, and hold one of the signs; the longest first.
    kept: Vec<String>,
}

impl<'a> Voice<'a> {
    /// Speaks to `out`; with `ascii` without typographic signs.
    pub fn new(out: &'a mut dyn Write, ascii: bool) -> Self {
        Self(Rc::new(RefCell::new(Stream { out, waiting: Vec::new(), ascii, kept: Vec::new() })))
    }

    /// From now on this text, which is not ours, is spoken as it is: who hears it may have to type it.
    pub fn keep(&self, text: &Text) {
        let mut stream = self.0.borrow_mut();
        let shown = text.to_string();
        if stream.rewritten(&shown) != shown && !stream.kept.contains(&shown) {
            stream.kept.push(shown);
            stream.kept.sort_by_key(|text| std::cmp::Reverse(text.len()));
        }
    }
}

impl Stream<'_> {
    fn speak(&mut self, upto: usize) -> io::Result<()> {
        let said: Vec<u8> = self.waiting.drain(..upto).collect();
        let words = String::from_utf8_lossy(&said);
        let mut spoken = String::with_capacity(words.len());
        let mut rest = &*words;
        // The first one that stands there; of several, the longest.
        let next = |rest: &str| {
            let found = self.kept.iter().filter_map(|kept| Some((rest.find(kept.as_str())?, kept.len())));
            found.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))
        };
        while let Some((at, length)) = next(rest) {
            spoken.push_str(&self.rewritten(&rest[..at]));
            spoken.push_str(&rest[at..at + length]);
            rest = &rest[at + length..];
        }
        spoken.push_str(&self.rewritten(rest));
        self.out.write_all(spoken.as_bytes())?;
        self.out.flush()
    }

    /// Our own words as they are spoken.
    fn rewritten(&self, words: &str) -> String {
        let tables = if self.ascii { &[AS_WORDS, AS_ASCII][..] } else { &[AS_WORDS][..] };
        let mut words = words.to_owned();
        for (sign, instead) in tables.iter().copied().flatten() {
            if words.contains(sign) {
                words = words.replace(sign, instead);
            }
        }
        words
    }
}

impl Write for Voice<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stream = self.0.borrow_mut();
        stream.waiting.extend_from_slice(bytes);
        if let Some(end) = stream.waiting.iter().rposition(|byte| *byte == b'\n') {
            stream.speak(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut stream = self.0.borrow_mut();
        let all = stream.waiting.len();
        stream.speak(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ascii: bool, parts: &[&str]) -> String {
        said_keeping(&[], ascii, parts)
    }

    fn said_keeping(kept: &[&str], ascii: bool, parts: &[&str]) -> String {
        let mut out = Vec::new();
        let mut voice = Voice::new(&mut out, ascii);
        for text in kept {
            voice.keep(&Text::from(*text));
        }
        for part in parts {
            write!(voice, "{part}").unwrap();
        }
        voice.flush().unwrap();
        drop(voice);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn signs_become_words_and_names_keep_their_letters() {
        assert_eq!(said(false, &["user · one → two…\n", "Zoë"]), "user, one to two…\nZoë");
        assert_eq!(said(true, &["“Zoë”…"]), "\"Zoë\"...");
    }

    // Who hears a name looks for it, or types it, letter by letter.
    #[test]
    fn only_our_own_words_are_spoken_otherwise() {
        assert_eq!(said(true, &["O’Brien · Marcel·la · A→B × 2"]), "O’Brien, Marcel·la, A→B × 2");
        let kept = ["Ward 3 → 4", "Ward 3 → 4 · “North”", "Zoë"];
        let words = ["to confirm, Ward 3 → 4 · “North” typed · “once” more: Ward 3 → 4 → done"];
        let spoken = "to confirm, Ward 3 → 4 · “North” typed, \"once\" more: Ward 3 → 4 to done";
        assert_eq!(said_keeping(&kept, true, &words), spoken);
    }

    #[test]
    fn half_a_line_waits_until_it_is_whole() {
        let mut out = Vec::new();
        let mut voice = Voice::new(&mut out, false);
        write!(voice, "one\ntw").unwrap();
        assert_eq!(voice.0.borrow().waiting, b"tw");
        drop(voice);
        assert_eq!(out, b"one\n");
    }
}
