//! Between two runs against somebody's service: it is waited for until a lone listener is served as at the start.

use std::time::Duration;

use claque_core::event::FailureClass;
use claque_run::interrupts::Interrupts;
use claque_stats::{
    ErrorCause,
    capacity::{Evidence, Length, ProbeOrder},
};

use super::{
    probe::{RunEnd, perform},
    was_too_much,
};
use crate::{config::ProbeWork, talk};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);
/// Looks before it is given up: some five minutes.
const MOST_LOOKS: u32 = 30;
/// A first block that takes so much longer than the very first one is served by a service that has not recovered.
const LONGER: f64 = 1.5;
/// A difference that is less than this, in ms, is none.
const LEAST_MS: f64 = 250.0;
/// Of the look: enough to be served at all.
const BLOCKS: u32 = 2;

/// What is known of how a lone listener is served.
#[derive(Debug)]
pub(super) struct Drain {
    /// A service of claque's own begins anew with each run, and has nothing to drain.
    is_foreign: bool,
    /// How long the first block took at the start, in ms.
    at_start_ms: Option<f64>,
    is_needed: bool,
    /// The longest that may be waited in all; none for as long as the looks take.
    most: Option<Duration>,
    waited: Duration,
}

/// How the waiting ended.
pub(super) enum Drained {
    /// The service is as it was.
    Ready,
    /// It does not come back.
    Never(String),
    /// It could not be reached at all.
    Unreached(String),
    /// Somebody asked to stop.
    Stopped,
    /// Somebody asked twice.
    Left,
}

/// Why nobody reached the service, if that is all that went wrong.
fn unreached(errors: &[ErrorCause]) -> Option<String> {
    let all = || errors.iter().all(|cause| cause.class == FailureClass::Transport);
    let first = errors.first().filter(|_| all())?;
    let text = first.example.as_deref().unwrap_or_default();
    Some(format!("the service was not reached: {}: {text}", first.cause))
}

impl Drain {
    pub(super) fn new(is_foreign: bool, most_s: Option<f64>) -> Self {
        let most = most_s.map(Duration::from_secs_f64);
        Self { is_foreign, at_start_ms: None, is_needed: true, most, waited: Duration::ZERO }
    }

    /// Takes what a run showed.
    pub(super) fn after(&mut self, evidence: &Evidence) {
        self.is_needed = was_too_much(evidence);
    }

    /// Waits until the service is as it was at the start. The first time is the start.
    ///
    /// # Errors
    /// claque cannot go on.
    pub(super) async fn wait(
        &mut self,
        work: &mut ProbeWork,
        interrupts: &Interrupts,
    ) -> anyhow::Result<Drained> {
        if !self.is_foreign || !self.is_needed {
            return Ok(Drained::Ready);
        }
        for look in 0..MOST_LOOKS {
            // Of a lone listener nothing is random but the text.
            let order =
                ProbeOrder { users: 1, blocks: BLOCKS, spread_s: 0.0, length: Length::Short, number: 0 };
            work.set(&order, u64::from(look));
            let finished = match perform(work, interrupts).await? {
                RunEnd::Saved(finished) => finished,
                RunEnd::Stopped => return Ok(Drained::Stopped),
                RunEnd::Left => return Ok(Drained::Left),
            };
            let took_ms = finished.summary.first_block.as_ref().map(|times| times.mean_ms);
            match (took_ms, self.at_start_ms) {
                (Some(took_ms), None) => {
                    self.at_start_ms = Some(took_ms);
                    return Ok(Drained::Ready);
                }
                (Some(took_ms), Some(start_ms)) if took_ms <= LONGER * start_ms + LEAST_MS => {
                    return Ok(Drained::Ready);
                }
                // Whom it serves nothing at the start it does not carry, which a run of the search says.
                (None, None) => {
                    return Ok(unreached(&finished.summary.errors).map_or(Drained::Ready, Drained::Unreached));
                }
                (_, _) => {}
            }
            self.waited += PAUSE;
            if self.most.is_some_and(|most| self.waited > most) {
                let why = "the service did not recover from the run before within --max-time";
                return Ok(Drained::Never(why.to_owned()));
            }
            if look == 0 {
                talk::say(
                    "the service has not recovered: waiting until a lone listener is served as at the start",
                );
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = interrupts.reached(1) => return Ok(Drained::Stopped),
            }
        }
        Ok(Drained::Never("the service did not recover from the run before within five minutes".to_owned()))
    }
}
