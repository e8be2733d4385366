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
use std::ops::Range;

use toml::Spanned;

use super::action::{Action, Scope, TABLE};
use super::key::{Chord, Key};
use super::mistake::Mistake;
use crate::config::{nearest, suggestion};
use crate::identity::text::shown;

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
    /// The defaults with the user's file over them; the first mistake otherwise. `file` is only for the messages.
    pub fn with_file(file: &str, content: &str) -> Result<Self, Mistake> {
        Self::read(file, content).map_err(|mut mistakes| mistakes.remove(0))
    }

    /// The same with every mistake, in the order of lines; there is at least one.
    pub fn read(file: &str, content: &str) -> Result<Self, Vec<Mistake>> {
        type Written = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Vec<Spanned<String>>>>;
        let written: Written =
            toml::from_str(content).map_err(|error| vec![Mistake::of_toml(file, content, &error)])?;
        let at = |span: Range<usize>, what: String| Mistake::at(file, content, span.start, what);
        let mut mistakes = Vec::new();
        let mut map = Self::default();
        let mut changed: Vec<(Action, Range<usize>)> = Vec::new();
        for (scope, actions) in &written {
            let Some(scope_of) = Scope::ALL.iter().copied().find(|s| s.id() == scope.get_ref()) else {
                let known: Vec<&str> = Scope::ALL.iter().map(|s| s.id()).collect();
                let meant = suggestion(scope.get_ref(), &known);
                let what = format!("`{}` is not a part of the console; {meant}", shown(scope.get_ref()));
                mistakes.push(at(scope.span(), what));
                continue;
            };
            for (id, keys) in actions {
                let Some(action) = Action::by_id(id.get_ref()).filter(|a| a.row().scope == scope_of) else {
                    mistakes.push(at(id.span(), no_action(id.get_ref(), scope_of)));
                    continue;
                };
                let mut chords = Vec::with_capacity(keys.len());
                for key in keys {
                    match key.get_ref().parse::<Chord>() {
                        Ok(chord) => chords.push(chord),
                        Err(wrong) => mistakes.push(at(key.span(), wrong.to_string())),
                    }
                }
                for entry in map.keys.iter_mut().filter(|entry| entry.0 == action) {
                    entry.1.clone_from(&chords);
                }
                changed.push((action, id.span()));
            }
        }
        // Only once all of the file is laid over: two actions may have swapped their keys.
        changed.sort_by_key(|(_, span)| span.start);
        for (n, (action, span)) in changed.iter().enumerate() {
            let Some((chord, other)) = map.collision(*action, map.of(*action)) else { continue };
            // Of two actions of the file it is told at the later one.
            if changed[n + 1..].iter().any(|(later, _)| *later == other) {
                continue;
            }
            let (id, scope) = (other.row().id, action.row().scope.id());
            let theirs =
                match map.of(other).iter().find(|theirs| **theirs != chord && overlaps(theirs, &chord)) {
                    Some(theirs) if !map.of(other).contains(&chord) => format!(", by `{theirs}`"),
                    _ => String::new(),
                };
            let what =
                format!("`{chord}` is the key of both `{}` and `{id}`{theirs} in [{scope}]", action.row().id);
            mistakes.push(at(span.clone(), format!("{what}; give one of them another key, or none by `[]`")));
        }
        mistakes.sort_by_key(|mistake| mistake.line);
        if mistakes.is_empty() { Ok(map) } else { Err(mistakes) }
    }

    /// A key of `chords` that another action of the same scope has, also as the beginning of a chord.
    pub fn collision(&self, action: Action, chords: &[Chord]) -> Option<(Chord, Action)> {
        let same_scope =
            self.keys.iter().filter(|(other, _)| *other != action && other.row().scope == action.row().scope);
        for (other, theirs) in same_scope {
            for chord in chords {
                if theirs.iter().any(|theirs| overlaps(theirs, chord)) {
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

/// One is the other, or the beginning of it.
fn overlaps(one: &Chord, other: &Chord) -> bool {
    one.0.starts_with(&other.0) || other.0.starts_with(&one.0)
}

/// Where an action of that name is, or which one is near.
fn no_action(id: &str, scope: Scope) -> String {
    let hint = if let Some(elsewhere) = Action::by_id(id) {
        format!("it is one of [{}]", elsewhere.row().scope.id())
    } else {
        let here: Vec<&str> = TABLE.iter().filter(|row| row.scope == scope).map(|row| row.id).collect();
        match (nearest(id, here.iter().copied()), nearest(id, TABLE.iter().map(|row| row.id))) {
            (None, Some(meant)) => {
                let place = Action::by_id(meant).map_or("", |action| action.row().scope.id());
                format!("did you mean `{meant}` of [{place}]?")
            }
            _ => suggestion(id, &here),
        }
    };
    format!("`{}` is not an action of [{}]; {hint}", shown(id), scope.id())
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
        assert_eq!(
            said("# mine\n[globl]\nquit = [\"q\"]\n"),
            "keymap.toml:2: `globl` is not a part of the console; did you mean `global`?"
        );
        assert!(said("[everywhere-else]\n").starts_with(
            "keymap.toml:1: `everywhere-else` is not a part of the console; expected one of global, list"
        ));
        assert_eq!(
            said("[global]\nqiut = [\"q\"]\n"),
            "keymap.toml:2: `qiut` is not an action of [global]; did you mean `quit`?"
        );
        assert_eq!(
            said("[global]\nchange-email = [\"E\"]\n"),
            "keymap.toml:2: `change-email` is not an action of [global]; it is one of [person]"
        );
        assert_eq!(
            said("[global]\nchange-emial = [\"E\"]\n"),
            "keymap.toml:2: `change-emial` is not an action of [global]; did you mean `change-email` of [person]?"
        );
        assert!(said("[global]\n\nquit = [\"Ctrl-\"]\n").starts_with("keymap.toml:3: `Ctrl-` is not a key"));
        assert!(said("[global]\nquit = \"q\"\n").starts_with("keymap.toml:2: "));
        assert!(!said("[global]\n\"\\u001b\" = []\n").contains('\u{1b}'));
    }

    #[test]
    fn a_conflict_names_both_actions_and_every_mistake_is_told() {
        let all = |content: &str| -> Vec<String> {
            Keymap::read("keys.toml", content).unwrap_err().iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            all("[global]\nsuspend = [\"q\"]\n"),
            [
                "keys.toml:2: `q` is the key of both `suspend` and `quit` in [global]; give one of them another key, or \
              none by `[]`"
            ]
        );
        assert_eq!(
            all("[global]\nsuspend = [\"F5\"]\nredraw = [\"F5\"]\nqiut = []\n"),
            [
                "keys.toml:3: `F5` is the key of both `redraw` and `suspend` in [global]; give one of them another key, \
                 or none by `[]`",
                "keys.toml:4: `qiut` is not an action of [global]; did you mean `quit`?",
            ]
        );
        // A key that begins a chord is never waited for.
        assert!(all("[global]\nsuspend = [\"g\"]\n")[0].contains("`g` is the key of both `suspend` and `"));
    }

    #[test]
    fn two_actions_can_swap_their_keys() {
        let map =
            Keymap::with_file("keys.toml", "[global]\nsuspend = [\"q\"]\nquit = [\"Ctrl-z\"]\n").unwrap();
        assert_eq!(map.shown(Action::Suspend).as_deref(), Some("q"));
        assert_eq!(map.shown(Action::Quit).as_deref(), Some("Ctrl-z"));
    }
}
