//! A listener: a player, and a person who does more than listen.
//!
//! [`Listener`] is what drivers drive; it has the contract of the player inside. What the person does is drawn from the
//! listener's own seed and happens at times of the run, never at a wake-up. Without a [`Behaviour`] it costs nothing.

mod acting;
mod behaviour;
mod leaving;
#[cfg(test)]
mod tests;
mod think;
mod turning;

use self::{acting::ActSource, leaving::LeavingTime, turning::TurnTaking};
pub use self::{
    behaviour::Behaviour,
    leaving::{ListeningTime, ListeningTimeError},
    think::{ThinkTime, ThinkTimeError},
    turning::Turns,
};
use std::{collections::VecDeque, sync::Arc};

use crate::{
    ids::BlockIdx,
    outputs::Outputs,
    player::{Input, Output, Player, PlayerConfig, PlayerState, TimeoutReason},
    record::BlockRecord,
    rng::Seed,
    time::{Duration, Instant},
};

/// What a listener is told once, before it starts.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// The player.
    pub player: PlayerConfig,
    /// What the person does besides listening.
    pub behaviour: Behaviour,
    /// Voices there are to choose from, the one to begin with included.
    pub voices: u32,
    /// The root of what is drawn; each listener draws from a branch of its own.
    pub seed: Seed,
}

/// A person with a player.
#[derive(Clone, Debug)]
pub struct Listener {
    player: Player,
    person: Option<PersonBehaviour>,
    leaving: Option<LeavingTime>,
}

/// What a person does that does more than listen.
#[derive(Clone, Debug)]
enum PersonBehaviour {
    Acting(Box<ActSource>),
    Turning(Box<TurnTaking>),
}

impl Listener {
    /// Makes a listener that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: ListenerConfig) -> Self {
        let ListenerConfig { player, behaviour, voices, seed } = config;
        let heard = behaviour.listens.map(|listens| listens.of(seed, player.listener));
        let leaving = heard.map(|heard| LeavingTime::new(heard, player.speed));
        let seed = seed.child("behaviour").index(u64::from(player.listener.0));
        let chars = Arc::clone(&player.chars);
        let blocks = u32::try_from(chars.len()).unwrap_or(u32::MAX);
        let mut player = Player::new(player);
        let person = if let Some(turns) = behaviour.turns {
            player.take_turns();
            Some(PersonBehaviour::Turning(Box::new(TurnTaking::new(turns, chars, seed))))
        } else if behaviour.is_some() {
            player.keep_what_was_heard();
            Some(PersonBehaviour::Acting(Box::new(ActSource::new(behaviour, blocks, voices, seed))))
        } else {
            None
        };
        Self { player, person, leaving }
    }

    /// Says when it is meant to start, where that was not known when it was made. Before [`Input::Start`].
    pub fn intend_start(&mut self, at: Instant) {
        self.player.intend_start(at);
    }

    /// As [`Player::handle_input`]; what the person did until `now` is done first, at the time it was done.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_, Output> {
        self.take(now, input);
        self.player.outputs()
    }

    /// As [`Listener::handle_input`], with what comes of it at the end of `out`: who drives a crowd has one queue for all of them, and no
    /// memory is asked for.
    pub fn handle_input_into(&mut self, now: Instant, input: Input, out: &mut VecDeque<Output>) {
        out.extend(self.player.outputs());
        self.player.swap_outputs(out);
        self.take(now, input);
        self.player.swap_outputs(out);
    }

    fn take(&mut self, now: Instant, input: Input) {
        match self.person {
            None if self.leaving.is_none() => self.player.step(now, input),
            None | Some(_) => self.step_as_person(now, input),
        }
    }

    /// Apart, for most only listen, and what is moved for this would be moved for each of their messages.
    #[inline(never)]
    fn step_as_person(&mut self, now: Instant, input: Input) {
        self.leave_until(now);
        self.step(now, input);
    }

    const fn only_listens(&self) -> bool {
        self.person.is_none() && self.leaving.is_none()
    }

    fn step(&mut self, now: Instant, input: Input) {
        match &mut self.person {
            None => self.player.step(now, input),
            Some(PersonBehaviour::Acting(acting)) => {
                acting.act_until(now, &mut self.player);
                self.player.step(now, input);
                acting.watch(&self.player);
            }
            Some(PersonBehaviour::Turning(turning)) => {
                turning.act_until(now, &mut self.player);
                self.player.step(now, input);
                turning.watch(now, &self.player);
            }
        }
    }

    /// When to wake this listener at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if self.only_listens() {
            return self.player.poll_timeout();
        }
        let leaves = self.leaving.and_then(|leaving| leaving.due(&self.player));
        let acts = self.acts_at().into_iter().chain(leaves).min();
        [self.player.poll_timeout(), acts.map(|at| (at, TimeoutReason::Acts))].into_iter().flatten().min()
    }

    /// When the person does something next besides leaving as it meant to.
    fn acts_at(&self) -> Option<Instant> {
        match self.person.as_ref() {
            None => None,
            Some(PersonBehaviour::Acting(acting)) => acting.due(&self.player),
            Some(PersonBehaviour::Turning(turning)) => turning.due(&self.player),
        }
    }

    /// Does what is due until `now`, each thing at its own time, and leaves if it comes to that.
    fn leave_until(&mut self, now: Instant) {
        while let Some(leaving) = self.leaving {
            let own = self.player.poll_timeout().map(|(at, _)| at);
            let own = own.into_iter().chain(self.acts_at()).min().filter(|at| *at <= now);
            let leaves = leaving.due(&self.player).filter(|at| *at <= now);
            // What the player does at the same moment it does first: a block that ends then was heard to its end.
            let at = match (own, leaves) {
                (Some(own), Some(leaves)) if leaves < own => leaves,
                (Some(own), _) => {
                    self.step(own, Input::Wake);
                    own
                }
                (None, Some(leaves)) => leaves,
                (None, None) => return,
            };
            if leaving.leave(at, &mut self.player) {
                self.leaving = None;
            }
        }
    }

    /// As [`Player::slack`]; none for whoever does more than listen, or leaves at a time of its own.
    #[must_use]
    pub fn slack(&self, due: (Instant, TimeoutReason)) -> Duration {
        if self.only_listens() { self.player.slack(due) } else { Duration::ZERO }
    }

    /// As [`Player::unfinished`].
    #[must_use]
    pub fn unfinished(&self, block: BlockIdx) -> Option<BlockRecord> {
        self.player.unfinished(block)
    }

    /// What it is doing.
    #[must_use]
    pub const fn state(&self) -> PlayerState {
        self.player.state()
    }
}
