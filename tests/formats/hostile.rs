//! Text that a terminal, a runner, a viewer or a browser might obey, in every place where text of the scanned code can stand.

use pool_advisor::finding::{Case, Concurrency, ConcurrencyKind, Edit, Fix, Pool, Report, Safety, Setting};
use pool_advisor::render::{Format, inventory, render, show};
use pool_advisor::text::Problem;
use pool_advisor::value::{Amount, How, Step, Value};

use super::story::{number, on, step, story};
use super::{assert_sarif, assert_valid, options, report_schema};

/// Everything a terminal, a runner or a viewer might obey.
const HOSTILE: &str = "x\u{1b}[31m\u{9b}2J\u{7}\r\n::error::boo\n::set-output name=a::b\u{202e}\u{2066}\u{200b}%0A [a](http://e){0}<b>`";

fn hostile() -> Report {
    let path = format!("d,:%/{HOSTILE}.py");
    let text = format!("a = '{HOSTILE}'\npool(30)\n");
    let mut report = on(&path, &text, 3..text.len() - 2);
    let finding = &mut report.findings[0];
    finding.message = HOSTILE.into();
    finding.label = HOSTILE.into();
    finding.labels[0].message = HOSTILE.into();
    finding.notes = vec![HOSTILE.into()];
    finding.route = vec![step(finding.span, HOSTILE), Step { at: None, said: HOSTILE.into() }];
    finding.suggestions[0].setting = HOSTILE.into();
    finding.suggestions[0].floor_why = HOSTILE.into();
    finding.fixes =
        vec![Fix { title: HOSTILE.into(), safety: Safety::Unsafe, edits: vec![Edit { span: finding.span, replacement: HOSTILE.into() }] }];
    finding.key = HOSTILE.into();
    let span = finding.span;
    let mut other = story();
    let value = number(Amount::Text(HOSTILE.into()), span, How::Parameter, vec![step(span, HOSTILE)]);
    let pool = Pool {
        span,
        also: vec![span],
        symbol: HOSTILE.into(),
        library: HOSTILE.into(),
        version: Some(HOSTILE.into()),
        bound_to: HOSTILE.into(),
        owner: HOSTILE.into(),
        in_tests: false,
        settings: vec![Setting { name: HOSTILE.into(), value: value.clone(), written_at: None }],
        ..other.pools.remove(1)
    };
    let case = Case {
        pool: 0,
        concurrency: vec![0],
        because: HOSTILE.into(),
        route: report.findings[0].route.clone(),
        demand: value.clone(),
        ..other.cases.remove(0)
    };
    report.pools = vec![pool];
    report.concurrency = vec![Concurrency { span, kind: ConcurrencyKind::Flag, name: HOSTILE.into(), value }];
    report.cases = vec![Case { supply: other.concurrency[0].value.clone(), ..case }];
    report.problems = vec![Problem { path, at: Some((1, 1)), message: HOSTILE.into() }];
    // The template's values point into its own texts.
    for case in &mut report.cases {
        case.supply = Value::unknown(HOSTILE);
    }
    for pool in &mut report.pools {
        let capacity = &mut pool.capacity;
        (capacity.total, capacity.per_host) = (None, None);
        capacity.effective = Value::unknown(HOSTILE);
        capacity.decided_by = HOSTILE.into();
    }
    report
}

#[test]
fn hostile_text_gives_the_terminal_nothing_to_obey() {
    let report = hostile();
    let texts = [
        render(Format::Human, &report, &options()),
        render(Format::Concise, &report, &options()),
        inventory::text(&report, &options()),
        show::values(&report),
        show::cases(&report),
        render(Format::Github, &report, &options()),
        render(Format::Json, &report, &options()),
        render(Format::Sarif, &report, &options()),
    ];
    for text in texts {
        let bad = text.chars().find(|&c| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(c)));
        assert_eq!(bad, None, "{text}");
        assert!(!text.lines().any(|line| line.starts_with("::error") || line.starts_with("::set-output")), "{text}");
    }
}

#[test]
fn hostile_text_cannot_end_a_workflow_command() {
    let text = render(Format::Github, &hostile(), &options());
    assert_eq!(text.lines().count(), 2, "one finding and one problem:\n{text}");
    for line in text.lines() {
        let properties = line.strip_prefix("::warning ").and_then(|rest| rest.split_once("::")).unwrap().0;
        let names: Vec<_> = properties.split(',').map(|property| property.split_once('=').unwrap().0).collect();
        assert_eq!(names.first(), Some(&"file"));
        assert!(names.iter().all(|name| ["file", "line", "col", "endLine", "endColumn", "title"].contains(name)), "{names:?}");
        assert!(properties.contains("d%2C%3A%25/"), "{properties}");
    }
}

#[test]
fn hostile_text_stays_text_in_json_and_sarif() {
    let report = assert_valid(report_schema(), &render(Format::Json, &hostile(), &options()));
    assert_eq!(report["findings"][0]["message"], HOSTILE);
    let log = assert_sarif(&render(Format::Sarif, &hostile(), &options()));
    let result = &log["runs"][0]["results"][0];
    let (text, markdown) = (result["message"]["text"].as_str().unwrap(), result["message"]["markdown"].as_str().unwrap());
    assert!(!text.contains("](") && text.contains("{{0}}"), "{text}");
    assert!(markdown.contains("\\[a\\]\\(http://e\\)") && markdown.contains("&lt;b") && markdown.contains("\\`"), "{markdown}");
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("d%2C%3A%25/x%1B%5B31m") && uri.is_ascii(), "{uri}");
}

/// The elements that a page has, by name, end tags with their `/`.
fn elements(page: &str) -> std::collections::BTreeSet<String> {
    let names = page.split('<').skip(1).map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "/!".contains(*c)).collect());
    names.filter(|name: &String| !name.is_empty()).collect()
}

#[test]
fn hostile_text_adds_nothing_to_a_page() {
    let plain = render(Format::Html, &story(), &options());
    let mut report = hostile();
    let markup = "x</script></style></title></svg>-->]]><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='alert(1)' &lt;";
    report.findings[0].message = format!("{HOSTILE} {markup}");
    report.findings[0].notes.push(markup.into());
    report.findings[0].route[1].said = markup.into();
    report.pools[0].symbol = markup.into();
    report.concurrency[0].name = markup.into();
    report.cases[0].because = markup.into();
    report.sources.rename(|path| format!("{markup}/{path}"));
    let page = render(Format::Html, &report, &options());
    assert!(page.contains("alert(1)"), "the text is shown");
    let more: Vec<_> = elements(&page).difference(&elements(&plain)).cloned().collect();
    // `code` and the like are ours; what the text brought would be an image, a bold text or a link.
    assert!(more.iter().all(|name| !["b", "img", "a", "iframe"].contains(&name.as_str())), "{more:?}");
    for tag in ["<script", "</script", "<style", "</style", "<svg", "</svg", "<title", "</title"] {
        let (ours, all) = (plain.matches(tag).count(), page.matches(tag).count());
        assert!(all <= ours, "{tag}: {all} instead of {ours}");
    }
    let bad = page.char_indices().find(|&(_, c)| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(c)));
    assert_eq!(bad.map(|(at, _)| page[at..].chars().take(80).collect::<String>()), None);
}

/// Names of files and folders, of variables and texts in programs, as a stranger's repository may have them, through the real program.
#[cfg(target_os = "linux")]
#[test]
fn a_hostile_repository_gives_no_output_anything_to_obey() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{1b}]0;owned\u{7}\n::error::boo\r<img src=x onerror=alert(1)>[l](http:e)`,%0A";
    let code = "import asyncio, aiohttp\n\nasync def main(urls):\n    slots = asyncio.Semaphore(50)  # \u{1b}[31m </script><img src=x onerror=alert(1)> ::error::boo\n    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=7)) as s:  # \u{202e} \u{1b}[2J </script><img src=x onerror=alert(1)>\n        async def one(u):\n            async with slots:\n                async with s.get(u) as r:\n                    return await r.text()\n        await asyncio.gather(*(one(u) for u in urls))\n";
    std::fs::create_dir(folder.path().join(name)).unwrap();
    std::fs::write(folder.path().join(name).join(format!("{name}.py")), code).unwrap();
    std::fs::write(folder.path().join(name).join("broken.py"), "TCPConnector(\u{1b}[31m\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_advisor"));
        let output = command.args(arguments).current_dir(folder.path()).env_clear().output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let formats = ["human", "concise", "json", "sarif", "github", "html"].map(|format| vec!["scan", "--output", format]);
    let more = [vec!["pools"], vec!["show", "values"], vec!["show", "cases"], vec!["show", "files"], vec!["scan", "--verbose", "--stats"]];
    for arguments in formats.into_iter().chain(more) {
        for text in run(&arguments) {
            let bad = text.chars().find(|&c| c != '\n' && (c.is_control() || c == '\u{202e}'));
            assert_eq!(bad, None, "{arguments:?}: {text}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::error::")), "{arguments:?}: {text}");
            if arguments.last() == Some(&"html") {
                assert!(!text.contains("<img") && text.matches("</script").count() == text.matches("<script").count(), "{text}");
            }
        }
    }
    let [sarif, _] = run(&["scan", "--output", "sarif"]);
    let log = assert_sarif(&sarif);
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let markdown = result["message"]["markdown"].as_str().unwrap();
        assert!(!markdown.contains("<img") && !markdown.contains("[l]("), "{markdown}");
    }
    assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty());
}
