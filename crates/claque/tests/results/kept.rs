//! The verbs about runs that are kept.

use std::fs;

use claque_store::{RunFolder, open};
use serde_json::Value;

use crate::stage::{Stage, manifest};

#[test]
fn runs_are_listed_filtered_and_found_by_name_and_tag() {
    let stage = Stage::new();
    let first = stage.simulated(&["--users", "2", "--blocks", "3"]);
    let other = ["--users", "2", "--blocks", "2", "--gateway", "2026-02", "--model", "inworld-1.5"];
    let second = stage.simulated(&other);
    let invalid = stage.simulated(&["--users", "3", "--blocks", "4", "--reproduce", "cross-talk"]);
    let names = |args: &[&str]| -> Vec<String> {
        let text = stage.prints(&[&["runs", "--json"], args].concat());
        let document: Value = serde_json::from_str(&text).unwrap();
        let runs = document["runs"].as_array().unwrap();
        runs.iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
    };
    let name = |folder: &std::path::Path| folder.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(&[]), [name(&invalid), name(&second), name(&first)], "newest first");
    assert_eq!(names(&["--model", "inworld-1.5"]), [name(&second)]);
    assert_eq!(names(&["--valid"]), [name(&second), name(&first)]);
    assert_eq!(names(&["--since", "1h"]).len(), 3);
    assert_eq!(names(&["--since", "2999-01-01"]), [""; 0]);

    stage.prints(&["tag", &name(&first), "baseline"]);
    assert_eq!(names(&["--tag", "baseline"]), [name(&first)]);
    assert!(stage.prints(&["show", "baseline"]).contains("6/6 blocks"));
    assert!(stage.prints(&["show", "latest"]).contains("INVALID"));
    let text = stage.prints(&["runs"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("baseline") && text.contains("INVALID") && text.contains("inworld-1.5"), "{text}");

    stage.prints(&["tag", &name(&second), "baseline"]);
    assert!(stage.refused(&["show", "baseline"]).contains("several runs have the tag baseline"));
    stage.prints(&["tag", &name(&second), "baseline", "--remove"]);
    assert!(stage.prints(&["show", "baseline"]).contains("6/6 blocks"));
    assert!(stage.refused(&["show", "nonesuch"]).contains("there is no run `nonesuch`"));
    assert!(stage.refused(&["tag", "latest", "a b"]).contains("cannot be one"));
}

#[test]
fn what_was_told_at_the_end_of_a_run_can_be_told_again() {
    let stage = Stage::new();
    let objective = ["--objective", "errors = 0", "--junit", "j.xml", "--markdown", "m.md"];
    stage.simulated(&[&["--users", "2", "--blocks", "3"], &objective[..]].concat());
    stage.prints(&["show", "latest", "--junit", "again.xml", "--markdown", "again.md"]);
    let read = |name: &str| fs::read_to_string(stage.path().join(name)).unwrap();
    assert_eq!(read("again.xml"), read("j.xml"));
    assert_eq!(read("again.md"), read("m.md"));
    assert_eq!(stage.prints(&["show", "latest", "--markdown", "-"]), read("m.md"));
    let words = stage.refused(&["show", "latest", "--json", "--markdown", "-"]);
    assert!(words.contains("would both be printed"), "{words}");
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_run() {
    let stage = Stage::new();
    for flag in ["--junit", "--markdown"] {
        let words = stage.refused(&["simulate", flag, "no-folder/file"]);
        assert!(words.contains(&format!("{flag} is no-folder/file, which cannot be written")), "{words}");
    }
    assert!(!stage.path().join("claque-results").exists(), "nothing has begun");
}

#[test]
fn pruning_lists_first_and_never_takes_what_has_a_tag() {
    let stage = Stage::new();
    let runs: Vec<_> = (0..4).map(|_| stage.simulated(&["--users", "1", "--blocks", "1"])).collect();
    stage.prints(&["tag", runs[0].to_str().unwrap(), "keep-me"]);
    fs::write(runs[1].join("notes.txt"), "mine").unwrap();
    let listed = stage.prints(&["prune", "--keep", "1"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(runs.iter().all(|run| run.join("run.json").exists()), "nothing is gone yet");
    stage.prints(&["prune", "--keep", "1", "--older-than", "1h", "--delete"]);
    assert!(runs[2].exists(), "too young");

    stage.prints(&["prune", "--keep", "1", "--delete"]);
    let left: Vec<_> = runs.iter().map(|run| run.join("run.json").exists()).collect();
    assert_eq!(left, [true, false, false, true]);
    assert!(runs[1].join("notes.txt").exists(), "what is not ours stays");
    assert!(!runs[2].exists());
    assert!(stage.refused(&["prune"]).contains("--keep N"));
}

#[test]
fn figures_computed_anew_are_the_old_ones_and_the_runs_times_stay() {
    let stage = Stage::new();
    let folder = stage.simulated(&["--users", "4", "--blocks", "9", "--speed", "3"]);
    let before = manifest(&folder);
    stage.prints(&["resummarise", "latest"]);
    assert_eq!(manifest(&folder), before);

    // Figures that were wrong, of an older claque perhaps, are put right.
    let mut damaged = before.clone();
    damaged["summary"]["blocks"]["ok"] = 1.into();
    fs::write(folder.join("run.json"), damaged.to_string()).unwrap();
    fs::remove_file(folder.join("report.html")).unwrap();
    stage.prints(&["resummarise", "latest"]);
    assert_eq!(manifest(&folder), before);
    assert!(folder.join("report.html").exists());
}

#[test]
fn a_run_that_was_killed_can_be_shown_summarised_and_exported() {
    let stage = Stage::new();
    let whole = stage.simulated(&["--users", "3", "--blocks", "5"]);
    let run = open(&whole).unwrap();
    let folder = stage.path().join("killed");
    let header = claque_store::RunHeader {
        config: run.manifest.config.clone(),
        started_at: claque_store::UnixNanos(1_795_502_897_627_870_000),
        document_ids: Vec::new(),
        claque_version: "0".to_owned(),
        scenario: run.manifest.scenario.clone(),
        target: run.manifest.target.clone(),
        machine: run.manifest.machine.clone(),
        seed: 1,
    };
    let mut writer = RunFolder::create(&folder, &header).unwrap();
    writer.append(&run.facts[..9]).unwrap();
    drop(writer);

    assert!(stage.prints(&["show", "killed"]).contains("INVALID"));
    stage.prints(&["resummarise", "killed"]);
    let manifest = manifest(&folder);
    assert_eq!(manifest["partial"], true, "it stays what it is");
    assert_eq!(manifest["verdict"]["valid"], false);
    assert!(folder.join("facts.jsonl").exists() && folder.join("report.html").exists());

    // Whatever its file says of its worth.
    let mut believed = manifest;
    believed["verdict"] = serde_json::json!({"valid": true, "reasons": [], "notes": []});
    fs::write(folder.join("run.json"), believed.to_string()).unwrap();
    for verb in ["show", "explain"] {
        let words = stage.prints(&[verb, "killed"]);
        assert!(words.contains("INVALID") && words.contains("did not come to"), "{words}");
    }
    assert_eq!(stage.prints(&["runs", "--valid"]).lines().count(), 2, "the whole run alone");
    fs::write(folder.join("run.json"), believed.to_string()).unwrap();
    stage.prints(&["report", "killed"]);
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("INVALID") && !page.contains("<strong>VALID"), "the page says so");
    assert_eq!(stage.prints(&["export", "killed"]).lines().count(), 10);
}

#[test]
fn facts_are_exported_in_the_form_that_was_asked_for() {
    let stage = Stage::new();
    let folder = stage.simulated(&["--users", "3", "--blocks", "5"]);
    let csv = stage.prints(&["export", "latest", "--table", "blocks"]);
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("listener,block,batch,chars,intended_at_ns,"));
    assert_eq!(lines.clone().count(), 15);
    assert!(lines.next().unwrap().starts_with("0,0,0,"));
    let jsonl = stage.prints(&["export", "latest", "--table", "listeners", "--format", "jsonl"]);
    let first: Value = serde_json::from_str(jsonl.lines().next().unwrap()).unwrap();
    assert_eq!((first["listener"].as_u64(), first["end"].as_str()), (Some(0), Some("completed")));
    assert!(jsonl.starts_with("{\"listener\":0,\"document\":"), "in the order of the columns");
    stage.prints(&["export", "latest", "--format", "parquet", "--out", "out.parquet"]);
    let copied = fs::read(stage.path().join("out.parquet")).unwrap();
    assert_eq!(copied, fs::read(folder.join("blocks.parquet")).unwrap());
    assert_eq!(stage.prints(&["export", "latest", "--table", "errors"]).lines().count(), 1, "only the head");
}

#[test]
fn runs_over_documents_are_kept_among_the_others_and_say_what_they_are_not() {
    let stage = Stage::new();
    let listeners = stage.simulated(&["--users", "1", "--blocks", "1"]);
    let extracted = documents(&stage, &["--pages", "3", "--concurrent", "2"]);
    assert!(extracted.join("pages.parquet").exists());
    let list: Value = serde_json::from_str(&stage.prints(&["runs", "--json"])).unwrap();
    let of = |key: &str| [list["runs"][0][key].clone(), list["runs"][1][key].clone()];
    assert_eq!(of("kind"), ["documents", "listeners"]);
    assert_eq!(list["runs"][0]["config"]["concurrent_docs"], 2);
    assert_eq!(list["runs"][0]["summary"]["pages"]["completed"], 6);
    let text = stage.prints(&["runs"]);
    assert!(text.contains("2 documents x 3 pages") && text.contains("1 x 1 at 1 x"), "{text}");
    assert_eq!(stage.prints(&["runs", "--model", "kokoro"]).lines().count(), 2, "a document has no model");

    // What is shown later is what was printed at the end.
    let shown = stage.prints(&["show", "latest"]);
    assert!(shown.contains("6/6 pages"), "{shown}");
    let shown: Value = serde_json::from_str(&stage.prints(&["show", "latest", "--json"])).unwrap();
    assert_eq!((&shown["kind"], &shown["time"]), (&"documents".into(), &"virtual".into()));
    assert_eq!(shown["verdict"]["valid"], true, "{shown}");

    for args in [
        &["report", "latest"][..],
        &["resummarise", "latest"],
        &["export", "latest"],
        &["export", "latest", "--format", "parquet", "--out", "out.parquet"],
        &["compare", extracted.to_str().unwrap(), listeners.to_str().unwrap()],
    ] {
        let output = stage.claque(args);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && words.contains("it is a run over documents"),
            "{args:?}: {words}"
        );
    }
    assert!(!stage.path().join("out.parquet").exists() && !extracted.join("report.html").exists());

    stage.prints(&["prune", "--keep", "0", "--delete"]);
    assert!(!extracted.exists() && !listeners.exists());
}

#[test]
fn a_run_over_documents_that_was_killed_can_be_listed_and_shown() {
    let stage = Stage::new();
    let whole = documents(&stage, &["--pages", "3"]);
    let run = claque_store::open_documents(&whole).unwrap();
    let folder = stage.path().join("killed");
    let header = claque_store::DocumentsHeader {
        shape: run.manifest.shape(),
        ai_transform: false.into(),
        started_at: claque_store::UnixNanos(1_795_502_897_627_870_000),
        claque_version: "0".to_owned(),
        scenario: run.manifest.scenario.clone(),
        target: run.manifest.target.clone(),
        machine: run.manifest.machine.clone(),
        seed: 1,
    };
    let mut writer = claque_store::DocumentsFolder::create(&folder, &header).unwrap();
    writer.append(&run.facts[..2]).unwrap();
    drop(writer);
    assert!(stage.prints(&["show", "killed"]).contains("2/3 pages"));
    assert!(stage.prints(&["runs", "--output-dir", "."]).contains("PARTIAL"));
}

/// Simulates a run over documents, and gives its folder.
fn documents(stage: &Stage, args: &[&str]) -> std::path::PathBuf {
    let text = stage.prints(&[&["simulate", "documents", "--json", "--quiet"], args].concat());
    let document: Value = serde_json::from_str(&text).expect("the summary is JSON");
    stage.path().join(document["run_folder"].as_str().expect("it names the folder"))
}

#[test]
fn a_run_is_told_under_the_names_of_another_tool() {
    let stage = Stage::new();
    stage.simulated(&["--users", "2", "--blocks", "3"]);
    let text = stage.prints(&["show", "latest", "--vocabulary", "cta-2066"]);
    assert!(text.contains("Rebuffering Count"), "{text}");
    let shown: Value =
        serde_json::from_str(&stage.prints(&["show", "latest", "--vocabulary", "coval", "--json"])).unwrap();
    assert_eq!(shown["vocabulary"], "coval");
    assert_eq!(shown["terms"][0]["value"], Value::Null);
    assert!(
        shown["terms"][0]["reason"].as_str().unwrap().contains("silent"),
        "what is not told has a reason"
    );
}

#[test]
fn what_no_facts_back_is_not_shown_as_valid() {
    let stage = Stage::new();
    let shape = ["--users", "6", "--blocks", "6"];
    let (run, other) = (stage.simulated(&shape), stage.simulated(&[&shape[..], &["--seed", "2"]].concat()));
    let name = run.to_str().expect("it is text").to_owned();
    let listed = |words: &str| stage.prints(&["runs"]).contains(words);
    assert!(stage.prints(&["show", &name]).contains("VALID") && !listed("NO FACTS"));

    // A figure that was edited.
    let file = run.join("run.json");
    let saved = fs::read(&file).expect("it can be read");
    let mut edited = manifest(&run);
    edited["summary"]["round_trip"]["p50_ms"] = 1.0.into();
    fs::write(&file, edited.to_string()).expect("it can be written");
    let shown = stage.prints(&["show", &name]);
    assert!(shown.contains("INVALID") && shown.contains("summary.round_trip"), "{shown}");
    fs::write(&file, saved).expect("it can be written");

    // The facts of another run, facts that are cut, and none.
    let blocks = run.join("blocks.parquet");
    fs::copy(other.join("blocks.parquet"), &blocks).expect("it can be copied");
    let shown = stage.prints(&["show", &name]);
    assert!(shown.contains("INVALID") && shown.contains("facts differ"), "{shown}");
    let whole = fs::read(&blocks).expect("it can be read");
    fs::write(&blocks, &whole[..whole.len() / 2]).expect("it can be written");
    assert!(listed("NO FACTS"), "cut");
    assert!(stage.prints(&["show", &name]).contains("INVALID"), "cut");
    fs::remove_file(&blocks).expect("it can be removed");
    assert!(listed("NO FACTS"), "missing");
    let output = stage.claque(&["show", &name]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to read the facts of"), "{output:?}");
    assert!(
        !stage
            .prints(&["runs", "--valid", "--json"])
            .contains(&format!("\"run_folder\": \"{}\"", run.file_name().expect("a name").display()))
    );
}

#[test]
fn a_results_folder_that_is_not_there_is_no_empty_list() {
    let words = Stage::new().refused(&["runs", "-o", "nonexist"]);
    assert!(words.contains("--output-dir is nonexist, and there is no such folder"), "{words}");
}
