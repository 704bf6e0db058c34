//! A run over documents, there and back.
#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

use std::fs;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{
        AiTransform, DocumentEnd, DocumentFact, DocumentNo, DocumentRecord, PageOutcome, PageRecord,
        PageSource, Step, StepError,
    },
    time::{Duration, Instant},
};
use claque_stats::{CacheUse, DocumentsShape, Verdict, summarise_documents};
use claque_store::{
    DocumentsFolder, DocumentsHeader, DocumentsWriter, Machine, StoreError, UnixNanos, open, open_documents,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const SHAPE: DocumentsShape = DocumentsShape { documents: 2, pages: Some(2), cache: CacheUse::Avoided };

fn begin(dir: &TempDir) -> DocumentsWriter {
    let header = DocumentsHeader {
        shape: SHAPE,
        ai_transform: AiTransform::Off,
        started_at: UnixNanos(1_795_502_897_627_870_999),
        claque_version: "0.1.0".to_owned(),
        scenario: json!({ "pages": 2 }),
        target: "http://tts.example".to_owned(),
        machine: Machine { os: "linux".to_owned(), arch: "x86_64".to_owned(), cpus: 2 },
        seed: 1,
    };
    DocumentsFolder::create(&dir.path().join("run"), &header).unwrap()
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn page(page: u32, outcome: PageOutcome, source: PageSource) -> DocumentFact {
    let document = DocumentNo(0);
    let (not_before, seen_at) = (at(1_000), at(2_500));
    DocumentFact::Page(PageRecord { document, page, not_before, seen_at, outcome, source })
}

fn record(document: u32, end: DocumentEnd) -> DocumentFact {
    let completed_at = (end == DocumentEnd::Completed).then_some(at(2_500));
    DocumentFact::Document(DocumentRecord {
        document: DocumentNo(document),
        bytes: 77,
        pages: Some(2),
        intended_at: at(0),
        prepare_sent_at: Some(at(0)),
        prepared_at: Some(at(250)),
        create_sent_at: Some(at(250)),
        accepted_at: completed_at.map(|_| at(300)),
        completed_at,
        ended_at: at(2_600),
        polls: 2,
        paced_calls: 1,
        paced: Duration::from_secs(3),
        extraction_id: Some("x".to_owned()),
        document_id: None,
        end,
        left_behind: Some("document y".to_owned()),
        warnings: 4,
    })
}

fn facts() -> Vec<DocumentFact> {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Limit,
        code: Some(429),
        text: "Too many".to_owned(),
        kills: FailureScope::Session,
    };
    vec![
        page(0, PageOutcome::Completed, PageSource::Cache),
        page(1, PageOutcome::Failed, PageSource::Work),
        DocumentFact::Error(StepError { document: DocumentNo(1), at: at(260), step: Step::Create, failure }),
        record(0, DocumentEnd::Completed),
        record(1, DocumentEnd::Failed { step: Step::Create, class: FailureClass::Limit }),
    ]
}

fn finish(mut writer: DocumentsWriter) {
    writer.append(&facts()[..3]).unwrap();
    // What is said of a page first does not count when more is said.
    writer.append(&[page(1, PageOutcome::Completed, PageSource::Work)]).unwrap();
    writer.append(&[facts()[1].clone()]).unwrap();
    writer.append(&facts()[3..]).unwrap();
    let summary = summarise_documents(SHAPE, &facts(), None);
    let verdict = Verdict::judge_documents(&SHAPE, &summary);
    writer.finish(&summary, &verdict, UnixNanos(1_795_502_900_000_000_000)).unwrap();
}

#[test]
fn a_finished_run_is_read_back_whole() {
    let dir = TempDir::new().unwrap();
    finish(begin(&dir));
    let folder = dir.path().join("run");
    let run = open_documents(&folder).unwrap();
    assert!(!run.partial && !run.torn);
    assert_eq!(run.facts, facts());
    assert_eq!(Some(run.recompute()), run.manifest.summary);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["pages.parquet", "run.json"]);
}

#[test]
fn the_older_scripts_keys_are_there() {
    let dir = TempDir::new().unwrap();
    finish(begin(&dir));
    let text = fs::read(dir.path().join("run/run.json")).unwrap();
    let run: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(
        (&run["pages"], &run["concurrent_docs"], &run["ai_transform"]),
        (&json!(2), &json!(2), &json!(false))
    );
    assert_eq!(
        (&run["prepare_times_ms"], &run["processing_times_ms"]),
        (&json!([250.0, 250.0]), &json!([2250.0]))
    );
    assert_eq!(run["failed_pages"], json!([1]));
    assert_eq!(run["errors"], json!(["document 1: create: limit (429): Too many"]));
    assert_eq!(run["started_at"], "2026-11-24T06:48:17.627870");
    assert_eq!(run["finished_at"], "2026-11-24T06:48:20.000000");
    assert_eq!(run["documents"][0]["failed_pages"], json!([1]));
}

#[test]
fn a_run_that_was_killed_is_readable_and_says_so() {
    let dir = TempDir::new().unwrap();
    let mut writer = begin(&dir);
    writer.append(&facts()[..2]).unwrap();
    drop(writer);
    let journal = dir.path().join("run/facts.jsonl");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("{\"fact\":\"page\",\"docu");
    fs::write(&journal, text).unwrap();
    let run = open_documents(&dir.path().join("run")).unwrap();
    assert!(run.partial && run.torn);
    assert_eq!(run.facts, facts()[..2]);
}

#[test]
fn runs_of_one_sort_are_not_taken_for_the_other() {
    let dir = TempDir::new().unwrap();
    finish(begin(&dir));
    let folder = dir.path().join("run");
    let error = open(&folder).unwrap_err();
    assert!(matches!(error, StoreError::OtherKind { .. }), "{error}");
    assert!(error.to_string().ends_with("it is a run over documents, not over listeners"), "{error}");
    let mut run: Value = serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
    run.as_object_mut().unwrap().remove("kind");
    fs::write(folder.join("run.json"), run.to_string()).unwrap();
    assert!(matches!(open_documents(&folder), Err(StoreError::OtherKind { .. })));
}
