//! Every target over its corpus, and over seeded mutations of it: minutes of a fuzzer in seconds, the same each time.

use std::{fs, path::PathBuf};

use claque_fuzz::TARGETS;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Mutations of each file of a corpus.
const MUTATIONS: u32 = 40;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of the corpus").path())
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(&path).expect("a file of the corpus"))).collect()
}

fn run(target: &str) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target of that name");
    let files = corpus(target);
    assert!(!files.is_empty(), "{target} has no corpus");
    for (path, bytes) in &files {
        let mut rng = ChaCha8Rng::seed_from_u64(bytes.len() as u64);
        let mutations = (0..MUTATIONS).map(|_| mutated(bytes, &files, &mut rng));
        for (number, input) in std::iter::once(bytes.clone()).chain(mutations).enumerate() {
            let outcome = std::panic::catch_unwind(|| check(&input));
            assert!(
                outcome.is_ok(),
                "{}, mutation {number} (0 is the file itself): {input:02x?}",
                path.display()
            );
        }
    }
}

/// One to four changes: a byte, a piece that is gone, doubled, or of another file.
fn mutated(bytes: &[u8], others: &[(PathBuf, Vec<u8>)], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = rng.random_range(0..bytes.len());
        let length = rng.random_range(0..=(bytes.len() - at).min(64));
        match rng.random_range(0..5) {
            0 => bytes[at] = rng.next_u32().to_le_bytes()[0],
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let other = &others[rng.random_range(0..others.len())].1;
                let from = rng.random_range(0..=other.len());
                let piece = &other[from..other.len().min(from + length)];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let listed = |name: &str, ending: &str| {
        let mut names: Vec<String> = fs::read_dir(folder.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(ending).to_owned())
            .collect();
        names.sort();
        names
    };
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed("fuzz_targets", ".rs"), names);
    assert_eq!(listed("corpus", ""), names);
}

#[test]
fn audio_holds() {
    run("audio");
}

#[test]
fn event_stream_holds() {
    run("event_stream");
}

#[test]
fn http1_holds() {
    run("http1");
}

#[test]
fn metrics_holds() {
    run("metrics");
}

#[test]
fn parquet_holds() {
    run("parquet");
}

#[test]
fn pcm_holds() {
    run("pcm");
}

#[test]
fn pdf_holds() {
    run("pdf");
}

#[test]
fn run_json_holds() {
    run("run_json");
}

#[test]
fn speech_answer_holds() {
    run("speech_answer");
}

#[test]
fn websocket_holds() {
    run("websocket");
}

#[test]
fn yapit_answer_holds() {
    run("yapit_answer");
}

#[test]
fn yapit_message_holds() {
    run("yapit_message");
}

#[test]
fn yapit_session_holds() {
    run("yapit_session");
}
