//! The player's constants and rules, as data, with presets for the players that exist.

use core::num::NonZeroU32;

use super::line::{Backoff, Reconnect};
use crate::time::{Duration, MediaTime, Speed};

/// The constants and rules of a player. Presets carry those of deployed players; each field may be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayerPolicy {
    /// Blocks asked for in one request, at least 1.
    pub batch_size: u32,
    /// A refill is due when fewer blocks than this, after the current one, are ready or asked for.
    pub refill_threshold: u32,
    /// What a refill asks for.
    pub refill: RefillPolicy,
    /// Most blocks that are asked for and not yet whole, at one time; none for no bound. One more is asked for when one of
    /// these is whole or has come to nothing, in the order in which they were wanted; it is wanted all the while.
    pub max_in_flight: Option<NonZeroU32>,
    /// Consecutive blocks that must be ready before playback starts, at least 1.
    pub min_buffer: u32,
    /// When a block counts as ready.
    pub readiness: ReadyWhen,
    /// Audio that must be there, besides `min_buffer`, before playback starts: of the current block and, where that is whole, of
    /// those that follow it without a gap. It is a length of audio at normal speed: at twice the speed it lasts half as long.
    /// Less is enough where nothing more can come, because all to the end of the text is whole. Zero starts at once.
    pub start_buffer: MediaTime,
    /// The same before playback goes on after it has run dry. What arrives in the very moment it is needed has kept it going.
    pub resume_buffer: MediaTime,
    /// How long a block is waited for, from its asking on, before it is asked for again or given up.
    pub patience: Duration,
    /// What an acknowledgement of the service does to that patience.
    pub acknowledgement: Acknowledgement,
    /// Times a block is asked for again before it is given up.
    pub max_resends: u8,
    /// Longest time from asking for a block until its audio is whole, repeats and acknowledgements included; then it is given up.
    /// It ends what a service holds up for ever; browsers' players have no such bound. The player itself holds the request to it,
    /// and where blocks are asked for but once ([`EmptyBlock::Final`]) the audio as well; elsewhere whoever fetches the audio does.
    pub block_timeout: Duration,
    /// Blocks behind the current one whose audio is kept for a listener that comes back.
    pub keep_behind: u32,
    /// What a block that came to nothing is worth when the start buffer is counted.
    pub empty_block: EmptyBlock,
    /// Which error of a block, once it was heard of, stops playback where nothing can be played.
    pub stops_for: StopsFor,
    /// Whether pressing play forgets an error that was heard of.
    pub play: PlayPressed,
    /// What a jump does to the requests that are under way.
    pub jump: OnJump,
    /// What becomes of a body that is no audio.
    pub not_audio: NotAudio,
    /// What becomes of a request while there is no connection.
    pub offline_request: OfflineRequest,
    /// Where the player stands once it has stopped by itself.
    pub rest: Rest,
    /// What is done about a lost connection.
    pub reconnect: Reconnect,
    /// What the service's errors that name no block do.
    pub session_errors: SessionErrors,
    /// The slowest that the player's page can play.
    pub slowest: Speed,
    /// The fastest that it can.
    pub fastest: Speed,
}

/// What a player asks for as it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefillPolicy {
    /// One request for the next `batch_size` blocks, once fewer than `refill_threshold` are ready or asked for.
    Batch,
    /// A request for each of the next `refill_threshold` blocks that is neither there nor asked for; at the beginning for the
    /// current one, too.
    EachBlock,
}

/// When a block counts as ready to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyWhen {
    /// Once its audio is whole, as a player does that fetches and decodes files.
    Whole,
    /// From its first audio on; playback may then also stall inside a block.
    FirstAudio,
}

/// What `queued` or `processing` does to the patience with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// Nothing.
    Ignored,
    /// When patience ends it begins anew, without a further request, if an acknowledgement came since it last ended; that
    /// acknowledgement is then used up.
    ExtendsOnce,
}

/// What a block is worth in the start buffer that failed, was skipped, withdrawn or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyBlock {
    /// It is missing: a start buffer that begins with one never fills.
    Missing,
    /// It counts as ready, and is asked for again when it is reached.
    Ready,
    /// It is stepped over and never asked for again, unless the listener itself had dropped it. It is no audio and no gap. What
    /// had been delivered of a stream that was cut short is heard.
    Final,
}

/// Which errors of blocks are remembered against the session: if one was, playback stops while it buffers or when it has
/// reached a block that comes to nothing; else it steps over that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopsFor {
    /// Every error.
    AnyError,
    /// An error that the service calls not recoverable.
    FinalError,
    /// None.
    NoError,
}

/// What pressing play does besides playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayPressed {
    /// Nothing.
    KeepsErrors,
    /// It forgets the error that was remembered.
    ForgetsErrors,
}

/// What a jump does to requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnJump {
    /// They go on; while the start buffer fills a jump asks for nothing, and a step to the next block is not told the service.
    KeepsRequests,
    /// All are dropped and every jump is told the service; what is needed is asked for anew.
    DropsRequests,
    /// Those of blocks that do not lie ahead of where it leads are cancelled, what is arriving as well, and the service is told
    /// of no jump.
    CancelsElsewhere,
}

/// What becomes of a fetched body that is no audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAudio {
    /// The block came to nothing, as with any failed fetch.
    Empty,
    /// It is kept, and playback stops when it is reached.
    Stops,
}

/// What becomes of a request while there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfflineRequest {
    /// The block comes to nothing at once, and nothing is asked for again when the connection is back.
    Fails,
    /// It is sent when the connection is there, and after it one message asks for all that is still pending.
    Waits,
}

/// Where a player stands once it has stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// At the beginning of the text.
    Beginning,
    /// Where it stopped.
    Stays,
}

/// What an error of the service does that names no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionErrors {
    /// It ends the session, with every block that is pending.
    End,
    /// Nothing, as in a browser, where it goes to the console: the patience with each block does the rest.
    PlayOn,
    /// It fails the blocks that are asked for and not whole, and nothing else, as long as there is a connection.
    FailPending,
}

impl PlayerPolicy {
    /// A listener to streams who reads a text of blocks in order, as web readers and audiobook apps do: two blocks ahead of the
    /// one that is heard, each asked for by itself and once, two at a time at most. A block that failed is stepped over. A
    /// block may take ten minutes, which is how long the SDKs of OpenAI wait for an answer.
    pub const READER: Self = Self {
        batch_size: 1,
        refill_threshold: 2,
        refill: RefillPolicy::EachBlock,
        max_in_flight: NonZeroU32::new(2),
        min_buffer: 1,
        readiness: ReadyWhen::FirstAudio,
        // Whatever comes first: the block's own time-out.
        patience: Duration::MAX,
        max_resends: 0,
        empty_block: EmptyBlock::Final,
        stops_for: StopsFor::NoError,
        jump: OnJump::CancelsElsewhere,
        not_audio: NotAudio::Empty,
        rest: Rest::Stays,
        reconnect: Reconnect::Off,
        session_errors: SessionErrors::FailPending,
        // No page of a player is meant, so none has bounds.
        slowest: Speed::from_thousandths(1).expect("it is not 0"),
        fastest: Speed::from_thousandths(100_000).expect("it is not 0"),
        ..Self::WEB
    };

    /// A listener to streams in a conversation: one utterance at a time, and nothing asked for ahead. Whether and how long it
    /// thinks in between is [`Turns`](crate::listener::Turns); without, one utterance is asked for when the one before ends.
    pub const TURNS: Self = Self { refill_threshold: 0, max_in_flight: NonZeroU32::new(1), ..Self::READER };

    /// A browser's player, as that of the reference service is today (August 2026).
    pub const WEB: Self = Self {
        not_audio: NotAudio::Stops,
        play: PlayPressed::ForgetsErrors,
        rest: Rest::Stays,
        reconnect: Reconnect::Backoff(Backoff::WEB),
        ..Self::WEB_2026_02_23
    };

    /// That of 2026-02-23, which dials without end and steps over errors that may pass.
    pub const WEB_2026_02_23: Self = Self {
        empty_block: EmptyBlock::Ready,
        stops_for: StopsFor::FinalError,
        jump: OnJump::DropsRequests,
        reconnect: Reconnect::Backoff(Backoff::WEB_2026_02_23),
        ..Self::WEB_2026_02_11
    };

    /// That of 2026-02-11, whose patience of 10 s an acknowledgement extends; since 2026-02-10 one block is enough to start.
    pub const WEB_2026_02_11: Self = Self {
        min_buffer: 1,
        patience: Duration::from_secs(10),
        acknowledgement: Acknowledgement::ExtendsOnce,
        keep_behind: 32,
        ..Self::WEB_2026_02_07
    };

    /// That of 2026-02-07, which asks again after 30 s and after 60.
    pub const WEB_2026_02_07: Self = Self {
        patience: Duration::from_secs(30),
        max_resends: 2,
        offline_request: OfflineRequest::Waits,
        ..Self::WEB_2026_02_05
    };

    /// That of 2026-02-05, which waits a minute for a block and asks for nothing again.
    pub const WEB_2026_02_05: Self = Self {
        batch_size: 8,
        refill_threshold: 8,
        refill: RefillPolicy::Batch,
        max_in_flight: None,
        min_buffer: 2,
        readiness: ReadyWhen::Whole,
        start_buffer: MediaTime::ZERO,
        resume_buffer: MediaTime::ZERO,
        patience: Duration::from_secs(60),
        acknowledgement: Acknowledgement::Ignored,
        max_resends: 0,
        block_timeout: Self::BLOCK_TIMEOUT,
        keep_behind: 20,
        empty_block: EmptyBlock::Missing,
        stops_for: StopsFor::AnyError,
        play: PlayPressed::KeepsErrors,
        jump: OnJump::KeepsRequests,
        not_audio: NotAudio::Empty,
        offline_request: OfflineRequest::Fails,
        rest: Rest::Beginning,
        reconnect: Reconnect::Backoff(Backoff::WEB_2026_02),
        session_errors: SessionErrors::End,
        slowest: Speed::from_thousandths(500).expect("it is not 0"),
        fastest: Speed::from_thousandths(3_000).expect("3 is not 0"),
    };

    /// How long a block is waited for that was acknowledged once, before it is asked for again; none for a player that asks for
    /// nothing again.
    #[must_use]
    pub const fn asks_again_after(&self) -> Option<Duration> {
        match (self.max_resends, self.acknowledgement) {
            (0, _) => None,
            (_, Acknowledgement::Ignored) => Some(self.patience),
            (_, Acknowledgement::ExtendsOnce) => Some(self.patience.saturating_mul(2)),
        }
    }

    /// Whether playback begins or goes on only when there is enough audio, besides blocks.
    pub(super) fn counts_audio(&self) -> bool {
        self.start_buffer > MediaTime::ZERO
            || self.resume_buffer > MediaTime::ZERO
            || self.empty_block == EmptyBlock::Final
    }

    /// Ten minutes: five times the longest wait published for a burst (over 120 s).
    pub const BLOCK_TIMEOUT: Duration = Duration::from_secs(600);

    /// The names [`PlayerPolicy::preset`] knows.
    pub const PRESETS: [&'static str; 8] = [
        "yapit",
        "yapit-2026-02-23",
        "yapit-2026-02-11",
        "yapit-2026-02-07",
        "yapit-2026-02-05",
        "yapit-2026-02",
        "reader",
        "turns",
    ];

    /// The preset called `name`, or nothing for an unknown name. `yapit-2026-02` is the player of 2026-02-07: the era's
    /// first requirements are of those days, when two blocks were waited for and re-sending had begun.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "yapit" => Some(Self::WEB),
            "yapit-2026-02-23" => Some(Self::WEB_2026_02_23),
            "yapit-2026-02-11" => Some(Self::WEB_2026_02_11),
            "yapit-2026-02-07" | "yapit-2026-02" => Some(Self::WEB_2026_02_07),
            "yapit-2026-02-05" => Some(Self::WEB_2026_02_05),
            "reader" => Some(Self::READER),
            "turns" => Some(Self::TURNS),
            _ => None,
        }
    }
}
