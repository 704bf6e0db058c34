//! Proxies of the environment: every connection goes through them, and what they say no to is told as theirs.

use std::net::SocketAddr;

use super::{
    gate::{Gate, Rules},
    proxy::Proxy,
};
use crate::{
    program::{Ran, assert_none_holds, run_with},
    tls::Front,
    troubles::quick_host,
};

const AUDIENCE: [&str; 10] =
    ["--users", "2", "--blocks", "3", "--speed", "4", "--stagger", "0", "--reconnect", "off"];
/// A name that nobody can look up: only the proxy knows where it leads.
const URL: &str = "http://tts.invalid:8080";

fn run(url: &str, variables: &[(&str, &str)]) -> Ran {
    run_with("run", &[&AUDIENCE[..], &["--base-url", url]].concat(), |command| {
        command.envs(variables.iter().copied())
    })
}

#[test]
fn calls_sockets_and_audio_go_through_it_and_only_it_sees_its_password() {
    let host = quick_host();
    let door = Gate::before(host.address(), Rules::default());
    let proxy = Proxy::start(Ok(door.address), Some("Basic bWU6U0VLUkVULTA="));
    let place = proxy.address;
    let ran = run(URL, &[("HTTP_PROXY", &format!("http://me:SEKRET-0@{place}"))]);
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 6, "{}", ran.stdout);
    let asked = proxy.asked();
    // Calls, a WebSocket for each listener, and audio.
    assert!(asked.len() >= 4, "{asked:?}");
    assert!(asked.iter().all(|head| head.starts_with("CONNECT tts.invalid:8080 HTTP/1.1\r\n")), "{asked:?}");
    let heads = door.heads();
    for start in ["GET /api/v1/models", "GET /api/v1/ws/tts", "GET /api/v1/audio/"] {
        assert!(heads.iter().any(|head| head.starts_with(start)), "{start}: {heads:?}");
    }
    assert!(!heads.iter().any(|head| head.to_lowercase().contains("proxy-authorization")), "{heads:?}");
    assert_none_holds(&ran.artefacts(), &["SEKRET", "bWU6U0VLUkVULTA="]);

    assert_eq!(ran.manifest()["network"]["proxy"], place.to_string());
    assert!(ran.stdout.contains(&format!("through proxy {place}: ")), "{}", ran.stdout);
    let notes = ran.manifest()["verdict"]["notes"].to_string();
    assert!(notes.contains("through-proxy"), "{notes}");
}

#[test]
fn tls_is_spoken_through_the_tunnel_with_the_service_itself() {
    let front = Front::start(rcgen::IsCa::NoCa);
    let proxy = Proxy::start(Ok(front.address), None);
    // The certificate is of another name than localhost's, which would be reached directly.
    let certificate = front.certificate();
    let certificate = certificate.to_str().unwrap();
    let place = proxy.address.to_string();
    let ran = run("https://tts.invalid", &[("all_proxy", &place), ("SSL_CERT_FILE", certificate)]);
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 6, "{}", ran.stdout);
    assert!(proxy.asked().iter().all(|head| head.starts_with("CONNECT tts.invalid:443 ")));
}

#[test]
fn who_is_excepted_and_this_machine_itself_are_reached_directly() {
    let host = quick_host();
    let proxy = Proxy::start(Err("502 Bad Gateway"), None);
    let place = proxy.address.to_string();
    let ran = run(&format!("http://{}", host.address()), &[("ALL_PROXY", &place)]);
    ran.assert_valid();
    assert_eq!((ran.count("/blocks/ok"), ran.manifest().get("network")), (6, None));
    let ran = run("http://no-such-host.invalid", &[("ALL_PROXY", &place), ("NO_PROXY", ".invalid")]);
    assert!(ran.stderr.contains("the host name cannot be resolved"), "{}", ran.stderr);
    // A gateway of our own, whatever is set.
    let ran = run_with("run", &AUDIENCE, |command| command.env("ALL_PROXY", "socks5://127.0.0.1:9"));
    ran.assert_valid();
    assert_eq!(proxy.asked(), [""; 0]);
}

#[test]
fn a_proxy_that_says_no_is_told_as_that_with_what_to_do() {
    let refuse = |status, sign_in| Proxy::start(Err(status), sign_in).address;
    let nobody: SocketAddr = "127.0.0.1:9".parse().unwrap();
    for (place, words) in [
        (refuse("502 Bad Gateway", None), "made no connection to tts.invalid:8080 (HTTP 502)"),
        (
            refuse("403 Forbidden", None),
            "(HTTP 403); have it allow CONNECT to that port (many allow 443 alone), or name tts.invalid in NO_PROXY",
        ),
        (
            refuse("200 OK", Some("Basic no")),
            "asks who we are (HTTP 407); put name and password into the variable",
        ),
        (
            nobody,
            "cannot be reached (connection refused: nothing listens at this address); correct the variable",
        ),
    ] {
        let ran = run(URL, &[("http_proxy", &place.to_string())]);
        assert_eq!(ran.code, Some(5), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("the proxy {place} of http_proxy ")), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        assert!(
            ran.errors().iter().all(|error| error.failure.class.as_str() == "transport"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn one_that_lets_go_behind_its_tunnel_is_named() {
    // Whoever is behind the tunnel hangs up at once.
    let closes = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = closes.local_addr().unwrap();
    std::thread::spawn(move || closes.incoming().for_each(drop));
    let proxy = Proxy::start(Ok(place), None).address.to_string();
    let ran = run(URL, &[("http_proxy", &proxy)]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("through the proxy {proxy} of http_proxy")), "{}", ran.stderr);
}

#[test]
fn a_service_that_hangs_up_on_plain_http_may_speak_tls() {
    let closes = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = closes.local_addr().unwrap();
    std::thread::spawn(move || {
        closes.incoming().flatten().for_each(|mut client| {
            // It is closed in order only once what was sent is read.
            let _read = std::io::Read::read(&mut client, &mut [0; 1_024]);
        })
    });
    let ran = run(&format!("http://{place}"), &[]);
    assert!(ran.stderr.contains("type https:// in --base-url"), "{}", ran.stderr);
}

#[test]
fn one_that_is_not_spoken_to_is_wrong_usage() {
    let ran = run("https://tts.invalid", &[("ALL_PROXY", "socks5h://me:SEKRET@127.0.0.1:9")]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("ALL_PROXY names a proxy of the kind socks5h"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("name tts.invalid in NO_PROXY") && !ran.stderr.contains("SEKRET"),
        "{}",
        ran.stderr
    );
}
