//! Suites and searches in whose folders a run was changed after it was made: every run is in its place, and is not what was measured.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    sealed::{copied, edit, edit_file, flat, told},
    stage::Stage,
    swapped::{runs, swap},
};

/// What somebody did to a folder.
type ScriptedEffect = fn(&Path);

/// Deeds to a run, each with a word of what is told of it.
const DEEDS: [(ScriptedEffect, &str); 2] = [
    (|run| edit(run, |file| file["config"]["speed"] = 1.5.into()), "run.json was changed in config"),
    (|run| fs::remove_file(run.join("blocks.parquet")).expect("it was there"), "blocks.parquet is gone"),
];

/// A search of a clockwork, with the code it ended with.
fn search(stage: &Stage, more: &[&str]) -> (PathBuf, i32) {
    let service =
        ["--workers", "4", "--engine", "deterministic", "--service-seconds", "1", "--audio-seconds", "2"];
    let usual =
        ["capacity", "--simulate", "--quiet", "--json", "--objective", "listeners underrun-free >= 99 %"];
    let output = stage.claque(&[&usual[..], &service, more].concat());
    let file: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let folder = file["capacity_folder"].as_str().expect("it names the folder").to_owned();
    (stage.path().join(folder), output.status.code().expect("it ended by itself"))
}

fn refuses(stage: &Stage, args: &[&str], word: &str) {
    let (code, words) = told(stage, args);
    assert!(code == 5 && flat(&words).contains(word), "{args:?} ends with {code}: {words}");
}

#[test]
fn a_search_with_a_changed_run_is_not_gone_on_with_whether_it_has_ended_or_not() {
    let stage = Stage::new();
    let (ended, code) = search(&stage, &["--max-users", "2"]);
    assert_eq!(code, 0);
    let (under_way, code) = search(&stage, &["--max-time", "6"]);
    assert_eq!(code, 5, "it is undecided");
    for (place, (deed, word)) in DEEDS.iter().enumerate() {
        for (whole, more) in [(&ended, &[][..]), (&under_way, &["--max-time", "3000"])] {
            let dir = copied(whole, &format!("changed-{place}"));
            deed(&runs(&dir)[0]);
            let name = dir.to_str().expect("it is text");
            let saved = fs::read(dir.join("capacity.json")).expect("it is there");
            refuses(&stage, &[&["capacity", "--resume", name, "--quiet"], more].concat(), word);
            assert_eq!(fs::read(dir.join("capacity.json")).expect("it is there"), saved, "nothing was added");
            for verb in ["show", "report", "explain"] {
                refuses(&stage, &[verb, name], word);
            }
            let listed = stage.prints(&["runs"]);
            let row = listed.lines().find(|line| line.starts_with("changed-")).expect("it is listed");
            assert!(row.ends_with("CHANGED"), "{row}");
            fs::remove_dir_all(dir).expect("it can be removed");
        }
    }
}

/// It says so, and so does the exit code, also where there is something to tell.
#[test]
fn the_page_of_a_changed_search_says_so_and_ends_with_5() {
    let stage = Stage::new();
    let (whole, _) = search(&stage, &["--max-users", "2"]);
    let deeds: [(ScriptedEffect, &str); 2] = [
        (
            |dir| edit_file(&dir.join("capacity.json"), |file| file["answer"]["users"] = 40.into()),
            "changed in answer",
        ),
        (|dir| fs::remove_dir_all(&runs(dir)[0]).expect("it was there"), "is gone"),
    ];
    for (deed, word) in deeds {
        let dir = copied(&whole, "changed");
        deed(&dir);
        let name = dir.to_str().expect("it is text");
        refuses(&stage, &["report", name], word);
        let page = fs::read_to_string(dir.join("capacity.html")).expect("it was written");
        assert!(flat(&page).contains(word), "the page says so");
        refuses(&stage, &["show", name], word);
        fs::remove_dir_all(dir).expect("it can be removed");
    }
    assert_eq!(told(&stage, &["report", whole.to_str().expect("it is text")]).0, 0);
    // What was copied repeats nothing, which is no wrong usage of the verb.
    let all = runs(&whole);
    swap(&all[1], &all[0]);
    let name = whole.to_str().expect("it is text");
    refuses(&stage, &["show", name], "one of them is a copy");
    refuses(&stage, &["report", name], "one of them is a copy");
}

#[test]
fn a_suite_with_a_changed_run_is_told_with_that_as_invalid_and_concludes_nothing() {
    let stage = Stage::new();
    stage.write(
        "few.toml",
        "[suite]\nname = \"few\"\nrepeats = 3\n[[scenario]]\nname = \"few\"\nusers = 3\nblocks = 4\n",
    );
    let made = |args: &[&str]| {
        let usual = ["suite", "few.toml", "--simulate", "--json", "--quiet"];
        let file: Value = serde_json::from_str(&stage.prints(&[&usual[..], args].concat())).expect("JSON");
        stage.path().join(file["suite_folder"].as_str().expect("it names the folder"))
    };
    let (main, other) = (made(&[]), made(&["--workers", "1"]));
    let other = other.to_str().expect("it is text");
    for (deed, word) in DEEDS {
        let dir = copied(&main, "changed");
        deed(&runs(&dir)[0]);
        let name = dir.to_str().expect("it is text");
        for args in [&["show", name][..], &["report", name]] {
            refuses(&stage, args, word);
        }
        assert!(stage.prints(&["show", name]).contains("INVALID"), "{word}");
        let page = fs::read_to_string(dir.join("suite.html")).expect("it was written");
        assert!(page.contains("INVALID") && flat(&page).contains(word), "the page says so");
        for args in [
            &["compare", name, other, "--fail-on-regression"][..],
            &["compare", other, name],
            &["suite", "few.toml", "--simulate", "--quiet", "--resume", name],
            &["suite", "few.toml", "--simulate", "--quiet", "--against", name],
        ] {
            refuses(&stage, args, word);
        }
        assert_eq!(stage.prints(&["runs"]).matches("CHANGED").count(), 1, "{word}");
        fs::remove_dir_all(dir).expect("it can be removed");
    }
}
