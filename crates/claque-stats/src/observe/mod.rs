//! What each listener of a run went through: what intervals and objectives need beyond a summary.

mod gathered;

use std::collections::BTreeMap;

use claque_core::{ids::ListenerId, record::Fact};

use self::gathered::Gathered;
use crate::{builder::RunShape, observation::ListenerObservation, streams::Turns, window::FigureWindow};

/// What all the listeners of a run went through; those of whom nothing is known are there, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    listeners: Vec<ListenerObservation>,
}

impl Observations {
    /// Makes them of what is known of each listener the run was to have.
    #[must_use]
    pub const fn new(listeners: Vec<ListenerObservation>) -> Self {
        Self { listeners }
    }

    /// Reads them off the facts of a run of this `shape`.
    #[must_use]
    pub fn of<'a>(shape: RunShape, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut builder = ObservationsBuilder::new(shape);
        facts.into_iter().for_each(|fact| builder.add(fact));
        builder.finish()
    }

    /// One entry a listener the run was to have.
    #[must_use]
    pub fn listeners(&self) -> &[ListenerObservation] {
        &self.listeners
    }
}

/// Makes [`Observations`] of facts that arrive in any order.
#[derive(Clone, Debug)]
pub struct ObservationsBuilder {
    shape: RunShape,
    /// Whether audio comes as a stream, also where every answer is one piece.
    streams: Streams,
    turns: Turns,
    listeners: BTreeMap<ListenerId, Gathered>,
}

/// Which blocks the figures of streams are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    /// Those that came in pieces.
    Seen,
    /// All.
    Expected,
}

impl ObservationsBuilder {
    /// Makes a builder that has seen nothing.
    #[must_use]
    pub const fn new(shape: RunShape) -> Self {
        Self { shape, streams: Streams::Seen, turns: Turns::NotTaken, listeners: BTreeMap::new() }
    }

    /// Says that audio comes as a stream, also where every answer is one piece. To be called before the first fact.
    pub const fn expect_streams(&mut self) {
        self.streams = Streams::Expected;
    }

    /// Says that listeners take turns with the service. To be called before the first fact.
    pub const fn expect_turns(&mut self) {
        self.turns = Turns::Taken;
    }

    /// Takes one fact.
    pub fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Block(record) => {
                let (streams, turns) = (self.streams, self.turns);
                let gathered = self.of(record.listener);
                gathered.add_block(record, streams);
                if turns == Turns::Taken {
                    gathered.add_turn(record);
                }
            }
            Fact::Stall(record) => {
                let gathered = self.of(record.listener);
                gathered.seen.underruns += 1;
                gathered.stalled = gathered.stalled.saturating_add(record.waited);
            }
            Fact::Error(record) => self.of(record.listener).causes.add_error(record),
            Fact::Incident(record) => {
                self.of(record.listener).add_incident(&record.incident);
            }
            Fact::Listener(record) => self.of(record.listener).add_end(record),
            Fact::Sound(_) => {}
        }
    }

    /// What there was to see of the listeners of a window.
    #[must_use]
    pub fn finish_within(mut self, window: FigureWindow) -> Observations {
        self.shape.users = 0;
        self.listeners.retain(|_, gathered| gathered.intended_at.is_none_or(|at| window.holds(at)));
        self.finish()
    }

    /// What there was to see.
    #[must_use]
    pub fn finish(mut self) -> Observations {
        let intended = self.shape.blocks_per_user;
        (0..self.shape.users).map(ListenerId).for_each(|listener| _ = self.of(listener));
        Observations::new(self.listeners.into_values().map(|gathered| gathered.finish(intended)).collect())
    }

    fn of(&mut self, listener: ListenerId) -> &mut Gathered {
        self.listeners.entry(listener).or_default()
    }
}
