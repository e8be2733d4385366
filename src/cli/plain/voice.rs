//! The one stream of the line mode: results, questions and progress in the order in which they are said.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// Signs that stand for words elsewhere, and are read aloud as nothing or as nonsense.
const AS_WORDS: &[(&str, &str)] = &[(" · ", ", "), ("·", ","), (" → ", " to "), ("→", " to ")];

/// What stands in for letters that a terminal without UTF-8 cannot show. Names keep theirs.
const AS_ASCII: &[(&str, &str)] =
    &[("…", "..."), ("“", "\""), ("”", "\""), ("’", "'"), ("–", "-"), ("—", "-"), ("×", "x")];

/// A stream that speaks whole lines, and the beginning of one when it is flushed.
#[derive(Clone)]
pub(super) struct Voice<'a>(Rc<RefCell<Stream<'a>>>);

struct Stream<'a> {
    out: &'a mut dyn Write,
    waiting: Vec<u8>,
    ascii: bool,
}

impl<'a> Voice<'a> {
    /// Speaks to `out`; with `ascii` without typographic signs.
    pub fn new(out: &'a mut dyn Write, ascii: bool) -> Self {
        Self(Rc::new(RefCell::new(Stream { out, waiting: Vec::new(), ascii })))
    }
}

impl Stream<'_> {
    fn speak(&mut self, upto: usize) -> io::Result<()> {
        let said: Vec<u8> = self.waiting.drain(..upto).collect();
        let mut words = String::from_utf8_lossy(&said).into_owned();
        let tables = if self.ascii { &[AS_WORDS, AS_ASCII][..] } else { &[AS_WORDS][..] };
        for (sign, instead) in tables.iter().copied().flatten() {
            if words.contains(sign) {
                words = words.replace(sign, instead);
            }
        }
        self.out.write_all(words.as_bytes())?;
        self.out.flush()
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
        let mut out = Vec::new();
        let mut voice = Voice::new(&mut out, ascii);
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
