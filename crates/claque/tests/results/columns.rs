//! Every text fits a terminal of 80 columns. The snapshots are for eyes: whoever changes one looks at it.

use crate::stage::Stage;

/// Columns of a terminal that nobody has made wider.
const WIDTH: usize = 80;

/// Objectives whose words are long.
const OBJECTIVES: [&str; 4] =
    ["--objective", "listeners underrun-free >= 99 %", "--objective", "startup_time p95 < 2 s"];

const SUITE: &str = r#"
[suite]
repeats = 3

[common]
users = 20
blocks = 8
objectives = ["listeners underrun-free >= 99 %", "startup_time p95 < 2 s"]

[[scenario]]
name = "twenty-listeners-two-workers"
workers = 2

[[scenario]]
name = "four"
workers = 4
"#;

/// Holds a text to its width.
#[track_caller]
fn is_narrow(name: &str, text: &str) {
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
    assert!(long.is_empty(), "{name}: longer than {WIDTH} columns:\n{}", long.join("\n"));
    assert!(text.lines().count() > 1, "{name} says nothing: {text}");
}

/// The same, and to its snapshot, in which moments have no digits.
#[track_caller]
fn fits(name: &str, text: &str) {
    is_narrow(name, text);
    insta::with_settings!({filters => vec![
        (r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)? *", "MOMENT "),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT"),
    ]}, {
        insta::assert_snapshot!(name, text);
    });
}

/// What is said and then what is printed, whatever it came to.
#[track_caller]
fn told(stage: &Stage, args: &[&str]) -> String {
    let output = stage.claque_on_80_columns(args);
    assert!(matches!(output.status.code(), Some(0 | 3 | 4 | 5)), "{args:?}: {output:?}");
    format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout))
}

#[test]
fn runs_comparisons_and_explanations() {
    let stage = Stage::new();
    let crowd = ["--users", "200", "--blocks", "10", "--workers", "2", "-o", "crowd"];
    let crowded = [&["simulate", "--vocabulary", "vllm-omni"], &crowd[..], &OBJECTIVES[..]].concat();
    fits("simulate", &told(&stage, &crowded));
    let mut sides = [Vec::new(), Vec::new()];
    for seed in ["1", "2", "3"] {
        for (side, workers) in sides.iter_mut().zip(["2", "4"]) {
            let run = ["--users", "20", "--blocks", "10", "--workers", workers, "--seed", seed, "-o", "r"];
            // Names with moments in them are not always of one length.
            let name = format!("r/{workers}-workers-{seed}");
            std::fs::rename(stage.simulated(&run), stage.path().join(&name)).unwrap();
            side.push(name);
        }
    }
    let [before, after] = &sides;
    fits("show", &told(&stage, &["show", &before[0]]));
    fits("compare_one_a_side", &told(&stage, &["compare", &before[0], &after[0]]));
    fits("compare_three_a_side", &told(&stage, &["compare", &before.join(","), &after.join(",")]));
    fits("explain_run", &told(&stage, &["explain", &before[0]]));
    fits("explain_model", &told(&stage, &["explain", "current"]));
    let list = told(&stage, &["runs", "-o", "r"]);
    fits("runs", &list);
    let wide = stage.claque(&["runs", "-o", "r"]);
    assert!(list.contains("no room for time (virtual), model (kokoro)"), "{list}");
    assert!(String::from_utf8_lossy(&wide.stdout).contains("kokoro"), "COLUMNS says that there is room");
    for vocabulary in ["sglang", "riva", "cta-2066", "coval"] {
        fits(vocabulary, &told(&stage, &["show", &before[0], "--vocabulary", vocabulary]));
    }
}

#[test]
fn replicates_suites_and_searches() {
    let stage = Stage::new();
    let audience = ["--users", "20", "--blocks", "10", "--workers", "2"];
    let replicates = [&["simulate", "--replicates", "6"], &audience[..]].concat();
    fits("replicates", &told(&stage, &replicates));
    stage.write("suite.toml", SUITE);
    let suite = ["suite", "suite.toml", "--simulate", "-o", "r"];
    fits("suite_plan", &told(&stage, &[&suite[..], &["--dry-run"]].concat()));
    fits("suite", &told(&stage, &[&suite[..], &["--baseline", "first"]].concat()));
    fits("suite_against", &told(&stage, &[&suite[..], &["--against", "first"]].concat()));
    let varied = ["--vary", "workers=2,4", "--vary", "pipeline.overflow.threshold_seconds=5,30"];
    let vary = [&["simulate", "--users", "20", "--blocks", "6", "-o", "r"], &varied[..]].concat();
    fits("vary", &told(&stage, &vary));
    let search = ["capacity", "--simulate", "--engine", "deterministic", "--service-seconds", "1"];
    for (place, workers) in ["2", "3"].into_iter().enumerate() {
        let more = ["--audio-seconds", "4", "--blocks", "10", "--workers", workers, "-o", "c"];
        fits(&format!("capacity_{place}"), &told(&stage, &[&search[..], &more].concat()));
        let folders = std::fs::read_dir(stage.path().join("c")).unwrap();
        let is_new = |path: &std::path::PathBuf| path.to_string_lossy().contains("capacity-");
        let folder = folders.map(|entry| entry.unwrap().path()).find(is_new).unwrap();
        std::fs::rename(folder, stage.path().join(format!("c/{workers}-workers"))).unwrap();
    }
    fits("compare_capacities", &told(&stage, &["compare", "c/2-workers", "c/3-workers"]));
    is_narrow("suites", &told(&stage, &["runs", "-o", "r"]));
    is_narrow("searches", &told(&stage, &["runs", "-o", "c"]));
}
