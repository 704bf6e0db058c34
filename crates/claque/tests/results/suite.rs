//! Suites, in virtual time: many runs from one file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    browser::load,
    stage::{Stage, manifest},
};

/// Two scenarios, four times each.
const NIGHT: &str = "[suite]\nname = \"night\"\nrepeats = 4\n[common]\nblocks = 6\n\
                     [[scenario]]\nname = \"few\"\nusers = 3\n[[scenario]]\nname = \"many\"\nusers = 9\nspeed = 1.7\n";

/// Simulates the suite in `night.toml`; its exit code and what it prints.
fn suite(stage: &Stage, args: &[&str]) -> (Option<i32>, Value) {
    let usual = ["suite", "night.toml", "--simulate", "--quiet", "--json"];
    let output = stage.claque(&[&usual, args].concat());
    let words = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {words}"));
    (output.status.code(), document)
}

fn folder(stage: &Stage, document: &Value) -> PathBuf {
    stage.path().join(document["suite_folder"].as_str().expect("it names the folder"))
}

fn saved(stage: &Stage, document: &Value) -> Value {
    let bytes = fs::read(folder(stage, document).join("suite.json")).expect("there is a suite");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().expect("a list")
}

#[test]
fn every_run_is_kept_and_found_under_its_scenario() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    let (code, document) = suite(&stage, &[]);
    assert_eq!((code, &document["finished"]), (Some(0), &true.into()));
    let [few, many] = list(&document, "scenarios").as_slice() else { panic!("{document}") };
    assert_eq!((&few["name"], &few["valid"], &many["repeats"]), (&"few".into(), &4.into(), &4.into()));
    assert!(few["figures"]["startup_time_p50_ms"]["median"].as_f64().unwrap() > 0.0);

    let suite = saved(&stage, &document);
    let runs = list(&suite, "runs");
    let seeds: BTreeSet<_> = runs.iter().map(|run| run["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds.len(), 8, "no two runs are the same");
    for round in runs.chunks(2) {
        assert_ne!(round[0]["scenario"], round[1]["scenario"], "each round has every scenario");
    }

    let dir = folder(&stage, &document);
    let kept = stage.prints(&["runs", "--output-dir", dir.to_str().unwrap(), "--tag", "few"]);
    assert_eq!(kept.lines().count(), 5, "{kept}");
    let name = dir.file_name().unwrap().to_str().unwrap();
    let compared = stage.prints(&["compare", &format!("{name}/few"), &format!("{name}/many")]);
    assert!(compared.contains("users is 3 against 9"), "{compared}");
    assert!(stage.prints(&["show", &format!("{name}/latest")]).contains("  VALID"));
}

#[test]
fn a_worse_service_is_a_regression_and_the_same_one_is_not() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    let gate = ["--against", "before", "--fail-on-regression"];
    assert_eq!(suite(&stage, &["--baseline", "before"]).0, Some(0));
    let (code, document) = suite(&stage, &gate);
    let verdicts = |document: &Value| -> Vec<Value> {
        list(&document["against"], "scenarios").iter().map(|one| one["verdict"].clone()).collect()
    };
    assert_eq!((code, verdicts(&document)), (Some(0), vec!["no-detectable-change".into(); 2]));
    assert_eq!(document["against"]["scenarios"][0]["comparison"]["confidence_pct"], 97.5);

    let files = ["--workers", "1", "--junit", "j.xml", "--markdown", "m.md"];
    let (code, document) = suite(&stage, &[&gate[..], &files].concat());
    assert_eq!((code, verdicts(&document)), (Some(4), vec!["regression".into(); 2]));
    let read = |name: &str| fs::read_to_string(stage.path().join(name)).unwrap();
    assert!(read("m.md").contains("| few | **REGRESSION** | worse: "), "{}", read("m.md"));
    assert!(read("j.xml").contains(
        "name=\"many: no regression was shown\" time=\"0.000\">\n      <failure message=\"regression: "
    ));
    let page = load(&folder(&stage, &document).join("suite.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(page.dom.contains("many: <strong>REGRESSION</strong>") && page.dom.contains("<svg "));

    // A name goes to the newest that asks for it; told again, a finished suite runs nothing.
    let (code, again) = suite(&stage, &["--workers", "1", "--resume", "latest", "--baseline", "before"]);
    assert_eq!((code, &again["suite_folder"]), (Some(0), &document["suite_folder"]));
    let (_, last) = suite(&stage, &["--against", "before"]);
    assert_eq!(last["against"]["suite_folder"], document["suite_folder"]);
    assert_eq!(verdicts(&last), vec![Value::from("better"); 2]);
}

#[test]
fn a_suite_is_told_in_a_table() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    suite(&stage, &["--baseline", "before"]);
    let args = ["--against", "before", "--workers", "1", "--objective", "startup_time p95 < 10 s"];
    let output = stage.claque(&[&["suite", "night.toml", "--simulate", "--quiet"], &args[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    insta::with_settings!({ filters => vec![(r"night-\S+", "night-DATE")] }, {
        insta::assert_snapshot!("suite", text);
    });
    assert!(text.lines().take(8).all(|line| line.chars().count() <= 120), "it fits into a wide terminal");
}

/// Writes the suite's file as claque would, with its seal.
fn write_anew(dir: &Path, suite: Value) {
    claque_store::save_suite(dir, &serde_json::from_value(suite).expect("it is a suite"))
        .expect("it can be written");
}

#[test]
fn a_suite_goes_on_with_what_is_missing_and_only_as_it_was() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    let (_, document) = suite(&stage, &[]);
    let (dir, whole) = (folder(&stage, &document), saved(&stage, &document));
    // As a suite that was killed in its third run: the folder of that is not in the book.
    let mut partial = whole.clone();
    partial["finished_at_utc"] = Value::Null;
    let runs = partial["runs"].as_array_mut().unwrap();
    for run in &mut runs[2..] {
        let run = run.as_object_mut().unwrap();
        ["folder", "run", "verdict", "objectives"].iter().for_each(|key| {
            run.remove(*key);
        });
        run.insert("state".to_owned(), "pending".into());
    }
    write_anew(&dir, partial);

    stage.write(
        "night.toml",
        &NIGHT.replace("users = 9", "users = 10").replace("name = \"few\"", "name = \"one\""),
    );
    let words = stage.refused(&["suite", "night.toml", "--simulate", "--resume", "latest"]);
    for change in ["the scenario few is gone", "users of many was 9 and is 10", "the scenario one is new"] {
        assert!(words.contains(change), "{words}");
    }
    stage.write("night.toml", NIGHT);
    let output = stage.claque(&["suite", "night.toml", "--simulate", "--resume", "latest"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.starts_with("6 runs of 8 in virtual time\nrun 3 of 8: "), "{talk}");
    let now = saved(&stage, &document);
    assert_eq!(now["runs"][1], whole["runs"][1], "what was made is not made again");
    let seed = |suite: &Value| suite["runs"][5]["seed"].clone();
    assert_eq!(seed(&now), seed(&whole), "and what is made is what it would have been");
    assert!(now["finished_at_utc"].is_string());
}

#[test]
fn every_run_is_judged_and_what_cannot_be_trusted_weighs_most() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    let missed = ["--objective", "startup_time p95 < 1 ms", "--objective", "errors = 0", "--junit", "j.xml"];
    let (code, document) = suite(&stage, &missed);
    assert_eq!(code, Some(3));
    let objectives = list(&document["scenarios"][0]["runs"][0], "objectives");
    assert_eq!((&objectives[0]["met"], &objectives[1]["met"]), (&false.into(), &true.into()));
    let junit = fs::read_to_string(stage.path().join("j.xml")).unwrap();
    assert!(junit.contains("tests=\"24\" failures=\"8\""), "{junit}");

    stage.write("night.toml", &NIGHT.replace("users = 9", "users = 9\nreproduce = \"cross-talk\""));
    let (code, document) = suite(&stage, &[&missed[..2], &["--baseline", "bad"]].concat());
    assert_eq!(code, Some(5));
    assert_eq!(document["scenarios"][1]["figures"]["underruns"], Value::Null, "no figure is of INVALID runs");
    assert!(document["scenarios"][0]["figures"]["underruns"].is_object(), "the suite went on");
    let words = stage.refused(&["suite", "night.toml", "--simulate", "--against", "bad"]);
    assert!(words.contains("there is no suite `bad`"), "it is no baseline: {words}");
}

#[test]
fn no_word_of_a_service_runs_on_the_page_of_a_suite() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    let (_, document) = suite(&stage, &[]);
    let dir = folder(&stage, &document);
    let words = "</script><script>document.documentElement.dataset.taken=1</script>\
                 <img src=x onerror=\"document.documentElement.dataset.taken=1\">";
    let mut suite_json = saved(&stage, &document);
    let verdict = &mut suite_json["runs"][0]["verdict"];
    *verdict =
        serde_json::json!({ "valid": false, "reasons": [{ "id": "aborted", "text": words }], "notes": [] });
    write_anew(&dir, suite_json);
    assert_eq!(suite(&stage, &["--resume", "latest"]).0, Some(5));
    let page = load(&dir.join("suite.html"));
    assert_eq!(page.console, [""; 0]);
    assert!(!page.dom.contains("data-taken") && !page.dom.contains("<img"));
    assert!(page.dom.contains("&lt;/script&gt;&lt;script&gt;document"), "it is told all the same");
    assert_eq!(page.dom.matches("/report.html\">").count(), 16, "every run is linked from both tables");
}

#[test]
fn what_a_suite_cannot_be_is_said_before_anything_is_done() {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    stage.write("typo.toml", &NIGHT.replace("speed", "sped"));
    stage.write("twice.toml", &NIGHT.replace("\"many\"", "\"few\""));
    stage.write("range.toml", &NIGHT.replace("users = 9", "users = 0"));
    for (args, words) in [
        (&["typo.toml"][..], "error: typo.toml:12: unknown key `sped`; did you mean `speed`?\n"),
        (
            &["twice.toml"],
            "error: twice.toml:10: name is `few`, which another scenario has; give each its own\n",
        ),
        (&["range.toml"], "error: range.toml:11: users is 0; give 1 to 1000000\n"),
        (&["none.toml"], "error: failed to read the suite none.toml: "),
        (&["night.toml", "--baseline", "a/b"], "error: --baseline is `a/b`, which cannot be a name; "),
        (&["night.toml", "--against", "none", "--simulate"], "error: there is no suite `none`: "),
        (&["night.toml", "--gateway", "2027"], "error: --gateway is `2027`, which is unknown; "),
    ] {
        let said = stage.refused(&[&["suite"], args].concat());
        assert!(said.starts_with(words), "{args:?}: {said}");
    }
    stage.write("night.toml", &NIGHT.replace("blocks = 6", "model = \"nemo\""));
    let said = stage.refused(&["suite", "night.toml", "--simulate", "--quiet"]);
    assert!(said.contains("nemo") && said.contains("kokoro"), "{said}");
    let left = fs::read_dir(stage.path().join("claque-results")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing is left of a suite of which nothing came");
}

#[test]
fn the_suite_for_yapit_is_the_matrix_of_its_operators() {
    let file = include_str!("../../../../baselines/yapit.toml");
    let stage = Stage::new();
    stage.write("yapit.toml", file);
    let plan = stage.prints(&["suite", "yapit.toml", "--dry-run"]);
    assert!(plan.contains("\n35 runs, "), "{plan}");
    assert_eq!(plan.matches("20-users-1.7x").count(), 5, "{plan}");
    assert!(!stage.path().join("claque-results").exists(), "nothing was done");

    let few = file.replace("blocks = 30", "blocks = 3").replace("blocks = 20", "blocks = 3");
    stage.write("night.toml", &few);
    let (code, document) = suite(&stage, &[]);
    let scenarios = list(&document, "scenarios");
    assert_eq!((code, scenarios.len()), (Some(0), 7));
    assert!(scenarios.iter().all(|scenario| scenario["valid"] == 5), "{document}");
    let most = scenarios[6]["figures"]["round_trip_p50_ms"]["most"].as_f64().unwrap();
    assert!(most <= 80.0, "the cache answers, 10 ms for each block of a message: {most}");
}

#[test]
fn a_setting_is_varied_in_one_table_with_the_same_seeds() {
    let stage = Stage::new();
    let text = stage.prints(&[
        "simulate",
        "--users",
        "6",
        "--blocks",
        "6",
        "--vary",
        "workers=1,8",
        "--repeats",
        "2",
        "--seed",
        "7",
    ]);
    assert!(text.contains("  workers-1  ") && text.contains("  workers-8  "), "{text}");
    let folder =
        text.lines().find_map(|line| line.trim().strip_prefix("suite folder")).unwrap().trim().to_owned();
    let suite: Value =
        serde_json::from_slice(&fs::read(stage.path().join(&folder).join("suite.json")).unwrap()).unwrap();
    let runs = suite["runs"].as_array().unwrap();
    let told: Vec<_> =
        runs.iter().map(|run| (run["scenario"].as_str().unwrap(), run["seed"].as_u64().unwrap())).collect();
    assert_eq!(told, [("workers-1", 7), ("workers-1", 8), ("workers-8", 7), ("workers-8", 8)]);
    // What stands in the table is what each run measured by itself.
    let alone = stage.simulated(&["--users", "6", "--blocks", "6", "--workers", "8", "--seed", "8"]);
    let last = stage.path().join(&folder).join(runs[3]["folder"].as_str().unwrap());
    assert_eq!(manifest(&alone)["summary"], manifest(&last)["summary"]);
    let page = fs::read_to_string(stage.path().join(&folder).join("suite.html")).unwrap();
    assert_eq!(page.matches("<figure>").count(), 3);

    for (args, words) in [
        (&["--vary", "wrokers=1"][..], "--vary wrokers: is no flag of simulate"),
        (&["--users", "3", "--vary", "users=1,2"], "--vary users: is typed as well"),
        (
            &["--protocol", "openai", "--listen", "reader", "--vary", "start-buffer=1s,1000ms"],
            "--vary start-buffer: 1s and 1000ms are one value",
        ),
        (
            &["--vary", "users=1,2", "--vary", "behaviour=seek=1,seek=1.0"],
            "--vary behaviour: seek=1 and seek=1.0 are one value",
        ),
        (&["--vary", "speed=1,x"], "--vary speed: invalid value 'x' for '--speed <FACTOR>': it is no number"),
        (&["--vary", "pipeline.overflow.nonsense=1"], "unknown key `nonsense`"),
        (&["--vary", "users=1", "--vary", "workers=1", "--vary", "speed=1"], "3 settings are varied"),
        (&["--vary", "users=1", "--repeats", "0"], "--repeats is 0; give 1 to 1000"),
    ] {
        let said = stage.refused(&[&["simulate"], args].concat());
        assert!(said.contains(words), "{args:?}: {said}");
    }
}
