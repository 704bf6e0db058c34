//! A server of speech that sends what a test says, when the test says: HTTP/1.1 written out over TCP, with nothing in between.

use std::{
    io::{BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::canned::read_whole_request;

/// Bytes of a second of samples: 24 kHz, 16 bits, one channel.
const BYTES_PER_SECOND: u64 = 48_000;
/// The size that a WAV header gives while nobody knows it.
const UNKNOWN_SIZE: [u8; 4] = [0xff; 4];

/// What one request for speech is answered.
#[derive(Clone)]
pub(crate) struct Answer {
    status: &'static str,
    headers: Vec<String>,
    pieces: Vec<Piece>,
    /// Bytes of a chunk at most.
    chunk: usize,
    end: End,
}

/// A part of the body, written at once.
#[derive(Clone)]
pub(crate) struct Piece {
    /// When it is sent, from the moment the request was read.
    pub(crate) at: Duration,
    pub(crate) bytes: Vec<u8>,
}

/// What comes behind the last piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The last chunk; the connection waits for the next request.
    Keep,
    /// The last chunk; the connection is closed at once, which nothing announced.
    Close,
    /// The last chunk; the connection is closed after being idle for so long.
    CloseWhenIdle(Duration),
    /// The connection ends without the last chunk.
    Cut,
    /// Nothing, on an open connection, until the client goes.
    Silence,
}

impl Answer {
    /// Audio of a type, in pieces.
    pub(crate) fn audio(content_type: &str, pieces: Vec<Piece>) -> Self {
        Self {
            status: "200 OK",
            headers: vec![format!("content-type: {content_type}")],
            pieces,
            chunk: usize::MAX,
            end: End::Keep,
        }
    }

    /// A refusal in the words of the reference API.
    pub(crate) fn refusal(status: &'static str, message: &str) -> Self {
        let body =
            format!(r#"{{"error":{{"message":"{message}","type":"requests","param":null,"code":null}}}}"#);
        let pieces = vec![Piece { at: Duration::ZERO, bytes: body.into_bytes() }];
        Self { status, ..Self::audio("application/json", pieces) }
    }

    pub(crate) fn with_status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn with_header(mut self, header: &str) -> Self {
        self.headers.push(header.to_owned());
        self
    }

    /// Frames each piece in chunks of so many bytes.
    pub(crate) fn in_chunks_of(self, chunk: usize) -> Self {
        Self { chunk, ..self }
    }

    pub(crate) fn with_end(self, end: End) -> Self {
        Self { end, ..self }
    }
}

/// Samples that can be heard, so much of them.
pub(crate) fn samples(length: Duration) -> Vec<u8> {
    let count = u64::try_from(length.as_millis()).unwrap() * BYTES_PER_SECOND / 2_000;
    // A square wave of 200 Hz.
    (0..count)
        .flat_map(|sample| if sample / 60 % 2 == 0 { 6_000_i16 } else { -6_000 }.to_le_bytes())
        .collect()
}

/// So many pieces of 200 ms, one every `apart`, the first at once.
pub(crate) fn paced(count: u32, apart: Duration) -> Vec<Piece> {
    let piece = |number| Piece { at: apart * number, bytes: samples(Duration::from_millis(200)) };
    (0..count).map(piece).collect()
}

/// A WAV header of a stream whose length nobody knows yet.
pub(crate) fn wav_header() -> Vec<u8> {
    let mut header = Vec::from(*b"RIFF");
    header.extend(UNKNOWN_SIZE);
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend(24_000_u32.to_le_bytes());
    header.extend(48_000_u32.to_le_bytes());
    header.extend(b"\x02\0\x10\0data");
    header.extend(UNKNOWN_SIZE);
    header
}

/// What happened, so far.
#[derive(Clone, Default)]
pub(crate) struct Log {
    /// Connections over which speech was asked for.
    pub(crate) connections: usize,
    /// Requests that send something, and they should all be for speech.
    pub(crate) requests: usize,
    /// Their paths and bodies.
    pub(crate) sent: Vec<(String, String)>,
    /// The most by which a piece was sent later than it was due: the machine was busy.
    pub(crate) latest: Duration,
}

/// What a server has, in JSON, by the path of each list.
pub(crate) type Lists = &'static [(&'static str, &'static str)];

/// A server that is there until the process ends.
pub(crate) struct StreamServer {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
}

impl StreamServer {
    /// Answers each request for speech alike.
    pub(crate) fn start(answer: Answer) -> Self {
        Self::start_with_lists(answer, &[])
    }

    /// The same, with lists of what it has, in JSON, by their paths.
    pub(crate) fn start_with_lists(answer: Answer, lists: Lists) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (answer.clone(), Arc::clone(&shared));
                thread::spawn(move || converse(&stream, &answer, lists, &log));
            }
        });
        Self { address, log }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

/// Answers what comes over one connection, until one side ends it.
#[expect(clippy::disallowed_methods, reason = "a server that is to be in time reads the clock")]
fn converse(stream: &TcpStream, answer: &Answer, lists: Lists, log: &Mutex<Log>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    let mut is_new = true;
    while let Some((line, body)) = read_whole_request(&mut reader) {
        let read_at = Instant::now();
        if !line.starts_with("POST ") {
            let list = lists.iter().find(|(path, _)| line.split(' ').nth(1) == Some(path));
            let listed = list.map(|(_, json)| {
                let piece = Piece { at: Duration::ZERO, bytes: json.as_bytes().to_vec() };
                Answer::audio("application/json", vec![piece])
            });
            let answer = listed.unwrap_or_else(|| Answer::refusal("404 Not Found", "there is only speech"));
            if send(stream, &answer, read_at, &Mutex::default()).is_err() {
                return;
            }
            continue;
        }
        {
            let mut log = log.lock().unwrap();
            log.requests += 1;
            let path = line.split(' ').nth(1).unwrap_or_default();
            log.sent.push((path.to_owned(), String::from_utf8_lossy(&body).into_owned()));
            log.connections += usize::from(is_new);
            is_new = false;
        }
        if send(stream, answer, read_at, log).is_err() || !goes_on(stream, answer) {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it sends at the moments that the test says")]
fn send(mut stream: &TcpStream, answer: &Answer, read_at: Instant, log: &Mutex<Log>) -> std::io::Result<()> {
    let headers: String = answer.headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "HTTP/1.1 {}\r\n{headers}transfer-encoding: chunked\r\n\r\n", answer.status)?;
    for piece in &answer.pieces {
        thread::sleep(piece.at.saturating_sub(read_at.elapsed()));
        let late = read_at.elapsed().saturating_sub(piece.at);
        {
            let mut log = log.lock().unwrap();
            log.latest = log.latest.max(late);
        }
        let mut framed = Vec::new();
        for chunk in piece.bytes.chunks(answer.chunk) {
            framed.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            framed.extend(chunk);
            framed.extend(b"\r\n");
        }
        stream.write_all(&framed)?;
    }
    match answer.end {
        End::Keep | End::Close | End::CloseWhenIdle(_) => stream.write_all(b"0\r\n\r\n"),
        End::Cut | End::Silence => Ok(()),
    }
}

/// Whether the next request is waited for.
fn goes_on(mut stream: &TcpStream, answer: &Answer) -> bool {
    match answer.end {
        End::Keep => true,
        End::Close | End::Cut => stream.shutdown(Shutdown::Both).is_ok_and(|()| false),
        End::CloseWhenIdle(after) => {
            stream.set_read_timeout(Some(after)).unwrap();
            let comes = stream.peek(&mut [0]).is_ok_and(|count| count > 0);
            stream.set_read_timeout(None).unwrap();
            comes
        }
        End::Silence => {
            let _until_it_goes = stream.read(&mut [0]);
            false
        }
    }
}
