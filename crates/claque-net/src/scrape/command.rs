//! What a program prints.

use std::process::Stdio;

use claque_wire::metrics::{Metrics, read_output};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
    time::timeout,
};

use super::{CommandLine, LONGEST_ANSWER, MOST_BYTES, MOST_SERIES};
use crate::program::Program;

/// Bytes that are read of what a program complains about.
const MOST_COMPLAINT: usize = 4 << 10;

/// Runs it once. It is killed when it takes longer than an answer may, and when its output is too long.
pub(super) async fn run(line: &CommandLine) -> Result<Metrics, String> {
    // On a time-out the run is dropped, which kills the program.
    let output = timeout(LONGEST_ANSWER, output(line)).await;
    let output =
        output.unwrap_or_else(|_| Err(format!("it took more than {LONGEST_ANSWER:?} and was stopped")))?;
    read_output(&String::from_utf8_lossy(&output), MOST_SERIES).map_err(|why| why.to_string())
}

async fn output(line: &CommandLine) -> Result<Vec<u8>, String> {
    let mut command = Command::new(&line.program);
    command.args(&line.args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program =
        Program::start(&mut command).map_err(|error| format!("it cannot be started: {error}"))?;
    let (_, stdout, stderr) = program.pipes();
    let (output, complaint) = tokio::join!(read(stdout, MOST_BYTES + 1), read(stderr, MOST_COMPLAINT));
    let output = output.map_err(|error| format!("its output cannot be read: {error}"))?;
    if output.len() > MOST_BYTES {
        return Err(format!("it prints more than {} MiB", MOST_BYTES >> 20));
    }
    let status = program.wait().await.map_err(|error| format!("it cannot be waited for: {error}"))?;
    if status.success() {
        return Ok(output);
    }
    let complaint = complaint.unwrap_or_default();
    let complaint = String::from_utf8_lossy(&complaint);
    let last = complaint.lines().rev().map(str::trim).find(|line| !line.is_empty());
    Err(last
        .map_or_else(|| format!("it ended with {status}"), |last| format!("it ended with {status}: {last}")))
}

/// At most so many bytes of a pipe, which is closed then.
async fn read(from: Option<impl AsyncRead + Unpin>, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn told(line: &str) -> Result<Vec<(String, f64)>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
        let line = CommandLine::parse(line).expect("it has a program");
        let found = runtime.block_on(run(&line))?;
        Ok(found.samples.into_iter().map(|sample| (sample.name, sample.value)).collect())
    }

    #[test]
    fn a_program_is_read_and_its_failures_are_told() {
        assert_eq!(told("echo queue 4").unwrap(), [("queue".to_owned(), 4.0)]);
        assert_eq!(
            told("sh -c 'echo no such device >&2; exit 3'").unwrap_err(),
            "it ended with exit status: 3: no such device"
        );
        assert!(told("there-is-no-such-program").unwrap_err().starts_with("it cannot be started"));
        assert_eq!(told("true").unwrap_err(), "the answer is empty");
    }

    #[test]
    fn a_program_that_does_not_end_or_prints_for_ever_is_stopped() {
        assert_eq!(told("sleep 60").unwrap_err(), "it took more than 2s and was stopped");
        assert_eq!(told("yes").unwrap_err(), "it prints more than 4 MiB");
    }
}
