//! A factory of a program: imported, asked, and held against what a scan reads in it; with guards that hold.

use std::path::Path;

use serde_json::Value;

use crate::environment::python;
use crate::{advisor, outcome};

const PROGRAM: &str = r#"
import contextlib, os
import aiohttp, httpx, requests

LIMIT = int(os.environ.get("LIMIT", "40"))


def make_session(limit=100):
    connector = aiohttp.TCPConnector(
        limit=limit,
        limit_per_host=30,
    )
    return aiohttp.ClientSession(connector=connector)


class Client:
    def __init__(self):
        self.http = httpx.AsyncClient(limits=httpx.Limits(max_connections=LIMIT))


@contextlib.asynccontextmanager
async def lifespan():
    async with httpx.AsyncClient(timeout=None) as client:
        yield client


def closure():
    session = requests.Session()
    return lambda url: session.get(url)


def narrowed():
    session = aiohttp.ClientSession()
    vars(session.connector)["_limit"] = 7
    return session


shared = requests.Session()


def needs(argument):
    return argument


def mounted():
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=3))
    return session


def spawned():
    import multiprocessing
    multiprocessing.get_context("spawn").Process(target=print).start()


def number():
    return 5


def far():
    import socket
    socket.socket().connect(("192.0.2.1", 80))


def named():
    import socket
    socket.getaddrinfo("127.example.invalid", 80)


def program():
    import subprocess
    subprocess.run(["true"])


def leaves():
    raise SystemExit(0)


def dies():
    os._exit(0)


def writes():
    os.write(1, b'{"target": {"runtime": "3", "file": "x", "clients": []}}\n')
    raise ValueError("written to the output that is no output")
"#;

fn ask(folder: &Path, arguments: &str) -> (i32, String, String) {
    let mut command = advisor(folder);
    outcome(command.args(["probe", "--target"]).args(arguments.split_whitespace()).arg("--python").arg(python()))
}

fn program() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pkg")).unwrap();
    std::fs::write(folder.path().join("pkg/__init__.py"), "").unwrap();
    std::fs::write(folder.path().join("pkg/clients.py"), PROGRAM).unwrap();
    folder
}

/// What was read and what is, by name, and the verdict of the first client.
fn settings(folder: &Path, arguments: &str) -> (i32, Value) {
    let (code, stdout, stderr) = ask(folder, &format!("{arguments} --output json"));
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|why| panic!("{arguments}: {why}: {stdout}{stderr}"));
    let schema: Value = serde_json::from_str(&pool_advisor::probe::report::schema()).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&document).unwrap_or_else(|why| panic!("{why} at {}", why.instance_path()));
    (code, document["target"]["clients"][0].clone())
}

fn setting<'a>(client: &'a Value, name: &str) -> &'a Value {
    client["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name}: {client}"))
}

#[test]
fn what_is_written_is_what_is() {
    let folder = program();
    for (name, kind, line, limit, value) in [
        ("make_session", "aiohttp.ClientSession", "pkg/clients.py:9", "limit_per_host", 30),
        ("Client", "httpx.AsyncClient", "pkg/clients.py:18", "max_connections", 40),
        ("lifespan", "httpx.AsyncClient", "pkg/clients.py:23", "max_keepalive_connections", 20),
        ("closure", "requests.Session", "pkg/clients.py:28", "pool_maxsize", 10),
        ("shared", "requests.Session", "pkg/clients.py:38", "pool_maxsize", 10),
    ] {
        let (code, client) = settings(folder.path(), &format!("pkg.clients:{name}"));
        assert_eq!((code, client["kind"].as_str(), client["scanned_at"].as_str()), (0, Some(kind), Some(line)), "{client}");
        assert_eq!((client["verdict"].as_str(), setting(&client, limit)["live"].as_i64()), (Some("confirmed"), Some(value)), "{client}");
    }
    let entries = std::fs::read_dir(folder.path().join("pkg")).unwrap().count();
    assert_eq!(entries, 2, "no compiled files are left behind");
}

#[test]
fn the_adapter_is_the_one_that_was_made_there() {
    let folder = program();
    let (code, client) = settings(folder.path(), "pkg.clients:mounted");
    assert_eq!((code, client["kind"].as_str()), (0, Some("requests.HTTPAdapter")), "{client}");
    assert_eq!(setting(&client, "pool_maxsize")["live"].as_i64(), Some(3), "{client}");
}

#[test]
fn a_session_is_held_against_its_own_time_outs_and_another_version_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = "import aiohttp\n\n\ndef make():\n    connector = aiohttp.TCPConnector(limit=9)\n    \
                return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30))\n";
    std::fs::write(folder.path().join("app.py"), text).unwrap();
    std::fs::write(folder.path().join("requirements.txt"), "aiohttp==3.9.5\n").unwrap();
    let (code, stdout, stderr) = ask(folder.path(), "app:make --output json");
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|why| panic!("{why}: {stdout}{stderr}"));
    let total = setting(&document["target"]["clients"][0], "total");
    assert_eq!((code, total["scanned"].as_str(), total["live"].as_i64()), (0, Some("30"), Some(30)), "{document}");
    assert!(document["notes"].to_string().contains("the project pins aiohttp 3.9.5, and the interpreter has 3.14.5"), "{document}");
}

#[test]
fn what_the_source_does_not_say_is_found() {
    let folder = program();
    let (code, client) = settings(folder.path(), "pkg.clients:Client --env LIMIT=7");
    let limit = setting(&client, "max_connections");
    assert_eq!((code, limit["scanned"].as_str(), limit["live"].as_i64()), (1, Some("40"), Some(7)), "{client}");
    let (code, client) = settings(folder.path(), "pkg.clients:narrowed");
    assert_eq!((code, setting(&client, "limit")["verdict"].as_str()), (1, Some("not-confirmed")), "{client}");
}

#[test]
fn what_it_has_is_probed_where_a_load_is_given() {
    let folder = program();
    let (code, stdout, stderr) =
        ask(folder.path(), "pkg.clients:make_session --concurrency 60 --latency 1s --repeats 1 --only-now --ascii");
    assert!(code != 2 && stdout.contains("now: per host 30, in total 100; 60 requests at once"), "{code} {stdout}{stderr}");
    assert!(stdout.contains("`pkg.clients:make_session`, imported from") && stdout.contains("predicted"), "{stdout}");
}

#[test]
fn guards_hold_and_failures_are_told() {
    let folder = program();
    std::fs::write(folder.path().join("aiohttp.py"), "raise SystemExit('the local file was taken')").unwrap();
    for (name, message) in [
        ("far", "PermissionError at pkg/clients.py:62: the probe connects to loopback only, not to 192.0.2.1"),
        ("named", "the probe resolves loopback only, not 127.example.invalid"),
        ("program", "the probe lets the module start no programs (subprocess.Popen)"),
        ("spawned", "the probe lets the module start no programs"),
        ("leaves", "SystemExit at pkg/clients.py:76: 0"),
        ("dies", "ended without a result"),
        ("writes", "ValueError at pkg/clients.py:85: written to the output"),
        ("needs", "missing 1 required positional argument"),
        ("number", "what it gives is a int, and no client of a known library is in it"),
        ("nothing", "has no attribute 'nothing'"),
    ] {
        let (code, stdout, stderr) = ask(folder.path(), &format!("pkg.clients:{name}"));
        assert!(code == 2 && stdout.is_empty() && stderr.contains(message), "{name}: {code} {stdout}{stderr}");
        assert!(stderr.contains("importing `pkg.clients` from"), "what is imported is told: {stderr}");
    }
    let (code, _, stderr) = ask(folder.path(), "json:loads");
    assert!(code == 2 && stderr.contains("there is no module `json` below"), "{stderr}");
}
