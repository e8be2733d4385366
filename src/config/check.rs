//! What is wrong in `config.toml`: every mistake with its line, what was found and what was expected.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::BaseUrl;
use super::nearest::{nearest, suggestion};
use super::reference::{CONNECTION, Key, Kind, SETTINGS};
use crate::identity::text::shown;

/// A mistake in a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what was expected, in one phrase; safe to show.
    pub wrong: String,
    /// Something is missing. It may be there under a name that is misspelt, so other mistakes are told first.
    pub missing: bool,
}

const TABLES: [&str; 2] = ["connections", "settings"];

/// Every mistake, in the order of lines. A file that is no TOML has only the mistakes that make it so.
pub fn mistakes(text: &str) -> Vec<Mistake> {
    let (whole, broken) = DeTable::parse_recoverable(text);
    let mut check = Check { text, found: Vec::new() };
    for error in &broken {
        let at = error.span().unwrap_or(0..0);
        check.add(at, shown(&error.message().trim().replace('\n', "; ")).into_owned());
    }
    if broken.is_empty() {
        check.whole(whole.get_ref());
    }
    check.found.sort_by_key(|mistake| mistake.line);
    check.found
}

/// The line of a key, by the names of the tables above it and its own.
pub fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let (whole, _) = DeTable::parse_recoverable(text);
    let mut table = Some(whole.get_ref());
    let mut at = None;
    for name in path {
        let (key, value) = table?.iter().find(|(key, _)| key.get_ref() == name)?;
        at = Some(key.span().start);
        table = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    let before = text.as_bytes().iter().take(at?);
    Some(before.filter(|byte| **byte == b'\n').count() + 1)
}

struct Check<'a> {
    text: &'a str,
    found: Vec<Mistake>,
}

impl Check<'_> {
    fn add(&mut self, at: Range<usize>, wrong: impl Into<String>) {
        let before = self.text.as_bytes().iter().take(at.start);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        self.found.push(Mistake { line, wrong: wrong.into(), missing: false });
    }

    fn lacks(&mut self, at: Range<usize>, wrong: String) {
        self.add(at, wrong);
        if let Some(last) = self.found.last_mut() {
            last.missing = true;
        }
    }

    fn whole(&mut self, whole: &DeTable<'_>) {
        let mut names = Vec::new();
        let mut default = None;
        for (name, value) in whole {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("settings", DeValue::Table(table)) => {
                    self.table("[settings]", SETTINGS, table, name.span());
                    default = table.iter().find(|(key, _)| key.get_ref() == "default_connection");
                }
                ("connections", DeValue::Table(all)) => {
                    for (name, value) in all {
                        names.push(name.get_ref().as_ref());
                        self.connection(name.get_ref(), name.span(), value);
                    }
                }
                ("settings" | "connections", other) => self
                    .add(value.span(), format!("`{}` is {}; expected a table", name.get_ref(), found(other))),
                // Tables of other names are left to others, but a slip loses somebody's connections silently.
                (other, _) => {
                    if let Some(meant) = nearest(other, TABLES) {
                        let meant = if meant == "settings" { "[settings]" } else { "[connections.NAME]" };
                        self.add(name.span(), format!("`{}` has no meaning; expected {meant}", shown(other)));
                    }
                }
            }
        }
        if let Some((_, value)) = default
            && let DeValue::String(wanted) = value.get_ref()
            && !names.contains(&wanted.as_ref())
        {
            let meant = nearest(wanted, names.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            self.add(
                value.span(),
                format!(
                    "default_connection names `{}`; expected the name of a [connections.…] table{meant}",
                    shown(wanted)
                ),
            );
        }
    }

    fn connection(&mut self, name: &str, at: Range<usize>, value: &Spanned<DeValue<'_>>) {
        if let Err(wrong) = super::file::check_name(name) {
            self.add(at.clone(), wrong.to_string().trim_end_matches('.').to_owned());
        }
        let place = format!("[connections.{}]", shown(name));
        match value.get_ref() {
            DeValue::Table(table) => self.table(&place, CONNECTION, table, at),
            other => {
                self.add(value.span(), format!("`{}` is {}; expected a table", shown(name), found(other)));
            }
        }
    }

    fn table(&mut self, place: &str, keys: &'static [Key], table: &DeTable<'_>, at: Range<usize>) {
        for (name, value) in table {
            if let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) {
                self.value(place, key, value);
                continue;
            }
            let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let meant = suggestion(name.get_ref(), &known);
            self.add(name.span(), format!("`{}` is no key of {place}; {meant}", shown(name.get_ref())));
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.iter().any(|(name, _)| name.get_ref() == key.name) {
                let example = key.example;
                self.lacks(
                    at.clone(),
                    format!(
                        "{place} lacks `{}`; expected {}, e.g. {} = {example}",
                        key.name,
                        key.kind.expected(),
                        key.name
                    ),
                );
            }
        }
    }

    fn value(&mut self, place: &str, key: &Key, value: &Spanned<DeValue<'_>>) {
        let wrong = |what: String| format!("`{}` is {what}; expected {}", key.name, key.kind.expected());
        match (key.kind, value.get_ref()) {
            (Kind::Flag, DeValue::Boolean(_)) | (Kind::Text | Kind::Path, DeValue::String(_)) => {}
            (Kind::Choice(words), DeValue::String(word)) => {
                if !words.contains(&word.as_ref()) {
                    let meant = nearest(word, words.iter().copied());
                    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                    self.add(value.span(), format!("{}{meant}", wrong(format!("\"{}\"", shown(word)))));
                }
            }
            (Kind::Address, DeValue::String(address)) => {
                if let Err(error) = BaseUrl::parse(address) {
                    self.add(value.span(), format!("`{}`: {error}", key.name));
                }
            }
            (Kind::Lists, DeValue::Table(lists)) => {
                for (name, list) in lists {
                    let texts = match list.get_ref() {
                        DeValue::Array(items) => items.iter().all(|item| item.get_ref().is_str()),
                        _ => false,
                    };
                    if !texts {
                        let what = format!(
                            "`{}` is {}; expected a list of texts such as [\"name\", \"email\"]",
                            shown(name.get_ref()),
                            found(list.get_ref())
                        );
                        self.add(list.span(), what);
                    }
                }
            }
            (Kind::Table(keys), DeValue::Table(table)) => {
                let place = format!("{}.{}]", place.trim_end_matches(']'), key.name);
                self.table(&place, keys, table, value.span());
            }
            (_, other) => self.add(value.span(), wrong(found(other))),
        }
    }
}

/// What stands there, in words.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let text: String = shown(text).chars().take(40).collect();
            format!("the text \"{text}\"")
        }
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(holds) => holds.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        mistakes(text).into_iter().map(|one| format!("{}: {}", one.line, one.wrong)).collect()
    }

    #[test]
    fn every_mistake_is_told_with_what_was_found_and_expected() {
        let text = "[settings]\n\
                    mouse = \"yes\"\n\
                    thme = \"dark\"\n\
                    columns = { members = \"name\" }\n\
                    default_connection = \"work\"\n\
                    \n\
                    [connections.wrok]\n\
                    base_url = 3\n\
                    method = \"brwoser\"\n\
                    productoin = true\n\
                    [connections.wrok.idp]\n\
                    issuer = [\"x\"]\n";
        assert_eq!(
            told(text),
            [
                "2: `mouse` is the text \"yes\"; expected true or false",
                "3: `thme` is no key of [settings]; did you mean `theme`?",
                "4: `members` is the text \"name\"; expected a list of texts such as [\"name\", \"email\"]",
                "5: default_connection names `work`; expected the name of a [connections.…] table; did you mean `wrok`?",
                "7: [connections.wrok] lacks `store`; expected one of `keyring`, `file`, `memory`, e.g. store = \"keyring\"",
                "8: `base_url` is the number 3; expected a web address such as \"https://api.clinic.example/\"",
                "9: `method` is \"brwoser\"; expected one of `browser`, `device`, `device-exchange`, `paste`, `direct`, \
                 `client-credentials`, `environment`; did you mean `browser`?",
                "10: `productoin` is no key of [connections.wrok]; did you mean `production`?",
                "11: [connections.wrok.idp] lacks `client_id`; expected a text in quotes, e.g. client_id = \"idconsole\"",
                "12: `issuer` is a list; expected a text in quotes",
            ]
        );
    }

    #[test]
    fn tables_of_others_are_left_alone_and_slips_are_not() {
        assert_eq!(told("[editor]\nx = 1\n"), Vec::<String>::new());
        assert_eq!(
            told("[conections.a]\nx = 1\n"),
            ["1: `conections` has no meaning; expected [connections.NAME]"]
        );
        assert_eq!(told("settings = 3\n"), ["1: `settings` is the number 3; expected a table"]);
        assert_eq!(told(""), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_the_lines_that_make_it_so() {
        let found = mistakes("[settings]\nmouse = \n[connections.a\n");
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [2, 3], "{found:?}");
    }

    #[test]
    fn nothing_hidden_in_the_file_is_repeated() {
        for text in [
            "[settings]\n\"\\u001b[31m\" = 1\n",
            "[settings]\ntheme = 1\nmouse = \"\\u001b[31m\"\n",
            "[\"\\u001b\"]\n",
        ] {
            assert!(!told(text).join("").contains('\u{1b}'));
        }
    }
}
