//! Whether a run's figures can be trusted, and why not.

use claque_core::{
    event::{FailureClass, Phase},
    time::{Duration, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::{
    audio::AudioFigures,
    reason::{Reason, ReasonId, counted},
    sample::{ScheduleLag, millis},
    summary::{ErrorCause, Summary},
};

/// A generator whose 99th percentile of lag is above this is too late to be trusted. It is the finest
/// tolerance of the continuity figures (50 ms): a lateness of our own must not reach what they tell apart.
pub const LATE_GENERATOR: Duration = Duration::from_millis(50);

/// Where more than one listener in so many could not be prepared, or more than one block in so many was not made, the audience is not
/// the one that was asked for.
const MISSING_SHARE: u64 = 10;

/// What a run's figures are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Why they cannot be trusted; empty for a valid run.
    pub reasons: Vec<Reason>,
    /// What a reader should know but does not invalidate the figures.
    pub notes: Vec<Reason>,
}

/// Whether figures can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// They measure the service.
    Valid,
    /// Nobody measured whether they do.
    Unverified,
    /// They do not.
    Invalid,
}

impl Validity {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Unverified => "UNVERIFIED",
            Self::Invalid => "INVALID",
        }
    }
}

impl Verdict {
    /// Judges a run by its figures. All it needs is in the summary, so a saved run can be judged again.
    #[must_use]
    pub fn judge(summary: &Summary) -> Self {
        let reasons: Vec<_> = [
            cross_talk(summary),
            generator_late(summary),
            generator_exhausted(&summary.errors),
            rate_limit(summary),
            interrupted(summary),
            nothing_started(summary),
            no_audio(summary),
            audio_cut_or_silent(summary),
            audio(summary).filter(|audio| audio.is_unbelievable()).and_then(AudioFigures::doubts),
            preparation_failed(summary).filter(|_| lacks_audience(summary)),
            blocks_unmade(summary).filter(|_| lacks_text(summary)),
            blocks_skipped(summary).filter(|_| lacks_speech(summary)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let notes = [
            preparation_failed(summary).filter(|_| !lacks_audience(summary)),
            blocks_unmade(summary).filter(|_| !lacks_text(summary)),
            blocks_skipped(summary).filter(|_| !lacks_speech(summary)),
            blocks_failed(summary),
            listeners_failed(summary),
            audio(summary).filter(|audio| !audio.is_unbelievable()).and_then(AudioFigures::doubts),
            audio(summary).and_then(AudioFigures::oddities),
            audio(summary).and_then(AudioFigures::assumed_rates),
            audio(summary).and_then(AudioFigures::alike),
            audio(summary).and_then(AudioFigures::unheard),
            warnings(summary),
            generator_gaps(summary),
            lag_not_measured(summary),
            cross_talk_not_measured(summary),
        ];
        Self { reasons, notes: notes.into_iter().flatten().collect() }
    }

    /// Adds a reason that is in no figure, before all others.
    pub fn invalidate(&mut self, reason: Reason) {
        self.reasons.insert(0, reason);
    }

    /// What the figures are worth: one reason makes them invalid, and without any it matters what nobody measured.
    #[must_use]
    pub fn validity(&self) -> Validity {
        let leaves_open =
            |note: &Reason| [ReasonId::LagNotMeasured, ReasonId::CrossTalkNotMeasured].contains(&note.id);
        match (self.reasons.is_empty(), self.notes.iter().any(leaves_open)) {
            (false, _) => Validity::Invalid,
            (true, true) => Validity::Unverified,
            (true, false) => Validity::Valid,
        }
    }

    /// Whether the figures can be trusted.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.validity() == Validity::Valid
    }

    /// Why they cannot, in one line: the reasons, or what nobody measured.
    #[must_use]
    pub fn doubts(&self) -> String {
        let told = if self.reasons.is_empty() { &self.notes } else { &self.reasons };
        told.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ")
    }
}

fn cross_talk(summary: &Summary) -> Option<Reason> {
    let count = summary.foreign_messages.filter(|&count| count > 0)?;
    let text = format!("cross-talk: {} of foreign documents", counted(count, "message"));
    Some(Reason { id: ReasonId::CrossTalk, text })
}

fn generator_late(summary: &Summary) -> Option<Reason> {
    let limit_ms = millis(duration_nanos(LATE_GENERATOR));
    let late = summary.schedule_lag.filter(|lag| lag.judged_ms() > limit_ms);
    let lag = late.map(|lag| generator_late_text(lag, limit_ms));
    let gap = gap_lateness(summary).map(|words| format!("generator late: {words}"));
    let text = lag.into_iter().chain(gap).collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(Reason { id: ReasonId::GeneratorLate, text })
}

/// Why stretches in which the generator did not run are too much, if so.
fn gap_lateness(summary: &Summary) -> Option<String> {
    // Files from before the time of listening was a figure have the whole run's, which is at least as long.
    summary.generator_gap.as_ref()?.late_words(summary.listening_ms.or(summary.wall_ms))
}

pub(crate) fn generator_late_text(lag: ScheduleLag, limit_ms: f64) -> String {
    let which = match lag.p99_ms {
        Some(p99_ms) => format!("p99 is {p99_ms:.1} ms"),
        None => format!("is up to {:.1} ms in {}", lag.max_ms, counted(lag.count, "action")),
    };
    format!("generator late: schedule_lag {which}, more than {limit_ms:.0} ms")
}

fn generator_exhausted(errors: &[ErrorCause]) -> Option<Reason> {
    let own: Vec<_> = errors.iter().filter(|cause| cause.class == FailureClass::Generator).collect();
    let example = own.iter().find_map(|cause| cause.example.as_deref());
    Some(generator_exhausted_reason(failures(own.iter().copied())?, example.unwrap_or("no words are kept")))
}

pub(crate) fn generator_exhausted_reason(count: u64, words: &str) -> Reason {
    let text = format!("generator exhausted: {} of this machine itself ({words})", counted(count, "failure"));
    Reason { id: ReasonId::GeneratorExhausted, text }
}

fn rate_limit(summary: &Summary) -> Option<Reason> {
    let limits: Vec<_> = summary.errors.iter().filter(|cause| cause.class == FailureClass::Limit).collect();
    let example = limits.iter().find_map(|cause| cause.example.as_deref());
    let count = failures(limits.iter().copied())?;
    let text = match example {
        Some(words) => format!("rate limit: {} ({words})", counted(count, "refusal")),
        None => format!("rate limit: {}", counted(count, "refusal")),
    };
    Some(Reason { id: ReasonId::RateLimit, text })
}

fn interrupted(summary: &Summary) -> Option<Reason> {
    let listeners = summary.listeners;
    let cut = listeners.stopped + listeners.unfinished;
    let unknown =
        if is_start_unknown(summary) { "; whether anybody began to play is on no record" } else { "" };
    let text = format!(
        "interrupted: {} of {} did not come to an end{unknown}",
        cut,
        counted(listeners.intended, "listener")
    );
    (cut > 0).then_some(Reason { id: ReasonId::Interrupted, text })
}

fn nothing_started(summary: &Summary) -> Option<Reason> {
    let text = match summary.listeners.intended {
        1 => "nothing started: the only listener did not begin to play".to_owned(),
        all => format!("nothing started: none of {} began to play", counted(all, "listener")),
    };
    (summary.listeners.started == 0 && !is_start_unknown(summary))
        .then_some(Reason { id: ReasonId::NothingStarted, text })
}

/// Whether those who have no end on record, for the run was killed, may have begun to play: that they began is put down with
/// the end of their first block.
const fn is_start_unknown(summary: &Summary) -> bool {
    summary.listeners.started == 0 && summary.listeners.unfinished > 0
}

fn no_audio(summary: &Summary) -> Option<Reason> {
    let blocks = summary.blocks;
    let heard = (blocks.played + blocks.unplayed).saturating_sub(blocks.silent);
    let text = match blocks.intended {
        1 => "no audio: the only block did not arrive with sound".to_owned(),
        all => format!("no audio: none of {} arrived with sound", counted(all, "block")),
    };
    (heard == 0 && !is_start_unknown(summary)).then_some(Reason { id: ReasonId::NoAudio, text })
}

fn audio_cut_or_silent(summary: &Summary) -> Option<Reason> {
    let cut = failures(
        summary
            .errors
            .iter()
            .filter(|cause| cause.class == FailureClass::Protocol && cause.phase == Phase::MidAudio),
    );
    let (cut, silent) = (cut.unwrap_or(0), summary.blocks.silent);
    let text =
        format!("audio cut or silent: {cut} cut or broken, {} without sound", counted(silent, "block"));
    (cut + silent > 0).then_some(Reason { id: ReasonId::AudioCutOrSilent, text })
}

const fn audio(summary: &Summary) -> Option<&AudioFigures> {
    summary.audio.as_ref()
}

/// Listeners that never were there, because the service made no document for them.
fn unprepared(summary: &Summary) -> u64 {
    let causes = summary.errors.iter().filter(|cause| cause.phase == Phase::Preparation);
    causes.map(|cause| cause.listeners).sum()
}

/// Whether so many are missing that what the others went through is no answer about the audience that was asked for.
fn lacks_audience(summary: &Summary) -> bool {
    unprepared(summary).saturating_mul(MISSING_SHARE) > summary.listeners.intended
}

fn preparation_failed(summary: &Summary) -> Option<Reason> {
    let missing = unprepared(summary);
    let text = format!(
        "preparation failed: {missing} of {} had no document and did not listen; they count as failed, and the others \
         had the service to themselves",
        counted(summary.listeners.intended, "listener")
    );
    // Where nobody was there, that nothing started says it all.
    (missing > 0 && missing < summary.listeners.intended)
        .then_some(Reason { id: ReasonId::PreparationFailed, text })
}

/// Whether so much was not there to be heard that it is no answer about the text that was asked for.
fn lacks_text(summary: &Summary) -> bool {
    summary.blocks.unmade.saturating_mul(MISSING_SHARE) > summary.blocks.intended
}

fn blocks_unmade(summary: &Summary) -> Option<Reason> {
    let blocks = summary.blocks;
    let text = format!(
        "blocks unmade: {} of {} were not there to be heard, for the service made fewer blocks of the texts than were \
         written; they count as not delivered",
        blocks.unmade,
        counted(blocks.intended, "block")
    );
    (blocks.unmade > 0).then_some(Reason { id: ReasonId::BlocksUnmade, text })
}

/// Above one block in ten it is another text that is heard.
const fn lacks_speech(summary: &Summary) -> bool {
    summary.blocks.skipped.saturating_mul(MISSING_SHARE) > summary.blocks.intended
}

fn blocks_skipped(summary: &Summary) -> Option<Reason> {
    let blocks = summary.blocks;
    let text = format!(
        "blocks skipped: the service passed over {} of {} as nothing to be spoken; they count as delivered, and nobody heard \
         them",
        blocks.skipped,
        counted(blocks.intended, "block")
    );
    (blocks.skipped > 0).then_some(Reason { id: ReasonId::BlocksSkipped, text })
}

fn blocks_failed(summary: &Summary) -> Option<Reason> {
    let blocks = summary.blocks;
    let text = format!("{} of {} failed", blocks.failed, counted(blocks.intended, "block"));
    (blocks.failed > 0).then_some(Reason { id: ReasonId::BlocksFailed, text })
}

fn listeners_failed(summary: &Summary) -> Option<Reason> {
    let listeners = summary.listeners;
    let text = format!("{} of {} failed", listeners.failed, counted(listeners.intended, "listener"));
    (listeners.failed > 0).then_some(Reason { id: ReasonId::ListenersFailed, text })
}

fn warnings(summary: &Summary) -> Option<Reason> {
    let count = summary.warnings.filter(|&count| count > 0)?;
    let text = format!(
        "{} not understood, of no consequence, of a block, model or voice that was not asked for, or a second answer to \
         one that was asked for once",
        counted(count, "message")
    );
    Some(Reason { id: ReasonId::Warnings, text })
}

/// Those that make the run INVALID are told as the reason.
fn generator_gaps(summary: &Summary) -> Option<Reason> {
    let gap = summary.generator_gap.as_ref().filter(|_| gap_lateness(summary).is_none())?;
    let text = gap.note_words(summary.listening_ms.or(summary.wall_ms))?;
    Some(Reason { id: ReasonId::GeneratorGaps, text })
}

fn lag_not_measured(summary: &Summary) -> Option<Reason> {
    let text = "whether the generator was late was not measured".to_owned();
    summary.schedule_lag.is_none().then_some(Reason { id: ReasonId::LagNotMeasured, text })
}

/// Where sessions have an end on record, and nobody counted messages of foreign documents.
fn cross_talk_not_measured(summary: &Summary) -> Option<Reason> {
    let ended = summary.listeners.unfinished < summary.listeners.intended;
    let text = "whose messages were counted was not checked: cross-talk cannot be ruled out".to_owned();
    (ended && summary.foreign_messages.is_none())
        .then_some(Reason { id: ReasonId::CrossTalkNotMeasured, text })
}

/// Failures of these causes together; none when there are none.
fn failures<'a>(causes: impl Iterator<Item = &'a ErrorCause>) -> Option<u64> {
    let count: u64 = causes.map(|cause| cause.count).sum();
    (count > 0).then_some(count)
}
