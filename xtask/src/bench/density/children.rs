//! Programs at work beside this one. None outlives the value that holds it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::process::{Core, interrupt, pinned};
use crate::bench::stop::Stop;

/// Time between two looks at whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The truth server.
#[derive(Debug)]
pub(in crate::bench) struct Server {
    child: Child,
    steer: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
    pub(in crate::bench) url: String,
}

impl Server {
    /// Starts one that will write its log to `log`, and speaks TLS if there is a place for its certificate. `plan` are flags
    /// about its delays.
    ///
    /// # Errors
    /// When it does not start.
    pub(in crate::bench) fn start(
        program: &Path,
        log: &Path,
        certificate: Option<&Path>,
        plan: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = pinned(Core::Server, program);
        command.arg("serve").args(plan).arg("--log").arg(log);
        Self::of(command, certificate)
    }

    /// Starts one that streams speech, and speaks TLS if there is a place for its certificate.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn of_streams(program: &Path, certificate: Option<&Path>) -> anyhow::Result<Self> {
        let mut command = pinned(Core::Server, program);
        command.arg("serve-streams");
        Self::of(command, certificate)
    }

    fn of(mut command: Command, certificate: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = certificate {
            command.arg("--tls").arg(path);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the truth server; is there `taskset` (util-linux)?")?;
        let steer = child.stdin.take();
        let says = BufReader::new(child.stdout.take().context("failed to take a stdout that was piped")?);
        let mut server = Self { child, steer, says, url: String::new() };
        let hello = server.line()?;
        hello["base_url"].as_str().context("the truth server names no address")?.clone_into(&mut server.url);
        Ok(server)
    }

    pub(in crate::bench) fn id(&self) -> u32 {
        self.child.id()
    }

    /// WebSockets opened so far.
    ///
    /// # Errors
    /// When the server is gone.
    pub(in crate::bench) fn sockets(&mut self) -> anyhow::Result<u64> {
        self.counts()?["sockets"].as_u64().context("the truth server counts no sockets")
    }

    /// Everything that it counts.
    ///
    /// # Errors
    /// When the server is gone.
    pub(super) fn counts(&mut self) -> anyhow::Result<Value> {
        let steer = self.steer.as_mut().context("the truth server was told to end")?;
        writeln!(steer, "count").context("failed to ask the truth server")?;
        self.line()
    }

    /// Has it write its log and waits until it has.
    ///
    /// # Errors
    /// When it does not end well.
    pub(in crate::bench) fn end(mut self) -> anyhow::Result<()> {
        self.steer.take();
        let status = self.child.wait().context("failed to wait for the truth server")?;
        if !status.success() {
            bail!("the truth server ended with {status}");
        }
        Ok(())
    }

    fn line(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.says.read_line(&mut line).context("failed to hear the truth server")?;
        serde_json::from_str(&line).with_context(|| format!("the truth server said `{}`", line.trim()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is as good.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Whoever is measured.
#[derive(Debug)]
pub(in crate::bench) struct Measured {
    child: Child,
    stop: Stop,
}

impl Measured {
    /// Starts it. What it says on stderr is passed on; what it prints is for [`Measured::end`].
    ///
    /// # Errors
    /// When it does not start.
    pub(in crate::bench) fn start(mut command: Command, stop: &Stop) -> anyhow::Result<Self> {
        let child = command.stdout(Stdio::piped()).spawn().context("failed to start the client")?;
        Ok(Self { child, stop: stop.clone() })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended, or is to be.
    ///
    /// # Errors
    /// It has, or a signal has come.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        self.stop.check()?;
        match self.child.try_wait().context("failed to look at the client")? {
            None => Ok(()),
            Some(status) => bail!("it ended on its own with {status}"),
        }
    }

    /// Lets it go on for a while, looking now and again.
    ///
    /// # Errors
    /// It ended, or a signal has come.
    pub(super) fn last(&mut self, span: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + span;
        while Instant::now() < until {
            thread::sleep(LOOK_EVERY.min(until - Instant::now()));
            self.check()?;
        }
        Ok(())
    }

    /// Waits until it has ended, however it does.
    ///
    /// # Errors
    /// A signal has come.
    pub(in crate::bench) fn until_its_end(mut self) -> anyhow::Result<()> {
        while self.child.try_wait().context("failed to look at the client")?.is_none() {
            self.stop.check()?;
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Asks it to stop and gives what it printed; after `patience`, or when a signal comes, it is ended.
    ///
    /// # Errors
    /// When nothing can be read.
    pub(super) fn end(mut self, patience: Duration) -> anyhow::Result<String> {
        interrupt(self.child.id())?;
        let mut stdout = self.child.stdout.take().context("failed to take a stdout that was piped")?;
        let reader = thread::spawn(move || {
            let mut printed = Vec::new();
            let read = stdout.read_to_end(&mut printed);
            read.map(|_| String::from_utf8_lossy(&printed).into_owned())
        });
        let until = Instant::now() + patience;
        while Instant::now() < until
            && self.stop.check().is_ok()
            && self.child.try_wait().context("failed to look at the client")?.is_none()
        {
            thread::sleep(LOOK_EVERY);
        }
        let _ended = self.child.kill();
        let read = reader.join().unwrap_or_else(|_| Ok(String::new()));
        read.context("failed to read what the client printed")
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_ends_whoever_is_measured_and_leaves_nobody_behind() {
        let stop = Stop::watch().unwrap();
        let mut sleeper = Command::new("sleep");
        sleeper.arg("600");
        let mut measured = Measured::start(sleeper, &stop).unwrap();
        let process = format!("/proc/{}", measured.id());
        assert!(measured.check().is_ok() && Path::new(&process).exists());
        signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
        let said = measured.last(Duration::from_secs(600)).unwrap_err().to_string();
        assert_eq!(said, "stopped by a signal");
        drop(measured);
        assert!(!Path::new(&process).exists());
    }
}
