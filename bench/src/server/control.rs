//! How whoever started the server steers it: lines on stdin, lines of JSON on stdout. When stdin ends, so does the server.

use std::io::{self, BufRead as _, Write as _};

use anyhow::{Context as _, ensure};
use serde::Serialize;

/// Answers each line on stdin with what `count` gives, until stdin ends.
///
/// # Errors
/// Nobody reads stdout, or the server has `ended` before its time.
pub(crate) fn steer<T: Serialize>(ended: impl Fn() -> bool, count: impl Fn() -> T) -> anyhow::Result<()> {
    for _ in io::stdin().lock().lines().map_while(Result::ok) {
        ensure!(!ended(), "a thread of the server has ended");
        say(&count())?;
    }
    Ok(())
}

/// Says something in a line.
///
/// # Errors
/// Nobody reads stdout.
pub(crate) fn say(what: &impl Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(what).context("failed to write an answer as JSON")?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("failed to write to stdout")
}
