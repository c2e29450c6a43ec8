//! `advisor plan`: the known figures of the queueing model in its output, the shape of its JSON, and that text and JSON agree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};

use serde_json::Value;

const SEED: &str = "--concurrency 500 --limit 100 --per-host 30 --timeout 120s --latency 40s";
const VARYING: &str = "--concurrency 500 --limit 100 --per-host 30 --timeout 120s --latency 40s --latency-p95 90s";

fn run(arguments: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    command.arg("plan").args(arguments.split_whitespace()).current_dir(folder.path()).env_clear().stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &str) -> Value {
    serde_json::from_str(&run(&format!("{arguments} --output json"))).unwrap()
}

/// The column of this name, which may be a beginning.
fn column<'a>(plan: &'a Value, name: &str) -> &'a Value {
    let columns = plan["columns"].as_array().unwrap();
    columns.iter().find(|column| column["name"].as_str().unwrap().starts_with(name)).unwrap_or_else(|| panic!("no column {name}"))
}

/// Both ends of a figure.
fn range(figures: &Value, key: &str) -> (f64, f64) {
    let end = |end: &str| figures[key][end].as_f64().unwrap_or_else(|| panic!("{key} of {figures}"));
    (end("low"), end("high"))
}

fn within(what: &str, (low, high): (f64, f64), least: f64, most: f64) {
    assert!(least <= low && low <= high && high <= most, "{what}: {low} to {high}, expected within {least} to {most}");
}

#[test]
fn the_schema_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema/plan.json");
    let made = pool_advisor::render::plan::schema();
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(path, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == made,
        "{path} is not what the types say; run `UPDATE=1 cargo test --test plan`"
    );
}

#[test]
fn every_plan_has_the_shape_of_the_schema() {
    let schema: Value = serde_json::from_str(&pool_advisor::render::plan::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for arguments in [
        "--concurrency 1",
        "--concurrency 4000000000 --latency 1ms --timeout 1h --limit 1 --rounds 4000000000",
        "--concurrency 500 --library httpx",
        "--concurrency 500 --library httpx --latency 40s --timeout 120s --rounds 4",
        "--concurrency 50 --library requests@2.34.2 --latency 1s --rounds 3",
        "--concurrency 50 --library botocore:aio-client --latency 1s",
        "--concurrency 500 --latency 40s --latency-p95 90s --timeout 120s --limit 100 --per-host 30 --hosts 3 --rounds 108 --server-capacity 128 --library aiohttp@3.8.6",
    ] {
        let plan = json(arguments);
        let errors: Vec<String> = validator.iter_errors(&plan).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{arguments}: {}", errors.join("\n"));
    }
}

#[test]
fn without_any_latency() {
    let plan = json("--concurrency 500 --limit 100 --per-host 30 --timeout 120s");
    let without = &plan["without_latency"];
    assert_eq!(
        (without["waves"].as_u64(), without["wait_mean"].as_f64(), without["wait_longest"].as_f64()),
        (Some(17), Some(7.84), Some(16.0))
    );
    assert!((without["break_even_s"].as_f64().unwrap() - 7.06).abs() < 0.005);
    assert!((without["queue_share"].as_f64().unwrap() - 0.94).abs() < 1e-9);
    assert!(plan["columns"][0]["burst"].is_null());
    let text = run("--concurrency 500 --limit 100 --per-host 30 --timeout 120s");
    for said in ["17 waves of 30", "7.84 calls on average and 16 at most", "at most 7.06 s", "steady state"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn calls_of_equal_length() {
    let plan = json(&format!("{SEED} --rounds 108"));
    let before = &column(&plan, "before")["burst"];
    assert_eq!(range(before, "success"), (0.12, 0.18));
    assert_eq!(range(before, "wait_mean"), (313.6, 313.6));
    assert_eq!(range(before, "wait_longest"), (640.0, 640.0));
    assert!(before["notes"].to_string().contains("wave 3 ends about when the time-out does"), "{before}");
    let after = column(&plan, "after");
    assert_eq!(range(&after["burst"], "success"), (1.0, 1.0));
    // 108 rounds of 40 s: 72 minutes.
    assert_eq!(range(&after["closed_loop"], "wall"), (4320.0, 4320.0));
    // Held back outside the time-outs, 30 connections bring all through, in 17 times the time.
    let held = &column(&plan, "30 at once")["burst"];
    assert_eq!((range(held, "success"), range(held, "wall")), ((1.0, 1.0), (680.0, 680.0)));
    let closed = &column(&plan, "before")["closed_loop"];
    within("closed loop", range(closed, "success"), 0.0, 0.18);
    assert!(closed["notes"].to_string().contains("who gets a freed connection"), "{closed}");
    let text = run(&format!("{SEED} --rounds 108"));
    for said in ["12–18 %", "313.6 s", "640 s", "680 s", "72 min", "burst: 500", "closed loop: 500 workers with 108 requests each"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn calls_of_varying_length() {
    let plan = json(&format!("{VARYING} --rounds 108"));
    within("before", range(&column(&plan, "before")["burst"], "success"), 0.153, 0.173);
    within("after", range(&column(&plan, "after")["burst"], "success"), 0.981, 0.9835);
    let closed = column(&plan, "before");
    let (low, high) = range(&closed["closed_loop"], "success");
    assert!((low - 0.051).abs() < 0.003 && (high - 0.179).abs() < 0.005, "{low} {high}");
    let held = &column(&plan, "30 at once")["burst"];
    within("semaphore alone", range(held, "success"), 0.978, 0.987);
    within("its wall", range(held, "wall"), 700.0, 750.0);
    within("after, wall", range(&column(&plan, "after")["closed_loop"], "wall"), 4700.0, 5300.0);
    // The fewest slots for 99 of 100 of 98.3 %: between those for 97 % and for all.
    assert!((290..=330).contains(&plan["sweep"]["knee"].as_u64().unwrap()), "{}", plan["sweep"]["knee"]);
}

#[test]
fn a_server_that_takes_128() {
    let plan = json(&format!("{VARYING} --server-capacity 128"));
    assert_eq!(plan["advice"]["semaphore"], 128);
    within("a bigger pool alone", range(&column(&plan, "pool alone")["burst"], "success"), 0.67, 0.715);
    within("a semaphore", range(&column(&plan, "after")["burst"], "success"), 0.975, 0.99);
    assert!(run(&format!("{VARYING} --server-capacity 128")).contains("a semaphore of 128"));
}

#[test]
fn the_stress_test_of_a_hundred() {
    let plan = json("--concurrency 100 --latency 1s --limit 100 --per-host 30");
    let before = &column(&plan, "before")["burst"];
    assert_eq!((range(before, "wait_mean").0, range(before, "wait_longest").0, range(before, "wall").0), (1.2, 3.0, 4.0));
    let after = &column(&plan, "after")["burst"];
    assert_eq!((range(after, "wait_longest").0, range(after, "wall").0), (0.0, 1.0));
}

#[test]
fn sizes_of_the_table() {
    let plan = json(SEED);
    let rows: Vec<(u64, u64, u64)> = plan["sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|size| {
            (
                size["concurrency"].as_u64().unwrap(),
                size["advised"]["per_host"].as_u64().unwrap(),
                size["advised"]["total"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, [(50, 60, 100), (100, 120, 200), (200, 240, 400), (300, 360, 600), (500, 600, 1000), (1000, 1200, 2000)]);
}

#[test]
fn libraries_decide_by_their_versions() {
    let of = |library: &str| json(&format!("{VARYING} --rounds 40 --library {library}"));
    let (old, new) = (of("aiohttp@3.8.6"), of("aiohttp@3.14.5"));
    let one = |plan: &Value| range(&column(plan, "before")["closed_loop"], "success");
    assert!(one(&old).0 == one(&old).1, "a known order is one number");
    assert!(one(&new).1 - one(&new).0 > 0.05, "an unknown order is a range");
    assert!(old["notes"].to_string().contains("next to nothing"), "{}", old["notes"]);
    assert!(!new["notes"].to_string().contains("next to nothing"), "{}", new["notes"]);
    assert_eq!(new["asked"]["time_outs"]["whole_seconds"], true);
    // Its defaults where nothing is written: a total, none per host, a time-out that counts the queue.
    let defaults = json("--concurrency 500 --library aiohttp@3.14.5");
    assert_eq!(
        (defaults["asked"]["limits"]["effective"].as_u64(), defaults["asked"]["time_outs"]["total_s"].as_u64()),
        (Some(100), Some(300))
    );
    // A number given as time-out counts the queue here, and each phase there.
    let phases = json("--concurrency 500 --latency 40s --timeout 120s --library httpx");
    let time_outs = &phases["asked"]["time_outs"];
    assert_eq!((time_outs["total_s"].as_u64(), time_outs["queue_s"].as_u64(), time_outs["read_s"].as_u64()), (None, Some(120), Some(120)));
    // Its timer begins anew only where connections are kept.
    assert_eq!((time_outs["queue_restarts"].as_bool(), phases["columns"][0]["burst"]["lower_bound"].as_bool()), (Some(false), Some(true)));
    let kept = json("--concurrency 500 --latency 40s --timeout 120s --library httpx --set max_keepalive_connections=100");
    assert_eq!(kept["asked"]["time_outs"]["queue_restarts"].as_bool(), Some(true));
    assert!(run("--concurrency 500 --latency 40s --timeout 120s --library httpx").contains("≥ "));
    // Where nothing waits, nobody speaks of waiting.
    let discards = json("--concurrency 60 --latency 1s --library requests");
    assert_eq!(
        (discards["asked"]["at_limit"].as_str(), range(&discards["columns"][0]["burst"], "wait_longest")),
        (Some("discard"), (0.0, 0.0))
    );
    assert!(discards["sweep"].is_null());
}

#[test]
fn what_fails_is_tried_again() {
    let plan = json(&format!("{VARYING} --retries 2"));
    let (before, without) = (&column(&plan, "before")["burst"], &column(&plan, "no retries")["burst"]);
    within("attempts", range(before, "attempts"), 2.3, 2.8);
    assert_eq!(range(without, "attempts"), (1.0, 1.0));
    within("success without", range(without, "success"), 0.155, 0.172);
    assert!(range(before, "success").0 > range(without, "success").1 && range(before, "wall").0 > range(without, "wall").1);
    assert!(before["notes"].to_string().contains("tried again"), "{}", before["notes"]);
    // The library's own retries hold where none are given.
    let library = json("--concurrency 500 --latency 40s --library openai");
    assert_eq!(library["asked"]["retries"], 2);
    assert_eq!(json("--concurrency 500 --latency 40s --library openai --retries 0")["asked"]["retries"], 0);
}

#[test]
fn a_server_that_refuses() {
    // 300 at once against 50: each of four rounds of attempts gets 50 through where the pauses outlast the calls.
    let plan = json("--concurrency 300 --latency 400ms --server-capacity 50 --server-rejects --retries 3 --backoff 500ms");
    let before = &column(&plan, "before")["burst"];
    assert_eq!((plan["asked"]["server_rejects"].as_bool(), range(before, "success").0), (Some(true), 0.666_667));
    assert_eq!(range(before, "wait_longest"), (0.0, 0.0));
}

#[test]
fn arrivals_rates_and_shares() {
    let plan = json(
        "--concurrency 100 --latency 100ms --library sqlalchemy --set pool_size=8 --set max_overflow=2 --arrivals 80 --max-connections 97 --processes 12",
    );
    let arrivals = &plan["arrivals"];
    let number = |key: &str| arrivals[key].as_f64().unwrap();
    assert_eq!((number("in_use"), arrivals["connections"].as_u64(), arrivals["few_wait"].as_u64()), (8.0, Some(10), Some(14)));
    assert!((number("wait_share") - 0.409).abs() < 0.001 && (number("wait_mean") - 0.0205).abs() < 0.0001);
    let share = &plan["share"];
    assert_eq!((share["each"].as_u64(), share["now"].as_u64()), (Some(8), Some(120)));
    assert!(plan["advice"].is_null());
    // Little's law: 5 a second of 40 s each are 200 under way, and 54,000 of them last three hours.
    let limited = json("--concurrency 500 --rounds 108 --latency 40s --rate-limit 5");
    assert_eq!(
        (limited["rate_limit"]["under_way"].as_f64(), limited["rate_limit"]["wall_at_least"].as_f64()),
        (Some(200.0), Some(10_800.0))
    );
    // An overloaded pool has no wait that ends.
    let overloaded = json("--concurrency 100 --latency 100ms --limit 8 --arrivals 80");
    assert_eq!(overloaded["arrivals"]["wait_mean"], "unbounded");
    assert!(run("--concurrency 100 --latency 100ms --limit 8 --arrivals 80").contains("never keep up"));
    assert!(json(SEED)["arrivals"].is_null() && json(SEED)["share"].is_null() && json(SEED)["rate_limit"].is_null());
}

#[test]
fn settings_by_the_librarys_own_name() {
    let plan = json("--concurrency 500 --latency 1s --library httpx --set max_connections=30 --set pool_timeout=none");
    assert_eq!((plan["asked"]["limits"]["effective"].as_u64(), plan["asked"]["time_outs"]["queue_s"].as_f64()), (Some(30), None));
    let unbounded = json("--concurrency 100 --latency 1s --library sqlalchemy --set max_overflow=none");
    assert!(unbounded["asked"]["limits"]["effective"].is_null());
}

#[test]
fn how_many_connections_for_a_share_of_successes() {
    let plan = json(VARYING);
    let targets = plan["sweep"]["targets"].as_array().unwrap();
    let slots = |at: usize| targets[at]["slots"].as_u64();
    assert!((160..=200).contains(&slots(0).unwrap()) && (220..=260).contains(&slots(1).unwrap()), "{targets:?}");
    // 1.7 % of the calls are too long for any pool.
    assert_eq!(slots(3), None);
    // Where the server takes fewer, no pool is enough.
    let behind = json(&format!("{VARYING} --server-capacity 128"));
    assert_eq!(behind["sweep"]["targets"][0]["slots"].as_u64(), None);
    // Three calls of 40 s end about when 120 s do: what is sure is two waves.
    let edge = json(SEED);
    assert_eq!((edge["sweep"]["targets"][0]["slots"].as_u64(), edge["sweep"]["knee"].as_u64()), (Some(225), Some(248)));
    let step = &edge["sweep"]["steps"].as_array().unwrap().iter().find(|step| step["slots"] == 30).unwrap();
    assert_eq!(range(step, "success"), (0.12, 0.18));
}

#[test]
fn text_fits_its_columns_and_is_ascii_on_request() {
    for arguments in [
        SEED.to_string(),
        format!("{VARYING} --rounds 108 --server-capacity 128 --library aiohttp@3.14.5"),
        "--concurrency 4000000000 --latency 1h --limit 7 --timeout 100d --rounds 9".into(),
        "--concurrency 3 --library requests".into(),
    ] {
        let text = run(&arguments);
        for line in text.lines() {
            assert!(line.chars().count() <= 80 && line.trim_end() == line, "{arguments}: {line:?}");
        }
        let letters = run(&format!("{arguments} --ascii"));
        assert!(letters.is_ascii());
        assert_eq!(letters.lines().count(), text.lines().count());
        for (one, other) in letters.lines().zip(text.lines()) {
            assert_eq!(one.chars().count(), other.chars().count(), "{one}\n{other}");
        }
    }
}

#[test]
fn two_runs_are_the_same() {
    let arguments = format!("{VARYING} --rounds 108 --server-capacity 128");
    assert_eq!(run(&arguments), run(&arguments));
    assert_eq!(json(&arguments), json(&arguments));
}

#[test]
fn at_a_server_that_refuses_nobody_waits() {
    let arguments = "--concurrency 500 --server-rejects --server-capacity 100 --latency 1s --retries 3 --backoff 200ms";
    let plan = json(arguments);
    let without = &plan["without_latency"];
    assert_eq!((without["refused"].as_u64(), without["queue_share"].as_f64(), without["waves"].as_u64()), (Some(400), Some(0.0), Some(1)));
    let (before, after) = (&column(&plan, "before")["burst"], &column(&plan, "after")["burst"]);
    // Pauses of 0.2, 0.4 and 0.8 s: only the last attempts come when the first 100 are done.
    assert_eq!((range(before, "success").0, before["peak_queue"].as_u64(), before["peak_in_flight"].as_u64()), (0.4, Some(0), Some(100)));
    assert_eq!((range(after, "success").0, range(after, "wall").0), (1.0, 5.0));
    let picture = &plan["pictures"][0];
    assert_eq!((picture["answered"].as_u64(), picture["refused"].as_u64()), (Some(100), Some(400)));
    assert!(picture["depth"].as_array().unwrap().iter().all(|depth| depth["waiting"] == 0), "{}", picture["depth"]);
    for step in plan["sweep"]["steps"].as_array().unwrap() {
        let wide = step["slots"].as_u64().unwrap() > 100;
        assert_eq!(step["wait_longest"].as_f64() == Some(0.0), wide, "{step}");
        assert_eq!(range(step, "success").0, if wide { 0.2 } else { 1.0 }, "{step}");
    }
    let text = run(arguments);
    for wrong in ["queue stands there", "moves the queue", "waves of"] {
        assert!(!text.contains(wrong), "{wrong}: {text}");
    }
    for right in ["100 answered at the first attempt, 400 refused", "the server takes 100 of 500, 400 are refused at once and tried again"]
    {
        assert!(text.contains(right), "{right}: {text}");
    }
}

#[test]
fn at_a_pool_that_raises_nobody_waits() {
    let plan = json("--concurrency 60 --library redis --latency 50ms --set max_connections=20");
    assert!(plan["sweep"].is_null(), "{}", plan["sweep"]);
    assert_eq!((plan["without_latency"]["refused"].as_u64(), plan["without_latency"]["wait_longest"].as_f64()), (Some(40), Some(0.0)));
    for size in plan["sizes"].as_array().unwrap() {
        let concurrency = size["concurrency"].as_u64().unwrap();
        assert_eq!((size["waves_now"].as_u64(), size["refused_now"].as_u64()), (Some(1), Some(concurrency - 20)), "{size}");
        assert!((size["success_now"]["low"].as_f64().unwrap() - 20.0 / concurrency as f64).abs() < 1e-6, "{size}");
    }
    assert_eq!(range(&column(&plan, "before")["burst"], "success").0, 0.333_333);
    assert!(!run("--concurrency 60 --library redis --latency 50ms --set max_connections=20").contains("requests wait"));
}

#[test]
fn a_rate_is_advised_and_kept() {
    // Little's law: 10 a second of 2 s each are 20 under way, which a pool of 30 carries.
    let plan = json("--concurrency 500 --latency 2s --rate-limit 10 --timeout 30s --per-host 30");
    let advice = &plan["advice"];
    assert_eq!(
        (advice["semaphore"].as_u64(), advice["limits"]["per_host"].as_u64(), advice["floor"].as_u64()),
        (Some(20), Some(30), Some(20))
    );
    let after = &column(&plan, "after")["burst"];
    assert_eq!((range(after, "success"), range(after, "wall")), ((1.0, 1.0), (50.0, 50.0)));
    let before = column(&plan, "before")["burst"]["notes"].to_string();
    assert!(before.contains("sends 15 a second where the server takes 10"), "{before}");
    // What sends faster than the rate is no way out.
    assert_eq!(plan["columns"].as_array().unwrap().len(), 2, "{}", plan["columns"]);
    // Less than one under way: only a limiter keeps to that, and it decides how long all takes.
    let short = json("--concurrency 500 --latency 50ms --rate-limit 10 --rounds 2");
    let after = column(&short, "after");
    assert_eq!((range(&after["burst"], "wall"), range(&after["closed_loop"], "wall")), ((50.0, 50.0), (100.0, 100.0)));
    assert!(run("--concurrency 500 --latency 50ms --rate-limit 10").contains("a limiter of 10 a second around each request"));
    // A rate that is no bound changes nothing.
    assert!(json("--concurrency 500 --latency 2s --rate-limit 1000 --per-host 30")["advice"]["semaphore"].is_null());
    assert!(run("--concurrency 500 --rate-limit 10 --per-host 30").contains("first a limiter of 10 a second"));
}

#[test]
fn all_at_once_is_no_faster_than_the_server() {
    let what = |arguments: &str| column(&json(arguments), "30 at once")["what"].as_str().unwrap().to_string();
    assert!(what(VARYING).contains("takes 17 times as long as all at once"));
    assert!(what(&format!("{VARYING} --server-capacity 128")).contains("takes 4.25 times as long as all at once"));
}

#[test]
fn a_semaphore_gives_every_call_its_whole_time() {
    // F(120 s) = 98.3 %, whatever the semaphore and however many rounds.
    for arguments in [format!("{VARYING} --rounds 4"), format!("{VARYING} --rounds 4 --server-capacity 128")] {
        let plan = json(&arguments);
        for shape in ["burst", "closed_loop"] {
            for name in ["after", "30 at once"] {
                within(&arguments, range(&column(&plan, name)[shape], "success"), 0.982_5, 0.983_5);
            }
        }
    }
}

#[test]
fn edges_of_every_time_out() {
    let queue = |latency: &str| {
        let plan = json(&format!("--concurrency 100 --latency {latency} --library sqlx --set max_connections=10 --set acquire_timeout=2s"));
        column(&plan, "before")["burst"].clone()
    };
    for latency in ["2s", "1.96s", "2.04s"] {
        let burst = queue(latency);
        assert_eq!(range(&burst, "success"), (0.1, 0.2), "{latency}");
        assert!(burst["notes"].to_string().contains("wave 1 ends about when the time-out does"), "{latency}: {burst}");
    }
    assert_eq!((range(&queue("2.2s"), "success"), range(&queue("1.8s"), "success")), ((0.1, 0.1), (0.2, 0.2)));
    // A read time-out has its edge where calls are about as long.
    let read = json("--concurrency 50 --latency 5s --library httpx --limit 50 --timeout 5s");
    assert_eq!(range(&column(&read, "before")["burst"], "success"), (0.0, 1.0));
}

#[test]
fn each_attempt_takes_a_time_of_its_own() {
    // p = 1.7 %: (1 − p²)/(1 − p) attempts, and 1 − p² succeed.
    let plan = json("--concurrency 50 --latency 40s --latency-p95 90s --timeout 120s --per-host 60 --retries 1");
    let before = &column(&plan, "before")["burst"];
    within("success", range(before, "success"), 0.999_65, 0.999_75);
    within("attempts", range(before, "attempts"), 1.016, 1.018);
    let text = run("--concurrency 50 --latency 40s --latency-p95 90s --timeout 120s --per-host 60 --retries 1");
    assert!(text.contains("99.97 %") && text.contains("1.02 attempts of a request, if each attempt takes a time"), "{text}");
}

#[test]
fn switches_change_the_scenario() {
    for on in ["1", "true"] {
        let plan = json(&format!("--concurrency 40 --latency 1s --library requests --set pool_block={on}"));
        assert_eq!((plan["asked"]["at_limit"].as_str(), plan["without_latency"]["waves"].as_u64()), (Some("wait"), Some(4)), "{on}");
    }
    assert_eq!(json("--concurrency 40 --library requests --set pool_block=false")["asked"]["at_limit"], "discard");
    let many = json("--concurrency 200 --latency 1s --library httpx --set http2=true");
    assert_eq!((many["asked"]["at_limit"].as_str(), many["asked"]["limits"]["effective"].as_u64()), (Some("unbounded"), None));
    assert!(many["asked"]["said"].to_string().contains("a number of connections bounds none"), "{}", many["asked"]["said"]);
    assert_eq!(json("--concurrency 200 --library httpx --set http2=false")["asked"]["limits"]["effective"], 100);
    // Settings that are no switches want numbers; those that change nothing are said to.
    let unused = json("--concurrency 5 --library httpx --set keepalive_expiry=3")["notes"].to_string();
    assert!(unused.contains("`keepalive_expiry` changes nothing"), "{unused}");
    assert_eq!(json("--concurrency 5 --latency 1s --library openai --set max_retries=7")["asked"]["retries"], 7);
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    command.args(["plan", "--concurrency", "4", "--library", "requests", "--set", "pool_maxsize=true"]).env_clear().stdin(Stdio::null());
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("`pool_maxsize` is no switch"), "{told}");
}

#[test]
fn nearly_all_is_not_all() {
    let text = run("--concurrency 10000 --per-host 30").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("99.7 % queue"), "{text}");
}

#[test]
fn a_time_out_below_the_service_time_comes_first() {
    let plan = json("--concurrency 100 --latency 40s --timeout 30s --per-host 30");
    assert_eq!(plan["time_out_at_least_s"].as_f64(), Some(43.0));
    let after = column(&plan, "after");
    assert_eq!((after["time_outs"]["total_s"].as_f64(), range(&after["burst"], "success")), (Some(43.0), (1.0, 1.0)));
    assert!(run("--concurrency 100 --latency 40s --timeout 30s --per-host 30").contains("first a time-out of 43 s or more"));
    // httpx: the read time-out alone is too short.
    let read = json("--concurrency 50 --latency 20s --library httpx");
    assert_eq!((read["time_out_at_least_s"].as_f64(), range(&column(&read, "after")["burst"], "success")), (Some(22.0), (1.0, 1.0)));
    // A pool of a database has no size to advise, but a time-out.
    let database = json("--concurrency 20 --latency 2s --library sqlx --set max_connections=10 --timeout 1s");
    assert!(database["advice"].is_null() && database["time_out_at_least_s"].as_f64() == Some(2.2), "{database}");
    // 1.7 % of too long calls are told, no more.
    assert!(json(VARYING)["time_out_at_least_s"].is_null());
}

#[test]
fn over_several_hosts_a_semaphore_is_no_promise() {
    // 30 permits over three servers of 10: some of them meet at one server and wait there.
    let plan = json("--concurrency 90 --hosts 3 --server-capacity 10 --latency 1s --latency-p95 2s --timeout 3s");
    let after = &column(&plan, "after")["burst"];
    assert!(after["method"] == "simulation" && after["peak_queue"].as_u64() > Some(0), "{after}");
    // Attempts that follow time-outs at the server follow no refusal.
    let plan = json("--concurrency 60 --latency 1s --library redis --set max_connections=20 --retries 3 --server-capacity 10 --timeout 5s");
    let notes = |name: &str| column(&plan, name)["burst"]["notes"].to_string();
    assert!(notes("before").contains("what is refused is tried again"), "{}", notes("before"));
    assert!(!notes("pool alone").contains("what is refused"), "{}", notes("pool alone"));
}
