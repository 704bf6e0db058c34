//! Writes a run of any length into a folder, for the bench `columns`: `long_run DIR LISTENERS BLOCKS_OF_EACH`. Facts
//! come as a real run's do: interleaved, each listener's in order. Prints what writing took as JSON.

use std::{env, error::Error, fs, path::PathBuf};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, Fact, ListenerRecord, SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime},
};
use claque_stats::Verdict;
use claque_store::{Machine, RunConfig, RunFolder, RunHeader, UnixNanos};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [dir, listeners, blocks] = arguments.as_slice() else {
        return Err("usage: long_run DIR LISTENERS BLOCKS_OF_EACH".into());
    };
    let (dir, listeners, blocks) = (PathBuf::from(dir), listeners.parse::<u32>()?, blocks.parse::<u32>()?);
    let header = RunHeader {
        config: RunConfig {
            users: listeners,
            blocks_per_user: blocks,
            model: "kokoro".to_owned(),
            voice: "af_heart".to_owned(),
            speed: 1.0,
        },
        started_at: UnixNanos(1_795_502_897_627_870_000),
        document_ids: vec!["one".to_owned()],
        claque_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: serde_json::json!({ "users": listeners, "blocks": blocks, "time": "virtual", "min_buffer": 1 }),
        target: "made up".to_owned(),
        machine: Machine { os: "any".to_owned(), arch: "any".to_owned(), cpus: 1 },
        seed: 1,
    };
    let mut writer = RunFolder::create(&dir, &header)?;
    let mut facts = Vec::with_capacity(8_192);
    for index in 0..blocks {
        for listener in 0..listeners {
            add(listener, index, blocks, &mut facts);
            if facts.len() >= 8_000 {
                writer.append(&facts)?;
                facts.clear();
            }
        }
    }
    writer.append(&facts)?;
    writer.finish_with(UnixNanos(1_795_502_997_627_870_000), None, |summary| {
        let verdict = Verdict::judge(&summary);
        (summary, verdict)
    })?;
    // Linux counts what this process held at most; elsewhere it is not told.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    let kib: u64 = peak.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0);
    fs::write(dir.join("long-run.json"), format!("{{\"peak_kib\": {kib}}}\n"))?;
    Ok(())
}

/// A block, now and then a stall before it, and at the end the session. Times have all their digits, as real ones do.
fn add(listener: u32, index: u32, blocks: u32, facts: &mut Vec<Fact>) {
    let mixed = (u64::from(listener) << 32 | u64::from(index)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let start = Instant::from_nanos(u64::from(listener) * 1_000_003);
    let asked = start + Duration::from_nanos(u64::from(index / 8) * 16_000_000_000);
    let ready =
        asked + Duration::from_nanos(50_000_000 + u64::from(index % 8) * 700_000_000 + mixed % 600_000_000);
    let played = start + Duration::from_nanos(1_000_000_000 + u64::from(index) * 2_000_000_000);
    if mixed.is_multiple_of(17) && index > 0 {
        facts.push(Fact::Stall(StallRecord {
            listener: ListenerId(listener),
            block: BlockIdx(index),
            began_at: played,
            waited: Duration::from_nanos(mixed % 400_000_000),
        }));
    }
    facts.push(Fact::Block(BlockRecord {
        batch: index / 8,
        chars: 20 + u32::try_from(mixed % 130).unwrap_or(0),
        requested_at: Some(asked + Duration::from_nanos(mixed % 90_000)),
        answered_request_at: Some(asked + Duration::from_nanos(mixed % 90_000)),
        acknowledged_at: Some(asked + Duration::from_nanos(mixed % 9_000_000)),
        ready_at: Some(ready),
        first_audio_at: Some(ready + Duration::from_nanos(mixed % 700_000)),
        complete_at: Some(ready + Duration::from_nanos(mixed % 900_000)),
        started_at: Some(played),
        media: MediaTime::from_nanos(1_500_000_000 + mixed % 900_000_000),
        bytes: 12_000 + mixed % 9_000,
        chunks: 1,
        outcome: BlockOutcome::Played,
        ..BlockRecord::wanted(ListenerId(listener), BlockIdx(index), asked)
    }));
    if index + 1 == blocks {
        facts.push(Fact::Listener(ListenerRecord {
            listener: ListenerId(listener),
            document: format!("document-{listener}"),
            blocks,
            intended_at: start,
            launched_at: start,
            connect_time: Some(Duration::from_micros(1_234)),
            started_at: Some(start + Duration::from_secs(1)),
            ended_at: played + Duration::from_secs(2),
            end: SessionEnd::Completed,
            foreign_messages: 0,
            warnings: 0,
            playing: None,
            paused: Duration::ZERO,
            unwanted_bytes: None,
            network: None,
        }));
    }
}
