//! Text from strangers: names, emails, error texts, user codes.
//!
//! A [`Text`] keeps what the platform sent, byte for byte, and shows it only in a form that cannot drive a
//! terminal (standards S1). Two different originals never look the same.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string that came from outside.
///
/// `Display` and `Debug` give the *visible* form: C0, DEL and C1 as `\x1b`, bidi, zero-width and other
/// format characters as `<U+202E>`. Literal text that would read like such an escape gets a backslash more,
/// so the mapping is one to one. [`Text::raw`] gives the original, for comparing and for sending back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Box<str>);

impl Text {
    /// Takes text from outside as it is.
    pub fn new(raw: impl Into<Box<str>>) -> Self {
        Self(raw.into())
    }

    /// The original, unsafe to write to a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The visible form; borrowed when nothing had to change.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        shown(&self.0)
    }

    /// True when nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.shown())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// The visible form of any string from outside; see [`Text`].
pub fn shown(raw: &str) -> std::borrow::Cow<'_, str> {
    let plain = |c: char| !is_hidden(c) && c != '\\' && c != '<';
    if raw.chars().all(plain) {
        return std::borrow::Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + 16);
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        if is_hidden(c) {
            let code = u32::from(c);
            // Writing to a String cannot fail.
            let _ = if code <= 0xff { write!(out, "\\x{code:02x}") } else { write!(out, "<U+{code:04X}>") };
        } else if c == '\\' {
            // A run at once: looking ahead from each of them would take the square of its length.
            let after = tail.trim_start_matches('\\');
            let run = rest.len() - after.len();
            let twice = after.starts_with('x') || after.starts_with("<U+");
            out.extend(std::iter::repeat_n('\\', if twice { run * 2 } else { run }));
            rest = after;
            continue;
        } else if c == '<' && tail.starts_with("U+") {
            out.push_str("\\<");
        } else {
            out.push(c);
        }
        rest = tail;
    }
    std::borrow::Cow::Owned(out)
}

/// Characters that a terminal would act on or that nobody can see.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // S1
    #[test]
    fn escape_sequences_become_visible() {
        assert_eq!(Text::from("\x1b]52;c;AA\x07").to_string(), "\\x1b]52;c;AA\\x07");
        assert_eq!(Text::from("a\u{202e}b\u{9b}c").to_string(), "a<U+202E>b\\x9bc");
        assert_eq!(Text::from("Zoë 山田 <x@y>").to_string(), "Zoë 山田 <x@y>");
    }

    #[test]
    fn a_name_that_spells_an_escape_differs_from_one_that_holds_it() {
        for (held, spelled) in [("\x1b", "\\x1b"), ("\u{202e}", "<U+202E>"), ("\\\x1b", "\\\\x1b")] {
            assert_ne!(Text::from(held).to_string(), Text::from(spelled).to_string());
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_ever_shown(raw in ".{0,40}") {
            prop_assert!(!shown(&raw).chars().any(is_hidden));
        }

        #[test]
        fn different_originals_look_different(
            a in "[\\\\x1b<U+202E>\u{1b}\u{202e}\u{90}]{0,8}",
            b in "[\\\\x1b<U+202E>\u{1b}\u{202e}\u{90}]{0,8}",
        ) {
            prop_assert_eq!(a == b, shown(&a) == shown(&b));
        }
    }
}
