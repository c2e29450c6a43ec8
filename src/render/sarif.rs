//! SARIF 2.1.0 (OASIS Standard with Errata 01) for code scanning.
//!
//! Every rule is listed with its page, whether it fired or not, so that the tool's part of the file depends on the version only.
//! Both ends of a finding are there: as related locations and as a code flow from the concurrency to the pool.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::place::{self, Place};
use super::{RenderOptions, RulePage, concise, escape, json as machine, severity_word};
use crate::finding::{Finding, Fix, Report, Safety};
use crate::text::{Problem, Sources, Span};
use crate::value::{Step, show_number};

/// The base that relative paths count from: the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// What a path keeps as it is: the unreserved characters of RFC 3986 and the separator.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The whole report.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    let mut rules: Vec<&RulePage<'_>> = options.rules.iter().collect();
    rules.sort_by_key(|rule| rule.id);
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut results = Vec::with_capacity(report.findings.len());
    for finding in &report.findings {
        let occurrence = seen.entry(&finding.key).or_default();
        *occurrence += 1;
        let index = rules.iter().position(|rule| rule.id == finding.rule);
        results.push(result(report, finding, index, *occurrence, options));
    }
    let notifications: Vec<_> = report.problems.iter().map(|problem| notification(problem, options)).collect();
    machine::write(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "advisor",
                "version": options.version,
                "semanticVersion": options.version,
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "originalUriBaseIds": {ROOT: {"description": {"text": "the root of the repository"}}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn descriptor(rule: &RulePage<'_>) -> Json {
    let page = without_front_matter(rule.page_markdown);
    json!({
        "id": rule.id,
        // Pages are our own text and take no arguments: their braces and links stay as they are.
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": first_paragraph(page).unwrap_or(rule.summary)},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": severity_word(rule.severity)},
        // Rules fire on what is known only and prefer a miss to a false alarm; how sure a result is stands in its own properties.
        "properties": {"tags": [rule.category], "precision": "high", "problem.severity": match severity_word(rule.severity) {
            "note" => "recommendation",
            other => other,
        }},
    })
}

fn without_front_matter(page: &str) -> &str {
    let body = ["---", "+++"].iter().find_map(|fence| page.strip_prefix(fence)?.split_once(&format!("\n{fence}\n")).map(|(_, body)| body));
    body.unwrap_or(page).trim_start()
}

/// The first paragraph of a page that is no heading.
fn first_paragraph(page: &str) -> Option<&str> {
    page.split("\n\n").map(str::trim).find(|part| !part.is_empty() && !part.starts_with('#'))
}

fn result(report: &Report, finding: &Finding, rule: Option<usize>, occurrence: usize, options: &RenderOptions<'_>) -> Json {
    let sources = &report.sources;
    let location = |span: Span, said: &str| json!({"physicalLocation": physical(place::place(sources, span), options), "message": {"text": message_text(said)}});
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.notes.iter().cloned());
    lines.extend(finding.suggestions.iter().map(|one| format!("advised: {} {}", one.setting, show_number(one.advised))));
    let markdown: Vec<_> = lines.iter().map(|line| braces(&escape::markdown(line))).collect();
    let related = finding.labels.iter().enumerate().map(|(index, label)| {
        let mut location = location(label.span, &label.message);
        location["id"] = json!(index + 1);
        location
    });
    let hash = fnv1a(finding.key.as_bytes());
    let fingerprint = if occurrence == 1 { format!("{hash:016x}") } else { format!("{hash:016x}:{occurrence}") };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": severity_word(finding.severity),
        "message": {
            "text": lines.iter().map(|line| message_text(line)).collect::<Vec<_>>().join("\n"),
            "markdown": markdown.join("\n\n"),
        },
        "locations": [location(finding.span, &finding.label)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": {"advisorKey/v1": fingerprint},
        "properties": {"certainty": concise::certainty_word(finding.certainty)},
    });
    if let Some(index) = rule {
        result["ruleIndex"] = json!(index);
    }
    let hops = hops(report, finding);
    if !hops.is_empty() {
        let hops = hops.into_iter().map(|step| match step.at {
            Some(span) => location(span, &step.said),
            None => json!({"message": {"text": message_text(&step.said)}}),
        });
        let hops = hops.chain(std::iter::once(location(finding.span, &finding.label)));
        let hops: Vec<_> = hops.map(|location| json!({"location": location})).collect();
        result["codeFlows"] = json!([{"threadFlows": [{"locations": hops}]}]);
    }
    let fixes: Vec<_> = finding.fixes.iter().filter(|fix| fix.safety != Safety::ShowOnly).map(|one| fix(sources, one, options)).collect();
    if !fixes.is_empty() {
        result["fixes"] = json!(fixes);
    }
    result
}

/// From where the demand is written down to the pool: the trail of the demand backwards, then the route; no step twice.
fn hops<'a>(report: &'a Report, finding: &'a Finding) -> Vec<&'a Step> {
    let mut hops: Vec<&Step> = Vec::new();
    let trail = place::case_of(report, finding).map_or(&[][..], |case| &case.demand.trail);
    for step in trail.iter().rev().chain(&finding.route) {
        if !hops.contains(&step) {
            hops.push(step);
        }
    }
    hops
}

/// Edits by file, in the order in which the files are met.
fn fix(sources: &Sources, fix: &Fix, options: &RenderOptions<'_>) -> Json {
    let mut changes: Vec<(Json, Vec<Json>)> = Vec::new();
    for edit in &fix.edits {
        let at = place::place(sources, edit.span);
        let artifact = artifact(at.path, options);
        let replacement = json!({"deletedRegion": region(at), "insertedContent": {"text": edit.replacement}});
        match changes.iter_mut().find(|(file, _)| *file == artifact) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((artifact, vec![replacement])),
        }
    }
    let changes: Vec<_> =
        changes.into_iter().map(|(file, replacements)| json!({"artifactLocation": file, "replacements": replacements})).collect();
    let warning = if fix.safety == Safety::Unsafe { " (unsafe: it changes load)" } else { "" };
    json!({"description": {"text": message_text(&format!("{}{warning}", fix.title))}, "artifactChanges": changes})
}

fn notification(problem: &Problem, options: &RenderOptions<'_>) -> Json {
    let mut physical = json!({"artifactLocation": artifact(&problem.path, options)});
    if let Some((line, column)) = problem.at {
        physical["region"] = json!({"startLine": line.max(1), "startColumn": column.max(1)});
    }
    json!({"level": "warning", "message": {"text": message_text(&problem.message)}, "locations": [{"physicalLocation": physical}]})
}

fn physical(at: Place<'_>, options: &RenderOptions<'_>) -> Json {
    json!({"artifactLocation": artifact(at.path, options), "region": region(at)})
}

fn region(at: Place<'_>) -> Json {
    json!({"startLine": at.start.line, "startColumn": at.start.column, "endLine": at.end.line, "endColumn": at.end.column})
}

/// A path relative to the repository, or a `file:` URI where it lies outside.
fn artifact(path: &str, options: &RenderOptions<'_>) -> Json {
    let encode = |path: &str| utf8_percent_encode(path, PATH).to_string();
    if path.starts_with('/') {
        return json!({"uri": format!("file://{}", encode(path))});
    }
    json!({"uri": encode(&format!("{}{path}", options.prefix)), "uriBaseId": ROOT})
}

/// Plain text of a message: one line, braces doubled, and nothing looks like an embedded link (section 3.11.6).
fn message_text(text: &str) -> String {
    braces(&escape::line(text)).replace("](", "] (")
}

/// `{` and `}` would be placeholders: section 3.11.5 has them doubled.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// FNV-1a, 64 bits: small, and the same in every version of every compiler, which the standard library's hashers do not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!((fnv1a(b""), fnv1a(b"a"), fnv1a(b"foobar")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8));
    }

    #[test]
    fn pages_lose_their_front_matter() {
        let page = "+++\nsummary = \"x\"\n+++\n\n# title\n\nFirst.\nStill first.\n\nSecond.\n";
        assert_eq!(without_front_matter(page), "# title\n\nFirst.\nStill first.\n\nSecond.\n");
        assert_eq!(first_paragraph(without_front_matter(page)), Some("First.\nStill first."));
        assert_eq!(without_front_matter("# t\n"), "# t\n");
    }
}
