//! WebSocket sessions beyond the recordings: both eras, faults, and clients that misbehave.

use std::time::Duration;

use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ConnectionEffect, ConnectionFault, ConnectionSelector, Effect, FaultRule, Selector};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::{
    ordered::Ordered,
    stage::{Socket, ask, call, in_time, paragraphs, quick, soon, start, until},
};

fn members(text: &str) -> Vec<String> {
    match Ordered::parse(text) {
        Ordered::Members(members) => members.into_iter().map(|(name, _)| name).collect(),
        other @ (Ordered::Plain(_) | Ordered::Text(_) | Ordered::List(_)) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_era_has_its_own_status() {
    let february = GatewayConfig::feb_2026().with_deterministic_engine(
        1,
        Duration::from_millis(5),
        claque_core::time::MediaTime::from_millis(500),
    );
    let old =
        ["type", "document_id", "block_idx", "status", "audio_url", "error", "model_slug", "voice_slug"];
    let new = [
        "type",
        "document_id",
        "block_idx",
        "status",
        "audio_url",
        "error",
        "recoverable",
        "model_slug",
        "voice_slug",
        "word_timestamps",
        "duration_ms",
    ];
    for (config, names, url_with_queued) in [(february, &old[..], false), (quick(), &new[..], true)] {
        let host = start(config);
        let document = paragraphs(&host, 1).await;
        let mut socket = Socket::open(&host, "").await.unwrap();
        socket.ask(&document, &[0]).await;
        let (queued, cached) = (socket.text().await, socket.text().await);
        assert_eq!(
            (members(&queued), members(&cached)),
            (
                names.iter().map(ToString::to_string).collect(),
                names.iter().map(ToString::to_string).collect()
            )
        );
        let queued: Value = serde_json::from_str(&queued).unwrap();
        assert_eq!(
            (queued["status"].as_str(), queued["audio_url"].is_string()),
            (Some("queued"), url_with_queued)
        );
    }
}

#[tokio::test]
async fn february_wants_its_fields_and_knows_no_cap() {
    let host = start(GatewayConfig::feb_2026());
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.say(&ask(&document, &[0]).replace("cursor", "other")).await;
    let words = socket.json().await["error"].as_str().unwrap().to_owned();
    assert!(words.starts_with("1 validation error for WSSynthesizeRequest\ncursor\n"), "{words}");
    socket.say(&ask(&document, &[0]).replace("\"server\"", "\"browser\"")).await;
    socket.ask(&document, &[9; 40]).await;
    let skipped = socket.until_over(40).await;
    assert_eq!(skipped.len(), 40, "what the browser makes itself is answered by nothing");
}

/// Nine hundred blocks at once are answered, however slowly they are read.
#[tokio::test]
async fn a_large_request_is_answered_in_full() {
    let host = start(GatewayConfig { synthesis_limit: None, ..GatewayConfig::feb_2026() });
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &(1..901).collect::<Vec<_>>()).await;
    assert_eq!(socket.until_over(900).await.len(), 900);
    assert_eq!(host.stats().dropped_slow, 0);
}

fn with_fault(after_notices: u64, effect: ConnectionEffect) -> GatewayConfig {
    let mut config = quick();
    let selector = ConnectionSelector::Nth(0);
    config.faults.connections.push(ConnectionFault {
        selector,
        after_notices,
        at_block: None,
        after: None,
        effect,
    });
    config
}

#[tokio::test]
async fn a_connection_is_closed_when_a_fault_says_so() {
    let effect = ConnectionEffect::Close { code: 1008, reason: "Invalid token".to_owned() };
    let host = start(with_fault(2, effect));
    let document = paragraphs(&host, 4).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1, 2, 3]).await;
    socket.text().await;
    socket.text().await;
    let close = socket.next().await.unwrap_err().unwrap();
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1008, "Invalid token"));
    until(&host, |stats| stats.gateway.connections == 0).await;
    let mut second = Socket::open(&host, "").await.unwrap();
    second.ask(&document, &[0, 1, 2, 3]).await;
    second.until_over(4).await;
}

#[tokio::test]
async fn a_connection_can_end_without_a_close_and_a_handshake_be_refused() {
    let mut config = with_fault(1, ConnectionEffect::Close { code: 1006, reason: String::new() });
    config.faults.connections.push(ConnectionFault {
        selector: ConnectionSelector::Nth(1),
        after_notices: 0,
        at_block: None,
        after: None,
        effect: ConnectionEffect::Refuse { status: 502 },
    });
    let host = start(config);
    let document = paragraphs(&host, 2).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1]).await;
    socket.text().await;
    assert!(socket.next().await.unwrap_err().is_none(), "no close frame");
    assert_eq!(Socket::open(&host, "").await.err().map(|status| status.as_u16()), Some(502));
    Socket::open(&host, "").await.unwrap().ask(&document, &[0]).await;
}

#[tokio::test]
async fn garbage_comes_once_when_a_fault_says_so() {
    let host = start(with_fault(1, ConnectionEffect::Garbage));
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0]).await;
    assert_eq!(socket.json().await["status"], "queued");
    let garbage = socket.text().await;
    assert!(serde_json::from_str::<Value>(&garbage).is_err(), "{garbage}");
    assert_eq!(socket.json().await["status"], "cached");
}

#[tokio::test]
async fn audio_is_missing_or_broken_when_a_fault_says_so() {
    let mut config = quick();
    for (block, effect) in [(0, Effect::AudioMissing), (1, Effect::AudioServerError)] {
        config.faults.jobs.push(FaultRule { selector: Selector::Block(block), effect });
    }
    let host = start(config);
    let document = paragraphs(&host, 2).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1]).await;
    let mut answers = Vec::new();
    for ready in socket.until_over(2).await.iter().filter(|message| message["status"] == "cached") {
        let reply =
            call(&host, "GET", &format!("/api{}", ready["audio_url"].as_str().unwrap()), &[], "").await;
        answers.push((ready["block_idx"].as_i64().unwrap(), reply.status.as_u16(), reply.body));
    }
    answers.sort_unstable();
    assert_eq!(answers[0], (0, 404, r#"{"detail":"Audio not cached"}"#.into()));
    assert_eq!(answers[1], (1, 500, "Internal Server Error".into()));
}

/// One client writes as fast as it can and never reads; another one's session is none the worse.
#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_others_go_on() {
    let host = start(quick());
    let document = paragraphs(&host, 8).await;
    let mut good = Socket::open(&host, "").await.unwrap();
    good.ask(&document, &[0]).await;
    good.until_over(1).await;
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(8 << 10).unwrap();
    let flooding = Socket::open_on(tcp, &host, "").await.unwrap();
    let flood = ask(&document, &[0; 32]);
    let flooding = flooding.flood(&flood);
    let listening = async {
        for block in 1..8 {
            good.ask(&document, &[block]).await;
            good.until_over(1).await;
        }
    };
    let ((), ()) = tokio::join!(soon(flooding), listening);
    until(&host, |stats| stats.dropped_slow == 1 && stats.gateway.connections == 1).await;
}

#[tokio::test]
async fn messages_that_are_too_big_or_no_text_end_the_connection() {
    let host = start(quick());
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.say(&"x".repeat(300_000)).await;
    assert_eq!(u16::from(socket.next().await.unwrap_err().unwrap().code), 1009);
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.say_bytes(b"bytes").await;
    assert_eq!(u16::from(socket.next().await.unwrap_err().unwrap().code), 1003);
    until(&host, |stats| stats.gateway.connections == 0).await;
}

/// What a listener asked for is made although it is gone, and is there for the next one.
#[tokio::test]
async fn a_listener_that_hangs_up_leaves_its_work_behind() {
    let host = start(in_time(Duration::from_millis(50)));
    let document = paragraphs(&host, 2).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1]).await;
    socket.text().await;
    drop(socket);
    until(&host, |stats| stats.gateway.pipeline.served == 2 && stats.gateway.connections == 0).await;
    let mut next = Socket::open(&host, "").await.unwrap();
    next.ask(&document, &[0, 1]).await;
    let statuses: Vec<_> = next.until_over(2).await.iter().map(|message| message["status"].clone()).collect();
    assert_eq!(statuses, ["cached", "cached"]);
}

/// The first message comes in the same packet as the handshake.
#[tokio::test]
async fn a_client_may_speak_before_it_is_let_in() {
    let host = start(quick());
    let mut stream = tokio::net::TcpStream::connect(host.address()).await.unwrap();
    let handshake = "GET /api/v1/ws/tts HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let message = br#"{"type":"early"}"#;
    // A final text frame, masked with zeros (RFC 6455 section 5.2).
    let head = [0x81, 0x80 | u8::try_from(message.len()).unwrap(), 0, 0, 0, 0];
    stream.write_all(&[handshake.as_bytes(), &head, message].concat()).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"Unknown message type: early\"}") {
        assert_ne!(
            soon(stream.read_buf(&mut heard)).await.unwrap(),
            0,
            "{}",
            String::from_utf8_lossy(&heard)
        );
    }
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{heard}");
    // The answer to the key of RFC 6455 section 1.3.
    assert!(heard.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{heard}");
}
