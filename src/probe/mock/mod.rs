//! A server that does nothing but take its time, and writes down exactly what reached it and when.
//!
//! HTTP/1.1 with keep-alive on one or more loopback ports, one thread, no other moving parts: an event loop over non-blocking
//! sockets with a heap of timers carries 600 connections with less CPU than any client needs to fill them. What it cannot know,
//! the wait inside the client, follows from its arrivals and the client's starts, which are on the same [`super::clock`].

mod answer;
mod connection;
mod figures;
mod record;
mod request;
mod server;
mod work;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::queueing::Service;
use crate::queueing::simulate::Draws;

pub use figures::{Figures, Moment};
pub use record::{Life, Log, Outcome, Record, Told};

/// Most hosts, each with a port of its own.
pub const MOST_HOSTS: u64 = 64;

/// How long a request takes.
#[derive(Clone, PartialEq, Debug)]
pub enum Latency {
    /// Drawn from a distribution by the request's number; the same seed gives the same times.
    Drawn {
        /// The distribution; it may be constant.
        service: Service,
        /// Seed of the draws.
        seed: u64,
    },
    /// The n-th entry for the request of number n, from the beginning again after the last one. Seconds.
    Listed(Vec<f64>),
    /// At once.
    None,
}

impl Latency {
    /// Time of a request, seconds.
    pub fn of(&self, number: u64) -> f64 {
        match self {
            Self::Drawn { service, seed } => Draws::new(*seed, *service).service(number, 0),
            Self::Listed(times) if times.is_empty() => 0.0,
            Self::Listed(times) => usize::try_from(number).ok().and_then(|n| times.get(n % times.len()).copied()).unwrap_or(0.0),
            Self::None => 0.0,
        }
    }
}

/// Requests that one host works on at once, and what becomes of further ones.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Capacity {
    /// How many.
    pub requests: u64,
    /// Refuse the others with 429, to be tried again after so many seconds; `None` lets them wait.
    pub refuse_for: Option<u64>,
}

/// What goes wrong with some requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The connection is reset instead of an answer.
    Reset,
    /// The answer has no length, and the connection that ends it is closed half a second later.
    SlowClose,
    /// There is no answer, ever.
    Stall,
}

/// What the server does.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// Where to listen. Anything but loopback can be reached from outside.
    pub address: IpAddr,
    /// Port of the first host; 0 lets the system choose. Further hosts get ports that the system chooses.
    pub port: u16,
    /// Hosts.
    pub hosts: u64,
    /// Time of a request.
    pub latency: Latency,
    /// Limit of each host.
    pub capacity: Option<Capacity>,
    /// Send every answer as this many server-sent events, spread over its time; without it only requests that ask for a stream get one.
    pub events: Option<u32>,
    /// Faults: each hits the requests whose number, counted from 1, is a multiple of the figure.
    pub faults: Vec<(Fault, u64)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            hosts: 1,
            latency: Latency::None,
            capacity: None,
            events: None,
            faults: Vec::new(),
        }
    }
}

/// A running server. Dropping it closes all its ports and connections.
pub struct Server {
    addresses: Vec<SocketAddr>,
    stop: Arc<AtomicBool>,
    waker: Arc<mio::Waker>,
    thread: Option<JoinHandle<Log>>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// When a port cannot be had or the system gives no thread.
    pub fn start(config: Config) -> io::Result<Self> {
        raise_open_files();
        let mut running = server::Loop::new(config)?;
        let (addresses, waker) = (running.addresses(), running.waker());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("mock server".into()).spawn(move || {
            running.run(&stopped);
            running.into_log()
        })?;
        Ok(Self { addresses, stop, waker, thread: Some(thread) })
    }

    /// Where it listens: one address for each host.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Closes everything and gives what was written down.
    pub fn stop(mut self) -> Log {
        self.join().unwrap_or_default()
    }

    fn join(&mut self) -> Option<Log> {
        self.stop.store(true, Ordering::Release);
        // A loop that is gone already needs no waking.
        let _ = self.waker.wake();
        self.thread.take()?.join().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.join();
    }
}

/// Open files that this process may have: the limit as it was found, before the server raised it.
pub fn open_files() -> Option<u64> {
    raise_open_files()
}

/// Raises the soft limit of open files to the hard one, once; each connection needs one.
fn raise_open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        static FOUND: std::sync::OnceLock<Option<u64>> = std::sync::OnceLock::new();
        *FOUND.get_or_init(|| {
            let found = getrlimit(Resource::Nofile);
            // Where it may not be raised, the connections above it are refused and the client says so.
            let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: found.maximum, maximum: found.maximum });
            found.current
        })
    }
    #[cfg(not(unix))]
    None
}
