//! The figures themselves, in the order of reports.

use super::{
    Better, Compared, Figure, FigureForm, FigureUnit, InObjectives, Parts,
    Place::{self, Markdown, Page, Text},
    Source, TimeMetric, ids,
    values::{
        always, continuous, delivery_rtf, each, errors, has_pieces, incidents_reported, leading_silence,
        of_blocks, rtfx, share, stalled, stalled_time_known, stalls_known, steady_rtf,
    },
};
use crate::sample::whole;

const EVERYWHERE: &[Place] = &[Text, Markdown, Page];

/// A time of which a comparison shows every figure and that an objective may name.
const TIME: Figure = Figure {
    id: "",
    unit: FigureUnit::Ms,
    told: FigureForm::Quantiles,
    per: "delivered block",
    better: Better::Lower,
    compared: Compared::Spread,
    objectives: InObjectives::Yes,
    places: EVERYWHERE,
    definition: "",
    absent: "no block was delivered",
    source: Source::Observations,
};

/// A number about all listeners together.
const NUMBER: Figure = Figure {
    per: "run",
    unit: FigureUnit::Count,
    told: FigureForm::Count,
    objectives: InObjectives::No,
    places: &[],
    ..TIME
};

const SHARE: Figure = Figure { unit: FigureUnit::Pct, told: FigureForm::Share, ..NUMBER };

/// A figure of streams; those of more than one piece say something of continuity.
const STREAM: Figure =
    Figure { per: "block of several pieces", absent: "no block came in several pieces", ..TIME };

const STREAM_RATIO: Figure = Figure {
    unit: FigureUnit::Ratio,
    per: "delivered block with audio",
    absent: "no audio was delivered",
    ..STREAM
};

const CONTINUITY: Figure = Figure {
    unit: FigureUnit::Pct,
    told: FigureForm::Share,
    per: "run",
    better: Better::Higher,
    source: Source::Streams,
    ..STREAM
};

/// Every figure, in the order of reports.
pub static ALL: [Figure; 37] = [
    Figure {
        id: "startup_time",
        per: "listener that started",
        compared: Compared::JudgedMean,
        definition: "intended start until playback starts (CTA-2066 initial startup time)",
        absent: "nobody started",
        source: Source::Times(|summary| summary.startup_time, TimeMetric::StartupTime),
        ..TIME
    },
    Figure {
        id: "ttfa",
        per: "listener that got audio",
        definition: "intended start until the first audio byte of any block that was delivered, or interrupted by its listener; a container header is not audio",
        absent: "no audio arrived",
        source: Source::Times(|summary| summary.ttfa, TimeMetric::Ttfa),
        ..TIME
    },
    Figure {
        id: "ttfa_audible",
        per: "listener whose first audio was listened to",
        places: &[Page],
        definition: "`ttfa` and the `leading_silence` of the block that came first",
        absent: "nobody listened to the first audio of anybody, or all of it was silent",
        source: Source::Times(|summary| summary.ttfa_audible, TimeMetric::TtfaAudible),
        ..TIME
    },
    Figure {
        id: "first_block",
        per: "listener whose block 0 was delivered",
        definition: "intended start until block 0, with which the text begins, is ready",
        absent: "no such block",
        source: Source::Times(|summary| summary.first_block, TimeMetric::FirstBlock),
        ..TIME
    },
    Figure {
        id: "round_trip",
        compared: Compared::JudgedMean,
        definition: "request written until the block is ready: service time",
        source: Source::Times(|summary| summary.round_trip, TimeMetric::RoundTrip),
        ..TIME
    },
    Figure {
        id: "response_time",
        places: &[Page],
        definition: "block wanted until it is ready",
        source: Source::Times(|summary| summary.response_time, TimeMetric::ResponseTime),
        ..TIME
    },
    Figure {
        id: "synthesis_time",
        per: "such pair",
        definition: "a block ready until the next ready block of the same request of the same listener, both delivered",
        absent: "no request with two delivered blocks",
        source: Source::Times(|summary| summary.synthesis_time, TimeMetric::SynthesisTime),
        ..TIME
    },
    Figure {
        id: "connect_time",
        per: "session that connected",
        compared: Compared::No,
        places: &[Text, Page],
        definition: "dialling until the connection is usable",
        absent: "none connected",
        source: Source::Times(|summary| summary.connect_time, TimeMetric::ConnectTime),
        ..TIME
    },
    Figure {
        id: "delivery_rtf",
        definition: "(audio whole - request written) / length of the audio",
        source: Source::Block(delivery_rtf),
        ..STREAM_RATIO
    },
    Figure {
        id: "rtfx",
        better: Better::Higher,
        definition: "1 / `delivery_rtf`: seconds of audio for each second of waiting",
        source: Source::Block(rtfx),
        ..STREAM_RATIO
    },
    Figure {
        id: "steady_rtf",
        per: "block of several pieces",
        absent: "no block came in several pieces",
        definition: "(audio whole - first audio byte) / length of the audio",
        source: Source::Block(steady_rtf),
        ..STREAM_RATIO
    },
    Figure {
        id: "buffer_deficit",
        definition: "largest (time since the first piece - audio received before this one), without any start buffer",
        source: Source::Block(|block| block.buffer_deficit),
        ..STREAM
    },
    Figure {
        id: "chunk_gap",
        definition: "largest time between two pieces that followed each other",
        source: Source::Block(|block| block.largest_chunk_gap),
        ..STREAM
    },
    Figure {
        id: "leading_silence",
        per: "delivered block that was listened to",
        definition: "silence at the head of the audio, at normal speed: until the first 10 ms above -50 dB of full scale",
        absent: "no audio was listened to, or all of it was silent",
        source: Source::Block(leading_silence),
        ..STREAM
    },
    Figure {
        id: ids::TURN_RESPONSE,
        per: "utterance that was heard",
        compared: Compared::No,
        definition: "utterance wanted until it is heard, in a conversation",
        absent: "nobody takes turns",
        source: Source::Utterances,
        ..STREAM
    },
    Figure {
        id: ids::AFTER_CANCEL,
        per: "request behind a cancelled one",
        compared: Compared::No,
        objectives: InObjectives::No,
        definition: "request written until the first audio byte, of requests behind one that was cancelled while it was under way",
        absent: "fewer than 5 on either side",
        source: Source::Streams,
        ..STREAM
    },
    Figure {
        id: ids::AFTER_HEARD,
        per: "request behind a heard one",
        compared: Compared::No,
        objectives: InObjectives::No,
        definition: "the same of requests behind one that was whole and heard",
        absent: "fewer than 5 on either side",
        source: Source::Streams,
        ..STREAM
    },
    Figure {
        id: ids::CANCEL_RATIO,
        unit: FigureUnit::Ratio,
        told: FigureForm::Quotient,
        places: EVERYWHERE,
        compared: Compared::No,
        definition: "median of `after_cancel` / median of `after_heard`",
        absent: "fewer than 5 on either side",
        source: Source::Streams,
        ..NUMBER
    },
    Figure {
        id: "continuity_ok@50",
        compared: Compared::Shown(Parts { of: |one| continuous(one, 50.0), measured: has_pieces }),
        definition: "blocks with a `buffer_deficit` of at most 50 ms / blocks of several pieces and blocks that failed",
        ..CONTINUITY
    },
    Figure {
        id: "continuity_ok@100",
        compared: Compared::Shown(Parts { of: |one| continuous(one, 100.0), measured: has_pieces }),
        definition: "the same of at most 100 ms",
        ..CONTINUITY
    },
    Figure {
        id: "continuity_ok@200",
        compared: Compared::Shown(Parts { of: |one| continuous(one, 200.0), measured: has_pieces }),
        definition: "the same of at most 200 ms",
        ..CONTINUITY
    },
    Figure {
        id: ids::AUDIO_RATE,
        unit: FigureUnit::AudioPerSecond,
        told: FigureForm::Quotient,
        better: Better::Higher,
        compared: Compared::No,
        places: EVERYWHERE,
        definition: "audio delivered to the whole audience / time from the first request to the last audio that was whole",
        absent: "no audio was delivered",
        source: Source::Streams,
        ..NUMBER
    },
    Figure {
        id: ids::CHARS_PER_SECOND,
        unit: FigureUnit::CharsPerSecond,
        told: FigureForm::Quotient,
        better: Better::Higher,
        compared: Compared::No,
        places: EVERYWHERE,
        definition: "characters of the blocks delivered / the same time",
        absent: "no audio was delivered, or the length of a text is not known",
        source: Source::Streams,
        ..NUMBER
    },
    Figure {
        id: ids::UNWANTED_BYTES,
        unit: FigureUnit::Bytes,
        compared: Compared::No,
        places: EVERYWHERE,
        definition: "audio that came when nobody waited for it, as of an utterance that was cancelled",
        absent: "nobody noted it",
        source: Source::Streams,
        ..NUMBER
    },
    Figure {
        id: ids::BARGE_INS,
        better: Better::Neither,
        compared: Compared::No,
        places: EVERYWHERE,
        definition: "utterances that a listener interrupted",
        absent: "nobody would have reported it",
        source: Source::Streams,
        ..NUMBER
    },
    Figure {
        id: "stalled_time_pct",
        compared: Compared::Judged(Parts { of: stalled, measured: stalled_time_known }),
        objectives: InObjectives::Yes,
        definition: "stall / (playing + startup + stall) (CTA-2066)",
        absent: "no session ended, or nobody began to play; none is on record and a session has no end on record",
        source: Source::Number(|summary| summary.stalled_time_pct),
        ..SHARE
    },
    Figure {
        id: "underruns",
        compared: Compared::Shown(Parts { of: |one| each(one.underruns.into()), measured: stalls_known }),
        objectives: InObjectives::Yes,
        definition: "stalls after playback had begun; compared per listener intended",
        absent: "nobody started",
        source: Source::Number(|summary| summary.underruns.map(|stalls| whole(stalls.count))),
        ..NUMBER
    },
    Figure {
        id: "listeners_affected_pct",
        compared: Compared::Shown(Parts { of: |one| share(one.underruns > 0), measured: stalls_known }),
        definition: "listeners with a stall / listeners intended",
        absent: "nobody started",
        source: Source::Number(|summary| summary.underruns.map(|stalls| stalls.listeners_affected_pct)),
        ..SHARE
    },
    Figure {
        id: "success_pct",
        better: Better::Higher,
        compared: Compared::Judged(Parts { of: |one| of_blocks(one, one.blocks_ok), measured: always }),
        objectives: InObjectives::Yes,
        definition: "`blocks.ok` / (`blocks.intended` - `blocks.forgone`)",
        absent: "nothing was wanted",
        source: Source::Number(|summary| summary.success_pct),
        ..SHARE
    },
    Figure {
        id: "errors",
        compared: Compared::Shown(Parts { of: |one| each(whole(one.errors)), measured: always }),
        objectives: InObjectives::Yes,
        definition: "failures, as the errors by cause count them; compared per listener intended",
        absent: "-",
        source: Source::Number(errors),
        ..NUMBER
    },
    Figure {
        id: "goodput_pct",
        better: Better::Higher,
        compared: Compared::Shown(Parts { of: |one| share(one.is_well_served()), measured: always }),
        objectives: InObjectives::Yes,
        definition: "listeners that got every block, to the end of their text or of the time that `--listens` gives them, without an underrun / listeners intended; who hung up before did not, a block that the service passed over was not got, and waiting for an answer of a conversation is no underrun; in comparisons and objectives",
        absent: "nobody was intended",
        source: Source::Number(|summary| summary.listeners.goodput_pct()),
        ..SHARE
    },
    Figure {
        id: "resends",
        compared: Compared::Shown(Parts { of: |one| each(whole(one.resends)), measured: incidents_reported }),
        objectives: InObjectives::Yes,
        definition: "requests for a block after its first; compared per listener intended",
        absent: NOT_REPORTED,
        source: Source::Number(|summary| summary.resends.map(|resends| whole(resends.count))),
        ..NUMBER
    },
    Figure {
        id: "resends_pct",
        compared: Compared::Shown(Parts {
            of: |one| of_blocks(one, one.blocks_resent),
            measured: incidents_reported,
        }),
        definition: "blocks wanted that were asked for again / blocks wanted",
        absent: NOT_REPORTED,
        source: Source::Number(|summary| summary.resends?.blocks_pct),
        ..SHARE
    },
    Figure {
        id: "given_up",
        compared: Compared::No,
        objectives: InObjectives::Yes,
        definition: "blocks that were given up, having been waited for too long",
        absent: NOT_REPORTED,
        source: Source::Number(|summary| summary.given_up.map(|given_up| whole(given_up.blocks))),
        ..NUMBER
    },
    Figure {
        id: "given_up_pct",
        compared: Compared::Shown(Parts {
            of: |one| of_blocks(one, one.blocks_given_up),
            measured: incidents_reported,
        }),
        definition: "blocks wanted that were given up / blocks wanted",
        absent: NOT_REPORTED,
        source: Source::Number(|summary| summary.given_up?.blocks_pct),
        ..SHARE
    },
    Figure {
        id: "audio_played_ms",
        unit: FigureUnit::Ms,
        better: Better::Neither,
        compared: Compared::No,
        definition: "media time of the blocks heard to the end, at normal speed",
        absent: "nobody started",
        source: Source::Number(|summary| summary.audio_played_ms),
        ..NUMBER
    },
    Figure {
        id: "wall_ms",
        unit: FigureUnit::Ms,
        better: Better::Neither,
        compared: Compared::No,
        definition: "the run's start to the end of the last session",
        absent: "no session ended",
        source: Source::Number(|summary| summary.wall_ms),
        ..NUMBER
    },
];

const NOT_REPORTED: &str = "nobody would have reported it: files from before, and of the older script";
