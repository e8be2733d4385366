//! L6: the commands as scripts use them: output, errors, exit codes.

mod access;
mod apply;
mod bulk;
mod clients;
pub mod clinic;
mod codes;
mod config;
mod connections;
mod demo;
mod environment;
mod examine;
mod export_folder;
mod flow;
mod golden;
mod golden_done;
mod impact;
mod links;
mod listings;
mod manage;
mod manner;
mod onboard;
mod overview;
mod parity;
mod people;
mod plain;
mod read_only;
mod requests;
mod resume;
mod routes;
mod second_factor;
mod several;
mod sight;
mod snapshots;
mod sweep;
mod token;
mod tool;
mod usage;

use std::path::Path;

use assert_cmd::Command;

/// The binary with its files in `home` and nothing of the developer's environment.
pub fn idconsole(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idconsole"));
    command
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .timeout(std::time::Duration::from_mins(2));
    for name in ["PATH", "LLVM_PROFILE_FILE"] {
        if let Ok(value) = std::env::var(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a command wrote and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs it to its end. Whatever it writes as JSON is of the shape that is written down for it.
pub fn run(home: &Path, arguments: &[&str]) -> Ended {
    let ended = ended(idconsole(home).args(arguments));
    if arguments.windows(2).any(|two| two == ["--format", "json"]) && !arguments.contains(&"--fields") {
        shaped(arguments, &ended);
    }
    ended
}

/// Holds a command's JSON against `src/cli/shapes.txt`.
pub fn shaped(arguments: &[&str], ended: &Ended) {
    let given = std::iter::once("idconsole").chain(arguments.iter().copied()).map(Into::into);
    let Ok(parsed) = idconsole::cli::definitions::parse(given) else { return };
    let Some(shape) = idconsole::cli::shapes::of(&parsed.path) else { return };
    for value in serde_json::Deserializer::from_str(&ended.out).into_iter() {
        let value: serde_json::Value = value.unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        assert_eq!(shape.wrong(&value), [""; 0], "{}: it is not as src/cli/shapes.txt says", parsed.path);
    }
}

/// Runs a command that a test has set up further.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Files below `home` in which this text stands.
pub fn kept_with(home: &Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut open = vec![home.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}
