//! Ways to change a project that must not change what is said about it, and ways to break it.

use super::Files;
use super::marks::stripped;

/// Other orders of the same files: reversed, and turned by one.
pub fn reorderings(files: &Files) -> Vec<Files> {
    let mut reversed = files.clone();
    reversed.reverse();
    let mut turned = files.clone();
    if !turned.is_empty() {
        turned.rotate_left(1);
    }
    vec![reversed, turned]
}

/// The same texts with Windows line ends; what is no UTF-8 stays as it is.
pub fn with_crlf(files: &Files) -> Files {
    let crlf = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes(),
        Err(_) => bytes.to_vec(),
    };
    files.iter().map(|(path, bytes)| (path.clone(), crlf(bytes))).collect()
}

/// About `count` copies in which one file ends early, at offsets spread over all files: path, offset, files.
pub fn cuts(files: &Files, count: usize) -> impl Iterator<Item = (String, usize, Files)> + '_ {
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let count = count.min(total);
    (0..count).filter_map(move |step| {
        let mut offset = total * step / count.max(1);
        let at = files.iter().position(|(_, bytes)| {
            let here = offset < bytes.len();
            offset -= if here { 0 } else { bytes.len() };
            here
        })?;
        let mut cut = files.clone();
        cut[at].1.truncate(offset);
        Some((files[at].0.clone(), offset, cut))
    })
}

/// The project with an ignore comment for `rule` in place of the marks of one line; `None` where there is no such line.
pub fn ignoring(files: &Files, path: &str, line: usize, rule: &str) -> Option<Files> {
    let mut silent = files.clone();
    let (_, bytes) = silent.iter_mut().find(|(name, _)| name == path)?;
    let text = String::from_utf8(bytes.clone()).ok()?;
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let old = lines.get_mut(line.checked_sub(1)?)?;
    let sign = if path.ends_with(".rs") { "//" } else { "#" };
    *old = format!("{}  {sign} advisor: ignore[{rule}] meant so", stripped(old));
    *bytes = (lines.join("\n") + "\n").into_bytes();
    Some(silent)
}
