//! Readers of the older script's files find in `run.json` every key they knew, of the type they knew.

use std::fs;

use serde_json::Value;

use crate::example;

const OLDER: &str = include_str!("../data/one-user-12-blocks-4x.json");

/// Collects every place where `ours` lacks a key of `older`, or has another type there. Every element of our
/// lists must look like the first of theirs.
fn compare(place: &str, older: &Value, ours: &Value, differences: &mut Vec<String>) {
    match (older, ours) {
        (Value::Object(older), Value::Object(ours)) => {
            for (key, value) in older {
                let place = format!("{place}.{key}");
                match ours.get(key) {
                    Some(found) => compare(&place, value, found, differences),
                    None => differences.push(format!("{place} is missing")),
                }
            }
        }
        (Value::Array(older), Value::Array(ours)) => {
            for (index, found) in ours.iter().enumerate() {
                if let Some(value) = older.first() {
                    compare(&format!("{place}[{index}]"), value, found, differences);
                }
            }
        }
        _ if kind(older) == kind(ours) => {}
        _ => differences.push(format!("{place} is {} and was {}", kind(ours), kind(older))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[test]
fn run_json_has_every_key_of_the_older_file_with_its_type() {
    let parent = tempfile::tempdir().unwrap();
    let dir = example::write_finished(parent.path());
    let ours: Value = serde_json::from_slice(&fs::read(dir.join("run.json")).unwrap()).unwrap();
    let older: Value = serde_json::from_str(OLDER).unwrap();
    let mut differences = Vec::new();
    compare("", &older, &ours, &mut differences);
    assert_eq!(differences, [""; 0]);

    // The lists compared above were not empty, and errors, which the older file has none of, are strings.
    for list in ["document_ids", "sessions", "sessions/0/block_arrivals", "sessions/0/underruns"] {
        assert!(ours.pointer(&format!("/{list}")).unwrap().as_array().is_some_and(|list| !list.is_empty()));
    }
    assert!(ours.pointer("/sessions/0/errors/0").unwrap().is_string());
}

#[test]
fn the_comparison_sees_a_missing_key_and_another_type() {
    let older = serde_json::json!({ "a": 1.0, "b": [{ "c": "x" }] });
    let ours = serde_json::json!({ "a": 1, "b": [{}] });
    let mut differences = Vec::new();
    compare("", &older, &ours, &mut differences);
    assert_eq!(differences, [".a is int and was float", ".b[0].c is missing"]);
}
