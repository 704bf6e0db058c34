//! The sentences, of figures that were made up.

use claque_stats::{ListenerCounts, Reason, ReasonId, RunShape, Underruns, summarise};

use super::*;

/// Figures of 20 listeners of whom so many were served well, waited, and never heard anything.
fn of_twenty(well: u64, waited: u64, never: u64) -> Summary {
    let empty = summarise(RunShape { users: 20, blocks_per_user: 3 }, &[], None);
    let started = 20 - never;
    Summary {
        listeners: ListenerCounts {
            intended: 20,
            started,
            completed: started,
            failed: never,
            well_served: Some(well),
            ..ListenerCounts::default()
        },
        underruns: Some(Underruns {
            count: waited,
            total_ms: 2_000.0,
            longest_ms: 16_700.0,
            mean_per_user: 1.0,
            listeners_affected: waited,
            listeners_affected_pct: 5.0,
        }),
        startup_time: Some(Distribution { p50_ms: Some(2_740.0), max_ms: 6_350.0, ..distribution() }),
        ..empty
    }
}

fn distribution() -> Distribution {
    Distribution { count: 20, mean_ms: 3_000.0, p50_ms: None, p95_ms: None, p99_ms: None, max_ms: 0.0 }
}

fn valid() -> Verdict {
    Verdict { reasons: Vec::new(), notes: Vec::new() }
}

fn first(summary: &Summary) -> String {
    answer(summary, &valid(), None).remove(0)
}

#[test]
fn how_many_heard_it_is_told_first_and_of_whom_it_is_known() {
    let with = |change: fn(&mut ListenerCounts), mut summary: Summary| {
        change(&mut summary.listeners);
        summary
    };
    for (summary, words) in [
        (of_twenty(20, 0, 0), "All 20 listeners heard it to the end without a stutter."),
        (
            of_twenty(6, 14, 0),
            "6 of 20 listeners heard it to the end without a stutter; 14 had to wait in the middle, 16.7 s at a time at most.",
        ),
        (
            of_twenty(6, 10, 3),
            "6 of 20 listeners heard it to the end without a stutter; 10 had to wait in the middle, 16.7 s at a time at most; 3 heard nothing; 1 missed some of it.",
        ),
        (of_twenty(0, 0, 20), "None of the 20 listeners heard anything."),
        (
            of_twenty(19, 0, 0),
            "19 of 20 listeners heard it to the end without a stutter; 1 missed some of it.",
        ),
        (
            with(
                |counts| {
                    counts.stopped = 2;
                    counts.completed = 18;
                },
                of_twenty(17, 1, 0),
            ),
            "17 of 20 listeners heard it to the end without a stutter; 1 had to wait in the middle, 16.7 s at a time at most; 2 were stopped.",
        ),
        (
            with(|counts| counts.unfinished = 1, of_twenty(18, 0, 0)),
            "18 of 20 listeners heard it to the end without a stutter; 1 has no end on record.",
        ),
    ] {
        assert_eq!(first(&summary), words);
    }
    let left = with(|counts| (counts.completed, counts.left) = (0, 20), of_twenty(20, 0, 0));
    assert_eq!(first(&left), "All 20 listeners heard it until they left without a stutter.");
    let some = with(|counts| (counts.completed, counts.left) = (12, 8), of_twenty(6, 14, 0));
    assert!(first(&some).starts_with(
        "6 of 20 listeners heard it to the end (12) or until they left (8) without a stutter; 14 had"
    ));
    let hung_up = with(|counts| (counts.completed, counts.hung_up) = (15, 5), of_twenty(15, 0, 0));
    assert_eq!(
        first(&hung_up),
        "15 of 20 listeners heard it to the end without a stutter; 5 hung up before the end."
    );
    let mut skipped = of_twenty(20, 0, 0);
    skipped.blocks.forgone = 7;
    assert_eq!(
        first(&skipped),
        "All 20 listeners heard it to the end, less 7 blocks that they passed over, without a stutter."
    );
    skipped.blocks.skipped = 2;
    assert_eq!(
        answer(&skipped, &valid(), None)[2],
        "The service passed over 2 blocks as nothing to be spoken; nobody heard that."
    );
    let one = with(|counts| (counts.intended, counts.started) = (1, 1), of_twenty(1, 0, 0));
    assert_eq!(first(&one), "The listener heard it to the end without a stutter.");
    // Files from before it was counted: nothing is made up.
    let old = with(|counts| counts.well_served = None, of_twenty(20, 0, 0));
    assert_eq!(first(&old), "The first sound came 2.74 s after the intended start (median), 6.35 s at most.");
}

#[test]
fn what_the_service_told_is_not_called_untold() {
    let slow = Summary {
        round_trip: Some(Distribution { p50_ms: Some(4_000.0), max_ms: 9_000.0, ..distribution() }),
        ..of_twenty(6, 14, 0)
    };
    let last = |load: Option<&ServiceLoad>| answer(&slow, &valid(), load).pop().unwrap();
    let came = "Blocks came 4.00 s (median), 9.00 s at most after they were asked for";
    assert_eq!(last(None), format!("{came}; what they waited for the service does not tell."));
    let model = |workers, most_queued| ModelLoadRow {
        model: "kokoro".to_owned(),
        workers,
        most_queued,
        busy: vec![1.0, 5.4, 0.0],
        ..ModelLoadRow::default()
    };
    for (model, words) in [
        (model(None, 0), "none waited for a worker of kokoro, and 5.4 were busy at most"),
        (model(Some(9), 1), "1 block waited for a worker of kokoro at most, and 5.4 of 9 were busy at most"),
    ] {
        let load = ServiceLoad { span_ms: 500.0, models: vec![model] };
        assert_eq!(last(Some(&load)), format!("{came}; {words}."));
    }
}

#[test]
fn figures_that_do_not_measure_the_service_conclude_nothing() {
    let reason =
        Reason { id: ReasonId::GeneratorLate, text: "claque itself stood still for 3.00 s".to_owned() };
    let verdict = Verdict { reasons: vec![reason], ..valid() };
    let told = answer(&of_twenty(20, 0, 0), &verdict, None);
    assert_eq!(told, ["Nothing is concluded about the service: claque itself stood still for 3.00 s."]);
}

#[test]
fn what_gave_way_is_told_where_the_service_tells_its_load() {
    let model = |busy: &[f64], workers, most_queued, overflowing: &[f64]| ModelLoadRow {
        model: "kokoro".to_owned(),
        workers,
        most_queued,
        busy: busy.to_vec(),
        overflowing: overflowing.to_vec(),
        ..ModelLoadRow::default()
    };
    let told = |model: ModelLoadRow| {
        let load = ServiceLoad { span_ms: 500.0, models: vec![model] };
        answer(&of_twenty(6, 14, 0), &valid(), Some(&load)).split_off(2)
    };
    for (model, words) in [
        (
            model(&[0.0, 4.0, 4.0, 3.99, 1.0], Some(4), 153, &[]),
            "All 4 workers of kokoro were busy from 500 ms to 2.00 s; 153 blocks waited for one at most.",
        ),
        (
            model(&[4.0, 2.0, 4.0, 1.0], Some(4), 1, &[]),
            "All 4 workers of kokoro were busy for 1.00 s between 0 ms and 1.50 s; 1 block waited for one at most.",
        ),
        (
            model(&[1.0, 1.0], Some(1), 0, &[0.0, 0.2]),
            "The worker of kokoro was busy from 0 ms to 1.00 s; from 500 ms on some went to the overflow provider.",
        ),
    ] {
        assert_eq!(told(model), [words]);
    }
    assert!(told(model(&[3.0, 2.0], Some(4), 0, &[])).is_empty(), "nothing was short that is on record");
    assert!(told(model(&[300.0], None, 0, &[])).is_empty(), "without limit nothing can be short");
}
