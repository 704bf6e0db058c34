//! The reference services on a port.
//!
//! [`Host`] runs one machine of `claque-front` behind HTTP and WebSocket, on a thread of its own with a single-threaded
//! runtime: a yapit gateway ([`Host::start`]) or a service of OpenAI-compatible speech ([`Host::start_openai`]). What to answer
//! is the machine's business; here bytes are moved, time is told and audio is made, by the host itself or by a program
//! ([`EngineChoice`]).

mod engine;
mod error;
mod headers;
mod openai;
mod port;
mod program_path;
mod pulse;
mod speech;
mod timer;
mod yapit;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::mpsc,
    thread::JoinHandle,
};

use claque_core::{gap::GapLog, rng::Seed, time::Instant};
use claque_front::yapit::gateway::{GatewayConfig, GatewayStats, PageDone};
use claque_gateway::Load;
use tokio::sync::{mpsc as queue, oneshot, watch};

pub(crate) use self::engine::split_words;
pub use claque_front::yapit::{ScriptInput, ScriptLogEntry, ScriptOptions};
pub use engine::{
    AudioSource, CommandEngine, CommandError, EngineChoice, OpenaiEngine, PersistentEngine, TextInput,
    WyomingEngine,
};
pub use error::HostError;
pub use openai::OpenaiHostOptions;
pub use port::StartingHost;

use self::port::Question;
use crate::clock::Clock;

/// How a host is to be.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Where to listen. `127.0.0.1:0` for a free port of this machine alone.
    pub bind: SocketAddr,
    /// The machine's configuration. Its engine is set by `engine`.
    pub config: GatewayConfig,
    /// What makes the audio.
    pub engine: EngineChoice,
    /// Ids, tokens, noise and sound come from it.
    pub seed: Seed,
}

/// What a host holds now and has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostStats {
    /// The machine.
    pub gateway: GatewayStats,
    /// HTTP requests, WebSocket handshakes among them.
    pub requests: u64,
    /// WebSocket handshakes that were refused.
    pub handshakes_refused: u64,
    /// WebSocket connections that were dropped because their clients did not read.
    pub dropped_slow: u64,
    /// Bodies of audio that were sent.
    pub audio_served: u64,
    /// Times the system could not accept a connection, mostly for want of files.
    pub accept_failures: u64,
}

/// A gateway on a port, until it is stopped or dropped.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    stats: watch::Receiver<HostStats>,
    stop: Option<oneshot::Sender<()>>,
    questions: queue::Sender<Question>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The origin for clients on this machine, such as `http://127.0.0.1:8000`.
    #[must_use]
    pub fn base_url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// What it holds and has done, as of the last thing that happened.
    #[must_use]
    pub fn stats(&self) -> HostStats {
        *self.stats.borrow()
    }

    /// The same, to be waited on.
    #[must_use]
    pub fn watch_stats(&self) -> watch::Receiver<HostStats> {
        self.stats.clone()
    }

    /// The gateway's own log of pages, in order of their ends; none when too many questions are under way.
    #[must_use]
    pub fn page_log(&self) -> Option<Vec<PageDone>> {
        self.ask(Question::PageLog)
    }

    /// What a script's host was told, in order; none without a script, or when too many questions are under way.
    #[must_use]
    pub fn script_log(&self) -> Option<Vec<ScriptLogEntry>> {
        self.ask(Question::ScriptLog).flatten()
    }

    /// Has [`Host::load`] count from now on.
    pub fn restart_load(&self) {
        // Nobody could do anything about a host that has ended.
        let _restarted = self.ask(Question::RestartLoad);
    }

    /// How much speech there was to be made until now, model by model; none when too many questions are under way.
    #[must_use]
    pub fn load(&self) -> Option<Load> {
        self.ask(Question::Load)
    }

    /// Has the host's thread note from now on when it does not run although it should, by the clock of a run.
    pub fn follow_gaps(&self, clock: Clock) {
        // Nobody could do anything about a host that has ended.
        let _followed = self.questions.try_send(Question::FollowGaps(clock, clock.now()));
    }

    /// The stretches in which the host's thread did not run, from [`Host::follow_gaps`] until `end`, and follows it no more;
    /// none when too many questions are under way.
    #[must_use]
    pub fn gaps(&self, end: Instant) -> Option<GapLog> {
        self.ask(|answer| Question::Gaps(answer, end))
    }

    fn ask<A>(&self, question: impl FnOnce(mpsc::SyncSender<A>) -> Question) -> Option<A> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.questions.try_send(question(answer)).ok()?;
        answered.recv().ok()
    }

    /// Stops it: nothing more is accepted, connections are closed in good order within a quarter of a second,
    /// and programs are killed. Returns when all is done; dropping the host does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the host's thread had panicked");
        }
    }
}
