//! A lane: one thread, one runtime, and the listeners it owns outright.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::IpAddr,
    path::Path,
    rc::Rc,
    sync::Arc,
};

use claque_core::{ids::ListenerId, lag::LagHistogram, record::Fact, time::Duration};
use tokio::{
    runtime::Runtime,
    sync::{Notify, mpsc, oneshot, watch},
    task::{JoinSet, LocalSet},
};

use super::{AudienceOrder, listener::listen, progress::Gauge};
use crate::{
    clock::Clock,
    service::{HttpClient, Service},
};

/// Facts are gathered this long before they are handed over together.
const GATHER: Duration = Duration::from_millis(100);

/// What a lane is given.
pub(super) struct LaneOrder {
    pub(super) order: Arc<AudienceOrder>,
    /// In order of intended start.
    pub(super) listeners: Vec<ListenerId>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) facts: mpsc::Sender<Vec<Fact>>,
}

/// What the listeners of a lane have in common.
pub(super) struct Lane {
    clock: Clock,
    order: Arc<AudienceOrder>,
    /// A pool for each address that listeners come from.
    http: RefCell<BTreeMap<Option<IpAddr>, HttpClient>>,
    gauge: Arc<Gauge>,
    lag: RefCell<LagHistogram>,
    facts: RefCell<Vec<Fact>>,
    /// Tells the courier that there are facts, or that there will be no more.
    fact_added: Notify,
    finished: Cell<bool>,
}

impl Lane {
    /// The body of a lane's thread. Gives how late the lane acted.
    pub(super) fn run(runtime: &Runtime, lane: LaneOrder, clock: oneshot::Receiver<Clock>) -> LagHistogram {
        LocalSet::new().block_on(runtime, async move {
            let Ok(clock) = clock.await else { return LagHistogram::default() };
            let LaneOrder { order, listeners, gauge, stopped, facts } = lane;
            let lane = Rc::new(Self {
                clock,
                http: RefCell::default(),
                order,
                gauge,
                lag: RefCell::default(),
                facts: RefCell::default(),
                fact_added: Notify::new(),
                finished: Cell::new(false),
            });
            let launched = async {
                lane.launch(listeners, stopped).await;
                lane.finished.set(true);
                lane.fact_added.notify_one();
            };
            tokio::join!(launched, lane.deliver(facts));
            lane.lag.take()
        })
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn order(&self) -> &AudienceOrder {
        &self.order
    }

    /// The service as that listener comes to it; none for a listener without a seat.
    pub(super) fn service(&self, listener: ListenerId) -> Option<&Service> {
        let seat = usize::try_from(listener.0).ok().and_then(|index| self.order.seats.get(index));
        seat.map(|seat| &seat.service)
    }

    /// The lane's connections for those who come to `service` from where it is come to.
    pub(super) fn http(&self, service: &Service) -> HttpClient {
        let mut pools = self.http.borrow_mut();
        pools.entry(service.source()).or_insert_with(|| service.another_client()).clone()
    }

    pub(super) fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    pub(super) fn keep_audio(&self) -> Option<&Path> {
        self.order.keep_audio.as_deref()
    }

    /// Notes that something was done this long after it was due.
    pub(super) fn late_by(&self, lag: Duration) {
        self.lag.borrow_mut().record(lag);
    }

    pub(super) fn record(&self, fact: Fact) {
        self.gauge.count(&fact);
        self.facts.borrow_mut().push(fact);
        self.fact_added.notify_one();
    }

    /// Starts each listener at its time and waits for all. Those not started when the run is stopped never are.
    async fn launch(self: &Rc<Self>, listeners: Vec<ListenerId>, mut stopped: watch::Receiver<bool>) {
        let mut listening = JoinSet::new();
        for listener in listeners {
            let intended_at = self.order.schedule.intended_start(listener);
            if self.clock.now() < intended_at {
                tokio::select! {
                    () = self.clock.sleep_until(intended_at) => {}
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                }
            } else if *stopped.borrow() {
                break;
            }
            self.late_by(self.clock.now().since(intended_at));
            listening.spawn_local(listen(Rc::clone(self), listener, intended_at, stopped.clone()));
            reap(&mut listening, |set| set.try_join_next());
        }
        while let Some(end) = listening.join_next().await {
            pass_on(end);
        }
    }

    /// Carries facts to the caller, in batches, until the last.
    async fn deliver(&self, to: mpsc::Sender<Vec<Fact>>) {
        loop {
            self.fact_added.notified().await;
            if !self.finished.get() {
                tokio::time::sleep(GATHER).await;
            }
            let batch = self.facts.take();
            // A caller that has gone wants no more facts.
            if !batch.is_empty() && to.send(batch).await.is_err() {
                return;
            }
            if self.finished.get() && self.facts.borrow().is_empty() {
                return;
            }
        }
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("clock", &self.clock).finish_non_exhaustive()
    }
}

type End = Result<(), tokio::task::JoinError>;

fn reap(set: &mut JoinSet<()>, next: impl Fn(&mut JoinSet<()>) -> Option<End>) {
    while let Some(end) = next(set) {
        pass_on(end);
    }
}

/// A listener that panicked is our bug: it must not look like one that finished.
fn pass_on(end: End) {
    if let Err(error) = end
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}
