//! How the verbs about kept runs end where a run is not what they need, or cannot be read.

use std::fs;

use serde_json::Value;

use crate::{
    sealed::{SHAPE, edit, told},
    stage::Stage,
};

#[test]
fn a_run_that_has_not_what_a_verb_needs_is_wrong_usage() {
    let stage = Stage::new();
    let args = ["simulate", "documents", "--json", "--quiet", "--pages", "4"];
    let documents: Value = serde_json::from_str(&stage.prints(&args)).expect("the summary is JSON");
    let documents = stage.path().join(documents["run_folder"].as_str().expect("it names the folder"));
    let whole = stage.simulated(&SHAPE);
    let whole = whole.to_str().expect("it is text");
    let mut all = vec![(documents, vec![&["export"][..], &["show", "--vocabulary", "sglang"]])];
    for kept in ["none", "sample:2"] {
        all.push((stage.simulated(&[&SHAPE[..], &["--facts", kept]].concat()), Vec::new()));
    }
    for (run, others) in all {
        let name = run.to_str().expect("it is text");
        let verbs = [&["explain"][..], &["report"], &["resummarise"], &["calibrate"], &["compare", whole]];
        for verb in verbs.into_iter().chain(others) {
            let (code, words) = told(&stage, &[verb, &[name]].concat());
            assert_eq!(code, 2, "{verb:?} {name}: {words}");
        }
    }
}

#[test]
fn a_run_that_cannot_be_read_any_more_is_a_changed_one() {
    let stage = Stage::new();
    let (run, whole) = (stage.simulated(&SHAPE), stage.simulated(&[&SHAPE[..], &["--seed", "2"]].concat()));
    let (name, whole) = (run.to_str().expect("it is text"), whole.to_str().expect("it is text"));
    let as_written = fs::read(run.join("run.json")).expect("it is there");
    let without = |key: &str| {
        edit(&run, |file| drop(file.as_object_mut().expect("it is an object").remove(key)));
    };
    let deeds: [&dyn Fn(); 4] = [
        &|| without("target"),
        &|| without("format_version"),
        &|| edit(&run, |file| file["verdict"]["notes"] = serde_json::json!([{"id": "no-such", "text": ""}])),
        &|| fs::write(run.join("run.json"), &as_written[..as_written.len() / 2]).expect("it can be written"),
    ];
    for (place, deed) in deeds.iter().enumerate() {
        deed();
        for verb in
            [&["show"][..], &["explain"], &["report"], &["resummarise"], &["export"], &["compare", whole]]
        {
            let (code, words) = told(&stage, &[verb, &[name]].concat());
            assert_eq!(code, 5, "{place} {verb:?}: {words}");
        }
        assert_eq!(told(&stage, &["runs"]).0, 0);
        fs::write(run.join("run.json"), &as_written).expect("it can be written");
    }
}
