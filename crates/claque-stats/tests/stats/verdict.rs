//! What makes a run invalid, and what does not.

use crate::facts::{block, error, failed_block, session};
use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    gap::{Gap, GapLog, GeneratorPart},
    ids::BlockIdx,
    lag::LagHistogram,
    record::{BlockOutcome, BlockRecord, ErrorRecord, Fact, ListenerRecord, SessionEnd},
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{GeneratorGap, ReasonId, RunShape, ScheduleLag, Summary, Validity, Verdict, summarise};

const ONE_BY_TWO: RunShape = RunShape { users: 1, blocks_per_user: 2 };

fn good_run() -> Vec<Fact> {
    vec![
        Fact::Block(block(0, 0, 1_000)),
        Fact::Block(block(0, 1, 2_000)),
        Fact::Listener(session(0, Some(1_000), 5_000)),
    ]
}

fn lag_of(millis: u64) -> Option<ScheduleLag> {
    let mut histogram = LagHistogram::default();
    histogram.record(Duration::from_millis(millis));
    ScheduleLag::from_histogram(&histogram)
}

fn judge(facts: &[Fact]) -> Verdict {
    Verdict::judge(&summarise(ONE_BY_TWO, facts, lag_of(1)))
}

fn reasons(verdict: &Verdict) -> Vec<ReasonId> {
    verdict.reasons.iter().map(|reason| reason.id).collect()
}

#[test]
fn a_good_run_is_valid_and_needs_no_words() {
    let verdict = judge(&good_run());
    assert!(verdict.is_valid());
    assert_eq!((verdict.reasons, verdict.notes), (vec![], vec![]));
}

#[test]
fn foreign_messages_are_cross_talk_with_their_count() {
    let mut facts = good_run();
    facts[2] = Fact::Listener(ListenerRecord { foreign_messages: 133, ..session(0, Some(1_000), 5_000) });
    let verdict = judge(&facts);
    assert!(!verdict.is_valid());
    assert_eq!(verdict.reasons[0].text, "cross-talk: 133 messages of foreign documents");
    assert_eq!(reasons(&verdict), [ReasonId::CrossTalk]);
}

#[test]
fn a_late_generator_invalidates_only_above_its_threshold() {
    let at = |millis| Verdict::judge(&summarise(ONE_BY_TWO, &good_run(), lag_of(millis)));
    assert!(at(49).is_valid());
    assert_eq!(reasons(&at(51)), [ReasonId::GeneratorLate]);
}

#[test]
fn stretches_that_are_short_each_invalidate_by_their_sum() {
    // The listener is there for 5 s: 5 % of that are 250 ms.
    let with_gaps = |lengths: &[u64]| {
        let mut log = GapLog::default();
        for (place, &length) in (0_u64..).zip(lengths) {
            let (from, lasted) = (Instant::from_millis(place * 500), Duration::from_millis(length));
            log.record(Gap { from, lasted, of: GeneratorPart::Recorder });
        }
        let generator_gap = GeneratorGap::from_log(&log);
        Verdict::judge(&Summary { generator_gap, ..summarise(ONE_BY_TWO, &good_run(), lag_of(1)) })
    };
    let within = with_gaps(&[125, 125]);
    assert!(within.is_valid());
    assert_eq!(within.notes[0].id, ReasonId::GeneratorGaps);

    let beyond = with_gaps(&[125, 126]);
    assert_eq!((reasons(&beyond), beyond.notes), (vec![ReasonId::GeneratorLate], vec![]));
    let text = &beyond.reasons[0].text;
    assert!(
        text.starts_with("generator late: claque did not run for 50 ms or more 2 times, 251 ms in all"),
        "{text}"
    );
    assert!(text.ends_with("together 5.0 % of the time in which anybody listened, more than 5 %"), "{text}");
}

#[test]
fn what_nobody_measured_is_neither_valid_nor_invalid() {
    let notes = |verdict: &Verdict| verdict.notes.iter().map(|note| note.id).collect::<Vec<_>>();
    let unwatched = summarise(ONE_BY_TWO, &good_run(), None);
    let verdict = Verdict::judge(&unwatched);
    assert_eq!((verdict.validity(), verdict.is_valid()), (Validity::Unverified, false));
    assert_eq!(notes(&verdict), [ReasonId::LagNotMeasured]);

    let verdict = Verdict::judge(&unwatched.with_messages_unwatched());
    assert_eq!(verdict.validity(), Validity::Unverified);
    assert_eq!(notes(&verdict), [ReasonId::LagNotMeasured, ReasonId::CrossTalkNotMeasured]);

    // What was measured and speaks against the figures weighs more.
    let mut cut = good_run();
    cut[2] = Fact::Listener(ListenerRecord { end: SessionEnd::Stopped, ..session(0, Some(1_000), 5_000) });
    assert_eq!(Verdict::judge(&summarise(ONE_BY_TWO, &cut, None)).validity(), Validity::Invalid);
}

#[test]
fn a_rate_limit_invalidates_with_the_words_of_the_service() {
    let mut facts = good_run();
    facts[1] = Fact::Block(failed_block(0, 1, FailureClass::Limit));
    facts.push(error(0, FailureClass::Limit, "slow down", FailureScope::Block(BlockIdx(1))));
    let verdict = judge(&facts);
    assert_eq!(reasons(&verdict), [ReasonId::RateLimit]);
    assert_eq!(verdict.reasons[0].text, "rate limit: 1 refusal (slow down)");
}

#[test]
fn server_errors_are_a_result_and_leave_the_run_valid() {
    let mut facts = good_run();
    facts[1] = Fact::Block(failed_block(0, 1, FailureClass::Server));
    let failed = SessionEnd::Failed(FailureClass::Server);
    facts[2] = Fact::Listener(ListenerRecord { end: failed, ..session(0, Some(1_000), 5_000) });
    let verdict = judge(&facts);
    assert!(verdict.is_valid());
    let notes: Vec<_> = verdict.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["1 of 2 blocks failed", "1 of 1 listener failed"]);
}

#[test]
fn a_stopped_or_unfinished_listener_means_interrupted() {
    let mut stopped = good_run();
    stopped[2] =
        Fact::Listener(ListenerRecord { end: SessionEnd::Stopped, ..session(0, Some(1_000), 5_000) });
    assert_eq!(reasons(&judge(&stopped)), [ReasonId::Interrupted]);
    assert_eq!(reasons(&judge(&good_run()[..2])), [ReasonId::Interrupted]);
}

#[test]
fn of_a_run_that_was_killed_before_anybody_is_on_record_as_playing_nobody_knows_whether_anybody_did() {
    let verdict = judge(&[]);
    assert_eq!(reasons(&verdict), [ReasonId::Interrupted]);
    assert_eq!(
        verdict.reasons[0].text,
        "interrupted: 1 of 1 listener did not come to an end; whether anybody began to play is on no record"
    );
}

#[test]
fn nothing_heard_is_nothing_measured() {
    let failed = ListenerRecord { end: SessionEnd::Failed(FailureClass::Transport), ..session(0, None, 10) };
    let verdict = judge(&[Fact::Listener(failed)]);
    assert_eq!(reasons(&verdict), [ReasonId::NothingStarted, ReasonId::NoAudio]);
}

#[test]
fn audio_cut_in_the_middle_or_without_sound_invalidates() {
    let mut silent = good_run();
    silent[1] = Fact::Block(BlockRecord { media: MediaTime::ZERO, ..block(0, 1, 2_000) });
    assert_eq!(reasons(&judge(&silent)), [ReasonId::AudioCutOrSilent]);

    let mut cut = good_run();
    cut[1] = Fact::Block(failed_block(0, 1, FailureClass::Protocol));
    let Fact::Error(record) =
        error(0, FailureClass::Protocol, "stream ends inside a page", FailureScope::Block(BlockIdx(1)))
    else {
        panic!("an error was asked for")
    };
    let failure = Failure { phase: Phase::MidAudio, ..record.failure };
    cut.push(Fact::Error(ErrorRecord { failure, ..record }));
    let verdict = judge(&cut);
    assert_eq!(reasons(&verdict), [ReasonId::AudioCutOrSilent]);
    assert_eq!(verdict.reasons[0].text, "audio cut or silent: 1 cut or broken, 0 blocks without sound");
}

#[test]
fn what_the_service_made_no_block_of_is_told_from_the_first_and_invalidates_above_one_in_ten() {
    // One listener of ten blocks, all of which there were, and others whose document had as many.
    let of = |made: &[u32]| {
        let mut facts = Vec::new();
        for (listener, &blocks) in (0..).zip(made) {
            facts.extend((0..blocks).map(|index| Fact::Block(block(listener, index, 1_000))));
            facts.push(Fact::Listener(ListenerRecord { blocks, ..session(listener, Some(1_000), 5_000) }));
        }
        let shape = RunShape { users: u32::try_from(made.len()).unwrap(), blocks_per_user: 10 };
        let summary = summarise(shape, &facts, lag_of(1));
        assert_eq!(summary.blocks.unmade, summary.blocks.unreached);
        Verdict::judge(&summary)
    };
    assert_eq!(of(&[10, 10]).notes, []);
    let few = of(&[10, 9]);
    assert!(few.is_valid());
    assert_eq!(few.notes[0].id, ReasonId::BlocksUnmade);
    assert!(few.notes[0].text.contains("1 of 20 blocks were not there"), "{}", few.notes[0].text);
    assert_eq!(reasons(&of(&[10, 7])), [ReasonId::BlocksUnmade]);
}

#[test]
fn what_the_service_passes_over_is_told_from_the_first_and_invalidates_above_one_in_ten() {
    let of = |skipped: u32| {
        let outcome = |index| if index < skipped { BlockOutcome::Skipped } else { BlockOutcome::Played };
        let blocks = (0..20)
            .map(|index| Fact::Block(BlockRecord { outcome: outcome(index), ..block(0, index, 1_000) }));
        let session = ListenerRecord { blocks: 20, ..session(0, Some(1_000), 5_000) };
        let facts: Vec<Fact> = blocks.chain([Fact::Listener(session)]).collect();
        judge_shape(RunShape { users: 1, blocks_per_user: 20 }, &facts)
    };
    assert_eq!(of(0).notes, []);
    let few = of(2);
    assert!(few.is_valid());
    assert_eq!(few.notes[0].id, ReasonId::BlocksSkipped);
    assert!(few.notes[0].text.contains("passed over 2 of 20 blocks"), "{}", few.notes[0].text);
    assert_eq!(reasons(&of(3)), [ReasonId::BlocksSkipped]);
}

fn judge_shape(shape: RunShape, facts: &[Fact]) -> Verdict {
    Verdict::judge(&summarise(shape, facts, lag_of(1)))
}
