//! The facts of a run: what happened to each block, stall and listener.
//!
//! Every figure is computed from these afterwards; no figure is computed while a run goes on.

mod incident;
mod under_way;

pub use self::{
    incident::{Incident, IncidentRecord, Jump, OutageEnd, ResendReason},
    under_way::{Arrived, Asked, Wanted},
};
use crate::{
    event::{Failure, FailureClass},
    ids::{BlockIdx, ListenerId},
    remark::{Findings, Sound},
    time::{Duration, Instant, MediaTime},
};

/// One fact, in the order it became final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A block is done with, played or not.
    Block(BlockRecord),
    /// A stall is over.
    Stall(StallRecord),
    /// Something failed.
    Error(ErrorRecord),
    /// The way to the service was in trouble, or the listener did something besides listening.
    Incident(IncidentRecord),
    /// A listener is finished.
    Listener(ListenerRecord),
    /// Audio was decoded and listened to; this may come after everything else of its listener.
    Sound(SoundRecord),
}

impl Fact {
    /// Whose fact it is.
    #[must_use]
    pub const fn listener(&self) -> ListenerId {
        match self {
            Self::Block(record) => record.listener,
            Self::Stall(record) => record.listener,
            Self::Error(record) => record.listener,
            Self::Incident(record) => record.listener,
            Self::Listener(record) => record.listener,
            Self::Sound(record) => record.listener,
        }
    }
}

/// Everything known of one block of one listener. There is one record of each block, however often it was asked for: how it
/// ended in the end, when it was first wanted and first asked for, and the audio that first arrived whole. What is heard
/// again, or asked for anew in another voice, changes nothing in it but the outcome of a block that was not yet heard.
/// Each further asking, failure and giving up is a fact of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Whose block.
    pub listener: ListenerId,
    /// Which block.
    pub block: BlockIdx,
    /// Which request of the listener asked for it first, from 0.
    pub batch: u32,
    /// Characters of its text; 0 when not known.
    pub chars: u32,
    /// When the listener came to want it: the scheduled start for the first batch, later the moment on the
    /// media timeline at which the prefetch window reached it. Every player knows it; none where a file does not tell.
    pub intended_at: Option<Instant>,
    /// When the first request naming it was written.
    pub requested_at: Option<Instant>,
    /// When the request was written that its audio answers: the first one since the block last came to nothing, because it
    /// failed, was skipped, withdrawn or given up. Repeats in between do not count anew, for a service has one job for all
    /// of them. The same as `requested_at` of a block that arrived at the first attempt; none where nobody noted it.
    pub answered_request_at: Option<Instant>,
    /// When the service first acknowledged it, at whichever attempt.
    pub acknowledged_at: Option<Instant>,
    /// When the service said it is ready, of the attempt that brought the audio.
    pub ready_at: Option<Instant>,
    /// When its first audio byte that is not a container header was read.
    pub first_audio_at: Option<Instant>,
    /// When its audio was whole.
    pub complete_at: Option<Instant>,
    /// When it began to play, on the media timeline.
    pub started_at: Option<Instant>,
    /// Its audio, as counted from the container.
    pub media: MediaTime,
    /// Payload bytes of its audio.
    pub bytes: u64,
    /// Arrivals (reads) its audio came in.
    pub chunks: u32,
    /// Largest (time since its first chunk - audio received before), in time; none for single-chunk replies.
    pub buffer_deficit: Option<Duration>,
    /// Largest time between two arrivals of its audio that followed each other; none for single-chunk replies, and where nobody
    /// noted it.
    pub largest_chunk_gap: Option<Duration>,
    /// The least audio that had to be there before it began to play, at the listener's speed, so that it did not stall: of a
    /// block played from its first audio on, had nothing else been there to hear. None for single-chunk replies, of a player
    /// that plays whole blocks, and where nobody noted it. See [`StreamBuffer`](crate::continuity::StreamBuffer).
    pub least_start_buffer: Option<MediaTime>,
    /// How often it was asked for again.
    pub resends: u8,
    /// What became of it.
    pub outcome: BlockOutcome,
    /// What was found out about its audio; none where nobody looked.
    pub findings: Option<Findings>,
}

/// Somebody listened to a block's audio whose record may have been made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundRecord {
    /// Whose block.
    pub listener: ListenerId,
    /// Which block.
    pub block: BlockIdx,
    /// What there was to hear.
    pub sound: Sound,
    /// How long it is silent at its head; none where nobody could tell.
    pub leading_silence: Option<MediaTime>,
}

impl BlockRecord {
    /// The record of a block that is wanted since `intended_at`, and of which nothing else is known: whatever ends now finds
    /// it still wanted.
    #[must_use]
    pub const fn wanted(listener: ListenerId, block: BlockIdx, intended_at: Instant) -> Self {
        Self {
            listener,
            block,
            batch: 0,
            chars: 0,
            intended_at: Some(intended_at),
            requested_at: None,
            answered_request_at: None,
            acknowledged_at: None,
            ready_at: None,
            first_audio_at: None,
            complete_at: None,
            started_at: None,
            media: MediaTime::ZERO,
            bytes: 0,
            chunks: 0,
            buffer_deficit: None,
            largest_chunk_gap: None,
            least_start_buffer: None,
            resends: 0,
            outcome: BlockOutcome::Stopped,
            findings: None,
        }
    }

    /// Since when it is wanted, where that is known.
    #[must_use]
    pub fn wanted_since(&self) -> Option<Wanted> {
        self.intended_at.map(|intended_at| Wanted { intended_at, batch: self.batch })
    }

    /// When it was ready, if it was delivered: the end of every latency. A service may call a block ready whose audio then
    /// cannot be fetched, is cut or is broken; such a block has a failure and no latency.
    #[must_use]
    pub fn delivered_at(&self) -> Option<Instant> {
        self.ready_at.filter(|_| self.outcome.is_success())
    }

    /// When its first audio byte came, if it was delivered.
    #[must_use]
    pub fn delivered_first_audio_at(&self) -> Option<Instant> {
        self.first_audio_at.filter(|_| self.outcome.is_success())
    }
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockOutcome {
    /// Heard to its end.
    Played,
    /// Arrived whole, but the listener jumped away or the session ended before it was heard to its end.
    Unplayed,
    /// Nothing to speak; stepped over.
    Skipped,
    /// Failed, and why.
    Failed(FailureClass),
    /// Still wanted when the listener was stopped.
    Stopped,
    /// No longer wanted: the listener jumped over it or left before it had arrived.
    Abandoned,
}

impl BlockOutcome {
    /// Whether the service delivered what was asked: played, arrived, or rightly silent.
    #[must_use]
    pub const fn is_success(self) -> bool {
        match self {
            Self::Played | Self::Unplayed | Self::Skipped => true,
            Self::Failed(_) | Self::Stopped | Self::Abandoned => false,
        }
    }

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Unplayed => "unplayed",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
            Self::Stopped => "stopped",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One underrun: playback had started, the next audio was not there. After a jump or a change of voice of the listener's
/// own it begins at the very moment of that [`Incident`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StallRecord {
    /// Who waited.
    pub listener: ListenerId,
    /// The block waited for.
    pub block: BlockIdx,
    /// When the audio before it ended, on the media timeline.
    pub began_at: Instant,
    /// How long; ends when playback resumes or the session ends.
    pub waited: Duration,
}

/// One failure with its time and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRecord {
    /// Whose session.
    pub listener: ListenerId,
    /// When.
    pub at: Instant,
    /// What.
    pub failure: Failure,
}

/// One listener's session from intended start to end: startup, playing, stalls and pauses, and nothing else. Only in a
/// conversation is there more: the waits for the first sound of later utterances are what is left of the session. They are no
/// stalls, and each is that from a block's `intended_at` to its `started_at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerRecord {
    /// Who.
    pub listener: ListenerId,
    /// The document played, as the service names it.
    pub document: String,
    /// Blocks the listener set out to hear.
    pub blocks: u32,
    /// When the schedule said to start.
    pub intended_at: Instant,
    /// When the generator really started it.
    pub launched_at: Instant,
    /// Transport and handshake.
    pub connect_time: Option<Duration>,
    /// When playback first started.
    pub started_at: Option<Instant>,
    /// Time in which audio was heard, at the listener's speed; none when not known.
    pub playing: Option<Duration>,
    /// Time in which playback stood still because the listener wanted it to: its pauses, and in a conversation the time it
    /// thought between two utterances. Both only from the first sound on.
    pub paused: Duration,
    /// When the session ended.
    pub ended_at: Instant,
    /// How it ended.
    pub end: SessionEnd,
    /// Messages of foreign documents seen on its connection.
    pub foreign_messages: u64,
    /// Messages that were not understood and changed nothing.
    pub warnings: u64,
    /// Bytes of audio that came when nobody waited for them, as of an utterance that was cancelled; nobody heard them. None
    /// where nobody noted it.
    pub unwanted_bytes: Option<u64>,
    /// What the plan calls the network that was between it and the service; none where there was none.
    pub network: Option<String>,
}

/// How long a listener waited. They are compared by the silence between sounds first: it is heard as a fault, where a long startup is a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerWaits {
    /// From the first sound on: stalls, and in a conversation the waits for later answers.
    pub between: Duration,
    /// For the first sound, or in vain until the end of the session.
    pub before: Duration,
}

impl ListenerRecord {
    /// How long the listener waited.
    #[must_use]
    pub fn waits(&self) -> ListenerWaits {
        let Some(started_at) = self.started_at else {
            return ListenerWaits { between: Duration::ZERO, before: self.ended_at.since(self.intended_at) };
        };
        let heard = self.ended_at.since(started_at);
        let between = self
            .playing
            .map_or(Duration::ZERO, |playing| heard.saturating_sub(playing).saturating_sub(self.paused));
        ListenerWaits { between, before: started_at.since(self.intended_at) }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEnd {
    /// The end of the text was reached: every block was played, stepped over, or jumped over.
    Completed,
    /// The run was stopped first.
    Stopped,
    /// The listener had heard as much as it came for, and left.
    Left,
    /// The listener left of its own will before that.
    HungUp,
    /// A failure ended it.
    Failed(FailureClass),
}

impl SessionEnd {
    /// Whether the listener heard all that it came for: the whole text, or as much as it meant to.
    #[must_use]
    pub const fn has_heard_all(self) -> bool {
        match self {
            Self::Completed | Self::Left => true,
            Self::Stopped | Self::HungUp | Self::Failed(_) => false,
        }
    }

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Left => "left",
            Self::HungUp => "hung-up",
            Self::Failed(_) => "failed",
        }
    }
}
