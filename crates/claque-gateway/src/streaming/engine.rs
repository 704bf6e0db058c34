//! The machine: slots, a queue, and the time at which each piece is made.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use claque_core::{
    outputs::Outputs,
    time::{Instant, MediaTime, Speed, duration_nanos},
};

use super::{
    Abandoned, EngineFault, Piece, StreamAsk, StreamId, StreamingConfig, StreamingInput, StreamingOutput,
    StreamingTimeout,
    sharing::{Work, WorkClock},
};
use crate::pipeline::Engine;

/// Makes speech in pieces, for many streams at once.
#[derive(Clone, Debug)]
pub struct StreamingEngine {
    config: StreamingConfig,
    now: Instant,
    clock: WorkClock,
    queue: VecDeque<Queued>,
    running: BTreeMap<StreamId, Running>,
    /// When the clock of work has to show what for the next piece of which stream; equal ones in order of admission.
    pieces: BTreeSet<(Work, u64, StreamId)>,
    /// When slots that are held by a fault become free.
    held: BTreeSet<(Instant, StreamId)>,
    admitted: u64,
    refused: u64,
    outputs: VecDeque<StreamingOutput>,
}

/// What an engine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamingStats {
    /// Streams that have a slot.
    pub running: usize,
    /// Of these, those whose clients have left.
    pub abandoned: usize,
    /// Streams that wait for a slot.
    pub queued: usize,
    /// Streams that had a slot so far.
    pub admitted: u64,
    /// Streams that were refused because too many waited.
    pub refused: u64,
}

#[derive(Clone, Copy, Debug)]
struct Queued {
    ask: StreamAsk,
    listened: ClientPresence,
}

/// Whether a stream's client is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientPresence {
    Yes,
    No,
}

/// A stream in a slot.
#[derive(Clone, Debug)]
struct Running {
    listened: ClientPresence,
    progress: Progress,
}

#[derive(Clone, Debug)]
enum Progress {
    /// Its pieces are made here.
    Shared(StreamProgress),
    /// The host makes it.
    External,
    /// It makes nothing, until then or for ever.
    Stuck(Option<Instant>),
}

/// How far a stream's pieces are.
#[derive(Clone, Debug)]
struct StreamProgress {
    order: u64,
    /// What the clock showed at the start, and the work of the first piece.
    first: Work,
    rate: Speed,
    chunk: MediaTime,
    total: MediaTime,
    made: MediaTime,
    next: u32,
}

impl StreamProgress {
    /// What the clock shows when the next piece is made. From the beginning each time, so that no rounding adds up.
    fn target(&self) -> Work {
        let after_first = (self.made + self.length()).saturating_sub(self.chunk.min(self.total));
        self.first.plus(Work::from_nanos(duration_nanos(self.rate.play_time(after_first))))
    }

    /// Length of the next piece.
    fn length(&self) -> MediaTime {
        self.chunk.min(self.total.saturating_sub(self.made))
    }

    const fn key(&self, stream: StreamId, target: Work) -> (Work, u64, StreamId) {
        (target, self.order, stream)
    }
}

impl StreamingEngine {
    /// Makes an engine at the run's start.
    #[must_use]
    pub fn new(config: StreamingConfig) -> Self {
        Self {
            now: Instant::START,
            clock: WorkClock::new(config.batching.clone()),
            queue: VecDeque::new(),
            running: BTreeMap::new(),
            pieces: BTreeSet::new(),
            held: BTreeSet::new(),
            admitted: 0,
            refused: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes news at `now`; an earlier `now` than before counts as the latest. What was due until then is done first, in order of time,
    /// each at the time it was due. News of unknown streams is ignored.
    pub fn handle_input(&mut self, now: Instant, input: StreamingInput) -> Outputs<'_, StreamingOutput> {
        self.advance(now);
        match input {
            StreamingInput::Wake => {}
            StreamingInput::Ask(ask) => self.ask(ask),
            StreamingInput::Leave { stream } => self.leave(stream),
            StreamingInput::Made { stream } => {
                if matches!(self.running.get(&stream), Some(Running { progress: Progress::External, .. })) {
                    self.end(self.now, stream);
                }
            }
        }
        self.advance(now);
        Outputs::new(&mut self.outputs)
    }

    /// When to wake it at the latest, and why; none while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, StreamingTimeout)> {
        if !self.outputs.is_empty() {
            return Some((self.now, StreamingTimeout::OutputsWaiting));
        }
        let piece = self.next_piece().map(|(at, _)| (at, StreamingTimeout::Piece));
        let freed = self.held.first().map(|(at, _)| (*at, StreamingTimeout::SlotFreed));
        piece.into_iter().chain(freed).min()
    }

    /// What it holds now and has done.
    #[must_use]
    pub fn stats(&self) -> StreamingStats {
        let gone = |stream: &&Running| stream.listened == ClientPresence::No;
        StreamingStats {
            running: self.running.len(),
            abandoned: self.running.values().filter(gone).count(),
            queued: self.queue.len(),
            admitted: self.admitted,
            refused: self.refused,
        }
    }

    fn ask(&mut self, ask: StreamAsk) {
        self.queue.push_back(Queued { ask, listened: ClientPresence::Yes });
        self.admit(self.now);
        if self.queue.len() > self.config.max_queued {
            // Whoever waits is in front of it.
            self.queue.pop_back();
            self.refused += 1;
            self.outputs.push_back(StreamingOutput::Refused { stream: ask.stream });
        }
    }

    fn leave(&mut self, stream: StreamId) {
        match self.config.abandoned {
            Abandoned::Finished => {
                let waiting = self.queue.iter_mut().find(|queued| queued.ask.stream == stream);
                if let Some(queued) = waiting {
                    queued.listened = ClientPresence::No;
                } else if let Some(running) = self.running.get_mut(&stream) {
                    running.listened = ClientPresence::No;
                }
            }
            Abandoned::Stopped => {
                self.queue.retain(|queued| queued.ask.stream != stream);
                let is_stuck = |running: &Running| matches!(running.progress, Progress::Stuck(_));
                if let Some(running) = self.running.get_mut(&stream).filter(|running| is_stuck(running)) {
                    running.listened = ClientPresence::No;
                } else {
                    self.end(self.now, stream);
                }
            }
        }
    }

    /// Does what is due until `now`, and goes there.
    fn advance(&mut self, now: Instant) {
        loop {
            let piece = self.next_piece();
            let freed = self.held.first().copied();
            match (piece, freed) {
                (Some((at, stream)), freed)
                    if at <= now && freed.is_none_or(|(freed_at, _)| at <= freed_at) =>
                {
                    self.now = self.now.max(at);
                    self.make(at, stream);
                }
                (_, Some((at, stream))) if at <= now => {
                    self.now = self.now.max(at);
                    self.end(at, stream);
                }
                (_, _) => break,
            }
        }
        self.now = self.now.max(now);
    }

    fn next_piece(&self) -> Option<(Instant, StreamId)> {
        self.pieces.first().map(|(target, _, stream)| (self.clock.when(*target), *stream))
    }

    /// The next piece of a stream is made.
    fn make(&mut self, at: Instant, stream: StreamId) {
        let Some(Running { listened, progress: Progress::Shared(making) }) = self.running.get_mut(&stream)
        else {
            return;
        };
        let key = making.key(stream, making.target());
        let media = making.length();
        making.made += media;
        let is_last = making.made >= making.total;
        let piece = Piece { stream, index: making.next, media, is_last, at };
        making.next += 1;
        if *listened == ClientPresence::Yes {
            self.outputs.push_back(StreamingOutput::Piece(piece));
        }
        self.pieces.remove(&key);
        if is_last {
            self.end(at, stream);
        } else if let Some(Running { progress: Progress::Shared(making), .. }) = self.running.get(&stream) {
            self.pieces.insert(making.key(stream, making.target()));
        }
    }

    /// A stream gives its slot back.
    fn end(&mut self, at: Instant, stream: StreamId) {
        let Some(running) = self.running.remove(&stream) else { return };
        match running.progress {
            Progress::Shared(making) => {
                self.pieces.remove(&making.key(stream, making.target()));
                self.clock.leave(at);
            }
            Progress::External | Progress::Stuck(None) => {}
            Progress::Stuck(Some(until)) => {
                self.held.remove(&(until, stream));
            }
        }
        self.admit(at);
    }

    /// Gives free slots to those who wait.
    fn admit(&mut self, at: Instant) {
        let slots = usize::try_from(self.config.slots.get()).unwrap_or(usize::MAX);
        while self.running.len() < slots {
            let Some(Queued { ask, listened }) = self.queue.pop_front() else { return };
            let progress = self.start(at, &ask);
            self.running.insert(ask.stream, Running { listened, progress });
            self.admitted += 1;
            self.outputs.push_back(StreamingOutput::Started { stream: ask.stream, at });
        }
    }

    fn start(&mut self, at: Instant, ask: &StreamAsk) -> Progress {
        let rate = match ask.hindrance {
            Some(EngineFault::Stuck(held)) => {
                let until = held.map(|held| at + held);
                self.held.extend(until.map(|until| (until, ask.stream)));
                return Progress::Stuck(until);
            }
            Some(EngineFault::Rate(rate)) => rate,
            None => self.config.rate,
        };
        match self.config.engine {
            Engine::External => return Progress::External,
            Engine::Modelled => {}
        }
        let spoken = self.config.length.media(ask.chars, ask.seed.child("length"));
        let total = MediaTime::from_nanos(duration_nanos(ask.speed.play_time(spoken)));
        let first = self.config.first_chunk.duration(ask.chars, ask.seed.child("first-chunk"));
        let first = self.clock.join(at).plus(Work::from_nanos(duration_nanos(first)));
        let (order, chunk) = (self.admitted, self.config.chunk.max(MediaTime::from_nanos(1)));
        let making = StreamProgress { order, first, rate, chunk, total, made: MediaTime::ZERO, next: 0 };
        self.pieces.insert(making.key(ask.stream, making.target()));
        Progress::Shared(making)
    }
}
