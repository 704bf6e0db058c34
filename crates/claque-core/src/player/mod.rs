//! The player: a machine without clock, socket or runtime that listens as a person's browser does.
//!
//! It asks for blocks ahead of time, starts once enough of them are ready, plays each for its true length
//! divided by the speed, and stalls when the next is not there. Feed it with [`Player::handle_input`], act on
//! the [`Output`]s, and wake it at [`Player::poll_timeout`]. Joins lie on the media timeline: a late wake-up
//! or an extra one changes no record.

mod acts;
mod asking;
mod buffer;
mod in_flight;
mod line;
mod machine;
mod open_record;
mod playback;
mod policy;
mod settling;
mod slot;
mod state;
mod time_spent;
mod turns;
mod waking;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::{
    line::{Backoff, Reconnect, RedialWhenVisible},
    machine::Player,
    policy::{
        Acknowledgement, EmptyBlock, NotAudio, OfflineRequest, OnJump, PlayPressed, PlayerPolicy, ReadyWhen,
        RefillPolicy, Rest, SessionErrors, StopsFor,
    },
};
use crate::{
    event::Event,
    ids::{BlockIdx, ListenerId},
    record::{Fact, Jump},
    time::{Duration, Instant, Speed},
};

/// What a player is told once, before it starts.
#[derive(Clone, Debug)]
pub struct PlayerConfig {
    /// Whose player it is.
    pub listener: ListenerId,
    /// The document played, as the service names it.
    pub document: Arc<str>,
    /// Characters of each block's text; as long as the number of blocks to hear.
    pub chars: Arc<[u32]>,
    /// Playback rate.
    pub speed: Speed,
    /// The player's constants; the same for a whole audience.
    pub policy: Arc<PlayerPolicy>,
    /// Longest silence of the service while anything is awaited; then the session ends.
    pub timeout: Duration,
    /// When the schedule says to start.
    pub intended_at: Instant,
}

/// The world's news for a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The page is opened: it connects, and plays nothing until [`Input::Start`].
    OpenPage,
    /// Begin to listen. A listener that has not opened the page does so first, and presses play as soon as there is a
    /// connection, or none can be made.
    Start,
    /// The service, or the way to it, did something.
    Event(Event),
    /// The person at the player did something.
    Act(Act),
    /// End the session; what was heard so far is kept.
    Stop,
    /// Time has passed; nothing else.
    Wake,
}

/// What a person does besides listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Goes to a block.
    Jump {
        /// The block. One that does not exist is no place to go.
        to: BlockIdx,
        /// By which button.
        how: Jump,
    },
    /// Has playback stand still. Nothing happens while nothing is heard or waited for.
    Pause,
    /// Presses play: the current block begins anew. Nothing happens while it plays.
    Resume,
    /// Stops: nothing that was asked for is wanted any more.
    Stop,
    /// Chooses the voice of this number; the player begins with 0. The current block begins again.
    ChangeVoice {
        /// The number.
        voice: u32,
    },
    /// Plays at another speed from now on.
    ChangeSpeed {
        /// The speed.
        speed: Speed,
    },
    /// Comes back to the page, which had been hidden.
    LookAtPage,
    /// Leaves for good.
    HangUp,
    /// It has heard as much as it came for, and leaves for good.
    Leave,
    /// Asks for the next utterance, of a listener that takes turns and thinks. Nothing happens at another time.
    NextTurn,
    /// Interrupts the utterance that is heard, of a listener that takes turns: it is cancelled, and thinking begins. Nothing
    /// happens while none is heard.
    BargeIn,
}

/// A player's news for the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make a connection; answered by [`Event::Dialed`] or [`Event::Closed`].
    Dial,
    /// Send one request that names these blocks, in this order. Only said while there is a connection.
    Ask {
        /// The blocks.
        blocks: Vec<BlockIdx>,
        /// The number of the voice. Another than the present one only for what had waited for a connection.
        voice: u32,
    },
    /// Whatever the service says of these blocks is not wanted until they are asked for again; a request that is under way is
    /// to be cancelled, where the protocol has a way to.
    Forget {
        /// The blocks.
        blocks: Vec<BlockIdx>,
    },
    /// Say that the listener jumped to `cursor`. Only said while there is a connection.
    Move {
        /// The block jumped to.
        cursor: BlockIdx,
    },
    /// From now on ask for this voice; nothing of the old one is wanted, not even what is being fetched.
    ChangeVoice {
        /// Its number.
        voice: u32,
    },
    /// Something became final.
    Fact(Fact),
    /// The session is over; hang up.
    Ended,
}

/// What a player is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlayerState {
    /// Not started.
    Idle,
    /// Waiting for enough to begin.
    Buffering,
    /// Audio is heard.
    Playing,
    /// Playback had begun, and waits.
    Stalled,
    /// In a conversation: the first sound of a later utterance is waited for, which is its response time and no stall.
    Awaiting,
    /// In a conversation: an utterance is over, and the listener thinks.
    Thinking,
    /// Playback stands still because the listener wants it to.
    Paused,
    /// The session is over.
    Done,
}

/// Why a player wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeoutReason {
    /// The audio at hand ends.
    AudioEnds,
    /// Patience with a block ends.
    PatienceEnds,
    /// A lost connection is to be dialled again.
    DialAgain,
    /// Nothing has been heard for too long.
    Silence,
    /// The listener does something besides listening.
    Acts,
}
