//! A `config.toml` with everything that may be said in it, commented out.

use std::fmt::Write as _;

use super::reference::{CONNECTION, Key, Kind, SETTINGS};
use super::schema;

/// Its name under `assets/`.
pub const FILE: &str = "config.example.toml";

/// Comments are broken before this column.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Everything that config.toml of idconsole may say. `idconsole config path` names the folder it lies in, `idconsole config
# check` says what is wrong in it, `idconsole config show` what holds. No secret belongs in here.
#
# Lines that begin with `#` and a word are settings, commented out: those marked `default` hold as they stand, the others
# are examples. Keys are changed in keys.toml (`idconsole config example keys`), colours by files in themes/ (`idconsole
# config example theme`).
";

/// The file.
pub fn text() -> String {
    let mut out = format!("#:schema ./{}\n\n{HEAD}\n", schema::FILE);
    out.push_str("[settings]\n");
    keys(&mut out, SETTINGS);
    out.push_str(
        "\n# A platform and a way in; one table for each, named as you like. `idconsole connections add` writes them too.\n\
         #[connections.clinic]\n",
    );
    keys(&mut out, CONNECTION);
    out
}

fn keys(out: &mut String, keys: &[Key]) {
    for key in keys {
        out.push('\n');
        for line in broken(key.help) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "# {line}");
        }
        let _ = match (key.kind, key.default) {
            (Kind::Table(inner), _) => {
                let _ = writeln!(out, "#[connections.clinic.{}]", key.name);
                self::keys(out, inner);
                Ok(())
            }
            (_, Some(default)) => writeln!(out, "#{} = {default} # default", key.name),
            (_, None) if key.required => writeln!(out, "#{} = {} # has to be there", key.name, key.example),
            (_, None) => writeln!(out, "#{} = {}", key.name, key.example),
        };
    }
}

fn broken(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reference::IDP;
    use crate::config::{Config, Idp, Settings, mistakes};
    use serde_json::{Value, json};

    /// The example with the lines that `keep` wants brought to life.
    fn alive(keep: impl Fn(&str) -> bool) -> String {
        let text = text();
        let line = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with([' ', ':']) && !rest.is_empty() && keep(line) => rest.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn as_it_stands_it_changes_nothing() {
        let config = Config::parse("config.toml", &text()).unwrap();
        assert_eq!(config.settings(), &Settings::default());
        assert!(config.connections().is_empty());
    }

    #[test]
    fn what_it_calls_a_default_is_one() {
        let marked = alive(|line| line.ends_with("# default") && !line.starts_with("#scope"));
        let settings = marked.split("#[connections").next().unwrap();
        assert!(settings.contains("\nmouse = true"), "{settings}");
        assert_eq!(Config::parse("config.toml", settings).unwrap().settings(), &Settings::default());
        let necessary = |line: &str| line.contains("has to be there") || line.starts_with("#[");
        let without = Config::parse("config.toml", &alive(necessary)).unwrap();
        let with =
            Config::parse("config.toml", &alive(|line| necessary(line) || line.ends_with("# default")));
        assert_eq!(with.unwrap().connections(), without.connections());
    }

    #[test]
    fn everything_in_it_can_be_said() {
        let whole = alive(|_| true);
        assert_eq!(mistakes(&whole), [], "{whole}");
        let config = Config::parse("config.toml", &whole).unwrap();
        let connection = config.connection("clinic").unwrap();
        assert_eq!(config.settings().default_connection.as_deref(), Some("clinic"));
        assert!(connection.idp.is_some() && connection.extra_ca.is_some());
    }

    /// The keys of a value as it is written.
    fn names(value: &impl serde::Serialize) -> Vec<String> {
        let Value::Object(members) = json!(value) else { return Vec::new() };
        let mut names: Vec<String> = members.keys().cloned().collect();
        names.sort();
        names
    }

    fn known(keys: &[Key]) -> Vec<String> {
        let mut names: Vec<String> = keys.iter().map(|key| key.name.to_owned()).collect();
        names.sort();
        names
    }

    // The reference is written by hand; this holds it against the types.
    #[test]
    fn the_reference_has_every_field_of_the_types_and_no_other() {
        let whole = alive(|_| true).replace("= false", "= true");
        let config = Config::parse("config.toml", &whole).unwrap();
        assert_eq!(names(config.settings()), known(SETTINGS));
        let connection = config.connection("clinic").unwrap();
        assert_eq!(names(connection), known(CONNECTION));
        let idp: &Idp = connection.idp.as_ref().unwrap();
        assert_eq!(names(idp), known(IDP));
    }
}
