//! Hosts that start, and such that do not.

use claque_gateway::AudioFormat;
use claque_net::host::{Host, HostError, HostOptions};

use crate::stage::{Keeping, Socket, call, options, paragraphs, quick, start, until};

#[test]
fn a_port_in_use_is_said_to_be() {
    let first = start(quick());
    let error = Host::start(HostOptions { bind: first.address(), ..options(quick()) }).unwrap_err();
    assert!(matches!(error, HostError::Bind { .. }), "{error:?}");
    let words = error.to_string();
    let expected = format!("failed to listen on {}: the port is in use;", first.address());
    assert!(words.starts_with(&expected) && words.contains("or 0 for any free one"), "{words}");
}

#[test]
fn an_address_of_another_machine_is_said_to_be() {
    let bind = "192.0.2.1:0".parse().unwrap();
    let words = Host::start(HostOptions { bind, ..options(quick()) }).unwrap_err().to_string();
    assert!(words.contains("192.0.2.1:0: this machine has no such address"), "{words}");
}

#[test]
fn what_cannot_be_written_is_not_promised() {
    let mut config = quick();
    config.models[0].format = AudioFormat::Mp3;
    let words = Host::start(options(config)).unwrap_err().to_string();
    assert_eq!(
        words,
        "failed to set up the model 'kokoro': MP3 cannot be written here; choose Ogg Opus or WAV for it"
    );
}

#[test]
fn a_port_is_free_again_after_a_stop() {
    let host = start(quick());
    let bind = host.address();
    assert_eq!(host.base_url(), format!("http://{bind}"));
    host.stop();
    let again = Host::start(HostOptions { bind, ..options(quick()) }).unwrap();
    assert_eq!(again.address(), bind);
    let any = Host::start(HostOptions { bind: "0.0.0.0:0".parse().unwrap(), ..options(quick()) }).unwrap();
    assert_eq!(any.base_url(), format!("http://127.0.0.1:{}", any.address().port()));
}

#[tokio::test]
async fn connections_are_kept_and_counted() {
    let host = start(quick());
    let mut kept = Keeping::open(&host).await;
    for _ in 0..3 {
        assert_eq!(kept.call("GET", "/api/v1/models", &[], "").await.status, 200);
    }
    assert_eq!(host.stats().requests, 3);
    let document = paragraphs(&host, 3).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1, 2]).await;
    socket.until_over(3).await;
    let stats = host.stats();
    assert_eq!((stats.gateway.connections, stats.gateway.documents), (1, 1));
    assert_eq!((stats.gateway.pipeline.served, stats.handshakes_refused), (3, 0));
    socket.close().await;
    until(&host, |stats| stats.gateway.connections == 0).await;
}

#[tokio::test]
async fn a_stop_says_goodbye_and_ends_idle_connections() {
    let host = start(quick());
    let mut kept = Keeping::open(&host).await;
    assert_eq!(kept.call("GET", "/api/v1/models", &[], "").await.status, 200);
    let mut socket = Socket::open(&host, "").await.unwrap();
    until(&host, |stats| stats.gateway.connections == 1).await;
    let stopping = tokio::task::spawn_blocking(move || host.stop());
    let close = socket.next().await.unwrap_err().unwrap();
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "the host stops"));
    crate::stage::soon(stopping).await.unwrap();
}

#[tokio::test]
async fn one_seed_gives_the_same_ids_and_another_others() {
    let id = async |seed| {
        let seed = claque_core::rng::Seed::root(seed);
        let host = Host::start(HostOptions { seed, ..options(quick()) }).unwrap();
        paragraphs(&host, 1).await
    };
    assert_eq!(id(1).await, id(1).await);
    assert_ne!(id(1).await, id(2).await);
}

#[tokio::test]
async fn head_and_nonsense_are_answered() {
    let host = start(quick());
    assert_eq!(call(&host, "HEAD", "/api/v1/models", &[], "").await.status, 405);
    assert_eq!(call(&host, "GET", "/", &[], "").await.status, 404);
}
