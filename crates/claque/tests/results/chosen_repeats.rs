//! `SUITE/SCENARIO` is all repeats of a scenario and nothing else: who chooses among them passes no gate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    sealed::{copied, edit_file, flat, told},
    stage::Stage,
    swapped::{runs, swap},
};

/// What somebody did to a suite; the run is none of it.
type ScriptedEffect = fn(dir: &Path, run: &Path);

/// Deeds, each with a word of what is told of it.
const DEEDS: [(&str, ScriptedEffect, &str); 8] = [
    ("runs gone", |dir, _| runs(dir).iter().take(3).for_each(|run| gone(run)), "are gone"),
    (
        "runs swapped",
        |dir, _| {
            let (runs, beside) = (runs(dir), dir.with_file_name("beside"));
            fs::rename(&runs[0], &beside).expect("it can be moved");
            fs::rename(&runs[1], &runs[0]).expect("it can be moved");
            fs::rename(beside, &runs[1]).expect("it can be moved");
        },
        "hold other runs than were made",
    ),
    (
        "a run renamed",
        |dir, _| fs::rename(&runs(dir)[0], dir.join("other")).expect("it can be moved"),
        "is gone",
    ),
    (
        "a run without its tag",
        |dir, _| fs::remove_file(runs(dir)[0].join("tags.txt")).expect("it was there"),
        "has lost that tag",
    ),
    (
        "an edited book",
        |dir, _| {
            edit_file(&dir.join("suite.json"), |file| {
                file["runs"].as_array_mut().expect("it has runs").truncate(3);
            });
        },
        "suite.json was changed in runs",
    ),
    (
        "no book",
        |dir, _| fs::remove_file(dir.join("suite.json")).expect("it was there"),
        "which says how many there are, is not here",
    ),
    (
        "a further run",
        |dir, run| {
            let further = dir.join("further");
            fs::rename(copied(run, "further"), &further).expect("it can be moved");
            fs::write(further.join("tags.txt"), "few\n").expect("it can be written");
        },
        "further has the tag few and is none of the runs",
    ),
    ("a copied run", |dir, _| swap(&runs(dir)[0], &runs(dir)[1]), "holds another run"),
];

fn gone(run: &Path) {
    fs::remove_dir_all(run).expect("it was there");
}

fn suite(stage: &Stage, more: &[&str]) -> PathBuf {
    let usual = ["suite", "few.toml", "--simulate", "--json", "--quiet"];
    let file: Value = serde_json::from_str(&stage.prints(&[&usual[..], more].concat())).expect("JSON");
    stage.path().join(file["suite_folder"].as_str().expect("it names the folder"))
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write(
        "few.toml",
        "[suite]\nname = \"night\"\nrepeats = 5\n[[scenario]]\nname = \"few\"\nusers = 3\nblocks = 4\n",
    );
    stage
}

#[test]
fn chosen_repeats_of_a_scenario_yield_no_verdict() {
    let stage = stage();
    let (main, worse) = (suite(&stage, &[]), suite(&stage, &["--workers", "1"]));
    let other = stage.simulated(&["--users", "3", "--blocks", "4", "--seed", "77"]);
    let few = |dir: &Path| format!("{}/few", dir.display());
    assert_eq!(told(&stage, &["compare", &few(&main), &few(&worse), "--fail-on-regression"]).0, 4);
    for (what, deed, word) in DEEDS {
        let dir = copied(&main, "changed");
        deed(&dir, &other);
        for args in [
            &["compare", &few(&dir), &few(&worse), "--fail-on-regression"][..],
            &["compare", &few(&worse), &few(&dir), "--allow-invalid"],
            &["compare", "few", "latest", "--output-dir", dir.to_str().expect("it is text")],
        ] {
            let (code, words) = told(&stage, args);
            assert!(code == 5 && flat(&words).contains(word), "{what}: {args:?}: {code}: {words}");
            assert!(!words.contains("REGRESSION"), "{what}: {words}");
        }
        gone(&dir);
    }
    // What was taken away is given back as the words say; other tags are their user's own.
    let first = runs(&main).remove(0);
    let name = first.to_str().expect("it is text");
    stage.prints(&["tag", name, "few", "--remove"]);
    assert_eq!(told(&stage, &["compare", &few(&main), &few(&worse)]).0, 5);
    stage.prints(&["tag", name, "few"]);
    stage.prints(&["tag", name, "odd"]);
    assert_eq!(told(&stage, &["compare", &few(&main), &few(&worse), "--fail-on-regression"]).0, 4);
    assert_eq!(told(&stage, &["show", &format!("{}/odd", main.display())]).0, 0);
}

/// A suite that is under way has chosen repeats, too: those that came first.
#[test]
fn repeats_that_are_not_made_yet_are_wanted() {
    let stage = stage();
    let (main, worse) = (suite(&stage, &[]), suite(&stage, &["--workers", "1"]));
    let text = fs::read(main.join("suite.json")).expect("it is there");
    let mut book: claque_store::SuiteManifest = serde_json::from_slice(&text).expect("it is a suite");
    book.runs[4].state = claque_store::SuiteRunState::Pending;
    book.finished_at_utc = None;
    claque_store::save_suite(&main, &book).expect("it can be written");
    let words =
        stage.refused(&["compare", &format!("{}/few", main.display()), &format!("{}/few", worse.display())]);
    assert!(flat(&words).contains("4 of 5 repeats of few") && words.contains("--resume"), "{words}");
}
