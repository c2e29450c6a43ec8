//! One connection to the probe's server, which answers each request on it after its time.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Sent;

/// Bytes that an answer may have.
const LARGEST: usize = 1 << 20;

pub struct Connection {
    stream: TcpStream,
    is_broken: bool,
}

/// An answer: its status, and its body.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl Connection {
    pub async fn open(url: &str) -> Result<Self> {
        let address: Option<SocketAddr> = url.strip_prefix("http://").and_then(|address| address.parse().ok());
        let address = address.filter(|address| address.ip().is_loopback()).ok_or_else(|| bad("the probe connects to loopback only"))?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, is_broken: false })
    }

    /// Whether an answer did not come whole.
    #[allow(dead_code, reason = "for pools that lend connections")]
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Sends a request by its number.
    #[allow(dead_code, reason = "for pools that lend connections")]
    pub async fn request(&mut self, number: u64) -> Sent {
        let answer = self.get(&format!("/r/{number}")).await.map_err(|why| why.kind().to_string())?;
        if answer.status == 200 { Ok(None) } else { Err("refused".into()) }
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.is_broken = true;
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: probe\r\n\r\n").as_bytes()).await?;
        let mut input = Vec::new();
        loop {
            if let Some(answer) = whole(&input)? {
                self.is_broken = false;
                return Ok(answer);
            }
            if input.len() > LARGEST || self.stream.read_buf(&mut input).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The answer, once all of it is there.
fn whole(input: &[u8]) -> Result<Option<Answer>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = input.windows(END.len()).position(|part| part == END) else { return Ok(None) };
    let head = std::str::from_utf8(&input[..end]).map_err(|_| bad("an answer's head is no text"))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| bad("an answer has no status"))?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let length = length.ok_or_else(|| bad("an answer has no length"))?;
    let body = &input[end + END.len()..];
    Ok((body.len() >= length).then(|| Answer { status, body: body[..length].to_vec() }))
}
