//! Ctrl-C once, twice, and a kill: what is saved and what is left on the service.

use claque_store::Run;
use tempfile::TempDir;

use crate::{
    canned::{self, BLOCKS, CREATED, MODELS},
    program::{claque, only_folder},
    under_way::{UnderWay, count, slow_host},
};

#[test]
fn the_first_ctrl_c_saves_the_run_and_deletes_the_documents() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    let started = start(&host.base_url(), &results);
    assert_eq!(host.stats().gateway.documents, 3);
    started.signal("-INT");
    assert_eq!(started.end().0, Some(5));
    let run = saved(&results);
    assert!(!run.partial);
    let verdict = run.manifest.verdict.as_ref().unwrap();
    assert!(verdict.reasons.iter().any(|reason| reason.id.as_str() == "interrupted"), "{verdict:?}");
    assert_eq!(run.manifest.document_ids.len(), 3);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_says_what_remains() {
    // A service that never answers a deletion keeps the first Ctrl-C from coming to its end.
    let hang = ("DELETE /api/v1/documents/", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([MODELS, CREATED, BLOCKS, hang])));
    let results = TempDir::new().unwrap();
    let mut started = start(&format!("http://{address}"), &results);
    started.signal("-INT");
    started.wait_for("once more to leave at once");
    started.signal("-INT");
    let (code, said) = started.end();
    assert_eq!((code, count(&said, "left behind on the service: document ")), (Some(1), 3));
}

#[test]
fn a_killed_run_is_readable_and_marked_partial() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    let started = start(&host.base_url(), &results);
    started.signal("-KILL");
    assert_eq!(started.end().0, None);
    let run = saved(&results);
    assert!(run.partial);
    assert_eq!(run.manifest.document_ids.len(), 3);
}

/// Three listeners, listening, with results in this folder.
fn start(base_url: &str, results: &TempDir) -> UnderWay {
    let arguments = ["run", "--users", "3", "--blocks", "30", "--base-url", base_url, "--output-dir"];
    let mut run = UnderWay::start(claque(&arguments).arg(results.path()));
    run.wait_for("listening");
    run
}

fn saved(results: &TempDir) -> Run {
    claque_store::open(&only_folder(results.path()).unwrap()).unwrap()
}
