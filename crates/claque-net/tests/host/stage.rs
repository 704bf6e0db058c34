//! A host of the test's own, and clients that say exactly what they are told to.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use claque_core::{rng::Seed, time::MediaTime};
use claque_front::yapit::gateway::{Auth, AuthConfig, GatewayConfig};
use claque_net::host::{CommandEngine, EngineChoice, Host, HostOptions, HostStats};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, protocol::CloseFrame},
};

/// Nothing takes this long; what does has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the future gives, unless it hangs.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it takes too long")
}

/// The current era without limits, every block made in 20 ms by one of four workers, two seconds long.
pub(crate) fn quick() -> GatewayConfig {
    in_time(Duration::from_millis(20))
}

/// The same with another service time.
pub(crate) fn in_time(service: Duration) -> GatewayConfig {
    let config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    config.with_deterministic_engine(4, service, MediaTime::from_millis(2_000))
}

/// An account, two tokens that never expire.
pub(crate) fn accounts() -> Auth {
    Auth::On(AuthConfig {
        accounts: vec![("EMAIL".to_owned(), "PASSWORD".to_owned())],
        static_tokens: vec!["ACCESS_TOKEN".to_owned(), "OTHER_TOKEN".to_owned()],
        access_token_life: Duration::from_secs(600),
    })
}

pub(crate) fn options(config: GatewayConfig) -> HostOptions {
    let bind = "127.0.0.1:0".parse().unwrap();
    HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(7) }
}

pub(crate) fn start(config: GatewayConfig) -> Host {
    Host::start(options(config)).unwrap()
}

pub(crate) fn start_engine(config: GatewayConfig, engine: CommandEngine) -> Host {
    Host::start(HostOptions { engine: EngineChoice::Command(engine), ..options(config) }).unwrap()
}

/// Waits until the host's figures are as wanted.
pub(crate) async fn until(host: &Host, wanted: impl FnMut(&HostStats) -> bool) {
    soon(host.watch_stats().wait_for(wanted)).await.unwrap();
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// One HTTP request on a connection of its own.
pub(crate) async fn call(
    host: &Host,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    let mut connection = Keeping::open(host).await;
    connection.call(method, path, headers, body).await
}

/// An HTTP connection that is kept.
pub(crate) struct Keeping {
    sender: hyper::client::conn::http1::SendRequest<Full<Bytes>>,
}

impl Keeping {
    pub(crate) async fn open(host: &Host) -> Self {
        let stream = TcpStream::connect(host.address()).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("host", "test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let answer = soon(self.sender.send_request(request)).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        Reply { status: head.status, headers: head.headers, body }
    }
}

impl Keeping {
    /// A body that breaks off: how long it should have been, and what came of it.
    pub(crate) async fn fetch_broken(&mut self, path: &str) -> (usize, Bytes) {
        let request = Request::get(path).header("host", "test").body(Full::default()).unwrap();
        let answer = soon(self.sender.send_request(request)).await.unwrap();
        let promised = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let (mut body, mut came) = (answer.into_body(), Vec::new());
        loop {
            match soon(body.frame()).await.expect("it breaks off before its end") {
                Ok(frame) => came.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => return (promised, came.into()),
            }
        }
    }
}

/// A document of the text, as the user of the token.
pub(crate) async fn document(host: &Host, token: &str, text: &str) -> String {
    let body = json!({ "content": text }).to_string();
    let bearer = format!("Bearer {token}");
    let reply = call(host, "POST", "/api/v1/documents/text", &[("authorization", &bearer)], body).await;
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// A document of as many short paragraphs.
pub(crate) async fn paragraphs(host: &Host, count: usize) -> String {
    let text: Vec<String> = (0..count).map(|block| format!("Paragraph {block} of tea.")).collect();
    document(host, "ACCESS_TOKEN", &text.join("\n\n")).await
}

/// A WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Opens one with that query, question mark included.
    pub(crate) async fn open(host: &Host, query: &str) -> Result<Self, StatusCode> {
        Self::open_on(TcpSocket::new_v4().unwrap(), host, query).await
    }

    /// Opens one on a TCP socket that is not connected yet.
    pub(crate) async fn open_on(tcp: TcpSocket, host: &Host, query: &str) -> Result<Self, StatusCode> {
        let url = format!("ws://{}/api/v1/ws/tts{query}", host.address());
        let stream = tcp.connect(host.address()).await.unwrap();
        match soon(client_async(url, stream)).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// Asks for blocks of a document with the usual model and voice.
    pub(crate) async fn ask(&mut self, document: &str, blocks: &[i64]) {
        self.say(&ask(document, blocks)).await;
    }

    /// Sends as long as it is taken, and never reads.
    pub(crate) async fn flood(mut self, text: &str) {
        while self.stream.feed(Message::text(text)).await.is_ok() {}
    }

    /// Sends a message that is no text.
    pub(crate) async fn say_bytes(&mut self, bytes: &'static [u8]) {
        self.stream.send(Message::Binary(Bytes::from_static(bytes))).await.unwrap();
    }

    /// The next message's text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Ok(text) => text,
            Err(close) => panic!("closed: {close:?}"),
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The next message's text, or how the connection was closed; none for an end without a close.
    pub(crate) async fn next(&mut self) -> Result<String, Option<CloseFrame>> {
        loop {
            match soon(self.stream.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Reads statuses until that many blocks are over; all that came.
    pub(crate) async fn until_over(&mut self, count: usize) -> Vec<Value> {
        let mut seen = Vec::new();
        let mut over = 0;
        while over < count {
            let message = self.json().await;
            over += usize::from(matches!(message["status"].as_str(), Some("cached" | "skipped" | "error")));
            seen.push(message);
        }
        seen
    }

    pub(crate) async fn close(mut self) {
        self.stream.close(None).await.unwrap();
        while let Some(Ok(_)) = soon(self.stream.next()).await {}
    }
}

pub(crate) fn ask(document: &str, blocks: &[i64]) -> String {
    let fields = json!({
        "type": "synthesize", "document_id": document, "block_indices": blocks,
        "model": "kokoro", "voice": "af_heart", "cursor": 0, "synthesis_mode": "server",
    });
    fields.to_string()
}
