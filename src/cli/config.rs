//! `idconsole config …`: settings, keys and themes. Reads files of this machine only, and works where they are wrong.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::reference::{Kind, SETTINGS};
use crate::config::{self, Environment, Paths, ReadOnly, Settings, mistakes};
use crate::console::keymap::{self, Keymap};
use crate::console::theme::{EMBEDDED, Theme};
use crate::identity::text::shown;

use super::args::{Config, Sample, Shared};
use super::console::themes_in;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};

/// Does what was asked.
pub fn run(command: &Config, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Config::Path => paths(shared, io),
        Config::Show => show(shared, io),
        Config::Check => check(shared, io),
        Config::Schema => {
            io.out.write_all(config::schema::text().as_bytes())?;
            Ok(Exit::Done)
        }
        Config::Example { of } => {
            let text = match of {
                Sample::Config => config::example::text(),
                Sample::Keys => keymap::default_file(),
                Sample::Theme => EMBEDDED.first().map_or(String::new(), |(_, text)| (*text).to_owned()),
            };
            io.out.write_all(text.as_bytes())?;
            Ok(Exit::Done)
        }
    }
}

fn paths(shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let paths = Paths::discover()?;
    let all = [
        ("settings", paths.config_file()),
        ("keys", paths.keys_file()),
        ("themes", paths.themes_dir()),
        ("journal", paths.journal_file()),
        ("sessions in files", paths.secrets_dir()),
        ("partners", paths.onboarding_dir()),
        ("log", paths.log_file()),
    ];
    let there = |path: &Path| if path.exists() { "yes" } else { "no" };
    let table = Table {
        columns: vec![Column::text("what"), Column::text("where"), Column::text("there")],
        rows: all
            .iter()
            .map(|(what, path)| vec![(*what).to_owned(), path.display().to_string(), there(path).to_owned()])
            .collect(),
        empty: String::new(),
    };
    let shape: Vec<Value> = all
        .iter()
        .map(|(what, path)| json!({ "what": what, "path": path.display().to_string(), "there": path.exists() }))
        .collect();
    io.write_rows(shared.format, &table, &shape)?;
    Ok(Exit::Done)
}

/// A setting as it holds.
struct Holds {
    name: &'static str,
    value: Value,
    from: String,
}

fn show(shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let paths = Paths::discover()?;
    let config = config::Config::load(&paths)?;
    let mut all = holding(config.settings(), shared);
    all.push(connection(&config, shared));
    let words = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let table = Table {
        columns: vec![Column::text("setting"), Column::text("value"), Column::text("from")],
        rows: all.iter().map(|one| vec![one.name.to_owned(), words(&one.value), one.from.clone()]).collect(),
        empty: String::new(),
    };
    let shape: Vec<Value> =
        all.iter().map(|one| json!({ "setting": one.name, "value": one.value, "from": one.from })).collect();
    io.write_rows(shared.format, &table, &shape)?;
    Ok(Exit::Done)
}

/// Every setting with what made it so: the command line, the environment, the file, or nobody.
fn holding(settings: &Settings, shared: &Shared) -> Vec<Holds> {
    let (written, usual) = (json!(settings), json!(Settings::default()));
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let from = |name: &str| -> Option<(Value, &str)> {
        match name {
            "theme" => match (&shared.theme, no_colour) {
                (Some(theme), _) => Some((json!(theme), "--theme")),
                (None, true) => Some((json!("mono"), "NO_COLOR")),
                (None, false) => None,
            },
            "ascii" => shared.ascii.then(|| (json!(true), "--ascii")),
            "read_only" => shared.read_only.then(|| (json!(true), "--read-only")),
            _ => None,
        }
    };
    SETTINGS
        .iter()
        .map(|key| {
            let empty = match key.kind {
                Kind::Flag => json!(false),
                Kind::Text | Kind::Choice(_) | Kind::Address | Kind::Path | Kind::Lists | Kind::Table(_) => {
                    Value::Null
                }
            };
            let usual = usual.get(key.name).cloned().unwrap_or_else(|| empty.clone());
            let value = written.get(key.name).cloned().unwrap_or(empty);
            let (value, from) = match from(key.name) {
                Some((value, from)) => (value, from),
                None if value == usual => (value, "default"),
                None => (value, "config.toml"),
            };
            Holds { name: key.name, value, from: from.to_owned() }
        })
        .collect()
}

/// The connection that is meant, with its marks.
fn connection(config: &config::Config, shared: &Shared) -> Holds {
    let mut environment = Environment::read();
    if let Some(base_url) = &shared.base_url {
        environment.base_url = Some(base_url.clone());
        environment.profile = None;
    }
    let name = "connection";
    match config::choose(config, &environment, shared.profile.as_deref()) {
        Ok(config::Choice::One { connection, saved }) => {
            let mut from = if saved { "config.toml".to_owned() } else { "address given".to_owned() };
            if connection.production {
                from.push_str(", PRODUCTION");
            }
            let run = ReadOnly::of_run(shared.read_only, config.settings());
            if let Some(why) = ReadOnly::of(run, &connection) {
                // Writing to a String cannot fail.
                let _ = write!(from, ", read-only: {why}");
            }
            Holds { name, value: json!(connection.name), from }
        }
        Ok(config::Choice::Ask(why)) => Holds { name, value: Value::Null, from: why.to_string() },
        Err(error) => Holds { name, value: Value::Null, from: error.to_string() },
    }
}

/// A mistake in a file of somebody's own.
struct Wrong {
    file: String,
    line: usize,
    what: String,
}

fn check(shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let paths = Paths::discover()?;
    let mut found = Vec::new();
    let mut files = 0;
    let mut look = |path: &Path, read: &dyn Fn(&str, &str) -> Vec<Wrong>| match std::fs::read_to_string(path)
    {
        Ok(text) => {
            files += 1;
            let file = shown(&path.display().to_string()).into_owned();
            found.extend(read(&file, &text));
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            let file = shown(&path.display().to_string()).into_owned();
            Err(Failure::new(Exit::Local, format!("{file} cannot be read: {error}.")))
        }
    };
    look(&paths.config_file(), &|file, text| {
        let wrong = |one: config::Mistake| Wrong { file: file.to_owned(), line: one.line, what: one.wrong };
        mistakes(text).into_iter().map(wrong).collect()
    })?;
    let of_console =
        |one: crate::console::mistake::Mistake| Wrong { file: one.file, line: one.line, what: one.what };
    look(&paths.keys_file(), &|file, text| {
        Keymap::read(file, text).err().into_iter().flatten().map(of_console).collect()
    })?;
    for name in themes_in(&paths.themes_dir()) {
        look(&paths.themes_dir().join(format!("{name}.toml")), &|file, text| {
            Theme::read(&name, file, text).err().into_iter().map(of_console).collect()
        })?;
    }
    let table = Table {
        columns: vec![Column::text("file"), Column::number("line"), Column::text("what is wrong")],
        rows: found
            .iter()
            .map(|one| vec![one.file.clone(), one.line.to_string(), one.what.clone()])
            .collect(),
        empty: match files {
            0 => format!(
                "There is no file of your own in {}.",
                shown(&paths.config_dir().display().to_string())
            ),
            1 => "Nothing is wrong in the 1 file of your own.".to_owned(),
            n => format!("Nothing is wrong in the {n} files of your own."),
        },
    };
    let shape: Vec<Value> =
        found.iter().map(|one| json!({ "file": one.file, "line": one.line, "wrong": one.what })).collect();
    io.write_rows(shared.format, &table, &shape)?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Usage })
}
