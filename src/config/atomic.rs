//! Replacing a file so that a crash leaves the old or the new one, never half of either.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces `path` by `content`: a new 0600 file beside it (`O_CREAT|O_EXCL`, so no link is followed),
/// written, flushed to disk, renamed over the old one, and the folder flushed too.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a folder"))?;
    let (scratch, mut file) = create_beside(path)?;
    let written =
        file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&scratch, path));
    if let Err(error) = written {
        // The first failure is the one to tell; a scratch file that cannot be removed holds nothing new.
        let _ = fs::remove_file(&scratch);
        return Err(error);
    }
    sync_folder(folder)
}

fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("a file needs a name"))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut scratch_name = std::ffi::OsString::from(".");
    scratch_name.push(name);
    scratch_name.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    let scratch = path.with_file_name(scratch_name);
    let file = options.open(&scratch)?;
    Ok((scratch, file))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
