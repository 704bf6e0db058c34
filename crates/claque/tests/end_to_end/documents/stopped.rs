//! Runs over documents that are stopped or killed.

use claque_core::time::Duration;
use claque_store::DocumentsRun;
use tempfile::TempDir;

use super::{gateway, host};
use crate::{
    canned,
    program::{claque, only_folder},
    under_way::{UnderWay, count},
};

#[test]
fn the_first_ctrl_c_calls_the_extractions_off() {
    let host = host(gateway(Duration::from_secs(600)));
    let results = TempDir::new().unwrap();
    let started = start(&host.base_url(), &results);
    started.signal("-INT");
    assert_eq!(started.end().0, Some(5));
    let run = saved(&results);
    assert!(!run.partial);
    let verdict = run.manifest.verdict.as_ref().unwrap();
    assert!(verdict.reasons.iter().any(|reason| reason.id.as_str() == "interrupted"), "{verdict:?}");
    assert_eq!(run.manifest.summary.as_ref().unwrap().left_behind, [""; 0]);
    let stats = host.stats().gateway;
    assert_eq!((stats.documents, stats.extraction.cancelled, stats.extraction.running), (0, 2, 0));
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_says_what_remains() {
    let prepared =
        ("POST /api/v1/documents/prepare/upload", "200 OK", r#"{"hash":"h","metadata":{"total_pages":20}}"#);
    let accepted = (
        "POST /api/v1/documents/document",
        "202 Accepted",
        r#"{"extraction_id":"xNEW","content_hash":"c","total_pages":20}"#,
    );
    let status = ("POST /api/v1/documents/extraction/status", "200 OK", r#"{"status":"processing"}"#);
    let never = ("POST /api/v1/documents/extraction/cancel", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([prepared, accepted, status, never])));
    let results = TempDir::new().unwrap();
    let mut started = start(&format!("http://{address}"), &results);
    started.signal("-INT");
    started.wait_for("once more to leave at once");
    started.signal("-INT");
    let (code, said) = started.end();
    assert_eq!((code, count(&said, "left behind on the service: extraction ")), (Some(1), 2));
    assert!(saved(&results).partial);
}

#[test]
fn a_killed_run_is_readable_and_marked_partial() {
    let host = host(gateway(Duration::from_secs(600)));
    let results = TempDir::new().unwrap();
    let started = start(&host.base_url(), &results);
    started.signal("-KILL");
    assert_eq!(started.end().0, None);
    let run = saved(&results);
    assert!(run.partial);
    assert_eq!(run.recompute().documents.unfinished, 2);
}

/// Two documents of twenty pages, accepted by the service, with results in this folder.
fn start(base_url: &str, results: &TempDir) -> UnderWay {
    let arguments = ["documents", "--pages", "20", "--concurrent", "2", "--poll", "0.1"];
    let mut command = claque(&arguments);
    command.env("CLAQUE_LOG", "debug").args(["--base-url", base_url, "--output-dir"]).arg(results.path());
    let mut started = UnderWay::start(&mut command);
    for _both in 0..2 {
        started.wait_for("on the service: extraction");
    }
    started
}

fn saved(results: &TempDir) -> DocumentsRun {
    claque_store::open_documents(&only_folder(results.path()).unwrap()).unwrap()
}
