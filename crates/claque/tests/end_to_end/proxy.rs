//! A proxy in front of a gateway that spoils the creation of one document, and passes everything else on.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use claque_net::host::Host;

/// What becomes of the creation of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spoils {
    /// It never reaches the gateway, however often it is tried.
    Request,
    /// The first one is made, and its answer is lost.
    FirstAnswer,
}

/// Serves until the process ends. Gives the address. Spoilt is the creation whose body holds `words`.
pub(crate) fn spoil(host: &Host, words: &'static str, spoils: Spoils) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, upstream) = (listener.local_addr().unwrap(), host.address());
    let lost = Arc::new(AtomicBool::new(false));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lost = Arc::clone(&lost);
            thread::spawn(move || pass(&stream, upstream, (words, spoils), &lost));
        }
    });
    address
}

fn pass(client: &TcpStream, upstream: SocketAddr, (words, spoils): (&str, Spoils), lost: &AtomicBool) {
    let Some(first) = read_first(client) else { return };
    let is_it = first.starts_with("POST /api/v1/documents/text") && first.contains(words);
    let server = TcpStream::connect(upstream).unwrap();
    match spoils {
        Spoils::Request if is_it => {
            let answer = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
            let _gone = (&mut &*client).write_all(answer.as_bytes());
            return;
        }
        Spoils::FirstAnswer if is_it && !lost.swap(true, Ordering::SeqCst) => {
            (&mut &server).write_all(first.as_bytes()).unwrap();
            let _answered = (&mut &server).read(&mut [0; 1_024]).unwrap();
            let _gone = client.shutdown(Shutdown::Both);
            return;
        }
        Spoils::Request | Spoils::FirstAnswer => {}
    }
    (&mut &server).write_all(first.as_bytes()).unwrap();
    let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || pump(&back, &forth));
    pump(client, &server);
}

/// The first request with its body.
fn read_first(mut client: &TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        let read = client.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = [0; 65_536];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
        && to.write_all(&buffer[..read]).is_ok()
    {}
    let _gone = to.shutdown(Shutdown::Both);
}
