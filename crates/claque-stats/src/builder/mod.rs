//! From facts to a summary, one fact at a time and in any order.

mod counts;
mod networks;
mod open;

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, IncidentRecord, ListenerRecord, SessionEnd, StallRecord,
    },
    time::{Duration, Instant, MediaTime},
};

use self::{
    networks::NetworkNames,
    open::{Open, add_gaps_within_requests},
};
use crate::{
    audio::{AudioFigures, Paces, SameAudioCheck},
    by_listener::ByListener,
    causes::Causes,
    incidents::{BlockEnds, Incidents},
    sample::{Sample, ScheduleLag, percent},
    streams::{FirstAudio, Streams, Turns},
    summary::{BlockCounts, ListenerCounts, Summary},
    window::{Counted, FigureWindow},
};

/// What a run set out to do: the denominators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunShape {
    /// Listeners the run was to have.
    pub users: u32,
    /// Blocks each was to hear.
    pub blocks_per_user: u32,
}

/// Summarises `facts` of a run of this `shape`; see [`SummaryBuilder`].
#[must_use]
pub fn summarise<'a>(
    shape: RunShape,
    facts: impl IntoIterator<Item = &'a Fact>,
    lag: Option<ScheduleLag>,
) -> Summary {
    let mut builder = SummaryBuilder::new(shape);
    facts.into_iter().for_each(|fact| builder.add(fact));
    builder.finish(lag)
}

/// Makes a [`Summary`] of facts that arrive in any order.
///
/// Keeps nine bytes a ready block (three exact times), 24 more until its listener is [closed](Self::close), and a
/// small record a listener.
#[derive(Clone, Debug)]
pub struct SummaryBuilder {
    shape: RunShape,
    window: Option<Counted>,
    listeners: ByListener<Listener>,
    ends: ListenerCounts,
    blocks: BlockCounts,
    causes: Causes,
    incidents: Incidents,
    first_block: Sample,
    round_trip: Sample,
    response_time: Sample,
    connect_time: Sample,
    /// Gaps of the listeners that are closed.
    synthesis_time: Sample,
    /// The blocks of the others.
    open: ByListener<Open>,
    audio_played: MediaTime,
    audio: AudioFigures,
    alike: SameAudioCheck,
    paces: Paces,
    streams: Streams,
    turns: Turns,
    longest_stall: Duration,
    foreign_messages: u64,
    warnings: u64,
    last_end: Option<Instant>,
    networks: NetworkNames,
}

/// What several facts together say of one listener.
#[derive(Clone, Copy, Debug, Default)]
struct Listener {
    intended_at: Option<Instant>,
    first_audio: FirstAudio,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
    stalls: u64,
    stalled: Duration,
    paused: Duration,
    playing: Option<Duration>,
    /// Blocks that have a record.
    recorded: u64,
    /// Those of them that were delivered, or that the listener itself did not want any more.
    settled: u64,
    /// Those of the delivered ones that the service passed over, so that nobody heard them.
    skipped: u64,
    /// Blocks it set out to hear, and whether it left of its own will, once it reported its end without a failure.
    set_out: Option<(u64, bool)>,
    /// The number of its network.
    network: Option<u32>,
    /// Whether it heard all that it came for.
    heard_all: bool,
}

impl SummaryBuilder {
    /// Makes a builder that has seen nothing.
    #[must_use]
    pub fn new(shape: RunShape) -> Self {
        Self {
            shape,
            window: None,
            listeners: ByListener::default(),
            ends: ListenerCounts::default(),
            blocks: BlockCounts::default(),
            causes: Causes::default(),
            incidents: Incidents::default(),
            first_block: Sample::default(),
            round_trip: Sample::default(),
            response_time: Sample::default(),
            connect_time: Sample::default(),
            synthesis_time: Sample::default(),
            open: ByListener::default(),
            audio_played: MediaTime::ZERO,
            audio: AudioFigures::default(),
            alike: SameAudioCheck::default(),
            paces: Paces::default(),
            streams: Streams::new(),
            turns: Turns::NotTaken,
            longest_stall: Duration::ZERO,
            foreign_messages: 0,
            warnings: 0,
            last_end: None,
            networks: NetworkNames::default(),
        }
    }

    /// Says that audio comes as a stream, also where every answer is one piece. To be called before the first fact.
    pub const fn expect_streams(&mut self) {
        self.streams.expect();
    }

    /// Says that listeners take turns with the service, as in a conversation. Without it that is only known of sessions of
    /// several utterances. To be called before the first fact.
    pub const fn expect_turns(&mut self) {
        self.turns = Turns::Taken;
    }

    /// Says that the figures are about the listeners of a window: they are the denominators then, as many as
    /// [`includes`](Self::includes) was asked about and are in it. To be called before the first fact.
    pub const fn figures_of(&mut self, window: FigureWindow) {
        self.window = Some(Counted::new(window));
    }

    /// Whether the facts of a listener that was meant to start then are to be given; to be asked once for each. Of whom that is not known they are.
    pub fn includes(&mut self, intended_at: Option<Instant>) -> bool {
        self.window.as_mut().is_none_or(|counted| counted.count(intended_at))
    }

    /// Takes one fact.
    pub fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Block(record) => self.add_block(record),
            Fact::Stall(record) => self.add_stall(record),
            Fact::Error(record) => self.add_error(record),
            Fact::Incident(record) => self.add_incident(record),
            Fact::Listener(record) => self.add_listener(record),
            Fact::Sound(record) => self.audio.add_sound(record.sound),
        }
    }

    /// Says that no fact of `listener` follows, so that less must be kept. Facts may come in any order as long as
    /// this is true; who does not know it need not say it.
    pub fn close(&mut self, listener: ListenerId) {
        self.streams.close(listener);
        let Some(open) = self.open.remove(listener) else { return };
        if self.causes.has_failed_blocks(listener) || self.incidents.has_again(listener) {
            let ends = BlockEnds {
                delivered: open.delivered.into_iter().collect(),
                forgone: open.forgone.into_iter().collect(),
            };
            self.causes.heal(listener, &ends.delivered);
            self.incidents.close(listener, &ends);
        }
        add_gaps_within_requests(open.ready, &mut self.synthesis_time);
    }

    /// Computes every figure. `lag` is the generator's own lateness, which no fact carries; none if it was not
    /// measured.
    #[must_use]
    pub fn finish(mut self, lag: Option<ScheduleLag>) -> Summary {
        let open: Vec<ListenerId> = self.open.iter().map(|(listener, _)| listener).collect();
        open.into_iter().for_each(|listener| self.close(listener));
        if let Some(counted) = self.window {
            self.shape.users = counted.within();
        }
        let listeners = self.listener_counts();
        let blocks = self.block_counts();
        let reported = listeners.unfinished < listeners.intended;
        let incidents = std::mem::take(&mut self.incidents).finish(blocks.wanted());
        let streams = std::mem::replace(&mut self.streams, Streams::new()).finish(self.turns());
        Summary {
            wall_ms: self.last_end.map(Instant::as_millis_f64),
            listening_ms: self.listening_ms(),
            window: self.window.map(Counted::figures),
            listeners,
            blocks,
            success_pct: percent(blocks.ok, blocks.wanted()),
            underruns: self.underruns(listeners),
            stalled_time_pct: self.stalled_time_pct(listeners),
            networks: self.networks(),
            startup_time: self.per_listener(|listener| listener.started_at),
            ttfa: self.per_listener(|listener| listener.first_audio.at()),
            ttfa_audible: self.per_listener(|listener| listener.first_audio.audible_at()),
            errors: self.causes.into_rows(),
            first_block: self.first_block.distribution(),
            round_trip: self.round_trip.distribution(),
            response_time: self.response_time.distribution(),
            synthesis_time: self.synthesis_time.distribution(),
            connect_time: self.connect_time.distribution(),
            audio_played_ms: (listeners.started > 0).then(|| self.audio_played.as_millis_f64()),
            schedule_lag: lag,
            generator_gap: None,
            foreign_messages: reported.then_some(self.foreign_messages),
            warnings: reported.then_some(self.warnings),
            resends: incidents.map(|figures| figures.resends),
            given_up: incidents.map(|figures| figures.given_up),
            trouble: incidents.map(|figures| figures.trouble),
            acts: incidents.map(|figures| figures.acts),
            audio: (self.audio.blocks > 0).then(|| AudioFigures {
                same: self.alike.finish(),
                scraps: self.paces.finish(),
                ..self.audio
            }),
            streams,
        }
    }

    /// Takes a block.
    pub fn add_block(&mut self, record: &BlockRecord) {
        self.add_blocks(std::slice::from_ref(record));
    }

    /// Takes blocks. Those of one listener together cost one look-up.
    pub fn add_blocks(&mut self, records: &[BlockRecord]) {
        for of_one in records.chunk_by(|a, b| a.listener == b.listener) {
            let Some(id) = of_one.first().map(|record| record.listener) else { continue };
            let open = self.open.entry(id);
            of_one.iter().for_each(|record| open.add(record));
            let mut listener = *self.listeners.entry(id);
            of_one.iter().for_each(|record| self.add_block_of(record, &mut listener));
            *self.listeners.entry(id) = listener;
        }
    }

    fn add_block_of(&mut self, record: &BlockRecord, listener: &mut Listener) {
        self.count_outcome(record);
        self.audio.add(record);
        self.alike.add(record);
        self.paces.add(record);
        self.streams.add_block(record);
        let delivered_at = record.delivered_at();
        self.round_trip.push_between(record.requested_at, delivered_at);
        self.response_time.push_between(record.intended_at, delivered_at);
        listener.recorded += 1;
        let forgone = record.outcome == BlockOutcome::Abandoned;
        listener.settled += u64::from(record.outcome.is_success() || forgone);
        listener.skipped += u64::from(record.outcome == BlockOutcome::Skipped);
        listener.first_audio.add(record);
        keep_earliest(&mut listener.started_at, record.started_at);
        if record.block == BlockIdx(0) {
            self.first_block.push_between(record.intended_at, delivered_at);
            // A session that never reported its end is still known to have been meant to start then.
            keep_earliest(&mut listener.intended_at, record.intended_at);
        }
    }

    fn count_outcome(&mut self, record: &BlockRecord) {
        self.blocks.ok += u64::from(record.outcome.is_success());
        let silent = u64::from(record.media == MediaTime::ZERO);
        match record.outcome {
            BlockOutcome::Played => {
                self.blocks.played += 1;
                self.blocks.silent += silent;
                self.audio_played += record.media;
            }
            BlockOutcome::Unplayed => {
                self.blocks.unplayed += 1;
                self.blocks.silent += silent;
            }
            BlockOutcome::Skipped => self.blocks.skipped += 1,
            BlockOutcome::Failed(class) => {
                self.blocks.failed += 1;
                self.causes.add_failed_block(record.listener, record.block, class);
            }
            BlockOutcome::Stopped => self.blocks.stopped += 1,
            BlockOutcome::Abandoned => self.blocks.forgone += 1,
        }
    }

    /// Takes a failure.
    pub fn add_error(&mut self, record: &ErrorRecord) {
        self.causes.add_error(record);
    }

    /// Takes an incident.
    pub fn add_incident(&mut self, record: &IncidentRecord) {
        self.incidents.add(record);
        self.streams.add_incident(record);
    }

    /// Takes a stall.
    pub fn add_stall(&mut self, record: &StallRecord) {
        let listener = self.listeners.entry(record.listener);
        listener.stalls += 1;
        listener.stalled = listener.stalled.saturating_add(record.waited);
        self.longest_stall = self.longest_stall.max(record.waited);
        self.incidents.add_stall(*record);
    }

    /// Takes a session.
    pub fn add_listener(&mut self, record: &ListenerRecord) {
        match record.end {
            SessionEnd::Completed => self.ends.completed += 1,
            SessionEnd::Stopped => self.ends.stopped += 1,
            SessionEnd::Left => self.ends.left += 1,
            SessionEnd::HungUp => self.ends.hung_up += 1,
            SessionEnd::Failed(class) => {
                self.ends.failed += 1;
                self.causes.add_failed_session(record.listener, class);
            }
        }
        self.streams.add_listener(record);
        self.foreign_messages += record.foreign_messages;
        self.warnings += record.warnings;
        self.last_end = self.last_end.max(Some(record.ended_at));
        if let Some(connect_time) = record.connect_time {
            self.connect_time.push(connect_time);
        }
        let network = record.network.as_deref().map(|name| self.networks.number(name));
        let listener = self.listeners.entry(record.listener);
        listener.network = network;
        listener.intended_at = Some(record.intended_at);
        listener.ended_at = Some(record.ended_at);
        listener.paused = record.paused;
        listener.playing = record.playing;
        listener.set_out = match record.end {
            SessionEnd::Completed => Some((u64::from(record.blocks), false)),
            SessionEnd::Left | SessionEnd::HungUp => Some((u64::from(record.blocks), true)),
            SessionEnd::Stopped | SessionEnd::Failed(_) => None,
        };
        listener.heard_all = record.end.has_heard_all();
        if listener.set_out.is_some() {
            // What a session that failed or was stopped did not reach was lost with it.
            self.blocks.unmade += u64::from(self.shape.blocks_per_user.saturating_sub(record.blocks));
        }
        if record.playing.is_some() {
            self.incidents.expect_incidents();
        }
        keep_earliest(&mut listener.started_at, record.started_at);
    }
}

fn keep_earliest(held: &mut Option<Instant>, seen: Option<Instant>) {
    if let Some(seen) = seen {
        *held = Some(held.map_or(seen, |held| held.min(seen)));
    }
}
