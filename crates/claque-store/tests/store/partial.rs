//! Runs that were killed.

use std::{fs, io::Write as _};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{
        Arrived, Asked, BlockOutcome, BlockRecord, Fact, Incident, IncidentRecord, ResendReason, Wanted,
    },
    remark::{Findings, Remark, Remarks, Sound},
    time::Instant,
};
use claque_stats::{ReasonId, Verdict, summarise};
use claque_store::{JournalEntries, RunFolder, StoreError, for_each_listener, open};

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

#[test]
fn what_a_killed_run_had_asked_for_is_known_and_what_it_finished_is_no_double() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(dir.path(), &example::header()).unwrap();
    let asked = |listener, block, at| Asked {
        listener: ListenerId(listener),
        block: BlockIdx(block),
        at: Instant::from_millis(at),
        wanted: None,
    };
    let finished = example::facts().into_iter().find_map(|fact| match fact {
        Fact::Block(record) => Some(record),
        Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
    });
    let finished = finished.unwrap();
    let (listener, block) = (finished.listener.0, finished.block.0);
    writer
        .append_all(JournalEntries {
            asked: &[asked(listener, block, 5), asked(listener, block + 100, 5), asked(77, 3, 9)],
            ..JournalEntries::default()
        })
        .unwrap();
    writer.append(&[Fact::Block(finished.clone())]).unwrap();
    // It is asked for once more to be heard again, which makes no second record of it.
    writer
        .append_all(JournalEntries {
            asked: &[asked(listener, block, 40), asked(77, 3, 60)],
            ..JournalEntries::default()
        })
        .unwrap();
    drop(writer);

    let run = open(dir.path()).unwrap();
    let blocks: Vec<_> = run
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Block(record) => {
                Some((record.listener.0, record.block.0, record.requested_at, record.outcome))
            }
            Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
        })
        .collect();
    let stopped = BlockOutcome::Stopped;
    assert_eq!(
        blocks,
        [
            (listener, block, finished.requested_at, finished.outcome),
            (listener, block + 100, Some(Instant::from_millis(5)), stopped),
            (77, 3, Some(Instant::from_millis(9)), stopped),
        ]
    );
    let mut of_listeners = 0;
    for_each_listener(dir.path(), &run.manifest, |facts| {
        of_listeners += facts.blocks.len();
        Ok(())
    })
    .unwrap();
    assert_eq!(of_listeners, 3, "listener by listener there are as many");
}

#[test]
fn what_had_arrived_and_was_not_yet_heard_is_known_whole_and_what_is_not_known_is_not_made_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(dir.path(), &example::header()).unwrap();
    let heard = BlockRecord {
        chars: 0,
        started_at: None,
        outcome: BlockOutcome::Unplayed,
        findings: Some(Findings {
            remarks: Remarks::NONE.with(Remark::Drawn),
            sound: Some(Sound::Audible),
            leading_silence: None,
        }),
        // How its pieces came is put down with its record only.
        largest_chunk_gap: None,
        least_start_buffer: None,
        ..example::block(5, 0, 25_000)
    };
    let asked = |block, wanted| Asked {
        listener: ListenerId(5),
        block: BlockIdx(block),
        at: Instant::from_millis(507),
        wanted,
    };
    let wanted = Wanted { intended_at: Instant::from_millis(500), batch: 3 };
    let why = ResendReason::Overdue { acknowledged: Some(true) };
    let again = Incident::Resent { block: BlockIdx(0), why };
    let (listener, at) = (ListenerId(5), Instant::from_millis(20_507));
    writer.append(&[Fact::Incident(IncidentRecord { listener, at, incident: again })]).unwrap();
    // It was asked for without a connection: what comes of that is on record first.
    let asked = [asked(0, heard.wanted_since()), asked(1, Some(wanted)), asked(2, None)];
    let arrived = [Arrived::of(&heard).unwrap()];
    writer.append_all(JournalEntries { asked: &asked, arrived: &arrived, facts: &[] }).unwrap();
    drop(writer);

    let run = open(dir.path()).unwrap();
    let blocks: Vec<_> = run
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Block(record) => Some(record.clone()),
            Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
        })
        .collect();
    assert_eq!(blocks[0], heard, "but for its text, which the journal does not tell");
    let still_wanted: Vec<_> =
        blocks[1..].iter().map(|block| (block.batch, block.intended_at, block.outcome)).collect();
    let stopped = BlockOutcome::Stopped;
    assert_eq!(still_wanted, [(3, Some(Instant::from_millis(500)), stopped), (0, None, stopped)]);
    let summary = summarise(example::SHAPE, &run.facts, None);
    assert_eq!((summary.blocks.ok, summary.response_time.unwrap().count), (1, 1));
}
