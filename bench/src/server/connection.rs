//! One connection, and how its bytes are understood.

use std::{
    io::{self, ErrorKind},
    sync::atomic::Ordering,
};

use bytes::Bytes;
use serde::Deserialize;

use super::{Server, moment, routes};
use crate::{
    frames::{self, Kind},
    outbox::Outbox,
    truth::document_number,
    wire::Wire,
};

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) wire: Wire,
    /// Bytes that are not yet understood.
    pub(super) input: Vec<u8>,
    pub(super) out: Outbox<Noted>,
    pub(super) serial: u64,
    speaks: Protocol,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http,
    WebSocket,
}

/// The block whose body is in the outbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    pub(super) document: u32,
    pub(super) block: u32,
}

/// What a client sends over the WebSocket.
#[derive(Deserialize)]
struct Request<'a> {
    r#type: &'a str,
    document_id: &'a str,
    #[serde(default)]
    block_indices: Vec<u32>,
}

impl Connection {
    pub(super) fn new(wire: Wire, serial: u64) -> Self {
        Self { wire, input: Vec::new(), out: Outbox::default(), serial, speaks: Protocol::Http }
    }
}

impl Server {
    /// Does what the bytes read so far ask for.
    pub(super) fn understand(&mut self, place: usize) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(place) else { return Ok(()) };
        let mut input = std::mem::take(&mut connection.input);
        let mut used = 0;
        loop {
            let Some(connection) = self.connections.get(place) else { return Ok(()) };
            let count = match connection.speaks {
                Protocol::Http => self.answer(place, &input[used..])?,
                Protocol::WebSocket => self.hear(place, &mut input[used..])?,
            };
            if count == 0 {
                break;
            }
            used += count;
        }
        if let Some(connection) = self.connections.get_mut(place)
            && used < input.len()
        {
            input.drain(..used);
            connection.input = input;
        }
        Ok(())
    }

    /// Answers the HTTP request at the head of `input`; gives its length, 0 while it is not whole.
    fn answer(&mut self, place: usize, input: &[u8]) -> io::Result<usize> {
        let Some(request) = routes::read(input)? else { return Ok(0) };
        let answer = match routes::answer_alone(&request) {
            Some(answer) => answer,
            None => {
                let documents = self.common.documents.lock();
                documents.map_err(|_| io::Error::other("a thread panicked"))?.answer(&request)
            }
        };
        let Some(connection) = self.connections.get_mut(place) else { return Ok(0) };
        match answer {
            routes::Answer::Bytes(bytes) => connection.out.push(bytes, None),
            routes::Answer::Upgrade(bytes) => {
                connection.speaks = Protocol::WebSocket;
                self.common.sockets.fetch_add(1, Ordering::Relaxed);
                connection.out.push(bytes, None);
            }
            routes::Answer::Audio { document, block } => {
                if let Some(mark) = self.truth.mark(document, block) {
                    mark.fetched = moment(self.clock);
                }
                connection.out.push(Bytes::clone(&self.body), Some(Noted { document, block }));
            }
        }
        Ok(request.length)
    }

    /// Does what the WebSocket frame at the head of `input` asks for; gives its length, 0 while it is not whole.
    fn hear(&mut self, place: usize, input: &mut [u8]) -> io::Result<usize> {
        let Some(frame) = frames::read(input) else { return Ok(0) };
        let payload = &input[frame.payload.clone()];
        match frame.kind {
            Kind::Text => {
                let request: Request<'_> = serde_json::from_slice(payload).map_err(io::Error::other)?;
                let document = document_number(request.document_id).ok_or(ErrorKind::InvalidData)?;
                if request.r#type == "synthesize" {
                    self.ask(place, document, &request.block_indices);
                }
            }
            Kind::Ping => {
                if let Some(connection) = self.connections.get_mut(place) {
                    let mut pong = Vec::new();
                    frames::server_pong(payload, &mut pong);
                    connection.out.push(pong.into(), None);
                }
            }
            Kind::Close => return Err(ErrorKind::ConnectionAborted.into()),
            Kind::Other => {}
        }
        Ok(frame.payload.end)
    }
}
