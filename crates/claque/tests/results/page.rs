//! report.html in a browser.

use std::fs;

use claque_core::{
    event::{Failure, FailureClass, Kills, Phase},
    ids::{BlockIdx, ListenerId},
    record::{ErrorRecord, Fact, ListenerRecord, SessionEnd},
    time::Instant,
};
use claque_stats::Verdict;
use claque_store::{Machine, RunConfig, RunFolder, RunHeader, UnixNanos};

use crate::{browser::load, stage::Stage};

/// Everything the page draws, as (plot, what it must contain).
const DRAWN: [(&str, &str); 12] = [
    ("audience", "<path"),
    ("strips", "<image"),
    ("awaited", "<path"),
    ("queued-0", "<path"),
    ("busy-0", "<path"),
    ("spread-startup_time", "<path"),
    ("spread-ttfa", "<path"),
    ("spread-round_trip", "<path"),
    ("spread-synthesis_time", "<path"),
    ("slope", "<line"),
    ("buffer-stalls", "<circle"),
    ("buffer-startup", "<circle"),
];

/// The part of the document that is this plot.
fn plot<'a>(dom: &'a str, name: &str) -> &'a str {
    let begin =
        dom.find(&format!("<figure data-plot=\"{name}\"")).unwrap_or_else(|| panic!("no plot {name}"));
    let end = dom[begin..].find("</figure>").expect("it ends");
    &dom[begin..begin + end]
}

#[test]
fn every_plot_is_drawn_and_nothing_complains() {
    let stage = Stage::new();
    // So much that blocks are given up: errors are a plot as well.
    let folder = stage.simulated(&["--users", "12", "--blocks", "20", "--speed", "2"]);
    let page = load(&folder.join("report.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(page.dom.contains("data-drawn=\"yes\""), "the scripts came to their end");
    for (name, part) in DRAWN {
        assert!(plot(&page.dom, name).contains(part), "{name}: {}", plot(&page.dom, name));
    }
    assert_eq!(page.body().matches("Figures of this plot").count(), 7, "each one's data is one click away");
    assert!(!page.body().contains("NaN") && !page.body().contains("undefined"));
}

#[test]
fn a_run_that_failed_altogether_has_a_page_that_does_not_complain() {
    let stage = Stage::new();
    let fault =
        "faults.connections=[{select=\"every\",after_notices=0,effect={close={code=1011,reason=\"no\"}}}]";
    let folder = stage.simulated(&["--users", "3", "--blocks", "4", "--gateway-set", fault]);
    let page = load(&folder.join("report.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(page.dom.contains("data-drawn=\"yes\"") && page.dom.contains("INVALID"));
    assert!(plot(&page.dom, "errors").contains("<rect"));
    assert!(!page.body().contains("NaN") && !page.body().contains("undefined"));
}

#[test]
fn no_word_of_a_service_runs_as_a_script() {
    let words = "</script><script>document.documentElement.dataset.taken=1</script>\
                 <img src=x onerror=\"document.documentElement.dataset.taken=1\">";
    let stage = Stage::new();
    let folder = stage.path().join("run");
    let mut writer = RunFolder::create(&folder, &hostile_header(words)).unwrap();
    let failure = |kills| Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Server,
        code: None,
        text: words.to_owned(),
        kills,
    };
    let error = |at, kills| {
        Fact::Error(ErrorRecord {
            listener: ListenerId(0),
            at: Instant::from_millis(at),
            failure: failure(kills),
        })
    };
    let session = ListenerRecord {
        listener: ListenerId(0),
        document: words.to_owned(),
        blocks: 1,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: None,
        started_at: None,
        ended_at: Instant::from_millis(900),
        end: SessionEnd::Failed(FailureClass::Server),
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        playing: None,
        paused: std::time::Duration::ZERO,
    };
    writer
        .append(&[error(100, Kills::Block(BlockIdx(0))), error(900, Kills::Session), Fact::Listener(session)])
        .unwrap();
    let judged = writer.finish_with(UnixNanos(1_000_000_000), None, |summary| {
        let mut verdict = Verdict::judge(&summary);
        verdict.reasons.iter_mut().for_each(|reason| reason.text.push_str(words));
        (summary, verdict)
    });
    judged.unwrap();
    stage.prints(&["report", "run"]);

    let page = load(&folder.join("report.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(page.dom.contains("data-drawn=\"yes\""));
    assert!(!page.dom.contains("data-taken"), "nothing of it ran");
    assert_eq!(page.dom.matches("<img").count(), 0, "nothing of it became an element");
    assert!(page.dom.contains("&lt;/script&gt;&lt;script&gt;document"), "it is told all the same");
}

fn hostile_header(words: &str) -> RunHeader {
    RunHeader {
        config: RunConfig {
            users: 1,
            blocks_per_user: 1,
            model: words.to_owned(),
            voice: words.to_owned(),
            speed: 1.0,
        },
        started_at: UnixNanos(0),
        document_ids: vec![words.to_owned()],
        claque_version: words.to_owned(),
        scenario: serde_json::json!({ "model": words, "base_url": words }),
        target: words.to_owned(),
        machine: Machine { os: words.to_owned(), arch: words.to_owned(), cpus: 1 },
        seed: 0,
    }
}

#[test]
fn the_page_can_be_left_out_and_made_later() {
    let stage = Stage::new();
    let folder = stage.simulated(&["--users", "2", "--blocks", "3", "--no-report"]);
    assert!(!folder.join("report.html").exists());
    let printed = stage.prints(&["report", "latest"]);
    assert!(printed.trim_end().ends_with("report.html"), "{printed}");
    assert!(folder.join("report.html").is_file());
}

#[test]
fn the_scenario_in_the_page_repeats_the_run() {
    let stage = Stage::new();
    let set = ["--gateway-set", "pipeline.max_retries=5", "--varied-lengths", "--seed", "9"];
    let folder = stage.simulated(&[&["--users", "3", "--blocks", "7"], &set[..]].concat());
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let begin = page.find("<pre id=\"scenario\" tabindex=\"0\">").expect("it is there")
        + "<pre id=\"scenario\" tabindex=\"0\">".len();
    let end = page[begin..].find("</pre>").expect("it ends");
    stage.write("scenario.toml", &page[begin..begin + end].replace("&quot;", "\"").replace("&#39;", "'"));
    let again = stage.simulated(&["--scenario", "scenario.toml"]);
    let facts = |folder: &std::path::Path| claque_store::open(folder).unwrap().facts;
    assert_eq!(facts(&folder), facts(&again));
}

#[test]
fn a_comparison_is_drawn_without_a_script_and_without_complaint() {
    let stage = Stage::new();
    for (tag, workers) in [("before", "16"), ("after", "1")] {
        for seed in ["1", "2", "3"] {
            stage.simulated(&["--users", "16", "--blocks", "6", "--seed", seed, "--workers", workers]);
            stage.prints(&["tag", "latest", tag]);
        }
    }
    stage.prints(&["compare", "before", "after", "--html", "c.html", "--objective", "errors < 1000"]);
    let page = load(&stage.path().join("c.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(page.dom.contains("<circle class=\"forest worse\"") && page.dom.contains("errors &lt; 1000"));
    assert!(!page.dom.contains("<script") && !page.dom.contains("NaN"));
}
