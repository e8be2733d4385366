//! The guides keep their word: every command in them is one that the program takes, and every file that they point to is
//! there.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use idconsole::cli::{Arguments, guide};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Lines of code blocks of a shell, and code spans, that call the program.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language.to_owned()) };
        } else if let Some("" | "console" | "sh") = block.as_deref() {
            let typed = line.trim().trim_start_matches("$ ");
            found.extend(typed.starts_with("idconsole").then(|| typed.to_owned()));
        } else if block.is_none() {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.filter(|span| span.starts_with("idconsole ")).map(str::to_owned));
        }
    }
    // A table names several at once with bars, a sentence says COMMAND for any.
    found.retain(|command| !command.contains('|') && !command.contains("COMMAND"));
    found
}

fn is_taken(command: &str, of: &str) {
    let words = shlex::split(command).unwrap_or_else(|| panic!("{of}: {command} cannot be read"));
    if let Err(error) = Arguments::try_parse_from(&words) {
        let shows_help = !error.use_stderr()
            || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        // A sentence may name a command without what it is about; what is wrong about a name never passes.
        let short = error.kind() == clap::error::ErrorKind::MissingRequiredArgument;
        assert!(shows_help || short, "{of}: {command}\n{error}");
    }
}

#[test]
fn commands_of_every_kind_of_block_are_found() {
    let text = "```\nidconsole a\n```\n```console\n$ idconsole b\n  idconsole c\n```\n```toml\nidconsole = 1\n```\n`idconsole d`\n";
    assert_eq!(commands(text), ["idconsole a", "idconsole b", "idconsole c", "idconsole d"]);
}

#[test]
fn every_command_in_them_is_taken() {
    let mut count = 0;
    for guide in guide::ALL {
        for command in commands(guide.text) {
            is_taken(&command, guide.name);
            count += 1;
        }
    }
    for command in commands(&std::fs::read_to_string(root().join("README.md")).unwrap()) {
        is_taken(&command, "README.md");
        count += 1;
    }
    assert!(count > 40, "{count} commands were found");
}

#[test]
fn every_guide_is_in_the_program_and_in_readme() {
    let mut kept: Vec<String> = std::fs::read_dir(root().join("assets/guides"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    kept.sort();
    let mut known: Vec<String> = guide::ALL.iter().map(|guide| format!("{}.md", guide.name)).collect();
    known.sort();
    assert_eq!(kept, known);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for guide in guide::ALL {
        let link = format!("](assets/guides/{}.md)", guide.name);
        assert!(readme.contains(&link), "README links to {}", guide.name);
    }
}

#[test]
fn what_they_point_to_is_there() {
    let folder = Path::new("assets/guides");
    for guide in guide::ALL {
        for target in guide.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") {
                assert!(root().join(folder).join(target).exists(), "{}: {target}", guide.name);
            }
        }
        assert!(guide.text.lines().all(|line| line.chars().count() <= 400), "{}", guide.name);
        assert!(guide.text.starts_with("# ") && guide.title().len() > 5, "{}", guide.name);
    }
}

/// The sources below a folder without their tests and comments, a literal that is broken over lines put together.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default();
        if path.is_dir() && name != "tests" {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") && name != "tests" {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut glue = false;
            // What a comment says is said to nobody.
            let code = text.split("#[cfg(test)]").next().unwrap().lines();
            for line in code.filter(|line| !line.trim_start().starts_with("//")) {
                let line = if glue { line.trim_start() } else { line };
                glue = line.ends_with('\\');
                all.push_str(line.trim_end_matches('\\'));
                all.push_str(if glue { "" } else { "\n" });
            }
        }
    }
}

/// Whether something says it: each `…` in it stands for one value.
fn is_said(message: &str, source: &str) -> bool {
    let parts: Vec<&str> = message.split('…').map(str::trim).filter(|part| !part.is_empty()).collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    source.match_indices(first).any(|(at, _)| {
        let mut left = &source[at + first.len()..];
        rest.iter().all(|part| {
            let value = left.trim_start().strip_prefix('{').and_then(|value| value.split_once('}'));
            let after = value.and_then(|(_, after)| after.trim_start().strip_prefix(part));
            left = after.unwrap_or_default();
            after.is_some()
        })
    })
}

// Whoever looks a message up has it before them, letter by letter.
#[test]
fn every_message_in_troubleshooting_is_one_that_is_said() {
    let text = guide::ALL.iter().find(|guide| guide.name == "troubleshooting").unwrap().text;
    let (mut platform, mut own) = (String::new(), String::new());
    sources(&root().join("src/demo"), &mut platform);
    for room in ["auth", "cli", "config", "console", "journal", "platform", "workflows"] {
        sources(&root().join("src").join(room), &mut own);
    }
    let mut count = 0;
    for part in text.split("\n## ").skip(1) {
        let source = if part.starts_with("From idconsole") { &own } else { &platform };
        let messages = part.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        for message in messages.filter(|message| *message != "Message" && message.parse::<u16>().is_err()) {
            assert!(is_said(message, source), "nobody says `{message}`");
            count += 1;
        }
    }
    assert!(count > 20, "{count} messages were found");
    assert!(!is_said("was written, and does not stand", &own));
}
