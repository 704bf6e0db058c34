//! The figures of a run, as they are printed, saved and compared.

use claque_core::event::{FailureClass, Phase};
use serde::{Deserialize, Serialize};

use crate::{
    audio::AudioFigures,
    figure_value::StreamFigures,
    gap::GeneratorGap,
    names,
    sample::{Distribution, ScheduleLag, percent},
    window::WindowFigures,
};

/// Every figure of a run. An absent figure was not measured; none is ever zero for that reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// From the run's start to the end of the last session, in ms.
    pub wall_ms: Option<f64>,
    /// Time in which at least one listener was there, from its intended start to its end, in ms; absent in files from
    /// before it was a figure.
    #[serde(default)]
    pub listening_ms: Option<f64>,
    /// The part of the run that all figures are about; absent where that is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowFigures>,
    /// What became of the listeners.
    pub listeners: ListenerCounts,
    /// What became of the blocks.
    pub blocks: BlockCounts,
    /// Share of the blocks wanted, intended and not forgone, that were delivered, in percent.
    pub success_pct: Option<f64>,
    /// Failures, most frequent first.
    pub errors: Vec<ErrorCause>,
    /// Stalls; absent when nobody started to listen.
    pub underruns: Option<Underruns>,
    /// Blocks that were asked for again; absent where nobody would have reported it, and in files of before.
    #[serde(default)]
    pub resends: Option<Resends>,
    /// Blocks that were given up; absent in the same places.
    #[serde(default)]
    pub given_up: Option<GiveUpFigures>,
    /// Stall / (playing + startup + stall), each summed over the listeners, in percent (CTA-2066).
    pub stalled_time_pct: Option<f64>,
    /// Intended start until playback starts, of the listeners that started.
    pub startup_time: Option<Distribution>,
    /// Intended start until the first audio byte, per listener.
    pub ttfa: Option<Distribution>,
    /// The same and the silence at its head, of the listeners to whose first audio somebody listened; absent in files of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfa_audible: Option<Distribution>,
    /// Intended start until block 0 is ready, per listener.
    pub first_block: Option<Distribution>,
    /// Block asked for until it is ready: service time.
    pub round_trip: Option<Distribution>,
    /// Block wanted until it is ready: response time.
    pub response_time: Option<Distribution>,
    /// Between consecutive ready blocks of one request of one listener.
    pub synthesis_time: Option<Distribution>,
    /// Transport and handshake.
    pub connect_time: Option<Distribution>,
    /// Audio heard to the end of its block, in ms of media time; absent when nobody started to listen.
    pub audio_played_ms: Option<f64>,
    /// How late the generator itself acted.
    pub schedule_lag: Option<ScheduleLag>,
    /// Stretches in which the generator did not run although it should have; absent where no heart beat.
    #[serde(default)]
    pub generator_gap: Option<GeneratorGap>,
    /// Messages of foreign documents; absent when no session reported.
    pub foreign_messages: Option<u64>,
    /// Messages that were not understood and changed nothing; absent when no session reported.
    pub warnings: Option<u64>,
    /// Lost connections and blocks asked for again; absent where nobody would have reported them.
    #[serde(default)]
    pub trouble: Option<ConnectionTrouble>,
    /// What listeners did besides listening; absent where nobody would have reported it.
    #[serde(default)]
    pub acts: Option<Acts>,
    /// What the audio was like; absent where nobody looked at it.
    #[serde(default)]
    pub audio: Option<AudioFigures>,
    /// Figures of audio that came as a stream; absent where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<StreamFigures>,
    /// What listeners of each network went through; empty where nobody had one of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkFigures>,
}

/// What the listeners of one network went through. Those of whose end nothing is known are in none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkFigures {
    /// What the plan calls it.
    pub name: String,
    /// Listeners that had it.
    pub listeners: u64,
    /// Those whose playback began.
    pub started: u64,
    /// Those of them that had no underrun.
    pub underrun_free: u64,
    /// Stalls of them all.
    pub underruns: u64,
    /// Their lengths together, in ms.
    pub stall_ms_total: f64,
    /// Intended start until playback starts, of those that started.
    pub startup_time: Option<Distribution>,
}

impl Summary {
    /// Whether there may have been stalls although none is on record: a stall is put down when it ends, so one that was under way
    /// when the run was killed is not.
    #[must_use]
    pub fn may_lack_stalls(&self) -> bool {
        self.listeners.unfinished > 0 && self.underruns.is_some_and(|stalls| stalls.count == 0)
    }

    /// The same of a run in which nobody looked whose messages were counted, nor whether they were understood: absent, and
    /// not zero.
    #[must_use]
    pub fn with_messages_unwatched(self) -> Self {
        Self { foreign_messages: None, warnings: None, ..self }
    }
}

/// Lost connections, blocks asked for again, and the stalls that came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionTrouble {
    /// Connections that were lost or could not be made.
    pub outages: u64,
    /// Those that were there again.
    pub reconnects: u64,
    /// Those that were not dialled any more.
    pub connections_given_up: u64,
    /// How often they were dialled again, together.
    pub tries: u64,
    /// Times without a connection together, in ms.
    pub outage_ms_total: f64,
    /// The longest of them, in ms; 0 when there was none.
    pub outage_ms_longest: f64,
    /// Listeners that lost a connection.
    pub listeners_affected: u64,
    /// Blocks asked for again because they were waited for too long, whether or not they had been acknowledged.
    pub resends_unacknowledged: u64,
    /// Those of them that had been acknowledged; absent where that was not put down of all of them.
    #[serde(default)]
    pub resends_acknowledged: Option<u64>,
    /// Blocks asked for again because they were withdrawn.
    pub resends_withdrawn: u64,
    /// Blocks asked for again because the connection had been lost.
    pub resends_reconnected: u64,
    /// Blocks asked for again because an earlier attempt had come to nothing.
    #[serde(default)]
    pub resends_failed: u64,
    /// Blocks that could only be asked for late, for want of a connection.
    pub blocks_delayed: u64,
    /// How often a block was given up, having been waited for too long.
    pub blocks_given_up: u64,
    /// Stalls that came of an outage; they are underruns as any other.
    pub stalls: u64,
    /// Their lengths together, in ms.
    pub stall_ms_total: f64,
}

impl ConnectionTrouble {
    /// Blocks asked for again, for whatever reason.
    #[must_use]
    pub const fn resends(&self) -> u64 {
        self.resends_unacknowledged + self.resends_withdrawn + self.resends_reconnected + self.resends_failed
    }
}

/// What listeners did besides listening, and the stalls that came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acts {
    /// Jumps to any block.
    pub seeks: u64,
    /// Jumps to the next block.
    pub skips: u64,
    /// Pauses.
    pub pauses: u64,
    /// Their lengths together, in ms.
    pub paused_ms_total: f64,
    /// Changes of voice.
    pub voice_changes: u64,
    /// Departures for good.
    pub hang_ups: u64,
    /// Stalls that began with a jump or a change of voice; they are underruns as any other.
    pub stalls: u64,
    /// Their lengths together, in ms.
    pub stall_ms_total: f64,
}

/// What became of the listeners of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerCounts {
    /// Listeners the run was to have.
    pub intended: u64,
    /// Those whose playback began.
    pub started: u64,
    /// Those that came to the end of their text.
    pub completed: u64,
    /// Those whose session a failure ended.
    pub failed: u64,
    /// Those that were stopped.
    pub stopped: u64,
    /// Those that left once they had heard as much as they came for; in older files also those that hung up.
    #[serde(default)]
    pub left: u64,
    /// Those that left of their own will before that.
    #[serde(default)]
    pub hung_up: u64,
    /// Those of whose end nothing is known.
    pub unfinished: u64,
    /// Those that got all they came for: every block, to the end of the text or of the time that they meant to listen, without an underrun. Absent in files from before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well_served: Option<u64>,
}

impl ListenerCounts {
    /// Listeners that never began to play, and those of whom it is not known: they have no end on record.
    #[must_use]
    pub fn unstarted(&self) -> (u64, u64) {
        let silent = self.intended.saturating_sub(self.started);
        let unknown = silent.min(self.unfinished);
        (silent - unknown, unknown)
    }

    /// Share of the intended listeners that got all they came for, in percent; absent where nobody counted them.
    #[must_use]
    pub fn goodput_pct(&self) -> Option<f64> {
        percent(self.well_served?, self.intended)
    }
}

/// What became of the blocks of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCounts {
    /// Blocks the listeners set out to hear. Less those forgone it is the denominator of every share of blocks.
    pub intended: u64,
    /// Delivered: played, unplayed and skipped together.
    pub ok: u64,
    /// Heard to the end.
    pub played: u64,
    /// Arrived, but the session ended first.
    pub unplayed: u64,
    /// Nothing to speak.
    pub skipped: u64,
    /// Failed.
    pub failed: u64,
    /// Still wanted when the listener was stopped.
    pub stopped: u64,
    /// Given up by the listener's own will before they arrived: jumped over, or left behind by one that hung up.
    #[serde(default)]
    pub forgone: u64,
    /// Otherwise without a record: never asked for, or not yet done with.
    pub unreached: u64,
    /// Those of them that were not there to be asked for: the service made fewer blocks of a text than were written.
    #[serde(default)]
    pub unmade: u64,
    /// Delivered as audio, but without a sound in it: of length zero.
    pub silent: u64,
}

impl BlockCounts {
    /// Blocks that were to be delivered: the intended ones less those forgone.
    #[must_use]
    pub const fn wanted(&self) -> u64 {
        self.intended.saturating_sub(self.forgone)
    }

    /// The success fraction, as "190/200 blocks".
    #[must_use]
    pub fn fraction(&self) -> String {
        format!("{}/{} blocks", self.ok, self.wanted())
    }
}

/// What a failure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseScope {
    /// One block.
    Block,
    /// A session.
    Session,
}

/// One row of the errors by cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCause {
    /// Readable and of closed form: class, code if any, and what happened, as "server 500: block error".
    pub cause: String,
    /// What sort of failure.
    #[serde(with = "names::class")]
    pub class: FailureClass,
    /// The protocol's number.
    pub code: Option<u16>,
    /// Where on the way.
    #[serde(with = "names::phase")]
    pub phase: Phase,
    /// What each of these failures ended.
    pub scope: CauseScope,
    /// Failures of this cause.
    pub count: u64,
    /// Those of them whose block arrived after all; absent where they end sessions, and in files of before.
    #[serde(default)]
    pub healed: Option<u64>,
    /// Blocks that failed by it.
    pub blocks: u64,
    /// Listeners that met it.
    pub listeners: u64,
    /// The words of the earliest such failure; absent when none were recorded.
    pub example: Option<String>,
}

/// What was asked for again, for whatever reason but the listener's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resends {
    /// Requests for a block after its first.
    pub count: u64,
    /// Blocks that they were for, each counted once.
    pub blocks: u64,
    /// Those of them that the listener did not give up of its own will; absent in files from before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks_wanted: Option<u64>,
    /// Share of the blocks wanted that are among those, in percent; absent where nothing was wanted.
    pub blocks_pct: Option<f64>,
}

/// What was given up, having been waited for too long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiveUpFigures {
    /// How often a block was given up.
    pub count: u64,
    /// Blocks that were given up, each counted once.
    pub blocks: u64,
    /// Those of them that the listener did not give up of its own will; absent in files from before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks_wanted: Option<u64>,
    /// Share of the blocks wanted that are among those, in percent; absent where nothing was wanted.
    pub blocks_pct: Option<f64>,
    /// Those of the blocks that arrived after all.
    pub healed: u64,
}

/// The stalls of a run. One stall is one underrun, however long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Underruns {
    /// Stalls of all listeners.
    pub count: u64,
    /// Their lengths together, in ms.
    pub total_ms: f64,
    /// The longest, in ms; 0 when there was none.
    pub longest_ms: f64,
    /// Stalls per intended listener.
    pub mean_per_user: f64,
    /// Listeners with at least one stall.
    pub listeners_affected: u64,
    /// Their share of the intended listeners, in percent.
    pub listeners_affected_pct: f64,
}
