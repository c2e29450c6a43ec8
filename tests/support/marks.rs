//! Marks at line ends: what a fixture's author wants on that line.
//!
//! `# <- rule` a finding of this rule has its primary span on this line · `# = name value, name value` settings of the pool that is
//! made here · `# effective value` what it lets through to one host · `# demand value` what runs through it · `# no pool` looks like one.
//! In Rust a mark starts with `// ` instead of `#`.

use pool_advisor::finding::{Pool, Report};
use pool_advisor::text::Span;
use pool_advisor::value::Amount;

use super::{Files, said};

/// One wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// A finding of this rule.
    Finding(String),
    /// A setting of the pool and its value.
    Setting(String, String),
    /// What the pool lets through.
    Effective(String),
    /// What runs through the pool.
    Demand(String),
    /// No pool is made here.
    NoPool,
}

/// The marks of one line.
pub fn of_line(line: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    for piece in pieces(line) {
        if let Some(rule) = piece.strip_prefix("<- ") {
            marks.push(Mark::Finding(rule.trim().to_string()));
        } else if let Some(settings) = piece.strip_prefix("= ") {
            for (name, value) in settings.split(',').filter_map(|setting| setting.trim().split_once(' ')) {
                marks.push(Mark::Setting(name.to_string(), value.trim().to_string()));
            }
        } else if let Some(value) = piece.strip_prefix("effective ") {
            marks.push(Mark::Effective(value.trim().to_string()));
        } else if let Some(value) = piece.strip_prefix("demand ") {
            marks.push(Mark::Demand(value.trim().to_string()));
        } else if piece == "no pool" {
            marks.push(Mark::NoPool);
        }
    }
    marks
}

/// What stands behind each sign that opens a comment, in either language.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    line.split('#').flat_map(|part| part.split("// ")).skip(1).map(str::trim)
}

/// A line without its marks.
pub fn stripped(line: &str) -> &str {
    let mut cut = line.len();
    for (at, sign) in line.match_indices('#').chain(line.match_indices("// ")) {
        let piece = pieces(&line[at..]).next().unwrap_or("");
        if of_line(line.get(..at).unwrap_or("")).is_empty() && !of_line(&format!("{sign}{piece}")).is_empty() {
            cut = cut.min(at);
        }
    }
    line[..cut].trim_end()
}

/// All marks of a project: path, line from 1, mark.
pub fn of_files(files: &Files) -> Vec<(String, usize, Mark)> {
    let mut all = Vec::new();
    for (path, bytes) in files {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        for (at, line) in text.lines().enumerate() {
            all.extend(of_line(line).into_iter().map(|mark| (path.clone(), at + 1, mark)));
        }
    }
    all
}

/// Everything in which a report differs from the marks, one a line; empty where it does not.
pub fn differences(files: &Files, report: &Report) -> Vec<String> {
    let marks = of_files(files);
    let mut wrong = Vec::new();
    let mut wanted: Vec<(String, String, usize)> = marks
        .iter()
        .filter_map(|(path, line, mark)| match mark {
            Mark::Finding(rule) => Some((rule.clone(), path.clone(), *line)),
            _ => None,
        })
        .collect();
    for (rule, path, line) in said(report) {
        match wanted.iter().position(|want| *want == (rule.clone(), path.clone(), line)) {
            Some(at) => drop(wanted.swap_remove(at)),
            None => wrong.push(format!("{path}:{line}: {rule} was reported and is not marked")),
        }
    }
    wrong.extend(wanted.iter().map(|(rule, path, line)| format!("{path}:{line}: {rule} is marked and was not reported")));
    let mut lines: Vec<(String, usize)> = marks.iter().map(|(path, line, _)| (path.clone(), *line)).collect();
    lines.dedup();
    for (path, line) in lines {
        let here: Vec<&Mark> = marks.iter().filter(|(p, l, _)| *p == path && *l == line).map(|(_, _, mark)| mark).collect();
        wrong.extend(of_pools(report, &path, line, &here));
    }
    wrong.sort();
    wrong
}

fn of_pools(report: &Report, path: &str, line: usize, marks: &[&Mark]) -> Vec<String> {
    let is_here = |span: &Span| &*report.sources.get(span.file).path == path && report.sources.position(*span).line == line;
    let pools: Vec<(usize, &Pool)> =
        report.pools.iter().enumerate().filter(|(_, pool)| is_here(&pool.span) || pool.also.iter().any(is_here)).collect();
    let wishes: Vec<&&Mark> = marks.iter().filter(|mark| !matches!(mark, Mark::Finding(_))).collect();
    if wishes.iter().any(|mark| matches!(mark, Mark::NoPool)) {
        return pools.iter().map(|(_, pool)| format!("{path}:{line}: {} is listed as a pool and is none", pool.symbol)).collect();
    }
    if wishes.is_empty() {
        return Vec::new();
    }
    let missed: Vec<Vec<String>> =
        pools.iter().map(|(at, pool)| wishes.iter().filter_map(|mark| missing(report, *at, pool, mark)).collect()).collect();
    match missed.iter().min_by_key(|missed| missed.len()) {
        None => vec![format!("{path}:{line}: no pool was found here")],
        Some(least) => least.iter().map(|what| format!("{path}:{line}: {what}")).collect(),
    }
}

fn missing(report: &Report, at: usize, pool: &Pool, mark: &Mark) -> Option<String> {
    match mark {
        Mark::Setting(name, value) => match pool.settings.iter().find(|setting| setting.name == *name) {
            None => Some(format!("{} has no setting {name}", pool.symbol)),
            Some(setting) if matches(value, &setting.value.amount) => None,
            Some(setting) => Some(format!("{name} should be {value} and is {}", setting.value.amount)),
        },
        Mark::Effective(value) if matches(value, &pool.capacity.effective.amount) => None,
        Mark::Effective(value) => Some(format!("lets through {}, not {value}", pool.capacity.effective.amount)),
        Mark::Demand(value) => {
            let demands: Vec<&Amount> = report.cases.iter().filter(|case| case.pool == at).map(|case| &case.demand.amount).collect();
            if demands.iter().any(|demand| matches(value, demand)) {
                return None;
            }
            let shown: Vec<String> = demands.iter().map(ToString::to_string).collect();
            Some(format!("demand should be {value} and is [{}]", shown.join(", ")))
        }
        Mark::Finding(_) | Mark::NoPool => None,
    }
}

/// Whether an amount is what a mark says: `unknown` for any unknown, else its text.
pub fn matches(mark: &str, amount: &Amount) -> bool {
    if mark == "unknown" { amount.is_unknown() } else { amount.to_string() == mark }
}
