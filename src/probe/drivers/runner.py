"""Runs requests of one client library against loopback and prints when each began and ended.

The job is one JSON line on standard input. That stays open as long as the probe lives: when it closes, this process and all
it started end. Results go to the former standard output, as JSON lines; whatever a library prints goes to standard error.
The part for the library stands behind this one and defines `PACKAGES`, `THREADS` and `open_client`; for a database also `SERVER`,
`open_server` and `server_clock`, and what it sends gives the connection and the moments between which the server worked.
"""
import importlib.metadata
import ipaddress
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse

OUT = os.fdopen(os.dup(1), "w", encoding="ascii", errors="backslashreplace")
os.dup2(2, 1)
LINE = 2000  # requests in a line of results
READINGS = 20  # of the server's clock
SET = 1_000_000  # nanoseconds by which the time of day may move during a run
SERVER = False  # whether requests go to a database
STARTED = []  # servers that were started for this run; whatever happens, they end with the process group


def say(kind, what):
    OUT.write(json.dumps({kind: what}) + "\n")
    OUT.flush()


def fail(kind, message):
    say("error", {"kind": kind, "message": str(message)})
    OUT.close()
    os._exit(1)


def now():
    """Nanoseconds of the clock that the server reads too."""
    if hasattr(time, "CLOCK_MONOTONIC"):
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return time.monotonic_ns()


def end_with_the_probe():
    """Ends this process and its children when standard input closes: the probe has gone."""

    def watch():
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(3)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def is_loopback(host):
    host = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    if host in ("localhost", ""):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False  # a name, `127.example.com` among them
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def allow_loopback_only():
    """Refuses any other address. A net, no wall: code that wants to get around it can."""

    def hook(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple) and not is_loopback(address[0]):
                raise PermissionError(f"the probe connects to loopback only, not to {address[0]}")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
            host = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
            if host is not None and not is_loopback(host):
                raise PermissionError(f"the probe resolves loopback only, not {host}")

    sys.addaudithook(hook)


def compare_clocks(read):
    """The server's clock less ours, and the quickest round trip, both in nanoseconds; `read` gives what the server says."""
    best = None
    for _ in range(READINGS):
        before = now()
        theirs = read()
        after = now()
        if best is None or after - before < best[1]:
            best = (theirs - (before + after) // 2, after - before)
    return {"offset_ns": best[0], "round_trip_ns": best[1]}


def read_clock(base):
    host, port = base.split("//")[1].rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def read():
            connection.sendall(b"GET /__now HTTP/1.1\r\nHost: probe\r\n\r\n")
            answer = b""
            while b"}" not in answer:
                piece = connection.recv(4096)
                if not piece:
                    raise ConnectionError("the clock's connection was closed")
                answer += piece
            return json.loads(answer.split(b"\r\n\r\n", 1)[1])["now"]

        return compare_clocks(read)


# A database of the user's own stamps its answers by the time of day. On one machine that differs from our clock by the same span
# for everybody, as long as nobody sets it.
DAY = time.time_ns() - now()


def of_day(nanoseconds):
    """A moment by the time of day as one of our clock."""
    return nanoseconds - DAY


def on_this_machine(url):
    """The address of a server, where it names nothing but loopback and sockets of this machine."""
    parts = urllib.parse.urlsplit(url)
    hosts = [part.rsplit("@", 1)[-1] for part in parts.netloc.split(",")]
    hosts = [host[1:].split("]")[0] if host.startswith("[") else host.split(":")[0] for host in hosts]
    elsewhere = [host for host in hosts if not is_loopback(host) and not host.startswith(("/", "%2F", "%2f"))]
    queries = urllib.parse.parse_qs(parts.query)
    # A path is a socket of this machine.
    named = [host for name in ("host", "hostaddr") for value in queries.get(name, []) for host in value.split(",")]
    elsewhere += [host for host in named if not is_loopback(host) and not host.startswith("/")]
    asked = [name for name in queries if ("host" in name and name not in ("host", "hostaddr")) or name == "service"]
    if elsewhere or asked:
        raise PermissionError("the server must be on this machine, and is not: %s" % ", ".join(elsewhere + asked))
    return url


def hello(job):
    versions = {}
    for package in PACKAGES:  # noqa: F821
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            fail("missing", package)
    try:
        import resource

        open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    except ImportError:
        open_files = None
    if SERVER and job["workers"]:
        job["urls"] = [open_server(job["server"])]  # noqa: F821
    read = server_clock if SERVER else read_clock  # noqa: F821
    clock = read(job["urls"][0]) if job["urls"] else None
    say(
        "hello",
        {
            "version": versions[PACKAGES[0]],  # noqa: F821
            "packages": versions,
            "runtime": "Python %d.%d.%d" % sys.version_info[:3],
            "executable": sys.executable or "",
            "open_files": open_files,
            "clock": clock,
        },
    )


class Refused(Exception):
    """An answer that is none."""


# The first request of a process imports and builds what later ones find. It is sent by a client of its own and counts nowhere: its
# number is one above the last.


async def warm_up_tasks(job):
    client = await open_client(job["settings"])  # noqa: F821
    try:
        await client.send(job["urls"][0], job["workers"] * job["rounds"])
    except Exception:
        pass
    await client.close()


def warm_up_threads(job):
    client = open_client(job["settings"])  # noqa: F821
    try:
        client.send(job["urls"][0], job["workers"] * job["rounds"])
    except Exception:
        pass
    client.close()


def run_tasks(job):
    import asyncio

    results, served = [], []

    async def run():
        await warm_up_tasks(job)
        client = await open_client(job["settings"])  # noqa: F821
        if client.read_back:
            say("settings", client.read_back)
        gate = asyncio.Semaphore(job["semaphore"]) if job["semaphore"] else None
        urls, rounds, pause, send = job["urls"], job["rounds"], job["pause"], client.send

        async def one(number, url, start):
            try:
                stamps = await send(url, number)
                if stamps:
                    served.append((number, *stamps))
                outcome = "ok"
            except Exception as error:
                outcome = type(error).__name__
            results.append((number, start, now(), outcome))

        async def worker(which):
            for turn in range(rounds):
                number, url = which * rounds + turn, urls[(which + turn) % len(urls)]
                if gate is None:
                    await one(number, url, now() if turn else begin)
                else:
                    async with gate:
                        await one(number, url, now())
                if pause and turn + 1 < rounds:
                    await asyncio.sleep(pause)

        begin, cpu = now(), time.process_time()
        await asyncio.gather(*(worker(which) for which in range(job["workers"])))
        finish, cpu = now(), time.process_time() - cpu
        await client.close()
        return begin, finish, cpu

    return (results, served, *asyncio.run(run()))


def run_threads(job):
    warm_up_threads(job)
    client = open_client(job["settings"])  # noqa: F821
    if client.read_back:
        say("settings", client.read_back)
    gate = threading.Semaphore(job["semaphore"]) if job["semaphore"] else None
    urls, rounds, pause, send = job["urls"], job["rounds"], job["pause"], client.send
    results, served = [[] for _ in range(job["workers"])], []
    started = {}
    barrier = threading.Barrier(job["workers"], action=lambda: started.update(begin=now(), cpu=time.process_time()))

    def one(mine, number, url, start):
        try:
            stamps = send(url, number)
            if stamps:
                served.append((number, *stamps))
            outcome = "ok"
        except Exception as error:
            outcome = type(error).__name__
        mine.append((number, start, now(), outcome))

    def worker(which):
        mine = results[which]
        barrier.wait()
        for turn in range(rounds):
            number, url = which * rounds + turn, urls[(which + turn) % len(urls)]
            if gate is None:
                one(mine, number, url, now() if turn else started["begin"])
            else:
                with gate:
                    one(mine, number, url, now())
            if pause and turn + 1 < rounds:
                time.sleep(pause)

    threading.stack_size(512 * 1024)
    workers = [threading.Thread(target=worker, args=(which,), daemon=True) for which in range(job["workers"])]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    finish, cpu = now(), time.process_time() - started["cpu"]
    client.close()
    return [one for mine in results for one in mine], served, started["begin"], finish, cpu


def report(results, served, begin, finish, cpu):
    if SERVER and abs(time.time_ns() - now() - DAY) > SET:
        fail("failed", "the time of day was set during the run")
    for first in range(0, len(results), LINE):
        say("requests", results[first : first + LINE])
    for first in range(0, len(served), LINE):
        say("served", served[first : first + LINE])
    say("end", {"begin": begin, "finish": finish, "cpu_s": cpu})


def main(job):
    end_with_the_probe()
    allow_loopback_only()
    try:
        hello(job)
        job["settings"].update(urls=job["urls"], times=job["times"])
        if not job["workers"]:
            say("end", {"begin": 0, "finish": 0, "cpu_s": 0})
            return
        for _ in range(job["bursts"]):
            report(*(run_threads if THREADS else run_tasks)(job))  # noqa: F821
        for server in STARTED:
            server.kill()
            server.wait()
    except ImportError as error:
        fail("missing", error)
    except Exception as error:
        fail("failed", "%s: %s" % (type(error).__name__, error))
