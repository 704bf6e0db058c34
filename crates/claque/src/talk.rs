//! What is said: data on stdout, talk on stderr. The only place that writes to either, apart from the live view and
//! exported tables. Whatever it is, it is made [`printable`] here.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::{Mutex, PoisonError},
};

use claque_report::{
    printable::{Colours, printable},
    words::WIDTH,
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Prints data. A reader that has gone away is not an error: it has seen enough.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(data: &str) -> anyhow::Result<()> {
    let colours = if stdout_has_colours() { Colours::Kept } else { Colours::None };
    let data = printable(data, colours);
    let mut out = io::stdout().lock();
    match out.write_all(data.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("failed to write to standard output"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Columns that there is room for on stdout: what COLUMNS says, else what the terminal has, else 80.
pub(crate) fn stdout_columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = io::stdout().is_terminal().then(crossterm::terminal::size)?;
        size.ok().map(|(columns, _)| usize::from(columns))
    };
    said.or_else(terminal).filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

/// Says a line to whoever watches. There is nobody to tell if that fails.
pub(crate) fn say(line: &str) {
    let _unheard = writeln!(Voice, "{line}");
}

/// What is said while the terminal is drawn on; none while it is not.
static HELD: Mutex<Option<HeldOutput>> = Mutex::new(None);

#[derive(Debug, Default)]
struct HeldOutput {
    bytes: Vec<u8>,
    dropped: u64,
}

/// Bytes that are held back at most. A program with more to say than that says it to nobody.
const MOST_HELD: usize = 256 << 10;

/// Holds back what is said from now on, by whichever thread, until [`release`].
pub(crate) fn hold() {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// Says what was held back.
pub(crate) fn release() {
    let Some(held) = HELD.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let mut stderr = io::stderr().lock();
    let _unheard = stderr.write_all(&held.bytes);
    if held.dropped > 0 {
        let _unheard = writeln!(stderr, "({} more bytes were said meanwhile)", held.dropped);
    }
}

/// Stderr, or what is held back of it.
struct Voice;

impl Write for Voice {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let shown = printable(&text, Colours::None);
        match HELD.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            None => io::stderr().lock().write_all(shown.as_bytes())?,
            Some(held) if held.bytes.len() + shown.len() <= MOST_HELD => {
                held.bytes.extend_from_slice(shown.as_bytes());
            }
            Some(held) => held.dropped += u64::try_from(shown.len()).unwrap_or(u64::MAX),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// Sends our crates' own remarks to stderr: warnings, or what the variable CLAQUE_LOG says (off, error, warn, info,
/// debug, trace). Those of the libraries below stay out: they would hold addresses with tokens in them.
pub(crate) fn init_log(default: LevelFilter) {
    let level = std::env::var("CLAQUE_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(default);
    let ours = Targets::new().with_target("claque", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Voice).with_ansi(false).without_time();
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
}

/// Says what went wrong, with its causes.
pub(crate) fn say_error(error: &anyhow::Error) {
    say(&error_text(error));
}

/// Whether data on stdout may have colours: on a terminal, unless the user has set NO_COLOR (no-color.org).
pub(crate) fn stdout_has_colours() -> bool {
    let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    colours_are_wanted() && able && io::stdout().is_terminal()
}

/// Whether the user leaves us colours.
pub(crate) fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn error_text(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many of our errors hold their cause's words already.
        if !text.contains(&cause) {
            text.push_str("\n  cause: ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error =
            anyhow::Error::msg("disk full").context("failed to write: disk full").context("failed to save");
        assert_eq!(error_text(&error), "error: failed to save\n  cause: failed to write: disk full");
    }
}
