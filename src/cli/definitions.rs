//! The definitions as one tree: what is typed is read by it, and help, completions and manual pages are made of it.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory, FromArgMatches as _};

use super::args::Arguments;
use super::examples;
use super::subjects;

/// What was typed, read.
#[derive(Debug)]
pub struct Parsed {
    /// As the commands take it.
    pub arguments: Arguments,
    /// The command's names, like `members list`; empty for the console.
    pub path: String,
    /// The words without the program's name and without how it is done (see [`Parsed::words`]); `None` when one of them
    /// is no text.
    pub words: Option<Vec<String>>,
    /// Where `-` stands for itself among these words, not for the value of an option.
    pub dashes: Vec<usize>,
    /// It makes a plan.
    pub writes: bool,
}

/// The program with all its commands, grouped by subject, each with its examples.
pub fn command() -> Command {
    subjects::grouped(examples::added(Arguments::command()))
}

/// Reads what was typed; the first word is the program's name.
pub fn parse(given: impl IntoIterator<Item = OsString>) -> Result<Parsed, clap::Error> {
    let given: Vec<OsString> = given.into_iter().collect();
    let mut plain = Arguments::command();
    // Examples and subjects are for who asks for help or is mistaken; the way to the first frame does without.
    let matches = match plain.try_get_matches_from_mut(&given) {
        Ok(matches) => matches,
        Err(_) => command().try_get_matches_from_mut(&given)?,
    };
    let command = plain;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let (mut path, mut leaf, mut inner) = (Vec::new(), &command, &matches);
    while let Some((name, deeper)) = inner.subcommand() {
        path.push(name.to_owned());
        inner = deeper;
        match leaf.find_subcommand(name) {
            Some(found) => leaf = found,
            None => break,
        }
    }
    let writes = leaf.get_arguments().any(|argument| argument.get_id() == DRY_RUN);
    let (how, what): (Vec<&Arg>, Vec<&Arg>) =
        leaf.get_arguments().partition(|argument| HOW.contains(&argument.get_id().as_str()));
    let how = Options(command.get_arguments().chain(how).collect());
    let words: Option<Vec<String>> = given.into_iter().skip(1).map(|word| word.into_string().ok()).collect();
    let words = words.map(|words| without(words, &how));
    let dashes = words.as_deref().map(|words| dashes(words, &Options(what))).unwrap_or_default();
    Ok(Parsed { arguments, path: path.join(" "), words, dashes, writes })
}

const DRY_RUN: &str = "dry_run";

/// How a write is done, which whoever applies a kept plan says anew.
const HOW: [&str; 4] = [DRY_RUN, "yes", "reason", "confirm"];

/// Options as they are typed.
struct Options<'a>(Vec<&'a Arg>);

impl Options<'_> {
    /// `--name`; the name without what follows an equals sign.
    fn long(&self, name: &str) -> Option<&Arg> {
        let named = |option: &&&Arg| {
            option.get_long() == Some(name)
                || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        };
        self.0.iter().find(named).copied()
    }

    /// `-n`.
    fn short(&self, letter: char) -> Option<&Arg> {
        self.0.iter().find(|option| option.get_short() == Some(letter)).copied()
    }

    /// Takes these options off the letters of one word, from the front. What is left of the letters, and whether the
    /// next word is the value of the last one.
    fn off<'w>(&self, letters: &'w str) -> (&'w str, bool) {
        let mut left = letters;
        while let Some(letter) = left.chars().next() {
            let rest = &left[letter.len_utf8()..];
            match self.short(letter) {
                // The last letter may have its value with it.
                Some(option) if takes_next(option) => return ("", rest.is_empty()),
                Some(_) => left = rest,
                None => break,
            }
        }
        (left, false)
    }
}

/// The word after this option is its value.
fn takes_next(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

/// `--name` or `--name=value`: the name, and whether the value is with it.
fn long_of(word: &str) -> Option<(&str, bool)> {
    let rest = word.strip_prefix("--")?;
    Some(rest.split_once('=').map_or((rest, false), |(name, _)| (name, true)))
}

/// The words without these options and their values.
fn without(words: Vec<String>, options: &Options<'_>) -> Vec<String> {
    let mut kept = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            kept.push(word);
            kept.extend(words);
            break;
        }
        if let Some((name, with_value)) = long_of(&word) {
            match options.long(name) {
                Some(option) if takes_next(option) && !with_value => drop(words.next()),
                Some(_) => {}
                None => kept.push(word),
            }
            continue;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            kept.push(word);
            continue;
        };
        let (left, next) = options.off(letters);
        if next {
            drop(words.next());
        }
        if !left.is_empty() {
            kept.push(format!("-{left}"));
        }
    }
    kept
}

/// Where `-` is a word of its own and not the value of one of these options.
fn dashes(words: &[String], options: &Options<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut words = words.iter().enumerate();
    while let Some((at, word)) = words.next() {
        let next = match (long_of(word), word.strip_prefix('-')) {
            (Some(("", false)), _) => {
                found.extend(words.by_ref().filter(|(_, word)| *word == "-").map(|(at, _)| at));
                false
            }
            (Some((name, with_value)), _) => !with_value && options.long(name).is_some_and(takes_next),
            (None, Some("")) => {
                found.push(at);
                false
            }
            (None, Some(letters)) => options.off(letters).1,
            (None, None) => false,
        };
        if next {
            let _value = words.next();
        }
    }
    found
}

/// Every command that does something, by its names, with its definition.
pub fn leaves(command: &Command) -> Vec<(String, &Command)> {
    fn walk<'a>(path: &str, command: &'a Command, found: &mut Vec<(String, &'a Command)>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            let path = path.trim_start();
            if inner.has_subcommands() {
                walk(path, inner, found);
            } else {
                found.push((path.to_owned(), inner));
            }
        }
    }
    let mut found = Vec::new();
    walk("", command, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<String> {
        let given = std::iter::once("idconsole").chain(typed.split(' ')).map(OsString::from);
        parse(given).unwrap().words.unwrap()
    }

    #[test]
    fn how_it_is_done_is_no_part_of_a_kept_command() {
        for typed in [
            "members promote jane omar",
            "members promote jane --dry-run omar --format json -p clinic --reason x -y",
            "--format=json members promote jane -yrwhy omar",
            "members promote --connection clinic -yr why jane --read-only --confirm 2 omar",
        ] {
            assert_eq!(words(typed), ["members", "promote", "jane", "omar"], "{typed}");
        }
        assert_eq!(words("links set jane -y -- --yes"), ["links", "set", "jane", "--", "--yes"]);
        // What is a filter here is no option of how.
        assert_eq!(words("journal list -f text -n 3 -p x"), ["journal", "list", "-f", "text", "-n", "3"]);
    }

    #[test]
    fn a_dash_is_people_unless_an_option_takes_it() {
        let dashes = |typed: &str| {
            let given = std::iter::once("idconsole").chain(typed.split(' ')).map(OsString::from);
            let parsed = parse(given).unwrap();
            let words = parsed.words.unwrap();
            assert!(parsed.dashes.iter().all(|at| words[*at] == "-"), "{typed}");
            parsed.dashes
        };
        assert_eq!(dashes("offboard --clear-external-id -"), [2]);
        assert_eq!(dashes("offboard --dry-run - --format json --clear-external-id"), [1]);
        assert_eq!(dashes("doctor fix --rule=x -"), [3]);
        assert_eq!(dashes("doctor fix --rule x -"), [4]);
        assert_eq!(dashes("doctor fix --rule - jane"), [0; 0], "the name of a rule");
        assert_eq!(dashes("mfa reset --checked=back -"), [3]);
        assert_eq!(dashes("members deactivate -- -"), [3]);
        assert_eq!(dashes("members deactivate jane"), [0; 0]);
    }

    #[test]
    fn a_command_knows_its_names_and_whether_it_makes_a_plan() {
        let parsed = |typed: &str| {
            let given = std::iter::once("idconsole").chain(typed.split_whitespace()).map(OsString::from);
            let parsed = parse(given).unwrap();
            (parsed.path, parsed.writes)
        };
        assert_eq!(parsed(""), (String::new(), false));
        assert_eq!(parsed("whoami"), ("whoami".to_owned(), false));
        assert_eq!(
            parsed("clients redirects add app https://a.example/"),
            ("clients redirects add".to_owned(), true)
        );
        assert_eq!(parsed("connections remove clinic --yes"), ("connections remove".to_owned(), false));
    }
}
