//! Runs against runs and objectives, from the command line.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The program in an empty folder.
struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        Self(TempDir::new().expect("there is room for a folder"))
    }

    fn claque(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("CLAQUE_TOKEN").env("NO_COLOR", "1").env("COLUMNS", "100");
        command.output().expect("the program was built")
    }

    /// Simulates 12 listeners of 8 blocks into a folder called `name`.
    fn simulate(&self, name: &str, args: &[&str]) -> Output {
        let usual = ["simulate", "--users", "12", "--blocks", "8", "--quiet", "--output-dir", "new"];
        let output = self.claque(&[&usual, args].concat());
        let mut made = fs::read_dir(self.0.path().join("new")).expect("a run was left");
        let made = made.next().and_then(Result::ok).expect("a run was left").path();
        let results = self.0.path().join("claque-results");
        fs::create_dir_all(&results).expect("the folder can be written");
        fs::rename(made, results.join(name)).expect("the name is free");
        output
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).expect("the file was written")
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("data is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("words are UTF-8")
}

#[test]
fn twice_as_many_workers_are_better_and_half_are_a_regression() {
    let stage = Stage::new();
    for seed in ["1", "2", "3", "4"] {
        stage.simulate(&format!("four-{seed}"), &["--seed", seed]);
        stage.simulate(&format!("eight-{seed}"), &["--seed", seed, "--workers", "8"]);
    }
    let (four, eight) = ("four-1,four-2,four-3,four-4", "eight-1,eight-2,eight-3,eight-4");
    let better = stage.claque(&["compare", four, eight, "--fail-on-regression", "--json"]);
    assert_eq!(code(&better), Some(0), "{}", stderr(&better));
    let document: Value = serde_json::from_str(&stdout(&better)).unwrap();
    let pair = &document["comparisons"][0];
    assert_eq!(pair["verdict"], "better");
    let names: Vec<_> = pair["differences"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["gateway.models.kokoro.workers"]);
    let row = pair["rows"].as_array().unwrap().iter().find(|row| row["metric"] == "round_trip").unwrap();
    assert_eq!((&row["statistic"], &row["change"]), (&"mean".into(), &"better".into()));
    assert!(row["interval"]["high"].as_f64().unwrap() < 0.0);

    let worse = stage.claque(&["compare", eight, four]);
    assert_eq!(code(&worse), Some(0), "told, but no gate was asked for");
    assert!(stdout(&worse).contains("  REGRESSION  B: worse: "), "{}", stdout(&worse));
    let gate = ["compare", eight, four, "--fail-on-regression", "--markdown", "--junit", "j.xml"];
    let gate = stage.claque(&gate);
    assert_eq!(code(&gate), Some(4));
    assert!(stdout(&gate).starts_with("### claque: B against A: REGRESSION\n"), "{}", stdout(&gate));
    assert!(stage.read("j.xml").contains("<failure message=\"worse: "));

    // One figure that was named beforehand is all that verdict, sentence and gate are about.
    let alone = ["compare", eight, four, "--primary", "success", "--fail-on-regression"];
    let output = stage.claque(&alone);
    let told = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("are about success_pct alone, as --primary says"), "{told}");
    assert!(
        told.contains("Worse by itself, and in no verdict: ") && told.contains("round_trip (mean) +"),
        "{told}"
    );
    let document: Value =
        serde_json::from_str(&stdout(&stage.claque(&[&alone[..], &["--json"]].concat()))).unwrap();
    assert_eq!((&document["primary"], &document["judged"]), (&"success_pct".into(), &1.into()));
    let pair = &document["comparisons"][0];
    let judged = pair["rows"].as_array().unwrap().iter().filter(|row| row["judged"] == true);
    assert_eq!(judged.map(|row| row["metric"].as_str().unwrap()).collect::<Vec<_>>(), ["success_pct"]);
    let is_worse = pair["verdict"] == "regression";
    assert_eq!(code(&output), Some(if is_worse { 4 } else { 0 }), "{told}");
    let alone = ["compare", eight, four, "--primary", "round_trip", "--fail-on-regression"];
    assert_eq!(code(&stage.claque(&alone)), Some(4));
}

#[test]
fn repetitions_stand_with_commas_between_them() {
    let stage = Stage::new();
    for (name, seed) in [("a1", "1"), ("a2", "2"), ("b1", "3"), ("b2", "4")] {
        stage.simulate(name, &["--seed", seed]);
    }
    let output = stage.claque(&["compare", "a1,a2", "b1,b2", "--json"]);
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["sides"][1]["runs"][1]["name"], "b2");
    assert_eq!(document["comparisons"][0]["verdict"], "no-detectable-change");
    let output = stage.claque(&["compare", "a1,a2", "b1,b2", "--markdown", "m.md"]);
    assert_eq!(code(&output), Some(0), "the file is no third side: {}", stderr(&output));
    assert!(stage.read("m.md").starts_with("### claque: B against A: "));
    stage.simulate("again", &["--seed", "1"]);
    let output = stage.claque(&["compare", "a1,again", "b1"]);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("simulations with one seed (1)"), "{}", stderr(&output));
}

#[test]
fn a_tag_of_several_runs_means_repetitions_of_one_side() {
    let stage = Stage::new();
    for (name, seed) in [("a1", "1"), ("a2", "2"), ("b1", "3")] {
        stage.simulate(name, &["--seed", seed]);
    }
    for name in ["a1", "a2"] {
        assert_eq!(code(&stage.claque(&["tag", name, "before"])), Some(0));
    }
    let sides = |args: &[&str]| -> Vec<Vec<String>> {
        let output = stage.claque(&[&["compare", "--json"], args].concat());
        let document: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
        let names = |side: &Value| {
            let runs = side["runs"].as_array().expect("a list").iter();
            runs.map(|run| run["name"].as_str().expect("a text").to_owned()).collect()
        };
        document["sides"].as_array().expect("a list").iter().map(names).collect()
    };
    // The newest first, as everywhere; a tag is told by the runs that it means.
    assert_eq!(sides(&["before", "latest"]), [vec!["a2", "a1"], vec!["b1"]]);
    assert_eq!(sides(&["claque-results/before", "b1"]), [vec!["a2", "a1"], vec!["b1"]]);
    let output = stage.claque(&["show", "before"]);
    assert!(stderr(&output).contains("several runs have the tag before: a2, a1;"), "one run is wanted there");
    let output = stage.claque(&["compare", "before", "a1"]);
    assert!(stderr(&output).contains("the run a1 is there twice"), "{}", stderr(&output));
}

#[test]
fn another_task_is_not_compared_and_passes_no_gate() {
    let stage = Stage::new();
    stage.simulate("slow", &["--seed", "1"]);
    stage.simulate("fast", &["--seed", "2", "--speed", "2"]);
    let output = stage.claque(&["compare", "slow", "fast"]);
    assert_eq!(code(&output), Some(0));
    assert!(stdout(&output).contains("NOT COMPARABLE  B: speed is 1 against 2\n"), "{}", stdout(&output));
    assert_eq!(code(&stage.claque(&["compare", "slow", "fast", "--fail-on-regression"])), Some(2));
}

#[test]
fn an_audience_that_was_changed_by_hand_is_another_task_on_either_side() {
    let stage = Stage::new();
    stage.simulate("left-alone", &["--seed", "1"]);
    stage.simulate("alone-too", &["--seed", "2"]);
    copy(&stage, "alone-too", "held", |run| run["by_hand"] = "arrivals held 1 time for 12.3 s in all".into());
    for sides in [["left-alone", "held"], ["held", "left-alone"]] {
        let output = stage.claque(&[&["compare"], &sides[..]].concat());
        assert!(stdout(&output).contains("NOT COMPARABLE  B: by_hand is "), "{}", stdout(&output));
    }
}

#[test]
fn an_invalid_run_is_refused_unless_it_is_asked_for() {
    let stage = Stage::new();
    stage.simulate("fine", &["--seed", "1"]);
    let invalid = stage.simulate("talk", &["--reproduce", "cross-talk", "--objective", "errors = 7"]);
    assert_eq!(code(&invalid), Some(5), "what is INVALID stays 5 whatever its objectives");
    let output = stage.claque(&["compare", "fine", "talk"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (Some(5), ""));
    assert!(stderr(&output).starts_with("error: talk is INVALID (cross-talk: "), "{}", stderr(&output));
    let output = stage.claque(&["compare", "fine", "talk", "--allow-invalid"]);
    assert_eq!(code(&output), Some(0));
    assert!(stdout(&output).contains("talk is INVALID and compared all the same"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_compared_is_said_with_its_name() {
    let stage = Stage::new();
    stage.simulate("fine", &[]);
    for (args, words) in [
        (
            &["compare", "fine", "none"][..],
            "error: there is no run `none`: neither a folder, nor a name or a tag in claque-results",
        ),
        (
            &["compare", "fine", "claque-results/fine"],
            "error: the run claque-results/fine is there twice, also as fine;",
        ),
        (&["compare", "fine", ""], "error: there is no run ``: neither"),
        (
            &["compare", "fine", "fine", "--confidence", "100"],
            "error: --confidence is 100; give 50 to 99.9\n",
        ),
        (
            &["compare", "fine", "fine", "--primary", "sucess"],
            "error: --primary is `sucess`, and a verdict can be about one of startup_time, round_trip, stalled_time_pct, success_pct; \
             did you mean `success_pct`?\n",
        ),
        (
            &["compare", "fine", "fine", "--objective", "errrors = 0"],
            "error: --objective `errrors = 0`: unknown metric `errrors` at character 1; did you mean `errors`?\n",
        ),
    ] {
        let output = stage.claque(args);
        assert_eq!(code(&output), Some(2), "{args:?}");
        assert!(stderr(&output).starts_with(words), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn an_objective_that_is_missed_ends_with_code_three() {
    let stage = Stage::new();
    let missed =
        ["--objective", "startup_time p95 < 1 ms", "--objective", "errors = 0", "--markdown", "m.md"];
    let output = stage.simulate("missed", &[&missed[..], &["--junit", "j.xml"]].concat());
    assert_eq!(code(&output), Some(3));
    let text = stdout(&output);
    assert!(
        text.contains("  MISSED  startup_time p95 < 1 ms") && text.contains("  met     errors = 0"),
        "{text}"
    );
    assert!(stage.read("m.md").contains("| errors = 0 | met | 0 |"));
    assert!(stage.read("j.xml").contains("tests=\"3\" failures=\"1\""));
    let run: Value = serde_json::from_str(&stage.read("claque-results/missed/run.json")).unwrap();
    assert_eq!((&run["objectives"][0]["met"], &run["objectives"][1]["met"]), (&false.into(), &true.into()));
    assert_eq!(run["scenario"]["objectives"][1], "errors = 0");

    let output = stage.simulate("met", &["--objective", "listeners started >= 100 %", "--json"]);
    assert_eq!(code(&output), Some(0));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["objectives"][0]["value"], 100.0);

    let gate = ["compare", "missed", "met", "--objective", "round_trip max < 1 ms"];
    assert_eq!(code(&stage.claque(&gate)), Some(3), "the candidate is judged");
}

#[test]
fn what_is_met_and_not_shown_is_said_and_fails_where_confidence_is_demanded() {
    let stage = Stage::new();
    let line = "listeners completed >= 99 %";
    let shows = "12 of 12 shows at least 73.5 % (95 %, two-sided); it takes 368 without a miss to show it";
    let met = stage.simulate("met", &["--objective", line]);
    assert_eq!(code(&met), Some(0));
    // However it is wrapped.
    let told = stdout(&met).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("met {line} 100.00 %; met in the sample: {shows}")), "{}", stdout(&met));

    let demand = ["--objective", line, "--objective", "errors = 0", "--confidence", "95"];
    let files = ["--junit", "j.xml", "--markdown", "m.md"];
    let lacking = stage.simulate("lacking", &[&demand[..], &files].concat());
    assert_eq!(code(&lacking), Some(3), "{}", stderr(&lacking));
    let text = stdout(&lacking);
    assert!(text.contains("  NOT SHOWN  ") && text.contains("  met        errors = 0"), "{text}");
    assert!(stage.read("m.md").contains(&format!("**NOT SHOWN** | 100.00 %; not shown: {shows}")));
    let junit = stage.read("j.xml");
    assert!(
        junit.contains("failures=\"1\"") && junit.contains("not shown with the confidence demanded"),
        "{junit}"
    );
    let run: Value = serde_json::from_str(&stage.read("claque-results/lacking/run.json")).unwrap();
    let judged = &run["objectives"][0];
    assert_eq!((&judged["met"], &judged["not_shown"]), (&false.into(), &true.into()));
    assert_eq!((&judged["sample"]["needs"], &run["scenario"]["confidence"]), (&368.into(), &95.0.into()));

    let looser = ["--objective", "listeners completed >= 70 %", "--confidence", "95"];
    assert_eq!(code(&stage.simulate("shown", &looser)), Some(0), "12 of 12 show so much");
    let against = ["compare", "met", "shown", "--objective", line];
    assert_eq!(code(&stage.claque(&against)), Some(0));
    assert_eq!(code(&stage.claque(&[&against[..], &["--confidence", "95"]].concat())), Some(3));
}

#[test]
fn blocks_that_failed_at_the_fetch_miss_a_bound_on_their_times() {
    let stage = Stage::new();
    let args = [
        "simulate",
        "--users",
        "4",
        "--blocks",
        "12",
        "--workers",
        "unlimited",
        "--quiet",
        "--objective",
        "round_trip p95 < 10 s",
        "--gateway-set",
        "faults.jobs=[{select={share=0.5},effect=\"audio-server-error\"}]",
    ];
    let output = stage.claque(&args);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("  MISSED  round_trip p95 < 10 s"), "{}", stdout(&output));
}

#[test]
fn objectives_of_a_file_are_judged_and_typed_ones_take_their_place() {
    let stage = Stage::new();
    let text = "users = 2\nblocks = 2\nobjectives = [\n  \"errors = 0\",\n  \"ttfa p95 < 1 ms\",\n]\n";
    fs::write(stage.0.path().join("s.toml"), text).unwrap();
    let args = ["simulate", "--quiet", "--scenario", "s.toml"];
    assert_eq!(code(&stage.claque(&args)), Some(3));
    assert_eq!(code(&stage.claque(&[&args[..], &["--objective", "errors = 0"]].concat())), Some(0));
    fs::write(stage.0.path().join("s.toml"), text.replace("ttfa p95", "tfta p95")).unwrap();
    assert_eq!(
        stderr(&stage.claque(&args)),
        "error: s.toml:5: objectives `tfta p95 < 1 ms`: unknown metric `tfta` at character 1; did you mean `ttfa`?\n"
    );
    fs::write(stage.0.path().join("s.toml"), "abort_on = [\"errors > 3\"]\n").unwrap();
    assert!(
        stderr(&stage.claque(&args)).starts_with("error: s.toml:1: abort_on has no meaning in a simulation")
    );
}

/// Copies a run, and has its copy say something else.
fn copy(stage: &Stage, from: &str, to: &str, edit: impl FnOnce(&mut Value)) {
    let results = stage.0.path().join("claque-results");
    let (from, to) = (results.join(from), results.join(to));
    fs::create_dir(&to).expect("the name is free");
    for file in fs::read_dir(&from).expect("it is there").map(|file| file.expect("it can be read").path()) {
        fs::copy(&file, to.join(file.file_name().expect("it has a name"))).expect("it can be copied");
    }
    let path = to.join("run.json");
    let mut run: Value =
        serde_json::from_slice(&fs::read(&path).expect("it was copied")).expect("it is JSON");
    edit(&mut run);
    // As an older claque left it, without a seal: what has one is refused before.
    run.as_object_mut().expect("it is an object").remove("seal");
    fs::write(&path, run.to_string()).expect("it can be written");
    let (path, key) = (to.join("blocks.parquet"), b"claque.sealed_in");
    let mut blocks = fs::read(&path).expect("it was copied");
    let at = blocks.windows(key.len()).position(|bytes| bytes == key).expect("its columns know of the seal");
    blocks[at] = b'x';
    fs::write(&path, blocks).expect("it can be written");
}

#[test]
fn a_run_that_was_copied_is_one_run_whatever_its_file_says() {
    let stage = Stage::new();
    for (name, seed) in [("a1", "1"), ("b1", "3"), ("b2", "4")] {
        stage.simulate(name, &["--seed", seed]);
    }
    copy(&stage, "a1", "a2", |run| run["seed"] = 2.into());
    for sides in [["a1,a2", "b1,b2"], ["b1,b2", "a1,a2"]] {
        let output = stage.claque(&[&["compare"], &sides[..]].concat());
        assert_eq!((code(&output), stdout(&output).as_str()), (Some(2), ""));
        assert!(stderr(&output).contains("a1 and a2 are one run: "), "{}", stderr(&output));
    }
    // Two simulations may come to the same on purpose; two real runs never do.
    assert_eq!(code(&stage.claque(&["compare", "a1", "a2"])), Some(0));
    copy(&stage, "a1", "r1", |run| run["scenario"]["time"] = "real".into());
    copy(&stage, "a1", "r2", |run| run["scenario"]["time"] = "real".into());
    let output = stage.claque(&["compare", "r1", "r2"]);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("r1 and r2 are one run: "), "{}", stderr(&output));
}

#[test]
fn a_gate_that_is_passed_says_what_was_shown_and_what_could_have_been_seen() {
    let stage = Stage::new();
    for (name, seed) in [("a1", "1"), ("a2", "2"), ("a3", "5"), ("b1", "3"), ("b2", "4"), ("b3", "6")] {
        stage.simulate(name, &["--seed", seed]);
    }
    let output = stage.claque(&["compare", "a1,a2,a3", "b1,b2,b3", "--junit", "j.xml"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains("were not run on the same"), "a simulation has no day");
    let junit = stage.read("j.xml");
    assert!(
        junit.contains("name=\"B: no regression was shown\"") && !junit.contains("is no regression"),
        "{junit}"
    );
    assert!(junit.contains("<system-out>") && junit.contains("could have been seen of "), "{junit}");
}
