//! The reference gateway on a port.
//!
//! [`Host`] runs one [`Gateway`] machine behind HTTP and WebSocket, on a thread of its own
//! with a single-threaded runtime. What to answer is the machine's business and how it is written down that of
//! `claque-wire`; here bytes are moved, time is told and audio is made, by the host itself or by a program
//! ([`EngineChoice`]).

mod answer;
mod connection;
mod documents;
mod engine;
mod error;
mod extraction;
mod handshake;
mod hub;
mod identity;
mod messages;
mod openai;
mod program_path;
mod pulse;
mod routes;
mod script;
mod socket;
mod speech;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    rc::Rc,
    sync::mpsc,
    thread::JoinHandle,
};

use claque_core::{
    gap::GapLog,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_gateway::{
    AudioFormat, Engine as MachineEngine, Gateway, GatewayConfig, GatewayStats, Load, PageDone,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Runtime,
    sync::{mpsc as queue, oneshot, watch},
    task::{JoinSet, LocalSet},
    time::{sleep, timeout},
};

pub use engine::{
    AudioSource, CommandEngine, CommandError, EngineChoice, OpenaiEngine, PersistentEngine, TextInput,
    WyomingEngine,
};
pub use error::HostError;
pub use openai::OpenaiHostOptions;
pub use script::{ScriptLogEntry, ScriptOptions, Told};

use engine::{Engine, Speaker};
use hub::Hub;

use crate::clock::Clock;

/// Connections that wait to be accepted at most; the system may allow fewer.
const BACKLOG: u32 = 4_096;
/// Open connections at most; more wait to be accepted. The number of files is the tighter bound on most systems.
const MAX_CONNECTIONS: usize = 65_536;
/// How long a stopping host waits for its connections to end in good order.
const GRACE: Duration = Duration::from_millis(250);
/// How long no connection is accepted after the system could not: files are short until some are closed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Questions that wait to be answered at most.
const QUESTIONS: usize = 4;

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
    /// Starts a host and returns when its port is open.
    ///
    /// # Errors
    /// When the address cannot be listened on, the engine's program is missing, or the configuration asks for
    /// audio that cannot be made; see [`HostError`].
    pub fn start(options: HostOptions) -> Result<Self, HostError> {
        Self::launch(options, None)
    }

    /// Starts a host that does over WebSockets what a script says, in the wording of the script's era, and has the audio of the
    /// script. Documents, models and accounts are those of `options`. It is for one listener.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn start_scripted(mut options: HostOptions, script: ScriptOptions) -> Result<Self, HostError> {
        options.config.era = script.script.era;
        Self::launch(options, Some(script))
    }

    fn launch(options: HostOptions, script: Option<ScriptOptions>) -> Result<Self, HostError> {
        let HostOptions { bind, mut config, engine, seed } = options;
        if let Some(model) = config.models.iter().find(|model| model.format == AudioFormat::Mp3) {
            return Err(HostError::Mp3 { model: model.info.slug.to_string() });
        }
        let engine = match Speaker::of(engine)? {
            None => {
                config.pipeline.engine = MachineEngine::Modelled;
                speech::prepare();
                None
            }
            Some(speaker) => {
                config.pipeline.engine = MachineEngine::External;
                Some(Engine::new(speaker, &config))
            }
        };
        Self::open(bind, move |published| Hub::new(config, seed, engine, script, published))
    }

    /// Opens a port, and has a thread of its own serve what `make` makes there.
    fn open<S: PortService>(
        bind: SocketAddr,
        make: impl FnOnce(watch::Sender<HostStats>) -> S + Send + 'static,
    ) -> Result<Self, HostError> {
        let (published, stats) = watch::channel(HostStats::default());
        let (stop, stopped) = oneshot::channel();
        let (questions, asked) = queue::channel(QUESTIONS);
        let (bound, binding) = mpsc::sync_channel(1);
        let (ready, readiness) = mpsc::sync_channel(1);
        let run = move || {
            let (opened, address) = match listen(bind) {
                Ok((runtime, listener, address)) => (Some((runtime, listener)), Ok(address)),
                Err(error) => (None, Err(error)),
            };
            // Whoever starts the host waits for this.
            let _ = bound.send(address);
            let Some((runtime, listener)) = opened else { return };
            let hub = Rc::new(make(published));
            let local = LocalSet::new();
            local.block_on(&runtime, async {
                let started = PortService::start(Rc::clone(&hub)).await;
                let is_ready = started.is_ok();
                let _ = ready.send(started.map_err(|what| HostError::Engine { what }));
                if is_ready {
                    serve(listener, hub, stopped, asked).await;
                }
            });
            drop(local);
            runtime.shutdown_timeout(GRACE);
        };
        let thread = std::thread::Builder::new().name("claque-host".to_owned()).spawn(run);
        let thread = thread.map_err(|source| HostError::Thread { source })?;
        let ended = || HostError::Thread { source: io::Error::other("the thread ended") };
        let address = binding.recv().map_err(|_| ended())??;
        readiness.recv().map_err(|_| ended())??;
        Ok(Self { address, stats, stop: Some(stop), questions, thread: Some(thread) })
    }

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

/// What is asked of the host's thread. There is room for one answer; who has gone away does not need it.
#[derive(Debug)]
enum Question {
    PageLog(mpsc::SyncSender<Vec<PageDone>>),
    ScriptLog(mpsc::SyncSender<Option<Vec<ScriptLogEntry>>>),
    RestartLoad(mpsc::SyncSender<()>),
    Load(mpsc::SyncSender<Load>),
    FollowGaps(Clock, Instant),
    Gaps(mpsc::SyncSender<GapLog>, Instant),
}

impl Question {
    fn answer(self, hub: &Hub) {
        match self {
            Self::PageLog(answer) => {
                let _ = answer.try_send(hub.look(|gateway| gateway.page_log().copied().collect()));
            }
            Self::ScriptLog(answer) => {
                let _ = answer.try_send(hub.script().map(script::ScriptedHub::log));
            }
            Self::RestartLoad(answer) => {
                hub.ask(Gateway::restart_load);
                let _ = answer.try_send(());
            }
            Self::Load(answer) => {
                let now = hub.clock().now();
                let _ = answer.try_send(hub.look(|gateway| gateway.load(now)));
            }
            Self::FollowGaps(clock, since) => hub.pulse().follow(clock, since),
            Self::Gaps(answer, end) => {
                let _ = answer.try_send(hub.pulse().finish(end));
            }
        }
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

/// Makes a runtime and opens the port in it.
fn listen(bind: SocketAddr) -> Result<(Runtime, TcpListener, SocketAddr), HostError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| HostError::Thread { source })?;
    let open = || {
        let _entered = runtime.enter();
        let socket = if bind.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // The port of a host that has just stopped is free at once.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(bind)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = open().map_err(|source| HostError::Bind { address: bind, source })?;
    Ok((runtime, listener, address))
}

/// What stands behind a port. Lives on the host's thread.
trait PortService: 'static {
    /// Gets ready to serve.
    ///
    /// # Errors
    /// Says why it cannot.
    async fn start(self: Rc<Self>) -> Result<(), String>;
    /// Serves a connection to its end.
    async fn connection(self: Rc<Self>, stream: TcpStream, peer: SocketAddr);
    /// Wakes its machine whenever it wants to be, for ever.
    async fn keep_time(self: Rc<Self>);
    /// Says goodbye to every connection.
    fn close(&self);
    /// Counts something.
    fn count(&self, add: impl FnOnce(&mut HostStats));
    /// Answers a question of the host's owner.
    fn answer(&self, question: Question);
}

impl PortService for Hub {
    async fn start(self: Rc<Self>) -> Result<(), String> {
        match self.engine() {
            Some(engine) => engine.start().await,
            None => Ok(()),
        }
    }

    async fn connection(self: Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        connection::serve(stream, peer, self).await;
    }

    async fn keep_time(self: Rc<Self>) {
        Self::keep_time(self).await;
    }

    fn close(&self) {
        Self::close(self);
    }

    fn count(&self, add: impl FnOnce(&mut HostStats)) {
        Self::count(self, add);
    }

    fn answer(&self, question: Question) {
        question.answer(self);
    }
}

async fn serve<S: PortService>(
    listener: TcpListener,
    hub: Rc<S>,
    mut stopped: oneshot::Receiver<()>,
    mut asked: queue::Receiver<Question>,
) {
    let mut tasks = JoinSet::new();
    let timer = tokio::task::spawn_local(PortService::keep_time(Rc::clone(&hub)));
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept(), if tasks.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    tasks.spawn_local(Rc::clone(&hub).connection(stream, peer));
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    hub.count(|stats| stats.accept_failures += 1);
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(question) = asked.recv() => hub.answer(question),
            Some(ended) = tasks.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection's task has failed");
                }
            }
        }
    }
    drop(listener);
    hub.close();
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(GRACE, all_ended).await.is_err() {
        tasks.shutdown().await;
    }
    timer.abort();
}
