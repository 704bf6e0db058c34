//! What is asked of the service beside messages: connections and audio.

use claque_core::{
    event::Event,
    ids::BlockIdx,
    record::Fact,
    remark::{Findings, Remark, contradicts},
    time::Instant,
};
use claque_front::yapit::gateway::{FetchedAudio, Input};
use claque_gateway::{ConnId, VariantHash};
use claque_wire::yapit::handshake_refused;

use super::{LISTENERS_ADDRESS, World, wide};
use crate::{
    happening::What,
    link::{bytes_of, bytes_of_flawed, flawed, refused},
    listener::Line,
    stage::listeners_user,
};

impl<F: FnMut(Fact)> World<F> {
    /// A connection is wanted: the gateway hears of it first.
    pub(super) fn dial(&mut self, now: Instant, listener: usize) {
        let conn = ConnId(self.dials * wide(self.listeners.len()) + wide(listener));
        self.dials += 1;
        self.listeners[listener].line = Line::Dialing(conn);
        self.send_off(now + self.link.latency, listener, What::Arrives { conn });
    }

    pub(super) fn arrive(&mut self, now: Instant, listener: usize, conn: ConnId) {
        let answered = now + self.link.latency;
        let what = match self.gateway.handshake(now + self.gateway_lead) {
            Ok(()) => {
                self.tell_gateway(now, Input::Connected { conn, user: listeners_user() });
                What::Dialed { conn }
            }
            Err(status) => What::Closed { conn, failure: handshake_refused(status) },
        };
        self.send_off(answered, listener, what);
    }

    pub(super) fn begin_fetches(&mut self, now: Instant, listener: usize) {
        while let Some((block, variant)) = self.listeners[listener].fetches.begin() {
            let take = self.listeners[listener].fetches.take;
            let what = What::Fetch { take, block, variant };
            self.send_off(now + self.link.latency, listener, what);
        }
    }

    pub(super) fn end_fetch(&mut self, now: Instant, listener: usize) {
        self.listeners[listener].fetches.end();
        self.begin_fetches(now, listener);
    }

    /// The gateway is asked for audio; the answer goes on its way.
    pub(super) fn fetch(
        &mut self,
        now: Instant,
        listener: usize,
        take: u32,
        (block, variant): (BlockIdx, &VariantHash),
    ) {
        if self.listeners[listener].is_done() || self.listeners[listener].fetches.take != take {
            return;
        }
        let answer = self.gateway.audio(now + self.gateway_lead, LISTENERS_ADDRESS, variant);
        let arrives = now + self.link.latency;
        let (at, what) = match answer {
            Ok(FetchedAudio { speech, declared, flaw }) => {
                let (media, whole) = (speech.media, bytes_of(&speech));
                let bytes = flaw.map_or(whole, |flaw| bytes_of_flawed(flaw, whole));
                let free_at = &mut self.listeners[listener].fetches.way_free_at;
                *free_at = (*free_at).max(arrives) + self.link.transfer_time(bytes);
                let what = match flaw {
                    None => {
                        let contradicted = contradicts(declared, media);
                        let remarks =
                            contradicted.then_some(Remark::LengthContradicted).into_iter().collect();
                        let findings =
                            Findings { remarks, sound: self.listening.sound(&speech), leading_silence: None };
                        What::Audio { take, block, media, bytes, findings }
                    }
                    Some(flaw) => What::NoAudio { take, news: flawed(flaw, block) },
                };
                (*free_at, what)
            }
            Err(refusal) => (arrives, What::NoAudio { take, news: Event::Failed(refused(&refusal, block)) }),
        };
        self.send_off(at, listener, what);
    }
}
