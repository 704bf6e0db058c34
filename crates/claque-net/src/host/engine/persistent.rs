//! Programs that stay up and speak one text after the other: started once, so that a block does not pay for loading a voice.

use std::{
    fmt,
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use claque_core::time::Duration;
use tokio::sync::Notify;

use super::{CommandError, process::SpeechProcess, words};

/// A program that stays up. How it is spoken to is told in `docs/engines.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentEngine {
    /// The program: a name to be looked up in `PATH`, or a path.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// How many are started at the beginning, each for one text at a time; more are started when more texts come at once.
    pub processes: NonZeroUsize,
    /// Longest time until one is ready to speak. 60 s by default: a large voice on a busy machine.
    pub start_timeout: Duration,
    /// Longest time for one text; a process that takes longer is ended, and another is started. 60 s by default.
    pub timeout: Duration,
}

impl PersistentEngine {
    const TIMEOUT: Duration = Duration::from_secs(60);

    /// A program by the line one would type. Quotes hold words together; no shell reads it.
    ///
    /// # Errors
    /// The line is empty, or a quote is left open.
    pub fn parse(line: &str) -> Result<Self, CommandError> {
        let words = words::split(line).ok_or_else(|| CommandError::Quotes { line: line.to_owned() })?;
        let (program, args) = words.split_first().ok_or(CommandError::Empty)?;
        Ok(Self {
            program: program.to_owned(),
            args: args.to_vec(),
            processes: NonZeroUsize::MIN,
            start_timeout: Self::TIMEOUT,
            timeout: Self::TIMEOUT,
        })
    }

    /// The program's name without its folder, for messages.
    pub(super) fn name(&self) -> String {
        let name = Path::new(&self.program).file_name().and_then(|name| name.to_str());
        name.unwrap_or(&self.program).to_owned()
    }
}

/// The processes of a persistent engine.
pub(in crate::host) struct ProcessPool {
    engine: PersistentEngine,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    free: Mutex<Free>,
    /// Tells that there may be a process, or that none is being started any more.
    changed: Notify,
}

/// Processes that are not at work.
#[derive(Default)]
struct Free {
    idle: Vec<SpeechProcess>,
    /// How many are being started in place of others.
    starting: usize,
}

/// Where a text finds a process.
enum Found {
    Idle(Box<SpeechProcess>),
    /// One is being started.
    Soon,
    Nowhere,
}

impl ProcessPool {
    pub(super) fn new(engine: PersistentEngine) -> Self {
        Self { engine, shared: Arc::default() }
    }

    pub(super) const fn engine(&self) -> &PersistentEngine {
        &self.engine
    }

    /// Starts as many processes as there are to be and waits until all are ready.
    ///
    /// # Errors
    /// Says why one of them is not.
    pub(super) async fn start(&self, most: usize) -> Result<(), String> {
        let mut starting = tokio::task::JoinSet::new();
        for _ in 0..self.engine.processes.get().min(most) {
            let engine = self.engine.clone();
            starting.spawn(async move { SpeechProcess::start(&engine).await });
        }
        while let Some(started) = starting.join_next().await {
            let process = started.map_err(|error| error.to_string())??;
            self.shared.put_back(process);
        }
        Ok(())
    }

    /// Has a text spoken. Gives WAV.
    ///
    /// # Errors
    /// Says what the program failed at. A process that ended, took too long or made no sense is replaced in the background.
    pub(super) async fn speak(&self, text: &str, voice: &str) -> Result<Vec<u8>, String> {
        let mut process = self.take().await?;
        let spoken = process.speak(&self.engine, text, voice).await;
        if process.is_usable() {
            self.shared.put_back(process);
        } else {
            drop(process);
            self.replace();
        }
        spoken
    }

    /// A process that is idle, that is being started, or another one.
    async fn take(&self) -> Result<SpeechProcess, String> {
        loop {
            // Made before the look, so that no change between look and wait is missed.
            let changed = self.shared.changed.notified();
            match self.shared.find() {
                Found::Idle(process) => return Ok(*process),
                Found::Soon => changed.await,
                Found::Nowhere => return SpeechProcess::start(&self.engine).await,
            }
        }
    }

    /// Starts another, so that the next text need not wait for all of that. Where it cannot be started, the next text says so.
    fn replace(&self) {
        let (engine, shared) = (self.engine.clone(), Arc::clone(&self.shared));
        lock(&shared.free).starting += 1;
        tokio::spawn(async move {
            let started = SpeechProcess::start(&engine).await;
            let mut free = lock(&shared.free);
            free.starting -= 1;
            match started {
                Ok(process) => free.idle.push(process),
                Err(error) => tracing::warn!(%error, "failed to start the engine again"),
            }
            drop(free);
            shared.changed.notify_waiters();
        });
    }
}

impl Shared {
    fn put_back(&self, process: SpeechProcess) {
        lock(&self.free).idle.push(process);
        self.changed.notify_waiters();
    }

    fn find(&self) -> Found {
        let mut free = lock(&self.free);
        while let Some(mut process) = free.idle.pop() {
            // It may have ended meanwhile.
            if process.is_running() {
                return Found::Idle(Box::new(process));
            }
        }
        if free.starting > 0 { Found::Soon } else { Found::Nowhere }
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool").field("engine", &self.engine).finish_non_exhaustive()
    }
}
