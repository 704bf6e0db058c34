//! Suites that are there: listed, shown, written anew and held against each other by their names.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::stage::Stage;

const NIGHT: &str = "[suite]\nname = \"night\"\nrepeats = 3\n[common]\nblocks = 4\n\
                     [[scenario]]\nname = \"few\"\nusers = 3\n[[scenario]]\nname = \"many\"\nusers = 9\nspeed = 1.7\n";

/// Simulates the suite in `night.toml`; its folder.
fn made(stage: &Stage, args: &[&str]) -> PathBuf {
    let usual = ["suite", "night.toml", "--simulate", "--quiet", "--json"];
    let document: Value = serde_json::from_str(&stage.prints(&[&usual, args].concat())).expect("it is JSON");
    stage.path().join(document["suite_folder"].as_str().expect("it names the folder"))
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("night.toml", NIGHT);
    stage
}

fn name(folder: &std::path::Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).expect("it has a name")
}

#[test]
fn a_suite_has_a_line_in_the_list_and_is_shown_and_written_anew_by_each_of_its_names() {
    let stage = stage();
    let folder = made(&stage, &["--baseline", "before", "--no-report"]);
    let list = stage.prints(&["runs"]);
    let line = list.lines().find(|line| line.starts_with(name(&folder))).expect("it has a line");
    for cell in ["  virtual  ", "  2 x 3  ", "  6 of 6  ", "  6 VALID  ", "  before"] {
        assert!(line.contains(cell), "{cell}: {list}");
    }
    let document: Value = serde_json::from_str(&stage.prints(&["runs", "--json", "--valid"])).unwrap();
    let listed = &document["suites"][0];
    assert_eq!((&listed["suite"], &listed["made"]), (&"night".into(), &6.into()));
    assert_eq!(listed["verdicts"], serde_json::json!({ "VALID": 6 }));
    assert_eq!(stage.prints(&["runs", "--tag", "other"]).lines().count(), 1, "its head alone");

    let typed = ["before", "night", "latest", name(&folder), folder.to_str().unwrap()];
    for typed in typed {
        let shown = stage.prints(&["show", typed, "--junit", "j.xml"]);
        assert!(shown.contains("night: 2 scenarios, 6 runs"), "{typed}: {shown}");
    }
    let junit = fs::read_to_string(stage.path().join("j.xml")).unwrap();
    assert!(junit.contains("tests=\"6\" failures=\"0\""), "{junit}");
    assert!(!folder.join("suite.html").exists());
    assert!(stage.prints(&["report", "night"]).ends_with("/suite.html\n"));
    assert!(fs::read_to_string(folder.join("suite.html")).unwrap().contains("<h2>Scenarios</h2>"));
    let refused = stage.refused(&["show", "night", "--vocabulary", "yapit"]);
    assert!(refused.contains("--vocabulary"), "{refused}");
    let refused = stage.refused(&["export", "before"]);
    assert!(refused.contains("before is a suite, and a run is wanted"), "{refused}");
}

#[test]
fn a_name_that_means_two_things_means_neither() {
    let stage = stage();
    let (first, second) = (made(&stage, &[]), made(&stage, &["--baseline", "before"]));
    let refused = stage.refused(&["show", "night"]);
    assert!(
        refused.contains("several suites are called night") && refused.contains(name(&first)),
        "{refused}"
    );
    assert!(stage.prints(&["show", "before"]).contains(name(&second)));
    let run = stage.simulated(&["--users", "2", "--blocks", "2"]);
    assert!(!stage.prints(&["show", "latest"]).contains("scenarios"), "the newest run, once there is one");
    stage.prints(&["tag", name(&run), "before"]);
    let refused = stage.refused(&["show", "before"]);
    assert!(refused.contains("the name of a suite") && refused.contains(name(&run)), "{refused}");
    assert!(stage.refused(&["compare", "before", name(&first)]).contains("before is the name of a suite"));
}

#[test]
fn nothing_is_told_of_a_suite_whose_book_was_changed_and_a_changed_run_is_invalid() {
    let stage = stage();
    let folder = made(&stage, &[]);
    let book = folder.join("suite.json");
    let text = fs::read_to_string(&book).unwrap();
    let run =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let facts = run.join("run.json");
    let before = fs::read_to_string(&facts).unwrap();
    fs::write(&facts, before.replacen("\"speed\": 1", "\"speed\": 2", 1)).unwrap();
    assert_ne!(fs::read_to_string(&facts).unwrap(), before);
    assert!(stage.prints(&["runs"]).contains("  CHANGED"), "{}", stage.prints(&["runs"]));
    assert_eq!(stage.prints(&["runs", "--valid"]).lines().count(), 1);
    assert!(stage.prints(&["show", "night"]).contains("  INVALID  "));

    fs::write(&book, text.replacen("\"seed\": 1", "\"seed\": 2", 1)).unwrap();
    assert!(stage.prints(&["runs"]).contains("  CHANGED"), "{}", stage.prints(&["runs"]));
    for verb in [&["show", "night"][..], &["report", "night"], &["compare", "night", "latest"]] {
        let output = stage.claque(verb);
        assert!(!output.status.success() && output.stdout.is_empty(), "{verb:?}");
    }
}

#[test]
fn two_suites_are_compared_scenario_by_scenario() {
    let stage = stage();
    let (before, same) = (made(&stage, &["--baseline", "before"]), made(&stage, &[]));
    let worse = made(&stage, &["--workers", "1"]);
    let gate = ["--fail-on-regression", "--json"];
    let code = |args: &[&str]| stage.claque(&[&["compare", "before"], args].concat()).status.code();
    assert_eq!(code(&[name(&same), gate[0]]), Some(0));
    let output = stage.claque(&["compare", "before", "latest", gate[0], gate[1]]);
    assert_eq!(output.status.code(), Some(4));
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(
        (&document["kind"], &document["baseline"]["name"]),
        (&"suite-comparison".into(), &"before".into())
    );
    assert_eq!(document["words"], "B is worse in few, many.");
    let scenarios = document["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["few", "many"]);
    assert_eq!(scenarios[0]["comparison"]["confidence_pct"], 97.5, "what may go wrong is shared out");
    let files = ["--html", "c.html", "--markdown", "m.md", "--junit", "j.xml"];
    let text = stage.prints(&[&["compare", "before", name(&worse)], &files[..]].concat());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    // Names of folders differ in length, and lines are broken by it.
    let names = [(r"night-\d\S+?(/|\s)", "night-DATE$1"), (r"(SCENARIO)\s+(night)", "$1 $2")];
    insta::with_settings!({ filters => names.to_vec() }, {
        insta::assert_snapshot!("compared_suites", text);
    });
    let read = |name: &str| fs::read_to_string(stage.path().join(name)).unwrap();
    assert!(read("c.html").contains("many: <strong>REGRESSION</strong>"));
    assert!(read("m.md").contains("| few | **REGRESSION** |"));
    assert!(read("j.xml").contains("tests=\"2\" failures=\"2\""), "{}", read("j.xml"));

    // A scenario that is gone must not pass the gate unseen.
    stage.write("night.toml", NIGHT.split("[[scenario]]\nname = \"many\"").next().unwrap());
    let fewer = made(&stage, &[]);
    assert_eq!((code(&[name(&fewer)]), code(&[name(&fewer), gate[0]])), (Some(0), Some(2)));
    assert!(stage.prints(&["compare", "before", name(&fewer)]).contains("only the baseline has a scenario"));

    for (sides, words) in [
        (&[name(&before)][..], "is this very suite"),
        (&[name(&same), name(&worse)], "one other suite, and nothing else"),
        (&[name(&same), "--objective", "errors = 0"], "--objective is about runs"),
    ] {
        let refused = stage.refused(&[&["compare", "before"], sides].concat());
        assert!(refused.contains(words), "{refused}");
    }
    let run = stage.simulated(&["--users", "3", "--blocks", "4"]);
    assert!(
        stage.refused(&["compare", "before", name(&run)]).contains("1 of the 2 sides are suites: night-")
    );
    let folder = |path: &std::path::Path| format!("{}/few", name(path));
    assert!(
        stage.prints(&["compare", &folder(&before), &folder(&worse)]).contains("REGRESSION"),
        "as before"
    );
}
