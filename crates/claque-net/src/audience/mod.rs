//! Listeners in real time: lanes of one thread each, which wait for sockets and for an alarm; nothing shared but counters.
//!
//! [`Audience::start`] launches them; facts come in batches from [`Audience::next_batch`] until every listener is
//! done. What a listener decides is decided by the player of `claque-core`; what is here moves bytes and tells it
//! the time. Nothing is computed from facts here.

mod beat;
pub(crate) mod connecting;
mod decoder;
mod decoding;
mod dial;
mod files;
mod hand;
mod heard;
mod inbox;
mod io;
mod keeper;
mod lane;
mod ledger;
mod listener;
mod outbox;
mod place_of_audio;
mod places;
mod pool;
mod progress;
mod pulse;
mod receiver;
mod remainder;
mod resolver;
mod seats;
mod session_driver;
mod shaping;
mod socket;
mod stream;
mod system;
mod token;
mod transfer;
mod tunnel;
mod warm;

use std::{
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
};

use claque_core::{gap::GapLog, lag::LagHistogram, plan::Plan, player::PlayerPolicy};
use claque_wire::session::Protocol;
use mio::{Poll, Waker};
use tokio::sync::{mpsc, oneshot};

use self::{
    decoder::Decoder,
    files::{ThreadLayout, allot},
    hand::AudienceControl,
    heard::HeardCollector,
    lane::{Lane, LaneEnd, LaneOrder},
    progress::Gauge,
    seats::Place,
    token::TokenTarget,
};
pub use self::{
    hand::ByHand,
    heard::{HearWish, HeardAudio, HeardBody},
    ledger::Batch,
    progress::Progress,
    seats::{SeatFiller, Seats},
    warm::{WarmUp, warm_up},
};
use crate::{clock::Clock, service::Service};

/// What an audience is to do.
#[derive(Clone, Debug)]
pub struct AudienceOrder {
    /// What is spoken.
    pub protocol: Protocol,
    /// What everybody does. Those of its share are this audience.
    pub plan: Plan,
    /// The plan's model and its player, as all listeners share them.
    pub model: Arc<str>,
    /// See `model`.
    pub policy: Arc<PlayerPolicy>,
    /// Slugs of the voices there are to choose from; everybody begins with the first.
    pub voices: Vec<Arc<str>>,
    /// Everybody's document, in order of their places in the share.
    pub seats: Arc<Seats>,
    /// Where to put the audio, if it is to be kept. The folder exists.
    pub keep_audio: Option<PathBuf>,
    /// Whose audio is wanted as it was heard, if anybody's.
    pub hear: Option<HearWish>,
    /// Share (0 to 1) of the compressed audio that is decoded, to tell whether there is sound in it; none at 0.
    pub decode_share: f64,
    /// Threads to spread the listeners over, at least 1.
    pub lanes: usize,
}

/// One listener's document, and as whom it is listened to.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Where, as whom, and from which address: one for all listeners that have them in common.
    pub service: Arc<Service>,
    /// As the service names it.
    pub document: Arc<str>,
    /// The text of each block; empty where the service has the document.
    pub texts: Arc<[Box<str>]>,
    /// Characters of each block to hear.
    pub chars: Arc<[u32]>,
}

/// Why an audience could not start.
#[derive(Debug, thiserror::Error)]
pub enum AudienceError {
    /// The operating system allows too few open connections.
    #[error(
        "failed to seat {listeners} listeners: {needed} open files are needed and the system allows {allowed}; raise it with `ulimit -n {needed}`, or take fewer --users"
    )]
    TooFewFiles {
        /// Listeners asked for.
        listeners: usize,
        /// Descriptors needed.
        needed: u64,
        /// Descriptors allowed, after asking for more.
        allowed: u64,
    },
    /// No thread, or no runtime on it.
    #[error("failed to start a thread for listeners: {0}; take fewer --users, or free some memory")]
    Thread(#[from] std::io::Error),
}

/// Listeners at work.
#[derive(Debug)]
pub struct Audience {
    clock: Clock,
    facts: mpsc::Receiver<Batch>,
    gauges: Vec<Arc<Gauge>>,
    hand: AudienceControl,
    seats: Arc<Seats>,
    lanes: Vec<JoinHandle<Option<LaneEnd>>>,
    /// The thread that decodes. It ends after the lanes.
    decoder: Option<JoinHandle<()>>,
    /// The thread that keeps what a listener hears. Likewise.
    heard: Option<JoinHandle<Option<HeardAudio>>>,
}

/// How well the generator kept time, and what was kept beside facts.
#[derive(Clone, Debug, Default)]
pub struct Punctuality {
    /// The audio of the listener that is to be heard, if there is any.
    pub heard: Option<HeardAudio>,
    /// How late it acted.
    pub lag: LagHistogram,
    /// When it did not run although it should have.
    pub gaps: GapLog,
}

/// Batches of facts under way to the caller, per lane. A caller that falls behind makes lanes keep their facts;
/// they are never lost, and never more than the run has.
const FACT_BATCHES: usize = 64;

impl Audience {
    /// Launches everybody. The run's start is the moment this returns.
    ///
    /// # Errors
    /// The operating system allows too few files or threads.
    pub fn start(order: AudienceOrder) -> Result<Self, AudienceError> {
        // Those who replace others come in their places.
        let own = order.plan.own();
        let known = known_of(&order);
        let ThreadLayout { lanes, own_tables } = allot(known, order.lanes)?;
        let (facts_in, facts) = mpsc::channel(FACT_BATCHES);
        let (decoder, decoder_thread) = start_decoder(&order, &facts_in)?.unzip();
        let (heard, heard_thread) = order.hear.map(HeardCollector::start).transpose()?.unzip();
        let mut hand = AudienceControl::new(order.plan.schedule.clone(), own.known());
        let seats = Arc::clone(&order.seats);
        let order = Arc::new(order);
        let mut gauges = Vec::with_capacity(lanes);
        let mut threads = Vec::with_capacity(lanes);
        let mut clocks = Vec::with_capacity(lanes);
        for number in 0..lanes {
            let gauge = Arc::new(Gauge::default());
            let (clock_in, clock) = oneshot::channel();
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), TokenTarget::Outside.token())?);
            let lane = LaneOrder {
                order: Arc::clone(&order),
                number,
                listeners: (number..known)
                    .step_by(lanes)
                    .filter(|&place| matches!(order.seats.at(place), Some(Place::Ready(_))))
                    .map(|place| own.listener(place))
                    .collect(),
                gauge: Arc::clone(&gauge),
                orders: hand.orders(&waker),
                facts: facts_in.clone(),
                decoder: decoder.clone(),
                heard: heard.clone(),
                poll,
                waker,
                own_table: own_tables,
            };
            let thread = thread::Builder::new()
                .name(format!("listeners-{number}"))
                .spawn(move || Lane::run(lane, clock))?;
            gauges.push(gauge);
            threads.push(thread);
            clocks.push(clock_in);
        }
        let clock = Clock::start();
        for lane in clocks {
            // A lane that is gone has panicked; `finish` passes that on.
            let _gone = lane.send(clock);
        }
        Ok(Self {
            clock,
            facts,
            gauges,
            hand,
            seats,
            lanes: threads,
            decoder: decoder_thread,
            heard: heard_thread,
        })
    }

    /// The run's clock.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// What fills the seats that are still to come.
    #[must_use]
    pub fn seat_filler(&self) -> SeatFiller {
        SeatFiller { seats: Arc::clone(&self.seats), wakers: self.hand.wakers().to_vec() }
    }

    /// What happened since the last batch, of some listeners; none once everybody is done. Cancel-safe.
    pub async fn next_batch(&mut self) -> Option<Batch> {
        let batch = self.facts.recv().await?;
        self.hand.note(&batch.facts);
        Some(batch)
    }

    /// What everybody is doing at this moment.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.gauges.iter().map(|gauge| gauge.read()).sum()
    }

    /// Asks everybody to hang up. Facts of what happened so far still come.
    pub fn stop(&self) {
        self.hand.stop();
    }

    /// Holds back all who are still to start, until [`Audience::release_arrivals`]. Gives whether that changed anything.
    pub fn hold_arrivals(&mut self) -> bool {
        self.hand.hold(self.clock.now())
    }

    /// Lets arrivals go on. Intended starts are as much later as the hold was long, so that the schedule keeps its shape.
    pub fn release_arrivals(&mut self) -> bool {
        self.hand.release(self.clock.now())
    }

    /// Whether arrivals are held back.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.hand.is_held()
    }

    /// Has the next `count` of those who are still to start do so now, which is their intended start then. Gives how many
    /// there were.
    pub fn bring_forward(&mut self, count: u32) -> u32 {
        self.hand.bring_forward(self.clock.now(), count)
    }

    /// Has `count` listeners hang up, the most recently started first. Gives how many there were.
    pub fn dismiss(&mut self, count: u32) -> u32 {
        self.hand.dismiss(self.clock.now(), count)
    }

    /// Listeners that are still to start.
    #[must_use]
    pub fn waiting(&mut self) -> u32 {
        self.hand.waiting(self.clock.now())
    }

    /// What was done by hand until now.
    #[must_use]
    pub fn by_hand(&self) -> ByHand {
        self.hand.by_hand(self.clock.now())
    }

    /// Waits for the threads and gives how well they kept time. To be called after [`Audience::next_batch`] gave none.
    ///
    /// # Panics
    /// When a thread panicked, with its panic.
    #[must_use]
    pub fn finish(self) -> Punctuality {
        drop(self.facts);
        let mut kept = Punctuality::default();
        for lane in self.lanes {
            match lane.join() {
                Ok(Some(end)) => {
                    kept.lag.merge(&end.lag);
                    kept.gaps.merge(end.gaps);
                }
                Ok(None) => {}
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        if let Some(Err(panic)) = self.decoder.map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        kept.heard = match self.heard.map(JoinHandle::join) {
            None => None,
            Some(Ok(heard)) => heard,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        };
        kept
    }
}

fn start_decoder(
    order: &AudienceOrder,
    facts: &mpsc::Sender<Batch>,
) -> std::io::Result<Option<(Decoder, JoinHandle<()>)>> {
    let share = order.decode_share;
    let start = || Decoder::start(share, order.plan.seed.child("decode"), facts.clone());
    (share > 0.0).then(start).transpose()
}

/// Listeners whose starts are known beforehand.
fn known_of(order: &AudienceOrder) -> usize {
    order.plan.own().known().len().min(order.seats.len())
}
