//! What the server says: plain text, or a model's answer in the forms of OpenAI and Anthropic, whole or in events.

use serde_json::{Value, json};

use super::request::{Kind, Request};
use crate::probe::clock;

/// Events of an answer that is asked for in events, where the configuration does not say.
pub(super) const EVENTS: u32 = 20;

/// An answer in one piece.
pub(super) fn whole(request: &Request) -> Vec<u8> {
    let (media, body) = match request.kind {
        Kind::Now => ("application/json", format!("{{\"now\":{}}}", clock::now())),
        Kind::Chat => {
            let choice = |index: u64| json!({"index": index, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"});
            let choices: Vec<Value> = (0..request.asked.choices).map(choice).collect();
            let usage = usage(request.asked.choices);
            ("application/json", chat("chat.completion", &request.asked.model, json!({"choices": choices, "usage": usage})).to_string())
        }
        Kind::Messages => {
            let content = json!([{"type": "text", "text": "ok"}]);
            ("application/json", message(&request.asked.model, content, json!("end_turn")).to_string())
        }
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
pub(super) fn event(request: &Request, number: u32, of: u32) -> Vec<u8> {
    let (is_first, is_last) = (number == 0, number + 1 >= of);
    let data = match request.kind {
        Kind::Chat => chat_event(request, is_first, is_last),
        Kind::Messages => messages_event(&request.asked.model, is_first, is_last),
        Kind::Now | Kind::Other => format!("data: {number}\n\n"),
    };
    let end = if is_last { "0\r\n\r\n" } else { "" };
    format!("{:x}\r\n{data}\r\n{end}", data.len()).into_bytes()
}

/// A part of each answer that was asked for; behind the last one the usage, where it was asked for.
fn chat_event(request: &Request, is_first: bool, is_last: bool) -> String {
    let asked = &request.asked;
    let data = |mut more: Value| {
        if asked.usage && more.get("usage").is_none() {
            more["usage"] = Value::Null;
        }
        format!("data: {}\n\n", chat("chat.completion.chunk", &asked.model, more))
    };
    let delta = if is_first { json!({"role": "assistant", "content": "ok"}) } else { json!({"content": " ok"}) };
    let finish = if is_last { json!("stop") } else { Value::Null };
    let choice = |index: u64| data(json!({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}));
    let mut text: String = (0..asked.choices).map(choice).collect();
    if is_last && asked.usage {
        text += &data(json!({"choices": [], "usage": usage(asked.choices)}));
    }
    if is_last {
        text += "data: [DONE]\n\n";
    }
    text
}

/// One token in, and one out for each answer.
fn usage(choices: u64) -> Value {
    json!({"prompt_tokens": 1, "completion_tokens": choices, "total_tokens": 1 + choices})
}

fn chat(object: &str, model: &str, more: Value) -> Value {
    let mut chat = json!({"id": "chatcmpl-mock", "object": object, "created": 0, "model": model});
    if let (Some(chat), Value::Object(more)) = (chat.as_object_mut(), more) {
        chat.extend(more);
    }
    chat
}

fn message(model: &str, content: Value, stop: Value) -> Value {
    json!({
        "id": "msg_mock", "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": stop,
        "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1},
    })
}

fn messages_event(model: &str, is_first: bool, is_last: bool) -> String {
    let event = |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default());
    let mut text = String::new();
    if is_first {
        text += &event(json!({"type": "message_start", "message": message(model, json!([]), Value::Null)}));
        text += &event(json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}));
    }
    text += &event(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ok "}}));
    if is_last {
        text += &event(json!({"type": "content_block_stop", "index": 0}));
        let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
        text += &event(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2}}));
        text += &event(json!({"type": "message_stop"}));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::request::Asked;
    use super::*;

    fn request(kind: Kind) -> Request {
        let asked = Asked { model: "m \"1\"".into(), choices: 2, usage: true };
        Request { kind, id: None, wants_events: false, asked, keeps_open: true, head_only: false, length: 0 }
    }

    #[test]
    fn whole_answers_are_json() {
        for kind in [Kind::Now, Kind::Chat, Kind::Messages] {
            let text = String::from_utf8(whole(&request(kind))).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())));
            let body: Value = serde_json::from_str(body).unwrap();
            assert!(kind == Kind::Now || body["model"] == "m \"1\"", "{body}");
            assert!(kind != Kind::Chat || body["choices"].as_array().unwrap().len() == 2, "{body}");
        }
    }

    #[test]
    fn every_event_is_json_and_the_last_one_ends() {
        for kind in [Kind::Chat, Kind::Messages] {
            let mut all = Vec::new();
            for number in 0..3 {
                let text = String::from_utf8(event(&request(kind), number, 3)).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
                let values: Vec<Value> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
                assert!(!values.is_empty(), "{text}");
                assert_eq!(text.ends_with("0\r\n\r\n"), number == 2);
                all.extend(values);
            }
            if kind == Kind::Chat {
                // Two answers in three parts each, and the usage.
                assert_eq!(all.len(), 7);
                assert!(all.iter().take(6).all(|part| part["usage"].is_null() && part["model"] == "m \"1\""));
                assert_eq!((all[6]["choices"].as_array().unwrap().len(), all[6]["usage"]["total_tokens"].as_u64()), (0, Some(3)));
            }
        }
    }
}
