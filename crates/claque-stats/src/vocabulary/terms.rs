//! The names, as data.

use super::{
    Collected, NO_AUDIO, NO_PIECES, Term, Vocabulary, at_place, count, deviation, interpolated, mean,
};
use crate::sample::whole;

/// The names of a vocabulary, in its order.
#[must_use]
pub fn terms(vocabulary: Vocabulary) -> &'static [Term] {
    match vocabulary {
        Vocabulary::VllmOmni => &VLLM_OMNI,
        Vocabulary::Sglang => &SGLANG,
        Vocabulary::Riva => &RIVA,
        Vocabulary::Cta2066 => &CTA_2066,
        Vocabulary::Coval => &COVAL,
    }
}

const OMNI: &str = "vllm-project/vllm-omni: vllm_omni/benchmarks/metrics/metrics.py";
const OMNI_CONTINUITY: &str = "vllm-project/vllm-omni: vllm_omni/benchmarks/audio_continuity.py";

/// Terms that several vocabularies have, under the first one's name.
const COMPLETED: Term = Term {
    name: "completed",
    definition: "requests answered with audio",
    source: OMNI,
    value: |c| Ok(c.completed()),
};
const FAILED: Term =
    Term { name: "failed", definition: "requests that failed", source: OMNI, value: |c| Ok(whole(c.failed)) };
const MEAN_DURATION: Term = Term {
    name: "mean_audio_duration_s",
    definition: "length of the audio of a request; mean",
    source: OMNI,
    value: |c| mean(&c.durations, NO_AUDIO),
};

static VLLM_OMNI: [Term; 18] = [
    COMPLETED,
    FAILED,
    Term {
        name: "request_throughput",
        definition: "requests answered / duration of the benchmark, here from the first request to the last audio that was whole",
        source: OMNI,
        value: |c| Ok(c.completed() / c.window()?),
    },
    Term {
        name: "mean_e2el_ms",
        definition: "request until its answer was whole; mean",
        source: OMNI,
        value: |c| ms(mean(&c.latencies, NO_AUDIO)),
    },
    Term {
        name: "median_e2el_ms",
        definition: "the same; median, interpolated",
        source: OMNI,
        value: |c| ms(interpolated(&c.latencies, 50, NO_AUDIO)),
    },
    Term {
        name: "mean_audio_ttfp_ms",
        definition: "request until its first piece of audio; mean",
        source: OMNI,
        value: |c| ms(mean(&c.first_audio, NO_AUDIO)),
    },
    Term {
        name: "median_audio_ttfp_ms",
        definition: "the same; median, interpolated",
        source: OMNI,
        value: |c| ms(interpolated(&c.first_audio, 50, NO_AUDIO)),
    },
    Term {
        name: "std_audio_ttfp_ms",
        definition: "the same; standard deviation of the values",
        source: OMNI,
        value: |c| ms(deviation(&c.first_audio, NO_AUDIO)),
    },
    Term {
        name: "total_audio_duration_s",
        definition: "length of all audio",
        source: OMNI,
        value: |c| Ok(c.durations.iter().sum()),
    },
    MEAN_DURATION,
    Term {
        name: "median_audio_duration_s",
        definition: "the same; median, interpolated",
        source: OMNI,
        value: |c| interpolated(&c.durations, 50, NO_AUDIO),
    },
    Term {
        name: "std_audio_duration_s",
        definition: "the same; standard deviation of the values",
        source: OMNI,
        value: |c| deviation(&c.durations, NO_AUDIO),
    },
    Term {
        name: "audio_throughput",
        definition: "length of all audio / duration of the benchmark, here as of request_throughput",
        source: OMNI,
        value: Collected::audio_rate,
    },
    Term {
        name: "mean_audio_underrun_s",
        definition: "largest, over the pieces, of (time since the first piece - audio received before this one), no pre-roll; mean. Answers in one piece are left out here and count as 0 there",
        source: OMNI_CONTINUITY,
        value: |c| mean(&c.deficits, NO_PIECES),
    },
    Term {
        name: "median_audio_underrun_s",
        definition: "the same; median, interpolated",
        source: OMNI_CONTINUITY,
        value: |c| interpolated(&c.deficits, 50, NO_PIECES),
    },
    Term {
        name: "std_audio_underrun_s",
        definition: "the same; standard deviation of the values",
        source: OMNI_CONTINUITY,
        value: |c| deviation(&c.deficits, NO_PIECES),
    },
    Term {
        name: "p99_audio_underrun_s",
        definition: "the same; 99th percentile, interpolated, as percentiles_audio_underrun_s has it",
        source: OMNI_CONTINUITY,
        value: |c| interpolated(&c.deficits, 99, NO_PIECES),
    },
    Term {
        name: "audio_continuity_ok_rate",
        definition: "share (0 to 1) of the answers with an underrun of at most 0.1 s. Answers in one piece are left out here and count as continuous there",
        source: OMNI_CONTINUITY,
        value: |c| {
            let ok = c.deficits.iter().map(|deficit| if *deficit <= 0.1 { 1.0 } else { 0.0 });
            mean(&ok.collect::<Vec<_>>(), NO_PIECES)
        },
    },
];

const SGL: &str = "sgl-project/sglang-omni: benchmarks/metrics/performance.py";
const SGL_CONTINUITY: &str = "sgl-project/sglang-omni: benchmarks/metrics/playback_continuity.py";

static SGLANG: [Term; 15] = [
    Term { name: "completed_requests", source: SGL, ..COMPLETED },
    Term { name: "failed_requests", source: SGL, ..FAILED },
    Term {
        name: "latency_mean_s",
        definition: "request until its answer was whole; mean",
        source: SGL,
        value: |c| mean(&c.latencies, NO_AUDIO),
    },
    Term {
        name: "latency_median_s",
        definition: "the same; median, interpolated",
        source: SGL,
        value: |c| interpolated(&c.latencies, 50, NO_AUDIO),
    },
    Term {
        name: "latency_p95_s",
        definition: "the same; 95th percentile, interpolated",
        source: SGL,
        value: |c| interpolated(&c.latencies, 95, NO_AUDIO),
    },
    Term {
        name: "latency_p99_s",
        definition: "the same; 99th percentile, interpolated",
        source: SGL,
        value: |c| interpolated(&c.latencies, 99, NO_AUDIO),
    },
    Term { name: "audio_duration_mean_s", source: SGL, ..MEAN_DURATION },
    Term {
        name: "rtf_mean",
        definition: "time until the answer was whole / length of its audio; mean",
        source: SGL,
        value: |c| mean(&c.factors, NO_AUDIO),
    },
    Term {
        name: "rtf_median",
        definition: "the same; median, interpolated",
        source: SGL,
        value: |c| interpolated(&c.factors, 50, NO_AUDIO),
    },
    Term {
        name: "throughput_qps",
        definition: "requests answered / time of the benchmark, here from the first request to the last audio that was whole",
        source: SGL,
        value: |c| Ok(c.completed() / c.window()?),
    },
    Term {
        name: "playback_continuity_requests",
        definition: "answers in several pieces",
        source: SGL_CONTINUITY,
        value: |c| Ok(count(c.waits.len())),
    },
    Term {
        name: "playback_continuity_na_requests",
        definition: "answers in one piece",
        source: SGL_CONTINUITY,
        value: |c| Ok(whole(c.in_one_piece)),
    },
    Term {
        name: "c50",
        definition: "share (%) of the answers in several pieces in which a player that starts at once and waits where it must never waits longer than 50 ms at a time",
        source: SGL_CONTINUITY,
        value: |c| c.waits_within(0.05),
    },
    Term {
        name: "c100",
        definition: "the same of 100 ms",
        source: SGL_CONTINUITY,
        value: |c| c.waits_within(0.1),
    },
    Term {
        name: "c200",
        definition: "the same of 200 ms",
        source: SGL_CONTINUITY,
        value: |c| c.waits_within(0.2),
    },
];

const NVIDIA: &str = "nvidia-riva/cpp-clients: riva/clients/tts/riva_tts_perf_client.cc";

static RIVA: [Term; 6] = [
    Term {
        name: "First audio - average",
        definition: "request until its first piece of audio, in seconds; mean",
        source: NVIDIA,
        value: |c| mean(&c.first_audio, NO_AUDIO),
    },
    Term {
        name: "First audio - P90",
        definition: "the same; the value at place 0.90 n of the sorted ones",
        source: NVIDIA,
        value: |c| at_place(&c.first_audio, 90, NO_AUDIO),
    },
    Term {
        name: "First audio - P95",
        definition: "the same; the value at place 0.95 n of the sorted ones",
        source: NVIDIA,
        value: |c| at_place(&c.first_audio, 95, NO_AUDIO),
    },
    Term {
        name: "First audio - P99",
        definition: "the same; the value at place 0.99 n of the sorted ones",
        source: NVIDIA,
        value: |c| at_place(&c.first_audio, 99, NO_AUDIO),
    },
    Term {
        name: "Chunk - average",
        definition: "time between pieces that followed each other, over all pieces",
        source: NVIDIA,
        value: |_| Err("the facts hold the largest gap of an answer, and not every one"),
    },
    Term {
        name: "Throughput (RTF)",
        definition: "length of all audio / time of the whole run, here from the first request to the last audio that was whole; the pages call it RTFX",
        source: NVIDIA,
        value: Collected::audio_rate,
    },
];

const CTA: &str = "CTA-2066";
const NOBODY: &str = "nobody began to play";

static CTA_2066: [Term; 5] = [
    Term {
        name: "Initial Startup Time",
        definition: "intended start until playback starts, in ms; mean",
        source: CTA,
        value: |c| c.summary()?.startup_time.map(|times| times.mean_ms).ok_or(NOBODY),
    },
    Term {
        name: "Initial Startup Time (largest)",
        definition: "the same; the largest",
        source: CTA,
        value: |c| c.summary()?.startup_time.map(|times| times.max_ms).ok_or(NOBODY),
    },
    Term {
        name: "Rebuffering Count",
        definition: "stalls after playback had begun, of all listeners",
        source: CTA,
        value: |c| c.summary()?.underruns.map(|stalls| whole(stalls.count)).ok_or(NOBODY),
    },
    Term {
        name: "Rebuffering Count per session",
        definition: "the same / listeners intended",
        source: CTA,
        value: |c| c.summary()?.underruns.map(|stalls| stalls.mean_per_user).ok_or(NOBODY),
    },
    Term {
        name: "Rebuffering Percentage",
        definition: "stall / (playing + startup + stall), each summed over the listeners, in percent",
        source: CTA,
        value: |c| c.summary()?.stalled_time_pct.ok_or("no session ended, or nobody began to play"),
    },
];

const COVAL_METHOD: &str = "coval-ai/benchmarks: docs/methodology.md";

static COVAL: [Term; 1] = [Term {
    name: "TTFA",
    definition: "first piece of audio - start of synthesis + silence before the first audible sample, in ms; mean of the requests whose \
                 audio was listened to",
    source: COVAL_METHOD,
    value: |c| ms(mean(&c.audible, "nobody listened to the head of the audio, or all of it was silent")),
}];

fn ms(seconds: Result<f64, &'static str>) -> Result<f64, &'static str> {
    Ok(1_000.0 * seconds?)
}
