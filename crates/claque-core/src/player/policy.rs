//! The player's constants, with presets for the players that exist.

use super::line::{Backoff, Reconnect};
use crate::time::Duration;

/// The constants of a player. Presets carry the values of deployed players; each field may be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayerPolicy {
    /// Blocks asked for in one request, at least 1.
    pub batch_size: u32,
    /// A refill is due when fewer blocks than this, after the current one, are ready or asked for.
    pub refill_threshold: u32,
    /// Consecutive blocks that must be ready before playback starts, at least 1.
    pub min_buffer: u32,
    /// When a block counts as ready.
    pub readiness: Readiness,
    /// A block not acknowledged for this long is asked for again.
    pub ack_timeout: Duration,
    /// Times a block is asked for again before it is given up.
    pub max_resends: u8,
    /// Blocks behind the current one whose audio is kept for a listener that comes back.
    pub keep_behind: u32,
    /// What is done about a lost connection.
    pub reconnect: Reconnect,
}

/// When a block counts as ready to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Once its audio is whole, as a player does that fetches and decodes files.
    Whole,
    /// From its first audio on; playback may then also stall inside a block.
    FirstAudio,
}

impl PlayerPolicy {
    /// The yapit browser player of today.
    pub const YAPIT: Self = Self {
        batch_size: 8,
        refill_threshold: 8,
        min_buffer: 1,
        readiness: Readiness::Whole,
        ack_timeout: Duration::from_secs(10),
        max_resends: 2,
        keep_behind: 32,
        reconnect: Reconnect::Backoff(Backoff::YAPIT),
    };

    /// The yapit browser player of February 2026, which waited for two blocks and gave a connection up sooner.
    pub const YAPIT_2026_02: Self = Self {
        min_buffer: 2,
        keep_behind: 20,
        reconnect: Reconnect::Backoff(Backoff::YAPIT_2026_02),
        ..Self::YAPIT
    };

    /// The names [`PlayerPolicy::preset`] knows.
    pub const PRESETS: [&'static str; 2] = ["yapit", "yapit-2026-02"];

    /// The preset called `name`, or nothing for an unknown name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "yapit" => Some(Self::YAPIT),
            "yapit-2026-02" => Some(Self::YAPIT_2026_02),
            _ => None,
        }
    }
}
