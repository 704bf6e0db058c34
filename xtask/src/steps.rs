//! Steps with a title and a time, and the commands inside them.

use std::{
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{talk::say, workspace::repository_root};

/// Runs steps one after another and remembers how long they took.
#[derive(Debug)]
pub(crate) struct Steps {
    began: Instant,
    done: u32,
}

impl Steps {
    /// Starts the count.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), done: 0 }
    }

    /// Runs one step, saying its title before and its time after.
    ///
    /// # Errors
    /// The step's own, with its title.
    pub(crate) fn run<T>(
        &mut self,
        title: &str,
        step: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        say(&format!("==> {title}"));
        let began = Instant::now();
        let result = step();
        let took = seconds(began.elapsed());
        match result {
            Ok(value) => {
                self.done += 1;
                say(&format!("    {title}: passed in {took}"));
                Ok(value)
            }
            Err(error) => Err(error.context(format!("step \"{title}\" failed after {took}"))),
        }
    }

    /// The closing words: how many steps passed in what time.
    pub(crate) fn conclusion(&self) -> String {
        format!("all {} steps passed in {}", self.done, seconds(self.began.elapsed()))
    }
}

/// A cargo command at the workspace's root, free of what `cargo run` put into our environment.
///
/// Build scripts that watch such variables would otherwise run again with every change of the way in.
pub(crate) fn cargo(args: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(repository_root()?);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_our_own_package) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// Runs `command` to its end.
///
/// # Errors
/// When it cannot be started or does not end well.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    say(&format!("    $ {shown}"));
    let status = command.status().with_context(|| format!("failed to start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs `command`, passing its stderr on line by line, and returns the last line that contains `wanted`.
///
/// # Errors
/// When it cannot be started, its stderr cannot be read, or it does not end well.
pub(crate) fn run_watching(command: &mut Command, wanted: &str) -> anyhow::Result<Option<String>> {
    let shown = shown(command);
    say(&format!("    $ {shown}"));
    let mut child =
        command.stderr(Stdio::piped()).spawn().with_context(|| format!("failed to start `{shown}`"))?;
    let stderr = child.stderr.take().context("failed to take the stderr that was just piped")?;
    let mut found = None;
    for line in BufReader::new(stderr).split(b'\n') {
        let line = line.with_context(|| format!("failed to read what `{shown}` says"))?;
        let line = String::from_utf8_lossy(&line);
        writeln!(io::stderr().lock(), "{line}").context("failed to pass a line on to stderr")?;
        if line.contains(wanted) {
            found = Some(line.trim().to_owned());
        }
    }
    let status = child.wait().with_context(|| format!("failed to wait for `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}{}", found.map(|line| format!("; {line}")).unwrap_or_default());
    }
    Ok(found)
}

/// Whether `command` can be started and ends well; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// The value for a `--color` option, for programs whose stderr is piped through us.
pub(crate) fn color_choice() -> &'static str {
    if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() { "always" } else { "never" }
}

fn is_of_our_own_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
        .iter()
        .any(|start| variable.starts_with(start))
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_carries_its_title() {
        let failed = Steps::new().run("boil water", || -> anyhow::Result<()> { bail!("no fire") });
        let words = format!("{:#}", failed.unwrap_err());
        assert!(words.starts_with("step \"boil water\" failed after"), "{words}");
        assert!(words.ends_with("no fire"), "{words}");
    }

    #[test]
    fn only_passed_steps_are_counted() {
        let mut steps = Steps::new();
        steps.run("one", || Ok(())).unwrap();
        steps.run("two", || -> anyhow::Result<()> { bail!("no") }).unwrap_err();
        assert!(steps.conclusion().starts_with("all 1 steps passed"), "{}", steps.conclusion());
    }

    #[test]
    fn the_last_matching_line_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'Sum 1' >&2; echo other >&2; echo ' Sum 2' >&2"]);
        assert_eq!(run_watching(&mut command, "Sum").unwrap().as_deref(), Some("Sum 2"));
    }
}
