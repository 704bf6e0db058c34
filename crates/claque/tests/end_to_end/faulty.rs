//! A small service that does one thing wrong: what a [`Fault`] does not say is done as it should be.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

/// What RFC 6455 section 1.3 has appended to a key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Opcodes of RFC 6455 section 11.8.
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    Nothing,
    /// Every document has this id.
    Id(&'static str),
    /// Every document has so many blocks.
    Blocks(usize),
    /// The creation of this number, from 1, is answered with 502; of the next nothing is answered, but the connection reset.
    StumblesAt(u64),
    /// The handshake of every WebSocket is answered with this status line.
    Handshake(&'static str),
    /// Every WebSocket is closed with this code when it is asked for something.
    Closes(u16),
    /// Whoever asks for something is pinged without end, and not listened to.
    PingsAndReadsNothing,
    /// Every block is being made, which is said for ever.
    Processing,
    /// Audio goes on without end.
    EndlessAudio,
}

/// Serves until the process ends. Gives the address.
pub(crate) fn serve(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let service = Arc::new(Service { fault, made: AtomicU64::new(0), texts: Mutex::default() });
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let service = Arc::clone(&service);
            // Whoever hangs up in the middle has had enough.
            thread::spawn(move || drop(service.converse(&stream)));
        }
    });
    address
}

struct Service {
    fault: Fault,
    made: AtomicU64,
    /// The paragraphs of each document, which are its blocks.
    texts: Mutex<BTreeMap<String, Vec<String>>>,
}

struct Request {
    line: String,
    key: String,
    body: Vec<u8>,
}

impl Service {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader) {
            let line = request.line.as_str();
            if line.starts_with("GET /api/v1/ws/tts") {
                return self.listen(&mut reader, stream, &request.key);
            }
            if line.starts_with("GET /api/audio") {
                self.play(stream)?;
            } else if line.starts_with("POST /api/v1/documents/text") {
                if !self.create(stream, &request.body)? {
                    return Ok(());
                }
            } else if line.starts_with("GET /api/v1/models") {
                let voice = json!({"id": 1, "slug": "af_heart", "name": "Heart", "lang": "en-us"});
                let models = json!([{"id": 1, "slug": "kokoro", "name": "Kokoro", "voices": [voice]}]);
                answer(stream, "200 OK", &models.to_string())?;
            } else if line.starts_with("GET /api/v1/documents/") {
                let id = line.split('/').nth(4).unwrap_or_default().split(' ').next().unwrap_or_default();
                let texts = self.texts.lock().unwrap().get(id).cloned().unwrap_or_default();
                let count = if let Fault::Blocks(count) = self.fault { count } else { texts.len() };
                let blocks: Vec<Value> = texts
                    .iter()
                    .take(count)
                    .enumerate()
                    .map(|(idx, text)| json!({"idx": idx, "text": text}))
                    .collect();
                answer(stream, "200 OK", &json!(blocks).to_string())?;
            } else if line.starts_with("DELETE ") {
                answer(stream, "204 No Content", "")?;
            } else {
                answer(stream, "404 Not Found", r#"{"detail":"Not Found"}"#)?;
            }
        }
        Ok(())
    }

    /// Gives whether the connection goes on.
    fn create(&self, stream: &TcpStream, body: &[u8]) -> std::io::Result<bool> {
        let asked: Value = serde_json::from_slice(body).unwrap();
        let texts = asked["content"].as_str().unwrap().split("\n\n").map(str::to_owned).collect();
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        if self.fault == Fault::StumblesAt(number) {
            answer(stream, "502 Bad Gateway", "<html>Bad gateway</html>")?;
            return Ok(true);
        }
        if self.fault == Fault::StumblesAt(number - 1) {
            return Ok(false);
        }
        let id = if let Fault::Id(id) = self.fault {
            id.to_owned()
        } else {
            format!("9db4c472-317f-4463-b939-{number:012x}")
        };
        self.texts.lock().unwrap().insert(id.clone(), texts);
        let made = json!({"id": id, "title": "t", "failed_pages": []});
        answer(stream, "201 Created", &made.to_string())?;
        Ok(true)
    }

    /// The body of a block's audio: 0.1 s, or more than anybody takes.
    fn play(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let wav = wav();
        if self.fault != Fault::EndlessAudio {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ncontent-length: {}\r\n\r\n",
                wav.len()
            );
            stream.write_all(head.as_bytes())?;
            return stream.write_all(&wav);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked\r\n\r\n")?;
        // A header of a stream whose length is not known yet.
        let mut header = wav[..44].to_vec();
        header[40..].fill(0xFF);
        let mut next = header;
        loop {
            write!(stream, "{:x}\r\n", next.len())?;
            stream.write_all(&next)?;
            stream.write_all(b"\r\n")?;
            next = vec![7; 256 << 10];
        }
    }

    fn listen(
        &self,
        reader: &mut BufReader<&TcpStream>,
        mut stream: &TcpStream,
        key: &str,
    ) -> std::io::Result<()> {
        if let Fault::Handshake(status) = self.fault {
            return answer(stream, status, "");
        }
        let accept = STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize());
        write!(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        )?;
        while let Some((opcode, payload)) = read_frame(reader)? {
            if opcode != TEXT {
                continue;
            }
            let asked: Value = serde_json::from_slice(&payload).unwrap();
            let Some(blocks) = asked["block_indices"].as_array() else { continue };
            match self.fault {
                Fault::Closes(code) => return send(stream, CLOSE, &code.to_be_bytes()),
                Fault::PingsAndReadsNothing => loop {
                    send(stream, PING, &[b'p'; 125])?;
                },
                Fault::Processing => loop {
                    for block in blocks {
                        send(stream, TEXT, status(&asked, block, "processing").as_bytes())?;
                    }
                    thread::park_timeout(std::time::Duration::from_millis(50));
                },
                Fault::Nothing
                | Fault::Id(_)
                | Fault::Blocks(_)
                | Fault::StumblesAt(_)
                | Fault::Handshake(_)
                | Fault::EndlessAudio => {
                    for block in blocks {
                        send(stream, TEXT, status(&asked, block, "cached").as_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn status(asked: &Value, block: &Value, status: &str) -> String {
    json!({
        "type": "status", "document_id": asked["document_id"], "block_idx": block, "status": status,
        "audio_url": format!("/audio/{block}"), "error": null, "recoverable": true,
        "model_slug": asked["model"], "voice_slug": asked["voice"], "word_timestamps": null, "duration_ms": null,
    })
    .to_string()
}

/// 0.1 s of a square wave at 24 kHz, in 16 bits.
fn wav() -> Vec<u8> {
    const SAMPLES: u32 = 2_400;
    let mut wav = b"RIFF\xe4\x12\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00".to_vec();
    wav.extend_from_slice(&24_000_u32.to_le_bytes());
    wav.extend_from_slice(&48_000_u32.to_le_bytes());
    wav.extend_from_slice(&[2, 0, 16, 0]);
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&(SAMPLES * 2).to_le_bytes());
    for sample in 0..SAMPLES {
        let loud: i16 = if sample / 30 % 2 == 0 { 9_000 } else { -9_000 };
        wav.extend_from_slice(&loud.to_le_bytes());
    }
    wav
}

fn answer(mut stream: &TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A request with its body; none at the end of the connection.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut request = Request { line: String::new(), key: String::new(), body: Vec::new() };
    reader.read_line(&mut request.line).ok().filter(|&read| read > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "sec-websocket-key" => value.trim().clone_into(&mut request.key),
            _ => {}
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// One frame of a client, unmasked; none at the end of the connection.
fn read_frame(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 2];
    if reader.read_exact(&mut head).is_err() {
        return Ok(None);
    }
    let length = match head[1] & 0x7F {
        126 => {
            let mut long = [0; 2];
            reader.read_exact(&mut long)?;
            usize::from(u16::from_be_bytes(long))
        }
        short => usize::from(short),
    };
    let (mut key, mut payload) = ([0; 4], vec![0; length]);
    reader.read_exact(&mut key)?;
    reader.read_exact(&mut payload)?;
    payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    Ok(Some((head[0] & 0x0F, payload)))
}

/// Sends a frame of at most 64 KiB.
fn send(mut stream: &TcpStream, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(short),
        _ => {
            frame.push(126);
            frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    stream.write_all(&frame)
}
