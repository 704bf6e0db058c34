//! One run of a speaking program.

use std::{
    fs::File,
    io::{self, Read},
    process::Stdio,
};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
    time::timeout,
};

use super::{AudioSource, CommandEngine, TextInput};
use crate::program::Program;

/// Most bytes of WAV that are taken: eleven minutes of 48 kHz, 16 bit, mono.
pub(super) const MAX_AUDIO_BYTES: u64 = 64 << 20;
/// Bytes kept of what a program says on its standard error.
const MAX_ERROR_BYTES: usize = 4 << 10;
/// Most characters of a program's own words in an error.
pub(super) const MAX_WORDS: usize = 200;

/// Runs the program on a text and gives the WAV it made.
///
/// # Errors
/// Says that the program could not be started, failed (with the last line of its standard error), took too long,
/// or made too much or nothing.
pub(super) async fn run(engine: &CommandEngine, text: &str, voice: &str) -> Result<Bytes, String> {
    let name = engine.program_name();
    let attempt = timeout(engine.timeout, speak(engine, text, voice)).await;
    // On a time-out the run is dropped, which kills the program.
    let outcome =
        attempt.unwrap_or_else(|_| Err(format!("took more than {:?} and was stopped", engine.timeout)));
    outcome.map_err(|error| format!("{name}: {error}"))
}

async fn speak(engine: &CommandEngine, text: &str, voice: &str) -> Result<Bytes, String> {
    let file = match engine.audio {
        AudioSource::Stdout => None,
        AudioSource::File => {
            Some(output_file().map_err(|error| format!("failed to make its output file: {error}"))?)
        }
    };
    let path = file.as_ref().map(|file| file.to_string_lossy()).unwrap_or_default();
    let mut command = Command::new(&engine.program);
    command.args(engine.arguments(text, voice, &path));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::start(&mut command).map_err(|error| format!("failed to start: {error}"))?;
    let input = match engine.text {
        TextInput::Stdin => text,
        TextInput::Argument => "",
    };
    let (stdin, stdout, stderr) = program.pipes();
    // All at once: a program may write before it has read everything, and must not wait for us.
    let ((), audio, words) = tokio::join!(feed(stdin, input), read_all(stdout), read_tail(stderr));
    // Last: where one of its own holds its output open, both are ended when the time is over.
    let status = program.wait().await;
    let unreadable = |error: io::Error| format!("failed to read its audio: {error}");
    // First, because a program whose output is cut off ends in a failure of its own.
    let audio = audio.map_err(unreadable)?;
    let status = status.map_err(|error| format!("failed to wait for it: {error}"))?;
    if !status.success() {
        return Err(if words.is_empty() { format!("ended with {status}") } else { words });
    }
    let audio = match file {
        None => audio,
        Some(file) => read_file(file).await.map_err(unreadable)?,
    };
    match (audio.is_empty(), words.is_empty()) {
        (false, _) => Ok(audio),
        (true, true) => Err("made no audio".to_owned()),
        (true, false) => Err(format!("made no audio: {words}")),
    }
}

/// Gives the program its text. One that does not read to the end is judged by what it makes.
async fn feed(stdin: Option<ChildStdin>, text: &str) {
    let Some(mut stdin) = stdin else { return };
    if !text.is_empty() && stdin.write_all(text.as_bytes()).await.is_ok() {
        let _ = stdin.write_all(b"\n").await;
    }
}

async fn read_all(from: Option<impl AsyncRead + Unpin>) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(MAX_AUDIO_BYTES + 1).read_to_end(&mut bytes).await?;
    }
    bounded(bytes)
}

/// The last line that has any words, of bounded length.
async fn read_tail(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut tail = Vec::new();
    let mut chunk = [0; 1024];
    if let Some(mut from) = from {
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            tail.extend_from_slice(&chunk[..count]);
            let excess = tail.len().saturating_sub(MAX_ERROR_BYTES);
            tail.drain(..excess);
        }
    }
    let tail = String::from_utf8_lossy(&tail);
    let line = tail.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(MAX_WORDS).collect()
}

async fn read_file(path: TempPath) -> io::Result<Bytes> {
    let read = move || {
        let mut bytes = Vec::new();
        File::open(&path)?.take(MAX_AUDIO_BYTES + 1).read_to_end(&mut bytes)?;
        bounded(bytes)
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

fn bounded(bytes: Vec<u8>) -> io::Result<Bytes> {
    if u64::try_from(bytes.len()).is_ok_and(|size| size <= MAX_AUDIO_BYTES) {
        return Ok(bytes.into());
    }
    Err(io::Error::other(format!("more than {} MiB", MAX_AUDIO_BYTES >> 20)))
}

fn output_file() -> io::Result<TempPath> {
    Ok(tempfile::Builder::new().prefix("claque-").suffix(".wav").tempfile()?.into_temp_path())
}
