//! The walk over folders: as git sees them, without what is installed or built.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Content, Entry, Kind, Tree, classify, classify_content, kind};
use crate::text::{LoadError, Problem};

/// What a walk leaves out.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Globs in gitignore syntax.
    pub exclude: Vec<String>,
    /// The folder that the globs count from; the root of the report where there is none.
    pub exclude_from: Option<PathBuf>,
    /// Whether `.gitignore`, `.ignore` and git's own lists hold.
    pub respect_ignore_files: bool,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self { exclude: Vec::new(), exclude_from: None, respect_ignore_files: true }
    }
}

/// A file as the walk met it.
struct Found {
    path: PathBuf,
    kind: Kind,
    size: u64,
}

pub(super) fn walk(root: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Tree, Problem> {
    let here = canonical(root, root)?;
    let mut named = Vec::new();
    let whole_root = [PathBuf::from(".")];
    for path in if paths.is_empty() { &whole_root } else { paths } {
        named.push((path, canonical(&root.join(path), path)?));
    }
    let all: Vec<&Path> = named.iter().map(|(_, path)| path.as_path()).collect();
    let report_root = report_root(&here, &all);
    let exclude = exclusions(options, &report_root)?;

    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), 0);
    let mut folders = Vec::new();
    for (_, path) in &named {
        if path.is_dir() {
            folders.push(path.as_path());
        } else {
            seen += 1;
            match by_name(path) {
                Ok(file) => found.push(file),
                Err(why) => problems.push(Problem::of_file(shown_path(path, &report_root), why)),
            }
        }
    }
    seen += walk_folders(&folders, options, &exclude, &report_root, &mut found, &mut problems);

    let mut entries: Vec<(Entry, PathBuf)> = found
        .into_iter()
        .map(|file| (Entry { path: shown_path(&file.path, &report_root).into(), kind: file.kind, size: file.size }, file.path))
        .collect();
    entries.sort_by(|(a, a_path), (b, b_path)| a.path.cmp(&b.path).then_with(|| a_path.cmp(b_path)));
    entries.dedup_by(|(_, a), (_, b)| a == b);
    let (entries, contents) = entries
        .into_iter()
        .map(|(entry, path)| {
            let content = if report_root.join(&*entry.path) == path { Content::Below } else { Content::At(path) };
            (entry, content)
        })
        .unzip();
    problems.sort();
    let root_prefix = if here == report_root { String::new() } else { relative(&here, &report_root).unwrap_or_default() };
    Ok(Tree { entries, contents, root: report_root, root_prefix, problems, seen })
}

fn canonical(path: &Path, shown: &Path) -> Result<PathBuf, Problem> {
    std::fs::canonicalize(path).map_err(|why| {
        let message =
            if why.kind() == std::io::ErrorKind::NotFound { "no such file or folder".into() } else { format!("cannot be read: {why}") };
        Problem::of_file(shown.display().to_string(), message)
    })
}

/// The folder that paths in the report count from.
fn report_root(here: &Path, paths: &[&Path]) -> PathBuf {
    let holds_all = |folder: &Path| paths.iter().all(|path| path.starts_with(folder));
    let folder_of = |path: &Path| if path.is_dir() { path.to_path_buf() } else { path.parent().unwrap_or(path).to_path_buf() };
    let first = paths.first().map_or_else(|| here.to_path_buf(), |path| folder_of(path));
    let git = first.ancestors().find(|folder| folder.join(".git").exists());
    if let Some(git) = git.filter(|folder| holds_all(folder)) {
        return git.to_path_buf();
    }
    if holds_all(here) {
        return here.to_path_buf();
    }
    first.ancestors().find(|folder| holds_all(folder)).unwrap_or(&first).to_path_buf()
}

fn exclusions(options: &WalkOptions, report_root: &Path) -> Result<Gitignore, Problem> {
    let mut builder = GitignoreBuilder::new(options.exclude_from.as_deref().unwrap_or(report_root));
    for glob in &options.exclude {
        builder.add_line(None, glob).map_err(|why| Problem::of_file(glob, format!("not a glob: {why}")))?;
    }
    builder.build().map_err(|why| Problem::of_file("exclude", why.to_string()))
}

/// A file that was given by its name: read whatever its place, if its name or first line tells what it is.
fn by_name(path: &Path) -> Result<Found, String> {
    let meta = std::fs::metadata(path).map_err(|why| LoadError::Io(why).to_string())?;
    if !meta.is_file() {
        return Err(LoadError::NotAFile.to_string());
    }
    let kind = classify(&slashed(path)).or_else(|| sniff(path)).ok_or("not a kind of file that is read")?;
    Ok(Found { path: path.to_path_buf(), kind, size: meta.len() })
}

/// Walks folders in parallel; returns how many files were met.
fn walk_folders(
    folders: &[&Path],
    options: &WalkOptions,
    exclude: &Gitignore,
    report_root: &Path,
    found: &mut Vec<Found>,
    problems: &mut Vec<Problem>,
) -> u64 {
    let Some((first, rest)) = folders.split_first() else { return 0 };
    let mut builder = WalkBuilder::new(first);
    for folder in rest {
        builder.add(folder);
    }
    let respect = options.respect_ignore_files;
    let exclude = exclude.clone();
    builder
        .hidden(false)
        .follow_links(false)
        .ignore(respect)
        .git_ignore(respect)
        .git_exclude(respect)
        .git_global(respect)
        .parents(respect)
        .filter_entry(move |entry| is_wanted(entry, &exclude));
    let (sender, receiver) = mpsc::channel::<Option<Result<Found, ignore::Error>>>();
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let message = match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => read_entry(&entry).transpose(),
                Ok(_) => return WalkState::Continue,
                Err(why) => Some(Err(why)),
            };
            // The receiver lives until the walk is over.
            if sender.send(message).is_err() { WalkState::Quit } else { WalkState::Continue }
        })
    });
    drop(sender);
    let mut seen = 0;
    for message in receiver {
        seen += 1;
        match message {
            Some(Ok(file)) => found.push(file),
            Some(Err(why)) => problems.push(walk_problem(&why, report_root)),
            None => {}
        }
    }
    seen
}

/// A regular file of the walk, if something reads it.
fn read_entry(entry: &DirEntry) -> Result<Option<Found>, ignore::Error> {
    let path = entry.path();
    let by_name = classify(&slashed(path));
    if by_name.is_none() && path.extension().is_some() {
        return Ok(None);
    }
    let meta = entry.metadata()?;
    let kind = match by_name {
        Some(kind) => Some(kind),
        None if is_executable(&meta) => sniff(path),
        None => None,
    };
    Ok(kind.map(|kind| Found { path: path.to_path_buf(), kind, size: meta.len() }))
}

#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

fn sniff(path: &Path) -> Option<Kind> {
    let mut head = Vec::with_capacity(128);
    std::fs::File::open(path).ok()?.take(128).read_to_end(&mut head).ok()?;
    classify_content(&head)
}

/// Whether the walk goes into a folder or looks at a file. What the user named is always wanted.
fn is_wanted(entry: &DirEntry, exclude: &Gitignore) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let path = entry.path();
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    if !exclude.is_empty() && exclude.matched(path, is_folder).is_ignore() {
        return false;
    }
    let name = entry.file_name().to_string_lossy();
    let folder = path.parent();
    let parent = folder.and_then(Path::file_name).map(OsStr::to_string_lossy).unwrap_or_default();
    if name.starts_with('.') && !kind::hidden_is_read(&name, &parent, is_folder) {
        return false;
    }
    if parent == ".github" && !(is_folder && (name == "workflows" || name == "actions")) {
        return false;
    }
    if !is_folder {
        return true;
    }
    match &*name {
        "node_modules" | "__pycache__" | "site-packages" => false,
        "target" => !path.join("CACHEDIR.TAG").exists(),
        _ => !path.join("pyvenv.cfg").exists(),
    }
}

fn walk_problem(why: &ignore::Error, report_root: &Path) -> Problem {
    let mut path = None;
    let mut inner = why;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(at);
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let shown = path.map_or_else(|| shown_path(report_root, report_root), |path| shown_path(path, report_root));
    Problem::of_file(shown, format!("cannot be read: {inner}"))
}

/// A path as the report shows it: from the root where it lies below it.
fn shown_path(path: &Path, report_root: &Path) -> String {
    relative(path, report_root).unwrap_or_else(|| slashed(path))
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    path.strip_prefix(root).ok().map(slashed)
}

fn slashed(path: &Path) -> String {
    let shown = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { shown.into_owned() } else { shown.replace(std::path::MAIN_SEPARATOR, "/") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::fs;

    use super::*;
    use crate::discover::Words;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.entries().iter().map(|entry| &*entry.path).collect()
    }

    #[test]
    fn folders_are_seen_as_git_sees_them() {
        let folder = project(&[
            (".git/HEAD", ""),
            (".gitignore", "ignored.py\nbuild/\n"),
            ("a.py", ""),
            ("ignored.py", ""),
            ("build/b.py", ""),
            (".env", "A=1"),
            (".hidden.py", ""),
            (".hidden/x.py", ""),
            (".github/workflows/ci.yml", ""),
            (".github/stale.yml", ""),
            (".gitlab-ci.yml", ""),
            ("node_modules/x.py", ""),
            ("env3/pyvenv.cfg", ""),
            ("env3/lib/x.py", ""),
            ("lib/site-packages/x.py", ""),
            ("target/CACHEDIR.TAG", ""),
            ("target/x.rs", ""),
            ("src/target/y.rs", ""),
            ("README.md", ""),
        ]);
        let tree = Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap();
        assert_eq!(paths(&tree), [".env", ".github/workflows/ci.yml", ".gitlab-ci.yml", "a.py", "src/target/y.rs"]);
        assert_eq!(tree.seen(), 6);
        let all = WalkOptions { respect_ignore_files: false, ..WalkOptions::default() };
        assert!(paths(&Tree::walk(folder.path(), &[], &all).unwrap()).contains(&"build/b.py"));
    }

    #[test]
    fn named_files_are_taken_and_excluded_globs_are_not() {
        let folder = project(&[
            (".git/HEAD", ""),
            (".gitignore", "gen.py\n"),
            ("gen.py", "1"),
            ("src/a.py", ""),
            ("src/b_pb2.py", ""),
            ("old/c.py", ""),
        ]);
        let options = WalkOptions { exclude: vec!["*_pb2.py".into(), "/old".into()], ..WalkOptions::default() };
        let tree = Tree::walk(folder.path(), &[PathBuf::from("."), PathBuf::from("gen.py"), PathBuf::from("src/a.py")], &options).unwrap();
        assert_eq!(paths(&tree), ["gen.py", "src/a.py"]);
        assert_eq!(tree.text(0).unwrap(), "1");
        let bad = WalkOptions { exclude: vec!["a{b".into()], ..WalkOptions::default() };
        assert!(Tree::walk(folder.path(), &[], &bad).unwrap_err().to_string().starts_with("a{b: not a glob"));
    }

    #[test]
    fn paths_count_from_the_git_root() {
        let folder = project(&[(".git/HEAD", ""), ("pkg/src/a.py", "")]);
        let tree = Tree::walk(&folder.path().join("pkg"), &[PathBuf::from("src")], &WalkOptions::default()).unwrap();
        assert_eq!((paths(&tree), tree.root_prefix()), (vec!["pkg/src/a.py"], "pkg"));
        assert_eq!(tree.find("pkg/src/a.py"), Some(0));

        let bare = project(&[("pkg/src/a.py", ""), ("other/b.py", "")]);
        let tree = Tree::walk(bare.path(), &[PathBuf::from("pkg")], &WalkOptions::default()).unwrap();
        assert_eq!((paths(&tree), tree.root_prefix()), (vec!["pkg/src/a.py"], ""));
        let tree = Tree::walk(&bare.path().join("other"), &[bare.path().join("pkg")], &WalkOptions::default()).unwrap();
        assert_eq!(paths(&tree), ["src/a.py"]);
    }

    #[test]
    fn empty_folders_and_missing_paths() {
        let folder = project(&[]);
        assert!(Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap().entries().is_empty());
        let why = Tree::walk(folder.path(), &[PathBuf::from("none/x.py")], &WalkOptions::default()).unwrap_err();
        assert_eq!(why.to_string(), "none/x.py: no such file or folder");
    }

    #[test]
    fn a_folder_with_the_name_of_a_program_is_a_folder() {
        let folder = project(&[("x.py/y.py", "")]);
        assert_eq!(paths(&Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap()), ["x.py/y.py"]);
    }

    #[test]
    fn oversized_programs_are_told_and_the_others_searched() {
        let folder = project(&[("a.py", "Pool()"), ("data.json", "")]);
        for name in ["big.py", "data.json"] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_len(50_000_000).unwrap();
        }
        let tree = Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap();
        let found = tree.containing(&Words::new(&["Pool"]).unwrap(), |_| true);
        assert_eq!(found.hits.len(), 1);
        assert_eq!(found.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), ["big.py: larger than 20 MB, not read"]);
        assert!(matches!(tree.text(1), Err(LoadError::TooLarge { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_odd_names_do_no_harm() {
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::PermissionsExt as _;
        let outside = project(&[("secret.py", "")]);
        let folder = project(&[("a.py", "x = 1"), ("bin/tool", "#!/usr/bin/env python3\n"), ("bin/data", "#!/usr/bin/env python3\n")]);
        let at = |name: &str| folder.path().join(name);
        fs::set_permissions(at("bin/tool"), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("loop")).unwrap();
        std::os::unix::fs::symlink(outside.path(), at("out")).unwrap();
        std::os::unix::fs::symlink("self.py", at("self.py")).unwrap();
        fs::write(folder.path().join(OsStr::from_bytes(b"caf\xE9.py")), "y = 2").unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe.py")).status().unwrap();
        assert!(made.success());
        let socket = std::os::unix::net::UnixListener::bind(at("socket.py")).unwrap();
        let tree = Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap();
        assert_eq!(paths(&tree), ["a.py", "bin/tool", "caf\u{FFFD}.py"]);
        assert_eq!(tree.text(2).unwrap(), "y = 2");
        assert!(tree.problems().is_empty());
        drop(socket);

        let tree = Tree::walk(folder.path(), &[PathBuf::from("pipe.py"), PathBuf::from("a.py")], &WalkOptions::default()).unwrap();
        assert_eq!(paths(&tree), ["a.py"]);
        assert_eq!(tree.problems()[0].to_string(), "pipe.py: not a regular file");
        let why = Tree::walk(folder.path(), &[PathBuf::from("self.py")], &WalkOptions::default()).unwrap_err();
        assert!(why.to_string().starts_with("self.py: cannot be read"), "{why}");
    }

    #[test]
    fn files_that_vanish_are_problems() {
        let folder = project(&[("a.py", "Pool()"), ("b.py", "Pool()")]);
        let tree = Tree::walk(folder.path(), &[], &WalkOptions::default()).unwrap();
        fs::remove_file(folder.path().join("a.py")).unwrap();
        let found = tree.containing(&Words::new(&["Pool"]).unwrap(), |_| true);
        assert_eq!(found.hits.len(), 1);
        assert!(found.problems[0].to_string().starts_with("a.py: cannot be read"));
        assert!(tree.text(0).is_err());
    }
}
