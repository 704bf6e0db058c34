//! report.html in a browser.

use std::fs;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
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

/// What the scripts of a page read.
fn data(folder: &std::path::Path) -> serde_json::Value {
    let page = fs::read_to_string(folder.join("report.html")).expect("there is a page");
    let begin = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = page.split_once(begin).expect("it has data");
    let (text, _) = rest.split_once("</script>").expect("it ends");
    serde_json::from_str(text).expect("it is JSON")
}

/// Listener-seconds of a state, of all listeners.
fn area_s(data: &serde_json::Value, state: &str) -> f64 {
    let levels = data["audience"][state].as_array().expect("it is a state");
    let bin_ms = data["audience"]["bin_ms"].as_f64().expect("it is a number");
    levels.iter().filter_map(serde_json::Value::as_f64).sum::<f64>() * bin_ms / 1e3
}

#[test]
fn who_waits_for_an_answer_or_thinks_is_not_drawn_as_playing() {
    let stage = Stage::new();
    let crowd = ["--users", "20", "--blocks", "5", "--protocol", "openai", "--listen", "turns"];
    let folder = stage.simulated(&[&crowd[..], &["--workers", "1", "--think", "1s"]].concat());
    let (data, told) = (data(&folder), crate::stage::manifest(&folder));
    let heard_s = told["summary"]["audio_played_ms"].as_f64().expect("somebody heard something") / 1e3;
    let is_near = |one: f64, other: f64| (one - other).abs() < 0.01 * other;
    assert!(is_near(area_s(&data, "playing"), heard_s), "{} of {heard_s} s", area_s(&data, "playing"));
    // Each thinks for a second between two of five utterances.
    assert!(is_near(area_s(&data, "thinking"), 80.0), "{}", area_s(&data, "thinking"));
    // From wanted to heard, of all but the first.
    let response = &told["summary"]["streams"]["turn_response"];
    let all_s = response["mean_ms"].as_f64().expect("it is a number") * 100.0 / 1e3;
    let waited_s = area_s(&data, "awaiting") + area_s(&data, "buffering");
    assert!(is_near(waited_s, all_s), "{waited_s} of {all_s} s");
    let text = stage.prints(&["explain", "latest"]);
    assert!(text.contains("in 80 waits for later answers"), "{text}");
    assert!(stage.prints(&["show", "latest"]).contains("In the conversation 100 answers took"));
}

#[test]
fn nothing_is_concluded_of_buffers_from_who_cannot_be_played_again() {
    let stage = Stage::new();
    let words = |folder: std::path::PathBuf| fs::read_to_string(folder.join("report.html")).expect("a page");
    let jumpers =
        ["--users", "20", "--blocks", "20", "--workers", "4", "--behaviour", "seek=2,skip=2,pause=1"];
    let page = words(stage.simulated(&jumpers));
    assert!(page.contains("cannot be played again"), "those who jump are counted");
    assert!(!page.contains("nobody would have stalled") || page.contains("Nothing is told of others: "));
    let turns =
        ["--users", "4", "--blocks", "3", "--protocol", "openai", "--listen", "turns", "--workers", "1"];
    let page = words(stage.simulated(&turns));
    assert!(
        !page.contains("Had playback waited for 1 block"),
        "blocks are not what a conversation waits for"
    );
    assert!(page.contains("to be heard without a stall") || page.contains(" of audio, none of "));
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
        network: None,
        playing: None,
        paused: std::time::Duration::ZERO,
    };
    writer
        .append(&[
            error(100, FailureScope::Block(BlockIdx(0))),
            error(900, FailureScope::Session),
            Fact::Listener(session),
        ])
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
