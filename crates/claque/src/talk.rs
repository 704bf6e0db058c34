//! What is said: data on stdout, talk on stderr. The only place that writes to either, apart from the live view.

use std::io::{self, IsTerminal as _, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Prints data. A reader that has gone away is not an error: it has seen enough.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(data: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(data.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("failed to write to standard output"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Says a line to whoever watches. There is nobody to tell if that fails.
pub(crate) fn say(line: &str) {
    let _unheard = writeln!(io::stderr().lock(), "{line}");
}

/// Sends our crates' own remarks to stderr: warnings, or what the variable CLAQUE_LOG says (off, error, warn, info,
/// debug, trace). Those of the libraries below stay out: they would hold addresses with tokens in them.
pub(crate) fn init_log(default: LevelFilter) {
    let level = std::env::var("CLAQUE_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(default);
    let ours = Targets::new().with_target("claque", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false).without_time();
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
}

/// Says what went wrong, with its causes.
pub(crate) fn say_error(error: &anyhow::Error) {
    say(&error_text(error));
}

/// Whether data on stdout may have colours: on a terminal, unless the user has set NO_COLOR (no-color.org).
pub(crate) fn stdout_has_colours() -> bool {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    wanted && able && io::stdout().is_terminal()
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
