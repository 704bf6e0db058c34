//! The pages as axe, a keyboard and a pointer find them, in Chromium at three widths and in both colour schemes; `tests/clients/pages.mjs` looks.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::stage::{Stage, manifest};

/// What was found; none, told loudly, where the tests were started without Node's packages.
#[expect(clippy::print_stderr, reason = "whoever skips a test is to know")]
fn look(arguments: &[&str]) -> Option<Value> {
    let Some(modules) = std::env::var_os("CLAQUE_TEST_NODE_MODULES") else {
        eprintln!(
            "SKIPPED: CLAQUE_TEST_NODE_MODULES is not set; `cargo xtask test` installs what this test needs and sets it"
        );
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/pages.mjs");
    let mut node = Command::new("node");
    node.arg(script).args(arguments).env("CLAQUE_TEST_NODE_MODULES", modules);
    let output = node.output().expect("node is installed; `cargo xtask test` does that");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    Some(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

/// Whether nothing is amiss with the page in this file; gives what else was found.
#[track_caller]
fn flawless(file: &Path) -> Option<Value> {
    let found = look(&[&format!("file://{}", file.display())])?;
    assert_eq!(found["looks"], 6, "three widths, folded and unfolded");
    no_complaint(&found);
    Some(found)
}

#[track_caller]
fn no_complaint(found: &Value) {
    for list in ["violations", "console", "too_wide"] {
        assert_eq!(found[list], json!([]), "{list}");
    }
}

#[test]
fn the_page_of_a_run_is_for_everybody() {
    let stage = Stage::new();
    // Stalls, blocks given up and objectives: every kind of section is there.
    let folder = stage.path().join("claque-results");
    let args = [
        "simulate",
        "--users",
        "12",
        "--blocks",
        "20",
        "--speed",
        "2",
        "--objective",
        "errors = 0",
        "--quiet",
    ];
    assert_eq!(stage.claque(&args).status.code(), Some(3));
    let run = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let Some(found) = flawless(&run.join("report.html")) else { return };
    assert_eq!(found["reached"], true, "the Tab key leads to the plots");
    assert!(found["told"].as_str().unwrap().contains("stalled"), "{found}");
    for zoomed in ["zoomed", "dragged"] {
        assert!(found[zoomed].as_str().unwrap().starts_with("Shown: "), "{found}");
    }
    for whole in ["back", "double_clicked", "selected"] {
        assert_eq!(found[whole], "", "{whole}");
    }
}

#[test]
fn the_page_plays_what_a_listener_heard() {
    let stage = Stage::new();
    let shape = ["run", "--users", "1", "--blocks", "2", "--speed", "4", "--hear", "0", "--quiet"];
    // A busy machine makes it INVALID, and no less to be heard.
    assert!(matches!(stage.claque(&shape).status.code(), Some(0 | 5)));
    let run = std::fs::read_dir(stage.path().join("claque-results")).unwrap().next().unwrap().unwrap().path();
    let Some(found) = flawless(&run.join("report.html")) else { return };
    let told = manifest(&run)["heard"]["length_ms"].as_f64().unwrap() / 1e3;
    let length = found["heard_length"].as_f64().unwrap();
    assert!((length - told).abs() < 0.02, "{length} s, and {told} s are told");
    assert!(found["heard_from"].as_f64().unwrap() > told / 4.0, "a click led into the middle: {found}");
    assert!(found["heard_on"] == true && found["head"].as_f64().unwrap() > 52.0, "{found}");
}

#[test]
fn the_page_of_a_comparison_is_for_everybody() {
    let stage = Stage::new();
    for (tag, workers) in [("four", "4"), ("eight", "8")] {
        for seed in ["1", "2", "3"] {
            let audience = ["--users", "12", "--blocks", "8", "--seed", seed, "--workers", workers];
            let run = stage.simulated(&audience);
            stage.prints(&["tag", &run.to_string_lossy(), tag]);
        }
    }
    stage.prints(&["compare", "eight", "four", "--html", "compare.html"]);
    flawless(&stage.path().join("compare.html"));
}

#[test]
fn the_page_of_a_suite_is_for_everybody() {
    let stage = Stage::new();
    let common = "[suite]\nname = \"s\"\nrepeats = 3\n[common]\nblocks = 8\nobjectives = [\"errors = 0\"]\n";
    stage.write("s.toml", &format!("{common}[[scenario]]\nname = \"few\"\nusers = 4\n"));
    let suite = ["suite", "s.toml", "--simulate", "--quiet", "--output-dir", "out"];
    stage.prints(&[&suite[..], &["--baseline", "before"]].concat());
    let held = stage.claque(&[&suite[..], &["--workers", "1", "--against", "before"]].concat());
    assert_eq!(held.status.code(), Some(3), "blocks were given up");
    let mut pages: Vec<_> = std::fs::read_dir(stage.path().join("out")).unwrap().collect();
    pages.sort_by_key(|page| page.as_ref().unwrap().path());
    flawless(&pages.pop().unwrap().unwrap().path().join("suite.html"));
}

#[test]
fn the_page_of_a_search_for_the_cheapest_setting_is_for_everybody() {
    let stage = Stage::new();
    let search =
        ["tune", "--users", "4", "--blocks", "6", "--stagger", "10", "--reliability", "60", "--quiet"];
    let varied =
        ["--vary", "workers=4..8:2", "--vary", "batch_size=4,8", "--objective", "startup_time p95 < 9 s"];
    stage.prints(&[&search[..], &varied].concat());
    let folder = std::fs::read_dir(stage.path().join("claque-results")).unwrap().next().unwrap().unwrap();
    flawless(&folder.path().join("tune.html"));
}

#[test]
fn the_page_of_a_capacity_is_for_everybody() {
    let stage = Stage::new();
    let search =
        ["capacity", "--simulate", "--workers", "4", "--blocks", "12", "--max-users", "12", "--quiet"];
    stage.claque(&search);
    let searches = std::fs::read_dir(stage.path().join("claque-results")).unwrap();
    flawless(&searches.last().unwrap().unwrap().path().join("capacity.html"));
}

#[test]
fn the_page_of_a_run_that_goes_on_follows_it_and_becomes_its_report() {
    let stage = Stage::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
    command.args([
        "run",
        "--users",
        "3",
        "--blocks",
        "6",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.2",
    ]);
    command.args(["--audio-seconds", "3", "--live-web", "127.0.0.1:0"]).current_dir(stage.path());
    let mut run = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut talk = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    talk.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("the run can be watched at ").unwrap_or_else(|| panic!("{line}"));
    let found = look(&[url, "live"]);
    assert!(run.wait().unwrap().code().is_some_and(|code| [0, 5].contains(&code)));
    let Some(found) = found else { return };
    no_complaint(&found);
    assert_eq!(found["followed"], true);
    let became = found["became"].as_str().unwrap();
    assert!(became.starts_with("claque: 20"), "{became}: the report is named after its folder");
}
