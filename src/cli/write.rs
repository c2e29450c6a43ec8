//! Writing files so that nobody ever sees half of one.

use std::io::Write as _;
use std::path::Path;

use super::Failure;
use crate::fix::{self, Refusal};

/// Puts a text into a file: as a whole or not at all. A link is followed; a device or a pipe is written to as it is.
///
/// # Errors
/// When the place cannot be written or the disk is full.
pub(super) fn file(path: &Path, text: &str) -> Result<(), Failure> {
    write(path, text).map_err(|why| Failure::new(format!("{}: cannot be written: {why}", path.display())))
}

/// Whether a file may be written there, without leaving a trace.
///
/// # Errors
/// When it is a folder, or its folder is not there or takes no file.
#[cfg(feature = "probe")]
pub(super) fn is_possible(path: &Path) -> Result<(), Failure> {
    let cannot = |why: &dyn std::fmt::Display| Failure::new(format!("{}: cannot be written: {why}", path.display()));
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    match std::fs::metadata(&target) {
        Ok(meta) if meta.is_dir() => return Err(cannot(&"it is a folder")),
        Ok(meta) if !meta.is_file() => return Ok(()),
        _ => {}
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder).map(drop).map_err(|why| cannot(&why))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if let Ok(meta) = std::fs::metadata(&target)
        && !meta.is_file()
        && !meta.is_dir()
    {
        let mut device = std::fs::OpenOptions::new().write(true).open(&target)?;
        return device.write_all(text.as_bytes()).and_then(|()| device.flush());
    }
    match fix::replace(&target, text.as_bytes(), || Ok(())) {
        Err(Refusal::Io(why)) => Err(why),
        Err(other) => Err(std::io::Error::other(other)),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn files_are_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        file(&path, "one").unwrap();
        file(&path, "2").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("no/such/folder.json")] {
            let Failure(messages) = file(&path, "x").unwrap_err();
            assert!(messages[0].contains("cannot be written"), "{messages:?}");
            #[cfg(feature = "probe")]
            assert!(is_possible(&path).is_err());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_are_respected() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        std::fs::write(&real, "old").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        file(&link, "new").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        file(Path::new("/dev/null"), "gone").unwrap();
        let Failure(full) = file(Path::new("/dev/full"), "x").unwrap_err();
        assert!(full[0].starts_with("/dev/full: cannot be written"), "{full:?}");
    }
}
