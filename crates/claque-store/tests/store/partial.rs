//! Runs that were killed.

use std::{fs, io::Write as _};

use claque_stats::{ReasonId, Verdict, summarise};
use claque_store::{RunFolder, StoreError, open};

use crate::example;

#[test]
fn a_run_is_readable_from_its_first_moment() {
    let parent = tempfile::tempdir().unwrap();
    let _writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let run = open(parent.path()).unwrap();
    assert!(run.partial && run.manifest.partial && !run.torn);
    assert_eq!(run.facts, []);
}

#[test]
fn a_killed_run_keeps_every_fact_appended() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let facts = example::facts();
    writer.append(&facts[..4]).unwrap();

    // The writer still lives, as it would in a process killed right now.
    let run = open(parent.path()).unwrap();
    assert!(run.partial);
    assert_eq!(run.facts, facts[..4]);
    let summary = run.recompute();
    assert_eq!(summary, summarise(example::SHAPE, &facts[..4], None));
    assert_eq!(Verdict::judge(&summary).reasons[0].id, ReasonId::Interrupted);
}

#[test]
fn a_torn_last_line_is_left_out_wherever_it_was_cut() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let facts = example::facts();
    writer.append(&facts).unwrap();
    let journal = parent.path().join("facts.jsonl");
    let whole = fs::read(&journal).unwrap();
    let last_line = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    for cut in last_line + 1..whole.len() {
        fs::write(&journal, &whole[..cut]).unwrap();
        let run = open(parent.path()).unwrap();
        assert!(run.torn && run.partial, "cut at {cut}");
        assert_eq!(run.facts, facts[..facts.len() - 1], "cut at {cut}");
    }
}

#[test]
fn a_broken_line_in_the_middle_is_damage_and_named() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    writer.append(&example::facts()[..1]).unwrap();
    let mut journal = fs::OpenOptions::new().append(true).open(parent.path().join("facts.jsonl")).unwrap();
    journal.write_all(b"{\"fact\":\"weather\"}\n").unwrap();
    let error = open(parent.path()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }));
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn a_kill_while_finishing_leaves_the_partial_run() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    writer.append(&example::facts()).unwrap();
    // The columns are written before run.json says so, and may be half there.
    fs::write(parent.path().join("blocks.parquet"), b"PAR1").unwrap();
    fs::write(parent.path().join("run.json.new"), b"{").unwrap();
    let run = open(parent.path()).unwrap();
    assert!(run.partial);
    assert_eq!(run.facts, example::facts());
}

#[test]
fn a_killed_run_names_the_documents_it_left_behind() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    writer.record_documents(vec!["document-7".to_owned()]).unwrap();
    assert_eq!(open(parent.path()).unwrap().manifest.document_ids, ["document-7"]);
}
