//! Files of the older script, of all its ages.

use serde_json::{Value, json};

use crate::stage::{Stage, manifest};

/// What the older script would have written of a simulated run, had it been there on `day`.
fn old_file(run: &Value, day: &str) -> Value {
    let arrival = |arrival: &Value| {
        let keys = ["idx", "requested_ms", "arrived_ms", "round_trip_ms", "status", "duration_ms"];
        Value::Object(keys.iter().map(|key| ((*key).to_owned(), arrival[*key].clone())).collect())
    };
    let session = |session: &Value| {
        json!({
            "user_id": session["user_id"],
            "document_id": session["document_id"],
            "blocks_requested": session["blocks_requested"],
            "block_arrivals": session["block_arrivals"].as_array().expect("a list").iter().map(arrival).collect::<Vec<_>>(),
            "underruns": session["underruns"],
            "errors": session["errors"],
            "duration_ms": session["duration_ms"],
        })
    };
    json!({
        "config": run["config"],
        "started_at": format!("{day}T12:00:00.000001"),
        "finished_at": format!("{day}T12:05:00.000001"),
        "document_ids": run["document_ids"],
        "sessions": run["sessions"].as_array().expect("a list").iter().map(session).collect::<Vec<_>>(),
    })
}

/// The script did not look whose messages it counted: the first one about a block was its own.
fn cross(file: &mut Value) {
    let sessions = file["sessions"].as_array().expect("a list").clone();
    let first = |idx: &Value| {
        let arrivals =
            sessions.iter().flat_map(|session| session["block_arrivals"].as_array().expect("a list"));
        let times =
            arrivals.filter(|arrival| arrival["idx"] == *idx).map(|arrival| arrival["arrived_ms"].as_f64());
        times.flatten().fold(f64::INFINITY, f64::min)
    };
    for session in file["sessions"].as_array_mut().expect("a list") {
        for arrival in session["block_arrivals"].as_array_mut().expect("a list") {
            arrival["arrived_ms"] = first(&arrival["idx"]).into();
        }
    }
}

/// Verdict and reasons of a file after its import.
fn imported(stage: &Stage, file: &Value) -> (String, Vec<String>) {
    stage.write("old.json", &file.to_string());
    let line = stage.prints(&["import", "old.json"]);
    let folder = line.split_whitespace().nth(1).expect("the folder is told");
    let manifest = manifest(&stage.path().join(folder));
    assert!(stage.path().join(folder).join("report.html").exists());
    let reasons = manifest["verdict"]["reasons"].as_array().expect("a list");
    let ids = reasons.iter().map(|reason| reason["id"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(manifest["verdict"]["valid"], false, "nobody measured lag and cross-talk");
    assert_eq!(manifest["summary"]["foreign_messages"], Value::Null, "nobody counted them");
    (manifest["verdict"]["validity"].as_str().expect("a word").to_owned(), ids)
}

fn unverified() -> (String, Vec<String>) {
    ("unverified".to_owned(), Vec::new())
}

fn invalid(why: &str) -> (String, Vec<String>) {
    ("invalid".to_owned(), vec![why.to_owned()])
}

#[test]
fn many_users_before_the_server_was_mended_are_invalid_and_lockstep_shows_by_itself() {
    let stage = Stage::new();
    let shape = ["--users", "5", "--blocks", "20", "--speed", "2"];
    let crossed = stage.simulated(&[&shape[..], &["--reproduce", "cross-talk"]].concat());
    let run = manifest(&crossed);
    let good = old_file(&run, "2026-03-01");
    assert_eq!(imported(&stage, &good), unverified());
    let old = old_file(&run, "2026-02-04");
    assert_eq!(imported(&stage, &old), invalid("cross-talk-suspected"));
    let mut fooled = old_file(&run, "2026-03-01");
    cross(&mut fooled);
    assert_eq!(imported(&stage, &fooled), invalid("lockstep"));

    // It stays so when the figures are computed anew.
    let text = stage.prints(&["resummarise", "2026-02-04T12-00-00Z"]);
    assert!(text.contains("cross-talk suspected: 5 users on 2026-02-04"), "{text}");
}

#[test]
fn what_nobody_verified_is_told_as_that_everywhere_and_compared_without_a_verdict() {
    let stage = Stage::new();
    let runs = ["1", "2", "3", "4"]
        .map(|seed| manifest(&stage.simulated(&["--users", "5", "--blocks", "12", "--seed", seed])));
    let mut names = Vec::new();
    for (number, day) in ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"].into_iter().enumerate() {
        assert_eq!(imported(&stage, &old_file(&runs[number], day)), unverified());
        names.push(format!("{day}T12-00-00Z"));
    }
    let first = names[0].as_str();
    assert!(stage.prints(&["show", first]).contains("UNVERIFIED  nobody measured whether"));
    assert!(stage.prints(&["resummarise", first]).contains("UNVERIFIED  nobody measured whether"));
    assert_eq!(
        manifest(&stage.path().join("claque-results").join(first))["summary"]["foreign_messages"],
        Value::Null
    );
    assert_eq!(stage.prints(&["runs"]).matches("  UNVERIFIED  ").count(), 4);
    assert!(!stage.prints(&["runs", "--valid"]).contains("UNVERIFIED"));

    let sides = [names[..2].join(","), names[2..].join(",")];
    let told = stage.prints(&["compare", &sides[0], &sides[1]]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("NOT JUDGED B: a run is UNVERIFIED"), "{told}");
    assert!(
        told.contains(&format!("{first} is UNVERIFIED: whether the generator was late was not measured")),
        "{told}"
    );
    let gate = stage.claque(&["compare", &sides[0], &sides[1], "--fail-on-regression"]);
    assert_eq!(gate.status.code(), Some(2), "what is not judged passes no gate");
}

#[test]
fn one_user_was_never_crossed_with_anybody() {
    let stage = Stage::new();
    let run = manifest(&stage.simulated(&["--users", "1", "--blocks", "12"]));
    assert_eq!(imported(&stage, &old_file(&run, "2026-01-20")), unverified());
}

#[test]
fn a_file_without_the_later_keys_is_read_all_the_same() {
    let stage = Stage::new();
    let run = manifest(&stage.simulated(&["--users", "1", "--blocks", "4"]));
    let mut file = old_file(&run, "2026-01-20");
    file.as_object_mut().unwrap().remove("document_ids");
    file["config"].as_object_mut().unwrap().remove("voice");
    for session in file["sessions"].as_array_mut().unwrap() {
        let session = session.as_object_mut().unwrap();
        ["document_id", "underruns", "errors"].iter().for_each(|key| {
            session.remove(*key);
        });
    }
    assert_eq!(imported(&stage, &file), unverified());
}

#[test]
fn results_about_documents_are_kept_and_their_figures_told() {
    let stage = Stage::new();
    let file = json!({
        "pages": 10, "concurrent_docs": 3, "ai_transform": true,
        "prepare_times_ms": [120.0, 130.0, 99.0], "processing_times_ms": [5_120.0, 6_130.0, 7_990.0],
        "failed_pages": [3], "errors": [],
        "started_at": "2026-02-01T10:00:00.000001", "finished_at": "2026-02-01T10:01:00.000001",
    });
    stage.write("docs.json", &file.to_string());
    let line = stage.prints(&["import", "docs.json"]);
    assert!(line.contains("documents of 10 pages, 3 at once") && line.contains("p50 6.13 s"), "{line}");
    let folder = line.split_whitespace().nth(1).unwrap();
    assert!(stage.path().join(folder).join("documents.json").exists());
}

#[test]
fn what_is_no_such_file_is_refused_with_its_name() {
    let stage = Stage::new();
    stage.write("other.json", "{\"users\": 3}");
    let output = stage.claque(&["import", "other.json"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && words.contains("other.json"), "{words}");
}

#[test]
fn a_run_of_claques_own_is_not_taken_for_one_of_the_older_script() {
    let stage = Stage::new();
    let run = stage.simulated(&["--users", "2", "--blocks", "2"]);
    let file = run.join("run.json");
    let words = stage.refused(&["import", file.to_str().expect("it is text")]);
    let show = format!("`claque show {}`", run.display());
    assert!(words.contains("a file of claque's own") && words.contains(&show), "{words}");
    // A copy by another name is one, too.
    std::fs::copy(&file, stage.path().join("old.json")).expect("it can be copied");
    assert!(stage.refused(&["import", "old.json"]).contains("a file of claque's own"));
}

#[test]
fn a_file_that_lacks_something_is_another_file_and_not_damaged() {
    let stage = Stage::new();
    stage.write("old.json", r#"{"config": {"users": 1}, "started_at": "2026-03-01T12:00:00"}"#);
    let words = stage.refused(&["import", "old.json"]);
    assert!(
        words.contains("no result of the older script: missing field") && !words.contains("damaged"),
        "{words}"
    );
}
