//! Files that only this account can read, and replacing one so that a crash leaves the old or the new one, never half
//! of either.

use std::fs::{self, DirBuilder, File, OpenOptions};
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

/// A new file that only this account can read; one that is there, or a link of that name, is left alone.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new folder that only this account can read.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    private_folders().create(path)
}

/// The same with every folder above it that is missing; one that is there stays as it is.
pub fn ensure_private_folder(path: &Path) -> io::Result<()> {
    private_folders().recursive(true).create(path)
}

fn private_folders() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("a file needs a name"))?;
    let mut scratch_name = std::ffi::OsString::from(".");
    scratch_name.push(name);
    scratch_name.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    let scratch = path.with_file_name(scratch_name);
    let file = create_private(&scratch)?;
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
