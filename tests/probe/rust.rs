//! Drivers that cargo builds: pools of Rust with the versions named here, and what is said where one cannot be built.

use crate::environment;
use crate::real::{is_exactly, probe};
use crate::{advisor, outcome};

#[test]
fn pools_lend_no_more_connections_than_they_have() {
    for library in ["deadpool@0.13.1", "bb8@0.9.1", "r2d2@0.8.10", "sqlx@0.9.0"] {
        let (name, version) = library.split_once('@').unwrap();
        let document = probe(&format!("--library {library} --limit 5 --concurrency 15 --latency 1s --repeats 2 --only-now"));
        assert_eq!(document["client"]["packages"][name], version);
        for (figure, number) in [("most in flight", 5.0), ("connections opened", 5.0), ("success", 1.0)] {
            is_exactly(&document, 0, figure, number);
        }
        let column = &document["columns"][0];
        let waits: Vec<f64> = column["metrics"][2]["runs"].as_array().unwrap().iter().map(|run| run.as_f64().unwrap()).collect();
        // Five wait for nothing, five for a call of 0.2 s, five for two: the clock is the server's, or that of who holds the connection.
        assert!(waits.iter().all(|wait| (0.19..0.4).contains(wait)), "{library}: {waits:?}");
        let notes = [&document["notes"], &column["notes"]].map(ToString::to_string).concat();
        assert!(!notes.contains("was to be") && notes.contains("no database") | notes.contains("no other database"), "{library}: {notes}");
    }
}

#[test]
fn whoever_waits_too_long_gets_no_connection() {
    // Calls of 1 s on 5 connections: of 15 the first five are in time, the second five too, the last are not.
    for (library, setting, error) in [
        ("deadpool@0.13.1", "wait_timeout", "Timeout(Wait)"),
        ("bb8@0.9.1", "connection_timeout", "RunError::TimedOut"),
        ("r2d2@0.8.10", "connection_timeout", "r2d2::Error"),
        ("sqlx@0.9.0", "acquire_timeout", "Error::PoolTimedOut"),
    ] {
        let arguments =
            format!("--library {library} --limit 5 --concurrency 15 --latency 1s --set {setting}=1500ms --repeats 2 --only-now");
        let document = probe(&arguments);
        let success = document["columns"][0]["metrics"][1]["measured"].as_f64().unwrap();
        assert!((success - 2.0 / 3.0).abs() < 1e-6, "{library}: {document}");
        assert_eq!(document["columns"][0]["errors"][error], 10, "{library}");
    }
}

#[test]
fn what_cannot_be_built_or_set_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |arguments: &str, change: &dyn Fn(&mut std::process::Command)| {
        let mut command = advisor(folder.path());
        command.env("XDG_CACHE_HOME", environment::built().join("probe-drivers"));
        command.args("probe --concurrency 4 --latency 1s".split(' ')).args(arguments.split_whitespace());
        change(&mut command);
        let (code, stdout, stderr) = outcome(&mut command);
        assert!(code == 2 && stdout.is_empty(), "{code} {stdout}{stderr}");
        stderr
    };
    let as_it_is = |_: &mut std::process::Command| ();
    let old = ask("--library deadpool@0.9.5 --limit 2", &as_it_is);
    assert!(old.contains("deadpool 0.9.5 cannot be probed: its driver is for versions from 0.12 on"), "{old}");
    let endless = ask("--library bb8@0.9.1 --limit none", &as_it_is);
    assert!(endless.contains("always has a `max_size`: name it with --limit"), "{endless}");
    let hosts = ask("--library r2d2@0.8.10 --limit 2 --hosts 2", &as_it_is);
    assert!(hosts.contains("a pool of r2d2 has one server"), "{hosts}");
    let named = ask("--library sqlx@0.9.0 --limit 2 --server postgres://127.0.0.1/x", &as_it_is);
    assert!(named.contains("--server: sqlx is probed"), "{named}");
    let written = ask("--library reqwest@0.12.28\"}evil={path=\"/", &as_it_is);
    assert!(written.contains("is no version of a package"), "{written}");
    let empty = tempfile::tempdir().unwrap();
    // Nothing is fetched where nothing may be: the driver is one that was never built before.
    let offline = ask("--library bb8@0.9.1 --limit 2", &|command| {
        command.env("XDG_CACHE_HOME", empty.path()).env("CARGO_NET_OFFLINE", "true").env("CARGO_HOME", empty.path().join("cargo"));
    });
    assert!(offline.contains("the driver for bb8 cannot be built with cargo"), "{offline}");
}

#[cfg(unix)]
#[test]
fn without_cargo_there_is_no_driver() {
    let folder = tempfile::tempdir().unwrap();
    for program in ["sh", "cat"] {
        let found = ["/bin", "/usr/bin"].map(|at| std::path::Path::new(at).join(program)).into_iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, folder.path().join(program)).unwrap();
    }
    let mut command = advisor(folder.path());
    command.env("PATH", folder.path()).env("XDG_CACHE_HOME", folder.path());
    command.args("probe --library r2d2@0.8.10 --limit 2 --concurrency 4 --latency 1s".split(' '));
    let (code, _, stderr) = outcome(&mut command);
    assert!(code == 2 && stderr.contains("cannot be built with cargo") && stderr.contains("cargo: not found"), "{code} {stderr}");
}
