//! The program while it runs: what it says, what it is sent, how it ends.

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    process::{Child, ChildStderr, Command, Stdio},
};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_net::host::{EngineChoice, Host, HostOptions};

/// A program that was started and has not been waited for.
pub(crate) struct UnderWay {
    process: Child,
    stderr: BufReader<ChildStderr>,
}

impl UnderWay {
    /// Starts a command. What it prints on stdout is lost.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        Self { process, stderr }
    }

    /// Reads what it says until a line contains `words`.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let count = self.stderr.read_line(&mut line).unwrap();
            assert_ne!(count, 0, "the program ended without saying {words}");
        }
    }

    /// The process's id.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// Waits for the end. Gives the exit code, none after a kill, and what it said from now on.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        let lines = self.stderr.lines().map(Result::unwrap).collect();
        (self.process.wait().unwrap().code(), lines)
    }
}

/// How many of these lines contain `words`.
pub(crate) fn count(lines: &[String], words: &str) -> usize {
    lines.iter().filter(|line| line.contains(words)).count()
}

/// A gateway on which three listeners are busy for minutes.
pub(crate) fn slow_host() -> Host {
    let config = GatewayConfig::current().without_rest_limits();
    let media = MediaTime::from_millis(9_000);
    Host::start(HostOptions {
        bind: (Ipv4Addr::LOCALHOST, 0).into(),
        config: config.with_deterministic_engine(1, Duration::from_millis(50), media),
        engine: EngineChoice::Synthetic,
        seed: Seed::root(1),
    })
    .unwrap()
}
