//! Where the addresses of members are kept for completions. Whatever ends a session ends them too, so this stands below
//! commands and console.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::Paths;

/// The file with the addresses of a connection.
pub fn file(paths: &Paths, connection: &str) -> PathBuf {
    let digest = Sha256::digest(connection.as_bytes());
    let name = digest.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    paths.data_dir().join("completions").join(name)
}

/// Forgets the addresses of a connection. That it cannot be done is no reason to stay signed in.
pub fn forget(paths: &Paths, connection: &str) {
    match std::fs::remove_file(file(paths, connection)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "addresses for completions stay");
        }
        _ => {}
    }
}
