//! What is asked of the service beside messages: connections and audio.

use std::sync::Arc;

use claque_core::{
    event::Event,
    ids::BlockIdx,
    record::Fact,
    remark::{Findings, Remark, contradicts},
    time::{Instant, MediaTime},
};
use claque_front::typed::conversation::{FetchedAudio, Input};
use claque_gateway::{ConnId, VariantHash};
use claque_wire::typed::conversation::handshake_refused;

use super::{LISTENERS_ADDRESS, World, wide};
use crate::{
    audio::{bytes_of, bytes_of_flawed, flawed, refused},
    happening::{Due, What, as_number},
    listener::Line,
    network::{ListenerLink, Taken},
    stage::listeners_user,
};

impl<F: FnMut(Fact)> World<F> {
    /// A connection is wanted: the gateway hears of it first.
    pub(super) fn dial(&mut self, now: Instant, listener: usize) {
        let conn = ConnId(self.dials * wide(self.listeners.len()) + wide(listener));
        self.dials += 1;
        self.listeners[listener].line = Line::Dialing(conn);
        let what = What::Arrives { conn };
        match self.links.get_mut(listener) {
            None => self.send_off(now, listener, what),
            Some(link) => {
                let stands_at = link.dial(now);
                self.send_off(stands_at, listener, What::Upgrades { conn });
            }
        }
    }

    /// TCP stands: the WebSocket is asked for.
    pub(super) fn upgrade(&mut self, now: Instant, listener: usize, conn: ConnId) {
        if self.listeners[listener].listens_to(conn) {
            let arrives = self.said(now, listener);
            self.send_off(arrives, listener, What::Arrives { conn });
        }
    }

    pub(super) fn arrive(&mut self, now: Instant, listener: usize, conn: ConnId) {
        let what = match self.gateway.handshake(now + self.gateway_lead) {
            Ok(()) => {
                self.tell_gateway(now, Input::Connected { conn, user: listeners_user() });
                What::Dialed { conn }
            }
            Err(status) => What::Closed { conn, failure: handshake_refused(status) },
        };
        self.hear(now, listener, what);
    }

    pub(super) fn begin_fetches(&mut self, now: Instant, listener: usize) {
        while let Some((block, variant)) = self.listeners[listener].fetches.begin() {
            let take = self.listeners[listener].fetches.take;
            let taken = self.links.get_mut(listener).map(|link| link.take_exchange(now));
            match taken {
                None => self.send_off(now, listener, What::Fetch { take, exchange: 0, block, variant }),
                Some(Taken { number: exchange, stands_at: None }) => {
                    self.ask_for_audio(now, listener, (take, exchange), (block, variant));
                }
                Some(Taken { number: exchange, stands_at: Some(at) }) => {
                    self.send_off(at, listener, What::Connected { take, exchange, block, variant });
                }
            }
        }
    }

    /// A request for audio goes over a connection that stands.
    pub(super) fn ask_for_audio(
        &mut self,
        now: Instant,
        listener: usize,
        (take, exchange): (u32, u64),
        (block, variant): (BlockIdx, VariantHash),
    ) {
        if self.listeners[listener].is_done() || self.listeners[listener].fetches.take != take {
            return;
        }
        let arrives = self.links.get_mut(listener).map_or(now, |link| link.ask(exchange, now, 0));
        self.send_off(arrives, listener, What::Fetch { take, exchange, block, variant });
    }

    pub(super) fn end_fetch(&mut self, now: Instant, listener: usize, exchange: u64) {
        if let Some(link) = self.links.get_mut(listener) {
            link.free_exchange(exchange, now);
        }
        self.listeners[listener].fetches.end();
        self.begin_fetches(now, listener);
    }

    /// The gateway is asked for audio; the answer goes on its way.
    pub(super) fn fetch(
        &mut self,
        now: Instant,
        listener: usize,
        (take, exchange): (u32, u64),
        (block, variant): (BlockIdx, &VariantHash),
    ) {
        if self.listeners[listener].is_done() || self.listeners[listener].fetches.take != take {
            return;
        }
        let answer = self.gateway.audio(now + self.gateway_lead, LISTENERS_ADDRESS, variant);
        let (sent, what) = match answer {
            Ok(FetchedAudio { speech, declared, flaw }) => {
                let (media, whole) = (speech.media, bytes_of(&speech));
                let bytes = flaw.map_or(whole, |flaw| bytes_of_flawed(flaw, whole));
                let what = match flaw {
                    None => {
                        let contradicted = contradicts(declared, media);
                        let remarks =
                            contradicted.then_some(Remark::LengthContradicted).into_iter().collect();
                        let findings =
                            Findings { remarks, sound: self.listening.sound(&speech), leading_silence: None };
                        What::Audio { take, exchange, block, media, bytes, findings }
                    }
                    Some(flaw) => What::NoAudio { take, exchange, news: flawed(flaw, block) },
                };
                (bytes, what)
            }
            Err(refusal) => {
                (0, What::NoAudio { take, exchange, news: Event::Failed(refused(&refusal, block)) })
            }
        };
        match (self.links.get(listener).and_then(|link| link.first_of(sent)), what) {
            (Some(first), What::Audio { take, exchange, block, media, bytes, findings }) => {
                let delivered = share_of(media, first, bytes);
                self.answer(
                    now,
                    listener,
                    (exchange, first),
                    What::Begins { take, block, delivered, bytes: first },
                );
                let rest = bytes - first;
                let what = What::Audio { take, exchange, block, media, bytes: rest, findings };
                self.answer(now, listener, (exchange, rest), what);
            }
            (_, what) => self.answer(now, listener, (exchange, sent), what),
        }
    }

    /// The service sends so many bytes over a connection for audio.
    fn answer(&mut self, now: Instant, listener: usize, (exchange, bytes): (u64, u64), what: What) {
        let sent = match self.links.get_mut(listener) {
            None => Some((now, what)),
            Some(link) => link.send(exchange, now, bytes, what),
        };
        self.send_off_or_watch(listener, sent);
    }

    /// The service says something over the connection for messages.
    pub(super) fn hear(&mut self, now: Instant, listener: usize, what: What) {
        let sent = match self.links.get_mut(listener) {
            None => Some((now, what)),
            Some(link) => link.hear(now, what),
        };
        self.send_off_or_watch(listener, sent);
    }

    fn send_off_or_watch(&mut self, listener: usize, sent: Option<(Instant, What)>) {
        match sent {
            Some((arrives, what)) => self.send_off(arrives, listener, what),
            None => self.watch_line(listener),
        }
    }

    pub(super) fn change_voice(&mut self, listener: usize, voice: u32) {
        let slug = Arc::clone(self.slug(voice));
        self.listeners[listener].session.change_voice(slug);
        self.listeners[listener].fetches.drop_all();
        if let Some(link) = self.links.get_mut(listener) {
            link.close_busy();
        }
    }

    pub(super) fn hang_up(&mut self, now: Instant, listener: usize) {
        self.live -= 1;
        self.listeners[listener].fetches.close();
        if let Some(link) = self.links.get_mut(listener) {
            link.close_busy();
        }
        let line = core::mem::replace(&mut self.listeners[listener].line, Line::Down);
        if let Some(conn) = line.conn() {
            let arrives = self.said(now, listener);
            self.send_off(arrives, listener, What::HungUp { conn });
        }
    }

    /// A listener's line may have carried something.
    pub(super) fn carry(&mut self, now: Instant, listener: usize) {
        let mut is_due = false;
        while let Some((arrives, what)) = self.links.get_mut(listener).and_then(|link| link.pop(now)) {
            is_due = true;
            self.send_off(arrives, listener, what);
        }
        // Of several looks at one line the others were overtaken by what came onto it meanwhile.
        if is_due {
            self.watch_line(listener);
        }
    }

    /// Looks at a listener's line when it has carried something.
    fn watch_line(&mut self, listener: usize) {
        if let Some(at) = self.links.get(listener).and_then(ListenerLink::next_at) {
            self.queue.push(at, Due::Carries(as_number(listener)));
        }
    }

    /// When a message that leaves now is with the service.
    pub(super) fn said(&mut self, now: Instant, listener: usize) -> Instant {
        self.links.get_mut(listener).map_or(now, |link| link.say(now))
    }
}

/// Audio in the first of some bytes.
fn share_of(media: MediaTime, first: u64, bytes: u64) -> MediaTime {
    let nanos = u128::from(media.as_nanos()) * u128::from(first) / u128::from(bytes.max(1));
    MediaTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
