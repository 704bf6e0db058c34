//! One WebSocket of a listener: dialling, writing requests, reading messages.

use std::{
    io::{self, ErrorKind},
    ops::Range,
};

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    time::Instant,
};
use claque_wire::{
    session::Channel,
    websocket::{
        FrameError, FrameReader, Handshake, HandshakeError, Message, write_close, write_pong, write_text,
    },
};
use mio::Token;

use super::{
    dial::Dial,
    io::{Io, LONGEST_TURN, MOST_READS},
    outbox::{MOST_WAITING, Outbox},
    places::PlaceId,
    shaping::NetworkHandle,
    stream::Stream,
};
use crate::{
    service::{Service, failure_of},
    shortage::Shortage,
};

/// Longest message taken. The longest lawful ones carry the words' times of one block.
const MAX_MESSAGE: usize = 4 << 20;

/// A close code of RFC 6455 section 7.4.1.
const NORMAL: u16 = 1_000;

/// A WebSocket that is being made, open, or over.
#[derive(Debug)]
pub(super) struct Socket {
    stage: Stage,
    /// What the system tells its news by.
    token: Token,
}

#[derive(Debug)]
enum Stage {
    /// Boxed, since few are dialling at a time and many are open.
    Dialing(Box<Dialing>),
    Open(Open),
    Over,
}

#[derive(Debug)]
struct Dialing {
    step: Step,
    place: PlaceId,
    /// Path and query with the token of the moment. Never printed.
    path: HiddenText,
}

#[derive(Debug)]
enum Step {
    Connecting(Dial),
    Shaking { stream: Stream, handshake: Handshake, out: Outbox<()> },
    Over,
}

/// Text that may hold a secret.
struct HiddenText(String);

impl std::fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("...")
    }
}

#[derive(Debug)]
struct Open {
    stream: Stream,
    frames: FrameReader,
    /// Marks are blocks of requests.
    out: Outbox<Vec<BlockIdx>>,
    /// The payload of the last ping, if it is to be answered. Earlier ones need no answer (RFC 6455 section 5.5.3), so no more
    /// than one waits for a peer that asks and does not read.
    pinged: Option<Box<[u8]>>,
}

/// What a socket has to tell.
#[derive(Debug)]
pub(super) enum News<'a> {
    /// It is open.
    Open,
    /// A request was written.
    Sent(Vec<BlockIdx>),
    /// A message came.
    Text(&'a str),
    /// A message came that is no text.
    NotText,
    /// The connection is over, or never was.
    Closed(Failure),
}

impl Socket {
    /// Begins to connect to a path of the service, with the credentials of the moment. [`Socket::attend`] is to be called at once, and whenever
    /// there is news of `token`.
    pub(super) fn dial(
        (place, network): (PlaceId, Option<NetworkHandle>),
        service: &Service,
        path: &str,
        token: Token,
    ) -> Self {
        let step = Step::Connecting(Dial::new(place, token, network));
        Self {
            stage: Stage::Dialing(Box::new(Dialing {
                step,
                place,
                path: HiddenText(self::path(service, path)),
            })),
            token,
        }
    }

    /// Puts a message behind what is to be written; [`News::Sent`] follows if it asks for blocks. Nothing is sent where
    /// nothing is open.
    pub(super) fn push(&mut self, io: &mut Io, text: &str, blocks: Vec<BlockIdx>) {
        let Stage::Open(open) = &mut self.stage else { return };
        write_text(io.mask(), text, open.out.bytes());
        if !blocks.is_empty() {
            open.out.mark(blocks);
        }
    }

    /// Whether requests can be pushed.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    /// Goes on as far as it goes: connects, writes, reads. `hear` is told each thing with the moment of it. `is_ending` says
    /// that the other side may send no more, so that the end is looked for, too.
    pub(super) fn attend(&mut self, io: &mut Io, is_ending: bool, mut hear: impl FnMut(Instant, News<'_>)) {
        let mut input = std::mem::take(&mut io.receiver.buffer);
        if let Err(failure) = self.go_on(io, is_ending, &mut input, &mut hear) {
            self.stage = Stage::Over;
            hear(io.clock().now(), News::Closed(failure));
        }
        io.receiver.buffer = input;
    }

    /// Writes what was pushed, as far as it goes.
    pub(super) fn flush(&mut self, io: &mut Io, mut hear: impl FnMut(Instant, News<'_>)) {
        if let Stage::Open(open) = &mut self.stage
            && let Err(failure) = open.write(io, &mut hear)
        {
            self.stage = Stage::Over;
            hear(io.clock().now(), News::Closed(failure));
        }
    }

    fn go_on(
        &mut self,
        io: &mut Io,
        mut is_ending: bool,
        input: &mut [u8],
        hear: &mut impl FnMut(Instant, News<'_>),
    ) -> Result<(), Failure> {
        if let Stage::Dialing(dialing) = &mut self.stage {
            let Some((open, early)) = dialing.go_on(io, input)? else { return Ok(()) };
            hear(io.clock().now(), News::Open);
            self.stage = Stage::Open(open);
            if let Stage::Open(open) = &mut self.stage {
                open.understand(io, early.at, &input[early.bytes], hear)?;
            }
            is_ending = true;
        }
        let Stage::Open(open) = &mut self.stage else { return Ok(()) };
        open.write(io, hear)?;
        if open.read(io, is_ending, input, hear)? == Read::Some {
            io.goes_on(self.token);
        }
        Ok(())
    }
}

/// How much of what was there is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    All,
    /// There may be more, but others have waited long enough.
    Some,
}

/// What came in one read with the answer to the handshake.
struct Early {
    at: Instant,
    bytes: Range<usize>,
}

impl Dialing {
    /// Gives the open socket once hands are shaken, and what lies in `input` behind that.
    fn go_on(&mut self, io: &mut Io, input: &mut [u8]) -> Result<Option<(Open, Early)>, Failure> {
        loop {
            match std::mem::replace(&mut self.step, Step::Over) {
                Step::Connecting(mut dial) => {
                    let Some(stream) = dial.proceed(io)? else {
                        self.step = Step::Connecting(dial);
                        return Ok(None);
                    };
                    let handshake = Handshake::new(io.nonce());
                    let mut out = Outbox::default();
                    let place = io.places.place(self.place);
                    let headers: Vec<_> = place.headers.iter().collect();
                    handshake.request(&self.path.0, &place.authority, &headers, out.bytes());
                    self.step = Step::Shaking { stream, handshake, out };
                }
                Step::Shaking { mut stream, mut handshake, mut out } => {
                    out.flush(&mut stream, |()| {}).map_err(|error| failure_of(&error, Phase::Handshake))?;
                    if let Some(early) = shake(io, &mut stream, &mut handshake, input)? {
                        let (frames, out) = (FrameReader::new(MAX_MESSAGE), Outbox::default());
                        return Ok(Some((Open { stream, frames, out, pinged: None }, early)));
                    }
                    self.step = Step::Shaking { stream, handshake, out };
                    return Ok(None);
                }
                Step::Over => return Ok(None),
            }
        }
    }
}

/// Reads the answer to a handshake; none while it is not whole.
fn shake(
    io: &mut Io,
    stream: &mut Stream,
    handshake: &mut Handshake,
    input: &mut [u8],
) -> Result<Option<Early>, Failure> {
    let broken = |error: io::Error| failure_of(&error, Phase::Handshake);
    loop {
        let reading = match stream.read(&mut io.receiver, input) {
            Ok(reading) if reading.count == 0 => return Err(broken(ErrorKind::UnexpectedEof.into())),
            Ok(reading) => reading,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let mut rest = &input[..reading.count];
        if handshake.next(&mut rest).map_err(|error| not_shaken(&error))?.is_some() {
            return Ok(Some(Early { at: reading.at, bytes: reading.count - rest.len()..reading.count }));
        }
    }
}

impl Open {
    /// Writes as far as it goes: requests, and the answer to a ping behind them.
    fn write(&mut self, io: &mut Io, hear: &mut impl FnMut(Instant, News<'_>)) -> Result<(), Failure> {
        loop {
            let sent = |blocks| hear(io.clock().now(), News::Sent(blocks));
            self.out.flush(&mut self.stream, sent).map_err(|error| lost(&error))?;
            if self.out.waiting() > MOST_WAITING {
                return Err(not_read(self.out.waiting()));
            }
            let Some(payload) = self.pinged.take_if(|_| self.out.is_empty()) else { return Ok(()) };
            write_pong(io.mask(), &payload, self.out.bytes());
        }
    }

    fn read(
        &mut self,
        io: &mut Io,
        is_ending: bool,
        input: &mut [u8],
        hear: &mut impl FnMut(Instant, News<'_>),
    ) -> Result<Read, Failure> {
        let began_at = io.clock().now();
        for _ in 0..MOST_READS {
            let reading = match self.stream.read(&mut io.receiver, input) {
                Ok(reading) if reading.count == 0 => return Err(Channel::closed(None, "")),
                Ok(reading) => reading,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Read::All),
                Err(error) => return Err(lost(&error)),
            };
            self.understand(io, reading.at, &input[..reading.count], hear)?;
            if !is_ending && self.stream.is_drained_by(reading.count, input.len()) {
                return Ok(Read::All);
            }
            if io.clock().now().since(began_at) >= LONGEST_TURN {
                break;
            }
        }
        Ok(Read::Some)
    }

    fn understand(
        &mut self,
        io: &mut Io,
        at: Instant,
        mut bytes: &[u8],
        hear: &mut impl FnMut(Instant, News<'_>),
    ) -> Result<(), Failure> {
        while let Some(message) = self.frames.next(&mut bytes).map_err(|error| not_understood(&error))? {
            match message {
                Message::Text(text) => hear(at, News::Text(text)),
                Message::Binary => hear(at, News::NotText),
                Message::Ping(payload) => self.pinged = Some(payload.into()),
                Message::Pong => {}
                Message::Close(said) => {
                    // The courtesy of an answer (RFC 6455 section 5.5.1); what becomes of it does not matter.
                    write_close(io.mask(), said.map_or(NORMAL, |(code, _)| code), self.out.bytes());
                    let failure = said.map_or_else(
                        || Channel::closed(None, ""),
                        |(code, why)| Channel::closed(Some(code), why),
                    );
                    let _gone = self.out.flush(&mut self.stream, drop);
                    return Err(failure);
                }
            }
        }
        self.write(io, hear)
    }
}

/// Where the WebSocket is, with the token of the moment. Never printed.
fn path(service: &Service, path: &str) -> String {
    let path = service.target().path(path);
    match service.access().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// The failure of an open connection that cannot be read or written any more.
fn lost(error: &io::Error) -> Failure {
    Shortage::of(error)
        .map_or_else(|| Channel::closed(None, ""), |shortage| shortage.failure(Phase::BeforeAudio))
}

/// The failure of a connection of which the other side reads nothing.
fn not_read(waiting: usize) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Transport,
        code: None,
        text: format!("the server does not read: {} KiB of requests wait to be sent", waiting >> 10),
        kills: FailureScope::Session,
    }
}

fn not_shaken(error: &HandshakeError) -> Failure {
    match error {
        HandshakeError::Refused { status } => Channel::refused(*status),
        HandshakeError::NotWebSocket => Failure {
            phase: Phase::Handshake,
            class: FailureClass::Protocol,
            code: None,
            text: "the server's answer is no WebSocket handshake".to_owned(),
            kills: FailureScope::Session,
        },
    }
}

fn not_understood(error: &FrameError) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Protocol,
        code: None,
        text: format!("the server broke the WebSocket protocol: {error}"),
        kills: FailureScope::Session,
    }
}
