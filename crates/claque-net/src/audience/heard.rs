//! Keeps the audio of a listener for whoever wants to hear what it heard: of one that was named, or of the one that waits longest.
//!
//! Who that is, is known at the end. So the audio of all is kept as it comes, compressed as it is, in so much memory; a listener that has
//! ended is kept only while nobody has waited longer, and where there is no room whoever has waited least so far goes. What a lane does
//! for it is a copy of bytes and a message that never waits.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Fact, ListenerWaits},
    time::{Duration, Instant},
};
use claque_wire::audio::{Container, PcmFormat};

use super::keeper::{AudioMemory, KeptAudio};

/// Most audio in memory: half an hour of ten listeners at 48 kbit/s takes half of it.
const MOST: usize = 256 << 20;

/// Above this somebody goes, so that there is room for what is on its way.
const CROWDED: usize = MOST / 4 * 3;

/// Messages that wait. A lane that finds no room gives the listener up.
const MESSAGES: usize = 1_024;

/// Listeners beyond this number are not kept for their waiting.
const CANDIDATES: u32 = 1 << 20;

/// Whose audio is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HearWish {
    /// This listener's.
    Listener(ListenerId),
    /// That of the one that waits longest.
    Worst,
}

/// What came for a block, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardBody {
    /// Whose block.
    pub block: BlockIdx,
    /// When it was asked for: a block that is asked for again comes again.
    pub asked_at: Instant,
    /// What it is packed in; none of one that did not come to its end.
    pub container: Option<Container>,
    /// What samples without a container are, where such may come.
    pub pcm: Option<PcmFormat>,
    /// The audio.
    pub bytes: Vec<u8>,
}

/// The audio of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardAudio {
    /// Whose.
    pub listener: ListenerId,
    /// In the order in which it came.
    pub bodies: Vec<HeardBody>,
    /// Blocks whose audio was too long, or for which there was no room; none of the one that waited longest, of whom all is there.
    pub not_kept: u32,
}

/// Where lanes leave audio. It ends when all lanes have dropped theirs.
#[derive(Clone, Debug)]
pub(super) struct HeardCollector {
    wish: HearWish,
    give: SyncSender<Message>,
    room: Arc<AudioMemory>,
    gone: Arc<Gone>,
}

/// The copy of a body on its way. Dropped, it is handed over as far as it has come.
#[derive(Debug)]
pub(super) struct HeardCopy {
    to: HeardCollector,
    listener: ListenerId,
    block: BlockIdx,
    asked_at: Instant,
    pub(super) container: Option<Container>,
    pub(super) pcm: Option<PcmFormat>,
    audio: Option<KeptAudio>,
}

#[derive(Debug)]
enum Message {
    Body { listener: ListenerId, body: Body },
    Stalled { listener: ListenerId, waited: Duration },
    Ended { listener: ListenerId, waits: ListenerWaits },
}

#[derive(Debug)]
struct Body {
    block: BlockIdx,
    asked_at: Instant,
    container: Option<Container>,
    pcm: Option<PcmFormat>,
    audio: KeptAudio,
}

/// Listeners that are candidates no more, a bit each.
#[derive(Debug)]
struct Gone(Box<[AtomicU64]>);

impl Gone {
    fn new() -> Self {
        Self((0..CANDIDATES / 64).map(|_| AtomicU64::new(0)).collect())
    }

    fn place(&self, listener: ListenerId) -> Option<(&AtomicU64, u64)> {
        let word = self.0.get(usize::try_from(listener.0 / 64).ok()?)?;
        Some((word, 1 << (listener.0 % 64)))
    }

    fn add(&self, listener: ListenerId) {
        if let Some((word, bit)) = self.place(listener) {
            word.fetch_or(bit, Relaxed);
        }
    }

    fn has(&self, listener: ListenerId) -> bool {
        self.place(listener).is_none_or(|(word, bit)| word.load(Relaxed) & bit != 0)
    }
}

impl HeardCollector {
    /// Starts the thread that keeps what lanes hand over.
    ///
    /// # Errors
    /// There is no thread.
    pub(super) fn start(wish: HearWish) -> std::io::Result<(Self, JoinHandle<Option<HeardAudio>>)> {
        let (give, messages) = sync_channel(MESSAGES);
        let (room, gone) = (Arc::new(AudioMemory::of(MOST)), Arc::new(Gone::new()));
        let keeper =
            Candidates { wish, room: Arc::clone(&room), gone: Arc::clone(&gone), all: BTreeMap::new() };
        let thread = thread::Builder::new().name("hear".to_owned()).spawn(move || keeper.run(&messages))?;
        Ok((Self { wish, give, room, gone }, thread))
    }

    /// Begins to copy the audio of a block that is asked for now; nothing where nobody wants it.
    pub(super) fn begin(
        &self,
        listener: ListenerId,
        block: BlockIdx,
        asked_at: Instant,
    ) -> Option<HeardCopy> {
        let is_wanted = match self.wish {
            HearWish::Listener(wanted) => wanted == listener,
            HearWish::Worst => !self.gone.has(listener),
        };
        is_wanted.then(|| {
            let audio = Some(KeptAudio::new(Arc::clone(&self.room)));
            HeardCopy { to: self.clone(), listener, block, asked_at, container: None, pcm: None, audio }
        })
    }

    /// Notes what says how long a listener waits.
    pub(super) fn note(&self, fact: &Fact) {
        let message = match fact {
            Fact::Stall(stall) => Message::Stalled { listener: stall.listener, waited: stall.waited },
            Fact::Listener(record) => Message::Ended { listener: record.listener, waits: record.waits() },
            Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => return,
        };
        if self.wish == HearWish::Worst && !self.gone.has(fact.listener()) {
            // One that finds no room costs a worse choice of who goes, and is no lane's concern.
            let _full = self.give.try_send(message);
        }
    }
}

impl HeardCopy {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(audio) = &mut self.audio {
            audio.push(bytes);
        }
    }
}

impl Drop for HeardCopy {
    fn drop(&mut self) {
        let Self { listener, block, asked_at, container, pcm, .. } = *self;
        let Some(audio) = self.audio.take() else { return };
        if audio.bytes().is_empty() && !audio.is_given_up() {
            return;
        }
        let body = Body { block, asked_at, container, pcm, audio };
        if self.to.give.try_send(Message::Body { listener, body }).is_err() {
            self.to.gone.add(listener);
        }
    }
}

/// Those of whom everything is there.
#[derive(Debug)]
struct Candidates {
    wish: HearWish,
    room: Arc<AudioMemory>,
    gone: Arc<Gone>,
    all: BTreeMap<ListenerId, Candidate>,
}

#[derive(Debug, Default)]
struct Candidate {
    bodies: Vec<Body>,
    not_kept: u32,
    waits: ListenerWaits,
    has_ended: bool,
}

impl Candidates {
    fn run(mut self, messages: &Receiver<Message>) -> Option<HeardAudio> {
        for message in messages {
            self.take(message);
        }
        self.finish()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Body { listener, body } => self.add(listener, body),
            Message::Stalled { listener, waited } if !self.gone.has(listener) => {
                self.all.entry(listener).or_default().waits.between += waited;
            }
            Message::Stalled { .. } => {}
            Message::Ended { listener, waits } => {
                if let Some(candidate) = self.all.get_mut(&listener) {
                    (candidate.waits, candidate.has_ended) = (waits, true);
                    self.drop_outdone();
                }
            }
        }
        while self.wish == HearWish::Worst && self.room.taken() > CROWDED && self.all.len() > 1 {
            let Some(least) = self.least() else { break };
            self.give_up(least);
        }
    }

    fn add(&mut self, listener: ListenerId, body: Body) {
        if self.wish == HearWish::Worst && self.gone.has(listener) {
            return;
        }
        let candidate = self.all.entry(listener).or_default();
        match (body.audio.is_given_up(), self.wish) {
            (false, _) => candidate.bodies.push(body),
            (true, HearWish::Listener(_)) => candidate.not_kept += 1,
            (true, HearWish::Worst) => self.give_up(listener),
        }
    }

    /// Of those that have ended only the one that waited longest can still be wanted.
    fn drop_outdone(&mut self) {
        let ended = || self.all.iter().filter(|(_, candidate)| candidate.has_ended);
        let Some(worst) = ended().max_by_key(|(listener, candidate)| rank(**listener, candidate)) else {
            return;
        };
        let worst = *worst.0;
        let outdone: Vec<ListenerId> =
            ended().map(|(listener, _)| *listener).filter(|other| *other != worst).collect();
        outdone.into_iter().for_each(|listener| self.give_up(listener));
    }

    /// Who has waited least so far; of equals the last.
    fn least(&self) -> Option<ListenerId> {
        let least = self.all.iter().min_by_key(|(listener, candidate)| rank(**listener, candidate))?;
        Some(*least.0)
    }

    fn give_up(&mut self, listener: ListenerId) {
        self.gone.add(listener);
        self.all.remove(&listener);
    }

    fn finish(mut self) -> Option<HeardAudio> {
        if self.wish == HearWish::Worst {
            let gone = Arc::clone(&self.gone);
            self.all.retain(|listener, _| !gone.has(*listener));
        }
        let worst = self.all.iter().max_by_key(|(listener, candidate)| rank(**listener, candidate))?;
        let listener = *worst.0;
        let Candidate { bodies, not_kept, .. } = self.all.remove(&listener)?;
        let bodies = bodies.into_iter().map(|body| HeardBody {
            block: body.block,
            asked_at: body.asked_at,
            container: body.container,
            pcm: body.pcm,
            bytes: body.audio.into_bytes(),
        });
        Some(HeardAudio { listener, bodies: bodies.collect(), not_kept })
    }
}

/// Whoever waited longer comes later, and of equals whoever came first.
const fn rank(listener: ListenerId, candidate: &Candidate) -> (ListenerWaits, std::cmp::Reverse<ListenerId>) {
    (candidate.waits, std::cmp::Reverse(listener))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn waits(between_ms: u64, before_ms: u64) -> ListenerWaits {
        ListenerWaits { between: Duration::from_millis(between_ms), before: Duration::from_millis(before_ms) }
    }

    /// One block of a listener, of so many bytes.
    fn leave(collector: &HeardCollector, listener: u32, block: u32, bytes: usize) {
        let copy = collector.begin(ListenerId(listener), BlockIdx(block), Instant::from_millis(block.into()));
        if let Some(mut copy) = copy {
            copy.push(&vec![7; bytes]);
        }
    }

    fn end(collector: &HeardCollector, listener: u32, waits: ListenerWaits) {
        let listener = ListenerId(listener);
        collector.give.send(Message::Ended { listener, waits }).unwrap();
    }

    fn blocks(heard: &HeardAudio) -> Vec<u32> {
        heard.bodies.iter().map(|body| body.block.0).collect()
    }

    #[test]
    fn of_a_listener_that_was_named_all_is_kept_and_of_others_nothing() {
        let (collector, thread) = HeardCollector::start(HearWish::Listener(ListenerId(3))).unwrap();
        for listener in 0..5 {
            (0..2).for_each(|block| leave(&collector, listener, block, 10));
        }
        assert!(collector.begin(ListenerId(2), BlockIdx(0), Instant::START).is_none());
        drop(collector);
        let heard = thread.join().unwrap().unwrap();
        assert_eq!((heard.listener, blocks(&heard)), (ListenerId(3), vec![0, 1]));
    }

    #[test]
    fn whoever_waited_longest_is_kept_and_silence_between_sounds_counts_first() {
        let (collector, thread) = HeardCollector::start(HearWish::Worst).unwrap();
        (0..4).for_each(|listener| leave(&collector, listener, 0, 10));
        let all = [waits(0, 9_000), waits(700, 100), waits(700, 200), waits(700, 200)];
        (0..).zip(all).for_each(|(listener, waits)| end(&collector, listener, waits));
        drop(collector);
        assert_eq!(thread.join().unwrap().unwrap().listener, ListenerId(2));
    }

    #[test]
    fn where_there_is_no_room_whoever_waited_least_goes_and_is_copied_no_more() {
        let (collector, thread) = HeardCollector::start(HearWish::Worst).unwrap();
        for listener in 0..20 {
            let waited = Duration::from_millis(u64::from(listener) * 100);
            collector.give.send(Message::Stalled { listener: ListenerId(listener), waited }).unwrap();
            leave(&collector, listener, 0, 15 << 20);
            while collector.room.taken() > CROWDED {
                thread::yield_now();
            }
        }
        let (room, gone) = (Arc::clone(&collector.room), Arc::clone(&collector.gone));
        drop(collector);
        let heard = thread.join().unwrap().unwrap();
        assert_eq!((heard.listener, heard.bodies.len()), (ListenerId(19), 1));
        assert!(gone.has(ListenerId(0)) && !gone.has(ListenerId(19)));
        assert_eq!(room.taken(), 0, "what is handed out is counted no more");
    }

    #[test]
    fn a_listener_of_whom_something_was_lost_is_not_the_one_to_be_heard() {
        let (collector, thread) = HeardCollector::start(HearWish::Worst).unwrap();
        (0..2).for_each(|listener| leave(&collector, listener, 0, 10));
        end(&collector, 0, waits(1_000, 0));
        collector.gone.add(ListenerId(0));
        drop(collector);
        assert_eq!(thread.join().unwrap().unwrap().listener, ListenerId(1));
    }

    #[test]
    fn audio_without_an_end_is_not_kept_and_is_told() {
        let (collector, thread) = HeardCollector::start(HearWish::Listener(ListenerId(0))).unwrap();
        leave(&collector, 0, 0, 10);
        leave(&collector, 0, 1, 20 << 20);
        drop(collector);
        let heard = thread.join().unwrap().unwrap();
        assert_eq!((blocks(&heard), heard.not_kept), (vec![0], 1));
    }
}
