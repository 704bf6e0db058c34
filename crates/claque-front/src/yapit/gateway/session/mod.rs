//! Connections: who is behind them, what they still wait to have admitted, what they hear of, and what injected faults do to
//! them.

mod backlog;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque},
};

use claque_core::time::{Duration, Instant};
use claque_gateway::{ConnId, ConnectionEffect, ConnectionFault, DocumentId, Subscriber, Table, UserId};

use self::backlog::Backlog;
pub(crate) use self::backlog::{Admitted, BlockRequest, Work};
use super::{
    config::{CrossTalk, Eviction},
    message::{Notice, Output},
};

/// All connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    conns: Table<ConnId, Conn>,
    by_user: BTreeMap<UserId, BTreeSet<ConnId>>,
    /// Which connections hear of a document: those that have asked for something of it. A document has one owner.
    by_document: Table<DocumentId, Vec<ConnId>>,
    pending: Table<DocumentId, Pending>,
    /// When each connection's backlog goes on. Those of connections that are gone lie there, too, but none of them first.
    admissions: BinaryHeap<Reverse<(Instant, ConnId)>>,
    /// What faults will say or do, in order of time, then of being set.
    later: BTreeMap<(Instant, u64), (ConnId, DelayedFault)>,
    set: u64,
    opened: u64,
    /// Kept for its memory.
    told: Vec<ConnId>,
}

/// Blocks of a document that were queued and neither settled nor evicted. They outlive the connection that asked.
#[derive(Clone, Debug)]
struct Pending {
    /// Ascending, each once.
    blocks: Vec<i64>,
    /// When all of them are forgotten, unless another comes before.
    forgotten_at: Instant,
}

/// What a fault will say or do.
#[derive(Clone, Debug)]
enum DelayedFault {
    Say(Notice),
    Strike,
}

#[derive(Clone, Debug)]
struct Conn {
    user: UserId,
    /// Each once.
    documents: Vec<DocumentId>,
    backlog: Backlog,
    /// When the first of the backlog is admitted.
    admits_at: Option<Instant>,
    voice: Voice,
    sent: u64,
}

/// What becomes of messages to a connection.
#[derive(Clone, Debug)]
enum Voice {
    Clear,
    Doomed(ConnectionFault),
    Silent,
}

impl Sessions {
    pub(crate) fn connect(
        &mut self,
        at: Instant,
        conn: ConnId,
        user: UserId,
        fault: impl FnOnce(u64) -> Option<ConnectionFault>,
    ) {
        self.disconnect(conn);
        let fault = fault(self.opened);
        if let Some(after) = fault.as_ref().and_then(|fault| fault.after) {
            self.set_later(at + after, conn, DelayedFault::Strike);
        }
        let voice = fault.map_or(Voice::Clear, Voice::Doomed);
        self.opened += 1;
        self.by_user.entry(user.clone()).or_default().insert(conn);
        let (documents, backlog) = (Vec::new(), Backlog::default());
        self.conns.insert(conn, Conn { user, documents, backlog, admits_at: None, voice, sent: 0 });
    }

    /// What was queued is still made; it is announced to whoever listens to the document then.
    pub(crate) fn disconnect(&mut self, conn: ConnId) {
        let Some(gone) = self.conns.remove(conn) else { return };
        if gone.admits_at.is_some() {
            self.drop_stale_admissions();
        }
        remove_from(&mut self.by_user, &gone.user, conn);
        for document in gone.documents {
            let Some(conns) = self.by_document.get_mut(document) else { continue };
            conns.retain(|other| *other != conn);
            if conns.is_empty() {
                self.by_document.remove(document);
            }
        }
    }

    /// The connection hears of this document from now on.
    pub(crate) fn listen(&mut self, conn: ConnId, document: DocumentId) {
        if let Some(entry) = self.conns.get_mut(conn)
            && !entry.documents.contains(&document)
        {
            entry.documents.push(document);
            let conns = self.by_document.get_or_insert_with(document, Vec::new);
            if let Err(place) = conns.binary_search(&conn) {
                conns.insert(place, conn);
            }
        }
    }

    pub(crate) fn user(&self, conn: ConnId) -> Option<&UserId> {
        self.conns.get(conn).map(|conn| &conn.user)
    }

    pub(crate) fn len(&self) -> usize {
        self.conns.len()
    }

    /// Adds to what the connection waits for. A block takes `interval` after the one before.
    pub(crate) fn push(&mut self, at: Instant, conn: ConnId, work: Work, interval: Duration) {
        let Some(entry) = self.conns.get_mut(conn) else { return };
        entry.backlog.push(work);
        if entry.admits_at.is_none() {
            self.schedule(at, conn, interval);
        }
    }

    pub(crate) fn next_admission(&self) -> Option<Instant> {
        self.admissions.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes what is admitted first, and sets the time of what that connection waits for next.
    pub(crate) fn pop_admission(&mut self, interval: Duration) -> Option<(Instant, ConnId, Admitted)> {
        let Reverse((at, conn)) = self.admissions.pop()?;
        let entry = self.conns.get_mut(conn)?;
        entry.admits_at = None;
        let admitted = entry.backlog.take()?;
        self.schedule(at, conn, interval);
        self.drop_stale_admissions();
        Some((at, conn, admitted))
    }

    pub(crate) fn add_pending(&mut self, at: Instant, subscriber: Subscriber, life: Duration) {
        let fresh = || Pending { blocks: Vec::new(), forgotten_at: at };
        let pending = self.pending.get_or_insert_with(subscriber.document, fresh);
        if pending.forgotten_at <= at {
            pending.blocks.clear();
        }
        if let Err(place) = pending.blocks.binary_search(&subscriber.block) {
            pending.blocks.insert(place, subscriber.block);
        }
        pending.forgotten_at = at + life;
    }

    pub(crate) fn settle(&mut self, subscriber: Subscriber) {
        if let Some(pending) = self.pending.get_mut(subscriber.document) {
            if let Ok(place) = pending.blocks.binary_search(&subscriber.block) {
                pending.blocks.remove(place);
            }
            if pending.blocks.is_empty() {
                self.pending.remove(subscriber.document);
            }
        }
    }

    /// Takes the pending blocks that a cursor at `cursor` evicts, ascending.
    pub(crate) fn evict(
        &mut self,
        at: Instant,
        document: DocumentId,
        cursor: i64,
        rule: Eviction,
    ) -> Vec<i64> {
        let goes = |block: &i64| match rule {
            Eviction::All => true,
            Eviction::Nothing => false,
            Eviction::Outside { behind, ahead } => {
                let kept = cursor.saturating_sub(i64::from(behind))..=cursor.saturating_add(i64::from(ahead));
                !kept.contains(block)
            }
        };
        let Some(pending) = self.pending.remove(document).filter(|pending| at < pending.forgotten_at) else {
            return Vec::new();
        };
        let (evicted, blocks): (Vec<i64>, Vec<i64>) = pending.blocks.into_iter().partition(goes);
        if !blocks.is_empty() {
            self.pending.insert(document, Pending { blocks, ..pending });
        }
        evicted
    }

    /// Sets something to be said then, if the connection is still there.
    pub(crate) fn say_later(&mut self, at: Instant, conn: ConnId, notice: Notice) {
        self.set_later(at, conn, DelayedFault::Say(notice));
    }

    pub(crate) fn next_later(&self) -> Option<Instant> {
        self.later.first_key_value().map(|((at, _), _)| *at)
    }

    /// Says or does what a fault has set for the earliest moment.
    pub(crate) fn do_later(&mut self, out: &mut VecDeque<Output>) {
        let Some(((at, _), (conn, later))) = self.later.pop_first() else { return };
        match later {
            DelayedFault::Say(notice) => self.send(out, at, conn, notice),
            DelayedFault::Strike => {
                if let Some(entry) = self.conns.get_mut(conn)
                    && let Voice::Doomed(fault) = &entry.voice
                {
                    let effect = fault.effect.clone();
                    entry.suffer(out, at, conn, effect);
                }
            }
        }
    }

    fn set_later(&mut self, at: Instant, conn: ConnId, later: DelayedFault) {
        self.later.insert((at, self.set), (conn, later));
        self.set += 1;
    }

    /// Announces a result to whom it concerns.
    pub(crate) fn announce(
        &mut self,
        out: &mut VecDeque<Output>,
        at: Instant,
        (document, owner): (DocumentId, Option<&UserId>),
        notice: Notice,
        cross_talk: CrossTalk,
    ) {
        let mut told = core::mem::take(&mut self.told);
        match cross_talk {
            CrossTalk::None => told.extend(self.by_document.get(document).into_iter().flatten()),
            CrossTalk::PerUser => {
                told.extend(owner.and_then(|owner| self.by_user.get(owner)).into_iter().flatten());
            }
        }
        if let Some((last, others)) = told.split_last() {
            for conn in others {
                self.send(out, at, *conn, notice.clone());
            }
            self.send(out, at, *last, notice);
        }
        told.clear();
        self.told = told;
    }

    /// Sends a message to one connection, unless a fault forbids.
    pub(crate) fn send(&mut self, out: &mut VecDeque<Output>, at: Instant, conn: ConnId, notice: Notice) {
        let Some(entry) = self.conns.get_mut(conn) else { return };
        if let Voice::Doomed(fault) = &entry.voice
            && fault.hits(entry.sent, notice.final_word_on())
        {
            let effect = fault.effect.clone();
            if entry.suffer(out, at, conn, effect) == Message::Lost {
                return;
            }
        }
        match entry.voice {
            Voice::Silent => {}
            Voice::Clear | Voice::Doomed(_) => {
                entry.sent += 1;
                out.push_back(Output::Notice { conn, at, notice });
            }
        }
    }

    /// Closes every connection with this code.
    pub(crate) fn close_all(&mut self, out: &mut VecDeque<Output>, at: Instant, code: u16) {
        for (conn, entry) in self.conns.sorted() {
            entry.voice = Voice::Silent;
            let reason = "service restart".to_owned();
            out.push_back(Output::Close { conn, at, code, reason });
        }
    }

    fn schedule(&mut self, at: Instant, conn: ConnId, interval: Duration) {
        let Some(entry) = self.conns.get_mut(conn) else { return };
        let admits_at = match entry.backlog.front() {
            Some(Work::Blocks { .. }) => at + interval,
            Some(Work::Moved { .. }) => at,
            None => return,
        };
        entry.admits_at = Some(admits_at);
        self.admissions.push(Reverse((admits_at, conn)));
    }

    /// Sees to it that the first admission is of a connection that waits for it.
    fn drop_stale_admissions(&mut self) {
        while let Some(&Reverse((at, conn))) = self.admissions.peek()
            && self.conns.get(conn).and_then(|entry| entry.admits_at) != Some(at)
        {
            self.admissions.pop();
        }
    }
}

/// What becomes of the message in whose place something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Sent,
    Lost,
}

impl Conn {
    /// A fault strikes, once.
    fn suffer(
        &mut self,
        out: &mut VecDeque<Output>,
        at: Instant,
        conn: ConnId,
        effect: ConnectionEffect,
    ) -> Message {
        match effect {
            ConnectionEffect::Close { code, reason } => {
                out.push_back(Output::Close { conn, at, code, reason });
                self.voice = Voice::Silent;
                Message::Lost
            }
            ConnectionEffect::Silence => {
                self.voice = Voice::Silent;
                Message::Lost
            }
            ConnectionEffect::Garbage => {
                out.push_back(Output::Garbage { conn, at });
                self.voice = Voice::Clear;
                Message::Sent
            }
            ConnectionEffect::Error { text } => {
                out.push_back(Output::Notice { conn, at, notice: Notice::Error { text } });
                self.voice = Voice::Clear;
                Message::Sent
            }
            // Such a rule is about handshakes and is given to no connection.
            ConnectionEffect::Refuse { .. } => Message::Sent,
        }
    }
}

fn remove_from(index: &mut BTreeMap<UserId, BTreeSet<ConnId>>, key: &UserId, conn: ConnId) {
    if let Some(conns) = index.get_mut(key) {
        conns.remove(&conn);
        if conns.is_empty() {
            index.remove(key);
        }
    }
}
