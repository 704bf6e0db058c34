//! A lane: one thread, one runtime, and the listeners it owns outright.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    path::Path,
    rc::Rc,
    sync::Arc,
};

use claque_core::{ids::ListenerId, lag::LagHistogram, record::Fact, time::Duration};
use tokio::{
    runtime::Runtime,
    sync::{Notify, mpsc, oneshot, watch},
    task::LocalSet,
};

use super::{AudienceOrder, hand::Orders, listener::listen, progress::Gauge, roster::Roster};
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
    pub(super) listeners: VecDeque<ListenerId>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) orders: watch::Receiver<Orders>,
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
            let LaneOrder { order, listeners, gauge, orders, facts } = lane;
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
                lane.launch(listeners, orders).await;
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
    async fn launch(self: &Rc<Self>, mut waiting: VecDeque<ListenerId>, mut orders: watch::Receiver<Orders>) {
        let mut roster = Roster::default();
        loop {
            let order = orders.borrow_and_update().clone();
            if order.stopped {
                waiting.clear();
                roster.stop();
            }
            order.dismissed.iter().for_each(|listener| roster.dismiss(*listener));
            let due = waiting.front().and_then(|listener| order.timetable.intended_start(*listener));
            if let Some(intended_at) = due.filter(|due| *due <= self.clock.now()) {
                let Some(listener) = waiting.pop_front() else { continue };
                self.late_by(self.clock.now().since(intended_at));
                roster.start(listener, |told| listen(Rc::clone(self), listener, intended_at, told));
                roster.reap();
                continue;
            }
            if waiting.is_empty() && roster.is_empty() {
                return;
            }
            tokio::select! {
                () = self.clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {}
                () = roster.reap_next(), if !roster.is_empty() => {}
                changed = orders.changed() => if changed.is_err() {
                    // Whoever gave orders has gone, and wants no more of this.
                    waiting.clear();
                    roster.stop();
                    while !roster.is_empty() {
                        roster.reap_next().await;
                    }
                }
            }
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
