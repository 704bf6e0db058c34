//! The opening handshake (RFC 6455 section 4).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use httparse::Header;
use sha1::{Digest as _, Sha1};

use crate::http1::{take_raw_head, write_headers};

/// What RFC 6455 section 1.3 has appended to a key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Interim answers (100 to 199) that are passed over. Real servers send one or two; a server that never comes to an answer would
/// keep its reader busy for ever.
const MOST_INTERIM: u32 = 16;

/// Why there is no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The server answered with another status than 101.
    #[error("the server refused the WebSocket handshake with HTTP {status}")]
    Refused {
        /// The status code.
        status: u16,
    },
    /// The server's answer is none to this handshake.
    #[error("the server's answer is no WebSocket handshake")]
    NotWebSocket,
}

/// One handshake.
#[derive(Debug)]
pub struct Handshake {
    key: String,
    /// As much of the answer as came without being whole.
    part: Vec<u8>,
    /// Interim answers so far.
    interim: u32,
}

impl Handshake {
    /// Makes one; `nonce` is to be random.
    #[must_use]
    pub fn new(nonce: [u8; 16]) -> Self {
        Self { key: STANDARD.encode(nonce), part: Vec::new(), interim: 0 }
    }

    /// Appends the request. Nothing given may hold a line's end.
    pub fn request(&self, path_and_query: &str, host: &str, headers: &[(&str, &str)], out: &mut Vec<u8>) {
        for part in ["GET ", path_and_query, " HTTP/1.1\r\nhost: ", host, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        let mine = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", self.key.as_str()),
        ];
        write_headers(&mine, out);
        write_headers(headers, out);
        out.extend_from_slice(b"\r\n");
    }

    /// Takes the answer from the front of `bytes`; nothing while it is not whole. What is left in `bytes` is of the frames.
    ///
    /// # Errors
    /// There is no WebSocket.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<()>, HandshakeError> {
        let accept = accept(&self.key);
        while !bytes.is_empty() {
            let judged = take_raw_head(&mut self.part, bytes, |head| match head.code {
                Some(101) if agrees(head.headers, &accept) => Ok(Some(())),
                Some(101) | None => Err(HandshakeError::NotWebSocket),
                // Interim answers are passed over.
                Some(100..=199) => Ok(None),
                Some(status) => Err(HandshakeError::Refused { status }),
            });
            match judged.map_err(|_| HandshakeError::NotWebSocket)?.transpose()? {
                Some(Some(())) => return Ok(Some(())),
                Some(None) if self.interim < MOST_INTERIM => self.interim += 1,
                Some(None) => return Err(HandshakeError::NotWebSocket),
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// The answer to a key (RFC 6455 section 4.2.2).
fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Section 4.1 about the server's answer: three fields; and neither an extension nor a protocol, for none was asked for.
fn agrees(fields: &[Header<'_>], accept: &str) -> bool {
    let values = |name: &'static str| {
        let named = fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        named.filter_map(|field| std::str::from_utf8(field.value).ok())
    };
    let lists = |name, word: &'static str| {
        values(name).flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    lists("upgrade", "websocket")
        && lists("connection", "upgrade")
        && values("sec-websocket-accept").map(str::trim).eq([accept])
        && values("sec-websocket-extensions").all(|value| value.trim().is_empty())
        && values("sec-websocket-protocol").next().is_none()
}
