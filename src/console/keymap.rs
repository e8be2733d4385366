//! From keys to actions: the table's defaults with the user's key file layered over them.
//!
//! ```toml
//! [person]
//! change-email = ["e", "F2"]   # replaces the default keys
//! [global]
//! suspend = []                 # no key at all; the palette still has it
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Spanned;

use super::action::{Action, Scope, TABLE};
use super::key::{Chord, Key};
use super::mistake::Mistake;

/// The keys of every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    keys: Vec<(Action, Vec<Chord>)>,
}

/// What keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This action.
    Action(Action),
    /// The beginning of a chord.
    Prefix,
    /// Nothing.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { keys: TABLE.iter().map(|row| (row.action, row.chords().collect())).collect() }
    }
}

impl Keymap {
    /// The defaults with the user's file over them. `file` is only for the messages.
    pub fn with_file(file: &str, content: &str) -> Result<Self, Mistake> {
        type Written = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Vec<Spanned<String>>>>;
        let written: Written =
            toml::from_str(content).map_err(|error| Mistake::of_toml(file, content, &error))?;
        let mut map = Self::default();
        for (scope, actions) in written {
            let at =
                |span: std::ops::Range<usize>, what: String| Mistake::at(file, content, span.start, what);
            let Some(scope_of) = Scope::ALL.iter().copied().find(|s| s.id() == scope.get_ref()) else {
                let known: Vec<&str> = Scope::ALL.iter().map(|s| s.id()).collect();
                return Err(at(
                    scope.span(),
                    format!(
                        "`{}` is not a part of the console; expected one of {}",
                        scope.get_ref(),
                        known.join(", ")
                    ),
                ));
            };
            for (id, keys) in actions {
                let action =
                    Action::by_id(id.get_ref()).filter(|a| a.row().scope == scope_of).ok_or_else(|| {
                        let known: Vec<&str> =
                            TABLE.iter().filter(|row| row.scope == scope_of).map(|row| row.id).collect();
                        at(
                            id.span(),
                            format!(
                                "`{}` is not an action of [{}]; expected one of {}",
                                id.get_ref(),
                                scope_of.id(),
                                known.join(", ")
                            ),
                        )
                    })?;
                let chords = keys
                    .iter()
                    .map(|key| {
                        key.get_ref().parse().map_err(|e: super::key::NotAKey| at(key.span(), e.to_string()))
                    })
                    .collect::<Result<Vec<Chord>, Mistake>>()?;
                if let Some((chord, other)) = map.collision(action, &chords) {
                    return Err(at(
                        id.span(),
                        format!(
                            "`{chord}` is already the key of `{}` in [{}]",
                            other.row().id,
                            scope_of.id()
                        ),
                    ));
                }
                for entry in &mut map.keys {
                    if entry.0 == action {
                        entry.1.clone_from(&chords);
                    }
                }
            }
        }
        Ok(map)
    }

    /// A key of `chords` that another action of the same scope has, also as the beginning of a chord.
    pub fn collision(&self, action: Action, chords: &[Chord]) -> Option<(Chord, Action)> {
        let same_scope =
            self.keys.iter().filter(|(other, _)| *other != action && other.row().scope == action.row().scope);
        for (other, theirs) in same_scope {
            for chord in chords {
                if theirs.iter().any(|t| t.0.starts_with(&chord.0) || chord.0.starts_with(&t.0)) {
                    return Some((chord.clone(), *other));
                }
            }
        }
        None
    }

    /// What `pressed` means in these scopes, innermost first. An action for which `skip` says so is passed over,
    /// so that a key hidden in an inner scope reaches an outer one.
    pub fn meaning(&self, scopes: &[Scope], pressed: &[Key], skip: impl Fn(Action) -> bool) -> Meaning {
        for scope in scopes {
            let mut prefix = false;
            for (action, chords) in self.keys.iter().filter(|(action, _)| action.row().scope == *scope) {
                for chord in chords {
                    if chord.0 == pressed && !skip(*action) {
                        return Meaning::Action(*action);
                    }
                    prefix |= chord.0.len() > pressed.len() && chord.0.starts_with(pressed) && !skip(*action);
                }
            }
            if prefix {
                return Meaning::Prefix;
            }
        }
        Meaning::Nothing
    }

    /// The keys of an action; the first one is shown.
    pub fn of(&self, action: Action) -> &[Chord] {
        self.keys.iter().find(|(other, _)| *other == action).map_or(&[], |(_, chords)| chords)
    }

    /// The key to show for an action.
    pub fn shown(&self, action: Action) -> Option<String> {
        self.of(action).first().map(ToString::to_string)
    }

    /// How the chord that was begun with `pressed` can go on.
    pub fn continuations(&self, scopes: &[Scope], pressed: &[Key]) -> Vec<(String, Action)> {
        let mut found = Vec::new();
        for (action, chords) in &self.keys {
            if !scopes.contains(&action.row().scope) {
                continue;
            }
            for chord in chords.iter().filter(|c| c.0.len() > pressed.len() && c.0.starts_with(pressed)) {
                found.push((Chord(chord.0[pressed.len()..].to_vec()).to_string(), *action));
            }
        }
        found
    }
}

/// `assets/keymap.toml`: every action with its default keys, ready to be copied and changed.
pub fn default_file() -> String {
    let mut out = String::from(
        "# The default keys of idconsole, generated from the action table.\n\
         # Copy what you want to change into keys.toml in the configuration directory.\n",
    );
    for scope in Scope::ALL {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n[{}]\n", scope.id());
        for row in TABLE.iter().filter(|row| row.scope == *scope) {
            let keys: Vec<String> = row.keys.iter().map(|key| format!("{key:?}")).collect();
            let _ = writeln!(out, "{} = [{}] # {}", row.id, keys.join(", "), row.help);
        }
    }
    out
}

/// The key table of README, in Markdown.
pub fn markdown_table() -> String {
    let mut out = String::from("| Where | Keys | What |\n|---|---|---|\n");
    for scope in Scope::ALL {
        for (i, row) in TABLE.iter().filter(|row| row.scope == *scope && !row.keys.is_empty()).enumerate() {
            let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
            let place = if i == 0 { scope.title() } else { "" };
            let _ = writeln!(out, "| {place} | {} | {} |", keys.join(" "), row.help);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(written: &str) -> Vec<Key> {
        written.parse::<Chord>().unwrap().0
    }

    #[test]
    fn the_inner_scope_wins_and_a_chord_waits_for_its_second_key() {
        let map = Keymap::default();
        let scopes = [Scope::Person, Scope::List, Scope::Global];
        let never = |_| false;
        assert_eq!(map.meaning(&scopes, &keys("e"), never), Meaning::Action(Action::EmailChange));
        assert_eq!(map.meaning(&scopes, &keys("g"), never), Meaning::Prefix);
        assert_eq!(map.meaning(&scopes, &keys("g g"), never), Meaning::Action(Action::First));
        assert_eq!(map.meaning(&scopes, &keys("g j"), never), Meaning::Action(Action::GoJournal));
        assert_eq!(map.meaning(&scopes, &keys("F9"), never), Meaning::Nothing);
    }

    #[test]
    fn a_hidden_action_lets_its_key_through() {
        let map = Keymap::default();
        let scopes = [Scope::SignIn, Scope::Global];
        let skip = |action| action == Action::SignInCancel;
        assert_eq!(map.meaning(&scopes, &keys("Esc"), skip), Meaning::Action(Action::Back));
    }

    #[test]
    fn a_key_file_replaces_the_keys_it_names() {
        let map =
            Keymap::with_file("keymap.toml", "[person]\nchange-email = [\"F2\"]\n[global]\nquit = []\n")
                .unwrap();
        assert_eq!(map.shown(Action::EmailChange).as_deref(), Some("F2"));
        assert_eq!(map.of(Action::Quit), []);
        assert_eq!(map.of(Action::Help), Keymap::default().of(Action::Help));
    }

    #[test]
    fn a_mistake_in_a_key_file_names_file_line_and_what_was_expected() {
        let said = |content: &str| Keymap::with_file("keymap.toml", content).unwrap_err().to_string();
        assert!(said("# mine\n[globl]\nquit = [\"q\"]\n").starts_with(
            "keymap.toml:2: `globl` is not a part of the console; expected one of global, list"
        ));
        assert!(
            said("[global]\nqiut = [\"q\"]\n")
                .starts_with("keymap.toml:2: `qiut` is not an action of [global]")
        );
        assert!(said("[global]\n\nquit = [\"Ctrl-\"]\n").starts_with("keymap.toml:3: `Ctrl-` is not a key"));
        assert!(said("[global]\nquit = \"q\"\n").starts_with("keymap.toml:2: "));
        assert_eq!(
            said("[global]\nsuspend = [\"q\"]\n"),
            "keymap.toml:2: `q` is already the key of `quit` in [global]"
        );
    }
}
