//! Who waited in the middle of a run, and for which block: `cargo run -p claque-store --example read_run -- claque-results/RUN`.
#![expect(clippy::print_stdout, reason = "the answer of an example")]

use std::{collections::BTreeMap, env, error::Error, path::Path};

use claque_core::{ids::ListenerId, record::Fact, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = env::args().nth(1).ok_or("usage: read_run FOLDER")?;
    for (listener, (stalls, waited)) in waiting(Path::new(&dir))? {
        println!("listener {listener}: {stalls} stalls, {:.3} s", waited.as_secs_f64());
    }
    Ok(())
}

/// Stalls of each listener that had any, and their time in all. Facts are there of a killed run, too.
fn waiting(dir: &Path) -> Result<BTreeMap<ListenerId, (u32, Duration)>, Box<dyn Error>> {
    let run = claque_store::open(dir)?;
    let mut waiting = BTreeMap::new();
    for fact in &run.facts {
        if let Fact::Stall(stall) = fact {
            let (stalls, waited) = waiting.entry(stall.listener).or_insert((0, Duration::ZERO));
            *stalls += 1;
            *waited += stall.waited;
        }
    }
    Ok(waiting)
}

#[test]
fn a_folder_that_was_killed_can_be_read() {
    use claque_core::{ids::BlockIdx, record::StallRecord, time::Instant};
    use claque_store::{Machine, RunConfig, RunFolder, RunHeader, UnixNanos};

    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let config = RunConfig {
        users: 1,
        blocks_per_user: 4,
        model: "kokoro".into(),
        voice: "af_heart".into(),
        speed: 1.0,
    };
    let mut writer = RunFolder::create(
        &dir,
        &RunHeader {
            config,
            started_at: UnixNanos(0),
            document_ids: vec!["one".into()],
            claque_version: "0.2.0".into(),
            scenario: serde_json::json!({}),
            target: "made up".into(),
            machine: Machine { os: "any".into(), arch: "any".into(), cpus: 1 },
            seed: 1,
        },
    )
    .unwrap();
    let stall = |block, began, waited| {
        Fact::Stall(StallRecord {
            listener: ListenerId(0),
            block: BlockIdx(block),
            began_at: Instant::from_millis(began),
            waited: Duration::from_millis(waited),
        })
    };
    writer.append(&[stall(1, 1_000, 250), stall(3, 4_000, 1_000)]).unwrap();
    drop(writer);
    let waited = Duration::from_millis(1_250);
    assert_eq!(waiting(&dir).unwrap().into_iter().collect::<Vec<_>>(), [(ListenerId(0), (2, waited))]);
}
