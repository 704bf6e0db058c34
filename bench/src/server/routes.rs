//! The HTTP routes that a listener asks for.

use std::io;

use bytes::Bytes;
use claque_wire::yapit::{BlockStatus, Era, ServerMessage, Status};
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::truth::{document_id, document_number};

/// Header fields of a request at most.
const FIELDS: usize = 32;
/// Longest request that is read.
const LONGEST: usize = 4 << 20;

const API: &str = "/api/v1/";

/// A whole request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    method: &'a str,
    path: &'a str,
    key: Option<&'a [u8]>,
    body: &'a [u8],
    /// All its bytes.
    pub(super) length: usize,
}

/// What is to be written.
#[derive(Debug)]
pub(super) enum Answer {
    /// This.
    Bytes(Bytes),
    /// This, and from then on frames.
    Upgrade(Bytes),
    /// The audio of a block.
    Audio { document: u32, block: u32 },
}

/// The documents that were made.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The text of each, by number.
    texts: Vec<String>,
}

/// What is asked to be made.
#[derive(Deserialize)]
struct NewDocument {
    content: String,
}

/// Reads the request at the head of `input`; none while it is not whole.
///
/// # Errors
/// It is no HTTP, or too long.
pub(super) fn read(input: &[u8]) -> io::Result<Option<Request<'_>>> {
    if input.len() > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(at) = head.parse(input).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let field =
        |name: &str| head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|f| f.value);
    let length = field("content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let end = at.saturating_add(length.unwrap_or(0));
    let Some(body) = input.get(at..end) else { return Ok(None) };
    Ok(Some(Request {
        method: head.method.unwrap_or_default(),
        path: head.path.unwrap_or_default(),
        key: field("sec-websocket-key"),
        body,
        length: end,
    }))
}

/// Does what a request asks for, if no documents are needed for it: whatever listeners ask for while they play.
pub(super) fn answer_alone(request: &Request<'_>) -> Option<Answer> {
    let path = request.path.strip_prefix(API)?;
    if let Some(name) = path.strip_prefix("audio/") {
        let (document, block) = audio_of(name)?;
        return Some(Answer::Audio { document, block });
    }
    let key = request.key.filter(|_| path.starts_with("ws/tts"))?;
    let accept = derive_accept_key(key);
    Some(Answer::Upgrade(
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        )
        .into(),
    ))
}

impl Documents {
    /// Does what any other request asks for.
    pub(super) fn answer(&mut self, request: &Request<'_>) -> Answer {
        let path = request.path.strip_prefix(API).unwrap_or_default();
        Answer::Bytes(match (request.method, path) {
            ("GET", "models") => with_body("200 OK", &models()),
            ("POST", "documents/text") => self.create(request.body),
            ("GET", "users/anonymous-session") => with_body("405 Method Not Allowed", "{}"),
            ("GET", path) => match path.strip_prefix("documents/").and_then(document_number) {
                Some(number) => self.list(number),
                None => with_body("404 Not Found", r#"{"detail":"Not Found"}"#),
            },
            ("DELETE", _) => Bytes::from_static(b"HTTP/1.1 204 No Content\r\n\r\n"),
            _ => with_body("404 Not Found", r#"{"detail":"Not Found"}"#),
        })
    }

    /// Makes a document: each paragraph of its text is a block, as on the service.
    fn create(&mut self, body: &[u8]) -> Bytes {
        let Ok(NewDocument { content }) = serde_json::from_slice(body) else {
            return with_body("422 Unprocessable Entity", r#"{"detail":"No text"}"#);
        };
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(content);
        let made = json!({ "id": document_id(number), "title": null, "failed_pages": [] });
        with_body("201 Created", &made.to_string())
    }

    fn list(&self, number: u32) -> Bytes {
        let Some(text) = usize::try_from(number).ok().and_then(|number| self.texts.get(number)) else {
            return with_body("404 Not Found", r#"{"detail":"Document not found"}"#);
        };
        let block = |(idx, text)| json!({ "idx": idx, "text": text, "est_duration_ms": 5_000 });
        let blocks: Vec<_> = (0_u32..).zip(text.split("\n\n")).map(block).collect();
        with_body("200 OK", &json!(blocks).to_string())
    }
}

/// A `queued` or `cached` status. The address holds the numbers, as digits, so that it needs no table.
pub(super) fn status(id: &str, block: u32, ready: bool) -> String {
    let number = document_number(id).unwrap_or_default();
    ServerMessage::Status(Status {
        document_id: id.into(),
        block_idx: block.into(),
        status: if ready { BlockStatus::Cached } else { BlockStatus::Queued },
        audio_url: Some(format!("/v1/audio/{number:08x}{block:08x}{:048}", 0).into()),
        error: None,
        recoverable: Some(true),
        model_slug: Some("kokoro".into()),
        voice_slug: Some("af_heart".into()),
        word_timestamps: None,
        duration_ms: ready.then_some(5_000),
    })
    .encode(Era::Current)
}

fn audio_of(name: &str) -> Option<(u32, u32)> {
    let number = |range| u32::from_str_radix(name.get(range)?, 16).ok();
    Some((number(0..8)?, number(8..16)?))
}

fn models() -> String {
    let voice = json!({ "id": 1, "slug": "af_heart", "name": "Heart", "lang": "en", "description": null });
    json!([{ "id": 1, "slug": "kokoro", "name": "Kokoro", "description": null, "voices": [voice] }])
        .to_string()
}

fn with_body(status: &str, body: &str) -> Bytes {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_when_it_is_whole() {
        let bytes = b"POST /api/v1/documents/text HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd and more";
        let whole = bytes.len() - " and more".len();
        assert!(read(&bytes[..whole - 1]).unwrap().is_none());
        let request = read(bytes).unwrap().unwrap();
        assert_eq!((request.method, request.body, request.length), ("POST", &b"abcd"[..], whole));
        assert!(read(b"\x16\x03\x01 not http\r\n\r\n").is_err());
    }

    #[test]
    fn the_paragraphs_of_a_text_are_its_blocks() {
        let mut documents = Documents::default();
        let made = documents.create(br#"{"content":"one\n\ntwo \"2\"\n\nthree"}"#);
        assert!(made.windows(9).any(|window| window == b"00000000-"));
        let list = documents.list(0);
        let body = list.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let blocks: Vec<claque_wire::yapit::rest::Block> = serde_json::from_slice(&list[body..]).unwrap();
        let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_ref()).collect();
        assert_eq!(texts, ["one", "two \"2\"", "three"]);
        assert!(documents.create(b"no text").starts_with(b"HTTP/1.1 422"));
    }

    #[test]
    fn the_address_of_a_block_leads_to_it() {
        let text = status(&document_id(77), 9, true);
        let ServerMessage::Status(status) = ServerMessage::decode(&text).unwrap() else { panic!() };
        let url = status.audio_url.unwrap();
        assert_eq!(audio_of(url.strip_prefix("/v1/audio/").unwrap()), Some((77, 9)));
    }
}
