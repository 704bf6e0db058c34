//! A thread of its own that serves what stands behind a port.

use std::{io, net::SocketAddr, rc::Rc, sync::mpsc};

use claque_core::{
    gap::GapLog,
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::PageDone;
use claque_gateway::Load;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Runtime,
    sync::{mpsc as queue, oneshot, watch},
    task::{JoinSet, LocalSet},
    time::{sleep, timeout},
};

use super::{Host, HostError, HostStats, ScriptLogEntry};
use crate::clock::Clock;

/// Connections that wait to be accepted at most; the system may allow fewer.
const BACKLOG: u32 = 4_096;
/// Open connections at most; more wait to be accepted. The number of files is the tighter bound on most systems.
const MAX_CONNECTIONS: usize = 65_536;
/// How long a stopping host waits for its connections to end in good order.
const GRACE: Duration = Duration::from_millis(250);
/// How long no connection is accepted after the system could not: files are short until some are closed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a host that is stopped before it was ready waits for the ends of programs that it has killed.
const REAPING: Duration = Duration::from_millis(100);

/// Questions that wait to be answered at most.
const QUESTIONS: usize = 4;

/// What is asked of the host's thread. There is room for one answer; who has gone away does not need it.
#[derive(Debug)]
pub(super) enum Question {
    PageLog(mpsc::SyncSender<Vec<PageDone>>),
    ScriptLog(mpsc::SyncSender<Option<Vec<ScriptLogEntry>>>),
    RestartLoad(mpsc::SyncSender<()>),
    Load(mpsc::SyncSender<Load>),
    FollowGaps(Clock, Instant),
    Gaps(mpsc::SyncSender<GapLog>, Instant),
}

/// What stands behind a port. Lives on the host's thread.
pub(super) trait PortService: 'static {
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

/// A host whose port is open and whose engine gets ready. Dropped, it ends that at once, and kills programs that were started.
#[derive(Debug)]
pub struct StartingHost {
    host: Host,
    readiness: mpsc::Receiver<Result<(), HostError>>,
    is_ready: oneshot::Receiver<()>,
}

impl StartingHost {
    /// Waits until it can serve.
    ///
    /// # Errors
    /// The engine does not get ready.
    pub async fn ready(self) -> Result<Host, HostError> {
        let Self { host, readiness, is_ready } = self;
        // What is told is in the other channel by then.
        let _told = is_ready.await;
        readiness.recv().map_err(|_| ended())??;
        Ok(host)
    }

    /// The same, on a thread that has nothing else to do.
    ///
    /// # Errors
    /// As [`StartingHost::ready`].
    pub(super) fn wait(self) -> Result<Host, HostError> {
        self.readiness.recv().map_err(|_| ended())??;
        Ok(self.host)
    }
}

fn ended() -> HostError {
    HostError::Thread { source: io::Error::other("the thread ended") }
}

impl Host {
    /// Opens a port, and has a thread of its own serve what `make` makes there.
    pub(super) fn open<S: PortService>(
        bind: SocketAddr,
        make: impl FnOnce(watch::Sender<HostStats>) -> S + Send + 'static,
    ) -> Result<StartingHost, HostError> {
        let (published, stats) = watch::channel(HostStats::default());
        let (stop, mut stopped) = oneshot::channel();
        let (questions, asked) = queue::channel(QUESTIONS);
        let (bound, binding) = mpsc::sync_channel(1);
        let (ready, readiness) = mpsc::sync_channel(1);
        let (tell_ready, is_ready) = oneshot::channel();
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
                let started = tokio::select! {
                    biased;
                    started = PortService::start(Rc::clone(&hub)) => started,
                    // Nobody waits for it any more: whatever was started is dropped, and so killed.
                    _ = &mut stopped => {
                        return sleep(REAPING).await;
                    }
                };
                let serves = started.is_ok();
                let _ = ready.send(started.map_err(|what| HostError::Engine { what }));
                let _ = tell_ready.send(());
                if serves {
                    serve(listener, hub, stopped, asked).await;
                }
            });
            drop(local);
            runtime.shutdown_timeout(GRACE);
        };
        let thread = std::thread::Builder::new().name("claque-host".to_owned()).spawn(run);
        let thread = thread.map_err(|source| HostError::Thread { source })?;
        let address = binding.recv().map_err(|_| ended())??;
        let host = Self { address, stats, stop: Some(stop), questions, thread: Some(thread) };
        Ok(StartingHost { host, readiness, is_ready })
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
