//! A proxy that lets through `CONNECT` alone, whatever host is meant to one place, and remembers what it was asked.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::gate::pump;

/// One that stands until the process ends.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Leads everybody to `upstream`, or refuses with a status line. With `sign_in`, only who shows it is let in.
    pub(super) fn start(upstream: Result<SocketAddr, &'static str>, sign_in: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&proxy.asked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let asked = Arc::clone(&asked);
                thread::spawn(move || serve(&client, upstream, sign_in, &asked));
            }
        });
        proxy
    }

    /// The heads of what it was asked so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut client: &TcpStream,
    upstream: Result<SocketAddr, &'static str>,
    sign_in: Option<&'static str>,
    asked: &Mutex<Vec<String>>,
) {
    let Some(head) = read_head(client) else { return };
    asked.lock().unwrap().push(head.clone());
    let knows = |wanted: &str| head.lines().any(|line| line == format!("proxy-authorization: {wanted}"));
    let refusal = if !head.starts_with("CONNECT ") {
        Some("405 Method Not Allowed")
    } else if !sign_in.is_none_or(knows) {
        Some("407 Proxy Authentication Required")
    } else {
        upstream.err()
    };
    if let Some(status) = refusal {
        let answer = format!("HTTP/1.1 {status}\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n");
        client.write_all(answer.as_bytes()).unwrap_or_default();
        return;
    }
    let server = TcpStream::connect(upstream.unwrap()).unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap_or_default();
    let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || pump(&back, &forth));
    pump(client, &server);
}

/// Byte by byte, so that nothing behind it is taken.
fn read_head(mut client: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}
