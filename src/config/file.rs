//! `config.toml`: read with errors that name the line, written so that comments and foreign keys stay.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table};

use super::{ConfigError, Connection, Paths, Settings, mistakes, replace_file};

/// The file's content. Everything in it that is not ours stays as it is when saved.
#[derive(Debug, Clone)]
pub struct Config {
    file: PathBuf,
    document: DocumentMut,
    connections: Vec<Connection>,
    settings: Settings,
}

/// The part of the file that has a meaning here; tables of other names are left to others.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    connections: std::collections::BTreeMap<String, Connection>,
}

impl Config {
    /// Reads the file; a missing one is empty.
    pub fn load(paths: &Paths) -> Result<Self, ConfigError> {
        let file = paths.config_file();
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::parse(file, ""),
            Err(error) => Err(ConfigError::Unreadable { file, why: error.to_string() }),
        }
    }

    /// Reads `text` as the content of `file`.
    pub fn parse(file: impl Into<PathBuf>, text: &str) -> Result<Self, ConfigError> {
        let file = file.into();
        if let Some(first) = mistakes(text).into_iter().min_by_key(|one| (one.missing, one.line)) {
            return Err(ConfigError::Mistake { file, line: first.line, wrong: first.wrong });
        }
        // What is left for the types to find has no table of its own in the reference.
        let mistake = |span: Option<std::ops::Range<usize>>, wrong: &str| ConfigError::Mistake {
            file: file.clone(),
            line: line_of(text, span.map_or(0, |span| span.start)),
            wrong: one_line(wrong),
        };
        let mut known: Known =
            toml::from_str(text).map_err(|wrong| mistake(wrong.span(), wrong.message()))?;
        let document: DocumentMut =
            text.parse().map_err(|wrong: toml_edit::TomlError| mistake(wrong.span(), wrong.message()))?;
        // The typed reading sorts by name; the file's own order is the person's.
        let order: Vec<String> = document
            .get("connections")
            .and_then(Item::as_table_like)
            .map(|table| table.iter().map(|(name, _)| name.to_owned()).collect())
            .unwrap_or_default();
        let mut connections = Vec::with_capacity(order.len());
        for name in order {
            if let Some(mut connection) = known.connections.remove(&name) {
                connection.name = name;
                connections.push(connection);
            }
        }
        let settings = known.settings;
        Ok(Self { file, document, connections, settings })
    }

    /// Reads the file under a lock, lets `change` change it, and saves it: two processes that each add a
    /// connection both keep theirs.
    pub fn edit<T>(
        paths: &Paths,
        change: impl FnOnce(&mut Self) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let file = paths.config_file();
        let unwritable =
            |error: io::Error| ConfigError::Unwritable { file: file.clone(), why: error.to_string() };
        fs::create_dir_all(paths.config_dir()).map_err(unwritable)?;
        let lock = File::create(paths.config_dir().join(".config.lock")).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let mut config = Self::load(paths)?;
        let done = change(&mut config)?;
        config.save()?;
        Ok(done)
    }

    /// The file it came from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Saved connections in the file's order.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The connection of that name.
    pub fn connection(&self, name: &str) -> Result<&Connection, ConfigError> {
        self.connections.iter().find(|one| one.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.connections.iter().map(|one| one.name.as_str()).collect();
            ConfigError::NoSuchConnection {
                name: crate::identity::text::shown(name).into_owned(),
                known: if names.is_empty() {
                    "None is saved; add one with `idconsole connections add`.".to_owned()
                } else {
                    format!("Saved are: {}.", names.join(", "))
                },
            }
        })
    }

    /// Whether the file says something of this setting itself.
    pub fn sets(&self, setting: &str) -> bool {
        let settings = self.document.get("settings").and_then(Item::as_table_like);
        settings.is_some_and(|table| table.contains_key(setting))
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds a connection under a new name.
    pub fn add(&mut self, connection: Connection) -> Result<(), ConfigError> {
        check_name(&connection.name)?;
        if self.connections.iter().any(|one| one.name == connection.name) {
            return Err(ConfigError::NameTaken(connection.name));
        }
        self.write_table(&connection)?;
        self.connections.push(connection);
        Ok(())
    }

    /// Replaces the connection of the same name, or adds it.
    pub fn put(&mut self, connection: Connection) -> Result<(), ConfigError> {
        check_name(&connection.name)?;
        self.write_table(&connection)?;
        match self.connections.iter_mut().find(|one| one.name == connection.name) {
            Some(old) => *old = connection,
            None => self.connections.push(connection),
        }
        Ok(())
    }

    /// Removes the connection of that name; a default that named it is removed too.
    pub fn remove(&mut self, name: &str) -> Result<Connection, ConfigError> {
        let found = self.connection(name)?.clone();
        self.connections.retain(|one| one.name != name);
        if let Some(table) = self.document.get_mut("connections").and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
        if self.settings.default_connection.as_deref() == Some(name) {
            let settings = Settings { default_connection: None, ..self.settings.clone() };
            self.set_settings(settings)?;
        }
        Ok(found)
    }

    /// Replaces the settings.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), ConfigError> {
        let fresh = self.fields_of(&settings)?;
        let table = self.document.entry("settings").or_insert_with(|| Item::Table(Table::new()));
        merge(table, &fresh);
        self.settings = settings;
        Ok(())
    }

    /// Writes the file by replacing it; where it is a link, what it leads to.
    pub fn save(&self) -> Result<(), ConfigError> {
        let unwritable =
            |error: io::Error| ConfigError::Unwritable { file: self.file.clone(), why: error.to_string() };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let target = fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        replace_file(&target, self.document.to_string().as_bytes()).map_err(unwritable)
    }

    fn write_table(&mut self, connection: &Connection) -> Result<(), ConfigError> {
        let fresh = self.fields_of(connection)?;
        let all = self.document.entry("connections").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if let Some(all) = all.as_table_like_mut() {
            if all.get(&connection.name).is_none() {
                all.insert(&connection.name, Item::Table(Table::new()));
            }
            if let Some(table) = all.get_mut(&connection.name) {
                merge(table, &fresh);
            }
        }
        Ok(())
    }

    fn fields_of(&self, value: &impl Serialize) -> Result<Table, ConfigError> {
        let unwritable = |why: String| ConfigError::Unwritable { file: self.file.clone(), why };
        let text = toml::to_string(value).map_err(|error| unwritable(error.to_string()))?;
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| unwritable(error.to_string()))?;
        Ok(document.as_table().clone())
    }
}

/// Sets the fields of `fresh` in `old` and removes those it lacks; comments beside kept fields stay.
fn merge(old: &mut Item, fresh: &Table) {
    let Some(old) = old.as_table_like_mut() else { return };
    let gone: Vec<String> =
        old.iter().map(|(name, _)| name.to_owned()).filter(|name| fresh.get(name).is_none()).collect();
    for name in gone {
        old.remove(&name);
    }
    for (name, item) in fresh {
        match (old.get_mut(name), item) {
            (Some(before), Item::Table(inner)) if before.is_table_like() => merge(before, inner),
            (Some(before), Item::Value(value)) if before.is_value() => {
                if let Some(slot) = before.as_value_mut() {
                    let decor = slot.decor().clone();
                    *slot = value.clone();
                    *slot.decor_mut() = decor;
                }
            }
            _ => {
                old.insert(name, item.clone());
            }
        }
    }
}

pub(super) fn check_name(name: &str) -> Result<(), ConfigError> {
    let good = (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if good { Ok(()) } else { Err(ConfigError::BadName(crate::identity::text::shown(name).into_owned())) }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

fn one_line(message: &str) -> String {
    crate::identity::text::shown(&message.trim().replace('\n', "; ")).into_owned()
}
