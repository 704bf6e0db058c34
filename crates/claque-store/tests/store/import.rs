//! Result files of the older script.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_core::record::{Fact, SessionEnd};
use claque_stats::{ReasonId, Validity, Verdict};
use claque_store::{
    StoreError,
    import::{ImportedRun, read},
};

use crate::example;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A file with one session of three requested blocks, whose arrivals and errors are given.
fn import_session(arrivals: &str, errors: &str) -> Result<ImportedRun, StoreError> {
    let text = format!(
        r#"{{"config":{{"users":1,"blocks_per_user":3,"model":"kokoro","voice":"af_heart","speed":1.0}},
        "started_at":"2026-02-01T00:00:00.000001","finished_at":"2026-02-01T00:01:00.000001","document_ids":["d"],
        "sessions":[{{"user_id":0,"document_id":"d","blocks_requested":3,"block_arrivals":[{arrivals}],
        "underruns":[],"errors":[{errors}],"duration_ms":60000.0}}]}}"#
    );
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let path = dir.path().join("old.json");
    fs::write(&path, text).expect("the folder can be written");
    read(&path)
}

fn arrival(idx: u32, arrived_ms: f64, status: &str) -> String {
    format!(
        r#"{{"idx":{idx},"requested_ms":10.0,"arrived_ms":{arrived_ms:?},"round_trip_ms":0.0,"status":"{status}","duration_ms":2000.0}}"#
    )
}

#[test]
fn one_user_of_the_older_script_by_hand() {
    let run = read(&data("one-user-12-blocks-4x.json")).unwrap();
    assert_eq!((run.config.users, run.config.blocks_per_user, run.config.model.as_str()), (1, 12, "kokoro"));
    let summary = run.summarise();
    assert_eq!(summary.blocks.fraction(), "12/12 blocks");
    assert_eq!(summary.listeners.completed, 1);
    let close = |figure: f64, by_hand: f64| (figure - by_hand).abs() < 1e-3;
    assert!(
        close(summary.round_trip.unwrap().max_ms, 3_422.998),
        "the round_trip_ms that the file gives block 7"
    );
    assert!(close(summary.first_block.unwrap().max_ms, 1_731.954), "block 0 came third");
    assert!(close(summary.startup_time.unwrap().max_ms, 1_731.954), "two others were there before it");
    // Its only underrun was at block 0, before anything was heard.
    assert_eq!(summary.underruns.unwrap().count, 0);
    assert!(run.notes.iter().any(|note| note.contains("253 ms for block 0 is startup")), "{:?}", run.notes);
    // Requests of 8 and 4 blocks: 7 + 3 gaps, none across.
    assert_eq!(summary.synthesis_time.unwrap().count, 10);
    assert_eq!((summary.ttfa, summary.connect_time, summary.schedule_lag), (None, None, None));
}

#[test]
fn larger_files_next_to_the_checkout_agree_with_their_own_figures() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth/old-script");
    let files = [
        ("five-users-20-blocks-2x.json", "100/100 blocks", 1),
        ("twenty-users-10-blocks-2x.json", "200/200 blocks", 140),
    ];
    for (name, fraction, stalls) in files {
        let path = shared.join(name);
        // They are not part of the checkout; the small file above is, so the path itself is always tested.
        if !path.exists() {
            continue;
        }
        let summary = read(&path).unwrap().summarise();
        assert_eq!(summary.blocks.fraction(), fraction, "{name}");
        assert_eq!(summary.underruns.unwrap().count, stalls, "{name}");
        assert_eq!(Verdict::judge(&summary).validity(), Validity::Unverified, "{name}");
    }
}

#[test]
fn our_own_run_json_is_no_older_file() {
    let parent = tempfile::tempdir().unwrap();
    let dir = example::write_finished(parent.path());
    let error = read(&dir.join("run.json")).unwrap_err();
    assert!(matches!(&error, StoreError::OwnFile { folder, .. } if *folder == dir), "{error}");
}

#[test]
fn a_session_that_stopped_short_without_an_error_is_interrupted() {
    let arrivals = [arrival(0, 1_000.0, "cached"), arrival(1, 2_000.0, "cached")].join(",");
    let run = import_session(&arrivals, "").unwrap();
    let summary = run.summarise();
    assert_eq!((summary.blocks.fraction(), summary.blocks.unplayed), ("2/3 blocks".to_owned(), 2));
    assert_eq!(Verdict::judge(&summary).reasons[0].id, ReasonId::Interrupted);
}

#[test]
fn a_rate_limit_is_recognised_by_the_words_of_the_server() {
    let run = import_session(&arrival(0, 1_000.0, "cached"), r#""Rate limit exceeded. Please slow down.""#)
        .unwrap();
    let summary = run.summarise();
    assert_eq!(Verdict::judge(&summary).reasons[0].id, ReasonId::RateLimit);
    let ended = run.facts.iter().any(|fact| match fact {
        Fact::Listener(record) => matches!(record.end, SessionEnd::Failed(_)),
        Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => false,
    });
    assert!(ended);
}

#[test]
fn skipped_and_failed_blocks_are_answers_but_no_latencies() {
    let arrivals =
        [arrival(0, 5.0, "skipped"), arrival(1, 6.0, "error"), arrival(2, 2_000.0, "cached")].join(",");
    let summary = import_session(&arrivals, "").unwrap().summarise();
    assert_eq!(summary.blocks.fraction(), "2/3 blocks");
    assert_eq!((summary.round_trip.unwrap().count, summary.blocks.failed), (1, 1));
}

#[test]
fn impossible_values_are_refused_with_their_place() {
    for (bad, place) in [
        (arrival(0, -1.0, "cached"), "sessions[0].block_arrivals[0].arrived_ms"),
        (arrival(0, 1.0, "sung"), "sessions[0].block_arrivals[0].status"),
    ] {
        let error = import_session(&bad, "").unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn a_file_that_contradicts_itself_gives_no_share_above_all_there_is() {
    let twice =
        [arrival(0, 100.0, "cached"), arrival(0, 150.0, "cached"), arrival(1, 200.0, "cached")].join(",");
    let run = import_session(&twice, "").unwrap();
    assert_eq!(run.summarise().blocks.fraction(), "2/3 blocks");
    assert!(run.notes.iter().any(|note| note.contains("1 of the arrivals")), "{:?}", run.notes);

    let text = fs::read_to_string(data("one-user-12-blocks-4x.json")).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("old.json");
    for (from, to) in
        [("\"users\": 1", "\"users\": 0"), ("\"blocks_per_user\": 12", "\"blocks_per_user\": 4")]
    {
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(told.contains("config."), "{told}");
    }
}
