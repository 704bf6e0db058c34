//! What small pieces cost: CPU time of claque for a stream in chunks of one byte, beside the same audio in chunks of 4 KiB.
//!
//! Both are written to the socket in the same bursts of 4 KiB of audio, so that the difference is claque's, and not the system's for
//! more packets. A third stream is written a chunk at a time. Beside each stands what it costs to read it and drop it.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::usage;
use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// Listeners and blocks of each: long enough for a clock that ticks a hundred times a second.
const USERS: u32 = 8;
const BLOCKS: u32 = 10;
/// Audio written to the socket at once.
const BURST: usize = 4_096;
/// Objective: so many times as much CPU at most.
const MOST_RATIO: f64 = 3.0;

/// How a body is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    name: &'static str,
    /// Samples of a block, bytes.
    audio: usize,
    /// Audio of a chunk.
    chunk: usize,
    /// Audio that is written at once.
    burst: usize,
}

/// 10 s at 24 kHz and 16 bits a block; a twentieth of it where each byte takes its own call of the system on either side.
const CUTS: [Cut; 3] = [
    Cut { name: "4_kib_chunks", audio: 480_000, chunk: BURST, burst: BURST },
    Cut { name: "one_byte_chunks", audio: 480_000, chunk: 1, burst: BURST },
    Cut { name: "one_byte_writes", audio: 24_000, chunk: 1, burst: 1 },
];

/// CPU times of one cut.
#[derive(Clone, Copy, Debug)]
struct Cost {
    claque: Duration,
    /// Of a client that reads and drops.
    floor: Duration,
}

/// Builds the programs in release, runs them against each server and tells what they cost.
///
/// # Errors
/// When they cannot be built or run, or hear less than was sent.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque", "--package", "claque-bench"])?)?;
    let programs = target.join("release");
    let folder = target.join("bench").join("pieces");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let mut costs = Vec::new();
    for cut in CUTS {
        let cost = Cost { claque: measure(&programs, cut, &folder)?, floor: drain(&programs, cut)? };
        say(&format!("    {}: claque {:?}, floor {:?}", cut.name, cost.claque, cost.floor));
        costs.push(cost);
    }
    let ratio = ratio(&costs)?;
    let rows: Vec<Value> = CUTS.iter().zip(&costs).map(|(cut, cost)| row(*cut, *cost)).collect();
    let text = serde_json::to_string_pretty(&json!({ "ratio": ratio, "cuts": rows }))
        .context("failed to write figures as JSON")?;
    print(&text)?;
    let path = folder.join("pieces.json");
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    let word = if ratio <= MOST_RATIO { "met" } else { "missed" };
    say(&format!("chunks of one byte cost {ratio:.2} times the CPU (at most {MOST_RATIO}: {word})"));
    Ok(())
}

/// Chunks of one byte beside chunks of 4 KiB of the same audio.
fn ratio(costs: &[Cost]) -> anyhow::Result<f64> {
    let [large, small, ..] = costs else { anyhow::bail!("two cuts are compared") };
    ensure!(!large.claque.is_zero(), "the run was too short for the system's clock");
    Ok(small.claque.as_secs_f64() / large.claque.as_secs_f64())
}

fn row(cut: Cut, cost: Cost) -> Value {
    let bytes = cut.audio * usize::try_from(USERS * BLOCKS).unwrap_or(usize::MAX);
    json!({
        "cut": cut.name,
        "audio_bytes": bytes,
        "claque_cpu_s": cost.claque.as_secs_f64(),
        "floor_cpu_s": cost.floor.as_secs_f64(),
    })
}

/// CPU time of a client that reads the same answers and drops them.
fn drain(programs: &Path, cut: Cut) -> anyhow::Result<Duration> {
    let address = serve(Arc::new(bursts(cut)))?;
    let mut command = Command::new(programs.join("claque-bench"));
    command.args(["drain", "--server", &address.to_string()]);
    command.args(["--users", &USERS.to_string(), "--blocks", &BLOCKS.to_string()]);
    let before = usage::of_children()?;
    let status = command.status().context("failed to start the floor")?;
    ensure!(status.success(), "the floor ended with {status}");
    Ok(usage::of_children()?.since(before).total())
}

/// CPU time of one run of claque in which the audio comes cut like that.
fn measure(programs: &Path, cut: Cut, folder: &Path) -> anyhow::Result<Duration> {
    let address = serve(Arc::new(bursts(cut)))?;
    let program: PathBuf = programs.join("claque");
    let mut command = Command::new(program);
    command.args([
        "run",
        "--protocol",
        "openai",
        "--dialect",
        "openai",
        // Named, so that no list is asked for: this server answers everything with audio.
        "--model",
        "tts-1",
        "--voice",
        "alloy",
        "--no-auth",
        "--json",
        "--no-report",
        "--quiet",
    ]);
    command.args(["--base-url", &format!("http://{address}"), "--speed", "100"]);
    command.args(["--users", &USERS.to_string(), "--blocks", &BLOCKS.to_string()]);
    command.arg("--output-dir").arg(folder.join("runs")).stdin(Stdio::null()).stderr(Stdio::inherit());
    let before = usage::of_children()?;
    let output = command.output().context("failed to start claque")?;
    let cpu = usage::of_children()?.since(before).total();
    let summary: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("failed to read the summary, {}", output.status))?;
    // What was not heard costs nothing, and would make a good figure.
    let heard = summary.pointer("/summary/blocks/ok").or_else(|| summary.pointer("/blocks/ok"));
    ensure!(heard == Some(&json!(USERS * BLOCKS)), "not all blocks were heard: {heard:?}");
    Ok(cpu)
}

/// An answer's body, cut as it is written.
fn bursts(cut: Cut) -> Vec<Vec<u8>> {
    let audio: Vec<u8> = (0..cut.audio).map(|place| if place / 240 % 2 == 0 { 16 } else { 240 }).collect();
    let framed = |burst: &[u8]| {
        let mut bytes = Vec::new();
        for piece in burst.chunks(cut.chunk) {
            bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            bytes.extend(piece);
            bytes.extend(b"\r\n");
        }
        bytes
    };
    let last = b"0\r\n\r\n".to_vec();
    audio.chunks(cut.burst).map(framed).chain([last]).collect()
}

/// Answers every request with these bursts, until the process ends.
fn serve(bursts: Arc<Vec<Vec<u8>>>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("failed to open a port")?;
    let address = listener.local_addr().context("failed to learn the port")?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bursts = Arc::clone(&bursts);
            // A client that leaves early is seen by what it did not hear.
            thread::spawn(move || converse(&stream, &bursts).ok());
        }
    });
    Ok(address)
}

fn converse(stream: &TcpStream, bursts: &[Vec<u8>]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    while let Some(length) = read_head(&mut reader)? {
        reader.read_exact(&mut vec![0; length])?;
        writer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm;rate=24000\r\ntransfer-encoding: chunked\r\n\r\n",
        )?;
        for burst in bursts {
            writer.write_all(burst)?;
        }
    }
    Ok(())
}

/// Reads a request's head and gives the length of its body; none at the connection's end.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<usize>> {
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if line.trim().is_empty() {
            return Ok(Some(length));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cuts_hold_the_same_audio_in_as_many_bursts() {
        let [large, small, single] = CUTS.map(bursts);
        assert_eq!(small.len(), large.len());
        // A chunk of one byte has five bytes of frame, one of 4 KiB eight.
        assert_eq!(small[0].len(), BURST * 6);
        assert_eq!(large[0].len(), BURST + 8);
        // Each byte by itself, and the end.
        assert_eq!((single.len(), single[0].len()), (24_001, 6));
    }

    #[test]
    fn the_ratio_is_of_chunks_and_not_of_writes() {
        let cost = |millis| Cost { claque: Duration::from_millis(millis), floor: Duration::ZERO };
        let told = ratio(&[cost(200), cost(500), cost(9_000)]).unwrap();
        assert!((told - 2.5).abs() < 1e-9, "{told}");
        assert!(ratio(&[cost(0), cost(500)]).is_err());
    }
}
