//! A listener: a player, and a person who does more than listen.
//!
//! [`Listener`] is what drivers drive; it has the contract of the player inside. What the person does is drawn from the
//! listener's own seed and happens at times of the run, never at a wake-up. Without a [`Behaviour`] it costs nothing.

mod acting;
mod behaviour;
#[cfg(test)]
mod tests;

use self::acting::Acting;
pub use self::behaviour::Behaviour;
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
    acting: Option<Box<Acting>>,
}

impl Listener {
    /// Makes a listener that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: ListenerConfig) -> Self {
        let ListenerConfig { player, behaviour, voices, seed } = config;
        let seed = seed.child("behaviour").index(u64::from(player.listener.0));
        let blocks = u32::try_from(player.chars.len()).unwrap_or(u32::MAX);
        let mut player = Player::new(player);
        let acting = behaviour.is_some().then(|| {
            player.keep_what_was_heard();
            Box::new(Acting::new(behaviour, blocks, voices, seed))
        });
        Self { player, acting }
    }

    /// As [`Player::handle_input`]; what the person did until `now` is done first, at the time it was done.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_, Output> {
        match &mut self.acting {
            None => self.player.step(now, input),
            Some(acting) => {
                acting.act_until(now, &mut self.player);
                self.player.step(now, input);
                acting.watch(&self.player);
            }
        }
        self.player.outputs()
    }

    /// When to wake this listener at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let acts = self.acting.as_ref().and_then(|acting| acting.due(&self.player));
        [self.player.poll_timeout(), acts.map(|at| (at, TimeoutReason::Acts))].into_iter().flatten().min()
    }

    /// As [`Player::slack`]; none for whoever does more than listen.
    #[must_use]
    pub fn slack(&self, due: (Instant, TimeoutReason)) -> Duration {
        if self.acting.is_none() { self.player.slack(due) } else { Duration::ZERO }
    }

    /// As [`Player::unfinished`].
    #[must_use]
    pub fn unfinished(&self, block: BlockIdx) -> Option<&BlockRecord> {
        self.player.unfinished(block)
    }

    /// What it is doing.
    #[must_use]
    pub const fn state(&self) -> PlayerState {
        self.player.state()
    }
}
