//! Reports made by hand: the story that started the project, and one finding on any bytes of any text.

use pool_advisor::finding::{
    AtLimit, Capacity, Case, Concurrency, ConcurrencyKind, Counters, Edit, Estimate, EstimateUnit, Finding, Fix, Label, Pool, Report,
    Safety, Setting, Severity, Suggestion, Verdict, Waits,
};
use pool_advisor::queueing::{Limits, Scenario};
use pool_advisor::settings::Load;
use pool_advisor::text::{FileId, Language, Problem, Sources, Span};
use pool_advisor::value::{Amount, Certainty, How, Step, Value};

const LLM: &str = r#"import aiohttp


def make_handle(timeout):
    session = None

    async def handle(line):
        nonlocal session
        if session is None:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100, limit_per_host=30))
        async with session.post(URL, json=line, timeout=timeout) as answer:
            return await answer.json()

    return handle
"#;

const MAIN: &str = r#"import argparse, asyncio
from app.llm import make_handle


async def run(args):
    handle = make_handle(args.llm_timeout)
    sem = asyncio.Semaphore(args.concurrent)

    async def one(line):
        async with sem:
            return await handle(line)

    return await asyncio.gather(*(one(line) for line in open(args.jsonl)))


parser = argparse.ArgumentParser()
parser.add_argument("--concurrent", type=int, default=100)
"#;

const RUN: &str = "#!/bin/sh\npython -m app.main --jsonl small.jsonl --concurrent 500 --llm-timeout 120\n";

/// The first place in a file where `needle` stands.
fn span(sources: &Sources, file: FileId, needle: &str) -> Span {
    let start = sources.get(file).text.find(needle).expect("the needle stands in the text");
    Span::new(file, start, start + needle.len())
}

pub fn step(at: Span, said: &str) -> Step {
    Step { at: Some(at), said: said.into() }
}

pub fn number(amount: Amount, at: Span, how: How, trail: Vec<Step>) -> Value {
    Value { amount, certainty: Certainty::Declared, how, defined_at: Some(at), trail, same_as: vec![] }
}

/// The story that started the project: 500 tasks share a pool of 30.
pub fn story() -> Report {
    let mut sources = Sources::default();
    let (llm, main, run) = (sources.add("app/llm.py", LLM), sources.add("app/main.py", MAIN), sources.add("run.sh", RUN));
    let s = &sources;
    let within = |file, around: &str, needle: &str| {
        let outer = span(s, file, around);
        let start = outer.start as usize + around.find(needle).unwrap();
        Span::new(file, start, start + needle.len())
    };
    let call = span(s, llm, "aiohttp.TCPConnector(limit=100, limit_per_host=30)");
    let thirty = within(llm, "limit_per_host=30", "30");
    let hundred = within(llm, "limit=100", "100");
    let given = within(run, "--concurrent 500", "500");
    let semaphore = span(s, main, "asyncio.Semaphore(args.concurrent)");
    let flag = span(s, main, "\"--concurrent\"");
    let supply = number(Amount::One(30.0), thirty, How::Literal, vec![step(thirty, "limit_per_host=30")]);
    let total = number(Amount::One(100.0), hundred, How::Literal, vec![step(hundred, "limit=100")]);
    let keep = Value::library_default(Amount::One(15.0), "keepalive_timeout is 15 s by default (aiohttp 3.14.5 connector.py:298)");
    let trail = vec![
        step(semaphore, "asyncio.Semaphore(args.concurrent)"),
        step(flag, "flag --concurrent, 100 by default"),
        step(given, "the command line gives --concurrent 500"),
    ];
    let demand = number(Amount::One(500.0), given, How::Flag, trail.clone());
    let alternatives = number(Amount::Several(vec![100.0, 500.0]), given, How::Flag, trail);
    let route = vec![
        step(span(s, main, "await handle(line)"), "handle(line) is awaited under the semaphore"),
        step(span(s, main, "make_handle(args.llm_timeout)"), "handle is what make_handle returns"),
        step(span(s, llm, "session.post(URL, json=line, timeout=timeout)"), "session.post sends through the connector"),
    ];
    let pool = Pool {
        span: call,
        also: vec![span(s, llm, "aiohttp.ClientSession(")],
        language: Language::Python,
        library: "aiohttp".into(),
        symbol: "aiohttp.TCPConnector".into(),
        bound_to: "session".into(),
        version: Some("3.14.5".into()),
        settings: vec![
            Setting { name: "limit".into(), value: total.clone(), written_at: Some(hundred) },
            Setting { name: "limit_per_host".into(), value: supply.clone(), written_at: Some(thirty) },
            Setting { name: "keepalive_timeout".into(), value: keep, written_at: None },
        ],
        capacity: Capacity {
            total: Some(total),
            per_host: Some(supply.clone()),
            idle: None,
            effective: supply.clone(),
            decided_by: "limit_per_host".into(),
            at_limit: AtLimit::Wait,
            acquire_timeout: None,
        },
        owner: "closure of make_handle".into(),
        in_tests: false,
        waits: Waits::default(),
        load: Load::default(),
    };
    let default_pool = Pool {
        span: span(s, llm, "def make_handle"),
        also: vec![],
        bound_to: String::new(),
        version: None,
        settings: vec![Setting {
            name: "limit".into(),
            value: Value::unknown("read from a configuration that was not found"),
            written_at: None,
        }],
        capacity: Capacity {
            total: Some(Value::unknown("read from a configuration that was not found")),
            per_host: None,
            idle: None,
            effective: Value::unknown("read from a configuration that was not found"),
            decided_by: "limit".into(),
            at_limit: AtLimit::Wait,
            acquire_timeout: None,
        },
        owner: "module".into(),
        in_tests: false,
        ..pool.clone()
    };
    let finding = Finding {
        rule: "pool-below-concurrency",
        severity: Severity::Warning,
        certainty: Certainty::Declared,
        message: "500 requests in flight share a pool that lets 30 through to one host".into(),
        span: thirty,
        label: "30 at a time to one host".into(),
        labels: vec![
            Label { span: given, message: "500 tasks at once".into() },
            Label { span: semaphore, message: "they run under this semaphore".into() },
        ],
        notes: vec![
            "burst: 500 over 30 is 17 waves; the last one waits 16 service times, the mean wait is 7.84".into(),
            "steady state: with 500 always under way, each request waits 15.67 service times on average, whatever the order in which \
             the pool serves them"
                .into(),
            "limit_per_host=500 alone would still stop at limit=100".into(),
            "requests wait inside the client, so the latency that you measure looks like the server's".into(),
        ],
        route: route.clone(),
        suggestions: vec![
            Suggestion {
                setting: "limit_per_host".into(),
                floor: 500.0,
                advised: 600.0,
                ceiling: Some(974.0),
                floor_why: "as many as run at once".into(),
                ceiling_why: "1024 open files, 50 of them reserved".into(),
            },
            Suggestion {
                setting: "limit".into(),
                floor: 500.0,
                advised: 1000.0,
                ceiling: None,
                floor_why: "no less than limit_per_host".into(),
                ceiling_why: String::new(),
            },
        ],
        fixes: vec![Fix {
            title: "set limit_per_host to 600 and limit to 1000".into(),
            safety: Safety::Unsafe,
            edits: vec![Edit { span: thirty, replacement: "600".into() }, Edit { span: hundred, replacement: "1000".into() }],
        }],
        key: "pool-below-concurrency app/llm.py session limit_per_host".into(),
    };
    let estimate = Estimate {
        waves: 17.0,
        wait_mean: 7.84,
        wait_max: 16.0,
        wait_steady: 15.666_666_666,
        unit: EstimateUnit::ServiceTimes,
        timed_out: None,
    };
    let case = Case {
        pool: 1,
        concurrency: vec![1, 0],
        demand,
        supply,
        verdict: Verdict::TooSmall,
        because: "500 in flight, 30 let through".into(),
        route,
        route_is_known: true,
        estimate: Some(estimate),
        burst: Some(Scenario::new(500, Limits::single(Some(30)))),
    };
    let concurrency = vec![
        Concurrency { span: semaphore, kind: ConcurrencyKind::Semaphore, name: "sem".into(), value: alternatives.clone() },
        Concurrency { span: given, kind: ConcurrencyKind::CommandLine, name: "--concurrent".into(), value: alternatives },
    ];
    Report {
        counters: Counters {
            entries: 20,
            files: 12,
            bytes: 9_000,
            hits: 2,
            files_parsed: 3,
            bytes_parsed: 1_500,
            functions: 9,
            calls: 31,
            rounds: 2,
            names: 4,
            questions: 250,
        },
        pools: vec![default_pool, pool],
        concurrency,
        cases: vec![case],
        findings: vec![finding],
        silenced: 0,
        problems: vec![
            Problem { path: "app/broken.py".into(), at: Some((3, 7)), message: "not Python: unexpected `)`".into() },
            Problem::of_file("app/data.py", "larger than 20 MB, not read"),
        ],
        reads: vec![],
        sources,
    }
}

/// A report with one finding on bytes of one text.
pub fn on(path: &str, text: &str, bytes: std::ops::Range<usize>) -> Report {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let template = story();
    let finding = Finding {
        span: Span::new(id, bytes.start, bytes.end),
        labels: vec![Label { span: Span::new(id, text.len(), text.len()), message: "the end".into() }],
        route: vec![],
        fixes: vec![],
        ..template.findings[0].clone()
    };
    Report { sources, findings: vec![finding], ..Report::default() }
}
