//! Requests and answers, and the connections that they go over.

use claque_core::{
    event::Event,
    ids::BlockIdx,
    link::SEGMENT_BYTES,
    record::Fact,
    time::{Instant, MediaTime},
};

use super::{
    super::service::{Call, Reply},
    Happening, OpenCall, World,
};
use crate::network::{ListenerLink, Taken};

/// Parts in which a piece of audio arrives at most, so that a long one does not cost more than it tells.
const MOST_PARTS: u64 = 64;

/// Something on its way to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PieceInTransit {
    pub(super) call: u64,
    pub(super) reply: Reply,
}

impl PieceInTransit {
    /// Its bytes; only those of audio count.
    const fn bytes(&self) -> u64 {
        match self.reply {
            Reply::Audio { sent, .. } => sent,
            Reply::Head | Reply::End | Reply::Failed(_) => 0,
        }
    }
}

/// What becomes of a connection whose answer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    Kept,
    Closed,
}

/// Whether a request has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Now,
    /// When there is a connection for it.
    Later,
}

impl<F: FnMut(Fact)> World<F> {
    /// The service sends something. Of audio that takes its time on a line each segment arrives by itself.
    pub(super) fn send(&mut self, now: Instant, piece: PieceInTransit) {
        let Some(open) = self.open.get_mut(&piece.call) else { return };
        let Reply::Audio { delivered, bytes, sent } = piece.reply else {
            return self.send_whole(now, piece);
        };
        let before = core::mem::replace(&mut open.sent, delivered);
        let has_line = self.links.get(open.listener).is_some_and(|link| link.first_of(sent).is_some());
        let parts = if has_line { sent.div_ceil(SEGMENT_BYTES).min(MOST_PARTS) } else { 1 };
        let up_to = |from: u64, to: u64, part: u64| from + to.saturating_sub(from) * part / parts;
        for part in 1..=parts {
            let of = |whole: u64| up_to(0, whole, part) - up_to(0, whole, part - 1);
            let delivered = MediaTime::from_nanos(up_to(before.as_nanos(), delivered.as_nanos(), part));
            let reply = Reply::Audio { delivered, bytes: of(bytes), sent: of(sent) };
            self.send_whole(now, PieceInTransit { call: piece.call, reply });
        }
    }

    /// Sends something that arrives at once. What nobody wants any more takes no time on a line.
    fn send_whole(&mut self, now: Instant, piece: PieceInTransit) {
        let Some(open) = self.open.get(&piece.call) else { return };
        let (listener, exchange) = (open.listener, open.exchange);
        let sent = match self.links.get_mut(listener) {
            None => Some((now, piece)),
            Some(link) => link.send(exchange, now, piece.bytes(), piece),
        };
        match sent {
            Some((arrives, piece)) => self.queue.push(arrives, Happening::Arrives(piece)),
            None => self.watch_line(listener),
        }
    }

    pub(super) fn carry(&mut self, now: Instant, listener: usize) {
        let mut is_due = false;
        while let Some((arrives, piece)) = self.links.get_mut(listener).and_then(|link| link.pop(now)) {
            is_due = true;
            self.queue.push(arrives, Happening::Arrives(piece));
        }
        // Of several looks at one line the others were overtaken by what came onto it meanwhile.
        if is_due {
            self.watch_line(listener);
        }
    }

    /// Looks at a listener's line when it has carried something.
    pub(super) fn watch_line(&mut self, listener: usize) {
        if let Some(at) = self.links.get(listener).and_then(ListenerLink::next_at) {
            self.queue.push(at, Happening::Carries { listener });
        }
    }

    /// An answer is over; its connection may serve again, or is closed.
    pub(super) fn close(&mut self, now: Instant, call: u64, after: Connection) {
        let Some(open) = self.open.remove(&call) else { return };
        self.listeners[open.listener].calls.retain(|(_, own)| *own != call);
        if let Some(link) = self.links.get_mut(open.listener) {
            match after {
                Connection::Kept => link.free_exchange(open.exchange, now),
                Connection::Closed => drop(link.close_exchange(open.exchange, now)),
            }
        }
    }

    /// A block is asked for by a request of its own, which leaves as soon as there is a connection for it.
    pub(super) fn ask(&mut self, now: Instant, listener: usize, block: BlockIdx, voice: u32) -> Asked {
        let Some((text, chars)) = self.listeners[listener].text.block(block) else { return Asked::Now };
        let voice = usize::try_from(voice).unwrap_or(usize::MAX);
        let (number, text) = (self.asked, self.voices.speak(voice, text));
        self.asked += 1;
        let taken = self.links.get_mut(listener).map(|link| link.take_exchange(now));
        let exchange = taken.map_or(0, |taken| taken.number);
        self.open.insert(
            number,
            OpenCall { listener, block, voice, exchange, sent: MediaTime::ZERO, delivered: MediaTime::ZERO },
        );
        self.listeners[listener].calls.push((block, number));
        let call = Call { number, chars, voice, text };
        if let Some(Taken { stands_at: Some(at), .. }) = taken {
            self.queue.push(at, Happening::Connected { call, dialled_at: now });
            return Asked::Later;
        }
        self.request(now, call);
        Asked::Now
    }

    /// The connection stands for which a request has waited.
    pub(super) fn connected(&mut self, now: Instant, call: Call, dialled_at: Instant) {
        let Some(&OpenCall { listener, block, .. }) = self.open.get(&call.number) else { return };
        self.request(now, call);
        self.tell_event(now, listener, Event::Connected { connect: now.since(dialled_at) });
        self.tell_event(now, listener, Event::Sent { blocks: vec![block] });
    }

    /// A request leaves.
    pub(super) fn request(&mut self, now: Instant, call: Call) {
        let Some(open) = self.open.get(&call.number) else { return };
        // In UTF-8 a character of most texts is a byte.
        let body = u64::from(call.chars);
        let link = self.links.get_mut(open.listener);
        let arrives = link.map_or(now, |link| link.ask(open.exchange, now, body));
        self.queue.push(arrives, Happening::Request { call });
    }

    /// Nothing of a block's answer is wanted, or of any: its connection is closed.
    pub(super) fn hang_up(&mut self, now: Instant, listener: usize, block: Option<BlockIdx>) {
        let calls = &mut self.listeners[listener].calls;
        for (_, call) in calls.extract_if(.., |(own, _)| block.is_none_or(|block| *own == block)) {
            let Some(open) = self.open.remove(&call) else { continue };
            let link = self.links.get_mut(listener);
            let reaches = link.map_or(now, |link| link.close_exchange(open.exchange, now));
            self.queue.push(reaches, Happening::Leaves { call });
        }
        self.watch_line(listener);
    }
}
