//! The facts of a run listener by listener, which is how they are looked at.

use std::collections::BTreeMap;

use claque_core::{
    continuity::ReplayBlock,
    event::FailureScope,
    ids::{BlockIdx, ListenerId},
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, IncidentRecord, ListenerRecord, SoundRecord,
        StallRecord,
    },
    time::{Instant, MediaTime},
};
use claque_stats::SummaryBuilder;

use crate::error::StoreError;

/// All facts of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerFacts {
    /// Who.
    pub listener: ListenerId,
    /// In order of their numbers.
    pub blocks: Vec<BlockRecord>,
    /// In order of time.
    pub stalls: Vec<StallRecord>,
    /// In order of time.
    pub errors: Vec<ErrorRecord>,
    /// In order of time.
    pub incidents: Vec<IncidentRecord>,
    /// The session; none if it reported no end.
    pub session: Option<ListenerRecord>,
    /// What was listened to and is not yet in the records of the blocks.
    pub sounds: Vec<SoundRecord>,
}

impl ListenerFacts {
    /// A listener of whom nothing is known.
    #[must_use]
    pub const fn new(listener: ListenerId) -> Self {
        Self {
            listener,
            blocks: Vec::new(),
            stalls: Vec::new(),
            errors: Vec::new(),
            incidents: Vec::new(),
            session: None,
            sounds: Vec::new(),
        }
    }

    /// When the schedule said to start, or what comes nearest to it.
    #[must_use]
    pub fn intended_at(&self) -> Option<Instant> {
        let first_wanted = self.blocks.iter().filter_map(|block| block.intended_at).min();
        self.session.as_ref().map(|session| session.intended_at).or(first_wanted)
    }

    /// Consecutive delivered blocks of one request, in order of the moment they were ready: `synthesis_time` is the time
    /// between the two.
    #[must_use]
    pub fn gaps_within_requests(&self) -> Vec<(&BlockRecord, &BlockRecord)> {
        let mut ready: Vec<_> = self.blocks.iter().filter(|block| block.delivered_at().is_some()).collect();
        ready.sort_by_key(|block| (block.batch, block.ready_at));
        let pairs = ready.windows(2).filter_map(|pair| match pair {
            &[earlier, later] if earlier.batch == later.batch => Some((earlier, later)),
            _ => None,
        });
        pairs.collect()
    }

    /// The blocks as [`replay`](claque_core::continuity::replay) takes them. A block without a record, before the
    /// last one recorded, never came.
    #[must_use]
    pub fn to_replay(&self) -> Vec<ReplayBlock> {
        let mut replayed: Vec<ReplayBlock> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let index = usize::try_from(block.block.0).unwrap_or(usize::MAX);
            // Numbers are dense but for a damaged file, in which nothing could be said of what follows.
            if index > self.blocks.len() {
                break;
            }
            if replayed.len() < index {
                replayed.resize(index, ReplayBlock { settled_at: None, media: MediaTime::ZERO });
            }
            if replayed.len() == index {
                replayed.push(self.settled(block));
            }
        }
        replayed
    }

    fn settled(&self, block: &BlockRecord) -> ReplayBlock {
        match block.outcome {
            BlockOutcome::Played | BlockOutcome::Unplayed => {
                ReplayBlock { settled_at: block.complete_at.or(block.ready_at), media: block.media }
            }
            BlockOutcome::Skipped => {
                ReplayBlock { settled_at: block.ready_at.or(block.acknowledged_at), media: MediaTime::ZERO }
            }
            BlockOutcome::Failed(_) => {
                ReplayBlock { settled_at: self.failed_at(block.block), media: MediaTime::ZERO }
            }
            BlockOutcome::Stopped | BlockOutcome::Abandoned => {
                ReplayBlock { settled_at: None, media: MediaTime::ZERO }
            }
        }
    }

    fn failed_at(&self, block: BlockIdx) -> Option<Instant> {
        self.errors
            .iter()
            .find(|error| error.failure.kills == FailureScope::Block(block))
            .map(|error| error.at)
    }

    pub(crate) fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Block(record) => self.blocks.push(record),
            Fact::Stall(record) => self.stalls.push(record),
            Fact::Error(record) => self.errors.push(record),
            Fact::Incident(record) => self.incidents.push(record),
            Fact::Listener(record) => self.session = Some(record),
            Fact::Sound(record) => self.sounds.push(record),
        }
    }

    /// Adds all of it to `figures`, and closes the listener there; nothing where they are about others.
    pub fn summarise_into(&self, figures: &mut SummaryBuilder) {
        if !figures.includes(self.intended_at()) {
            return;
        }
        figures.add_blocks(&self.blocks);
        self.stalls.iter().for_each(|record| figures.add_stall(record));
        self.errors.iter().for_each(|record| figures.add_error(record));
        self.incidents.iter().for_each(|record| figures.add_incident(record));
        self.session.iter().for_each(|record| figures.add_listener(record));
        figures.close(self.listener);
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.sort();
        self
    }

    /// Becomes another listener of whom nothing is known, in the same memory.
    pub(crate) fn reset(&mut self, listener: ListenerId) {
        self.listener = listener;
        self.blocks.clear();
        self.stalls.clear();
        self.errors.clear();
        self.incidents.clear();
        self.session = None;
        self.sounds.clear();
    }

    /// Puts everything in order, and what was listened to later into the records of the blocks.
    fn sort(&mut self) {
        self.blocks.sort_by_key(|block| (block.block, block.intended_at));
        self.stalls.sort_by_key(|stall| stall.began_at);
        self.errors.sort_by_key(|error| error.at);
        self.incidents.sort_by_key(|incident| incident.at);
        for heard in self.sounds.drain(..) {
            let at = self.blocks.partition_point(|block| block.block < heard.block);
            if let Some(findings) = self
                .blocks
                .get_mut(at)
                .filter(|block| block.block == heard.block)
                .and_then(|block| block.findings.as_mut())
            {
                // What is heard again does not change what the first hearing was.
                findings.sound.get_or_insert(heard.sound);
                findings.leading_silence = findings.leading_silence.or(heard.leading_silence);
            }
        }
    }
}

/// Whose fact it is.
pub(crate) const fn listener_of(fact: &Fact) -> ListenerId {
    match fact {
        Fact::Block(record) => record.listener,
        Fact::Stall(record) => record.listener,
        Fact::Error(record) => record.listener,
        Fact::Incident(record) => record.listener,
        Fact::Listener(record) => record.listener,
        Fact::Sound(record) => record.listener,
    }
}

/// The facts of every listener, in order of their numbers.
#[must_use]
pub fn by_listener<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Vec<ListenerFacts> {
    let mut listeners: BTreeMap<ListenerId, ListenerFacts> = BTreeMap::new();
    for fact in facts {
        let listener = listener_of(fact);
        listeners.entry(listener).or_insert_with(|| ListenerFacts::new(listener)).add(fact.clone());
    }
    let mut listeners: Vec<_> = listeners.into_values().collect();
    listeners.iter_mut().for_each(ListenerFacts::sort);
    listeners
}

/// Facts that come listener by listener, put together; `each` is called once for every listener.
pub(crate) fn group(
    facts: impl Iterator<Item = Result<Fact, StoreError>>,
    mut each: impl FnMut(ListenerFacts) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut held: Option<ListenerFacts> = None;
    for fact in facts {
        let fact = fact?;
        let listener = listener_of(&fact);
        if held.as_ref().is_none_or(|held| held.listener != listener) {
            let whole = held.replace(ListenerFacts::new(listener));
            whole.into_iter().try_for_each(|whole| each(whole.sorted()))?;
        }
        if let Some(held) = &mut held {
            held.add(fact);
        }
    }
    held.into_iter().try_for_each(|whole| each(whole.sorted()))
}
