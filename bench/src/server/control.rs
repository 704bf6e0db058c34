//! How whoever started the server steers it: lines on stdin, lines of JSON on stdout. When stdin ends, so does the server.

use std::{
    io::{self, BufRead as _, Write as _},
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use anyhow::Context as _;
use mio::Waker;
use serde::Serialize;

/// What can be asked of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// To say what it has counted.
    Count,
    /// To write its log and end.
    End,
}

/// Commands under way: whoever asks waits for the answer.
const COMMANDS: usize = 4;

/// Listens on stdin, on a thread that sleeps until a line comes. The caller keeps the waker too: dropped with the thread, it
/// would take its last call along.
///
/// # Errors
/// There is no thread.
pub(super) fn listen(waker: Arc<Waker>) -> anyhow::Result<Receiver<Command>> {
    let (tell, told) = sync_channel(COMMANDS);
    let listen = move || {
        for _ in io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(Command::Count).is_err() || waker.wake().is_err() {
                return;
            }
        }
        // A server that is gone has no use for being told.
        let _gone = tell.send(Command::End);
        let _gone = waker.wake();
    };
    thread::Builder::new().name("control".to_owned()).spawn(listen).context("failed to start a thread")?;
    Ok(told)
}

/// Says something in a line.
///
/// # Errors
/// Nobody reads stdout.
pub(super) fn say(what: &impl Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(what).context("failed to write an answer as JSON")?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("failed to write to stdout")
}
