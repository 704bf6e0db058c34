//! The facts of a run under the names and definitions of other tools.
//!
//! What a name means elsewhere is data, [`terms`]; [`VocabularyBuilder`] collects what all of them are made of. Where claque's
//! facts do not tell what a name means, it is N/A with the reason, never something like it.

mod terms;

use claque_core::{
    record::{BlockOutcome, BlockRecord, Fact},
    time::{Duration, Instant, MediaTime},
};
use serde::Serialize;

pub use self::terms::terms;
use crate::{
    sample::{rounded, whole},
    streams::{is_delivered, is_streamed},
    summary::Summary,
};

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vocabulary {
    /// The serving benchmark of vLLM-Omni.
    VllmOmni,
    /// The speech benchmarks of SGLang-Omni.
    Sglang,
    /// NVIDIA's performance client for Riva speech synthesis.
    Riva,
    /// CTA-2066, Streaming Quality of Experience Events, Properties and Metrics.
    #[serde(rename = "cta-2066")]
    Cta2066,
    /// Coval's benchmark of speech synthesis.
    Coval,
}

/// A name of a vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// As it is written there.
    pub name: &'static str,
    /// What it means there.
    pub definition: &'static str,
    /// Where that is written.
    pub source: &'static str,
    /// Its value, or why there is none.
    value: fn(&Collected) -> Result<f64, &'static str>,
}

/// A name with what it comes to in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TermValue {
    /// As it is written there.
    pub name: &'static str,
    /// None where the facts do not tell.
    pub value: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What it means there.
    pub definition: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

impl Vocabulary {
    /// Every vocabulary.
    pub const ALL: [Self; 5] = [Self::VllmOmni, Self::Sglang, Self::Riva, Self::Cta2066, Self::Coval];

    /// The name used everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VllmOmni => "vllm-omni",
            Self::Sglang => "sglang",
            Self::Riva => "riva",
            Self::Cta2066 => "cta-2066",
            Self::Coval => "coval",
        }
    }
}

/// Collects what the terms are made of, from facts in any order.
#[derive(Clone, Debug, Default)]
pub struct VocabularyBuilder {
    collected: Collected,
}

/// What the terms are made of. Times are in seconds, one value a request that was answered with audio unless said otherwise.
#[derive(Clone, Debug, Default)]
struct Collected {
    /// Requests that failed.
    failed: u64,
    /// Request written until the audio was whole.
    latencies: Vec<f64>,
    /// Request written until the first audio byte.
    first_audio: Vec<f64>,
    /// The same and the silence at the head of the audio, where somebody listened to it.
    audible: Vec<f64>,
    /// Length of the audio.
    durations: Vec<f64>,
    /// Latency / length.
    factors: Vec<f64>,
    /// The deficit of each that came in several pieces.
    deficits: Vec<f64>,
    /// For each of them between what the longest single wait of a player for its next piece must lie.
    waits: Vec<(f64, f64)>,
    /// Requests that were answered in one piece.
    in_one_piece: u64,
    first_request: Option<Instant>,
    last_whole: Option<Instant>,
    summary: Option<Summary>,
}

impl VocabularyBuilder {
    /// Takes one fact.
    pub fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Block(record) => self.add_block(record),
            Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => {}
        }
    }

    /// Takes a block.
    pub fn add_block(&mut self, block: &BlockRecord) {
        let into = &mut self.collected;
        let Some(requested_at) = block.requested_at else {
            into.failed += u64::from(matches!(block.outcome, BlockOutcome::Failed(_)));
            return;
        };
        into.first_request = into.first_request.into_iter().chain([requested_at]).min();
        into.failed += u64::from(matches!(block.outcome, BlockOutcome::Failed(_)));
        let (Some(whole_at), true) = (block.complete_at, is_delivered(block)) else { return };
        into.last_whole = into.last_whole.max(Some(whole_at));
        let (latency, duration) = (whole_at.since(requested_at).as_secs_f64(), seconds(block.media));
        into.latencies.push(latency);
        into.durations.push(duration);
        into.factors.push(latency / duration);
        let first_audio = block.first_audio_at.map(|at| at.since(requested_at).as_secs_f64());
        let silence = block.findings.and_then(|found| found.leading_silence).map(seconds);
        into.audible.extend(first_audio.zip(silence).map(|(first, silence)| first + silence));
        into.first_audio.extend(first_audio);
        match block.buffer_deficit.filter(|_| is_streamed(block)) {
            Some(deficit) => {
                into.deficits.push(deficit.as_secs_f64());
                into.waits.push(longest_wait(block, deficit));
            }
            None => into.in_one_piece += u64::from(!is_streamed(block)),
        }
    }

    /// What each term of `vocabulary` comes to, in its order. `summary` is that of the same run.
    #[must_use]
    pub fn finish(mut self, vocabulary: Vocabulary, summary: Summary) -> Vec<TermValue> {
        self.collected.summary = Some(summary);
        let told = |term: &Term| {
            let value = (term.value)(&self.collected);
            TermValue {
                name: term.name,
                value: value.ok().map(rounded),
                reason: value.err(),
                definition: term.definition,
                source: term.source,
            }
        };
        terms(vocabulary).iter().map(told).collect()
    }
}

/// The waits of a player for its next piece add up to the deficit of a player that never waits, for a wait puts off all that
/// follows. So no single one is longer than the deficit, nor than the largest gap between two pieces; and the longest is at
/// least the deficit shared among all of them.
fn longest_wait(block: &BlockRecord, deficit: Duration) -> (f64, f64) {
    let most = block.largest_chunk_gap.map_or(deficit, |gap| gap.min(deficit)).as_secs_f64();
    let least = deficit.as_secs_f64() / f64::from(block.chunks.saturating_sub(1).max(1));
    (least.min(most), most)
}

fn seconds(media: MediaTime) -> f64 {
    Duration::from_nanos(media.as_nanos()).as_secs_f64()
}

const NO_AUDIO: &str = "no audio was delivered";
const NO_PIECES: &str = "no answer came in several pieces";

impl Collected {
    fn completed(&self) -> f64 {
        count(self.latencies.len())
    }

    /// From the first request to the last audio that was whole.
    fn window(&self) -> Result<f64, &'static str> {
        let window =
            self.first_request.zip(self.last_whole).map(|(first, last)| last.since(first).as_secs_f64());
        window.filter(|seconds| *seconds > 0.0).ok_or(NO_AUDIO)
    }

    fn audio_rate(&self) -> Result<f64, &'static str> {
        Ok(self.durations.iter().sum::<f64>() / self.window()?)
    }

    /// Share of the answers in several pieces whose longest wait is at most so long, in percent; only where that is certain of
    /// each.
    fn waits_within(&self, tolerance: f64) -> Result<f64, &'static str> {
        if self.waits.is_empty() {
            return Err(NO_PIECES);
        }
        if self.waits.iter().any(|(least, most)| *least <= tolerance && tolerance < *most) {
            return Err("the facts hold all waits of an answer together, and not its longest one");
        }
        let ok = self.waits.iter().filter(|(_, most)| *most <= tolerance).count();
        Ok(100.0 * count(ok) / count(self.waits.len()))
    }

    fn summary(&self) -> Result<&Summary, &'static str> {
        self.summary.as_ref().ok_or("the run has no summary")
    }
}

fn count(number: usize) -> f64 {
    whole(u64::try_from(number).unwrap_or(u64::MAX))
}

fn mean(values: &[f64], absent: &'static str) -> Result<f64, &'static str> {
    if values.is_empty() { Err(absent) } else { Ok(values.iter().sum::<f64>() / count(values.len())) }
}

/// Standard deviation of these values themselves, not of what they were drawn from.
fn deviation(values: &[f64], absent: &'static str) -> Result<f64, &'static str> {
    let mean = mean(values, absent)?;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    Ok((squares / count(values.len())).sqrt())
}

/// The quantile at `percent`, interpolated between the two values nearest to rank (n - 1) x percent / 100 + 1.
fn interpolated(values: &[f64], percent: u32, absent: &'static str) -> Result<f64, &'static str> {
    let sorted = sorted(values);
    let last = sorted.len().checked_sub(1).ok_or(absent)?;
    let hundredths = last * usize::try_from(percent).unwrap_or(100);
    let (below, part) = (hundredths / 100, count(hundredths % 100) / 100.0);
    let at = |place: usize| sorted.get(place.min(last)).copied().ok_or(absent);
    let (low, high) = (at(below)?, at(below + 1)?);
    Ok(low + (high - low) * part)
}

/// The value at place n x percent / 100 of the sorted ones, counted from 0 and rounded down.
fn at_place(values: &[f64], percent: usize, absent: &'static str) -> Result<f64, &'static str> {
    let sorted = sorted(values);
    sorted.get(sorted.len() * percent / 100).copied().ok_or(absent)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
