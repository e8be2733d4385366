//! What a shell completes besides commands and options: names of connections, and addresses of members.
//!
//! Nobody is asked while somebody types: a completion never waits for a platform, opens no keyring and shows no prompt.
//! Addresses come from a file that the last reading of all members left behind, readable by its owner alone, one for each
//! saved connection; it goes with the session. Sessions that are kept in memory only, and tokens from the environment,
//! leave none. An address that a shell could take for anything but a word is not in it: what a completion writes on the
//! line is run when Enter is pressed.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::config::{
    Choice, Config, Environment, Paths, addresses, choose, ensure_private_folder, replace_file,
};
use crate::identity::directory::{Directory, Email};

use super::failure::Failure;
use super::io::Io;

/// The variable by which a shell asks for completions.
pub const VARIABLE: &str = "IDCONSOLE_COMPLETE";

/// More addresses are not kept.
const KEPT: usize = 20_000;
/// More are not offered at once.
const OFFERED: usize = 200;
/// So much of the file is read.
const LARGEST: u64 = 2 << 20;

/// Completes addresses of members.
pub fn people() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let known = meant().map(|name| kept(&name.paths, &name.connection)).unwrap_or_default();
        matching(known.iter().map(String::as_str), current)
    })
}

/// Completes names of connections.
pub fn connections() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let config = Paths::discover().ok().and_then(|paths| Config::load(&paths).ok());
        let names: Vec<String> = config
            .map(|config| config.connections().iter().map(|connection| connection.name.clone()).collect())
            .unwrap_or_default();
        matching(names.iter().map(String::as_str).filter(|name| is_a_word(name)), current)
    })
}

fn matching<'a>(all: impl Iterator<Item = &'a str>, current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(begun) = current.to_str().map(str::to_lowercase) else { return Vec::new() };
    all.filter(|one| one.to_lowercase().starts_with(&begun))
        .take(OFFERED)
        .map(CompletionCandidate::new)
        .collect()
}

/// A shell takes it for one word, and nothing in it for more than a letter.
fn is_a_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '_' | '+' | '-');
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

struct Meant {
    paths: Paths,
    connection: String,
}

/// The connection of the line that is being typed.
fn meant() -> Option<Meant> {
    let paths = Paths::discover().ok()?;
    let config = Config::load(&paths).ok()?;
    let typed: Vec<String> = std::env::args_os().filter_map(|word| word.into_string().ok()).collect();
    match choose(&config, &Environment::read(), profile(&typed)).ok()? {
        Choice::One { connection, saved: true } => Some(Meant { paths, connection: connection.name.clone() }),
        Choice::One { .. } | Choice::Ask(_) => None,
    }
}

/// `--profile NAME` as it was typed so far.
fn profile(typed: &[String]) -> Option<&str> {
    let mut words = typed.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-p" | "--profile" | "--connection" => return words.next(),
            _ => {
                let value =
                    ["--profile=", "--connection="].iter().find_map(|option| word.strip_prefix(option));
                if value.is_some() {
                    return value;
                }
            }
        }
    }
    None
}

fn kept(paths: &Paths, connection: &str) -> Vec<String> {
    let mut text = String::new();
    let file = addresses::file(paths, connection);
    let read = fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    match read {
        // Looked at again: a file is a file.
        Ok(_) => text.lines().filter(|line| is_a_word(line)).map(str::to_owned).collect(),
        Err(_) => Vec::new(),
    }
}

/// Keeps the addresses of all members. That it cannot be done is no reason to fail.
pub fn remember(file: &Path, directory: &Directory) {
    let members = directory.rows().filter_map(|row| directory.member(row));
    let mut known: Vec<String> = members
        .filter(|member| !matches!(member.email(), Email::None | Email::Unknown))
        .map(|member| member.email_raw().to_owned())
        .filter(|address| is_a_word(address))
        .take(KEPT)
        .collect();
    known.sort_unstable();
    known.dedup();
    let text = known.join("\n") + "\n";
    if fs::read_to_string(file).is_ok_and(|before| before == text) {
        return;
    }
    let written = file
        .parent()
        .map_or(Ok(()), ensure_private_folder)
        .and_then(|()| replace_file(file, text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "addresses for completions");
    }
}

/// What a shell has to know to ask for completions.
pub fn write(shell: clap_complete::Shell, io: &mut Io<'_>) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let Some(completer) = shells.completer(&name) else {
        return Err(Failure::usage(format!("There are no completions for {name}.")));
    };
    completer.write_registration(VARIABLE, "idconsole", "idconsole", "idconsole", io.out)?;
    if shell == clap_complete::Shell::Bash {
        // Bash would take what follows an @ for a word of its own, and a begun address for three.
        writeln!(io.out, "COMP_WORDBREAKS=${{COMP_WORDBREAKS//@/}}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_run_is_never_offered() {
        for hostile in [
            "$(reboot)@x.example",
            "a b@x.example",
            "`id`@x.example",
            "-rf@x.example",
            "a;b",
            "a\u{202e}b",
            "",
        ] {
            assert!(!is_a_word(hostile), "{hostile}");
        }
        assert!(is_a_word("jane.smith+test@clinic.example"));
    }

    #[test]
    fn what_is_begun_is_completed_whatever_the_case() {
        let all = ["jane@x.example", "Jan@x.example", "omar@x.example"];
        let found = matching(all.into_iter(), OsStr::new("JA"));
        let found: Vec<_> = found.iter().map(|one| one.get_value().to_str().unwrap()).collect();
        assert_eq!(found, ["jane@x.example", "Jan@x.example"]);
    }

    #[test]
    fn the_connection_is_the_one_that_stands_on_the_line() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(profile(&words("idconsole users show -p clinic ja")), Some("clinic"));
        assert_eq!(profile(&words("idconsole --connection=test users show ja")), Some("test"));
        assert_eq!(profile(&words("idconsole users show ja")), None);
    }
}
