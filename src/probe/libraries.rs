//! The libraries that can be probed, by their names in the catalog: the program of each, and what its requests are.

/// A library with its driver.
pub(super) struct Library {
    name: &'static str,
    /// The part of the driver that is the library's own.
    pub(super) source: Source,
    calls: Calls,
}

/// How a driver is made.
pub(super) enum Source {
    /// Run by an interpreter, behind the runner.
    Python(&'static [&'static str]),
    /// Built with the library's version, beside the runner.
    Rust(Package),
}

/// What is built into the driver of a Rust library.
pub(super) struct Package {
    /// The module that drives it.
    pub(super) client: &'static str,
    /// Its features.
    pub(super) features: &'static [&'static str],
    /// The oldest version that the module can be built with.
    pub(super) since: &'static str,
    /// Whether whoever waits blocks a thread, so that each worker has one of its own.
    pub(super) threads: bool,
}

/// What a request is.
#[derive(PartialEq)]
enum Calls {
    /// The client sends it to our own server, and takes a connection for it.
    Sent,
    /// It is sent to our own server on a connection that the pool lends; the pool is one of anything, and those are plain connections.
    OnLoan,
    /// A statement for a server of its own kind, whose address begins so; some drivers can start one.
    Statement { scheme: &'static str, starts: bool },
    /// A loan as long as a call, of a connection to something within the driver's own process.
    Loan,
}

const POSTGRESQL: &str = include_str!("drivers/postgresql.py");

const fn python(name: &'static str, own: &'static [&'static str]) -> Library {
    Library { name, source: Source::Python(own), calls: Calls::Sent }
}

const fn database(name: &'static str, scheme: &'static str, starts: bool, own: &'static [&'static str]) -> Library {
    Library { name, source: Source::Python(own), calls: Calls::Statement { scheme, starts } }
}

const fn rust(name: &'static str, calls: Calls, package: Package) -> Library {
    Library { name, source: Source::Rust(package), calls }
}

static LIBRARIES: [Library; 17] = [
    python("aiohttp", &[include_str!("drivers/aiohttp.py")]),
    python("httpx", &[include_str!("drivers/httpx.py")]),
    python("httpx2", &[include_str!("drivers/httpx.py")]),
    python("requests", &[include_str!("drivers/requests.py")]),
    python("urllib3", &[include_str!("drivers/urllib3.py")]),
    python("botocore", &[include_str!("drivers/botocore.py")]),
    python("openai", &[include_str!("drivers/openai.py")]),
    python("anthropic", &[include_str!("drivers/openai.py")]),
    database("redis", "redis", true, &[include_str!("drivers/redis.py")]),
    database("asyncpg", "postgres", false, &[POSTGRESQL, include_str!("drivers/asyncpg.py")]),
    database("psycopg_pool", "postgres", false, &[POSTGRESQL, include_str!("drivers/psycopg_pool.py")]),
    database("sqlalchemy", "postgres", false, &[POSTGRESQL, include_str!("drivers/sqlalchemy.py")]),
    rust("reqwest", Calls::Sent, Package { client: include_str!("drivers/reqwest.rs"), features: &[], since: "0.11", threads: false }),
    rust(
        "deadpool",
        Calls::OnLoan,
        Package { client: include_str!("drivers/deadpool.rs"), features: &["managed", "rt_tokio_1"], since: "0.12", threads: false },
    ),
    rust("bb8", Calls::OnLoan, Package { client: include_str!("drivers/bb8.rs"), features: &[], since: "0.9", threads: false }),
    rust("r2d2", Calls::OnLoan, Package { client: include_str!("drivers/r2d2.rs"), features: &[], since: "0.8", threads: true }),
    rust(
        "sqlx",
        Calls::Loan,
        Package { client: include_str!("drivers/sqlx.rs"), features: &["runtime-tokio", "sqlite"], since: "0.7", threads: false },
    ),
];

/// Names of the libraries that can be probed.
pub fn names() -> impl Iterator<Item = &'static str> {
    LIBRARIES.iter().map(|library| library.name)
}

pub(super) fn find(name: &str) -> Option<&'static Library> {
    LIBRARIES.iter().find(|library| library.name == name)
}

/// Whether the driver of a library has to be built.
pub fn is_built(name: &str) -> bool {
    find(name).is_some_and(|library| matches!(library.source, Source::Rust(_)))
}

/// Whether a library speaks to a server of its own kind, which may be named.
pub fn is_of_database(name: &str) -> bool {
    find(name).is_some_and(|library| matches!(library.calls, Calls::Statement { .. }))
}

/// Whether a library's requests never reach our own server, so that the driver says when they were served.
pub(super) fn is_elsewhere(name: &str) -> bool {
    is_of_database(name) || find(name).is_some_and(|library| library.calls == Calls::Loan)
}

/// Whether a pool lends its connections, and what is done with one is no matter of it.
pub(super) fn lends(name: &str) -> bool {
    find(name).is_some_and(|library| library.calls != Calls::Sent)
}

/// Whether the driver's workers are threads that the system lets run: then nobody knows which one asks first for what another gave back.
pub(super) fn is_scheduled(name: &str) -> bool {
    find(name).is_some_and(|library| matches!(library.source, Source::Rust(Package { threads: true, .. })))
}

/// Whether a library has all that it needs to be probed: those of databases want one that was named, but for those that can be started.
pub fn is_served(name: &str, server: Option<&str>) -> bool {
    match (find(name).map(|library| &library.calls), server) {
        (Some(Calls::Statement { scheme, .. }), Some(server)) => server.starts_with(scheme),
        (Some(Calls::Statement { starts, .. }), None) => *starts,
        _ => true,
    }
}

/// What stands for the real thing in a probe, where that must be said.
pub fn stand_in(name: &str) -> Option<&'static str> {
    match find(name)?.calls {
        Calls::OnLoan => Some("the pool lends plain connections to the mock server, which answers on them: no database is spoken to"),
        Calls::Loan => {
            Some("the pool lends connections to SQLite in memory, each held as long as a call takes: no other database is spoken to")
        }
        Calls::Sent | Calls::Statement { .. } => None,
    }
}
