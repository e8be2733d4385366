//! The log file. It tells what was done and never with which token: only this crate's own events are written,
//! and they carry no secret; the libraries that see tokens on the wire are not listened to at any level.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// The log's name in the data directory.
pub const FILE: &str = "idconsole.log";

/// A log that has grown to this many bytes becomes `idconsole.log.old` at the next start.
const LARGE: u64 = 4 * 1024 * 1024;

/// Starts writing events to the log in `data_dir`, which is made when it is missing. `level` is `error`,
/// `warn`, `info` or `debug`; anything else is `info`. With `aloud` every request is told on standard error as well.
pub fn begin(data_dir: &Path, level: Option<&str>, aloud: bool) -> io::Result<()> {
    let file = open(data_dir)?;
    let level = level.filter(|level| ["error", "warn", "info", "debug"].contains(level)).unwrap_or("info");
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .with_filter(EnvFilter::new(format!("off,idconsole={level}")));
    let requests = filter_fn(|about| ASKING.contains(&about.target()));
    let aloud = aloud.then_some(Aloud).with_filter(requests);
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(log).with(aloud));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "started");
    Ok(())
}

/// The two rooms that ask somebody.
const ASKING: [&str; 2] = ["idconsole::platform::transport", "idconsole::auth::http"];

/// `--verbose`: one line for every request, without what it carries.
struct Aloud;

impl<S: tracing::Subscriber> Layer<S> for Aloud {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        // When standard error is gone there is nobody to tell.
        let _ = writeln!(io::stderr(), "{}", told.line());
    }
}

/// What an event says, in the order in which it is written.
#[derive(Default)]
struct Told {
    request: String,
    rest: String,
    message: String,
}

impl Told {
    fn line(&self) -> String {
        format!("{} {}{}", self.message, self.request, self.rest)
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "request" => write!(self.request, "{value:?}"),
            "message" => write!(self.message, "{value:?}"),
            "status" => write!(self.rest, "  {value:?}"),
            "bytes" => write!(self.rest, "  {value:?} B"),
            name => write!(self.rest, "  {name} {value:?}"),
        };
    }
}

fn open(data_dir: &Path) -> io::Result<File> {
    let path = data_dir.join(FILE);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    crate::config::ensure_private_folder(data_dir)?;
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
