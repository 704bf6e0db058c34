//! One listener's loop: the player's wishes out, the world's news in.

use std::rc::Rc;

use super::{lane::Lane, link::Link, roster::Told};
use claque_core::{
    ids::ListenerId,
    listener::{Listener, ListenerConfig},
    player::{Input, Output, PlayerConfig, PlayerState},
    time::Instant,
};

/// Listens from `intended_at`, which is now or was a moment ago, until the player is done or told to end.
pub(super) async fn listen(lane: Rc<Lane>, listener: ListenerId, intended_at: Instant, mut told: Told) {
    let order = lane.order();
    let Some(seat) = usize::try_from(listener.0).ok().and_then(|index| order.seats.get(index)) else {
        return;
    };
    let player = PlayerConfig {
        listener,
        document: seat.document.clone(),
        chars: seat.chars.clone(),
        speed: order.speed,
        policy: order.policy,
        timeout: order.timeout,
        intended_at,
    };
    let voices = u32::try_from(order.voices.len()).unwrap_or(u32::MAX);
    let (behaviour, seed) = (order.behaviour, order.seed);
    let person = Listener::new(ListenerConfig { player, behaviour, voices, seed });
    let link = Link::new(&lane, listener, seat.document.clone());
    let clock = lane.clock();
    let mut listening = Listening { lane, person, link };
    listening.hand(clock.now(), Input::Start);
    while listening.person.state() != PlayerState::Done {
        let due = listening.person.poll_timeout().map(|(at, _)| at);
        tokio::select! {
            biased;
            end = &mut told => {
                listening.hand(clock.now(), end.unwrap_or(Input::Stop));
                return;
            }
            () = listening.link.wait() => listening.take_news(),
            () = clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {
                let now = clock.now();
                listening.lane.late_by(now.since(due.unwrap_or(now)));
                listening.hand(now, Input::Wake);
            }
        }
    }
}

struct Listening {
    lane: Rc<Lane>,
    person: Listener,
    link: Link,
}

impl Listening {
    fn take_news(&mut self) {
        while let Some((at, event)) = self.link.pop() {
            if let claque_core::event::Event::Warning { text } = &event {
                tracing::debug!("{text}");
            }
            self.hand(at, Input::Event(event));
        }
    }

    /// Hands something to the listener and does what it wants.
    fn hand(&mut self, at: Instant, input: Input) {
        let before = self.person.state();
        for output in self.person.handle_input(at, input) {
            match output {
                Output::Dial => self.link.dial(),
                Output::Ask { blocks } => self.link.ask(&blocks),
                Output::Move { cursor } => self.link.move_cursor(cursor),
                Output::ChangeVoice { voice } => self.link.change_voice(voice),
                Output::Fact(fact) => self.lane.record(fact),
                // The loop ends by the listener's state, and the connection with it.
                Output::Ended => {}
            }
        }
        self.lane.gauge().move_listener(before, self.person.state());
    }
}
