//! What can be wrong with a folder, and that each says so.

use std::fs;

use claque_store::{RunFolder, StoreError, open};

use crate::example;

#[test]
fn a_second_run_in_one_folder_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let dir = example::write_finished(parent.path());
    let error = RunFolder::create(&dir, &example::header()).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyARun { .. }), "{error}");
    assert!(!open(&dir).unwrap().partial, "the run that was there is untouched");
}

#[test]
fn a_folder_without_run_json_is_no_run() {
    let parent = tempfile::tempdir().unwrap();
    let error = open(parent.path()).unwrap_err();
    assert!(matches!(error, StoreError::NotARunFolder { .. }), "{error}");
    let error = open(&parent.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, StoreError::NotARunFolder { .. }), "{error}");
}

#[test]
fn a_newer_format_is_refused_before_anything_else_is_understood() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("run.json"), r#"{"format_version":2,"config":"quite different"}"#).unwrap();
    let error = open(parent.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn a_result_of_the_older_script_is_told_from_a_damaged_run() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("run.json"), r#"{"config":{},"sessions":[]}"#).unwrap();
    let error = open(parent.path()).unwrap_err();
    assert!(matches!(error, StoreError::NoFormatVersion { .. }), "{error}");
}

#[test]
fn damaged_files_are_named() {
    for (name, bytes) in [("run.json", "{\"format_version\":1,"), ("blocks.parquet", "PAR1")] {
        let parent = tempfile::tempdir().unwrap();
        let dir = example::write_finished(parent.path());
        fs::write(dir.join(name), bytes).unwrap();
        let error = claque_store::open_as_found(&dir).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
        let error = open(&dir).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_says_where() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("taken");
    fs::write(&file, "").unwrap();
    let error = RunFolder::create(&file.join("run"), &example::header()).unwrap_err();
    assert!(error.to_string().contains("taken"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_says_so_and_the_run_stays_readable() {
    let parent = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", parent.path().join("facts.jsonl")).unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let error = writer.append(&example::facts()).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    fs::remove_file(parent.path().join("facts.jsonl")).unwrap();
    assert!(open(parent.path()).unwrap().partial);
}

#[test]
fn a_run_whose_journal_was_cut_is_not_finished() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    writer.append(&example::facts()).unwrap();
    let journal = parent.path().join("facts.jsonl");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, &whole[..whole.len() - 5]).unwrap();
    let summary = example::summary();
    let verdict = claque_stats::Verdict::judge(&summary);
    let error = writer.finish(&summary, &verdict, example::FINISHED).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let run = open(parent.path()).unwrap();
    assert!(run.partial && run.torn);
}
