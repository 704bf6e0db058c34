//! Errors by cause: every failed block and every ended session finds its row.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use claque_core::{
    event::{FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    record::ErrorRecord,
    time::Instant,
};

use crate::summary::{CauseScope, ErrorCause};

/// Failures as they come in; rows are made at the end, because a block may be recorded before its error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causes {
    rows: BTreeMap<Key, Row>,
    /// Failures of each block by cause.
    block_errors: BTreeMap<(ListenerId, BlockIdx, Key), u64>,
    session_errors: BTreeMap<(ListenerId, FailureClass), Key>,
    failed_blocks: Vec<(ListenerId, BlockIdx, FailureClass)>,
    failed_sessions: Vec<(ListenerId, FailureClass)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    class: FailureClass,
    code: Option<u16>,
    phase: Phase,
    scope: CauseScope,
}

#[derive(Clone, Debug, Default)]
struct Row {
    count: u64,
    /// Those of them whose block arrived after all.
    healed: u64,
    blocks: u64,
    listeners: BTreeSet<ListenerId>,
    /// The earliest, and among equals the smallest, so that the order of facts does not matter.
    example: Option<(Instant, ListenerId, String)>,
}

impl Causes {
    pub(crate) fn add_error(&mut self, record: &ErrorRecord) {
        let failure = &record.failure;
        let (class, code, phase) = (failure.class, failure.code, failure.phase);
        let key = match failure.kills {
            FailureScope::Block(block) => {
                let key = Key { class, code, phase, scope: CauseScope::Block };
                *self.block_errors.entry((record.listener, block, key)).or_default() += 1;
                key
            }
            FailureScope::Session => {
                let key = Key { class, code, phase, scope: CauseScope::Session };
                // Of two the smaller counts, so that the order of facts does not matter.
                let held = self.session_errors.entry((record.listener, class)).or_insert(key);
                *held = key.min(*held);
                key
            }
        };
        let row = self.rows.entry(key).or_default();
        row.count += 1;
        row.listeners.insert(record.listener);
        let example = (record.at, record.listener, failure.text.clone());
        if row.example.as_ref().is_none_or(|held| example < *held) {
            row.example = Some(example);
        }
    }

    pub(crate) fn add_failed_block(&mut self, listener: ListenerId, block: BlockIdx, class: FailureClass) {
        self.failed_blocks.push((listener, block, class));
    }

    pub(crate) fn add_failed_session(&mut self, listener: ListenerId, class: FailureClass) {
        self.failed_sessions.push((listener, class));
    }

    /// Says which blocks of `listener` arrived in the end: their failures are healed. To be said once, when all its failures
    /// are there.
    pub(crate) fn heal(&mut self, listener: ListenerId, delivered: &BTreeSet<BlockIdx>) {
        let first = (listener, BlockIdx(0), Key::least(FailureClass::Auth));
        let own = self.block_errors.range(first..).take_while(|((whose, ..), _)| *whose == listener);
        for ((_, block, key), failures) in own {
            if delivered.contains(block)
                && let Some(row) = self.rows.get_mut(key)
            {
                row.healed += failures;
            }
        }
    }

    /// Whether any block of `listener` has failed.
    pub(crate) fn has_failed_blocks(&self, listener: ListenerId) -> bool {
        let first = (listener, BlockIdx(0), Key::least(FailureClass::Auth));
        self.block_errors.range(first..).next().is_some_and(|((whose, ..), _)| *whose == listener)
    }

    /// The rows, most frequent first.
    pub(crate) fn into_rows(mut self) -> Vec<ErrorCause> {
        for (listener, class) in std::mem::take(&mut self.failed_sessions) {
            let key = unrecorded(class, CauseScope::Session);
            if let Entry::Vacant(place) = self.session_errors.entry((listener, class)) {
                place.insert(key);
                self.rows.entry(key).or_default().add_unrecorded(listener);
            }
        }
        for (listener, block, class) in std::mem::take(&mut self.failed_blocks) {
            self.attribute(listener, block, class);
        }
        let mut causes: Vec<_> = self.rows.into_iter().map(|(key, row)| row.into_cause(key)).collect();
        // Stable, so that equals stay in the order of classes.
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.count.max(cause.blocks)));
        causes
    }

    /// A failed block belongs to its own error, else to the one that ended its session, else it is an error of
    /// its own of which only the class is known.
    fn attribute(&mut self, listener: ListenerId, block: BlockIdx, class: FailureClass) {
        let first = (listener, block, Key::least(class));
        let own = self.block_errors.range(first..).map(|(place, _)| place).next();
        let own = own.filter(|(whose, which, key)| (*whose, *which, key.class) == (listener, block, class));
        let own = own.map(|(_, _, key)| key);
        let row = match own.or_else(|| self.session_errors.get(&(listener, class))) {
            Some(&key) => self.rows.entry(key).or_default(),
            None => {
                let row = self.rows.entry(unrecorded(class, CauseScope::Block)).or_default();
                row.add_unrecorded(listener);
                row
            }
        };
        row.blocks += 1;
    }
}

impl Row {
    fn add_unrecorded(&mut self, listener: ListenerId) {
        self.count += 1;
        self.listeners.insert(listener);
    }

    fn into_cause(self, key: Key) -> ErrorCause {
        ErrorCause {
            cause: key.describe(),
            class: key.class,
            code: key.code,
            phase: key.phase,
            scope: key.scope,
            count: self.count,
            healed: match key.scope {
                CauseScope::Block => Some(self.healed),
                CauseScope::Session => None,
            },
            blocks: self.blocks,
            listeners: u64::try_from(self.listeners.len()).unwrap_or(u64::MAX),
            example: self.example.map(|(_, _, text)| text),
        }
    }
}

impl Key {
    /// The first of a class in the order of keys.
    const fn least(class: FailureClass) -> Self {
        Self { class, code: None, phase: Phase::Preparation, scope: CauseScope::Block }
    }

    fn describe(self) -> String {
        let what = match (self.phase, self.scope) {
            (Phase::Preparation, CauseScope::Block | CauseScope::Session) => "preparation failed",
            (Phase::Dial, CauseScope::Block | CauseScope::Session) => "could not connect",
            (Phase::Handshake, CauseScope::Block | CauseScope::Session) => "refused at the handshake",
            (Phase::BeforeAudio, CauseScope::Block) => "block error",
            (Phase::BeforeAudio, CauseScope::Session) => "session error",
            (Phase::MidAudio, CauseScope::Block) => "audio cut or broken",
            (Phase::MidAudio, CauseScope::Session) => "session ended in mid audio",
        };
        match self.code {
            Some(code) => format!("{} {code}: {what}", self.class),
            None => format!("{}: {what}", self.class),
        }
    }
}

const fn unrecorded(class: FailureClass, scope: CauseScope) -> Key {
    Key { class, code: None, phase: Phase::BeforeAudio, scope }
}
