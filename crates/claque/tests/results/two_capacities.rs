//! Two capacities held against each other where one of them is none, or has no upper end.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    sealed::{flat, told},
    stage::Stage,
};

/// A search for the capacity of a clockwork that takes so many seconds for 4 s of audio, and its folder.
fn search(stage: &Stage, seconds: &str, more: &[&str]) -> PathBuf {
    let service = ["--engine", "deterministic", "--service-seconds", seconds, "--audio-seconds", "4"];
    let usual = ["capacity", "--simulate", "--quiet", "--json"];
    let output = stage.claque(&[&usual[..], &service, more].concat());
    let file: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    stage.path().join(file["capacity_folder"].as_str().expect("it names the folder"))
}

/// 8 workers x 4 s / 1 s are 32 listeners, 1 worker is 4; nobody is served in time where a block takes a minute.
#[test]
fn a_service_that_carries_less_is_a_regression_also_without_both_ends() {
    let stage = Stage::new();
    let (at_least, few) = (
        search(&stage, "1", &["--workers", "8", "--max-users", "16"]),
        search(&stage, "1", &["--workers", "1"]),
    );
    let none = search(&stage, "60", &["--workers", "1"]);
    let tried = search(&stage, "1", &["--workers", "8", "--max-users", "6", "--seed", "2"]);
    let [at_least, few, none, tried] =
        [&at_least, &few, &none, &tried].map(|folder| folder.to_str().expect("it is text"));
    for (a, b, code, words) in [
        (few, none, 4, "B carries less: it does not carry even one listener, and A does"),
        (none, few, 0, "B carries more: A does not carry even one listener"),
        (at_least, few, 4, "B carries less: the intervals have no number in common"),
        (few, at_least, 0, "B carries more: the intervals have no number in common"),
        (at_least, none, 4, "B carries less"),
        (at_least, tried, 2, "less than the 16 of A was tried"),
        (tried, at_least, 0, "no difference shown"),
    ] {
        let (found, said) = told(&stage, &["compare", a, b, "--fail-on-regression"]);
        assert!(found == code && flat(&said).contains(words), "{words}: {found}: {said}");
        assert!(!said.contains("()") && !said.contains("inf") && !said.contains("NaN"), "{said}");
        assert_eq!(told(&stage, &["compare", a, b]).0, 0, "{words}");
    }
    let (_, json) = told(&stage, &["compare", few, none, "--json"]);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["difference"]["carries"], &json["difference"]["ratio"]), (&"less".into(), &0.0.into()));
}

#[test]
fn what_does_nothing_between_capacities_is_refused() {
    let stage = Stage::new();
    let folders = [
        search(&stage, "1", &["--max-users", "2"]),
        search(&stage, "1", &["--max-users", "2", "--seed", "2"]),
    ];
    let [a, b] = [0, 1].map(|at: usize| folders[at].to_str().expect("it is text"));
    for flag in [
        &["--confidence", "99"][..],
        &["--allow-invalid"],
        &["--primary", "startup_time"],
        &["--objective", "errors = 0"],
        &["--html", "a.html"],
        &["--junit", "a.xml"],
        &["--markdown"],
        &["--markdown=a.md"],
    ] {
        let words = stage.refused(&[&["compare", a, b], flag].concat());
        let name = flag[0].split('=').next().expect("a name");
        assert!(words.contains(name) && words.contains("leave it out"), "{words}");
    }
}
