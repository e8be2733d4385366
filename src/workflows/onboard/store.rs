//! Where states are kept: one file for each domain, in a folder for each platform, in the data directory.
//!
//! A file that cannot be read is never overwritten and never deleted: it is told what is wrong with it and where it is,
//! and starting over sets it aside under another name.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::state::State;
use crate::config::{Paths, replace_file};
use crate::identity::domain::Domain;
use crate::identity::route_file::secret_in;
use crate::identity::text::shown;

/// A state is some kilobytes; more is not read.
const LARGEST: u64 = 1 << 20;

/// Why a state cannot be taken up. The file is as it was.
#[derive(Debug, Error)]
pub enum Broken {
    /// Half written, edited by hand, or of something else.
    #[error("The state of {domain} cannot be read: {why}. It is kept as it is in {}.", path.display())]
    Damaged {
        /// Whose.
        domain: String,
        /// Where.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Written by an older program, in a form that this one does not know.
    #[error(
        "The state of {domain} was begun with an older idconsole (form {found}, this one writes {}). It is kept as it is in {}.",
        State::VERSION, path.display()
    )]
    Older {
        /// Whose.
        domain: String,
        /// Where.
        path: PathBuf,
        /// Its form.
        found: u64,
    },
    /// Written by a newer one.
    #[error(
        "The state of {domain} was written by a newer idconsole (form {found}, this one writes {}). It is kept as it is in {}; the newer one goes on with it.",
        State::VERSION, path.display()
    )]
    Newer {
        /// Whose.
        domain: String,
        /// Where.
        path: PathBuf,
        /// Its form.
        found: u64,
    },
    /// Somebody put a secret into it.
    #[error(
        "The state of {domain} holds a secret in `{field}`. Nothing is read from it; take the secret out of {} and treat it as known to others.",
        path.display()
    )]
    Secret {
        /// Whose.
        domain: String,
        /// Where.
        path: PathBuf,
        /// In which field.
        field: String,
    },
    /// The disk.
    #[error("The state of {domain} in {} cannot be read: {error}.", path.display())]
    Unreadable {
        /// Whose.
        domain: String,
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Why a state was not kept.
#[derive(Debug, Error)]
pub enum NotKept {
    /// Another console has gone on with it.
    #[error(
        "Somebody else has gone on with {domain} in another window; nothing of yours was kept. Open it again."
    )]
    Changed {
        /// Whose.
        domain: String,
    },
    /// What is there cannot be read, and is not overwritten.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The disk.
    #[error("{} cannot be written: {error}.", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// One file of the folder.
#[derive(Debug)]
pub struct Entry {
    /// Whose.
    pub domain: String,
    /// What is in it.
    pub state: Result<State, Broken>,
}

/// The states of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
    platform: String,
}

impl Store {
    /// Where the states of this platform are; touches no disk.
    pub fn new(paths: &Paths, platform: &Url) -> Self {
        let host = platform.host_str().unwrap_or("platform");
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
        let mut name: String = host.chars().map(plain).collect();
        if let Some(port) = platform.port() {
            name = format!("{name}_{port}");
        }
        let below = platform.path().trim_matches('/');
        if !below.is_empty() {
            name = format!("{name}_{}", below.chars().map(plain).collect::<String>());
        }
        Self { folder: paths.onboarding_dir().join(name), platform: platform.as_str().to_owned() }
    }

    /// The platform's address.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The file of a domain; a domain in its wire form is a file name.
    pub fn path(&self, domain: &str) -> PathBuf {
        self.folder.join(format!("{domain}.json"))
    }

    /// Everybody of this platform, by domain; those that cannot be read too.
    pub fn list(&self) -> io::Result<Vec<Entry>> {
        let read = match fs::read_dir(&self.folder) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for file in read {
            let name = file?.file_name();
            let Some(domain) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            // Scratch files of a write that was cut off begin with a dot.
            if domain.starts_with('.') {
                continue;
            }
            if let Some(state) = self.load(domain).transpose() {
                found.push(Entry { domain: domain.to_owned(), state });
            }
        }
        found.sort_by(|a, b| a.domain.cmp(&b.domain));
        Ok(found)
    }

    /// The state of a domain; `None` where there is none.
    pub fn load(&self, domain: &str) -> Result<Option<State>, Broken> {
        let path = self.path(domain);
        let (name, at) = (|| shown(domain).into_owned(), || path.clone());
        let mut text = String::new();
        match fs::File::open(&path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let why = "it is not text".to_owned();
                return Err(Broken::Damaged { domain: name(), path: at(), why });
            }
            Err(error) => return Err(Broken::Unreadable { domain: name(), path: at(), error }),
        }
        let damaged = |why: String| Broken::Damaged { domain: name(), path: at(), why };
        let value: Value = serde_json::from_str(&text).map_err(|error| {
            let why = if text.trim().is_empty() { "it is empty".to_owned() } else { error.to_string() };
            damaged(why)
        })?;
        let found = match value.get("version") {
            Some(version) => version.as_u64().ok_or_else(|| damaged("its form has no number".to_owned()))?,
            // The first form had none.
            None => 0,
        };
        match found.cmp(&u64::from(State::VERSION)) {
            std::cmp::Ordering::Less => {
                return Err(Broken::Older { domain: name(), path: at(), found });
            }
            std::cmp::Ordering::Greater => {
                return Err(Broken::Newer { domain: name(), path: at(), found });
            }
            std::cmp::Ordering::Equal => {}
        }
        if let Some(field) = secret_in(&value) {
            return Err(Broken::Secret { domain: name(), path: at(), field });
        }
        let state: State =
            serde_json::from_value(value).map_err(|error| damaged(shown(&error.to_string()).into_owned()))?;
        if state.domain.raw() != domain {
            return Err(damaged(format!("it is about {}", state.domain)));
        }
        if state.platform.raw() != self.platform {
            return Err(damaged(format!("it is about the platform {}", state.platform)));
        }
        if Domain::parse(state.domain.raw()).is_err() {
            return Err(damaged("its domain is none".to_owned()));
        }
        Ok(Some(state))
    }

    /// Keeps a state: the file is the old one or the new one, never half of either, and only its owner can read it.
    pub fn keep(&self, state: &mut State) -> Result<(), NotKept> {
        let path = self.path(state.domain.raw());
        match self.load(state.domain.raw())? {
            Some(there) if there.revision != state.revision => {
                return Err(NotKept::Changed { domain: state.domain.to_string() });
            }
            None if state.revision != 0 => {
                return Err(NotKept::Changed { domain: state.domain.to_string() });
            }
            Some(_) | None => {}
        }
        let io = |error| NotKept::Io { path: path.clone(), error };
        crate::config::ensure_private_folder(&self.folder).map_err(io)?;
        state.revision += 1;
        // Values of our own making always have a text.
        let text = crate::workflows::sheet::json(state);
        let kept = replace_file(&path, format!("{text}\n").as_bytes());
        if kept.is_err() {
            state.revision -= 1;
        }
        kept.map_err(io)
    }

    /// Puts what is there under another name, so that one can start over; where it is then. `None` where nothing is.
    pub fn set_aside(&self, domain: &str, now: Timestamp) -> io::Result<Option<PathBuf>> {
        let path = self.path(domain);
        let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        for n in 0..100 {
            let suffix = if n == 0 { String::new() } else { format!(".{n}") };
            let aside = self.folder.join(format!("{domain}.{stamp}{suffix}.aside"));
            if aside.exists() {
                continue;
            }
            return match fs::rename(&path, &aside) {
                Ok(()) => Ok(Some(aside)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            };
        }
        Err(io::Error::other("too many states of this domain were set aside"))
    }
}
