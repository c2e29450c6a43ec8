//! Small probes with the real libraries. What the machine's load may change is given room; what it may not is exact.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::environment::{self, python};
use crate::{advisor, outcome};

/// One at a time: two probes would measure each other.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The document of a probe, which has the shape of the schema and an exit code that fits its verdict.
pub fn probe(arguments: &str) -> Value {
    let python = python();
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut command = advisor(folder.path());
    // Drivers that are built are built once.
    command.env("XDG_CACHE_HOME", environment::built().join("probe-drivers"));
    command.arg("probe").args(arguments.split_whitespace()).args(["--output", "json", "--strict", "--python"]).arg(python);
    let (code, stdout, stderr) = outcome(&mut command);
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|why| panic!("{arguments}: {why}: {stdout}{stderr}"));
    let schema: Value = serde_json::from_str(&pool_advisor::probe::report::schema()).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&document).unwrap_or_else(|why| panic!("{why} at {}", why.instance_path()));
    assert_eq!(code, i32::from(document["verdict"] != "confirmed"), "{stderr}");
    document
}

fn metric<'a>(document: &'a Value, column: usize, name: &str) -> &'a Value {
    let metrics = document["columns"][column]["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["name"] == name).unwrap_or_else(|| panic!("no {name} in {document}"))
}

/// All runs gave exactly this, and it was predicted.
pub fn is_exactly(document: &Value, column: usize, name: &str, number: f64) {
    let metric = metric(document, column, name);
    assert!(metric["runs"].as_array().unwrap().iter().all(|run| run.as_f64() == Some(number)), "{name}: {metric}");
    let predicted = &metric["predicted"];
    assert_eq!((predicted["low"].as_f64(), predicted["high"].as_f64()), (Some(number), Some(number)), "{name}");
    // Few runs and a busy machine conclude nothing; but what is exact is never refuted.
    assert!(["confirmed", "inconclusive"].contains(&metric["verdict"].as_str().unwrap()), "{metric}");
}

/// Never less than what was predicted, and not much more however busy the machine is.
fn is_about(document: &Value, column: usize, name: &str, most: f64) {
    let metric = metric(document, column, name);
    let (predicted, measured) = (metric["predicted"]["high"].as_f64().unwrap(), metric["measured"].as_f64().unwrap());
    assert!((0.98 * predicted..=most * predicted).contains(&measured), "{name}: {metric}");
}

#[test]
fn aiohttp_waits_for_a_connection_as_predicted() {
    let document = probe("--library aiohttp --limit 100 --per-host 20 --concurrency 60 --latency 40s --repeats 2");
    assert_eq!(document["client"]["packages"]["aiohttp"], "3.14.5");
    assert!(document["machine"]["clock_offset_ns"].as_i64().unwrap().abs() < 1_000_000);
    for (column, slots) in [(0, 20.0), (1, 60.0)] {
        is_exactly(&document, column, "most in flight", slots);
        is_exactly(&document, column, "connections opened", slots);
        is_exactly(&document, column, "success", 1.0);
        is_about(&document, column, "wall time", 1.6);
    }
    // The last third waits two calls: by the server's arrivals, whatever events the client counts.
    is_about(&document, 0, "longest wait", 1.6);
    is_about(&document, 0, "mean wait", 1.8);
    let scale = document["columns"][0]["time_scale"].as_f64().unwrap();
    assert!((0.005..=0.05).contains(&scale), "{scale}");
    let ascending = document["columns"][0]["timeline"].as_array().unwrap();
    assert!(ascending.len() > 20 && ascending.iter().all(|moment| moment["most"].as_u64().unwrap() <= 20));
}

#[test]
fn aiohttp_gives_up_in_the_queue() {
    // Calls of 1 s through 20 of 60: the first two waves keep to 2.5 s.
    let document = probe("--library aiohttp --per-host 20 --concurrency 60 --latency 1s --timeout 2.5s --repeats 2 --only-now");
    assert_eq!(document["columns"].as_array().unwrap().len(), 1);
    is_exactly(&document, 0, "most in flight", 20.0);
    let success = metric(&document, 0, "success");
    assert!((success["measured"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-6, "{success}");
    assert_eq!(document["columns"][0]["errors"]["TimeoutError"], 40);
}

#[test]
fn httpx_closes_connections_that_are_wanted_again() {
    let document = probe("--library httpx --concurrency 40 --rounds 3 --latency 1s --timeout 60s --repeats 1 --only-now");
    is_exactly(&document, 0, "most in flight", 40.0);
    let opened = metric(&document, 0, "connections opened");
    let (predicted, measured) = (opened["predicted"]["high"].as_f64().unwrap(), opened["measured"].as_f64().unwrap());
    assert!(predicted > 100.0 && measured > 80.0, "each call on a connection of its own, nearly: {opened}");
}

#[test]
fn requests_opens_what_it_throws_away() {
    let document = probe("--library requests --concurrency 40 --rounds 3 --pause 200ms --latency 500ms --per-host 10 --repeats 1");
    is_exactly(&document, 0, "most in flight", 40.0);
    is_exactly(&document, 0, "connections opened", 100.0);
    is_exactly(&document, 1, "connections opened", 40.0);
}

#[test]
fn every_client_runs_and_is_set_as_it_was_told() {
    for library in ["aiohttp", "httpx", "httpx2", "requests", "urllib3", "botocore", "openai", "anthropic"] {
        let document = probe(&format!("--library {library} --concurrency 4 --rounds 1 --latency 1s --timeout 60s --repeats 1 --only-now"));
        for (name, number) in [("most in flight", 4.0), ("success", 1.0), ("connections opened", 4.0)] {
            is_exactly(&document, 0, name, number);
        }
        assert_eq!(document["columns"][0]["errors"], serde_json::json!({}));
        let notes = document["columns"][0]["notes"].to_string();
        assert!(!notes.contains("was to be"), "{library}: {notes}");
    }
}

#[test]
fn reqwest_closes_what_its_idle_cap_is_too_small_for() {
    // Batches of 20, of which 5 connections are kept each time: 20 + 4 × 15.
    let batches = "--concurrency 20 --rounds 5 --pause 2s --latency 1s --repeats 1 --only-now";
    let document = probe(&format!("--library reqwest@0.12.28 {batches} --set pool_max_idle_per_host=5"));
    assert_eq!(document["client"]["packages"]["reqwest"], "0.12.28");
    for (name, number) in [("most in flight", 20.0), ("success", 1.0), ("connections opened", 80.0)] {
        is_exactly(&document, 0, name, number);
    }
}

#[test]
fn a_page_shows_the_figures_that_it_carries() {
    let folder = tempfile::tempdir().unwrap();
    let _alone = alone();
    let mut command = advisor(folder.path());
    let arguments =
        "probe --library aiohttp --per-host 2 --concurrency 4 --latency 1s --repeats 1 --output json --output html=page.html --python";
    let (_, stdout, stderr) = outcome(command.args(arguments.split(' ')).arg(python()));
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap_or_else(|why| panic!("{why}: {stderr}"));
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let (_, carried) = page.split_once("id=\"figures\">").unwrap();
    let carried: Value = serde_json::from_str(carried.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(carried, document);
    let shown: Vec<&str> = page.split("data-figure=\"").skip(1).map(|part| part.split_once('"').unwrap().0).collect();
    assert!(shown.len() >= 12 && shown.iter().all(|place| document.pointer(place).is_some_and(Value::is_number)), "{shown:?}");
    assert_eq!(page.matches("<svg").count(), 4, "under way and waits, before and after");
    assert!(page.contains("limit 2</text>") && page.contains("it does not cover TLS"), "{page}");
}

#[test]
fn a_case_of_a_program_is_probed() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let program = "import asyncio, aiohttp\n\nasync def main(urls):\n    connector = aiohttp.TCPConnector(limit_per_host=10)\n    \
                   async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:\n        slots = asyncio.Semaphore(30)\n        \
                   async def one(url):\n            async with slots:\n                async with session.get(url) as answer:\n                    \
                   return await answer.read()\n        await asyncio.gather(*(one(url) for url in urls))\n";
    std::fs::write(folder.path().join("app.py"), program).unwrap();
    std::fs::write(folder.path().join("requirements.txt"), "aiohttp==3.9.5\n").unwrap();
    let _alone = alone();
    let mut command = advisor(folder.path());
    let (code, stdout, stderr) =
        outcome(command.args(["probe", "app.py:4", "--repeats", "1", "--only-now", "--ascii", "--python"]).arg(python));
    assert!(code != 2 && stdout.contains("now: per host 10, in total 100; 30 requests at once"), "{code} {stdout}{stderr}");
    assert!(stdout.contains("the project pins aiohttp 3.9.5") && stdout.contains("has 3.14.5"), "{stdout}");
    assert!(stdout.contains("app.py:4: aiohttp.TCPConnector:") && stdout.is_ascii(), "{stdout}");
    // The time-out of the session is that of the probe: nothing of the library's own default.
    let slow = "probe app.py:4 --latency 200s --repeats 1 --only-now --output json=seen.json --output human --python";
    let (code, stdout, stderr) = outcome(advisor(folder.path()).args(slow.split(' ')).arg(python));
    let seen: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("seen.json")).unwrap()).unwrap();
    let column = &seen["columns"][0];
    let (total, latency) = (column["settings"]["total"].as_f64().unwrap(), column["latency_s"].as_f64().unwrap());
    assert!(code != 2 && (total / latency - 60.0 / 200.0).abs() < 1e-9, "{column} {stdout}{stderr}");
    assert_eq!((column["records"].as_array().unwrap().len(), &column["records"][0]["outcome"]), (10, &"aborted".into()), "{column}");
    // From elsewhere, by a path from the root.
    let elsewhere = tempfile::tempdir().unwrap();
    let named = format!("{}:99", folder.path().join("app.py").display());
    let (code, _, stderr) = outcome(advisor(elsewhere.path()).args(["probe", &named, "--python"]).arg(python));
    assert!(code == 2 && stderr.contains("no such case") && stderr.contains("app.py:4"), "{code} {stderr}");
    let (code, _, stderr) = outcome(advisor(folder.path()).args(["probe", "gone.py:4", "--python"]).arg(python));
    assert!(code == 2 && stderr.contains("gone.py: there is no such file"), "{code} {stderr}");
    let (code, _, stderr) =
        outcome(advisor(folder.path()).args(["probe", "app.py:4", "--output", "json=no/such/x.json", "--python"]).arg(python));
    assert!(code == 2 && stderr.contains("no/such/x.json: cannot be written"), "{code} {stderr}");
    let (code, _, stderr) = outcome(advisor(folder.path()).args(["probe", "app.py:99", "--python"]).arg(python));
    assert!(code == 2 && stderr.contains("no such case") && stderr.contains("app.py:4"), "{code} {stderr}");
}

#[test]
fn a_scan_takes_a_probe_as_evidence() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let program = |limit: u32| {
        let text = format!(
            "import asyncio, requests\nfrom concurrent.futures import ThreadPoolExecutor\nfrom requests.adapters import HTTPAdapter\n\n\n\
             def main(urls):\n    session = requests.Session()\n    session.mount('https://', HTTPAdapter(pool_maxsize={limit}))\n    \
             with ThreadPoolExecutor(max_workers=20) as pool:\n        return list(pool.map(session.get, urls))\n"
        );
        std::fs::write(folder.path().join("app.py"), text).unwrap();
    };
    program(10);
    let _alone = alone();
    let mut command = advisor(folder.path());
    // Nothing is said of rounds: enough are made for connections to be wanted again.
    let probe = "probe --all app.py --repeats 1 --only-now --latency 1s --output json=seen.json --python";
    let (code, _, stderr) = outcome(command.args(probe.split(' ')).arg(python));
    assert!(code != 2, "{stderr}");
    let scan = |arguments: &str| {
        let (_, stdout, stderr) = outcome(advisor(folder.path()).arg("scan").args(arguments.split(' ')));
        (stdout, stderr)
    };
    let path = folder.path().join("seen.json");
    let mut seen: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&pool_advisor::probe::report::schema()).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&seen).unwrap_or_else(|why| panic!("{why} at {}", why.instance_path()));
    assert_eq!(seen["probes"].as_array().map(Vec::len), Some(1), "{seen}");
    let (listed, stderr) = scan("--observed seen.json");
    assert!(listed.contains("measured with requests"), "a list is evidence too: {listed}{stderr}");
    let mut seen = seen["probes"][0].take();
    assert_eq!(seen["columns"][0]["rounds"], 3);
    let (plain, _) = scan("--output json");
    assert!(!plain.contains("\"measured\""));
    // Whatever the machine's load made of it, this is a confirmation.
    seen["columns"][0]["verdict"] = "confirmed".into();
    std::fs::write(&path, seen.to_string()).unwrap();
    let (observed, _) = scan("--output json --observed seen.json --min-certainty measured");
    let observed: Value = serde_json::from_str(&observed).unwrap();
    let findings = observed["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["certainty"] == "measured"), "{observed}");
    assert!(findings[0]["notes"].to_string().contains("measured with requests 2.34.2, 20 at once"), "{observed}");
    // A burst says nothing of connections that are wanted again, and one version nothing of another.
    seen["columns"][0]["rounds"] = 1.into();
    std::fs::write(&path, seen.to_string()).unwrap();
    let (untested, _) = scan("--output json --observed seen.json");
    assert!(untested.contains("nothing of this was measured") && !untested.contains("\"measured\""), "{untested}");
    seen["columns"][0]["rounds"] = 3.into();
    std::fs::write(&path, seen.to_string()).unwrap();
    std::fs::write(folder.path().join("requirements.txt"), "requests==2.31.0\n").unwrap();
    let (other, _) = scan("--output json --observed seen.json");
    assert!(other.contains("the project pins requests 2.31.0, and 2.34.2 was measured") && !other.contains("\"measured\""), "{other}");
    std::fs::remove_file(folder.path().join("requirements.txt")).unwrap();
    // What was not confirmed is told and makes nothing surer.
    seen["columns"][0]["verdict"] = "not-confirmed".into();
    std::fs::write(&path, seen.to_string()).unwrap();
    let (told, _) = scan("--observed seen.json");
    assert!(told.contains("not confirmed") && !told.contains("certainty = measured") && !told.contains("certainty: measured"), "{told}");
    // Other numbers are another case.
    program(12);
    let (changed, stderr) = scan("--output json --observed seen.json");
    assert!(stderr.contains("the numbers at app.py:8 are others") && !changed.contains("\"measured\""), "{stderr}");
    std::fs::write(&path, "{}").unwrap();
    assert!(scan("--observed seen.json").1.contains("seen.json: is no report of a probe"));
}

#[test]
fn the_schema_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema/probe.json");
    let made = pool_advisor::probe::report::schema();
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(path, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == made,
        "{path} is not what the types say; run `UPDATE=1 cargo test --test probe`"
    );
}
