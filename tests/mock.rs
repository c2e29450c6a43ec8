//! The mock server over real sockets: keep-alive, capacity, streams, faults, and what it writes down.
#![cfg(feature = "probe")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use pool_advisor::probe::mock::{Capacity, Config, Fault, Figures, Latency, Outcome, Server};
use pool_advisor::queueing::Service;

fn every(seconds: f64) -> Latency {
    Latency::Drawn { service: Service::Constant(seconds), seed: 1 }
}

fn start(config: Config) -> (Server, SocketAddr) {
    let server = Server::start(config).unwrap();
    let address = server.addresses()[0];
    (server, address)
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    BufReader::new(stream)
}

fn send(client: &mut BufReader<TcpStream>, path: &str) {
    client.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: mock\r\n\r\n").as_bytes()).unwrap();
}

/// Status line with headers, and the body of the length that they say.
fn receive(client: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    client.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

fn get(client: &mut BufReader<TcpStream>, path: &str) -> String {
    send(client, path);
    receive(client).unwrap().0
}

#[test]
fn one_connection_carries_many_requests() {
    let (server, address) = start(Config { latency: Latency::Listed(vec![0.0, 0.05, 0.1]), ..Config::default() });
    let mut client = connect(address);
    for number in [2, 1, 0] {
        assert!(get(&mut client, &format!("/r/{number}")).starts_with("HTTP/1.1 200"));
    }
    let log = server.stop();
    let times: Vec<u64> = log.records.iter().map(|record| (record.ended.unwrap() - record.arrived) / 1_000_000).collect();
    assert!(times[0] >= 100 && (50..100).contains(&times[1]) && times[2] < 50, "{times:?}");
    let numbers: Vec<_> = log.records.iter().map(|record| (record.id, record.connection, record.nth, record.outcome)).collect();
    assert_eq!(numbers, [(Some(2), 0, 1, Outcome::Done), (Some(1), 0, 2, Outcome::Done), (Some(0), 0, 3, Outcome::Done)]);
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
}

#[test]
fn six_hundred_connections_at_once() {
    let (server, address) = start(Config { latency: every(0.5), ..Config::default() });
    let begin = Instant::now();
    let mut clients: Vec<_> = (0..600).map(|_| connect(address)).collect();
    for round in 0..2 {
        for (number, client) in clients.iter_mut().enumerate() {
            send(client, &format!("/r/{}", round * 600 + number));
        }
        for client in &mut clients {
            assert!(receive(client).unwrap().0.starts_with("HTTP/1.1 200"));
        }
    }
    let wall = begin.elapsed().as_secs_f64();
    let figures = Figures::of(&server.stop());
    assert_eq!((figures.done, figures.opened, figures.most_connections, figures.most_in_flight), (1200, 600, 600, 600));
    // Alone it is 1.1 s and 3 ms late; room is given for a busy machine.
    assert!((0.5..0.7).contains(&figures.mean_service) && (1.0..6.0).contains(&wall), "{} {wall}", figures.mean_service);
}

#[test]
fn a_full_server_queues_in_order() {
    let capacity = Some(Capacity { requests: 2, refuse_for: None });
    let (server, address) = start(Config { latency: every(0.2), capacity, ..Config::default() });
    let mut clients: Vec<_> = (0..5).map(|_| connect(address)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        send(client, &format!("/{number}"));
        std::thread::sleep(Duration::from_millis(10));
    }
    // The fourth gives up while it waits: the fifth takes its place.
    let begin = Instant::now();
    drop(clients.remove(3));
    for client in &mut clients {
        receive(client).unwrap();
    }
    assert!(begin.elapsed().as_secs_f64() < 0.55);
    let log = server.stop();
    let outcomes: Vec<_> = log.records.iter().map(|record| (record.outcome, record.began.is_some())).collect();
    let done = (Outcome::Done, true);
    assert_eq!(outcomes, [done, done, done, (Outcome::Aborted, false), done]);
    assert_eq!(Figures::of(&log).most_in_flight, 5);
}

#[test]
fn a_full_server_refuses() {
    let capacity = Some(Capacity { requests: 1, refuse_for: Some(7) });
    let (server, address) = start(Config { latency: every(0.3), capacity, ..Config::default() });
    let (mut first, mut second) = (connect(address), connect(address));
    send(&mut first, "/");
    std::thread::sleep(Duration::from_millis(50));
    let refused = get(&mut second, "/");
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("retry-after: 7"), "{refused}");
    receive(&mut first).unwrap();
    assert!(get(&mut second, "/").starts_with("HTTP/1.1 200"));
    let figures = Figures::of(&server.stop());
    assert_eq!((figures.done, figures.refused, figures.most_in_flight), (2, 1, 1 + 1));
}

#[test]
fn a_model_answers_whole_and_in_events() {
    let (server, address) = start(Config { latency: every(0.2), ..Config::default() });
    let ask = |body: &str| {
        let mut client = connect(address);
        let length = body.len();
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        client.get_mut().write_all(head.as_bytes()).unwrap();
        let (mut first, mut rest) = ([0], String::new());
        let begin = Instant::now();
        client.read_exact(&mut first).unwrap();
        let to_first = begin.elapsed().as_secs_f64();
        client.read_to_string(&mut rest).unwrap();
        (to_first, begin.elapsed().as_secs_f64(), rest)
    };
    let (first, all, text) = ask("{\"model\": \"m\", \"messages\": []}");
    assert!(first > 0.19 && all < 0.4 && text.contains("\"object\":\"chat.completion\""), "{first} {all} {text}");
    let (first, all, text) = ask("{\"stream\": true}");
    assert!(first < 0.1 && (0.19..0.4).contains(&all), "{first} {all}");
    assert_eq!(text.matches("chat.completion.chunk").count(), 20);
    assert!(text.contains("data: [DONE]\n\n\r\n0\r\n\r\n"), "{text}");
    assert_eq!(Figures::of(&server.stop()).done, 2);
}

#[test]
fn faults_hit_every_nth() {
    let faults = vec![(Fault::Reset, 2), (Fault::SlowClose, 3)];
    let (server, address) = start(Config { faults, ..Config::default() });
    let answers: Vec<_> = (0..3)
        .map(|_| {
            let mut client = connect(address);
            send(&mut client, "/");
            let mut text = String::new();
            let begin = Instant::now();
            let read = match client.fill_buf() {
                Ok(_) => client.read_line(&mut text).is_ok(),
                Err(_) => false,
            };
            // Whole only where the connection is closed or the length was read.
            let sized = text.is_empty() || receive(&mut client).is_some_and(|(head, _)| head.contains("content-length"));
            if !sized {
                client.read_to_string(&mut text).unwrap();
            }
            (read, sized, begin.elapsed().as_secs_f64() > 0.4)
        })
        .collect();
    assert_eq!(answers, [(true, true, false), (false, true, false), (true, false, true)]);
    let log = server.stop();
    assert_eq!(log.records.iter().map(|record| record.outcome).collect::<Vec<_>>(), [Outcome::Done, Outcome::Faulty, Outcome::Faulty]);
    assert_eq!(Figures::of(&log).closed_by_server, 2);
    let told = serde_json::to_value(log.told(2)).unwrap();
    assert_eq!((told.as_array().unwrap().len(), &told[1]["outcome"], &told[1]["nth"]), (2, &"faulty".into(), &1.into()));
    assert!(told[0]["arrived_s"] == 0 && told[1]["arrived_s"].as_f64() > told[0]["ended_s"].as_f64(), "{told}");

    let (server, address) = start(Config { faults: vec![(Fault::Stall, 1)], ..Config::default() });
    let mut client = connect(address);
    client.get_mut().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    send(&mut client, "/");
    assert!(receive(&mut client).is_none());
    drop(client);
    std::thread::sleep(Duration::from_millis(50));
    let log = server.stop();
    assert_eq!(log.records[0].outcome, Outcome::Faulty, "whoever had enough of it: it was a fault");
    assert_eq!((Figures::of(&log).faulty, Figures::of(&log).aborted, Figures::of(&log).closed), (1, 0, 1));
}

#[test]
fn the_clock_is_the_one_of_this_process() {
    let (server, address) = start(Config::default());
    let mut client = connect(address);
    let before = pool_advisor::probe::clock::now();
    send(&mut client, "/__now");
    let (_, body) = receive(&mut client).unwrap();
    let after = pool_advisor::probe::clock::now();
    let now = serde_json::from_str::<serde_json::Value>(&body).unwrap()["now"].as_u64().unwrap();
    assert!((before..=after).contains(&now));
    assert_eq!(server.stop().records, []);
}

#[test]
fn what_is_no_request_is_refused_and_hurts_nobody() {
    let (server, address) = start(Config { capacity: Some(Capacity { requests: 1, refuse_for: Some(1) }), ..Config::default() });
    let mut client = connect(address);
    client.get_mut().write_all(b"\x16\x03\x01\x00\xa5\x01\x00").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // Thousands of requests in one piece: answered one after the other, in bounded stack.
    let mut client = connect(address);
    let mut writer = client.get_ref().try_clone().unwrap();
    let many = std::thread::spawn(move || writer.write_all("GET / HTTP/1.1\r\n\r\n".repeat(20_000).as_bytes()).unwrap());
    for _ in 0..20_000 {
        receive(&mut client).unwrap();
    }
    many.join().unwrap();
    assert_eq!(Figures::of(&server.stop()).requests, 20_000);
}
