//! Names of other tools, with numbers on paper.

use claque_core::{
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord, Fact},
    remark::Findings,
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{
    RunShape, summarise,
    vocabulary::{Vocabulary, VocabularyBuilder, terms},
};

use crate::facts::{block, failed_block, session, stall};
use claque_core::event::FailureClass;

const SHAPE: RunShape = RunShape { users: 1, blocks_per_user: 4 };

/// Audio of `media_ms` in so many pieces: asked for at 0, first heard of after 100 ms, whole after a second.
fn stream(index: u32, media_ms: u64, pieces: u32, deficit_ms: u64, gap_ms: u64) -> Fact {
    Fact::Block(BlockRecord {
        block: BlockIdx(index),
        requested_at: Some(Instant::START),
        first_audio_at: Some(Instant::from_millis(100)),
        ready_at: Some(Instant::from_millis(1_000)),
        complete_at: Some(Instant::from_millis(1_000)),
        media: MediaTime::from_millis(media_ms),
        chunks: pieces,
        buffer_deficit: (pieces > 1).then(|| Duration::from_millis(deficit_ms)),
        largest_chunk_gap: (pieces > 1).then(|| Duration::from_millis(gap_ms)),
        outcome: BlockOutcome::Played,
        ..block(0, index, 0)
    })
}

/// The value of a term, or why there is none.
fn told(facts: &[Fact], vocabulary: Vocabulary, name: &str) -> Result<f64, &'static str> {
    let mut builder = VocabularyBuilder::default();
    facts.iter().for_each(|fact| builder.add(fact));
    let terms = builder.finish(vocabulary, summarise(SHAPE, facts, None));
    let term = terms.iter().find(|term| term.name == name).expect("the name is one of the vocabulary");
    term.value.ok_or_else(|| term.reason.expect("what is not told has a reason"))
}

#[test]
fn the_underrun_of_vllm_omni_is_the_deficit_and_of_one_piece_there_is_none() {
    let omni = |facts: &[Fact], name| told(facts, Vocabulary::VllmOmni, name);
    let facts = [stream(0, 2_000, 5, 100, 400), stream(1, 2_000, 5, 300, 400), stream(2, 2_000, 1, 0, 0)];
    assert_eq!(omni(&facts, "mean_audio_underrun_s"), Ok(0.2));
    assert_eq!(omni(&facts, "std_audio_underrun_s"), Ok(0.1));
    assert_eq!(omni(&facts, "audio_continuity_ok_rate"), Ok(0.5), "0.1 s is still continuous");
    assert_eq!(omni(&facts, "completed"), Ok(3.0));
    assert_eq!(omni(&facts, "audio_throughput"), Ok(6.0), "6 s of audio in a second");
    assert!(omni(&[stream(0, 2_000, 1, 0, 0)], "mean_audio_underrun_s").is_err());
}

#[test]
fn quantiles_are_interpolated_where_the_other_tool_does() {
    let facts = [stream(0, 1_000, 1, 0, 0), stream(1, 2_000, 1, 0, 0)];
    assert_eq!(told(&facts, Vocabulary::VllmOmni, "median_audio_duration_s"), Ok(1.5));
    assert_eq!(told(&facts, Vocabulary::Sglang, "rtf_mean"), Ok(0.75), "1 and 0.5");
}

#[test]
fn the_longest_wait_is_told_only_where_the_facts_are_certain_of_it() {
    let c = |facts: &[Fact], name| told(facts, Vocabulary::Sglang, name);
    // All waits together are 60 ms: one wait of more than 100 there cannot be; but of more than 50 there can.
    let late = [stream(0, 2_000, 5, 60, 400)];
    assert_eq!(c(&late, "c100"), Ok(100.0));
    assert!(c(&late, "c50").is_err());
    // No wait is longer than the gap between two pieces.
    assert_eq!(c(&[stream(0, 2_000, 5, 60, 40)], "c50"), Ok(100.0));
    // With two pieces there is one wait.
    assert_eq!(c(&[stream(0, 2_000, 2, 60, 400), stream(1, 2_000, 2, 10, 400)], "c50"), Ok(50.0));
    assert!(c(&[stream(0, 2_000, 1, 0, 0)], "c50").is_err(), "one piece says nothing");
}

#[test]
fn a_failed_request_is_counted_and_in_no_time() {
    let facts = [stream(0, 2_000, 5, 0, 100), Fact::Block(failed_block(0, 1, FailureClass::Server))];
    assert_eq!(told(&facts, Vocabulary::Sglang, "failed_requests"), Ok(1.0));
    assert_eq!(told(&facts, Vocabulary::Sglang, "latency_mean_s"), Ok(1.0));
}

#[test]
fn riva_takes_the_value_at_a_place_and_knows_gaps_that_the_facts_do_not_hold() {
    let facts = [stream(0, 2_000, 5, 0, 100)];
    assert_eq!(told(&facts, Vocabulary::Riva, "First audio - P99"), Ok(0.1));
    assert_eq!(told(&facts, Vocabulary::Riva, "Throughput (RTF)"), Ok(2.0));
    assert!(told(&facts, Vocabulary::Riva, "Chunk - average").is_err());
}

#[test]
fn cta_2066_is_about_playback() {
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        stall(0, 1, 3_000, 500),
        Fact::Listener(session(0, Some(1_000), 5_500)),
    ];
    let cta = |name| told(&facts, Vocabulary::Cta2066, name);
    assert_eq!(cta("Initial Startup Time"), Ok(1_000.0));
    assert_eq!(cta("Rebuffering Count"), Ok(1.0));
    assert_eq!(cta("Rebuffering Percentage"), Ok(9.090_909), "500 of 5500");
}

#[test]
fn the_first_audio_of_coval_has_the_silence_at_its_head_where_somebody_listened() {
    let Fact::Block(heard) = stream(0, 2_000, 5, 0, 100) else { panic!("it is a block") };
    let silence = MediaTime::from_millis(250);
    let findings = Findings { leading_silence: Some(silence), ..Findings::NONE };
    let heard = Fact::Block(BlockRecord { findings: Some(findings), ..heard });
    let facts = [heard, stream(1, 2_000, 5, 0, 100)];
    assert_eq!(
        told(&facts, Vocabulary::Coval, "TTFA"),
        Ok(350.0),
        "100 ms and 250 ms; to the other nobody listened"
    );
    assert!(told(&facts[1..], Vocabulary::Coval, "TTFA").is_err());
}

#[test]
fn nothing_comes_to_a_number_where_nothing_was_delivered() {
    for vocabulary in Vocabulary::ALL {
        let terms = VocabularyBuilder::default().finish(vocabulary, summarise(SHAPE, &[], None));
        let numbers = terms.iter().filter(|term| term.value.is_some_and(|value| value != 0.0));
        assert_eq!(numbers.count(), 0, "{vocabulary:?}");
    }
}

#[test]
fn every_name_has_its_source() {
    for term in Vocabulary::ALL.into_iter().flat_map(terms) {
        assert!(!term.source.is_empty() && !term.definition.is_empty(), "{}", term.name);
    }
}
