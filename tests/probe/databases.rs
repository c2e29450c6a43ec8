//! Pools of databases against a real server of this machine.
//!
//! Needs a `redis-server` on the path, and a PostgreSQL whose address is in `ADVISOR_POSTGRESQL`. Where there is none the tests say so
//! and pass, unless `ADVISOR_REQUIRE_REDIS=1` demands the first.

use std::process::Command;

use crate::environment::python;
use crate::real::{is_exactly, probe};
use crate::{advisor, outcome};

fn has_redis() -> bool {
    let found = Command::new("redis-server").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        let demanded = std::env::var_os("ADVISOR_REQUIRE_REDIS").is_some_and(|value| value == "1");
        assert!(!demanded, "ADVISOR_REQUIRE_REDIS=1, and there is no `redis-server` in PATH");
        eprintln!("NOT CHECKED against Redis: there is no `redis-server` in PATH");
    }
    found
}

#[test]
fn one_redis_pool_raises_and_the_other_waits() {
    if !has_redis() {
        return;
    }
    let raises = probe("--library redis --limit 10 --concurrency 30 --latency 1s --repeats 2 --only-now");
    is_exactly(&raises, 0, "most in flight", 10.0);
    let success = raises["columns"][0]["metrics"][1]["measured"].as_f64().unwrap();
    assert!((success - 1.0 / 3.0).abs() < 1e-6, "{raises}");
    assert_eq!(raises["columns"][0]["errors"]["MaxConnectionsError"], 40);
    let waits = probe("--library redis:blocking-pool --limit 10 --concurrency 30 --latency 1s --repeats 2 --only-now");
    for (name, number) in [("most in flight", 10.0), ("connections opened", 10.0), ("success", 1.0)] {
        is_exactly(&waits, 0, name, number);
    }
    assert!(waits["machine"]["clock_offset_ns"].as_i64().unwrap().abs() < 1_000_000);
}

#[test]
fn pools_of_postgresql_wait() {
    let Ok(server) = std::env::var("ADVISOR_POSTGRESQL") else {
        eprintln!("NOT CHECKED against PostgreSQL: ADVISOR_POSTGRESQL names none");
        return;
    };
    for library in ["asyncpg", "psycopg_pool", "sqlalchemy"] {
        let arguments = format!("--library {library} --limit 5 --concurrency 15 --latency 1s --repeats 2 --only-now --server {server}");
        let document = probe(&arguments);
        for (name, number) in [("most in flight", 5.0), ("connections opened", 5.0), ("success", 1.0)] {
            is_exactly(&document, 0, name, number);
        }
    }
}

#[test]
fn a_server_is_on_this_machine_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |arguments: &str| {
        let mut command = advisor(folder.path());
        command.args("probe --concurrency 4 --latency 1s".split(' ')).args(arguments.split_whitespace()).arg("--python").arg(python());
        let (code, _, stderr) = outcome(&mut command);
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    for server in [
        "postgresql://db.example.com/x",
        "postgresql://127.0.0.1,10.0.0.5/x",
        "postgresql://user:password@10.0.0.5:5432/x",
        "postgresql:///x?host=db.example.com",
        "postgresql://127.0.0.1/x?hostaddr=10.0.0.5",
        "postgresql://127.0.0.1:1@db.example.com/x",
    ] {
        let said = ask(&format!("--library asyncpg --server {server}"));
        assert!(said.contains("the server must be on this machine") && !said.contains("password"), "{server}: {said}");
    }
    assert!(ask("--library asyncpg").contains("--server: asyncpg needs"), "{}", ask("--library asyncpg"));
    assert!(ask("--library aiohttp --server redis://127.0.0.1/0").contains("only databases can be named"));
    assert!(ask("--library redis --server redis://127.0.0.1:1/0").contains("failed: `ConnectionError"));
}
