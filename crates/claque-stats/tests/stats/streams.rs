//! Figures of streams, with numbers on paper.

#![expect(clippy::float_cmp, reason = "the figures of these runs are exact in binary")]

use crate::facts::{block, failed_block, incident, session};
use claque_core::{
    event::FailureClass,
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord, Fact, Incident, ListenerRecord},
    remark::Findings,
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{
    Distribution, Observations, ObservationsBuilder, RunShape, StreamFigures, Summary, SummaryBuilder,
    compare::{Candidate, CompareOptions, Figures, Repetition, compare},
    figures::FigureValue,
    objective::Objective,
    summarise,
};

const SHAPE: RunShape = RunShape { users: 1, blocks_per_user: 4 };

const fn ms(millis: u64) -> Option<Instant> {
    Some(Instant::from_millis(millis))
}

/// Two seconds of audio in five pieces: asked for, first heard of after 100 ms, whole after a second.
fn stream(index: u32, asked_ms: u64, deficit_ms: u64) -> BlockRecord {
    BlockRecord {
        intended_at: ms(asked_ms),
        requested_at: ms(asked_ms),
        answered_request_at: ms(asked_ms),
        first_audio_at: ms(asked_ms + 100),
        ready_at: ms(asked_ms + 1_000),
        complete_at: ms(asked_ms + 1_000),
        started_at: ms(asked_ms + 150),
        chunks: 5,
        buffer_deficit: Some(Duration::from_millis(deficit_ms)),
        largest_chunk_gap: Some(Duration::from_millis(300)),
        ..block(0, index, 0)
    }
}

/// The same in one piece.
fn in_one_piece(index: u32, asked_ms: u64) -> BlockRecord {
    BlockRecord {
        chunks: 1,
        first_audio_at: ms(asked_ms + 1_000),
        buffer_deficit: None,
        largest_chunk_gap: None,
        ..stream(index, asked_ms, 0)
    }
}

/// Interrupted after half a second, before it was whole.
fn cancelled(index: u32, asked_ms: u64) -> BlockRecord {
    BlockRecord {
        outcome: BlockOutcome::Abandoned,
        ready_at: None,
        complete_at: None,
        ..stream(index, asked_ms, 0)
    }
}

fn barge_in(index: u32, at_ms: u64) -> Fact {
    incident(0, at_ms, Incident::BargedIn { block: BlockIdx(index) })
}

fn summary_of(facts: &[Fact]) -> Summary {
    summarise(SHAPE, facts, None)
}

fn figures_of(facts: &[Fact]) -> StreamFigures {
    summary_of(facts).streams.expect("there is a stream")
}

fn expected_figures_of(facts: &[Fact]) -> StreamFigures {
    let mut builder = SummaryBuilder::new(SHAPE);
    builder.expect_streams();
    facts.iter().for_each(|fact| builder.add(fact));
    builder.finish(None).streams.expect("they are expected")
}

fn number(figures: &StreamFigures, id: &str) -> Option<f64> {
    let FigureValue::Number(number) = figures.value(id)? else { panic!("{id} is told in another way") };
    Some(number)
}

fn ratio(figures: &StreamFigures, id: &str) -> Option<(u64, f64)> {
    let FigureValue::Ratios(ratios) = figures.value(id)? else { panic!("{id} is told in another way") };
    Some((ratios.count, ratios.mean))
}

fn times(figures: &StreamFigures, id: &str) -> Option<Distribution> {
    let FigureValue::Times(times) = figures.value(id)? else { panic!("{id} is told in another way") };
    Some(times)
}

#[test]
fn real_time_factors_of_a_stream_by_hand() {
    let figures = figures_of(&[Fact::Block(stream(0, 10, 60))]);
    assert_eq!(ratio(&figures, "delivery_rtf"), Some((1, 0.5)), "1 s for 2 s of audio");
    assert_eq!(ratio(&figures, "rtfx"), Some((1, 2.0)));
    assert_eq!(ratio(&figures, "steady_rtf"), Some((1, 0.45)), "0.9 s from its first audio on");
    assert_eq!(times(&figures, "buffer_deficit").unwrap().max_ms, 60.0);
    assert_eq!(times(&figures, "chunk_gap").unwrap().max_ms, 300.0);
}

#[test]
fn a_run_without_streams_has_no_figures_of_them() {
    assert_eq!(summary_of(&[Fact::Block(block(0, 0, 1_000))]).streams, None);
    let fetched =
        BlockRecord { first_audio_at: ms(1_010), complete_at: ms(1_020), chunks: 3, ..block(0, 0, 1_000) };
    assert_eq!(summary_of(&[Fact::Block(fetched)]).streams, None, "it was ready before it was fetched");
}

#[test]
fn an_answer_in_one_piece_says_nothing_of_continuity() {
    let figures = expected_figures_of(&[Fact::Block(in_one_piece(0, 10))]);
    assert_eq!(ratio(&figures, "delivery_rtf"), Some((1, 0.5)));
    for id in ["steady_rtf", "buffer_deficit", "chunk_gap", "continuity_ok@50", "continuity_ok@200"] {
        assert_eq!(figures.value(id), None, "{id}");
    }
}

#[test]
fn continuity_is_a_share_of_streams_and_of_what_failed() {
    let failed = Fact::Block(failed_block(0, 3, FailureClass::Server));
    let facts = [stream(0, 10, 50), stream(1, 10, 51), stream(2, 10, 200)].map(Fact::Block);
    let figures = figures_of(&[facts.as_slice(), &[failed]].concat());
    assert_eq!(number(&figures, "continuity_ok@50"), Some(25.0), "1 of 4");
    assert_eq!(number(&figures, "continuity_ok@100"), Some(50.0), "2 of 4");
    assert_eq!(number(&figures, "continuity_ok@200"), Some(75.0), "3 of 4, for one failed");
    assert_eq!(times(&figures, "buffer_deficit").unwrap().count, 3);
}

#[test]
fn the_rate_of_audio_is_that_of_the_whole_audience() {
    // 4 s of audio and 160 characters from 0 to 2 s.
    let figures = figures_of(&[stream(0, 0, 0), stream(1, 1_000, 0)].map(Fact::Block));
    assert_eq!(number(&figures, "audio_rate"), Some(2.0));
    assert_eq!(number(&figures, "chars_per_second"), Some(80.0));
    let unknown = BlockRecord { chars: 0, ..stream(1, 1_000, 0) };
    let figures = figures_of(&[stream(0, 0, 0), unknown].map(Fact::Block));
    assert_eq!((number(&figures, "audio_rate"), number(&figures, "chars_per_second")), (Some(2.0), None));
}

#[test]
fn only_in_a_conversation_is_there_a_response_time_of_each_utterance() {
    let blocks = [stream(0, 0, 0), stream(1, 3_000, 0)].map(Fact::Block);
    // 150 of startup, twice 2000 of audio, 850 of thinking; what is left of 5150 is the second response.
    let talk = ListenerRecord {
        playing: Some(Duration::from_millis(4_000)),
        paused: Duration::from_millis(850),
        ..session(0, Some(150), 5_150)
    };
    let figures = figures_of(&[blocks.as_slice(), &[Fact::Listener(talk.clone())]].concat());
    let response = times(&figures, "turn_response").unwrap();
    assert_eq!((response.count, response.mean_ms), (2, 150.0));
    let book = ListenerRecord { ended_at: Instant::from_millis(5_000), ..talk };
    let figures = figures_of(&[blocks.as_slice(), &[Fact::Listener(book)]].concat());
    assert_eq!(figures.value("turn_response"), None);
}

#[test]
fn a_conversation_of_one_utterance_has_a_response_time_too() {
    let mut builder = SummaryBuilder::new(SHAPE);
    builder.expect_streams();
    builder.expect_turns();
    builder.add(&Fact::Block(stream(0, 0, 0)));
    builder.add(&Fact::Listener(session(0, Some(150), 2_150)));
    let response = times(&builder.finish(None).streams.unwrap(), "turn_response").unwrap();
    assert_eq!((response.count, response.mean_ms), (1, 150.0));
}

#[test]
fn the_first_audio_of_an_interrupted_utterance_is_first_audio() {
    let facts = [cancelled(0, 0), stream(1, 5_000, 0)].map(Fact::Block);
    let ttfa = summarise(SHAPE, &facts, None).ttfa.unwrap();
    assert_eq!((ttfa.count, ttfa.mean_ms), (1, 100.0));
    assert_eq!(Observations::of(SHAPE, &facts).listeners()[0].ttfa_ms, Some(100.0));
}

/// Ten requests in a row; every other one is cancelled, and the one behind it waits 400 ms instead of 100.
fn interrupted(pairs: u32) -> Vec<Fact> {
    let mut facts = Vec::new();
    for pair in 0..pairs {
        let begins = u64::from(pair) * 10_000;
        let behind =
            BlockRecord { first_audio_at: ms(begins + 2_400), ..stream(2 * pair + 1, begins + 2_000, 0) };
        facts.push(Fact::Block(cancelled(2 * pair, begins)));
        facts.push(barge_in(2 * pair, begins + 500));
        facts.push(Fact::Block(behind));
        facts.push(Fact::Block(stream(100 + 2 * pair, begins + 5_000, 0)));
    }
    facts
}

#[test]
fn requests_behind_a_cancelled_one_are_told_apart_from_those_behind_a_heard_one() {
    let figures = figures_of(&interrupted(5));
    let (cancel, heard) = (times(&figures, "after_cancel").unwrap(), times(&figures, "after_heard").unwrap());
    assert_eq!((cancel.count, cancel.p50_ms), (5, Some(400.0)));
    assert_eq!((heard.count, heard.p50_ms), (5, Some(100.0)));
    assert_eq!(number(&figures, "cancel_ratio"), Some(4.0));
    assert_eq!(figures.value("barge_ins"), Some(FigureValue::Count(5)));
}

#[test]
fn fewer_than_five_requests_behind_a_cancelled_one_say_nothing() {
    let figures = figures_of(&interrupted(4));
    for id in ["after_cancel", "after_heard", "cancel_ratio"] {
        assert_eq!(figures.value(id), None, "{id}");
    }
}

#[test]
fn unwanted_bytes_are_those_that_somebody_noted() {
    let noted =
        |bytes| Fact::Listener(ListenerRecord { unwanted_bytes: bytes, ..session(0, Some(150), 5_000) });
    let of = |facts: [Fact; 2]| {
        figures_of(&[[Fact::Block(stream(0, 0, 0))].as_slice(), &facts].concat()).value("unwanted_bytes")
    };
    assert_eq!(of([noted(Some(700)), noted(Some(300))]), Some(FigureValue::Count(1_000)));
    assert_eq!(of([noted(None), noted(None)]), None);
}

/// The same, silent for so long at its head.
fn silent_for(millis: u64, block: BlockRecord) -> BlockRecord {
    let findings = Findings { leading_silence: Some(MediaTime::from_millis(millis)), ..Findings::NONE };
    BlockRecord { findings: Some(findings), ..block }
}

#[test]
fn silence_at_the_head_is_part_of_the_wait_for_the_first_sound() {
    // The first audio came after 100 ms and is silent for 120; that of the second block is no first audio.
    let facts = [silent_for(120, stream(0, 10, 0)), silent_for(40, stream(1, 3_000, 0))].map(Fact::Block);
    let summary = summary_of(&facts);
    let silence = times(&summary.streams.unwrap(), "leading_silence").unwrap();
    assert_eq!((silence.count, silence.mean_ms, silence.max_ms), (2, 80.0, 120.0));
    assert_eq!(summary.ttfa.unwrap().mean_ms, 100.0);
    assert_eq!(summary.ttfa_audible.unwrap().mean_ms, 220.0);
    let observed = Observations::of(RunShape { users: 1, blocks_per_user: 2 }, &facts);
    let judge = |line: &str| Objective::parse(line).unwrap().judge(&[&observed]);
    assert!(judge("ttfa_audible max <= 220 ms").met && judge("leading_silence max <= 120 ms").met);
    assert!(!judge("ttfa_audible max < 220 ms").met);
}

#[test]
fn a_wait_for_sound_is_not_known_where_nobody_listened_to_the_first_audio() {
    // The block that came first was not listened to, the second was.
    let facts = [stream(0, 10, 0), silent_for(40, stream(1, 3_000, 0))].map(Fact::Block);
    let summary = summary_of(&facts);
    assert_eq!(summary.ttfa_audible, None);
    assert_eq!(times(&summary.streams.unwrap(), "leading_silence").unwrap().count, 1);
    let judged =
        Objective::parse("ttfa_audible max < 9 s").unwrap().judge(&[&Observations::of(SHAPE, &facts)]);
    assert_eq!((judged.met, judged.value, judged.measured, judged.missing), (false, None, 0, 0));
}

#[test]
fn objectives_name_speeds_of_which_more_is_better() {
    // 1 s, 2 s and 0.5 s for 2 s of audio: twice, once and four times as fast as it plays.
    let slow = BlockRecord { complete_at: ms(2_010), ..stream(1, 10, 0) };
    let fast = BlockRecord { complete_at: ms(510), ..stream(2, 10, 0) };
    let facts = [stream(0, 10, 0), slow, fast].map(Fact::Block);
    let shape = RunShape { users: 1, blocks_per_user: 3 };
    let observed = Observations::of(shape, &facts);
    let judge = |line: &str| Objective::parse(line).unwrap().judge(&[&observed]);
    assert_eq!(judge("rtfx median >= 2").value, Some(2.0));
    assert!(judge("rtfx mean >= 2.3").met && !judge("rtfx mean >= 2.4").met);
    let slowest = judge("rtfx p5 >= 1");
    assert!(slowest.met && slowest.max_instead, "of three values the smallest is no fifth percentile");
    let failed = [facts.as_slice(), &[Fact::Block(failed_block(0, 3, FailureClass::Server))]].concat();
    let observed = Observations::of(SHAPE, &failed);
    let judged = Objective::parse("rtfx p25 >= 1").unwrap().judge(&[&observed]);
    assert_eq!(
        (judged.met, judged.value),
        (false, Some(0.0)),
        "a block that failed was delivered at no speed"
    );
    assert!(
        Objective::parse("rtfx max > 2").unwrap_err().to_string().contains("the largest rtfx is its best")
    );
}

#[test]
fn objectives_name_the_response_of_a_conversation() {
    let facts = [stream(0, 0, 0), stream(1, 3_000, 0), cancelled(2, 6_000)].map(Fact::Block);
    let judged = |of: fn(&mut ObservationsBuilder)| {
        let mut builder = ObservationsBuilder::new(RunShape { users: 1, blocks_per_user: 3 });
        builder.expect_streams();
        of(&mut builder);
        facts.iter().for_each(|fact| builder.add(fact));
        Objective::parse("turn_response max <= 150 ms").unwrap().judge(&[&builder.finish()])
    };
    let talk = judged(ObservationsBuilder::expect_turns);
    assert_eq!((talk.met, talk.value, talk.measured), (true, Some(150.0), 3), "an interrupted one was heard");
    let book = judged(|_| {});
    assert_eq!((book.met, book.value), (false, None), "readers have no turns");
}

#[test]
fn objectives_name_figures_of_streams() {
    let failed = Fact::Block(failed_block(0, 3, FailureClass::Server));
    let facts = [stream(0, 10, 50), stream(1, 10, 51), stream(2, 10, 200)].map(Fact::Block);
    let observed = Observations::of(SHAPE, &[facts.as_slice(), &[failed]].concat());
    let judge = |line: &str| Objective::parse(line).unwrap().judge(&[&observed]);
    assert!(judge("delivery_rtf p50 <= 0.5").met);
    assert!(!judge("delivery_rtf max <= 0.5").met, "a block that failed counts as longer than any");
    assert_eq!(judge("continuity_ok@100 >= 99 %").value, Some(50.0));
    assert!(Objective::parse("delivery_rtf p50 < 1 s").is_err(), "a ratio has no unit");
    let silent = Observations::of(SHAPE, &[Fact::Block(block(0, 0, 1_000))]);
    let judged = Objective::parse("continuity_ok@100 >= 99 %").unwrap().judge(&[&silent]);
    assert_eq!((judged.met, judged.value), (false, None), "what was not measured is not met");
}

#[test]
fn a_comparison_shows_figures_of_streams_only_where_there_are_streams() {
    let rows = |record: BlockRecord| {
        let observed = Observations::of(SHAPE, &[Fact::Block(record)]);
        let runs = [Repetition { observed: &observed, seed: 1 }];
        let candidate = Candidate { runs: runs.to_vec(), objection: None, figures: Figures::Trusted };
        let found = compare(&runs, &[candidate], &CompareOptions::new());
        found.pairs[0]
            .rows
            .iter()
            .filter(|row| row.metric == "delivery_rtf")
            .map(|row| row.a)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(stream(0, 10, 0)).first(), Some(&Some(0.5)));
    assert_eq!(rows(block(0, 0, 1_000)), []);
}

#[test]
fn seconds_of_audio_do_not_matter_where_nothing_came() {
    let cut = BlockRecord {
        outcome: BlockOutcome::Failed(FailureClass::Server),
        ready_at: None,
        complete_at: None,
        media: MediaTime::ZERO,
        ..stream(0, 10, 60)
    };
    let figures = figures_of(&[Fact::Block(cut)]);
    assert_eq!(figures.value("delivery_rtf"), None, "a failed block is in no latency");
    assert_eq!(number(&figures, "continuity_ok@200"), Some(0.0), "and stays in the denominator");
    assert_eq!(figures.value("audio_rate"), None);
}
