//! WebSocket (RFC 6455) from the client's side, sans-IO: a handshake, messages out, messages in.
//!
//! [`FrameReader`] gives a message that lies whole in what was read as a slice of it; only what lies across two reads, or
//! in several frames, is kept until it is whole. No extension is offered, so none is understood.

mod frames;
mod handshake;
#[cfg(test)]
#[expect(clippy::panic_in_result_fn, reason = "helpers assert that every split reads the same")]
mod tests;
mod write;

pub use self::{
    frames::{FrameError, FrameReader, Message},
    handshake::{Handshake, HandshakeError},
    write::{write_close, write_pong, write_text},
};

/// What a frame is (RFC 6455 section 5.2).
mod opcode {
    pub(super) const CONTINUATION: u8 = 0x0;
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}

/// The bit that says that a message ends with this frame.
const FINAL: u8 = 0x80;
/// The bit that says that a frame is masked: a client's is, a server's is not.
const MASKED: u8 = 0x80;
/// The first length that is told by the two bytes that follow, and the mark of those.
const LENGTH_IN_2: u8 = 126;
/// The mark of a length in eight bytes.
const LENGTH_IN_8: u8 = 127;
