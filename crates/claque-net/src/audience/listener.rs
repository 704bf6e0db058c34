//! One listener of a lane: the player's wishes out, the world's news in.

use std::sync::Arc;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    listener::{Listener, ListenerConfig},
    player::{Input, Output, PlayerConfig, PlayerState},
    record::{Arrived, Asked, BlockRecord, Fact},
    time::Instant,
};

use claque_wire::session::{Delivered, Exchange};

use super::{
    AudienceOrder,
    beat::Beat,
    decoder::Decoder,
    keeper::AudioSaver,
    lane::Lane,
    places::PlaceId,
    pool::{Cause, Reuse, Step},
    seats::seat_of,
    session_driver::SessionDriver,
    shaping::NetworkHandle,
    transfer::{AudioCopy, Transfer, Transferred},
};

/// A listener that has started and not yet ended.
#[derive(Debug)]
pub(super) struct Listening {
    id: ListenerId,
    person: Listener,
    session: SessionDriver,
    /// Where its service is.
    home: PlaceId,
    /// The number of its voice.
    voice: u32,
    /// The moment of the last thing it was told: what comes later was not earlier.
    heard_at: Instant,
    /// When the lane looks after it next, at the latest.
    timer: Option<Instant>,
}

impl Listening {
    /// When to look after it, if nothing comes before.
    fn next_look(&self, beat: Beat) -> Option<WakeUp> {
        let (due, reason) = self.person.poll_timeout()?;
        let slack = self.person.slack((due, reason));
        if slack.is_zero() {
            return Some(WakeUp { at: due, is_awaited: true });
        }
        Some(WakeUp { at: beat.next(due).min(due + slack), is_awaited: false })
    }
}

/// A look at a listener.
#[derive(Clone, Copy, Debug)]
struct WakeUp {
    at: Instant,
    /// Whether anybody notices when it is late.
    is_awaited: bool,
}

impl Lane {
    /// Has a listener listen from `intended_at`, which is now or was a moment ago.
    pub(super) fn seat(&mut self, id: ListenerId, intended_at: Instant) {
        let order = &*self.order;
        let Some(seat) = seat_of(order, id) else { return };
        let player = PlayerConfig {
            listener: id,
            document: Arc::clone(&seat.document),
            chars: seat.chars.clone(),
            speed: order.plan.speed,
            policy: Arc::clone(&order.policy),
            timeout: order.plan.timeout,
            intended_at,
        };
        let voices = u32::try_from(order.voices.len()).unwrap_or(u32::MAX);
        let (behaviour, seed) = (order.plan.behaviour, order.plan.seed);
        let person = Listener::new(ListenerConfig { player, behaviour, voices, seed });
        let home = self.io.places.of_service(&seat.service);
        let network = self.shaping.as_ref().and_then(|shaping| shaping.network_of(id));
        let session = SessionDriver::new(order, seat, (home, network));
        let slot = self.listening.insert(Listening {
            id,
            person,
            session,
            home,
            voice: 0,
            heard_at: intended_at,
            timer: None,
        });
        self.slots.insert(id, slot);
        self.hand(slot, self.io.clock().now(), Input::Start);
        self.settle(slot);
    }

    /// There is news of a listener's WebSocket.
    pub(super) fn attend_listener(&mut self, slot: usize, is_ending: bool) {
        // News of one that has gone may still be under way.
        let Some(listening) = self.listening.get_mut(slot) else { return };
        listening.session.attend(&mut self.io, is_ending, &mut self.inbox);
        self.settle(slot);
    }

    /// There is something to be done about a connection for audio.
    pub(super) fn attend_fetcher(&mut self, number: usize, cause: Cause) {
        let step = self.pool.attend(&mut self.io, number, cause, &mut self.inbox);
        if let Some(slot) = self.follow(number, step) {
            self.settle(slot);
        }
    }

    /// Notes how far a connection has come. Gives whose fetch it is about.
    fn follow(&mut self, number: usize, step: Step) -> Option<usize> {
        match step {
            Step::Idle => None,
            Step::Going { owner } => Some(owner),
            Step::Again { owner, exchange } => {
                self.listening[owner].session.exchange_over(number);
                if exchange.handle_sent().is_some() {
                    self.inbox.push(self.io.clock().now(), Event::Unsent { block: exchange.block() });
                }
                self.begin(owner, exchange, Reuse::No);
                Some(owner)
            }
            Step::Redirected { owner, exchange } => {
                self.listening[owner].session.exchange_over(number);
                self.begin(owner, exchange, Reuse::Yes);
                Some(owner)
            }
            Step::Over { owner, at, exchange, result } => {
                self.listening[owner].session.exchange_over(number);
                match result {
                    Ok(transferred) => {
                        let whose = (self.listening[owner].id, exchange.block());
                        self.use_copies(whose, at, transferred);
                    }
                    Err(failure) => self.inbox.push(at, exchange.failed(failure)),
                }
                Some(owner)
            }
        }
    }

    /// Keeps the audio, and has it listened to, as far as that is wanted.
    fn use_copies(&mut self, whose: (ListenerId, BlockIdx), at: Instant, transferred: Transferred) {
        let Transferred { delivered: Delivered { container, findings, .. }, kept, copy } = transferred;
        if let (Some(decoder), Some(copy), None) = (&self.decoder, copy, findings.sound)
            && let Some(missed) = decoder.listen(whose, container, copy.into_bytes())
        {
            self.ledger.record(missed, at);
        }
        if let (Some(keeper), Some(audio)) = (&self.keeper, kept) {
            keeper.keep(whose, container, audio);
        }
    }

    fn begin(&mut self, slot: usize, exchange: Box<Exchange>, reuse: Reuse) {
        let listening = &mut self.listening[slot];
        let Some(seat) = seat_of(&self.order, listening.id) else { return };
        let (listener, block) = (listening.id, exchange.block());
        let kept = self.keeper.as_ref().map(AudioSaver::begin);
        let listens = |decoder: &Decoder| decoder.chooses(listener, block);
        let copy = self.decoder.as_ref().is_some_and(listens).then(AudioCopy::default);
        let place = (&*seat.service, listening.home);
        let asked_at = self.io.clock().now();
        let heard = self.heard.as_ref().and_then(|heard| heard.begin(listener, block, asked_at));
        let transfer = Transfer::new(exchange, kept, copy, heard.map(Box::new));
        let owner = (slot, listening.session.network());
        match self.pool.begin(&mut self.io, place, transfer, owner, reuse) {
            Ok(number) => {
                listening.session.exchange_begun(number, block);
                let step = self.pool.attend(&mut self.io, number, Cause::Given, &mut self.inbox);
                self.follow(number, step);
            }
            Err((exchange, failure)) => {
                self.inbox.push(self.io.clock().now(), exchange.failed(failure));
            }
        }
    }

    /// Gives up the audio that has been on its way for longer than a block may take.
    pub(super) fn give_up_overdue_fetches(&mut self, now: Instant) {
        let limit = self.order.plan.policy.block_timeout;
        for number in self.pool.overdue(now, limit) {
            let failure = Failure {
                phase: Phase::MidAudio,
                class: FailureClass::Timeout,
                code: None,
                text: format!("its audio was not whole after {} s", limit.as_secs_f64()),
                // The block is the fetch's.
                kills: FailureScope::Session,
            };
            let step = self.pool.give_up(number, now, failure);
            if let Some(owner) = self.follow(number, step) {
                self.settle(owner);
            }
        }
    }

    /// Waits no longer for the words of answers that said no.
    pub(super) fn end_refusals(&mut self, now: Instant) {
        while let Some((number, step)) = self.pool.end_refusal(now) {
            if let Some(owner) = self.follow(number, step) {
                self.settle(owner);
            }
        }
    }

    /// Wakes every listener whose time came before `round`.
    pub(super) fn wake_all_due(&mut self, round: Instant) {
        while self.timers.first().is_some_and(|(at, _)| *at <= round)
            && let Some((_, slot)) = self.timers.pop_first()
        {
            let Some(listening) = self.listening.get_mut(slot) else { continue };
            listening.timer = None;
            if let Some(look) = listening.next_look(self.beat).filter(|look| look.at <= round) {
                if look.is_awaited {
                    self.ledger.late_by(self.io.clock().now().since(look.at));
                }
                self.hand(slot, round, Input::Wake);
            }
            self.settle(slot);
        }
    }

    /// Ends a listener before its text does.
    pub(super) fn end(&mut self, slot: usize, how: Input) {
        self.hand(slot, self.io.clock().now(), how);
        self.inbox.forget();
        self.unseat(slot);
    }

    /// Tells a listener what there is to tell, begins its fetches, and notes when to look after it next.
    fn settle(&mut self, slot: usize) {
        loop {
            while let Some((at, event)) = self.inbox.pop() {
                self.note(slot, at, &event);
                let whole = if let Event::Complete { block, .. } = event { Some(block) } else { None };
                self.hand(slot, at, Input::Event(event));
                let arrived = whole.and_then(|block| self.listening[slot].person.unfinished(block));
                if let Some(arrived) = arrived.as_ref().and_then(Arrived::of) {
                    self.ledger.record_arrived(arrived, at);
                }
            }
            while let Some(exchange) = self.listening[slot].session.next_exchange() {
                self.begin(slot, exchange, Reuse::Yes);
            }
            if self.inbox.is_empty() {
                break;
            }
        }
        let listening = &mut self.listening[slot];
        if listening.person.state() == PlayerState::Done {
            self.unseat(slot);
            return;
        }
        let due = listening.next_look(self.beat).map(|look| look.at);
        // One that comes too early costs a look; moving it each time would cost more.
        if let Some(due) = due.filter(|due| listening.timer.is_none_or(|timer| *due < timer)) {
            if let Some(timer) = listening.timer.replace(due) {
                self.timers.remove(&(timer, slot));
            }
            self.timers.insert((due, slot));
        }
    }

    /// Puts down what is known before the listener is told of it.
    fn note(&mut self, slot: usize, at: Instant, event: &Event) {
        match event {
            Event::Sent { blocks } => {
                let Listening { id, person, .. } = &self.listening[slot];
                let asked = |&block: &BlockIdx| Asked {
                    listener: *id,
                    block,
                    at,
                    wanted: person.unfinished(block).as_ref().and_then(BlockRecord::wanted_since),
                };
                self.ledger.record_asked(blocks.iter().map(asked), at);
            }
            Event::Warning { text } => tracing::debug!("{text}"),
            Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Unsent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::Evicted { .. }
            | Event::Foreign
            | Event::BlockError { .. }
            | Event::NotAudio(_)
            | Event::Failed(_)
            | Event::Closed(_) => {}
        }
    }

    /// Hands something to a listener and does what it wants.
    fn hand(&mut self, slot: usize, at: Instant, input: Input) {
        let listening = &mut self.listening[slot];
        let at = at.max(listening.heard_at);
        listening.heard_at = at;
        let before = listening.person.state();
        let Listening { id, person, session, voice: now_voice, .. } = listening;
        person.handle_input_into(at, input, &mut self.outputs);
        while let Some(output) = self.outputs.pop_front() {
            match output {
                Output::Dial => {
                    if let Some(seat) = seat_of(&self.order, *id) {
                        session.dial(&mut self.io, &seat.service, slot, &mut self.inbox);
                    }
                }
                Output::Ask { blocks, voice } => {
                    // What had waited for a connection may be of a voice that was left.
                    let old_voice = (voice != *now_voice).then(|| slug_of(&self.order, voice));
                    session.ask(&mut self.io, &blocks, old_voice, &mut self.inbox);
                }
                Output::Forget { blocks } => {
                    let hung_up = session.forget(&mut self.io, &blocks, &mut self.inbox);
                    hung_up.into_iter().for_each(|number| self.pool.cancel(number));
                }
                Output::Move { cursor } => session.move_cursor(&mut self.io, cursor, &mut self.inbox),
                Output::ChangeVoice { voice } => {
                    *now_voice = voice;
                    let slug = slug_of(&self.order, voice).to_owned();
                    let dropped = session.change_voice(slug, &mut self.inbox);
                    dropped.into_iter().for_each(|number| self.pool.cancel(number));
                }
                Output::Fact(mut fact) => {
                    if let Fact::Listener(record) = &mut fact {
                        record.network = session.network().map(NetworkHandle::name);
                        let next = self.order.plan.schedule.successor(record);
                        self.replacing.extend(next.map(|(next, at)| (at, next)));
                    }
                    if let Some(heard) = &self.heard {
                        heard.note(&fact);
                    }
                    self.ledger.record(fact, at);
                }
                // The lane sees it by the listener's state.
                Output::Ended => {}
            }
        }
        self.ledger.gauge().move_listener(before, person.state());
    }

    fn unseat(&mut self, slot: usize) {
        let listening = self.listening.remove(slot);
        self.slots.remove(&listening.id);
        if let Some(timer) = listening.timer {
            self.timers.remove(&(timer, slot));
        }
        if let Some(network) = listening.session.network() {
            self.pool.close_idle(&mut self.io, network);
        }
        listening.session.into_running().for_each(|number| self.pool.cancel(number));
    }
}

fn slug_of(order: &AudienceOrder, voice: u32) -> &str {
    let slug = usize::try_from(voice).ok().and_then(|voice| order.voices.get(voice));
    slug.expect("a listener chooses among the voices it was told of")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lane_keeps_of_each_listener_stays_small() {
        let sizes = [size_of::<Listening>(), size_of::<Option<crate::audience::Seat>>()];
        let most = [912, 56];
        assert!(sizes.iter().zip(most).all(|(size, most)| *size <= most), "{sizes:?} bytes, not {most:?}");
    }
}
