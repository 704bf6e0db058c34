//! What the documents show is true of the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::program::run;

/// A result of the older script: one user, twelve blocks.
const OLDER_RESULT: &str = include_str!("../../../claque-store/tests/data/one-user-12-blocks-4x.json");

#[test]
fn every_command_that_is_shown_is_understood() {
    let program = Path::new(env!("CARGO_BIN_EXE_claque"));
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let names = docs.map(|page| page.unwrap().file_name().to_string_lossy().into_owned());
    pages.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")));
    let mut shown = 0;
    for (page, command) in
        pages.iter().flat_map(|page| commands(page).into_iter().map(move |line| (page, line)))
    {
        // Help comes after the flags before it have been read. A shell takes the words apart, as it does for whoever types them.
        let line = format!("'{}' {command} --help", program.display());
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(output.status.success(), "{page}: {command}: {}", String::from_utf8_lossy(&output.stderr));
        shown += 1;
    }
    assert!(shown >= 45, "only {shown} commands were found");
}

#[test]
fn programs_that_read_the_older_scripts_results_can_read_ours() {
    let ran = run(
        "run",
        &[
            "--users",
            "2",
            "--blocks",
            "10",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.05",
            "--audio-seconds",
            "0.05",
            "--voice",
            "af_heart",
        ],
    );
    let older: Value = serde_json::from_str(OLDER_RESULT).unwrap();
    let ours = ran.manifest();
    // Two listeners on one worker at this pace stall: every list has a member to compare.
    assert!(ran.count("/underruns/count") > 0);
    assert_superset(&ours, &older, "run.json");
}

#[test]
fn the_summary_that_the_readme_shows_has_the_rows_of_today() {
    let readme = read("README.md");
    let sample = readme.split("## What it looks like").nth(1).and_then(|rest| rest.split("```").nth(1));
    let shown = rows(sample.unwrap().strip_prefix("text").unwrap());
    let spoken = ["--engine", "deterministic", "--service-seconds", "0.05", "--audio-seconds", "0.3"];
    let ran = run("run", &[&["--users", "2", "--blocks", "3"], spoken.as_slice()].concat());
    assert_eq!(shown, rows(&ran.stdout));
    assert!(shown.len() >= 20, "{shown:?}");
}

/// The names of a summary's rows, but for those that a run has or has not.
fn rows(summary: &str) -> Vec<String> {
    let named = |line: &str| {
        let line = line.strip_prefix("  ")?;
        let name = line.split("  ").next()?.trim();
        let varies = ["outages", "note", "reason", "VALID", "INVALID"].contains(&name);
        // A remark of the table, as on quantiles of too few values.
        let is_remark = name.starts_with("- ");
        (!name.is_empty() && !varies && !is_remark).then(|| name.to_owned())
    };
    // The answer, in sentences, goes before.
    let behind_answer = summary.trim_start().lines().skip_while(|line| !line.is_empty());
    behind_answer.filter_map(named).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What stands after `claque` of each command in a console block, README's `cargo run --release --` included.
fn commands(path: &str) -> Vec<String> {
    let text = read(path);
    let mut commands = Vec::new();
    let mut in_console = false;
    for line in text.lines() {
        match line.trim() {
            "```console" => in_console = true,
            "```" => in_console = false,
            line if in_console => {
                let rest =
                    line.strip_prefix("claque ").or_else(|| line.strip_prefix("cargo run --release -- "));
                // What it ends with stands behind it.
                commands.extend(rest.map(|rest| rest.split(" # ").next().unwrap_or(rest).to_owned()));
            }
            _ => {}
        }
    }
    commands
}

/// Every key of `older` is in `ours` with a value of the same type; of lists the first members are compared.
#[track_caller]
fn assert_superset(ours: &Value, older: &Value, place: &str) {
    match (ours, older) {
        (Value::Object(ours), Value::Object(older)) => {
            for (key, older) in older {
                let ours = ours.get(key).unwrap_or_else(|| panic!("{place} has no {key}"));
                assert_superset(ours, older, &format!("{place}.{key}"));
            }
        }
        (Value::Array(ours), Value::Array(older)) => {
            if let (Some(ours), Some(older)) = (ours.first(), older.first()) {
                assert_superset(ours, older, &format!("{place}[0]"));
            }
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        (_, Value::Null) => {}
        (ours, older) => panic!("{place} is {ours}, the older script wrote {older}"),
    }
}
