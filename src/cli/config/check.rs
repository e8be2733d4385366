//! `config check`: every mistake in every file of somebody's own, also what only the console knows to be none.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::Shared;
use crate::cli::console::themes_in;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Table};
use crate::config::{self, Method, Paths, mistakes, suggestion};
use crate::console::keymap::Keymap;
use crate::console::lists::LISTS;
use crate::console::mistake::Mistake;
use crate::console::theme::Theme;
use crate::identity::text::shown;

/// The files that were looked at, and what is wrong in them.
#[derive(Default)]
struct Looked {
    files: usize,
    wrong: Vec<Mistake>,
}

impl Looked {
    fn at(&mut self, path: &Path, read: impl FnOnce(&str, &str) -> Vec<Mistake>) {
        let file = shown(&path.display().to_string()).into_owned();
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                self.files += 1;
                return self.wrong.push(Mistake {
                    file,
                    line: 1,
                    what: format!("it cannot be read: {error}"),
                });
            }
        };
        self.files += 1;
        match String::from_utf8(bytes) {
            Ok(text) => self.wrong.extend(read(&file, &text)),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes());
                // What comes before the first wrong byte stands in it as it is.
                self.wrong.push(Mistake::at(&file, &text, good, "this is not UTF-8; save the file as UTF-8"));
            }
        }
    }
}

pub(super) fn check(shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let paths = Paths::discover()?;
    let themes = themes_in(&paths.themes_dir());
    let mut looked = Looked::default();
    let mut theme = None;
    looked.at(&paths.config_file(), |file, text| {
        theme = file_of_a_theme(text);
        let mut all = mistakes(text);
        all.extend(unmeant(text, &themes));
        all.sort_by_key(|one| one.line);
        let wrong = |one: config::Mistake| Mistake { file: file.to_owned(), line: one.line, what: one.wrong };
        all.into_iter().map(wrong).collect()
    });
    looked.at(&paths.keys_file(), |file, text| Keymap::read(file, text).err().unwrap_or_default());
    for name in &themes {
        let path = paths.themes_dir().join(format!("{name}.toml"));
        looked.at(&path, |file, text| Theme::read(name, file, text).err().into_iter().collect());
    }
    if let Some(path) = theme {
        looked.at(Path::new(&path), |file, text| Theme::read(&path, file, text).err().into_iter().collect());
    }
    let Looked { files, wrong } = looked;
    let table = Table {
        columns: vec![Column::text("file"), Column::number("line"), Column::text("what is wrong")],
        rows: wrong
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
        wrong.iter().map(|one| json!({ "file": one.file, "line": one.line, "wrong": one.what })).collect();
    io.write_rows(shared.format, &table, &shape)?;
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::Usage })
}

/// The file that the settings name as theme, wherever it lies, where there is one.
fn file_of_a_theme(text: &str) -> Option<String> {
    let whole = toml::from_str::<toml::Table>(text).ok()?;
    let name = whole.get("settings")?.get("theme")?.as_str()?;
    (name.contains(['/', '.']) && Path::new(name).is_file()).then(|| name.to_owned())
}

/// What stands in `config.toml` in good form and means nothing: the program goes on without it, so nobody is told
/// elsewhere.
fn unmeant(text: &str, themes: &[String]) -> Vec<config::Mistake> {
    let Ok(whole) = toml::from_str::<toml::Table>(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |path: &[&str], wrong: String| {
        let line = config::line_of(text, path).unwrap_or(1);
        found.push(config::Mistake { line, wrong, missing: false });
    };
    let settings = whole.get("settings").and_then(toml::Value::as_table);
    if let Some(name) = settings.and_then(|all| all.get("theme")).and_then(toml::Value::as_str) {
        let own = themes.iter().map(String::as_str);
        let known: Vec<&str> = Theme::names().into_iter().chain(own).collect();
        if file_of_a_theme(text).is_none() && name != "default" && !known.contains(&name) {
            let meant = suggestion(name, &known);
            add(&["settings", "theme"], format!("there is no theme `{}`; {meant}", shown(name)));
        }
    }
    let columns = settings.and_then(|all| all.get("columns")).and_then(toml::Value::as_table);
    for (list, titles) in columns.into_iter().flatten() {
        let path = ["settings", "columns", list];
        let Some((_, columns)) = LISTS.iter().find(|(name, _)| name == list) else {
            let known: Vec<&str> = LISTS.iter().map(|(name, _)| *name).collect();
            add(&path, format!("there is no list `{}`; {}", shown(list), suggestion(list, &known)));
            continue;
        };
        let known: Vec<&str> = columns.iter().map(|column| column.title).collect();
        let titles = titles.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
        for title in titles.map(|title| title.strip_prefix('-').unwrap_or(title)) {
            if !known.contains(&title) {
                let meant = suggestion(title, &known);
                add(&path, format!("`{list}` has no column `{}`; {meant}", shown(title)));
            }
        }
    }
    let connections = whole.get("connections").and_then(toml::Value::as_table);
    for (name, connection) in connections.into_iter().flatten() {
        let method = connection.get("method").and_then(toml::Value::as_str);
        if method == Some(Method::DeviceExchange.word()) && connection.get("idp").is_none() {
            let wrong = format!(
                "`method` is \"{}\", which needs [connections.{}.idp]; expected it with issuer and client_id",
                Method::DeviceExchange.word(),
                shown(name)
            );
            add(&["connections", name, "method"], wrong);
        }
    }
    found
}
