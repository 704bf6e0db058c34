//! Lost connections, blocks asked for again, and what listeners did of their own accord; and which stalls came of it.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Incident, IncidentRecord, Jump, OutageEnd, ResendReason, StallRecord},
    time::{Duration, Instant, duration_nanos},
};

use crate::{
    sample::{millis, percent},
    summary::{Acts, ConnectionTrouble, GiveUpFigures, Resends},
};

/// Incidents as they come in. Stalls are kept, because what brought them about may be recorded after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incidents {
    /// Whether anybody could have reported an incident: players do, files of the older script do not.
    known: bool,
    trouble: ConnectionTrouble,
    acts: Acts,
    outage_total: u64,
    longest_outage: u64,
    paused_total: u64,
    /// From when until when each listener had no connection.
    outages: BTreeMap<ListenerId, Vec<(Instant, Instant)>>,
    /// Blocks that had to be asked for again, or could only be asked for late, because of an outage.
    held_up: BTreeSet<(ListenerId, BlockIdx)>,
    /// Jumps and changes of voice.
    moved: BTreeSet<(ListenerId, Instant)>,
    jumped: BTreeSet<ListenerId>,
    stalls: Vec<StallRecord>,
    /// Those of the resends that were overdue of which it is known that they were acknowledged, and that it is not known.
    overdue_acknowledged: u64,
    overdue_unknown: u64,
    /// Blocks of listeners that are not closed.
    again: BTreeMap<ListenerId, RepeatedBlocks>,
    resent: BlockCount,
    given_up: BlockCount,
}

/// Which blocks of a listener were asked for again, and which were given up.
#[derive(Clone, Debug, Default)]
struct RepeatedBlocks {
    resent: BTreeSet<BlockIdx>,
    given_up: BTreeSet<BlockIdx>,
}

/// Blocks of which something is true.
#[derive(Clone, Copy, Debug, Default)]
struct BlockCount {
    all: u64,
    /// Those that the listener did not give up of its own will.
    wanted: u64,
    /// Those that arrived.
    delivered: u64,
}

/// How the blocks of one listener ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockEnds {
    /// Those that arrived.
    pub(crate) delivered: BTreeSet<BlockIdx>,
    /// Those that it gave up of its own will.
    pub(crate) forgone: BTreeSet<BlockIdx>,
}

/// Every figure that is made of incidents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncidentFigures {
    pub(crate) trouble: ConnectionTrouble,
    pub(crate) acts: Acts,
    pub(crate) resends: Resends,
    pub(crate) given_up: GiveUpFigures,
}

impl BlockCount {
    fn add(&mut self, blocks: &BTreeSet<BlockIdx>, ends: &BlockEnds) {
        let count = |blocks: usize| u64::try_from(blocks).unwrap_or(u64::MAX);
        self.all += count(blocks.len());
        self.wanted += count(blocks.difference(&ends.forgone).count());
        self.delivered += count(blocks.intersection(&ends.delivered).count());
    }
}

/// What a stall came of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    OwnAct,
    Outage,
    Lateness,
}

impl Incidents {
    /// A session was reported by a player, which would have reported incidents as well.
    pub(crate) const fn expect_incidents(&mut self) {
        self.known = true;
    }

    pub(crate) fn add_stall(&mut self, record: StallRecord) {
        self.stalls.push(record);
    }

    pub(crate) fn add(&mut self, record: &IncidentRecord) {
        self.known = true;
        let IncidentRecord { listener, at, incident } = record;
        let (listener, at) = (*listener, *at);
        match incident {
            Incident::Outage { lasted, tries, end, failure: _ } => {
                self.add_outage(listener, at, *lasted);
                self.trouble.tries += u64::from(*tries);
                match end {
                    OutageEnd::Reconnected => self.trouble.reconnects += 1,
                    OutageEnd::GivenUp => self.trouble.connections_given_up += 1,
                    OutageEnd::SessionEnded => {}
                }
            }
            Incident::Resent { block, why } => {
                self.again.entry(listener).or_default().resent.insert(*block);
                self.add_resend(listener, *block, *why);
            }
            Incident::Delayed { block, .. } => {
                self.trouble.blocks_delayed += 1;
                self.held_up.insert((listener, *block));
            }
            Incident::GivenUp { block } => {
                self.trouble.blocks_given_up += 1;
                self.again.entry(listener).or_default().given_up.insert(*block);
            }
            Incident::Paused { lasted } => {
                self.acts.pauses += 1;
                self.paused_total = self.paused_total.saturating_add(duration_nanos(*lasted));
            }
            Incident::Jumped { how, .. } => {
                match how {
                    Jump::Seek => self.acts.seeks += 1,
                    Jump::Skip => self.acts.skips += 1,
                }
                self.jumped.insert(listener);
                self.moved.insert((listener, at));
            }
            Incident::VoiceChanged { .. } => {
                self.acts.voice_changes += 1;
                self.moved.insert((listener, at));
            }
            Incident::HungUp { .. } => self.acts.hang_ups += 1,
            // The outcome of its block tells it.
            Incident::BargedIn { .. } => {}
        }
    }

    /// Whether blocks this listener has no record of may have been jumped over.
    pub(crate) fn has_jumped(&self, listener: ListenerId) -> bool {
        self.jumped.contains(&listener)
    }

    /// Whether any block of `listener` was asked for again or given up.
    pub(crate) fn has_again(&self, listener: ListenerId) -> bool {
        self.again.contains_key(&listener)
    }

    /// Says how the blocks of `listener` ended, once all its incidents are there.
    pub(crate) fn close(&mut self, listener: ListenerId, ends: &BlockEnds) {
        if let Some(again) = self.again.remove(&listener) {
            self.resent.add(&again.resent, ends);
            self.given_up.add(&again.given_up, ends);
        }
    }

    /// The figures, of a run in which so many blocks were wanted; none when nobody could have reported an incident.
    pub(crate) fn finish(mut self, wanted: u64) -> Option<IncidentFigures> {
        if !self.known {
            return None;
        }
        while let Some((_, again)) = self.again.pop_first() {
            self.resent.add(&again.resent, &BlockEnds::default());
            self.given_up.add(&again.given_up, &BlockEnds::default());
        }
        let (mut in_outage, mut after_act) = (0_u64, 0_u64);
        for stall in &self.stalls {
            let waited = duration_nanos(stall.waited);
            match self.cause(stall) {
                Cause::OwnAct => {
                    self.acts.stalls += 1;
                    after_act = after_act.saturating_add(waited);
                }
                Cause::Outage => {
                    self.trouble.stalls += 1;
                    in_outage = in_outage.saturating_add(waited);
                }
                Cause::Lateness => {}
            }
        }
        self.trouble.stall_ms_total = millis(in_outage);
        self.trouble.outage_ms_total = millis(self.outage_total);
        self.trouble.outage_ms_longest = millis(self.longest_outage);
        self.trouble.listeners_affected = u64::try_from(self.outages.len()).unwrap_or(u64::MAX);
        self.acts.stall_ms_total = millis(after_act);
        self.acts.paused_ms_total = millis(self.paused_total);
        self.trouble.resends_acknowledged = (self.overdue_unknown == 0).then_some(self.overdue_acknowledged);
        Some(IncidentFigures {
            trouble: self.trouble,
            acts: self.acts,
            resends: Resends {
                count: self.trouble.resends(),
                blocks: self.resent.all,
                blocks_wanted: Some(self.resent.wanted),
                blocks_pct: percent(self.resent.wanted, wanted),
            },
            given_up: GiveUpFigures {
                count: self.trouble.blocks_given_up,
                blocks: self.given_up.all,
                blocks_wanted: Some(self.given_up.wanted),
                blocks_pct: percent(self.given_up.wanted, wanted),
                healed: self.given_up.delivered,
            },
        })
    }

    fn add_resend(&mut self, listener: ListenerId, block: BlockIdx, why: ResendReason) {
        match why {
            ResendReason::Overdue { acknowledged } => {
                self.trouble.resends_unacknowledged += 1;
                match acknowledged {
                    Some(true) => self.overdue_acknowledged += 1,
                    Some(false) => {}
                    None => self.overdue_unknown += 1,
                }
            }
            ResendReason::Failed => self.trouble.resends_failed += 1,
            ResendReason::Withdrawn => self.trouble.resends_withdrawn += 1,
            ResendReason::Reconnected => {
                self.trouble.resends_reconnected += 1;
                self.held_up.insert((listener, block));
            }
        }
    }

    fn add_outage(&mut self, listener: ListenerId, since: Instant, lasted: Duration) {
        self.trouble.outages += 1;
        self.outage_total = self.outage_total.saturating_add(duration_nanos(lasted));
        self.longest_outage = self.longest_outage.max(duration_nanos(lasted));
        self.outages.entry(listener).or_default().push((since, since + lasted));
    }

    fn cause(&self, stall: &StallRecord) -> Cause {
        let StallRecord { listener, block, began_at, waited } = *stall;
        let ended_at = began_at + waited;
        let overlaps = |outages: &Vec<(Instant, Instant)>| {
            outages.iter().any(|&(since, until)| began_at <= until && since <= ended_at)
        };
        if self.moved.contains(&(listener, began_at)) {
            Cause::OwnAct
        } else if self.outages.get(&listener).is_some_and(overlaps)
            || self.held_up.contains(&(listener, block))
        {
            Cause::Outage
        } else {
            Cause::Lateness
        }
    }
}
