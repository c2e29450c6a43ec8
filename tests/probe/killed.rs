//! Whoever is killed in the middle of a run: no process stays, and no port.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::advisor;
use crate::environment::python;

// Who calls it kills the probe and waits for it.
#[allow(clippy::zombie_processes)]
/// A probe whose only run would take half a minute, and its driver while that run is on.
fn started() -> (tempfile::TempDir, Child, u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = advisor(folder.path());
    command.args("probe --library aiohttp --per-host 2 --concurrency 200 --latency 1s --only-now --repeats 1".split(' '));
    let mut probe = command.arg("--python").arg(python()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    loop {
        // A driver that has run for longer than a calibration takes is in the run.
        // It is watched by a process between it and the probe.
        let drivers = children(probe.id()).into_iter().flat_map(children);
        if let Some(driver) = drivers.into_iter().find(|_| begin.elapsed() > Duration::from_secs(5)) {
            return (folder, probe, driver);
        }
        if begin.elapsed() > Duration::from_secs(20) {
            let _ = probe.kill();
            let _ = probe.wait();
            panic!("no driver was started");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn children(parent: u32) -> Vec<u32> {
    let stat = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let is_child = |pid: &u32| stat(pid).rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok()) == Some(parent);
    let all = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(is_child).collect()
}

/// Ports on which a process listens.
fn ports(pid: u32) -> Vec<u16> {
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let sockets: Vec<String> = links.filter_map(|link| Some(std::fs::read_link(link.path()).ok()?.to_str()?.to_string())).collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_ours = fields.get(3) == Some(&"0A") && sockets.contains(&format!("socket:[{}]", fields.get(9)?));
        is_ours.then(|| u16::from_str_radix(fields[1].rsplit(':').next().unwrap(), 16).unwrap())
    };
    table.lines().skip(1).filter_map(port).collect()
}

fn is_gone_soon(pid: u32) {
    let runs = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
    };
    let begin = Instant::now();
    while runs() {
        assert!(begin.elapsed() < Duration::from_secs(5), "{pid} still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(pid: u32) {
    assert!(std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_killed_probe_leaves_nothing() {
    let (_folder, mut probe, driver) = started();
    let ports = ports(probe.id());
    assert_eq!(ports.len(), 1);
    kill(probe.id());
    probe.wait().unwrap();
    is_gone_soon(driver);
    assert!(std::net::TcpStream::connect(("127.0.0.1", ports[0])).is_err());
}

#[test]
fn what_never_lets_go_of_the_interpreter_ends_with_the_probe() {
    for signal in ["-KILL", "-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app.py"), "def make():\n    return sum(range(10 ** 13))\n").unwrap();
        let mut command = advisor(folder.path());
        command.args(["probe", "--target", "app:make", "--python"]).arg(python()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut probe = command.spawn().unwrap();
        let begin = Instant::now();
        // The test of the network is a child too, which has none of its own.
        let driver = loop {
            let driver = children(probe.id()).into_iter().flat_map(children).next();
            match driver {
                Some(driver) if begin.elapsed() > Duration::from_secs(3) => break driver,
                _ if begin.elapsed() > Duration::from_secs(20) => panic!("no driver was started"),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        assert!(std::process::Command::new("kill").args([signal, &probe.id().to_string()]).status().unwrap().success());
        probe.wait().unwrap();
        is_gone_soon(driver);
    }
}

#[test]
fn a_killed_driver_is_an_error() {
    let (_folder, probe, driver) = started();
    kill(driver);
    let output = probe.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && stderr.contains("ended without a result (signal: 9"), "{stderr}");
}
