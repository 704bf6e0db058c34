//! Suites and searches whose folders hold other runs than were made for them, or whose own file lost its seal; and runs with a file that
//! their seal does not tell of.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    sealed::{SHAPE, TABLES, copied, edit, edit_file, flat, nothing_is_concluded, take, told, unseal},
    stage::Stage,
};

/// The folders of the runs in a suite or a search, in order.
pub(super) fn runs(dir: &Path) -> Vec<PathBuf> {
    let mut runs: Vec<_> =
        fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("it can be read").path()).collect();
    runs.retain(|path| path.join("run.json").is_file());
    runs.sort();
    runs
}

/// Puts a copy of the run `other` in the place of the run `run`.
pub(super) fn swap(run: &Path, other: &Path) {
    fs::remove_dir_all(run).expect("it was there");
    let copy = copied(other, "copy");
    fs::rename(copy, run).expect("it can be moved");
}

/// What somebody did to a folder of runs; the other holds runs of another service.
type ScriptedEffect = fn(dir: &Path, other: &Path);

fn deeds(json: &'static str) -> [(ScriptedEffect, String); 4] {
    let unsealed: ScriptedEffect = match json {
        "suite.json" => |dir, _| edit_file(&dir.join("suite.json"), unseal),
        _ => |dir, _| edit_file(&dir.join("capacity.json"), unseal),
    };
    let two: ScriptedEffect = |dir, _| {
        let runs = runs(dir);
        let first = copied(&runs[0], "first");
        swap(&runs[0], &runs[1]);
        fs::remove_dir_all(&runs[1]).expect("it was there");
        fs::rename(first, &runs[1]).expect("it can be moved");
    };
    [
        (|dir, other| swap(&runs(dir)[0], &runs(other)[0]), "holds another run".to_owned()),
        (two, "hold other runs than were made".to_owned()),
        (|dir, _| fs::remove_dir_all(&runs(dir)[0]).expect("it was there"), "is gone".to_owned()),
        (unsealed, format!("{json} was changed in seal")),
    ]
}

fn refuses(stage: &Stage, args: &[&str], word: &str) {
    let (code, words) = told(stage, args);
    assert!(code == 5 && flat(&words).contains(word), "{args:?} ends with {code}: {words}");
}

#[test]
fn a_suite_with_another_run_in_it_passes_no_gate() {
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
    let (main, slow) = (made(&[]), made(&["--workers", "1"]));
    let slow_name = slow.to_str().expect("it is text");
    // Figures that are computed anew are those of the same run.
    stage.prints(&["resummarise", runs(&main)[0].to_str().expect("it is text")]);
    assert_eq!(told(&stage, &["show", main.to_str().expect("it is text")]).0, 0);
    for (place, (deed, word)) in deeds("suite.json").iter().enumerate() {
        let dir = copied(&main, &format!("changed-{place}"));
        deed(&dir, &slow);
        let name = dir.to_str().expect("it is text");
        let resumed = ["suite", "few.toml", "--simulate", "--quiet", "--resume"];
        let gate = ["--workers", "1", "--against", name, "--fail-on-regression"];
        refuses(&stage, &[&resumed[..], &[slow_name], &gate].concat(), word);
        refuses(&stage, &[&resumed[..], &[name]].concat(), word);
        for args in [
            &["compare", name, slow_name][..],
            &["compare", slow_name, name],
            &["show", name],
            &["report", name],
        ] {
            refuses(&stage, args, word);
        }
        assert_eq!(stage.prints(&["runs"]).matches("CHANGED").count(), 1, "{word}");
        fs::remove_dir_all(dir).expect("it can be removed");
    }
}

#[test]
fn a_search_with_another_run_in_it_concludes_nothing() {
    let stage = Stage::new();
    let search = |workers: &str, seed: &str| {
        let service = [
            "--engine",
            "deterministic",
            "--service-seconds",
            "1",
            "--audio-seconds",
            "2",
            "--max-users",
            "2",
        ];
        let usual = ["capacity", "--simulate", "--quiet", "--json", "--workers", workers, "--seed", seed];
        let file: Value =
            serde_json::from_str(&stage.prints(&[&usual[..], &service].concat())).expect("JSON");
        stage.path().join(file["capacity_folder"].as_str().expect("it names the folder"))
    };
    let (main, other) = (search("4", "3"), search("3", "4"));
    let whole = other.to_str().expect("it is text");
    for (place, (deed, word)) in deeds("capacity.json").iter().enumerate() {
        let dir = copied(&main, &format!("changed-{place}"));
        deed(&dir, &other);
        let name = dir.to_str().expect("it is text");
        for args in [
            &["compare", name, whole, "--fail-on-regression"][..],
            &["compare", whole, name],
            &["explain", name],
            &["capacity", "--resume", name, "--quiet"],
        ] {
            refuses(&stage, args, word);
        }
        assert!(flat(&told(&stage, &["show", name]).1).contains(word), "{word}");
        assert_eq!(stage.prints(&["runs"]).matches("CHANGED").count(), 1, "{word}");
        fs::remove_dir_all(dir).expect("it can be removed");
    }
}

/// An entry that is gone is no leave to put another file there.
#[test]
fn a_file_of_facts_that_the_seal_does_not_tell_of_is_another_runs() {
    let stage = Stage::new();
    let (run, other) = (stage.simulated(&SHAPE), stage.simulated(&[&SHAPE[..], &["--seed", "2"]].concat()));
    let whole = other.to_str().expect("it is text");
    for name in TABLES {
        let folder = copied(&run, "changed");
        take(&folder, &other, name);
        edit(&folder, |file| {
            file["seal"]["files"].as_object_mut().expect("it has files").remove(name);
        });
        nothing_is_concluded(&stage, &folder, whole, &format!("{name} is not the file"), name);
        fs::remove_dir_all(folder).expect("it can be removed");
    }
}
