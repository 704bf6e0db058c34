//! Speech as a stream of samples at the pace at which it plays: a server that sends it and tells what it sent, and the least that a
//! client can do that hears it in turns.
//!
//! Times are those of the wire: the first piece of an utterance goes out when its request was read, each further one a piece's length
//! later. Nothing is made and nothing is heard.

mod floor;
mod server;

pub(crate) use self::{
    floor::{StreamFloorFlags, run as floor},
    server::{StreamServeFlags, serve},
};

use claque_core::time::Duration;

/// Samples a second, of 16 bits and one channel.
const HERTZ: usize = 24_000;
const BYTES_PER_SAMPLE: usize = 2;

/// How utterances are cut.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Utterance {
    /// Milliseconds of audio in a piece
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    piece_ms: u16,
    /// Pieces of an utterance
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pieces: u32,
}

impl Utterance {
    fn piece(self) -> Duration {
        Duration::from_millis(self.piece_ms.into())
    }

    /// How long it plays.
    fn plays(self) -> Duration {
        self.piece() * self.pieces
    }

    fn piece_bytes(self) -> usize {
        HERTZ * BYTES_PER_SAMPLE * usize::from(self.piece_ms) / 1_000
    }
}
