//! What binds and what gives way, where it is not the load.

use serde_json::Value;

use crate::Stage;

const CLOCKWORK: [&str; 7] = [
    "--engine",
    "deterministic",
    "--gateway-set",
    "models.kokoro.service.fixed_seconds=1",
    "--gateway-set",
    "models.kokoro.length.fixed_seconds=5",
    "--no-report",
];

fn search(stage: &Stage, workers: &str, objective: &str, more: &[&str]) -> (i32, Value) {
    let what = ["--workers", workers, "--objective", objective];
    stage.search(&[CLOCKWORK.as_slice(), &what, more].concat())
}

/// One block in twenty takes ten times as long: 6 x 5 / (0.95 + 0.5) = 20.7 listeners are fed, and some of any number wait. In a run of 3 the
/// pace is 0.94 by chance.
#[test]
fn what_is_missed_at_any_load_is_no_matter_of_throughput() {
    let stage = Stage::new();
    let slow = "models.kokoro.machine.tail={share=0.05,factor=10}";
    let objective = "listeners underrun-free >= 99 %";
    let (code, json) = search(&stage, "6", objective, &["--gateway-set", slow, "--seed", "3"]);
    let answer = &json["answer"];
    assert_eq!((code, &answer["binding"]), (3, &Value::from(objective)), "{json}");
    assert_eq!(answer["gave_way"], "service-time", "{json}");
    assert!(answer["first_failing"].is_null() && answer["failing_pace"].is_null(), "{json}");
}

#[test]
fn what_was_missed_in_no_run_is_not_said_to_be_missed() {
    let stage = Stage::new();
    let silent = r#"faults.audio=[{select={block=3},effect="silent"}]"#;
    let (code, json) = search(&stage, "4", "errors = 0", &["--gateway-set", silent]);
    assert_eq!((code, &json["answer"]["at_any_load"]), (3, &Value::Null), "{json}");
    let said = json["answer"]["said"].as_str().unwrap_or_default();
    assert!(said.contains("listened to silent"), "{json}");
}

#[test]
fn audio_that_is_missing_is_the_services_failure_and_no_wait() {
    let stage = Stage::new();
    let missing = r#"faults.jobs=[{select={block=3},effect="audio-missing"}]"#;
    let (_, json) = search(&stage, "4", "errors = 0", &["--gateway-set", missing]);
    assert_eq!(
        (&json["answer"]["gave_way"], &json["answer"]["binding"]),
        (&"worker".into(), &"errors = 0".into()),
        "{json}"
    );
}

#[test]
fn a_search_whose_answer_was_taken_out_was_changed() {
    let stage = Stage::new();
    search(&stage, "1", "errors = 0", &["--max-users", "1"]);
    let folder = stage.folders().remove(0);
    let path = folder.join("capacity.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    file.as_object_mut().unwrap().remove("answer");
    std::fs::write(&path, file.to_string()).unwrap();
    let output = stage.claque(&["show", &folder.display().to_string()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.contains("--resume")), (Some(5), false), "{said}");
}
