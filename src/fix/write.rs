//! Writing files so that nobody ever sees half of one, not even after the process or the machine dies.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::FileChange;

/// Why a file was left as it is.
#[derive(Debug)]
pub enum Refusal {
    /// Its bytes are not the ones that were read.
    Changed,
    /// Its owner took away the right to write.
    ReadOnly,
    /// It is not UTF-8: it was decoded to be read and would not be the same file when written.
    NotUtf8,
    /// The system refused.
    Io(io::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => out.write_str("changed since it was read, left alone"),
            Self::ReadOnly => out.write_str("read-only, left alone"),
            Self::NotUtf8 => out.write_str("not UTF-8, left alone"),
            Self::Io(why) => write!(out, "cannot be written: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<io::Error> for Refusal {
    fn from(why: io::Error) -> Self {
        Self::Io(why)
    }
}

/// Makes a change in the file at `path`, if it still is what was read.
///
/// # Errors
/// See [`Refusal`]; the file is then as it was.
pub fn change(path: &Path, change: &FileChange) -> Result<(), Refusal> {
    let is_same = || -> Result<(), Refusal> {
        let bytes = std::fs::read(path)?;
        if bytes == change.before.as_bytes() {
            return Ok(());
        }
        let decoded = crate::text::decode(bytes).is_ok_and(|text| *text == *change.before);
        Err(if decoded { Refusal::NotUtf8 } else { Refusal::Changed })
    };
    is_same()?;
    if std::fs::metadata(path)?.permissions().readonly() {
        return Err(Refusal::ReadOnly);
    }
    // Looked at again at the last moment: an editor may have saved meanwhile.
    replace(path, change.after.as_bytes(), is_same)
}

/// Puts bytes into a file: as a whole or not at all. A link is followed; mode and owner stay. `may_go_on` is asked when the bytes
/// are on disk beside the file, before they take its place.
///
/// # Errors
/// When the place cannot be written or the disk is full, or what `may_go_on` says.
pub fn replace(path: &Path, bytes: &[u8], may_go_on: impl FnOnce() -> Result<(), Refusal>) -> Result<(), Refusal> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".advisor-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any new file gets; the process's mask takes away what the user does not want.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(&folder)?;
    temporary.write_all(bytes)?;
    if let Ok(present) = std::fs::metadata(&target) {
        keep_owner(temporary.path(), &present);
        temporary.as_file().set_permissions(present.permissions())?;
    }
    temporary.as_file().sync_all()?;
    may_go_on()?;
    temporary.persist(&target).map_err(|why| why.error)?;
    // The rename itself is lasting when the folder is; where a folder cannot be synced, nothing more can be done.
    if let Ok(folder) = std::fs::File::open(&folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Gives a file to the owner of another, as far as this process may: a run as root must not take files away from their owner.
#[cfg(unix)]
fn keep_owner(path: &Path, present: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let differs = std::fs::metadata(path).is_ok_and(|new| (new.uid(), new.gid()) != (present.uid(), present.gid()));
    if differs {
        let _ = chown(path, Some(present.uid()), Some(present.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &std::fs::Metadata) {}
