//! Where sessions are kept: keyring, 0600 file, or memory. Chosen by the person, never fallen back to (S2).

mod file;
mod keyring;

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

pub use self::keyring::{SystemVault, Vault, VaultError};
use crate::config::{Paths, StoreKind};

/// One kept session: per issuer, client and connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Issuer of the tokens.
    pub issuer: String,
    /// OAuth client; empty for none.
    pub client: String,
    /// Name of the connection.
    pub connection: String,
}

impl Entry {
    /// A name for files and keyring accounts: fixed length, no character with a meaning anywhere.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [&self.issuer, &self.client, &self.connection] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// What the secret store could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No keyring here.
    #[error(
        "The system's keyring cannot be used: {0}. Unlock it, or choose another store for this connection \
         (`store = \"file\"` or `\"memory\"`)."
    )]
    Keyring(String),
    /// The keyring does not answer.
    #[error(
        "The system's keyring did not answer within {} s. It may be waiting for you to unlock it; or choose another \
         store for this connection (`store = \"file\"` or `\"memory\"`).", .0.as_secs()
    )]
    KeyringSilent(Duration),
    /// Others can read the file.
    #[error(
        "{} can be read by others (mode {mode:03o}). What it holds may be known to them: sign out everywhere, then \
         `chmod {wanted:03o}` it or remove it.", path.display()
    )]
    Lax {
        /// File or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// What it must be.
        wanted: u32,
    },
    /// A link or another strange thing stands there.
    #[error("{} is not a plain {expected}, so it is not used. Remove it and sign in again.", path.display())]
    Strange {
        /// What was found.
        path: PathBuf,
        /// `file` or `folder`.
        expected: &'static str,
    },
    /// The disk said no.
    #[error("{} cannot be used: {why}.", path.display())]
    Disk {
        /// File or folder.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The content is not what was written.
    #[error("The kept session in the {0} is damaged. It was not used; sign in again.")]
    Damaged(&'static str),
}

/// A place for secrets. Cheap to clone.
#[derive(Clone)]
pub enum SecretStore {
    /// The system's keyring.
    Keyring(keyring::Keyring),
    /// Files of mode 0600.
    File(file::Folder),
    /// This process's memory.
    Memory(Memory),
}

/// Secrets in memory; clones share them.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<HashMap<Entry, SecretString>>>);

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretStore({})", self.kind())
    }
}

impl SecretStore {
    /// The store of that kind. Touches neither disk nor keyring yet.
    pub fn of(kind: StoreKind, paths: &Paths) -> Self {
        match kind {
            StoreKind::Keyring => Self::Keyring(keyring::Keyring::new(Arc::new(SystemVault))),
            StoreKind::File => Self::File(file::Folder::new(paths.secrets_dir())),
            StoreKind::Memory => Self::Memory(Memory::default()),
        }
    }

    /// A keyring over any vault, with its own patience; for tests.
    pub fn keyring(vault: Arc<dyn Vault>, patience: Duration) -> Self {
        Self::Keyring(keyring::Keyring::new(vault).with_patience(patience))
    }

    /// Which kind it is; `whoami` names it.
    pub fn kind(&self) -> StoreKind {
        match self {
            Self::Keyring(_) => StoreKind::Keyring,
            Self::File(_) => StoreKind::File,
            Self::Memory(_) => StoreKind::Memory,
        }
    }

    /// What is kept for the entry.
    pub async fn read(&self, entry: &Entry) -> Result<Option<SecretString>, StoreError> {
        match self {
            Self::Keyring(keyring) => keyring.read(entry).await,
            Self::File(folder) => folder.read(entry),
            Self::Memory(Memory(map)) => {
                Ok(map.lock().unwrap_or_else(PoisonError::into_inner).get(entry).cloned())
            }
        }
    }

    /// Keeps `secret` for the entry, replacing what was kept.
    pub async fn write(&self, entry: &Entry, secret: &SecretString) -> Result<(), StoreError> {
        match self {
            Self::Keyring(keyring) => keyring.write(entry, secret).await,
            Self::File(folder) => folder.write(entry, secret),
            Self::Memory(Memory(map)) => {
                map.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone(), secret.clone());
                Ok(())
            }
        }
    }

    /// Removes what is kept for the entry; nothing kept is fine too.
    pub async fn delete(&self, entry: &Entry) -> Result<(), StoreError> {
        match self {
            Self::Keyring(keyring) => keyring.delete(entry).await,
            Self::File(folder) => folder.delete(entry),
            Self::Memory(Memory(map)) => {
                map.lock().unwrap_or_else(PoisonError::into_inner).remove(entry);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2
    #[test]
    fn issuer_client_and_connection_each_make_another_entry() {
        let entry = |issuer: &str, client: &str, connection: &str| Entry {
            issuer: issuer.into(),
            client: client.into(),
            connection: connection.into(),
        };
        let digests: std::collections::HashSet<String> =
            [entry("a", "b", "c"), entry("ab", "", "c"), entry("a", "bc", ""), entry("a", "b", "d")]
                .iter()
                .map(Entry::digest)
                .collect();
        assert_eq!(digests.len(), 4);
    }
}
