//! L6: the commands as scripts use them: output, errors, exit codes.

mod access;
mod bulk;
mod clients;
pub mod clinic;
mod codes;
mod connections;
mod demo;
mod environment;
mod flow;
mod impact;
mod links;
mod listings;
mod manage;
mod onboard;
mod overview;
mod people;
mod requests;
mod resume;
mod routes;
mod second_factor;
mod several;
mod sweep;
mod token;
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

/// Runs it to its end.
pub fn run(home: &Path, arguments: &[&str]) -> Ended {
    ended(idconsole(home).args(arguments))
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
