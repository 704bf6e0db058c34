//! `claque documents` from the command line to the run folder.

mod stopped;

use std::{fs, net::Ipv4Addr, path::PathBuf, process::Output};

use claque_core::{
    extraction::{DocumentEnd, DocumentFact, DocumentRecord, PageOutcome, PageRecord, Step},
    rng::Seed,
    time::Duration,
};
use claque_front::yapit::gateway::{
    Auth, AuthConfig, GatewayConfig, PageDone, PageEnd, RateLimit, RestLimits,
};
use claque_gateway::Workers;
use claque_net::host::{EngineChoice, Host, HostOptions};
use claque_store::DocumentsRun;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    canned,
    program::{claque, only_folder},
};

/// A finished run over documents.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    run: DocumentsRun,
    folder: PathBuf,
    _results: TempDir,
}

fn run(verbs: &[&str], arguments: &[&str]) -> Ran {
    let results = TempDir::new().unwrap();
    let Output { status, stdout, stderr } =
        claque(verbs).args(arguments).arg("--output-dir").arg(results.path()).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    let folder = only_folder(results.path()).unwrap_or_else(|| panic!("no run was saved: {stderr}"));
    Ran {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr,
        run: claque_store::open_documents(&folder).unwrap(),
        folder,
        _results: results,
    }
}

impl Ran {
    fn pages(&self) -> Vec<PageRecord> {
        let page = |fact: &DocumentFact| match fact {
            DocumentFact::Page(page) => Some(*page),
            DocumentFact::Error(_) | DocumentFact::Document(_) => None,
        };
        self.run.facts.iter().filter_map(page).collect()
    }

    fn documents(&self) -> Vec<&DocumentRecord> {
        fn document(fact: &DocumentFact) -> Option<&DocumentRecord> {
            match fact {
                DocumentFact::Document(record) => Some(record),
                DocumentFact::Page(_) | DocumentFact::Error(_) => None,
            }
        }
        self.run.facts.iter().filter_map(document).collect()
    }

    /// Ids of the verdict's reasons, but for one that only says that this machine was busy.
    fn reasons(&self) -> Vec<&str> {
        let verdict = self.run.manifest.verdict.as_ref().unwrap();
        let ids = verdict.reasons.iter().map(|reason| reason.id.as_str());
        ids.filter(|id| *id != "generator-late").collect()
    }

    #[track_caller]
    fn assert_valid(&self) {
        assert!(matches!(self.code, Some(0 | 5)), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.reasons(), [""; 0], "{}{}", self.stdout, self.stderr);
    }
}

/// Eight workers that read a page in `page`, without limits and overflow.
fn gateway(page: Duration) -> GatewayConfig {
    let mut config =
        GatewayConfig::current().without_rest_limits().without_synthesis_limit().without_extraction_limit();
    config.extraction.workers = Workers::Pull(8);
    config.extraction.page = page;
    config.extraction.sigma = 0.0;
    config.extraction.pipeline.overflow = None;
    config
}

fn host(config: GatewayConfig) -> Host {
    let (engine, seed) = (EngineChoice::Synthetic, Seed::root(1));
    Host::start(HostOptions { bind: (Ipv4Addr::LOCALHOST, 0).into(), config, engine, seed }).unwrap()
}

#[test]
fn a_book_four_times_is_extracted_and_agrees_with_the_gateways_own_log() {
    let mut config = gateway(Duration::from_millis(6));
    config.faults.pages = vec![3, 77, 299];
    let host = host(config);
    let ran = run(
        &["documents"],
        &["--pages", "300", "--concurrent", "4", "--poll", "0.15", "--base-url", &host.base_url()],
    );
    ran.assert_valid();
    let log = host.page_log().unwrap();
    let pages = ran.pages();
    assert_eq!((log.len(), pages.len()), (1_200, 1_200));
    for document in ran.documents() {
        assert_eq!((document.end, document.pages), (DocumentEnd::Completed, Some(300)));
        for page in pages.iter().filter(|page| page.document == document.document) {
            compare(document, page, &log);
        }
    }
    let summary = ran.run.manifest.summary.as_ref().unwrap();
    assert_eq!((summary.pages.completed, summary.pages.failed), (1_188, 12));
    assert_eq!(summary.failed_pages.len(), 4);
    assert!(summary.failed_pages.iter().all(|failed| failed.pages == [3, 77, 299]));
    assert!(ran.stdout.contains("document 3: 3, 77, 299"), "{}", ran.stdout);
    assert_eq!(host.stats().gateway.documents, 0, "and all are deleted");
}

/// A page was done between the poll that did not show it and the one that did. The two clocks meet at the order: the
/// gateway took it after it was sent and before it was accepted.
#[track_caller]
fn compare(document: &DocumentRecord, page: &PageRecord, log: &[PageDone]) {
    let id = document.extraction_id.as_deref().unwrap();
    let done = log
        .iter()
        .find(|done| done.page == page.page && done.extraction.to_string() == id)
        .unwrap_or_else(|| panic!("{page:?} is not on the log"));
    let outcome = match done.outcome {
        PageEnd::Completed => PageOutcome::Completed,
        PageEnd::Failed => PageOutcome::Failed,
    };
    assert_eq!(page.outcome, outcome);
    let took = done.done_at.since(done.ordered_at);
    let (sent_at, accepted_at) = (document.create_sent_at.unwrap(), document.accepted_at.unwrap());
    assert!(sent_at + took <= page.seen_at, "seen before it was done: {page:?} {done:?}");
    assert!(page.not_before <= accepted_at + took, "done before it could be: {page:?} {done:?}");
}

#[test]
fn the_embedded_gateway_is_enough_and_the_summary_can_be_had_as_json() {
    let ran = run(
        &["documents"],
        &[
            "--pages",
            "40",
            "--concurrent",
            "2",
            "--poll",
            "0.05..0.2",
            "--json",
            "--quiet",
            "--gateway-set",
            "extraction.page_seconds=0.01",
            "--gateway-set",
            "faults.pages=[7]",
        ],
    );
    ran.assert_valid();
    assert_eq!(ran.stderr, "");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&document["kind"], &document["time"]), (&"documents".into(), &"real".into()));
    assert_eq!(document["summary"]["pages"]["completed"], 78);
    assert_eq!(document["summary"]["failed_pages"][1]["pages"], serde_json::json!([7]));
    assert_eq!(document["run_folder"], ran.folder.display().to_string());
    let manifest = &ran.run.manifest;
    assert_eq!((manifest.pages, manifest.concurrent_docs, manifest.ai_transform), (40, 2, false));
    assert_eq!((manifest.prepare_times_ms.len(), manifest.processing_times_ms.len()), (2, 2));
    assert_eq!((&manifest.failed_pages, &manifest.errors), (&vec![7, 7], &vec![]));
    assert_eq!(manifest.scenario["documents"]["poll"], "0.05..0.2");
    assert_eq!(Some(ran.run.recompute()), manifest.summary);
}

#[test]
fn both_drivers_see_the_same_pages_at_the_same_polls() {
    // Pages are done at multiples of 100 ms; polls fall between them by design, 50 ms from either side.
    let arguments = [
        "--pages",
        "9",
        "--concurrent",
        "2",
        "--poll",
        "0.35..0.5",
        "--gateway-set",
        "extraction={workers=3,page_seconds=0.1,sigma=0,pipeline={overflow=false}}",
        "--gateway-set",
        "faults.pages=[4]",
    ];
    let real = run(&["documents"], &arguments);
    let simulated = run(&["simulate", "documents"], &arguments);
    real.assert_valid();
    simulated.assert_valid();
    let (pages, expected) = (real.pages(), simulated.pages());
    assert_eq!((pages.len(), expected.len()), (18, 18));
    for (page, expected) in pages.iter().zip(&expected) {
        let identity = |page: &PageRecord| (page.document, page.page, page.outcome, page.source);
        assert_eq!(identity(page), identity(expected));
        // A machine that is busy may see a page one poll later.
        let late = page.seen_at.since(expected.seen_at).max(expected.seen_at.since(page.seen_at));
        assert!(late < Duration::from_millis(620), "{page:?}, simulated {expected:?}");
    }
    for (document, expected) in real.documents().iter().zip(simulated.documents()) {
        assert_eq!((document.end, document.bytes), (expected.end, expected.bytes));
        assert!(document.polls.abs_diff(expected.polls) <= 1, "{document:?}, simulated {expected:?}");
    }
}

#[test]
fn what_the_service_refuses_is_a_result_with_its_step() {
    for (set, extra, code, words) in [
        ("extraction.page_limit=5", &[][..], 402, "Usage limit exceeded"),
        ("extraction.ai_transform_seconds=false", &["--ai-transform"], 503, "AI transform not configured"),
    ] {
        let common = ["--pages", "9", "--poll", "0.05", "--gateway-set", "extraction.page_seconds=0.02"];
        let ran = run(&["documents"], &[&common[..], &["--gateway-set", set], extra].concat());
        assert_eq!(ran.code, Some(5), "{}", ran.stderr);
        let errors: Vec<_> = ran
            .run
            .facts
            .iter()
            .filter_map(|fact| match fact {
                DocumentFact::Error(error) => Some(error),
                DocumentFact::Page(_) | DocumentFact::Document(_) => None,
            })
            .collect();
        assert!(!errors.is_empty());
        for error in errors {
            assert_eq!((error.step, error.failure.code), (Step::Create, Some(code)));
            assert!(error.failure.text.contains(words), "{}", error.failure.text);
        }
        assert!(ran.stdout.contains("create: "), "{}", ran.stdout);
    }
}

#[test]
fn with_todays_limits_and_words_eleven_documents_all_come_through() {
    // The limits are those of today, in windows of a second so that the test is not one of minutes.
    let mut config = gateway(Duration::from_millis(5));
    let second = |count| {
        let limit = RateLimit { count, window: Duration::from_secs(1) };
        vec![(limit, format!("{count} per 1 second"))]
    };
    config.rest_limits = Some(RestLimits {
        create_document: second(10),
        upload: second(10),
        extract: second(5),
        other: second(300),
    });
    config.extraction.max_concurrent = Some(10);
    let host = host(config);
    let ran = run(
        &["documents"],
        &["--pages", "3", "--concurrent", "11", "--poll", "0.1", "--base-url", &host.base_url()],
    );
    ran.assert_valid();
    assert!(ran.documents().iter().all(|document| document.end == DocumentEnd::Completed), "{}", ran.stdout);
    assert!(ran.stderr.contains("the service limits how often it is asked to create"), "{}", ran.stderr);
    let verdict = ran.run.manifest.verdict.as_ref().unwrap();
    assert!(verdict.notes.iter().any(|note| note.id.as_str() == "paced"), "{verdict:?}");
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn a_service_without_a_language_model_says_nothing_of_its_cache() {
    let set =
        ["--gateway-set", "extraction={ai_transform_seconds=false,page_seconds=0.01}", "--poll", "0.05"];
    let ran = run(&["documents"], &[&["--pages", "9", "--use-cached"][..], &set].concat());
    ran.assert_valid();
    let summary = ran.run.manifest.summary.as_ref().unwrap();
    assert_eq!((summary.pages.completed, summary.pages.cached), (9, None));
    assert!(!ran.stdout.contains("came from a cache"), "{}", ran.stdout);
    let verdict = ran.run.manifest.verdict.as_ref().unwrap();
    assert!(verdict.notes.iter().any(|note| note.id.as_str() == "cache-unknown"), "{verdict:?}");
    let made = run(&["documents"], &[&["--pages", "9"][..], &set].concat());
    let notes = &made.run.manifest.verdict.as_ref().unwrap().notes;
    assert!(notes.iter().all(|note| !note.id.as_str().contains("cache")), "they are new to it: {notes:?}");
}

#[test]
fn files_of_ones_own_are_extracted_with_the_pages_the_service_counts() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("own.pdf");
    let pages: String = (3..10)
        .map(|page| format!("{page} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n"))
        .collect();
    let tree = "2 0 obj <</Type/Pages/Kids[3 0 R 4 0 R 5 0 R 6 0 R 7 0 R 8 0 R 9 0 R]/Count 7>> endobj";
    let head = "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj";
    fs::write(&file, format!("{head}\n{tree}\n{pages}trailer <</Root 1 0 R/Size 10>>\n%%EOF")).unwrap();
    let set = ["--poll", "0.05", "--gateway-set", "extraction.page_seconds=0.01"];
    let file = file.to_str().unwrap();
    let ran = run(&["documents"], &[&["--pdf", file][..], &set].concat());
    ran.assert_valid();
    assert_eq!((ran.pages().len(), ran.run.manifest.pages, ran.run.manifest.pages_made), (7, 7, None));
    assert_eq!(ran.run.manifest.scenario["documents"]["pdf"], serde_json::json!(["own.pdf"]));
}

#[test]
fn a_token_is_used_and_kept_nowhere() {
    let mut config = gateway(Duration::from_millis(5));
    config.auth = Auth::On(AuthConfig {
        accounts: vec![],
        static_tokens: vec!["hush-hush-token".to_owned()],
        access_token_life: Duration::from_secs(600),
    });
    let host = host(config);
    let common = ["--pages", "4", "--poll", "0.05", "--base-url", &host.base_url()];
    let ran = run(&["documents"], &[&common[..], &["--token", "hush-hush-token"]].concat());
    ran.assert_valid();
    for entry in fs::read_dir(&ran.folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|bytes| bytes == b"hush-hush"));
    }
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hush-hush"));
    let refused = run(&["documents"], &common);
    assert_eq!(refused.documents()[0].end.as_str(), "failed");
    assert!(refused.stdout.contains("prepare: auth 401"), "{}", refused.stdout);
}

const AN_ID: &str = "9db4c472-317f-4463-b939-68c02d21f32a";

#[test]
fn a_service_that_answers_at_once_leaves_no_doubt_about_our_own_lateness() {
    let prepared =
        ("POST /api/v1/documents/prepare/upload", "200 OK", r#"{"hash":"h","metadata":{"total_pages":2}}"#);
    let created: &str = Box::leak(format!(r#"{{"id":"{AN_ID}","failed_pages":[]}}"#).into_boxed_str());
    let deleted: &str = Box::leak(format!("DELETE /api/v1/documents/{AN_ID}").into_boxed_str());
    let address = canned::serve(Box::leak(Box::new([
        prepared,
        ("POST /api/v1/documents/document", "201 Created", created),
        (deleted, "204 No Content", ""),
    ])));
    let base_url = format!("http://{address}");
    let ran = run(&["documents"], &["--pages", "2", "--concurrent", "1", "--base-url", &base_url]);
    let summary = ran.run.manifest.summary.as_ref().unwrap();
    assert_eq!((summary.polls, summary.schedule_lag.map(|lag| lag.count)), (Some(0), Some(1)));
    assert!(!ran.stdout.contains("UNVERIFIED"), "{}", ran.stdout);
}
