//! What a yapit gateway says.

use claque_core::{
    event::{FailureScope, Phase},
    extraction::Step,
    ids::BlockIdx,
};
use claque_wire::yapit::{
    ClientMessage, ClientSession, Era, ServerMessage, extraction, http_failure, jwt, rest::is_document_id,
};

use crate::splits::seeded;

/// Reads one message of a gateway, and of a client: what is read is written and read to the same.
pub fn yapit_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for era in [Era::Feb2026, Era::Current] {
        if let Ok(message) = ServerMessage::decode(text) {
            let again = message.encode(era);
            assert!(ServerMessage::decode(&again).is_ok(), "what was written cannot be read: {again}");
        }
        let _ = ClientMessage::decode(text, era);
    }
    let _ = is_document_id(text);
    let _ = jwt::decode(text);
    let _ = (jwt::life(text), jwt::subject(text), jwt::expires_at(text));
}

/// A listener's whole conversation: a message a line.
pub fn yapit_session(data: &[u8]) {
    const DOCUMENT: &str = "9db4c472-317f-4463-b939-68c02d21f32a";
    let (asked, lines) = seeded(data);
    let mut session = ClientSession::new(DOCUMENT.to_owned(), "kokoro".to_owned(), "af_heart".to_owned());
    let blocks: Vec<BlockIdx> = (0..u32::from(asked % 16)).map(BlockIdx).collect();
    let _ = session.request(&blocks);
    let mut out = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        session.handle_text(text, &mut |event| out.push(event.map(str::to_owned)));
        assert!(out.len() <= 64, "one message led to {} events", out.len());
        out.clear();
    }
}

/// Answers to REST calls, of every step of an extraction and of refusals.
pub fn yapit_answer(data: &[u8]) {
    let (status, body) = seeded(data);
    let status = [200, 201, 202, 401, 403, 404, 422, 429, 500, 503][usize::from(status) % 10];
    for step in [Step::Prepare, Step::Create, Step::Poll, Step::Cancel, Step::Delete] {
        let _ = extraction::reply(step, status, None, body);
    }
    let _ = http_failure(status, body, FailureScope::Block(BlockIdx(0)), Phase::BeforeAudio);
}
