//! Connections: who is behind them, what they still wait to have admitted, and what injected faults do to them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::time::{Duration, Instant};

use crate::{
    blocks::Block,
    config::{CrossTalk, Eviction},
    faults::{ConnectionEffect, ConnectionFault},
    ids::{ConnId, DocumentId, UserId, VariantHash},
    message::{Notice, Output},
    pipeline::Subscriber,
};

/// Close code of a server that is restarted (IANA's registry of WebSocket close codes).
const SERVICE_RESTART: u16 = 1012;

/// Something a connection asked for, in the order of its messages.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Block(BlockAsk),
    Moved { document: DocumentId, cursor: i64 },
}

/// One block of a request, with everything the request was checked for.
#[derive(Clone, Debug)]
pub(crate) struct BlockAsk {
    pub(crate) document: DocumentId,
    pub(crate) blocks: Arc<[Block]>,
    pub(crate) block: i64,
    /// Index of the model.
    pub(crate) pool: usize,
    pub(crate) model: Arc<str>,
    pub(crate) voice: Arc<str>,
}

/// All connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    conns: BTreeMap<ConnId, Conn>,
    by_user: BTreeMap<UserId, BTreeSet<ConnId>>,
    /// Blocks that were queued and neither settled nor evicted.
    pending: BTreeMap<(ConnId, DocumentId), BTreeSet<(i64, VariantHash)>>,
    admissions: BTreeSet<(Instant, ConnId)>,
    opened: u64,
}

#[derive(Clone, Debug)]
struct Conn {
    user: UserId,
    backlog: VecDeque<Work>,
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
        conn: ConnId,
        user: UserId,
        fault: impl FnOnce(u64) -> Option<ConnectionFault>,
    ) {
        let voice = fault(self.opened).map_or(Voice::Clear, Voice::Doomed);
        self.opened += 1;
        self.disconnect(conn);
        self.by_user.entry(user.clone()).or_default().insert(conn);
        self.conns.insert(conn, Conn { user, backlog: VecDeque::new(), admits_at: None, voice, sent: 0 });
    }

    /// What was queued is still made; nobody is told.
    pub(crate) fn disconnect(&mut self, conn: ConnId) {
        let Some(gone) = self.conns.remove(&conn) else { return };
        if let Some(at) = gone.admits_at {
            self.admissions.remove(&(at, conn));
        }
        if let Some(conns) = self.by_user.get_mut(&gone.user) {
            conns.remove(&conn);
            if conns.is_empty() {
                self.by_user.remove(&gone.user);
            }
        }
        let documents = (conn, DocumentId::FIRST)..=(conn, DocumentId::LAST);
        let keys: Vec<_> = self.pending.range(documents).map(|(key, _)| *key).collect();
        for key in keys {
            self.pending.remove(&key);
        }
    }

    pub(crate) fn user(&self, conn: ConnId) -> Option<&UserId> {
        self.conns.get(&conn).map(|conn| &conn.user)
    }

    pub(crate) fn len(&self) -> usize {
        self.conns.len()
    }

    /// Adds to what the connection waits for. A block takes `interval` after the one before.
    pub(crate) fn push(&mut self, at: Instant, conn: ConnId, work: Work, interval: Duration) {
        let Some(entry) = self.conns.get_mut(&conn) else { return };
        entry.backlog.push_back(work);
        if entry.admits_at.is_none() {
            self.schedule(at, conn, interval);
        }
    }

    pub(crate) fn next_admission(&self) -> Option<Instant> {
        self.admissions.first().map(|(at, _)| *at)
    }

    /// Takes what is admitted first, and sets the time of what that connection waits for next.
    pub(crate) fn pop_admission(&mut self, interval: Duration) -> Option<(Instant, ConnId, Work)> {
        let (at, conn) = self.admissions.pop_first()?;
        let entry = self.conns.get_mut(&conn)?;
        entry.admits_at = None;
        let work = entry.backlog.pop_front()?;
        self.schedule(at, conn, interval);
        Some((at, conn, work))
    }

    pub(crate) fn add_pending(&mut self, subscriber: Subscriber, variant: VariantHash) {
        let key = (subscriber.conn, subscriber.document);
        self.pending.entry(key).or_default().insert((subscriber.block, variant));
    }

    pub(crate) fn settle(&mut self, subscriber: Subscriber, variant: VariantHash) {
        let key = (subscriber.conn, subscriber.document);
        if let Some(blocks) = self.pending.get_mut(&key) {
            blocks.remove(&(subscriber.block, variant));
            if blocks.is_empty() {
                self.pending.remove(&key);
            }
        }
    }

    /// Takes the pending blocks that a cursor at `cursor` evicts, ascending.
    pub(crate) fn evict(
        &mut self,
        conn: ConnId,
        document: DocumentId,
        cursor: i64,
        rule: Eviction,
    ) -> Vec<(i64, VariantHash)> {
        let Some(mut blocks) = self.pending.remove(&(conn, document)) else { return Vec::new() };
        let evicted: Vec<_> = match rule {
            Eviction::All => core::mem::take(&mut blocks).into_iter().collect(),
            Eviction::Outside { behind, ahead } => {
                let kept = cursor.saturating_sub(i64::from(behind))..=cursor.saturating_add(i64::from(ahead));
                let (stay, go) = blocks.into_iter().partition(|(block, _)| kept.contains(block));
                blocks = stay;
                BTreeSet::into_iter(go).collect()
            }
        };
        if !blocks.is_empty() {
            self.pending.insert((conn, document), blocks);
        }
        evicted
    }

    /// Says something of a block to whom it concerns.
    pub(crate) fn tell(
        &mut self,
        out: &mut VecDeque<Output>,
        at: Instant,
        conn: ConnId,
        notice: Notice,
        cross_talk: CrossTalk,
    ) {
        match cross_talk {
            CrossTalk::None => self.send(out, at, conn, notice),
            CrossTalk::PerUser => {
                let user = self.conns.get(&conn).map(|conn| &conn.user);
                let conns = user.and_then(|user| self.by_user.get(user)).cloned().unwrap_or_default();
                for conn in conns {
                    self.send(out, at, conn, notice.clone());
                }
            }
        }
    }

    /// Sends a message to one connection, unless a fault forbids.
    pub(crate) fn send(&mut self, out: &mut VecDeque<Output>, at: Instant, conn: ConnId, notice: Notice) {
        let Some(entry) = self.conns.get_mut(&conn) else { return };
        match &entry.voice {
            Voice::Silent => return,
            Voice::Doomed(fault) if fault.hits(entry.sent, &notice) => match &fault.effect {
                ConnectionEffect::Close { code, reason } => {
                    out.push_back(Output::Close { conn, at, code: *code, reason: reason.clone() });
                    entry.voice = Voice::Silent;
                    return;
                }
                ConnectionEffect::Silence => {
                    entry.voice = Voice::Silent;
                    return;
                }
                ConnectionEffect::Garbage => {
                    out.push_back(Output::Garbage { conn, at });
                    entry.voice = Voice::Clear;
                }
            },
            Voice::Clear | Voice::Doomed(_) => {}
        }
        entry.sent += 1;
        out.push_back(Output::Notice { conn, at, notice });
    }

    /// Closes every connection.
    pub(crate) fn close_all(&mut self, out: &mut VecDeque<Output>, at: Instant) {
        for (&conn, entry) in &mut self.conns {
            entry.voice = Voice::Silent;
            out.push_back(Output::Close {
                conn,
                at,
                code: SERVICE_RESTART,
                reason: "service restart".to_owned(),
            });
        }
    }

    fn schedule(&mut self, at: Instant, conn: ConnId, interval: Duration) {
        let Some(entry) = self.conns.get_mut(&conn) else { return };
        let admits_at = match entry.backlog.front() {
            Some(Work::Block(_)) => at + interval,
            Some(Work::Moved { .. }) => at,
            None => return,
        };
        entry.admits_at = Some(admits_at);
        self.admissions.insert((admits_at, conn));
    }
}
