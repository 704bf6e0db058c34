//! What comes over a connection, below the protocols of services.

use claque_wire::{
    http1::{HttpError, Part, Response},
    websocket::{FrameError, FrameReader, Handshake, HandshakeError, Message},
};

use crate::splits::{pieces, seeded};

/// Longest message that the reader here takes, bytes: small, so that a fuzzer finds the bound.
const MAX_MESSAGE: usize = 4 << 10;

/// Header fields that are kept.
const FIELDS: &[&str] = &["content-type"];

/// Reads answers of HTTP/1.1, several behind each other, whole and in pieces.
pub fn http1(data: &[u8]) {
    let (seed, bytes) = seeded(data);
    assert_eq!(answers([bytes]), answers(pieces(bytes, seed)), "the split changed the answers");
}

/// One answer: its status, its body, and whether it came to its end.
#[derive(Debug, Default, PartialEq)]
struct Answer {
    status: Option<u16>,
    location: Option<String>,
    content_type: Option<String>,
    body: Vec<u8>,
    is_whole: bool,
}

fn answers<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Vec<Answer>, Option<HttpError>) {
    let mut answers = Vec::new();
    let (mut reader, mut answer) = (Response::with_fields(FIELDS), Answer::default());
    for mut bytes in pieces {
        while !bytes.is_empty() {
            match reader.next(&mut bytes) {
                Ok(Some(Part::Head { status })) => {
                    assert!((200..=999).contains(&status), "an interim answer was told");
                    answer.status = Some(status);
                    answer.location = reader.location().map(str::to_owned);
                    answer.content_type = reader.field("content-type").map(str::to_owned);
                }
                Ok(Some(Part::Body(part))) => {
                    assert!(!part.is_empty(), "an empty part was told");
                    answer.body.extend_from_slice(part);
                }
                Ok(Some(Part::End)) => {}
                Ok(None) if bytes.is_empty() => {}
                Ok(None) => panic!("bytes were left although more were wanted"),
                Err(error) => {
                    answers.push(answer);
                    return (answers, Some(error));
                }
            }
            // The end of an answer without a body is told without a byte.
            if answer.status.is_some() && matches!(reader.next(&mut &[][..]), Ok(Some(Part::End)))
                || reader.keeps_alive()
            {
                answers.push(Answer { is_whole: true, ..std::mem::take(&mut answer) });
                reader = Response::with_fields(FIELDS);
            }
        }
    }
    let error = if reader.has_begun() { reader.end().err() } else { None };
    answers.push(answer);
    (answers, error)
}

/// Reads a handshake's answer and the frames behind it, whole and in pieces.
pub fn websocket(data: &[u8]) {
    let (seed, bytes) = seeded(data);
    assert_eq!(frames([bytes]), frames(pieces(bytes, seed)), "the split changed the messages");
    assert_eq!(shake([bytes]), shake(pieces(bytes, seed)), "the split changed the handshake");
}

#[derive(Debug, PartialEq)]
enum Told {
    Text(String),
    Binary,
    Ping(Vec<u8>),
    Pong,
    Close(Option<(u16, String)>),
}

fn frames<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Vec<Told>, Option<FrameError>) {
    let mut told = Vec::new();
    let mut reader = FrameReader::new(MAX_MESSAGE);
    for mut bytes in pieces {
        loop {
            match reader.next(&mut bytes) {
                Ok(Some(message)) => told.push(owned(message)),
                Ok(None) => break,
                Err(error) => return (told, Some(error)),
            }
        }
    }
    (told, None)
}

fn owned(message: Message<'_>) -> Told {
    match message {
        Message::Text(text) => {
            assert!(text.len() <= MAX_MESSAGE, "a message was longer than allowed");
            Told::Text(text.to_owned())
        }
        Message::Binary => Told::Binary,
        Message::Ping(payload) => {
            assert!(payload.len() <= 125, "RFC 6455 section 5.5: control frames hold 125 bytes at most");
            Told::Ping(payload.to_vec())
        }
        Message::Pong => Told::Pong,
        Message::Close(why) => Told::Close(why.map(|(code, reason)| (code, reason.to_owned()))),
    }
}

fn shake<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Result<Option<()>, HandshakeError>, usize) {
    let mut handshake = Handshake::new([7; 16]);
    let mut behind = 0;
    let mut is_done = false;
    for mut bytes in pieces {
        if !is_done {
            match handshake.next(&mut bytes) {
                Ok(Some(())) => is_done = true,
                Ok(None) => {}
                Err(error) => return (Err(error), 0),
            }
        }
        behind += bytes.len();
    }
    (Ok(is_done.then_some(())), behind)
}
