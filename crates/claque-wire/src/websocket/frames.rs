//! Frames of a server, and the messages they make.

use std::ops::Range;

use super::{FINAL, LENGTH_IN_2, LENGTH_IN_8, MASKED, opcode};

/// Longest payload of a control frame (RFC 6455 section 5.5).
const MAX_CONTROL: u64 = 125;
/// Longest header of a frame without a mask: two bytes, and a length in eight.
const MAX_HEADER: usize = 10;

/// Why what a server sent is no WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Bits are set that only an extension gives a meaning.
    #[error(
        "a frame begins with 0x{0:02x}, which has a meaning only with an extension that was not agreed on"
    )]
    Reserved(u8),
    /// There is no such kind of frame.
    #[error("a frame has the unknown opcode {0}")]
    Opcode(u8),
    /// Only a client masks.
    #[error("a frame is masked, which only a client's may be")]
    Masked,
    /// A length in more bytes than it needs.
    #[error("a frame tells its length of {0} in more bytes than it needs")]
    LongLength(u64),
    /// A control frame in parts.
    #[error("a control frame comes in parts")]
    ControlInParts,
    /// A control frame that is too long.
    #[error("a control frame has {0} bytes, more than {MAX_CONTROL}")]
    ControlTooLong(u64),
    /// A message that is too long.
    #[error("a message has {length} bytes or more, and at most {most} are taken")]
    TooLong {
        /// As far as it is known.
        length: u64,
        /// The bound.
        most: usize,
    },
    /// A continuation of nothing.
    #[error("a frame goes on with a message that was not begun")]
    NothingToContinue,
    /// A message within another.
    #[error("a message begins in the middle of another")]
    Interrupted,
    /// Text that is none.
    #[error("a text message, or the reason of a close, is no UTF-8")]
    NotUtf8,
    /// A close with half a code.
    #[error("a close frame has a payload of 1 byte, and a code has 2")]
    HalfCode,
    /// A code that nobody may send.
    #[error("a close frame has the code {0}, which must not be sent")]
    CloseCode(u16),
}

/// A message, or a sign from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text, whole.
    Text(&'a str),
    /// Bytes that are no text; they are not given.
    Binary,
    /// A question whether anybody is there, to be answered with [`super::write_pong`].
    Ping(&'a [u8]),
    /// An answer to such a question.
    Pong,
    /// The server ends the conversation, with a code and a reason, or without.
    Close(Option<(u16, &'a str)>),
}

/// Reads frames and joins them to messages.
#[derive(Debug)]
pub struct FrameReader {
    max_message: usize,
    /// One frame that is not whole, or the one that was given last.
    part: Vec<u8>,
    /// A message in several frames, as far as it came.
    message: Option<Fragments>,
    given: LastGiven,
}

#[derive(Debug)]
struct Fragments {
    is_text: bool,
    bytes: Vec<u8>,
}

/// What was given last and is not needed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastGiven {
    Nothing,
    Part,
    Fragments,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    is_final: bool,
    opcode: u8,
    /// Bytes of it.
    length: usize,
    /// Bytes behind it.
    payload: u64,
}

/// Where the payload of a frame is.
enum Payload<'b> {
    Input(&'b [u8]),
    /// In the part that was kept.
    Part(Range<usize>),
}

impl FrameReader {
    /// Makes one that takes messages of so many bytes at most.
    #[must_use]
    pub const fn new(max_message: usize) -> Self {
        Self { max_message, part: Vec::new(), message: None, given: LastGiven::Nothing }
    }

    /// Takes bytes from the front of `bytes` and gives the next message; none when it needs more.
    ///
    /// # Errors
    /// The server breaks the protocol. The connection is of no more use then.
    pub fn next<'a, 'b: 'a>(&'a mut self, bytes: &mut &'b [u8]) -> Result<Option<Message<'a>>, FrameError> {
        match std::mem::replace(&mut self.given, LastGiven::Nothing) {
            LastGiven::Nothing => {}
            LastGiven::Part => self.part = Vec::new(),
            LastGiven::Fragments => self.message = None,
        }
        loop {
            let Some((header, payload)) = self.take_frame(bytes)? else { return Ok(None) };
            if is_control(header.opcode) {
                return control(header.opcode, self.hand_out(payload)).map(Some);
            }
            if header.is_final && header.opcode != opcode::CONTINUATION {
                return data(header.opcode == opcode::TEXT, self.hand_out(payload)).map(Some);
            }
            self.join(header.opcode, payload);
            if header.is_final {
                self.given = LastGiven::Fragments;
                return match &self.message {
                    Some(message) => data(message.is_text, &message.bytes).map(Some),
                    None => Ok(None),
                };
            }
        }
    }

    /// Takes a whole frame; none while it is not, and then everything is kept.
    fn take_frame<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<(Header, Payload<'b>)>, FrameError> {
        if self.part.is_empty() {
            if let Some(header) = self.check(Header::read(bytes))? {
                let whole = header.whole();
                if let Some((frame, rest)) = bytes.split_at_checked(whole) {
                    *bytes = rest;
                    return Ok(Some((header, Payload::Input(&frame[header.length..]))));
                }
            }
            self.part = bytes.to_vec();
            *bytes = &[];
            return Ok(None);
        }
        // Byte by byte, for what lies behind this frame is the next one's.
        while Header::read(&self.part).is_none() && !bytes.is_empty() {
            self.keep(1, bytes);
        }
        let Some(header) = self.check(Header::read(&self.part))? else { return Ok(None) };
        let whole = header.whole();
        self.keep(whole.saturating_sub(self.part.len()), bytes);
        if self.part.len() < whole {
            return Ok(None);
        }
        Ok(Some((header, Payload::Part(header.length..whole))))
    }

    /// Moves bytes into the part, as many as there are of `count`.
    fn keep(&mut self, count: usize, bytes: &mut &[u8]) {
        let (kept, rest) = bytes.split_at(count.min(bytes.len()));
        self.part.extend_from_slice(kept);
        *bytes = rest;
    }

    fn check(&self, header: Option<Result<Header, FrameError>>) -> Result<Option<Header>, FrameError> {
        let Some(header) = header.transpose()? else { return Ok(None) };
        if is_control(header.opcode) {
            return Ok(Some(header));
        }
        let so_far = match (&self.message, header.opcode) {
            (None, opcode::CONTINUATION) => return Err(FrameError::NothingToContinue),
            (Some(message), opcode::CONTINUATION) => message.bytes.len(),
            (Some(_), _) => return Err(FrameError::Interrupted),
            (None, _) => 0,
        };
        let length = u64::try_from(so_far).unwrap_or(u64::MAX).saturating_add(header.payload);
        if usize::try_from(length).is_ok_and(|length| length <= self.max_message) {
            Ok(Some(header))
        } else {
            Err(FrameError::TooLong { length, most: self.max_message })
        }
    }

    /// Gives a payload, which is forgotten with the next call.
    fn hand_out<'a, 'b: 'a>(&'a mut self, payload: Payload<'b>) -> &'a [u8] {
        match payload {
            Payload::Input(bytes) => bytes,
            Payload::Part(range) => {
                self.given = LastGiven::Part;
                &self.part[range]
            }
        }
    }

    fn join(&mut self, opcode: u8, payload: Payload<'_>) {
        let message = self
            .message
            .get_or_insert_with(|| Fragments { is_text: opcode == opcode::TEXT, bytes: Vec::new() });
        match payload {
            Payload::Input(bytes) => message.bytes.extend_from_slice(bytes),
            Payload::Part(range) => {
                message.bytes.extend_from_slice(&self.part[range]);
                self.part = Vec::new();
            }
        }
    }
}

impl Header {
    /// Reads one from the front of some bytes; none while it is not whole.
    fn read(bytes: &[u8]) -> Option<Result<Self, FrameError>> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        if let Err(error) = lawful(first, second) {
            return Some(Err(error));
        }
        let (length, payload) = match second {
            LENGTH_IN_2 => (4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into()),
            LENGTH_IN_8 => (MAX_HEADER, u64::from_be_bytes(bytes.get(2..MAX_HEADER)?.try_into().ok()?)),
            short => (2, short.into()),
        };
        let header = Self { is_final: first & FINAL != 0, opcode: first & 0x0F, length, payload };
        let shortest = match payload {
            0..=125 => 2,
            126..=0xFFFF => 4,
            _ => MAX_HEADER,
        };
        Some(match header {
            Self { length, payload, .. } if length > shortest => Err(FrameError::LongLength(payload)),
            Self { is_final: false, opcode, .. } if is_control(opcode) => Err(FrameError::ControlInParts),
            Self { opcode, payload, .. } if is_control(opcode) && payload > MAX_CONTROL => {
                Err(FrameError::ControlTooLong(payload))
            }
            header => Ok(header),
        })
    }

    /// Bytes of the frame; called for one that is short enough.
    fn whole(self) -> usize {
        usize::try_from(self.payload).unwrap_or(usize::MAX).saturating_add(self.length)
    }
}

fn lawful(first: u8, second: u8) -> Result<(), FrameError> {
    if first & 0x70 != 0 {
        return Err(FrameError::Reserved(first));
    }
    match first & 0x0F {
        opcode::CONTINUATION
        | opcode::TEXT
        | opcode::BINARY
        | opcode::CLOSE
        | opcode::PING
        | opcode::PONG => {}
        unknown => return Err(FrameError::Opcode(unknown)),
    }
    if second & MASKED != 0 { Err(FrameError::Masked) } else { Ok(()) }
}

const fn is_control(opcode: u8) -> bool {
    opcode & 0x8 != 0
}

fn data(is_text: bool, payload: &[u8]) -> Result<Message<'_>, FrameError> {
    if is_text { text(payload).map(Message::Text) } else { Ok(Message::Binary) }
}

fn control(opcode: u8, payload: &[u8]) -> Result<Message<'_>, FrameError> {
    match (opcode, payload) {
        (opcode::PING, _) => Ok(Message::Ping(payload)),
        (opcode::PONG, _) => Ok(Message::Pong),
        (_, []) => Ok(Message::Close(None)),
        (_, [_]) => Err(FrameError::HalfCode),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            // RFC 6455 section 7.4, and the codes IANA has registered since.
            match code {
                1_000..=1_003 | 1_007..=1_014 | 3_000..=4_999 => {
                    Ok(Message::Close(Some((code, text(reason)?))))
                }
                _ => Err(FrameError::CloseCode(code)),
            }
        }
    }
}

fn text(payload: &[u8]) -> Result<&str, FrameError> {
    std::str::from_utf8(payload).map_err(|_| FrameError::NotUtf8)
}
