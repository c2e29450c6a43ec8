//! What the server says: plain text, or a model's answer in the forms of OpenAI and Anthropic, whole or in events.

use super::request::{Kind, Request};
use crate::probe::clock;

/// Events of an answer that is asked for in events, where the configuration does not say.
pub(super) const EVENTS: u32 = 20;

/// An answer in one piece.
pub(super) fn whole(request: &Request) -> Vec<u8> {
    let (media, body) = match request.kind {
        Kind::Now => ("application/json", format!("{{\"now\":{}}}", clock::now())),
        Kind::Chat => ("application/json", chat("chat.completion", "\"message\":{\"role\":\"assistant\",\"content\":\"ok\"}", "\"stop\"")),
        Kind::Messages => ("application/json", message("[{\"type\":\"text\",\"text\":\"ok\"}]", "\"end_turn\"")),
        Kind::Other => ("text/plain", "ok\n".into()),
    };
    let body = if request.head_only { "" } else { &body };
    answer("200 OK", media, request.keeps_open, "", body)
}

/// An answer without a length: the closed connection ends it.
pub(super) fn unsized_head(request: &Request) -> Vec<u8> {
    let body = if request.head_only { "" } else { "ok\n" };
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// A refusal, with the seconds after which to try again.
pub(super) fn refusal(request: &Request, seconds: u64) -> Vec<u8> {
    let body = "{\"error\":{\"message\":\"too many requests at once\",\"type\":\"rate_limit_error\",\"code\":429}}";
    answer("429 Too Many Requests", "application/json", request.keeps_open, &format!("retry-after: {seconds}\r\n"), body)
}

/// What is no request.
pub(super) fn bad() -> Vec<u8> {
    answer("400 Bad Request", "text/plain", false, "", "not understood\n")
}

/// Leave to send the body.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn answer(status: &str, media: &str, keeps_open: bool, more: &str, body: &str) -> Vec<u8> {
    let connection = if keeps_open { "keep-alive" } else { "close" };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {media}\r\ncontent-length: {length}\r\nconnection: {connection}\r\n{more}\r\n{body}")
        .into_bytes()
}

/// The head of an answer in events.
pub(super) fn events_head(request: &Request) -> Vec<u8> {
    let connection = if request.keeps_open { "keep-alive" } else { "close" };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked";
    format!("{head}\r\nconnection: {connection}\r\n\r\n").into_bytes()
}

/// The event of this number (from 0) of so many; the last one ends the answer.
pub(super) fn event(kind: Kind, number: u32, of: u32) -> Vec<u8> {
    let (is_first, is_last) = (number == 0, number + 1 >= of);
    let data = match kind {
        Kind::Chat => {
            let finish = if is_last { "\"stop\"" } else { "null" };
            let delta = if is_first { "\"delta\":{\"role\":\"assistant\",\"content\":\"ok\"}" } else { "\"delta\":{\"content\":\" ok\"}" };
            let done = if is_last { "data: [DONE]\n\n" } else { "" };
            format!("data: {}\n\n{done}", chat("chat.completion.chunk", delta, finish))
        }
        Kind::Messages => messages_event(is_first, is_last),
        Kind::Now | Kind::Other => format!("data: {number}\n\n"),
    };
    let end = if is_last { "0\r\n\r\n" } else { "" };
    format!("{:x}\r\n{data}\r\n{end}", data.len()).into_bytes()
}

fn chat(object: &str, content: &str, finish: &str) -> String {
    let usage =
        if object == "chat.completion" { ",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}" } else { "" };
    format!(
        "{{\"id\":\"chatcmpl-mock\",\"object\":\"{object}\",\"created\":0,\"model\":\"mock\",\"choices\":[{{\"index\":0,{content},\"finish_reason\":{finish}}}]{usage}}}"
    )
}

fn message(content: &str, stop: &str) -> String {
    format!(
        "{{\"id\":\"msg_mock\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":{content},\"stop_reason\":{stop},\"stop_sequence\":null,\"usage\":{{\"input_tokens\":1,\"output_tokens\":1}}}}"
    )
}

fn messages_event(is_first: bool, is_last: bool) -> String {
    let event = |name: &str, data: &str| format!("event: {name}\ndata: {data}\n\n");
    let mut text = String::new();
    if is_first {
        text += &event("message_start", &format!("{{\"type\":\"message_start\",\"message\":{}}}", message("[]", "null")));
        let block = "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}";
        text += &event("content_block_start", block);
    }
    text += &event(
        "content_block_delta",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"ok \"}}",
    );
    if is_last {
        text += &event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
        let stop =
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":2}}";
        text += &event("message_delta", stop);
        text += &event("message_stop", "{\"type\":\"message_stop\"}");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn whole_answers_are_json() {
        let request = |kind| Request { kind, id: None, wants_events: false, keeps_open: true, head_only: false, length: 0 };
        for kind in [Kind::Now, Kind::Chat, Kind::Messages] {
            let text = String::from_utf8(whole(&request(kind))).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())));
            serde_json::from_str::<serde_json::Value>(body).unwrap();
        }
    }

    #[test]
    fn every_event_is_json_and_the_last_one_ends() {
        for kind in [Kind::Chat, Kind::Messages] {
            for number in 0..3 {
                let text = String::from_utf8(event(kind, number, 3)).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
                let values: Vec<serde_json::Value> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
                assert!(!values.is_empty(), "{text}");
                assert_eq!(text.ends_with("0\r\n\r\n"), number == 2);
            }
        }
    }
}
