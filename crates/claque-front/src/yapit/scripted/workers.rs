//! The plain queue of a scripted service.

use std::collections::{BTreeMap, VecDeque};

use claque_core::time::Duration;

use super::ScriptedWorkers;

/// What audio is made of: a block in a voice.
pub(super) type Key = (u32, String);

/// The queue. A block that is in it already makes no second job; one that was made stays made.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    config: ScriptedWorkers,
    jobs: BTreeMap<Key, Job>,
    waiting: VecDeque<Key>,
    busy: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Waiting,
    InHand,
    Done,
}

impl Workers {
    pub(super) const fn new(config: ScriptedWorkers) -> Self {
        Self { config, jobs: BTreeMap::new(), waiting: VecDeque::new(), busy: 0 }
    }

    pub(super) const fn config(&self) -> &ScriptedWorkers {
        &self.config
    }

    pub(super) fn is_done(&self, key: &Key) -> bool {
        self.jobs.get(key) == Some(&Job::Done)
    }

    pub(super) fn is_in_hand(&self, key: &Key) -> bool {
        self.jobs.get(key) == Some(&Job::InHand)
    }

    /// Puts a block into the queue, unless it is known. Gives whether it was put there.
    pub(super) fn add(&mut self, key: &Key) -> bool {
        if self.jobs.contains_key(key) {
            return false;
        }
        self.jobs.insert(key.clone(), Job::Waiting);
        self.waiting.push_back(key.clone());
        true
    }

    /// A worker that is free takes the next block; gives it and how long it takes.
    pub(super) fn take(&mut self) -> Option<(Key, Duration)> {
        if self.busy >= self.config.count {
            return None;
        }
        let key = self.waiting.pop_front()?;
        self.busy += 1;
        self.jobs.insert(key.clone(), Job::InHand);
        let service = self.config.service_of.get(&key.0).copied().unwrap_or(self.config.service);
        Some((key, service))
    }

    /// A worker is done with a block.
    pub(super) fn finish(&mut self, key: &Key) {
        self.busy -= 1;
        self.jobs.insert(key.clone(), Job::Done);
    }

    /// Whatever waits of a block, in any voice, is not made.
    pub(super) fn forget(&mut self, block: u32) {
        self.jobs.retain(|(other, _), job| *other != block || *job != Job::Waiting);
        self.waiting.retain(|(other, _)| *other != block);
    }
}
