//! The guides keep their word: every command in them is one that the program takes, and every file that they point to is
//! there.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use idconsole::cli::{Arguments, guide};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Lines of code blocks without a language, and code spans, that call the program.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language.to_owned()) };
        } else if block.as_deref() == Some("") && line.trim().starts_with("idconsole") {
            found.push(line.trim().to_owned());
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
