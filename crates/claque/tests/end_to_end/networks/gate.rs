//! A gateway in front of a service, as access gateways are: it sees every request, and lets none in without its header.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What a gate wants, and what it does besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// A line that each head must hold; who lacks it is refused, and told what he said.
    pub(super) wanted: Option<&'static str>,
    /// Where fetches of audio are sent instead.
    pub(super) audio_is_at: Option<SocketAddr>,
}

/// One that stands until the process ends.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    pub(super) fn before(upstream: SocketAddr, rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Self { address: listener.local_addr().unwrap(), heads: Arc::default() };
        let heads = Arc::clone(&gate.heads);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (heads, rules) = (Arc::clone(&heads), rules.clone());
                thread::spawn(move || watch(&client, upstream, &rules, &heads));
            }
        });
        gate
    }

    /// The head of every request so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn watch(client: &TcpStream, upstream: SocketAddr, rules: &Rules, heads: &Mutex<Vec<String>>) {
    let server = TcpStream::connect(upstream).unwrap();
    let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || pump(&back, &forth));
    let mut to = &server;
    let mut unread = Vec::new();
    while let Some((head, body)) = next_request(client, &mut unread) {
        heads.lock().unwrap().push(head.clone());
        let is_wanted = |line: &str| rules.wanted.is_none_or(|wanted| line.eq_ignore_ascii_case(wanted));
        let answer = if !head.lines().any(is_wanted) {
            Some(refusal(&head))
        } else if head.starts_with("GET /api/v1/audio/") {
            let path = head.split(' ').nth(1).unwrap();
            let moved = |to| {
                format!("HTTP/1.1 302 Found\r\nlocation: http://{to}{path}\r\ncontent-length: 0\r\n\r\n")
            };
            rules.audio_is_at.map(moved)
        } else {
            None
        };
        if let Some(answer) = answer {
            let mut client = client;
            client.write_all(answer.as_bytes()).unwrap_or_default();
            continue;
        }
        to.write_all(head.as_bytes()).and_then(|()| to.write_all(&body)).unwrap_or_default();
        if head.to_lowercase().contains("upgrade: websocket") {
            to.write_all(&unread).unwrap_or_default();
            pump(client, &server);
            return;
        }
    }
    server.shutdown(Shutdown::Both).unwrap_or_default();
}

/// Says back what it was shown, as careless software does.
fn refusal(head: &str) -> String {
    let body = serde_json::json!({ "detail": format!("who is this? {head}") }).to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Head and body of the next request; `unread` is what came behind the one before.
fn next_request(mut client: &TcpStream, unread: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let mut buffer = [0; 65_536];
    loop {
        if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(unread[..end + 4].to_vec()).unwrap();
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
            let whole = end + 4 + length.unwrap_or(0);
            if unread.len() >= whole {
                let body = unread[end + 4..whole].to_vec();
                unread.drain(..whole);
                return Some((head, body));
            }
        }
        let read = client.read(&mut buffer).ok().filter(|read| *read > 0)?;
        unread.extend_from_slice(&buffer[..read]);
    }
}

/// Passes bytes on until there are no more.
pub(super) fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = [0; 65_536];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
        && to.write_all(&buffer[..read]).is_ok()
    {}
    to.shutdown(Shutdown::Both).unwrap_or_default();
}
