//! `idconsole config …`: settings, keys and themes. Reads files of this machine only, and works where they are wrong.

mod check;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::reference::{Kind, SETTINGS};
use crate::config::{self, Environment, Paths, ReadOnly};
use crate::console::keymap;
use crate::console::theme::EMBEDDED;

use crate::cli::args::{Config, Sample, Shared};
use crate::cli::console::speaks_utf8;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Table};

/// Does what was asked.
pub fn run(command: &Config, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Config::Path => paths(shared, io),
        Config::Show => show(shared, io),
        Config::Check => check::check(shared, io),
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
    let mut all = holding(&config, shared);
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
fn holding(config: &config::Config, shared: &Shared) -> Vec<Holds> {
    let settings = config.settings();
    let written = json!(settings);
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let from = |name: &str| -> Option<(Value, &str)> {
        match name {
            "theme" => match (&shared.theme, no_colour) {
                (Some(theme), _) => Some((json!(theme), "--theme")),
                (None, true) => Some((json!("mono"), "NO_COLOR")),
                (None, false) => None,
            },
            "ascii" if shared.ascii => Some((json!(true), "--ascii")),
            "ascii" if !settings.ascii && !speaks_utf8() => {
                Some((json!(true), "the locale, which has ASCII only"))
            }
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
            let value = written.get(key.name).cloned().unwrap_or(empty);
            let (value, from) = match from(key.name) {
                Some((value, from)) => (value, from),
                None if config.sets(key.name) => (value, "config.toml"),
                None => (value, "default"),
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
