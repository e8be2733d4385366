//! Keys and chords: how they are written, read and shown. One spelling everywhere.
//!
//! `e` `E` `Enter` `Space` `Ctrl-c` `Alt-Enter` `Shift-Tab` `F1`; a chord is keys with blanks between: `g m`.
//! Key strings for tests put named keys in angle brackets: `/jane<Enter>e` (see [`parse_typed`]).

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One press of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    /// What was pressed; a letter carries its own case.
    pub code: KeyCode,
    /// Control, Alt, and Shift for keys that are not characters.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// A plain character.
    pub const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE }
    }

    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// A press as the terminal reports it; `None` for releases and lone modifiers.
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let wanted = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut modifiers = event.modifiers & wanted;
        let code = match event.code {
            KeyCode::Char(c) => {
                // The case of the letter says it; terminals differ in whether they report Shift as well.
                let shifted = modifiers.contains(KeyModifiers::SHIFT);
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::Char(if shifted { c.to_uppercase().next().unwrap_or(c) } else { c })
            }
            KeyCode::BackTab => {
                modifiers.insert(KeyModifiers::SHIFT);
                KeyCode::Tab
            }
            KeyCode::Modifier(_) => return None,
            other => other,
        };
        Some(Self { code, modifiers })
    }

    /// The character that typing this key writes, if it writes one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The press as the terminal library has it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, word) in
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")]
        {
            if self.modifiers.contains(modifier) {
                f.write_str(word)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A key that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a key; write a character, a name such as Enter, Esc, Space, PageDown or F1, or Ctrl-x, Alt-x, Shift-Tab"
)]
pub struct NotAKey(String);

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(written: &str) -> Result<Self, NotAKey> {
        let bad = || NotAKey(written.to_owned());
        let mut rest = written;
        let mut modifiers = KeyModifiers::NONE;
        loop {
            let lower = rest.to_ascii_lowercase();
            let (modifier, length) = if lower.starts_with("ctrl-") {
                (KeyModifiers::CONTROL, 5)
            } else if lower.starts_with("alt-") {
                (KeyModifiers::ALT, 4)
            } else if lower.starts_with("shift-") {
                (KeyModifiers::SHIFT, 6)
            } else {
                break;
            };
            if rest.len() == length {
                return Err(bad());
            }
            modifiers |= modifier;
            rest = &rest[length..];
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)) {
                Some((_, code)) => *code,
                None => rest
                    .strip_prefix(['F', 'f'])
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=12).contains(n))
                    .map(KeyCode::F)
                    .ok_or_else(bad)?,
            },
        };
        if matches!(code, KeyCode::Char(_)) && modifiers.contains(KeyModifiers::SHIFT) {
            return Err(bad());
        }
        Ok(Self { code, modifiers })
    }
}

/// Keys pressed one after the other: usually one, `g m` has two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chord(pub Vec<Key>);

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

impl FromStr for Chord {
    type Err = NotAKey;

    fn from_str(written: &str) -> Result<Self, NotAKey> {
        let keys: Vec<Key> = written.split_whitespace().map(Key::from_str).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(NotAKey(written.to_owned())) } else { Ok(Self(keys)) }
    }
}

/// Reads a key string: every character is typed, `<Name>` is a named key, `<lt>` a less-than sign.
pub fn parse_typed(written: &str) -> Result<Vec<Key>, NotAKey> {
    let mut keys = Vec::new();
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some(end) = rest.find('>')
        {
            let name = &rest[1..end];
            keys.push(if name == "lt" { Key::char('<') } else { name.parse()? });
            rest = &rest[end + 1..];
        } else {
            keys.push(Key::char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("e")]
    #[case("E")]
    #[case("Ctrl-c")]
    #[case("Shift-Tab")]
    #[case("Space")]
    #[case("F12")]
    #[case("Alt-Enter")]
    #[case("g m")]
    #[case("-")]
    fn a_chord_is_shown_as_it_is_written(#[case] written: &str) {
        assert_eq!(written.parse::<Chord>().unwrap().to_string(), written);
    }

    #[rstest]
    #[case("")]
    #[case("Ctrl-")]
    #[case("Entr")]
    #[case("F13")]
    #[case("Shift-a")]
    fn what_is_no_key_is_refused(#[case] written: &str) {
        assert!(written.parse::<Chord>().is_err());
    }

    #[test]
    fn key_strings_mix_characters_and_names() {
        let keys = parse_typed("/j<Enter><Ctrl-u><lt>").unwrap();
        assert_eq!(
            keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["/", "j", "Enter", "Ctrl-u", "<"]
        );
    }

    #[test]
    fn shift_is_said_by_the_letter_and_kept_for_tab() {
        let shift = KeyModifiers::SHIFT;
        assert_eq!(Key::of(KeyEvent::new(KeyCode::Char('g'), shift)), Some(Key::char('G')));
        assert_eq!(Key::of(KeyEvent::new(KeyCode::BackTab, shift)).unwrap().to_string(), "Shift-Tab");
    }
}
