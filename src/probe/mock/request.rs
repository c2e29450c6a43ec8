//! Reading requests: as much HTTP/1.1 as clients of every kind send, and bounded in size.

use serde_json::Value;

/// Bytes of head and body that a request may have.
const LARGEST: usize = 8 << 20;
/// Headers that a request may have.
const HEADERS: usize = 128;
/// Header in which a client says the number of its request; else the last part of the path counts, if it is a number.
pub(super) const NUMBER_HEADER: &str = "x-advisor-id";

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The clock.
    Now,
    /// `/v1/chat/completions`, as OpenAI has it.
    Chat,
    /// `/v1/messages`, as Anthropic has it.
    Messages,
    /// Anything else.
    Other,
}

/// What a request asks of a model, as far as the answer shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    /// The model's name.
    pub model: String,
    /// How many answers.
    pub choices: u64,
    /// Whether an event with the usage is wanted before the last one.
    pub usage: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { model: "mock".into(), choices: 1, usage: false }
    }
}

/// Most answers to one request.
const MOST_CHOICES: u64 = 128;

/// A request that has arrived whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub kind: Kind,
    /// The client's number of it.
    pub id: Option<u64>,
    /// Whether it asks for events.
    pub wants_events: bool,
    /// What it asks of a model.
    pub asked: Asked,
    /// Whether the connection stays open after it.
    pub keeps_open: bool,
    /// Whether only the head of the answer is wanted.
    pub head_only: bool,
    /// Bytes of the input that it took up.
    pub length: usize,
}

/// What the input holds so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Parsed {
    /// Not yet a whole request.
    Partial,
    /// The head of one whose client waits for leave to send the body.
    AsksToContinue,
    /// A whole request.
    Whole(Request),
    /// No HTTP, or too much of it.
    Bad,
}

/// Reads the first request of the input.
pub(super) fn parse(input: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let body_at = match head.parse(input) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if input.len() <= LARGEST => return Parsed::Partial,
        Ok(httparse::Status::Partial) | Err(_) => return Parsed::Bad,
    };
    let (Some(method), Some(target)) = (head.method, head.path) else { return Parsed::Bad };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let says = |name: &str, word: &str| header(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
    let rest = input.get(body_at..).unwrap_or_default();
    let body = if says("transfer-encoding", "chunked") { chunked(rest) } else { sized(rest, header("content-length")) };
    let (body, taken) = match body {
        Body::Whole(body, taken) => (body, taken),
        Body::Partial if rest.is_empty() && says("expect", "100-continue") => return Parsed::AsksToContinue,
        Body::Partial => return Parsed::Partial,
        Body::Bad => return Parsed::Bad,
    };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let kind = match path {
        "/__now" => Kind::Now,
        _ if path.ends_with("/chat/completions") => Kind::Chat,
        _ if path.ends_with("/v1/messages") => Kind::Messages,
        _ => Kind::Other,
    };
    let is_of_model = matches!(kind, Kind::Chat | Kind::Messages);
    let body: Value = if is_of_model { serde_json::from_slice(&body).unwrap_or_default() } else { Value::Null };
    let last = path.rsplit('/').next().and_then(|last| last.parse().ok());
    let is_old = head.version == Some(0);
    Parsed::Whole(Request {
        kind,
        id: header(NUMBER_HEADER).and_then(|number| number.parse().ok()).or(last),
        wants_events: is_of_model && body["stream"] == true,
        asked: if is_of_model { asked(&body) } else { Asked::default() },
        keeps_open: if is_old { says("connection", "keep-alive") } else { !says("connection", "close") },
        head_only: method == "HEAD",
        length: body_at + taken,
    })
}

fn asked(body: &Value) -> Asked {
    let usual = Asked::default();
    Asked {
        model: body["model"].as_str().map_or(usual.model, String::from),
        choices: body["n"].as_u64().map_or(usual.choices, |choices| choices.clamp(1, MOST_CHOICES)),
        usage: body["stream_options"]["include_usage"] == true,
    }
}

enum Body {
    /// Its bytes, and how many of the input they came from.
    Whole(Vec<u8>, usize),
    Partial,
    Bad,
}

fn sized(input: &[u8], length: Option<&str>) -> Body {
    let Some(length) = length else { return Body::Whole(Vec::new(), 0) };
    match length.parse::<usize>() {
        Ok(length) if length <= LARGEST => match input.get(..length) {
            Some(body) => Body::Whole(body.to_vec(), length),
            None => Body::Partial,
        },
        _ => Body::Bad,
    }
}

fn chunked(input: &[u8]) -> Body {
    let (mut at, mut body) = (0, Vec::new());
    loop {
        let rest = input.get(at..).unwrap_or_default();
        let (head, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) if input.len() <= LARGEST => return Body::Partial,
            _ => return Body::Bad,
        };
        let Some(size) = usize::try_from(size).ok().filter(|size| *size <= LARGEST) else { return Body::Bad };
        // Each chunk ends with a line end; the last, empty one is followed by one too. Trailers are not understood.
        let (from, to) = (at + head, at + head + size);
        let (Some(chunk), Some(end)) = (input.get(from..to), input.get(to..to + 2)) else {
            return if input.len() <= LARGEST { Body::Partial } else { Body::Bad };
        };
        if end != b"\r\n" {
            return Body::Bad;
        }
        body.extend_from_slice(chunk);
        at = to + 2;
        if size == 0 {
            return Body::Whole(body, at);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    fn whole(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Parsed::Whole(request) => request,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn requests_are_told_apart() {
        let get = whole("GET /r/17?x=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /next");
        assert_eq!((get.kind, get.id, get.keeps_open, get.length), (Kind::Other, Some(17), true, 35));
        assert_eq!(whole("GET /__now HTTP/1.1\r\n\r\n").kind, Kind::Now);
        assert_eq!(whole("GET / HTTP/1.1\r\nX-Advisor-Id: 5\r\nConnection: Close\r\n\r\n").id, Some(5));
        assert!(!whole("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").keeps_open && !whole("GET / HTTP/1.0\r\n\r\n").keeps_open);
        let chat = whole("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 16\r\n\r\n{\"stream\": true}");
        assert!(chat.wants_events && chat.kind == Kind::Chat);
        let chunks = whole("POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"strea\r\n9\r\nm\": true}\r\n0\r\n\r\n");
        assert!(chunks.wants_events && chunks.kind == Kind::Messages);
    }

    #[test]
    fn the_rest_is_waited_for_or_refused() {
        let text = "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde";
        for cut in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..cut]), Parsed::Partial, "{cut}");
        }
        assert_eq!(parse(b"PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"), Parsed::AsksToContinue);
        for bad in [
            "\x16\x03\x01\x02\x00\x01",
            "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "P / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        ] {
            assert_eq!(parse(bad.as_bytes()), Parsed::Bad, "{bad:?}");
        }
    }
}
