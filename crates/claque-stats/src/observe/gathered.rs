//! What is known of one listener while facts come.

use std::collections::BTreeSet;

use claque_core::{
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord, Incident, ListenerRecord, SessionEnd},
    time::{Duration, Instant, duration_nanos},
};

use super::{ListenerObservation, Streams};
use crate::{
    causes::Causes,
    figures::ids,
    observation::Ending,
    sample::millis,
    streams::{self, FirstAudio, is_streamed},
};

/// What is known of one listener so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub(super) seen: ListenerObservation,
    pub(super) intended_at: Option<Instant>,
    started_at: Option<Instant>,
    first_audio: FirstAudio,
    ended_at: Option<Instant>,
    pub(super) stalled: Duration,
    /// Blocks that need not come any more: delivered, or rightly skipped.
    settled: u32,
    /// Blocks with a record, and those of them that the listener gave up of its own will.
    recorded: u32,
    forgone: u32,
    /// Whether the listener jumped.
    jumped: bool,
    resent: BTreeSet<BlockIdx>,
    given_up: BTreeSet<BlockIdx>,
    abandoned: BTreeSet<BlockIdx>,
    /// Blocks it set out to hear, and whether it left of its own will, once it reported its end without a failure.
    set_out: Option<(u32, bool)>,
    /// Request and moment of each ready block.
    ready: Vec<(u32, Instant)>,
    pub(super) causes: Causes,
}

impl Gathered {
    pub(super) fn add_block(&mut self, record: &BlockRecord, streams: Streams) {
        self.recorded += 1;
        self.add_stream(record, streams);
        if record.outcome == BlockOutcome::Abandoned {
            self.forgone += 1;
            self.abandoned.insert(record.block);
        }
        self.seen.blocks_ok += u32::from(record.outcome.is_success());
        if let BlockOutcome::Failed(class) = record.outcome {
            self.seen.blocks_failed += 1;
            self.causes.add_failed_block(record.listener, record.block, class);
        }
        self.first_audio.add(record);
        keep_earliest(&mut self.started_at, record.started_at);
        let first = record.block == BlockIdx(0);
        if first {
            // A session that never reported its end is still known to have been meant to start then.
            keep_earliest(&mut self.intended_at, record.intended_at);
        }
        let skipped = record.outcome == BlockOutcome::Skipped;
        self.seen.blocks_skipped += u32::from(skipped);
        let delivered_at = record.delivered_at();
        self.settled += u32::from(skipped || delivered_at.is_some());
        let Some(ready_at) = delivered_at else { return };
        let response = record.intended_at.map(|wanted| ms_between(wanted, ready_at));
        self.seen.response_time_ms.extend(response);
        self.seen.round_trip_ms.extend(record.requested_at.map(|asked| ms_between(asked, ready_at)));
        if first {
            self.seen.first_block_ms = response;
        }
        self.ready.push((record.batch, ready_at));
    }

    fn add_stream(&mut self, record: &BlockRecord, streams: Streams) {
        self.seen.has_pieces |= is_streamed(record);
        if (is_streamed(record) || streams == Streams::Expected) && streams::is_delivered(record) {
            for (id, value) in streams::values_of(record) {
                self.seen.streams.entry(id).or_default().push(value);
            }
        }
    }

    /// From wanted to heard, of an utterance that did not fail; one that was interrupted was heard.
    pub(super) fn add_turn(&mut self, record: &BlockRecord) {
        if let (Some(wanted), Some(heard)) = (record.intended_at, record.started_at)
            && !matches!(record.outcome, BlockOutcome::Failed(_))
        {
            self.seen.streams.entry(ids::TURN_RESPONSE).or_default().push(ms_between(wanted, heard));
        }
    }

    pub(super) fn add_incident(&mut self, incident: &Incident) {
        self.seen.reports_incidents = true;
        match incident {
            Incident::Resent { block, .. } => {
                self.seen.resends += 1;
                self.resent.insert(*block);
            }
            Incident::GivenUp { block } => {
                self.given_up.insert(*block);
            }
            Incident::Jumped { .. } => self.jumped = true,
            Incident::Outage { .. }
            | Incident::Delayed { .. }
            | Incident::Paused { .. }
            | Incident::VoiceChanged { .. }
            | Incident::HungUp { .. }
            | Incident::BargedIn { .. } => {}
        }
    }

    pub(super) fn add_end(&mut self, record: &ListenerRecord) {
        // Players report incidents, files of the older script do not, and they know no time of playing either.
        self.seen.reports_incidents |= record.playing.is_some();
        self.intended_at = Some(record.intended_at);
        self.ended_at = Some(record.ended_at);
        keep_earliest(&mut self.started_at, record.started_at);
        self.seen.connect_ms = record.connect_time.map(|time| millis(duration_nanos(time)));
        match record.end {
            SessionEnd::Completed => {
                self.seen.ending = Ending::Completed;
                self.set_out = Some((record.blocks, false));
            }
            SessionEnd::Left => {
                self.seen.ending = Ending::Left;
                self.set_out = Some((record.blocks, true));
            }
            SessionEnd::HungUp => {
                self.seen.ending = Ending::HungUp;
                self.set_out = Some((record.blocks, true));
            }
            SessionEnd::Stopped => {}
            SessionEnd::Failed(class) => self.causes.add_failed_session(record.listener, class),
        }
    }

    pub(super) fn finish(mut self, planned: u32) -> ListenerObservation {
        // Where nobody jumped or left, a block without a record is missing.
        let passed_over = match self.set_out {
            Some((blocks, left)) if left || self.jumped => blocks.saturating_sub(self.recorded),
            Some(_) | None => 0,
        };
        let blocks_intended = planned.saturating_sub(self.forgone).saturating_sub(passed_over);
        let since_intended = |moment: Option<Instant>| Some(ms_between(self.intended_at?, moment?));
        let wanted = |blocks: &BTreeSet<BlockIdx>| {
            u32::try_from(blocks.difference(&self.abandoned).count()).unwrap_or(u32::MAX)
        };
        let (blocks_resent, blocks_given_up) = (wanted(&self.resent), wanted(&self.given_up));
        self.ready.sort_unstable();
        let gaps = self.ready.windows(2).filter_map(|pair| match *pair {
            [(batch, earlier), (next_batch, later)] if batch == next_batch => {
                Some(ms_between(earlier, later))
            }
            _ => None,
        });
        ListenerObservation {
            startup_ms: since_intended(self.started_at),
            ttfa_ms: since_intended(self.first_audio.at()),
            ttfa_audible_ms: since_intended(self.first_audio.audible_at()),
            listened_ms: since_intended(self.ended_at),
            synthesis_time_ms: gaps.collect(),
            stalled_ms: millis(duration_nanos(self.stalled)),
            blocks_intended,
            blocks_missing: blocks_intended.saturating_sub(self.settled),
            blocks_resent,
            blocks_given_up,
            errors: self.causes.into_rows().iter().map(|cause| cause.count).sum(),
            ..self.seen
        }
    }
}

fn ms_between(earlier: Instant, later: Instant) -> f64 {
    millis(duration_nanos(later.since(earlier)))
}

fn keep_earliest(held: &mut Option<Instant>, seen: Option<Instant>) {
    if let Some(seen) = seen {
        *held = Some(held.map_or(seen, |held| held.min(seen)));
    }
}
