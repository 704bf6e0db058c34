//! A folder whose files were changed or do not belong together: no verb concludes anything from it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::stage::{Stage, manifest};

pub(super) const SHAPE: [&str; 4] = ["--users", "6", "--blocks", "6"];

pub(super) const TABLES: [&str; 4] =
    ["blocks.parquet", "stalls.parquet", "listeners.parquet", "errors.parquet"];

/// What somebody did to a folder; `other` is that of another run.
type ScriptedEffect = fn(run: &Path, other: &Path);

/// Each with a word of what is told of it.
const DEEDS: [(&str, ScriptedEffect, &str); 15] = [
    (
        "all facts of another run",
        |run, other| TABLES.iter().for_each(|name| take(run, other, name)),
        "blocks.parquet",
    ),
    (
        "blocks of another run",
        |run, other| take(run, other, "blocks.parquet"),
        "blocks.parquet is not the file",
    ),
    ("run.json of another run", |run, other| take(run, other, "run.json"), "blocks.parquet"),
    ("a seed", |run, _| edit(run, |file| file["seed"] = 77.into()), "run.json was changed in seed"),
    ("a setting", |run, _| edit(run, |file| file["scenario"]["speed"] = 9.into()), "changed in scenario"),
    (
        "a verdict",
        |run, _| edit(run, |file| file["verdict"]["notes"] = json!([{"id": "warnings", "text": "1"}])),
        "changed in verdict",
    ),
    (
        "lateness",
        |run, _| edit(run, |file| file["summary"]["schedule_lag"] = json!({"count": 1, "max_ms": 1.0})),
        "summary.schedule_lag",
    ),
    ("no seal", |run, _| edit(run, unseal), "changed in seal"),
    ("a new key", |run, _| edit(run, |file| file["by_hand"] = "not at all".into()), "changed in by_hand"),
    ("partial again", |run, _| edit(run, |file| file["partial"] = true.into()), "changed in partial"),
    (
        "partial and no seal",
        |run, _| {
            edit(run, |file| {
                file["partial"] = true.into();
                unseal(file);
            });
        },
        "changed in seal",
    ),
    ("no blocks", |run, _| remove(run, "blocks.parquet"), "blocks.parquet is gone"),
    ("no stalls", |run, _| remove(run, "stalls.parquet"), "stalls.parquet is gone"),
    ("no listeners", |run, _| remove(run, "listeners.parquet"), "listeners.parquet is gone"),
    ("no errors", |run, _| remove(run, "errors.parquet"), "errors.parquet is gone"),
];

pub(super) fn take(run: &Path, other: &Path, name: &str) {
    fs::copy(other.join(name), run.join(name)).expect("it can be copied");
}

fn remove(run: &Path, name: &str) {
    fs::remove_file(run.join(name)).expect("it was there");
}

pub(super) fn edit(run: &Path, change: impl Fn(&mut Value)) {
    edit_file(&run.join("run.json"), change);
}

pub(super) fn edit_file(path: &Path, change: impl Fn(&mut Value)) {
    let mut file = serde_json::from_slice(&fs::read(path).expect("it is there")).expect("it is JSON");
    change(&mut file);
    fs::write(path, format!("{file:#}\n")).expect("it can be written");
}

pub(super) fn unseal(file: &mut Value) {
    file.as_object_mut().expect("it is an object").remove("seal");
}

/// Another folder with the same files.
pub(super) fn copied(folder: &Path, name: &str) -> PathBuf {
    let copy = folder.with_file_name(name);
    fs::create_dir(&copy).expect("there is room");
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let entry = entry.expect("it can be read");
        let (from, to) = (entry.path(), copy.join(entry.file_name()));
        if from.is_dir() {
            copied_into(&from, &to);
        } else {
            fs::copy(from, to).expect("it can be copied");
        }
    }
    copy
}

fn copied_into(from: &Path, to: &Path) {
    let name = to.file_name().expect("a name").to_str().expect("it is text").to_owned();
    let copy = copied(from, &format!("{name}.copy"));
    fs::rename(copy, to).expect("it can be moved");
}

/// Lines are broken anywhere, and Markdown has its own way with names.
pub(super) fn flat(words: &str) -> String {
    words.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The code, and everything that was said.
pub(super) fn told(stage: &Stage, args: &[&str]) -> (i32, String) {
    let output = stage.claque(args);
    let words =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().expect("it ended by itself"), words)
}

/// What each verb that takes a run does with this one: it refuses, or it says INVALID.
pub(super) fn nothing_is_concluded(stage: &Stage, run: &Path, whole: &str, word: &str, deed: &str) {
    let name = run.to_str().expect("it is text");
    let refusing: [&[&str]; 14] = [
        &["compare", whole, name],
        &["compare", name, whole, "--json"],
        &["compare", whole, name, "--allow-invalid"],
        &["explain", name],
        &["explain", name, "--json"],
        &["calibrate", name],
        &["calibrate", whole, name],
        &["report", name],
        &["resummarise", name],
        &["show", name, "--vocabulary", "coval"],
        &["export", name],
        &["export", name, "--table", "errors", "--format", "jsonl"],
        &["export", name, "--format", "parquet", "--out", "out.parquet"],
        &["export", name, "--format", "parquet", "--table", "stalls"],
    ];
    for args in refusing {
        let (code, words) = told(stage, args);
        assert!(code == 5 && flat(&words).contains(word), "{deed}: {args:?} ends with {code}: {words}");
    }
    assert!(!stage.path().join("out.parquet").exists(), "{deed}");
    let is_gone = word.contains("is gone");
    let shown: [&[&str]; 3] = [
        &["show", name],
        &["show", name, "--json"],
        &["show", name, "--markdown", "-", "--junit", "junit.xml"],
    ];
    for args in shown {
        let (code, words) = told(stage, args);
        let is_invalid = words.contains("INVALID") || words.contains("\"valid\": false");
        assert!(flat(&words).contains(word), "{deed}: {args:?}: {words}");
        assert!(
            if is_gone { code == 5 } else { code == 0 && is_invalid },
            "{deed}: {args:?}: {code} {words}"
        );
    }
    if !is_gone {
        let junit = fs::read_to_string(stage.path().join("junit.xml")).expect("it was written");
        assert!(junit.contains("INVALID") || junit.contains("<error"), "{deed}: {junit}");
    }
    let short = run.file_name().expect("a name").to_str().expect("it is text");
    let row =
        |args: &[&str]| told(stage, args).1.lines().find(|line| line.starts_with(short)).map(str::to_owned);
    let listed = row(&["runs"]).expect("it is listed");
    assert!(listed.contains(if is_gone { "NO FACTS" } else { "CHANGED" }), "{deed}: {listed}");
    assert_eq!(row(&["runs", "--valid"]), None, "{deed}");
}

#[test]
fn no_verb_concludes_anything_from_a_run_that_was_changed() {
    let stage = Stage::new();
    let run = stage.simulated(&SHAPE);
    let other = stage.simulated(&[&SHAPE[..], &["--seed", "2", "--workers", "1"]].concat());
    let whole = run.to_str().expect("it is text").to_owned();
    for verb in ["show", "explain", "report", "resummarise", "export"] {
        let (code, words) = told(&stage, &[verb, &whole]);
        assert!(code == 0 && !words.contains("INVALID"), "{verb}: {words}");
    }
    for (place, (deed, change, word)) in DEEDS.iter().enumerate() {
        let folder = copied(&run, &format!("changed-{place}"));
        change(&folder, &other);
        nothing_is_concluded(&stage, &folder, other.to_str().expect("it is text"), word, deed);
        fs::remove_dir_all(folder).expect("it can be removed");
    }
}

/// Spaces and tags are nobody's facts, and a figure that the facts come to can be had again.
#[test]
fn what_the_facts_come_to_is_mended_and_what_is_no_fact_may_be_edited() {
    let stage = Stage::new();
    let run = stage.simulated(&SHAPE);
    let name = run.to_str().expect("it is text");
    let as_written = fs::read(run.join("run.json")).expect("it is there");
    stage.prints(&["tag", name, "mine"]);
    fs::write(run.join("run.json"), manifest(&run).to_string()).expect("it can be written");
    assert!(!stage.prints(&["show", name]).contains("INVALID"), "spaces are nothing");

    edit(&run, |file| file["summary"]["round_trip"]["p50_ms"] = 1.0.into());
    let shown = stage.prints(&["show", name]);
    assert!(shown.contains("INVALID") && flat(&shown).contains("changed in summary.round_trip"), "{shown}");
    assert_eq!(told(&stage, &["explain", name]).0, 5);
    assert!(!stage.prints(&["resummarise", name]).contains("INVALID"));
    assert_eq!(fs::read(run.join("run.json")).expect("it is there"), as_written, "as it was, with its seal");
}

/// Older folders have no seal: their figures are held against their facts.
#[test]
fn a_run_of_an_older_version_is_held_against_its_facts() {
    let stage = Stage::new();
    let (run, other) = (stage.simulated(&SHAPE), stage.simulated(&[&SHAPE[..], &["--seed", "2"]].concat()));
    unsealed(&run);
    let (name, whole) = (run.to_str().expect("it is text"), other.to_str().expect("it is text"));
    assert!(!stage.prints(&["show", name]).contains("INVALID"));
    assert_eq!(told(&stage, &["explain", name]).0, 0);
    assert!(stage.prints(&["runs"]).contains("VALID") && !stage.prints(&["runs"]).contains("CHANGED"));

    let copy = copied(&run, "edited");
    edit(&copy, |file| file["summary"]["round_trip"]["p50_ms"] = 1.0.into());
    nothing_is_concluded(&stage, &copy, whole, "something else of round_trip", "an older figure");

    // Once its figures are computed anew it has a seal.
    stage.prints(&["resummarise", name]);
    assert!(manifest(&run)["seal"]["files"]["blocks.parquet"]["sha256"].is_string());
    assert!(!stage.prints(&["show", name]).contains("INVALID"));
}

/// Makes a run one of an older claque: no seal, and columns that know of none.
fn unsealed(run: &Path) {
    edit(run, unseal);
    for name in TABLES {
        let path = run.join(name);
        let mut bytes = fs::read(&path).expect("it is there");
        let key = b"claque.sealed_in";
        let at =
            bytes.windows(key.len()).position(|window| window == key).expect("its columns know of the seal");
        bytes[at] = b'x';
        fs::write(path, bytes).expect("it can be written");
    }
}

#[test]
fn a_run_that_kept_no_facts_says_so_and_is_sealed_all_the_same() {
    let stage = Stage::new();
    for (kept, words) in
        [("none", "no facts were kept"), ("sample:2", "the facts of 2 of 6 listeners were kept")]
    {
        let run = stage.simulated(&[&SHAPE[..], &["--facts", kept]].concat());
        let name = run.to_str().expect("it is text");
        let shown = flat(&stage.prints(&["show", name]));
        assert!(shown.contains(words) && !shown.contains("INVALID"), "{shown}");
        let (code, exported) = told(&stage, &["export", name]);
        assert!(code == 0 && flat(&exported).contains(words), "{exported}");
        let (_, refused) = told(&stage, &["explain", name]);
        assert!(flat(&refused).contains("can be shown, for anything else simulate it again"), "{refused}");

        let edited = copied(&run, &format!("edited-{}", kept.replace(':', "-")));
        edit(&edited, |file| file["summary"]["round_trip"]["p50_ms"] = 1.0.into());
        let shown = stage.prints(&["show", edited.to_str().unwrap()]);
        assert!(shown.contains("INVALID") && !shown.contains("resummarise"), "{shown}");
        assert!(stage.prints(&["runs"]).contains("CHANGED"));
        fs::remove_dir_all(edited).expect("it can be removed");
        remove(&run, "errors.parquet");
        let (code, words) = told(&stage, &["show", name]);
        assert!(code == 5 && flat(&words).contains("errors.parquet is gone"), "{words}");
        assert!(stage.prints(&["runs"]).contains("NO FACTS"));
        fs::remove_dir_all(run).expect("it can be removed");
    }
}

#[test]
fn a_run_over_documents_that_was_changed_is_shown_as_invalid() {
    let stage = Stage::new();
    let simulated = |pages: &str| {
        let args = ["simulate", "documents", "--json", "--quiet", "--pages", pages];
        let document: Value = serde_json::from_str(&stage.prints(&args)).expect("the summary is JSON");
        stage.path().join(document["run_folder"].as_str().expect("it names the folder"))
    };
    let (run, other) = (simulated("4"), simulated("5"));
    assert!(!stage.prints(&["show", run.to_str().unwrap()]).contains("INVALID"));
    let deeds: [(ScriptedEffect, &str); 4] = [
        (|run, other| take(run, other, "pages.parquet"), "pages.parquet is not the file"),
        (|run, _| edit(run, |file| file["summary"]["success_pct"] = 50.0.into()), "summary.success_pct"),
        (|run, _| edit(run, |file| file["documents"] = json!([])), "changed in documents"),
        (|run, _| edit(run, unseal), "changed in seal"),
    ];
    for (place, (change, word)) in deeds.iter().enumerate() {
        let folder = copied(&run, &format!("changed-{place}"));
        change(&folder, &other);
        let shown = flat(&stage.prints(&["show", folder.to_str().unwrap()]));
        assert!(shown.contains("INVALID") && shown.contains(word), "{place}: {shown}");
        assert!(stage.prints(&["runs"]).contains("CHANGED"), "{place}");
        fs::remove_dir_all(folder).expect("it can be removed");
    }
}

#[test]
fn a_suite_that_was_changed_is_no_baseline_and_is_not_gone_on_with() {
    let stage = Stage::new();
    stage.write(
        "night.toml",
        "[suite]\nname = \"night\"\nrepeats = 3\n[[scenario]]\nname = \"few\"\nusers = 3\nblocks = 4\n",
    );
    let suite =
        |args: &[&str]| told(&stage, &[&["suite", "night.toml", "--simulate", "--quiet"], args].concat());
    assert_eq!(suite(&[]).0, 0);
    let folders = fs::read_dir(stage.path().join("claque-results")).expect("there are results");
    let dir =
        folders.map(|entry| entry.unwrap().path()).find(|path| path.join("suite.json").is_file()).unwrap();
    let (name, runs) = (dir.to_str().unwrap(), || {
        let mut runs: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        runs.retain(|path| path.join("run.json").is_file());
        runs.sort();
        runs
    });
    // A run of it.
    let saved = fs::read(runs()[0].join("run.json")).unwrap();
    edit(&runs()[0], |file| file["seed"] = 99.into());
    for args in [&["--resume", name][..], &["--against", name]] {
        let (code, words) = suite(args);
        assert!(code == 5 && flat(&words).contains("run.json was changed in seed"), "{code}: {words}");
    }
    fs::write(runs()[0].join("run.json"), saved).unwrap();
    assert_eq!(suite(&["--resume", name]).0, 0);
    // Its own file.
    edit_file(&dir.join("suite.json"), |file| file["runs"][0]["seed"] = 99.into());
    for args in [&["--resume", name][..], &["--against", name]] {
        let (code, words) = suite(args);
        assert!(code == 5 && flat(&words).contains("suite.json was changed in runs"), "{code}: {words}");
    }
}

#[test]
fn a_search_that_was_changed_is_compared_explained_and_gone_on_with_by_nothing() {
    let stage = Stage::new();
    let search = |seed: &str| {
        let service =
            ["--workers", "4", "--engine", "deterministic", "--service-seconds", "1", "--audio-seconds", "2"];
        let usual = [
            "capacity",
            "--simulate",
            "--quiet",
            "--max-users",
            "2",
            "--objective",
            "listeners underrun-free >= 99 %",
        ];
        let words = stage.prints(&[&usual[..], &service, &["--seed", seed, "--json"]].concat());
        let document: Value = serde_json::from_str(&words).expect("it is JSON");
        stage.path().join(document["capacity_folder"].as_str().expect("it names the folder"))
    };
    let (folder, other) = (search("3"), search("4"));
    let (name, whole) = (folder.to_str().expect("it is text"), other.to_str().expect("it is text"));
    let saved = fs::read(folder.join("capacity.json")).expect("it is there");
    edit_file(&folder.join("capacity.json"), |file| file["answer"]["users"] = 40.into());
    for args in [
        &["compare", whole, name][..],
        &["compare", name, whole, "--fail-on-regression"],
        &["explain", name],
        &["capacity", "--resume", name, "--quiet"],
    ] {
        let (code, words) = told(&stage, args);
        assert!(
            code == 5 && flat(&words).contains("capacity.json was changed in answer"),
            "{args:?}: {code}: {words}"
        );
    }
    for args in [&["show", name][..], &["show", name, "--json"], &["show", name, "--markdown", "-"]] {
        assert!(flat(&told(&stage, args).1).contains("capacity.json was changed in answer"), "{args:?}");
    }
    let list: Value = serde_json::from_str(&stage.prints(&["runs", "--json"])).expect("it is JSON");
    let is_it = |one: &&Value| one["capacity_folder"].as_str().is_some_and(|dir| folder.ends_with(dir));
    let edited = list["capacities"].as_array().and_then(|all| all.iter().find(is_it)).expect("it is listed");
    assert!(
        edited["users"].is_null() && edited["ending"].is_null() && edited["doubts"][0].is_string(),
        "{edited}"
    );
    assert_eq!(stage.prints(&["runs"]).matches("CHANGED").count(), 1);

    // A run of it whose file was edited is none of a search.
    fs::write(folder.join("capacity.json"), saved).expect("it can be written");
    assert_eq!(told(&stage, &["show", name]).0, 0);
    let run =
        fs::read_dir(&folder).expect("it is a folder").map(|entry| entry.expect("it can be read").path());
    edit(&run.filter(|path| path.join("run.json").is_file()).min().expect("it has runs"), |file| {
        file["seed"] = 99.into()
    });
    for args in [&["show", name][..], &["compare", whole, name], &["report", name]] {
        let (code, words) = told(&stage, args);
        assert!(code == 5 && flat(&words).contains("changed in seed"), "{args:?}: {code}: {words}");
    }
}
