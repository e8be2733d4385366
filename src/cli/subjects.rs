//! `idconsole --help`: the commands by subject.

use std::fmt::Write as _;

use clap::Command;

/// Subjects in the order of a person's way, with their commands.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("Sign in", &["login", "logout", "whoami", "connections", "setup"]),
    ("People", &["members", "users", "links", "bulk", "mfa", "sessions", "policies", "access", "offboard"]),
    ("Ways in", &["doctor", "domains", "clients", "token", "flow"]),
    ("The project", &["overview", "journal", "apply", "export", "diff"]),
    ("This program", &["demo", "config", "guide", "completions", "man", "schema"]),
];

/// What stands under the commands.
const EXAMPLES: &str = "Examples:
  idconsole demo                          look round on a platform of its own, signed in
  idconsole login --base-url URL          sign in; `idconsole` alone then opens the console
  idconsole doctor examine PERSON         why somebody cannot sign in, and what mends it
  idconsole members list --filter mfa:none --format csv --fields name,email
  idconsole users set-email OLD NEW --dry-run

`idconsole COMMAND --help` tells more. Every write shows its plan first; --dry-run stops there.";

/// The program with its commands grouped in its own help.
pub fn grouped(command: Command) -> Command {
    let styles = command.get_styles().clone();
    let (header, name) = (styles.get_header(), styles.get_literal());
    let mut text = String::new();
    for (subject, names) in SUBJECTS.iter().copied().chain([("Others", &others(&command)[..])]) {
        if names.is_empty() {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{header}{subject}:{header:#}");
        for one in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {name}{:<12}{name:#} {about}", one.get_name());
        }
        text.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template).after_help(EXAMPLES)
}

/// Those without a subject.
fn others(command: &Command) -> Vec<&str> {
    let known = |name: &str| SUBJECTS.iter().any(|(_, names)| names.contains(&name));
    command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
        .map(Command::get_name)
        .filter(|name| !known(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_has_a_subject() {
        let command = Arguments::command();
        assert_eq!(others(&command), [""; 0], "they need a subject in subjects.rs");
        for name in SUBJECTS.iter().flat_map(|(_, names)| *names) {
            assert!(command.find_subcommand(name).is_some(), "there is no {name}");
        }
    }

    #[test]
    fn the_list_fits_a_small_terminal() {
        let help = grouped(Arguments::command()).render_help().to_string();
        let commands = help.split("Options:").next().unwrap_or_default();
        for line in commands.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
