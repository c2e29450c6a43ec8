//! Changes on disk: whole or not at all, and only in the file that was read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pool_advisor::fix::{FileChange, Refusal, change};

fn of(before: &str, after: &str) -> FileChange {
    FileChange { path: "a.py".into(), before: before.into(), after: after.into() }
}

fn only_file_in(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().count() == 1
}

#[test]
fn a_file_that_is_not_what_was_read_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.py");
    std::fs::write(&path, "x = 2\n").unwrap();
    let told = change(&path, &of("x = 1\n", "x = 9\n")).unwrap_err();
    assert!(matches!(told, Refusal::Changed), "{told}");
    assert_eq!(told.to_string(), "changed since it was read, left alone");
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain("x = 1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(&path, &wide).unwrap();
    let told = change(&path, &of("x = 1\n", "x = 9\n")).unwrap_err();
    assert!(matches!(told, Refusal::NotUtf8), "{told}");
    assert_eq!(std::fs::read(&path).unwrap(), wide);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(change(&path, &of("x", "y")), Err(Refusal::Io(_))));
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn mode_and_links_stay_and_read_only_files_too() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.py");
    std::fs::write(&path, "\u{feff}x = 1\r\n").unwrap();
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o751);
    let owner = std::fs::metadata(&path).unwrap().uid();
    change(&path, &of("\u{feff}x = 1\r\n", "\u{feff}x = 2\r\n")).unwrap();
    let meta = std::fs::metadata(&path).unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.uid()), (0o751, owner));
    assert_eq!(std::fs::read(&path).unwrap(), "\u{feff}x = 2\r\n".as_bytes());
    set(0o444);
    let told = change(&path, &of("\u{feff}x = 2\r\n", "x")).unwrap_err();
    assert!(matches!(told, Refusal::ReadOnly), "{told}");
    assert!(only_file_in(folder.path()));
    set(0o644);
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.py");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    change(&link, &of("\u{feff}x = 2\r\n", "x = 3\n")).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x = 3\n");
}

/// A folder with many files to fix, large enough that writing takes a while.
fn many(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let filler = "# a line that says nothing\n".repeat(2_000);
    (0..40)
        .map(|number| {
            let path = folder.join(format!("file_{number:02}.py"));
            let text =
                format!("import aiohttp\n{filler}x = 1  # advisor: ignore[limits-ignored] not any more\ns = aiohttp.TCPConnector()\n");
            std::fs::write(&path, &text).unwrap();
            (path, text.into_bytes())
        })
        .collect()
}

/// The process is killed with SIGKILL while it writes, again and again: every file is the old one or the new one, byte for byte.
#[cfg(unix)]
#[test]
fn a_killed_process_leaves_every_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (mut mixed, mut rounds) = (0, 0u32);
    let deadline = Instant::now() + Duration::from_secs(60);
    while mixed < 5 && Instant::now() < deadline {
        let files = many(folder.path());
        let mut child = Command::new(env!("CARGO_BIN_EXE_advisor"))
            .args(["scan", "--no-config", "--fix", "--quiet"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Wait until it has begun to write, then a little longer, each time another while.
        let is_old = |(path, old): &(PathBuf, Vec<u8>)| std::fs::read(path).unwrap() == *old;
        while is_old(&files[0]) && child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(u64::from(rounds * 977 % 4_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut counts = [0, 0];
        for (path, old) in &files {
            let bytes = std::fs::read(path).unwrap();
            let new = String::from_utf8_lossy(old).replace("  # advisor: ignore[limits-ignored] not any more", "").into_bytes();
            assert!(bytes == *old || bytes == new, "{} is neither the old nor the new file", path.display());
            counts[usize::from(bytes == new)] += 1;
        }
        mixed += u32::from(counts[0] > 0 && counts[1] > 0);
        rounds += 1;
    }
    assert!(mixed > 0, "the process was never caught while it wrote, in {rounds} runs");
}
