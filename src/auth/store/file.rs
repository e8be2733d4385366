//! Sessions in files that only this account can read.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Entry, StoreError};
use crate::config::{ensure_private_folder, replace_file};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A folder of mode 0700 with one 0600 file per entry.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn file(&self, entry: &Entry) -> PathBuf {
        self.0.join(format!("{}.json", entry.digest()))
    }

    pub(super) fn read(&self, entry: &Entry) -> Result<Option<SecretString>, StoreError> {
        let path = self.file(entry);
        if !self.is_there()? {
            return Ok(None);
        }
        let named = match fs::symlink_metadata(&path) {
            Ok(named) => named,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk(&path, &error)),
        };
        if !named.is_file() {
            return Err(StoreError::Strange { path, expected: "file" });
        }
        let mut file = File::open(&path).map_err(|error| disk(&path, &error))?;
        let opened = file.metadata().map_err(|error| disk(&path, &error))?;
        // Between the look and the opening, a link could have been put there.
        if !same(&named, &opened) {
            return Err(StoreError::Strange { path, expected: "file" });
        }
        private(&path, &opened, 0o600)?;
        let mut text = String::new();
        file.by_ref().take(LARGEST).read_to_string(&mut text).map_err(|_| StoreError::Damaged("file"))?;
        Ok(Some(text.into()))
    }

    pub(super) fn write(&self, entry: &Entry, secret: &SecretString) -> Result<(), StoreError> {
        self.make()?;
        let path = self.file(entry);
        replace_file(&path, secret.expose_secret().as_bytes()).map_err(|error| disk(&path, &error))
    }

    pub(super) fn delete(&self, entry: &Entry) -> Result<(), StoreError> {
        let path = self.file(entry);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&path, &error)),
            _ => Ok(()),
        }
    }

    fn make(&self) -> Result<(), StoreError> {
        if self.is_there()? {
            return Ok(());
        }
        ensure_private_folder(&self.0).map_err(|error| disk(&self.0, &error))
    }

    fn is_there(&self) -> Result<bool, StoreError> {
        match fs::symlink_metadata(&self.0) {
            Ok(found) if found.is_dir() => private(&self.0, &found, 0o700).map(|()| true),
            Ok(_) => Err(StoreError::Strange { path: self.0.clone(), expected: "folder" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(disk(&self.0, &error)),
        }
    }
}

fn disk(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Disk { path: path.to_owned(), why: error.to_string() }
}

#[cfg(unix)]
fn private(path: &Path, found: &fs::Metadata, wanted: u32) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = found.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(StoreError::Lax { path: path.to_owned(), mode, wanted })
}

#[cfg(not(unix))]
fn private(_: &Path, _: &fs::Metadata, _: u32) -> Result<(), StoreError> {
    // The account's own folder is private to it there.
    Ok(())
}

#[cfg(unix)]
fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same(_: &fs::Metadata, other: &fs::Metadata) -> bool {
    other.is_file()
}
