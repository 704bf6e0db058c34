//! One WebSocket: it asks for a batch, and again whenever a player would.

use std::{
    cmp::Reverse,
    io::{self, ErrorKind},
};

use claque_core::time::Duration;
use memchr::memmem;

use super::{Due, Floor, is_not_now};
use crate::{frames, outbox::Outbox, truth::document_id, wire::Wire};

/// Blocks of a request, as the player's.
const BATCH: u32 = 8;
/// How long a batch plays: 8 blocks of 5 s.
pub(super) const BATCH_LASTS: Duration = Duration::from_secs(40);

/// Nothing between the bench's client and its server needs a key that differs.
const SHAKE: &str = "GET /api/v1/ws/tts HTTP/1.1\r\nhost: truth\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// One of the many.
#[derive(Debug)]
pub(super) struct User {
    /// Of all, also those of other threads.
    number: u32,
    wire: Option<Wire>,
    out: Outbox<()>,
    input: Vec<u8>,
    is_open: bool,
    hears: bool,
    next: u32,
}

impl User {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            wire: None,
            out: Outbox::default(),
            input: Vec::new(),
            is_open: false,
            hears: false,
            next: 0,
        }
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.wire.is_none()
    }

    pub(super) fn dialled(&mut self, wire: Wire) {
        self.wire = Some(wire);
        self.out.push(SHAKE.into(), None);
    }
}

impl Floor {
    /// Asks for the next batch.
    pub(super) fn ask(&mut self, place: usize) -> anyhow::Result<()> {
        let user = &mut self.users[place];
        let document = document_id(user.number);
        let blocks: Vec<String> = (user.next..user.next + BATCH).map(|block| block.to_string()).collect();
        user.next += BATCH;
        let text = format!(
            r#"{{"type":"synthesize","document_id":"{document}","block_indices":[{}],"model":"kokoro","voice":"af_heart","cursor":{},"synthesis_mode":"server"}}"#,
            blocks.join(","),
            user.next - BATCH,
        );
        let mut frame = Vec::with_capacity(text.len() + 8);
        frames::client_text(&text, &mut frame);
        user.out.push(frame.into(), None);
        self.flush_user(place).map_err(Into::into)
    }

    /// The first block is there: from now on it plays, and a batch is asked for whenever one has begun.
    pub(super) fn hear(&mut self, place: usize) -> anyhow::Result<()> {
        if !self.users[place].hears {
            self.users[place].hears = true;
            self.ask(place)?;
            self.due.push(Reverse(Due { at: self.clock.now() + BATCH_LASTS, user: place }));
        }
        Ok(())
    }

    pub(super) fn attend_user(&mut self, place: usize) -> anyhow::Result<()> {
        match self.flush_user(place) {
            Err(error) if !is_not_now(&error) => return Err(error.into()),
            _ => {}
        }
        loop {
            let user = &mut self.users[place];
            let Some(wire) = &mut user.wire else { return Ok(()) };
            match wire.read(&mut self.scratch) {
                Ok(0) => anyhow::bail!("the server hung up"),
                Ok(count) => user.input.extend_from_slice(&self.scratch[..count]),
                Err(error) if is_not_now(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            self.understand(place)?;
        }
    }

    fn flush_user(&mut self, place: usize) -> io::Result<()> {
        let user = &mut self.users[place];
        let Some(wire) = &mut user.wire else { return Err(ErrorKind::NotConnected.into()) };
        user.out.flush(wire, |()| {})
    }

    fn understand(&mut self, place: usize) -> anyhow::Result<()> {
        let mut input = std::mem::take(&mut self.users[place].input);
        let mut used = 0;
        if !self.users[place].is_open {
            match memmem::find(&input, b"\r\n\r\n") {
                None => {
                    self.users[place].input = input;
                    return Ok(());
                }
                Some(at) => used = at + 4,
            }
            self.users[place].is_open = true;
            self.ask(place)?;
        }
        while let Some(frame) = frames::read(&mut input[used..]) {
            let text = &input[used..][frame.payload.clone()];
            if let Some(path) = ready_path(text) {
                self.fetch(place, path)?;
            }
            used += frame.payload.end;
        }
        if used < input.len() {
            input.drain(..used);
            self.users[place].input = input;
        }
        Ok(())
    }
}

/// Where the audio is, of a status that says it is there.
fn ready_path(text: &[u8]) -> Option<&str> {
    memmem::find(text, br#""status":"cached""#)?;
    let key = br#""audio_url":""#;
    let rest = &text[memmem::find(text, key)? + key.len()..];
    std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_is_fetched() {
        let ready = br#"{"type":"status","status":"cached","audio_url":"/v1/audio/ab","error":null}"#;
        assert_eq!(ready_path(ready), Some("/v1/audio/ab"));
        assert_eq!(ready_path(br#"{"type":"status","status":"queued","audio_url":"/v1/audio/ab"}"#), None);
    }
}
