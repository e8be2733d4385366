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
    let how: Vec<&Arg> = command
        .get_arguments()
        .chain(leaf.get_arguments().filter(|argument| HOW.contains(&argument.get_id().as_str())))
        .collect();
    let words: Option<Vec<String>> = given.into_iter().skip(1).map(|word| word.into_string().ok()).collect();
    let words = words.map(|words| without(words, &how));
    Ok(Parsed { arguments, path: path.join(" "), words, writes })
}

const DRY_RUN: &str = "dry_run";

/// How a write is done, which whoever applies a kept plan says anew.
const HOW: [&str; 4] = [DRY_RUN, "yes", "reason", "confirm"];

/// The words without these options and their values.
fn without(words: Vec<String>, options: &[&Arg]) -> Vec<String> {
    let takes = |option: &Arg| option.get_action().takes_values();
    let long = |name: &str| {
        options.iter().find(|option| {
            option.get_long() == Some(name)
                || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    };
    let short = |letter: char| options.iter().find(|option| option.get_short() == Some(letter));
    let mut kept = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            kept.push(word);
            kept.extend(words);
            break;
        }
        if let Some(rest) = word.strip_prefix("--") {
            let (name, value) = rest.split_once('=').map_or((rest, false), |(name, _)| (name, true));
            match long(name) {
                Some(option) if takes(option) && !value => drop(words.next()),
                Some(_) => {}
                None => kept.push(word),
            }
            continue;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            kept.push(word);
            continue;
        };
        // Letters one after the other, the last of which may have its value with it.
        let mut left = letters;
        while let Some(letter) = left.chars().next() {
            let rest = &left[letter.len_utf8()..];
            match short(letter) {
                Some(option) if takes(option) => {
                    if rest.is_empty() {
                        drop(words.next());
                    }
                    left = "";
                }
                Some(_) => left = rest,
                None => break,
            }
        }
        if !left.is_empty() {
            kept.push(format!("-{left}"));
        }
    }
    kept
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
