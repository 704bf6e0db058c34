//! What is being made and for whom, and what was made.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::time::{Instant, MediaTime};

use super::{JobNo, Subscriber};
use crate::{faults::AudioFault, ids::VariantHash, message::Speech};

/// Variants under way and the audio cache.
#[derive(Clone, Debug)]
pub(super) struct Variants {
    by_hash: BTreeMap<VariantHash, Variant>,
    /// Cached ones, oldest first.
    cached: VecDeque<VariantHash>,
    capacity: usize,
    forgotten: u64,
}

#[derive(Clone, Debug)]
enum Variant {
    /// The key and its subscribers are forgotten at `expires_at`, whatever the job does.
    InFlight {
        job: JobNo,
        expires_at: Instant,
        subscribers: BTreeSet<Subscriber>,
    },
    Cached {
        speech: Arc<Speech>,
        fault: Option<AudioFault>,
    },
}

/// What is known of a variant that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Cached(MediaTime),
    Joined,
    Unknown,
}

impl Variants {
    pub(super) const fn new(capacity: usize) -> Self {
        Self { by_hash: BTreeMap::new(), cached: VecDeque::new(), capacity, forgotten: 0 }
    }

    pub(super) fn look_up(&mut self, at: Instant, variant: &VariantHash, subscriber: Subscriber) -> Lookup {
        match self.by_hash.get_mut(variant) {
            Some(Variant::Cached { speech, .. }) => Lookup::Cached(speech.media),
            Some(Variant::InFlight { expires_at, subscribers, .. }) if at < *expires_at => {
                subscribers.insert(subscriber);
                Lookup::Joined
            }
            Some(Variant::InFlight { .. }) | None => Lookup::Unknown,
        }
    }

    /// A job was made for a variant that is unknown, or whose key has expired.
    pub(super) fn open(&mut self, variant: VariantHash, job: JobNo, expires_at: Instant, first: Subscriber) {
        let subscribers = BTreeSet::from([first]);
        let old = self.by_hash.insert(variant, Variant::InFlight { job, expires_at, subscribers });
        if let Some(Variant::InFlight { subscribers, .. }) = old {
            self.forget(subscribers.len());
        }
    }

    /// Forgets a subscriber, and the variant with the last one; then its job is of no use any more.
    pub(super) fn withdraw(&mut self, variant: &VariantHash, subscriber: Subscriber) -> bool {
        let Some(Variant::InFlight { subscribers, .. }) = self.by_hash.get_mut(variant) else { return false };
        let unwanted = subscribers.remove(&subscriber) && subscribers.is_empty();
        if unwanted {
            self.by_hash.remove(variant);
        }
        unwanted
    }

    /// The variant's job failed for good. Who is to be told.
    pub(super) fn abandon(&mut self, at: Instant, variant: &VariantHash) -> BTreeSet<Subscriber> {
        let old = self.by_hash.remove(variant);
        self.subscribers_of(at, old)
    }

    /// Keeps the audio. Who is to be told; none when the audio was there already.
    pub(super) fn complete(
        &mut self,
        at: Instant,
        variant: VariantHash,
        speech: Speech,
        fault: Option<AudioFault>,
    ) -> Option<BTreeSet<Subscriber>> {
        if let Some(Variant::Cached { .. }) = self.by_hash.get(&variant) {
            return None;
        }
        let old = self.by_hash.insert(variant, Variant::Cached { speech: Arc::new(speech), fault });
        self.cached.push_back(variant);
        if self.cached.len() > self.capacity
            && let Some(oldest) = self.cached.pop_front()
        {
            self.by_hash.remove(&oldest);
        }
        Some(self.subscribers_of(at, old))
    }

    pub(super) fn job(&self, variant: &VariantHash) -> Option<JobNo> {
        match self.by_hash.get(variant) {
            Some(Variant::InFlight { job, .. }) => Some(*job),
            Some(Variant::Cached { .. }) | None => None,
        }
    }

    pub(super) fn audio(&self, variant: &VariantHash) -> Option<(&Arc<Speech>, Option<AudioFault>)> {
        match self.by_hash.get(variant) {
            Some(Variant::Cached { speech, fault }) => Some((speech, *fault)),
            Some(Variant::InFlight { .. }) | None => None,
        }
    }

    pub(super) fn cached(&self) -> usize {
        self.cached.len()
    }

    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn subscribers_of(&mut self, at: Instant, old: Option<Variant>) -> BTreeSet<Subscriber> {
        match old {
            Some(Variant::InFlight { expires_at, subscribers, .. }) if at < expires_at => subscribers,
            Some(Variant::InFlight { subscribers, .. }) => {
                self.forget(subscribers.len());
                BTreeSet::new()
            }
            Some(Variant::Cached { .. }) | None => BTreeSet::new(),
        }
    }

    fn forget(&mut self, subscribers: usize) {
        self.forgotten += u64::try_from(subscribers).unwrap_or(u64::MAX);
    }
}
