//! What small pieces cost: CPU time of claque for a stream in chunks of one byte, beside the same audio in chunks of 4 KiB.
//!
//! Both are written to the socket in the same bursts of 4 KiB of audio, so that the difference is claque's, and not the system's for
//! more packets.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::usage;
use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// Listeners and blocks of each: long enough for a clock that ticks a hundred times a second.
const USERS: u32 = 8;
const BLOCKS: u32 = 10;
/// Samples of a block: 10 s at 24 kHz and 16 bits.
const AUDIO_BYTES: usize = 480_000;
/// Audio written to the socket at once.
const BURST: usize = 4_096;
/// Objective: so many times as much CPU at most.
const MOST_RATIO: f64 = 3.0;

/// Builds the program in release, runs it against either server and tells what it cost.
///
/// # Errors
/// When it cannot be built or run, or hears less than was sent.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque"])?)?;
    let program = target.join("release").join("claque");
    let folder = target.join("bench").join("pieces");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let large = measure(&program, BURST, &folder)?;
    let small = measure(&program, 1, &folder)?;
    ensure!(!large.is_zero(), "the run was too short for the system's clock");
    let ratio = small.as_secs_f64() / large.as_secs_f64();
    let figures = json!({
        "audio_bytes": AUDIO_BYTES * usize::try_from(USERS * BLOCKS).context("a count is small")?,
        "one_byte_chunks_cpu_s": small.as_secs_f64(),
        "4_kib_chunks_cpu_s": large.as_secs_f64(),
        "ratio": ratio,
    });
    let text = serde_json::to_string_pretty(&figures).context("failed to write figures as JSON")?;
    print(&text)?;
    let path = folder.join("pieces.json");
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    let word = if ratio <= MOST_RATIO { "met" } else { "missed" };
    say(&format!("chunks of one byte cost {ratio:.2} times the CPU (at most {MOST_RATIO}: {word})"));
    Ok(())
}

/// CPU time of one run in which the audio comes in chunks of so many bytes.
fn measure(program: &Path, chunk: usize, folder: &Path) -> anyhow::Result<Duration> {
    let address = serve(Arc::new(bursts(chunk)))?;
    let mut command = Command::new(program);
    command.args([
        "run",
        "--protocol",
        "openai",
        "--dialect",
        "openai",
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
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("failed to read the summary, {}", output.status))?;
    // What was not heard costs nothing, and would make a good figure.
    let heard = summary.pointer("/summary/blocks/ok").or_else(|| summary.pointer("/blocks/ok"));
    ensure!(heard == Some(&json!(USERS * BLOCKS)), "not all blocks were heard: {heard:?}");
    Ok(cpu)
}

/// An answer's body, cut as it is written: a burst is [`BURST`] bytes of audio in chunks of so many.
fn bursts(chunk: usize) -> Vec<Vec<u8>> {
    let audio: Vec<u8> = (0..AUDIO_BYTES).map(|place| if place / 240 % 2 == 0 { 16 } else { 240 }).collect();
    let framed = |burst: &[u8]| {
        let mut bytes = Vec::new();
        for piece in burst.chunks(chunk) {
            bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            bytes.extend(piece);
            bytes.extend(b"\r\n");
        }
        bytes
    };
    let last = b"0\r\n\r\n".to_vec();
    audio.chunks(BURST).map(framed).chain([last]).collect()
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
        let (small, large) = (bursts(1), bursts(BURST));
        assert_eq!(small.len(), large.len());
        // A chunk of one byte has five bytes of frame, one of 4 KiB eight.
        assert_eq!(small[0].len(), BURST * 6);
        assert_eq!(large[0].len(), BURST + 8);
    }
}
