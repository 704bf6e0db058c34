//! Whether listeners' own networks, and not the service, are what is late at the first number that fails.
//!
//! A line that is slower than the audio delivers as little as a service that makes too little, and no moment on record tells the two
//! apart. Where runs can be made again without any network (in virtual time, at no cost to anybody), the runs that failed are: a number
//! that holds then was too much for the lines.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{ids::ListenerId, record::Fact};
use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    cause::GaveWay,
    evidence::{Evidence, Length},
    search::{Search, SearchEnding},
};

/// Listeners of one network in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkListeners {
    /// What the plan calls the network.
    pub name: String,
    /// Listeners that had it.
    pub listeners: u64,
    /// Those of them who heard their text without an underrun.
    pub underrun_free: u64,
}

/// What the networks of listeners have to do with what failed first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkShare {
    /// The networks whose listeners had underruns in the runs that failed, by name; all of them where none had any.
    pub names: Vec<String>,
    /// Runs at the number that failed that were made again with no network between listeners and service; 0 where that was not done, so that
    /// nothing tells whether the service or the networks are too slow.
    pub again: u64,
    /// Those of them that held then.
    pub held: u64,
}

/// The listeners of each network, by name; none where nobody had one.
pub(super) fn networks(facts: &[Fact]) -> Vec<NetworkListeners> {
    let stalled: BTreeSet<ListenerId> = facts.iter().filter_map(stalls).collect();
    let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for fact in facts {
        if let Fact::Listener(record) = fact
            && let Some(name) = &record.network
        {
            let (listeners, underrun_free) = found.entry(name).or_default();
            *listeners += 1;
            *underrun_free += u64::from(record.started_at.is_some() && !stalled.contains(&record.listener));
        }
    }
    let of = |(name, (listeners, underrun_free)): (&str, _)| NetworkListeners {
        name: name.to_owned(),
        listeners,
        underrun_free,
    };
    found.into_iter().map(of).collect()
}

/// Whose stall it is.
fn stalls(fact: &Fact) -> Option<ListenerId> {
    match fact {
        Fact::Stall(record) => Some(record.listener),
        Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
    }
}

impl Search {
    /// The runs, by their places in the history, of which it is not known whether the service or the listeners' networks were too slow: those
    /// at the first number that fails. None where nobody had a network, or what gave way is no matter of networks.
    #[must_use]
    pub fn to_be_told_apart(&self, answer: &Answer) -> Vec<usize> {
        let is_of_networks = match answer.gave_way {
            Some(GaveWay::RateLimit | GaveWay::Generator) => false,
            Some(
                GaveWay::Queue
                | GaveWay::Wait
                | GaveWay::ServiceTime
                | GaveWay::Worker
                | GaveWay::Network
                | GaveWay::ListenerNetworks,
            ) => true,
            // A lone listener may fail in short runs alone.
            None => answer.ending == SearchEnding::NothingHolds,
        };
        let all = || {
            let of_networks = |one: &Evidence| one.is_trusted() && !one.networks.is_empty();
            self.history().iter().enumerate().filter(move |(_, one)| of_networks(one))
        };
        let fewest = || all().filter(|(_, one)| self.fails(one)).map(|(_, one)| one.users).min();
        let number = answer.first_failing.or_else(fewest).filter(|_| is_of_networks);
        let at = |length: Length| -> Vec<usize> {
            let is = |one: &Evidence| Some(one.users) == number && one.length == length;
            all().filter(|(_, one)| is(one)).map(|(place, _)| place).collect()
        };
        let full = at(Length::Full);
        let places = if full.is_empty() { at(Length::Short) } else { full };
        let runs: Vec<_> = places.iter().filter_map(|&place| self.history().get(place)).collect();
        if self.have_failed(&runs) { places } else { Vec::new() }
    }
}

impl Answer {
    /// The same with what networks have to do with it: `again` is what the runs of [`Search::to_be_told_apart`] showed when they were made
    /// again with no network. Where the number holds in them, the networks gave way, and nothing is known of what the service can spare.
    #[must_use]
    pub fn with_networks(self, search: &Search, again: &[&Evidence]) -> Self {
        let places = search.to_be_told_apart(&self);
        let failed: Vec<_> = places.iter().filter_map(|&place| search.history().get(place)).collect();
        if failed.is_empty() {
            return self;
        }
        let named = |is: fn(&NetworkListeners) -> bool| -> BTreeSet<&str> {
            let networks = failed.iter().flat_map(|one| &one.networks);
            networks.filter(|network| is(network)).map(|network| network.name.as_str()).collect()
        };
        let suffered = named(|network| network.underrun_free < network.listeners);
        let names = if suffered.is_empty() { named(|_| true) } else { suffered };
        // A part of the runs would be less than what showed that the number fails.
        let again: Vec<_> = again.iter().copied().filter(|one| one.is_trusted()).collect();
        let is_whole = again.len() == failed.len();
        let is_of_networks = is_whole && !search.have_failed(&again);
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            networks: Some(NetworkShare {
                names: names.into_iter().map(str::to_owned).collect(),
                again: if is_whole { count(again.len()) } else { 0 },
                held: count(again.iter().filter(|one| is_whole && !search.fails(one)).count()),
            }),
            gave_way: if is_of_networks { Some(GaveWay::ListenerNetworks) } else { self.gave_way },
            headroom: self.headroom.filter(|_| !is_of_networks),
            ..self
        }
    }
}
