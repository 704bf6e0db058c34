use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::{
    Message as Theirs, WebSocket,
    protocol::{CloseFrame, Role, frame::coding::CloseCode},
};

use super::*;

const MASK: [u8; 4] = [1, 2, 3, 4];
const MOST: usize = 100_000;

/// A message that does not borrow.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    Text(String),
    Binary,
    Ping(Vec<u8>),
    Pong,
    Close(Option<(u16, String)>),
}

fn heard(message: Message<'_>) -> Heard {
    match message {
        Message::Text(text) => Heard::Text(text.to_owned()),
        Message::Binary => Heard::Binary,
        Message::Ping(payload) => Heard::Ping(payload.to_vec()),
        Message::Pong => Heard::Pong,
        Message::Close(said) => Heard::Close(said.map(|(code, reason)| (code, reason.to_owned()))),
    }
}

/// Reads what comes in pieces of `size` bytes.
fn read(bytes: &[u8], size: usize) -> Result<Vec<Heard>, FrameError> {
    let mut reader = FrameReader::new(MOST);
    let mut messages = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(message) = reader.next(&mut piece)? {
            messages.push(heard(message));
        }
        assert!(piece.is_empty(), "what is not a message yet is kept");
    }
    Ok(messages)
}

fn read_all_ways(bytes: &[u8]) -> Result<Vec<Heard>, FrameError> {
    let mut known = None;
    for size in 1..=bytes.len() {
        let read = read(bytes, size);
        assert_eq!(*known.get_or_insert_with(|| read.clone()), read, "in pieces of {size} bytes");
    }
    known.expect("there are bytes")
}

fn text(text: &str) -> Heard {
    Heard::Text(text.to_owned())
}

/// A stream in memory: what is written comes to `out`, and what is read is `input`.
struct Pipe {
    input: io::Cursor<Vec<u8>>,
    out: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.input.read(into)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Another implementation's server.
fn server(input: Vec<u8>) -> WebSocket<Pipe> {
    let pipe = Pipe { input: io::Cursor::new(input), out: Vec::new() };
    WebSocket::from_raw_socket(pipe, Role::Server, None)
}

#[test]
fn the_handshake_is_that_of_rfc_6455_section_1_3() {
    let mut handshake = Handshake::new(*b"the sample nonce");
    let mut out = Vec::new();
    handshake.request("/chat?token=a", "server.example.com", &[("origin", "x")], &mut out);
    let request = String::from_utf8(out).unwrap();
    assert!(request.starts_with("GET /chat?token=a HTTP/1.1\r\nhost: server.example.com\r\n"), "{request}");
    assert!(request.contains("\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{request}");
    assert!(request.ends_with("\r\norigin: x\r\n\r\n"), "{request}");
    let answer =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x01a";
    let (first, second) = answer.split_at(60);
    assert_eq!(handshake.next(&mut &first[..]), Ok(None));
    let mut rest = second;
    assert_eq!(handshake.next(&mut rest), Ok(Some(())));
    assert_eq!(rest, b"\x81\x01a", "the first message came with the answer");
}

#[test]
fn an_answer_that_is_no_handshake_is_refused_with_its_reason() {
    let judge = |answer: &str| Handshake::new(*b"the sample nonce").next(&mut answer.as_bytes());
    assert_eq!(judge("HTTP/1.1 403 No\r\n\r\n"), Err(HandshakeError::Refused { status: 403 }));
    assert_eq!(judge("HTTP/1.1 200 OK\r\n\r\n"), Err(HandshakeError::Refused { status: 200 }));
    assert_eq!(judge("220 smtp.example ESMTP\r\n\r\n"), Err(HandshakeError::NotWebSocket));
    let good = "HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: Upgrade\r\n";
    let key = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    assert_eq!(judge(&format!("{good}{key}\r\n")), Ok(Some(())));
    assert_eq!(judge(&format!("HTTP/1.1 103 Early\r\n\r\n{good}{key}\r\n")), Ok(Some(())));
    let interim = |count| format!("{}{good}{key}\r\n", "HTTP/1.1 100 Continue\r\n\r\n".repeat(count));
    assert_eq!(judge(&interim(16)), Ok(Some(())));
    assert_eq!(judge(&interim(17)), Err(HandshakeError::NotWebSocket), "a server that never answers");
    assert_eq!(judge(&format!("{good}\r\n")), Err(HandshakeError::NotWebSocket));
    assert_eq!(
        judge(&format!("{good}sec-websocket-accept: bm9wZQ==\r\n\r\n")),
        Err(HandshakeError::NotWebSocket)
    );
    let deflate = format!("{good}{key}sec-websocket-extensions: permessage-deflate\r\n\r\n");
    assert_eq!(judge(&deflate), Err(HandshakeError::NotWebSocket));
}

#[test]
fn frames_are_those_of_rfc_6455_section_5_7() {
    assert_eq!(read_all_ways(b"\x81\x05Hello"), Ok(vec![text("Hello")]));
    let with_ping = b"\x01\x03Hel\x89\x05Hello\x80\x02lo\x8a\x05Hello\x82\x01\xff\x88\x00";
    let ping = Heard::Ping(b"Hello".to_vec());
    let all = vec![ping, text("Hello"), Heard::Pong, Heard::Binary, Heard::Close(None)];
    assert_eq!(read_all_ways(with_ping), Ok(all));
    let mut out = Vec::new();
    write_text([0x37, 0xfa, 0x21, 0x3d], "Hello", &mut out);
    assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
}

#[test]
fn whoever_breaks_the_protocol_is_told_how() {
    for (bytes, error) in [
        (&b"\xc1\x01a"[..], FrameError::Reserved(0xc1)),
        (b"\x83\x01a", FrameError::Opcode(3)),
        (b"\x81\x81\x00\x00\x00\x00a", FrameError::Masked),
        (b"\x09\x01a", FrameError::ControlInParts),
        (b"\x89\x7e\x00\x7e", FrameError::ControlTooLong(126)),
        (b"\x80\x01a", FrameError::NothingToContinue),
        (b"\x81\x7e\x00\x7d", FrameError::LongLength(125)),
        (b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", FrameError::LongLength(65_535)),
        (b"\x01\x01a\x81\x01b", FrameError::Interrupted),
        (b"\x81\x02\xc3\x28", FrameError::NotUtf8),
        (b"\x88\x01\x03", FrameError::HalfCode),
        (b"\x88\x02\x03\xed", FrameError::CloseCode(1_005)),
        (b"\x88\x03\x03\xe8\xff", FrameError::NotUtf8),
    ] {
        assert_eq!(read_all_ways(bytes), Err(error));
    }
}

#[test]
fn a_message_that_is_announced_too_long_is_refused_before_it_comes() {
    let length = u64::try_from(MOST).unwrap() + 1;
    let announced = [&[0x82, 127][..], &length.to_be_bytes()].concat();
    assert_eq!(read_all_ways(&announced), Err(FrameError::TooLong { length, most: MOST }));
    let endless = [&[0x82, 127][..], &[0xff; 8]].concat();
    assert_eq!(read_all_ways(&endless), Err(FrameError::TooLong { length: u64::MAX, most: MOST }));
    let second = [&b"\x01\x01a\x80\x7f"[..], &(length - 1).to_be_bytes()].concat();
    assert_eq!(read_all_ways(&second), Err(FrameError::TooLong { length, most: MOST }));
}

#[test]
fn nothing_is_held_between_messages() {
    let mut reader = FrameReader::new(MOST);
    let long = "a".repeat(60_000);
    let mut bytes = vec![0x81, 126];
    bytes.extend_from_slice(&60_000_u16.to_be_bytes());
    bytes.extend_from_slice(long.as_bytes());
    let (first, second) = bytes.split_at(30_000);
    assert_eq!(reader.next(&mut &first[..]), Ok(None));
    assert_eq!(reader.next(&mut &second[..]), Ok(Some(Message::Text(&long))));
    assert_eq!(reader.next(&mut &[][..]), Ok(None));
    assert!(format!("{reader:?}").contains("part: []"), "{reader:?}");
}

#[test]
fn another_implementation_understands_what_is_written() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let said = "ä".repeat(length / 2) + &"a".repeat(length % 2);
        let mut out = Vec::new();
        write_text(MASK, &said, &mut out);
        write_pong(MASK, b"there", &mut out);
        write_close(MASK, 1_001, &mut out);
        let mut server = server(out);
        assert_eq!(server.read().unwrap(), Theirs::text(said));
        assert_eq!(server.read().unwrap(), Theirs::Pong(b"there".to_vec().into()));
        let Theirs::Close(Some(frame)) = server.read().unwrap() else { panic!("a close was written") };
        assert_eq!(frame.code, CloseCode::Away);
    }
}

#[test]
fn what_another_implementation_writes_is_understood() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let said = "a".repeat(length);
        let mut server = server(Vec::new());
        server.send(Theirs::text(said.clone())).unwrap();
        server.send(Theirs::Ping(b"there?".to_vec().into())).unwrap();
        server.close(Some(CloseFrame { code: CloseCode::Restart, reason: "back soon".into() })).unwrap();
        let close = Heard::Close(Some((1_012, "back soon".to_owned())));
        let all = vec![text(&said), Heard::Ping(b"there?".to_vec()), close];
        for size in [1, 7, 4_096, 1 << 20] {
            assert_eq!(read(&server.get_ref().out, size), Ok(all.clone()));
        }
    }
}

proptest! {
    #[test]
    fn a_message_in_any_frames_and_pieces_is_the_message(
        parts in prop::collection::vec("[a-zß]{0,30}", 1..6),
        size in 1_usize..40,
    ) {
        let mut bytes = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let first = if number == 0 { opcode::TEXT } else { opcode::CONTINUATION };
            let last = if number + 1 == parts.len() { FINAL } else { 0 };
            bytes.extend_from_slice(&[first | last, u8::try_from(part.len()).unwrap()]);
            bytes.extend_from_slice(part.as_bytes());
        }
        prop_assert_eq!(read(&bytes, size), Ok(vec![Heard::Text(parts.concat())]));
    }

    #[test]
    fn any_bytes_mean_the_same_in_any_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        size in 1_usize..40,
    ) {
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len().max(1)));
    }

    #[test]
    fn frames_of_any_kind_and_length_mean_the_same_in_any_pieces(
        frames in prop::collection::vec((any::<bool>(), 0_u8..11, prop::collection::vec(any::<u8>(), 0..140)), 0..6),
        size in 1_usize..40,
    ) {
        let mut bytes = Vec::new();
        for (is_final, opcode, payload) in frames {
            bytes.push(opcode | if is_final { FINAL } else { 0 });
            match u8::try_from(payload.len()) {
                Ok(length) if length < LENGTH_IN_2 => bytes.push(length),
                _ => {
                    bytes.push(LENGTH_IN_2);
                    bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
                }
            }
            bytes.extend_from_slice(&payload);
        }
        prop_assert_eq!(read(&bytes, size), read(&bytes, bytes.len().max(1)));
    }
}
