//! Waits for a service around a run: told, and over at the first interrupt.

use std::{cell::RefCell, collections::BTreeMap};

use claque_core::time::{Duration, Instant};
use claque_net::{Clock, service::Pause};

use crate::{interrupts::Interrupts, watcher::Watcher};

/// A wait shorter than this is not worth a line.
const TOLD: Duration = Duration::from_secs(1);
/// Many calls wait for one limit: it is told again after so long at the earliest.
const TOLD_AGAIN: Duration = Duration::from_secs(5);

/// Waits, and tells of it.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    interrupts: &'a Interrupts,
    watcher: &'a dyn Watcher,
    clock: Clock,
    /// When each action was told of last.
    told: RefCell<BTreeMap<&'static str, Instant>>,
}

impl<'a> Waiting<'a> {
    pub(crate) fn new(interrupts: &'a Interrupts, watcher: &'a dyn Watcher) -> Self {
        Self { interrupts, watcher, clock: Clock::start(), told: RefCell::default() }
    }

    /// Waits; gives whether to go on, which nobody does after an interrupt.
    pub(crate) async fn wait(&self, pause: Pause) -> bool {
        self.tell(&pause);
        tokio::select! {
            biased;
            () = self.interrupts.reached(1) => false,
            () = tokio::time::sleep(pause.span) => true,
        }
    }

    /// As [`Waiting::wait`], for calls that clear away what is on the service: after an interrupt a stumble is still got
    /// over, which takes a second or two, and nothing else is waited for.
    pub(crate) async fn wait_to_clear(&self, pause: Pause) -> bool {
        if matches!(pause.failure.code, Some(429 | 503)) {
            return self.wait(pause).await;
        }
        tokio::time::sleep(pause.span).await;
        true
    }

    fn tell(&self, pause: &Pause) {
        let now = self.clock.now();
        let mut told = self.told.borrow_mut();
        let is_news = told.get(pause.action).is_none_or(|at| now.since(*at) >= TOLD_AGAIN);
        if pause.span < TOLD || !is_news {
            return;
        }
        told.insert(pause.action, now);
        self.watcher.say(&format!(
            "the service would not {} ({}): trying again in {} s",
            pause.action,
            pause.failure,
            pause.span.as_secs_f64().ceil()
        ));
    }
}
