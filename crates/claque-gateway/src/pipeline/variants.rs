//! What is being made and for whom, and what was made.

use claque_core::time::{Duration, Instant, MediaTime};

use super::{
    JobNo, Subscriber,
    cache::{Cache, CachedSpeech},
};
use crate::{faults::FaultCandidate, ids::VariantHash, speech::Speech, table::Table};

/// Variants under way and the audio cache. Each is in one of the two.
#[derive(Clone, Debug)]
pub(super) struct Variants {
    pending: Table<VariantHash, Pending>,
    cache: Cache,
    /// How long a key lives, and subscribers after the last of them.
    life: Duration,
    forgotten: u64,
}

/// A variant that is waited for. Key and subscribers are two things, as they are in the real service: a job that its
/// owner withdraws leaves those behind who had joined it.
#[derive(Clone, Debug, Default)]
struct Pending {
    key: Option<Key>,
    /// In their order, each once.
    subscribers: Vec<Subscriber>,
    /// When the subscribers are forgotten, unless another comes before.
    subscribed_until: Instant,
}

/// Says that a job makes the variant: while it lives, whoever asks joins and queues nothing.
#[derive(Clone, Copy, Debug)]
struct Key {
    job: JobNo,
    expires_at: Instant,
}

/// What is known of a variant that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Cached(MediaTime),
    Joined,
    Unknown,
}

/// Whether anybody else waits for a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    Somebody,
    Nobody,
}

impl Variants {
    pub(super) fn new(capacity: usize, life: Duration) -> Self {
        Self { pending: Table::default(), cache: Cache::new(capacity), life, forgotten: 0 }
    }

    /// Looks a variant up, and subscribes to what is not there yet.
    pub(super) fn look_up(&mut self, at: Instant, variant: VariantHash, subscriber: Subscriber) -> Lookup {
        if let Some(cached) = self.cache.get(&variant) {
            return Lookup::Cached(cached.speech.media);
        }
        let pending = self.pending.get_or_insert_with(variant, Pending::default);
        self.forgotten += pending.forget_subscribers(at);
        pending.subscribe(subscriber);
        pending.subscribed_until = at + self.life;
        if pending.is_under_way(at) { Lookup::Joined } else { Lookup::Unknown }
    }

    /// A job was made for a variant that nothing is under way for.
    pub(super) fn open(&mut self, at: Instant, variant: &VariantHash, job: JobNo) {
        let expires_at = at + self.life;
        if let Some(pending) = self.pending.get_mut(*variant) {
            pending.key = Some(Key { job, expires_at });
        }
    }

    /// Takes a subscriber away.
    pub(super) fn unsubscribe(&mut self, variant: &VariantHash, subscriber: &Subscriber) -> Waiting {
        let Some(pending) = self.pending.get_mut(*variant) else { return Waiting::Nobody };
        pending.subscribers.retain(|other| other != subscriber);
        if !pending.subscribers.is_empty() {
            return Waiting::Somebody;
        }
        if pending.key.is_none() {
            self.pending.remove(*variant);
        }
        Waiting::Nobody
    }

    /// The job that is to make a variant.
    pub(super) fn job(&mut self, variant: &VariantHash) -> Option<JobNo> {
        self.pending.get_mut(*variant).and_then(|pending| pending.key).map(|key| key.job)
    }

    /// Gives the key back of a job that was withdrawn. Who waits for the variant goes on waiting, until somebody asks anew.
    pub(super) fn free(&mut self, variant: &VariantHash, job: JobNo) {
        if let Some(pending) = self.pending.get_mut(*variant) {
            pending.key = pending.key.filter(|key| key.job != job);
            if pending.key.is_none() && pending.subscribers.is_empty() {
                self.pending.remove(*variant);
            }
        }
    }

    /// A result is there, good or bad. Who is to be told; none when the key is gone, for then nobody looks at the result.
    pub(super) fn finish(&mut self, at: Instant, variant: &VariantHash) -> Option<Vec<Subscriber>> {
        let pending = self.pending.get_mut(*variant)?;
        if !pending.is_under_way(at) {
            let forgotten = pending.subscribers.len();
            self.forgotten += u64::try_from(forgotten).unwrap_or(u64::MAX);
            return None;
        }
        let mut pending = self.pending.remove(*variant)?;
        self.forgotten += pending.forget_subscribers(at);
        Some(pending.subscribers)
    }

    /// Keeps audio of a variant that nobody waits for any more.
    pub(super) fn keep(&mut self, speech: Speech, suspect: FaultCandidate) {
        let FaultCandidate { variant, block, number } = suspect;
        self.cache.keep(CachedSpeech { variant, speech, block, number, fetches: 0 });
    }

    /// Whether it was ever asked for and is not there.
    pub(super) fn is_pending(&self, variant: &VariantHash) -> bool {
        self.pending.get(*variant).is_some()
    }

    pub(super) fn audio(&self, variant: &VariantHash) -> Option<&CachedSpeech> {
        self.cache.get(variant)
    }

    pub(super) fn audio_mut(&mut self, variant: &VariantHash) -> Option<&mut CachedSpeech> {
        self.cache.get_mut(variant)
    }

    pub(super) fn cached(&self) -> usize {
        self.cache.len()
    }

    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

impl Pending {
    fn subscribe(&mut self, subscriber: Subscriber) {
        if self.subscribers.is_empty() {
            // Nearly always there is one.
            self.subscribers.reserve_exact(1);
        }
        if let Err(place) = self.subscribers.binary_search(&subscriber) {
            self.subscribers.insert(place, subscriber);
        }
    }

    fn is_under_way(&self, at: Instant) -> bool {
        self.key.is_some_and(|key| at < key.expires_at)
    }

    /// Forgets subscribers whose time is over; gives how many.
    fn forget_subscribers(&mut self, at: Instant) -> u64 {
        if at < self.subscribed_until {
            return 0;
        }
        let forgotten = core::mem::take(&mut self.subscribers).len();
        u64::try_from(forgotten).unwrap_or(u64::MAX)
    }
}
