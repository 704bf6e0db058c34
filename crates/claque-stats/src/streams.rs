//! Figures of audio that comes as a stream: how fast and how evenly it came, and what a request waits for behind one that was
//! cancelled.

use std::collections::BTreeMap;

use claque_core::{
    ids::ListenerId,
    record::{BlockOutcome, BlockRecord, Incident, IncidentRecord, ListenerRecord},
    time::{Duration, Instant, MediaTime, duration_nanos},
};

use crate::{
    figure_value::StreamFigures,
    figures::{
        self, Figure, FigureUnit, FigureValue,
        ids::{
            AFTER_CANCEL, AFTER_HEARD, AUDIO_RATE, BARGE_INS, CANCEL_RATIO, CHARS_PER_SECOND, TURN_RESPONSE,
            UNWANTED_BYTES,
        },
    },
    sample::{RatioDistribution, Sample, millis, percent, rounded, whole},
};

/// Tolerances of the continuity figures.
const TOLERANCES: [(&str, Duration); 3] = [
    ("continuity_ok@50", Duration::from_millis(50)),
    ("continuity_ok@100", Duration::from_millis(100)),
    ("continuity_ok@200", Duration::from_millis(200)),
];

/// Requests on either side below which nothing is said of what a cancelled one costs: a median of fewer is an anecdote.
const FEWEST_REQUESTS: u64 = 5;

/// Whether the audio of a block came in pieces that could be heard before it was whole. Of a service that first calls a block
/// ready, and has it fetched then, the pieces are those of a download.
#[must_use]
pub fn is_streamed(block: &BlockRecord) -> bool {
    let before_ready = match (block.first_audio_at, block.ready_at) {
        (Some(first), Some(ready)) => first < ready,
        (Some(_), None) => true,
        (None, _) => false,
    };
    block.chunks > 1 && before_ready
}

/// Whether a block was delivered with audio.
pub(crate) fn is_delivered(block: &BlockRecord) -> bool {
    block.outcome.is_success() && block.complete_at.is_some() && block.media > MediaTime::ZERO
}

/// When the first audio of a block came for its listener: also of one that the listener interrupted afterwards.
pub(crate) fn first_audio_heard_at(block: &BlockRecord) -> Option<Instant> {
    match block.outcome {
        BlockOutcome::Abandoned => block.first_audio_at,
        BlockOutcome::Played
        | BlockOutcome::Unplayed
        | BlockOutcome::Skipped
        | BlockOutcome::Failed(_)
        | BlockOutcome::Stopped => block.delivered_first_audio_at(),
    }
}

/// The audio that came first to a listener.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstAudio(Option<(Instant, Option<MediaTime>)>);

impl FirstAudio {
    pub(crate) fn add(&mut self, block: &BlockRecord) {
        let Some(at) = first_audio_heard_at(block) else { return };
        if self.0.is_none_or(|(earliest, _)| at < earliest) {
            self.0 = Some((at, block.findings.and_then(|found| found.leading_silence)));
        }
    }

    /// When its first byte came.
    pub(crate) fn at(self) -> Option<Instant> {
        self.0.map(|(at, _)| at)
    }

    /// The same and the silence at its head; none where nobody listened to it.
    pub(crate) fn audible_at(self) -> Option<Instant> {
        let (at, silence) = self.0?;
        Some(at + Duration::from_nanos(silence?.as_nanos()))
    }
}

/// Facts about streams as they come in.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    expectation: Expectation,
    /// Blocks that came in pieces, whole or not.
    streamed: u64,
    /// One for each figure with a value a block, in the order of the list.
    spreads: Vec<(&'static Figure, Sample)>,
    /// Blocks within each tolerance.
    within: [u64; 3],
    /// Delivered blocks of several pieces.
    of_pieces: u64,
    failed: u64,
    media: u64,
    chars: Characters,
    first_request: Option<Instant>,
    last_whole: Option<Instant>,
    responses: Sample,
    unwanted_bytes: Option<u64>,
    barge_ins: u64,
    /// Whether a barge-in would have been reported.
    told_of_acts: bool,
    after_cancel: Sample,
    after_heard: Sample,
    open: BTreeMap<ListenerId, Requests>,
}

/// Whether the protocol is one of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    /// Nobody said so.
    None,
    /// It is, and an answer in one piece is one of its streams.
    Streams,
}

#[derive(Clone, Copy, Debug)]
enum Characters {
    Known(u64),
    /// The text of a block was not known.
    Unknown,
}

/// What a listener asked for, and when it interrupted or jumped.
#[derive(Clone, Debug, Default)]
struct Requests {
    asked: Vec<Request>,
    changes_of_mind: Vec<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    at: Instant,
    first_audio_at: Option<Instant>,
    end: RequestEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RequestEnd {
    /// Its audio was whole at that moment and heard to its end.
    Heard(Instant),
    /// Given up by its listener while it was under way.
    Cancelled,
    Other,
}

impl Streams {
    pub(crate) fn new() -> Self {
        Self {
            expectation: Expectation::None,
            streamed: 0,
            spreads: figures::of_blocks().map(|(figure, _)| (figure, Sample::default())).collect(),
            within: [0; 3],
            of_pieces: 0,
            failed: 0,
            media: 0,
            chars: Characters::Known(0),
            first_request: None,
            last_whole: None,
            responses: Sample::default(),
            unwanted_bytes: None,
            barge_ins: 0,
            told_of_acts: false,
            after_cancel: Sample::default(),
            after_heard: Sample::default(),
            open: BTreeMap::new(),
        }
    }

    /// Says that audio comes as a stream, also where every answer is one piece.
    pub(crate) const fn expect(&mut self) {
        self.expectation = Expectation::Streams;
    }

    pub(crate) fn add_block(&mut self, block: &BlockRecord) {
        self.failed += u64::from(matches!(block.outcome, BlockOutcome::Failed(_)));
        self.streamed += u64::from(is_streamed(block));
        // Of a service that is not known to stream, only what streamed is kept: other runs need no room for this.
        let is_meant = self.expectation == Expectation::Streams || is_streamed(block);
        if is_meant || block.outcome == BlockOutcome::Abandoned {
            self.note_request(block);
        }
        if !is_meant {
            return;
        }
        self.first_request = earliest(self.first_request, block.requested_at);
        if !matches!(block.outcome, BlockOutcome::Failed(_)) {
            self.responses.push_between(block.intended_at, block.started_at);
        }
        if is_delivered(block) {
            self.add_delivered(block);
        }
    }

    fn add_delivered(&mut self, block: &BlockRecord) {
        self.last_whole = self.last_whole.max(block.complete_at);
        self.media = self.media.saturating_add(block.media.as_nanos());
        self.chars = match self.chars {
            Characters::Known(chars) if block.chars > 0 => Characters::Known(chars + u64::from(block.chars)),
            Characters::Known(_) | Characters::Unknown => Characters::Unknown,
        };
        for ((_, sample), (_, of)) in self.spreads.iter_mut().zip(figures::of_blocks()) {
            if let Some(value) = of(block) {
                sample.push(value);
            }
        }
        if let Some(deficit) = block.buffer_deficit {
            self.of_pieces += 1;
            for (ok, (_, tolerance)) in self.within.iter_mut().zip(TOLERANCES) {
                *ok += u64::from(deficit <= tolerance);
            }
        }
    }

    fn note_request(&mut self, block: &BlockRecord) {
        let Some(at) = block.requested_at else { return };
        let end = match (block.outcome, block.complete_at) {
            (BlockOutcome::Played, Some(whole_at)) => RequestEnd::Heard(whole_at),
            (BlockOutcome::Abandoned, None) => RequestEnd::Cancelled,
            _ => RequestEnd::Other,
        };
        let first_audio_at = block.delivered_first_audio_at();
        self.open.entry(block.listener).or_default().asked.push(Request { at, first_audio_at, end });
    }

    pub(crate) fn add_incident(&mut self, record: &IncidentRecord) {
        self.told_of_acts = true;
        let changes_its_mind = match record.incident {
            Incident::BargedIn { .. } => {
                self.barge_ins += 1;
                true
            }
            Incident::Jumped { .. } => true,
            Incident::Outage { .. }
            | Incident::Resent { .. }
            | Incident::Delayed { .. }
            | Incident::GivenUp { .. }
            | Incident::Paused { .. }
            | Incident::VoiceChanged { .. }
            | Incident::HungUp { .. } => false,
        };
        if changes_its_mind {
            self.open.entry(record.listener).or_default().changes_of_mind.push(record.at);
        }
    }

    pub(crate) fn add_listener(&mut self, record: &ListenerRecord) {
        self.told_of_acts |= record.playing.is_some();
        if let Some(bytes) = record.unwanted_bytes {
            self.unwanted_bytes = Some(self.unwanted_bytes.unwrap_or(0).saturating_add(bytes));
        }
    }

    /// Says that no fact of `listener` follows.
    pub(crate) fn close(&mut self, listener: ListenerId) {
        let Some(mut requests) = self.open.remove(&listener) else { return };
        requests.asked.sort_unstable();
        for pair in requests.asked.windows(2) {
            if let [before, request] = pair {
                let first_audio_at = request.first_audio_at;
                match before.end {
                    RequestEnd::Heard(whole_at) if whole_at <= request.at => {
                        self.after_heard.push_between(Some(request.at), first_audio_at);
                    }
                    RequestEnd::Cancelled if requests.is_changed_between(before.at, request.at) => {
                        self.after_cancel.push_between(Some(request.at), first_audio_at);
                    }
                    RequestEnd::Heard(_) | RequestEnd::Cancelled | RequestEnd::Other => {}
                }
            }
        }
    }

    /// The figures; none where no audio came as a stream.
    pub(crate) fn finish(mut self, turns: Turns) -> Option<StreamFigures> {
        while let Some(listener) = self.open.keys().next().copied() {
            self.close(listener);
        }
        if self.expectation == Expectation::None && self.streamed == 0 {
            return None;
        }
        let mut told: BTreeMap<String, Option<FigureValue>> = self
            .spreads
            .iter()
            .map(|(figure, sample)| (figure.id.to_owned(), spread(figure, sample)))
            .collect();
        let scored = self.of_pieces + self.failed;
        for (ok, (id, _)) in self.within.iter().zip(TOLERANCES) {
            let share = percent(*ok, scored).filter(|_| self.streamed > 0);
            told.insert(id.to_owned(), share.map(FigureValue::Number));
        }
        let window = self.first_request.zip(self.last_whole).map(|(first, last)| last.since(first));
        let rate = |amount: f64| {
            let seconds = window.filter(|window| *window > Duration::ZERO)?.as_secs_f64();
            Some(FigureValue::Number(rounded(amount / seconds)))
        };
        let chars = match self.chars {
            Characters::Known(chars) => Some(chars),
            Characters::Unknown => None,
        };
        let (cancel, heard, times) = self.after();
        let others = [
            (AUDIO_RATE, rate(whole(self.media) / 1e9)),
            (CHARS_PER_SECOND, chars.map(whole).and_then(rate)),
            (UNWANTED_BYTES, self.unwanted_bytes.map(FigureValue::Count)),
            (BARGE_INS, self.told_of_acts.then_some(FigureValue::Count(self.barge_ins))),
            (AFTER_CANCEL, cancel),
            (AFTER_HEARD, heard),
            (CANCEL_RATIO, times),
            (
                TURN_RESPONSE,
                match turns {
                    Turns::Taken => self.responses.distribution().map(FigureValue::Times),
                    Turns::NotTaken => None,
                },
            ),
        ];
        told.extend(others.map(|(id, value)| (id.to_owned(), value)));
        Some(StreamFigures(told))
    }

    fn after(&self) -> (Option<FigureValue>, Option<FigureValue>, Option<FigureValue>) {
        let enough =
            self.after_cancel.count() >= FEWEST_REQUESTS && self.after_heard.count() >= FEWEST_REQUESTS;
        let of = |sample: &Sample| sample.distribution().filter(|_| enough);
        let (cancel, heard) = (of(&self.after_cancel), of(&self.after_heard));
        let medians = cancel.and_then(|times| times.p50_ms).zip(heard.and_then(|times| times.p50_ms));
        let times = medians.filter(|(_, heard)| *heard > 0.0).map(|(cancel, heard)| rounded(cancel / heard));
        (cancel.map(FigureValue::Times), heard.map(FigureValue::Times), times.map(FigureValue::Number))
    }
}

/// Whether listeners take turns with the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turns {
    Taken,
    NotTaken,
}

impl Requests {
    fn is_changed_between(&self, from: Instant, to: Instant) -> bool {
        self.changes_of_mind.iter().any(|at| (from..=to).contains(at))
    }
}

fn spread(figure: &Figure, sample: &Sample) -> Option<FigureValue> {
    let times = sample.distribution()?;
    Some(if figure.unit == FigureUnit::Ratio {
        FigureValue::Ratios(RatioDistribution::of_seconds(&times))
    } else {
        FigureValue::Times(times)
    })
}

fn earliest(held: Option<Instant>, seen: Option<Instant>) -> Option<Instant> {
    held.into_iter().chain(seen).min()
}

/// Values of the figures of a block, in the unit of each: ms, or ratios.
pub(crate) fn values_of(block: &BlockRecord) -> impl Iterator<Item = (&'static str, f64)> {
    figures::of_blocks().filter_map(move |(figure, of)| {
        let value = of(block)?;
        let value = if figure.unit == FigureUnit::Ratio {
            value.as_secs_f64()
        } else {
            millis(duration_nanos(value))
        };
        Some((figure.id, value))
    })
}
