//! Where things are kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::ConfigError;

/// The two folders of this program. Making the value touches no disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    data: PathBuf,
}

impl Paths {
    /// The folders of this account: `IDCONSOLE_CONFIG_DIR` and `IDCONSOLE_DATA_DIR`, else the system's own.
    pub fn discover() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// As [`Paths::discover`], with the environment passed in.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let given = |name: &str| lookup(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let (config, data) = (given("IDCONSOLE_CONFIG_DIR"), given("IDCONSOLE_DATA_DIR"));
        if let (Some(config), Some(data)) = (&config, &data) {
            return Ok(Self { config: config.clone(), data: data.clone() });
        }
        let system = directories::ProjectDirs::from("", "", "idconsole").ok_or(ConfigError::NoHome)?;
        Ok(Self {
            config: config.unwrap_or_else(|| system.config_dir().to_owned()),
            data: data.unwrap_or_else(|| system.data_local_dir().to_owned()),
        })
    }

    /// Both folders inside one; for tests and the demo.
    pub fn under(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        Self { config: folder.join("config"), data: folder.join("data") }
    }

    /// Folder of everything that the person edits.
    pub fn config_dir(&self) -> &Path {
        &self.config
    }

    /// Folder of everything that the program writes.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// Connections and settings.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The person's own themes.
    pub fn themes_dir(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The person's own keys.
    pub fn keys_file(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// The journal's database.
    pub fn journal_file(&self) -> PathBuf {
        self.data.join("journal.sqlite")
    }

    /// Sessions kept in files (mode 0700).
    pub fn secrets_dir(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// What the onboarding assistant has kept (mode 0700).
    pub fn onboarding_dir(&self) -> PathBuf {
        self.data.join("onboarding")
    }

    /// Where the platform as it is now is put to be compared, for as long as that takes (mode 0700).
    pub fn scratch_dir(&self) -> PathBuf {
        self.data.join("scratch")
    }

    /// Locks that processes of this program share.
    pub fn locks_dir(&self) -> PathBuf {
        self.data.join("locks")
    }

    /// The log.
    pub fn log_file(&self) -> PathBuf {
        self.data.join("idconsole.log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_both_folders() {
        let paths = Paths::from_lookup(|name| match name {
            "IDCONSOLE_CONFIG_DIR" => Some("/c".into()),
            "IDCONSOLE_DATA_DIR" => Some("/d".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(paths.config_file(), Path::new("/c/config.toml"));
        assert_eq!(paths.journal_file(), Path::new("/d/journal.sqlite"));
    }
}
