//! The log file. It tells what was done and never with which token: only this crate's own events are written,
//! and they carry no secret; the libraries that see tokens on the wire are not listened to at any level.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::EnvFilter;

/// The log's name in the data directory.
pub const FILE: &str = "idconsole.log";

/// A log that has grown to this many bytes becomes `idconsole.log.old` at the next start.
const LARGE: u64 = 4 * 1024 * 1024;

/// Starts writing events to the log in `data_dir`, which is made when it is missing. `level` is `error`,
/// `warn`, `info` or `debug`; anything else is `info`.
pub fn begin(data_dir: &Path, level: Option<&str>) -> io::Result<()> {
    let file = open(data_dir)?;
    let level = level.filter(|level| ["error", "warn", "info", "debug"].contains(level)).unwrap_or("info");
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(EnvFilter::new(format!("off,idconsole={level}")))
        .with_writer(Mutex::new(file))
        .finish();
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "started");
    Ok(())
}

fn open(data_dir: &Path) -> io::Result<File> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let path = data_dir.join(FILE);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        options.mode(0o600);
    }
    folder.create(data_dir)?;
    if std::fs::metadata(&path).is_ok_and(|about| about.len() > LARGE) {
        std::fs::rename(&path, data_dir.join(format!("{FILE}.old")))?;
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_large_log_is_put_aside_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        open(&data).unwrap().write_all(b"small\n").unwrap();
        open(&data).unwrap();
        assert_eq!(std::fs::read(data.join(FILE)).unwrap(), b"small\n");
        OpenOptions::new().write(true).open(data.join(FILE)).unwrap().set_len(LARGE + 1).unwrap();
        open(&data).unwrap();
        assert_eq!(std::fs::metadata(data.join(FILE)).unwrap().len(), 0);
        assert!(data.join("idconsole.log.old").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        open(&data).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.join(FILE)), 0o600);
        assert_eq!(mode(&data), 0o700);
    }
}
