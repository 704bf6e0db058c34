//! A person in a conversation: thinks after each utterance, and may interrupt one.

use std::sync::Arc;

use rand::RngExt as _;

use super::ThinkTime;
use crate::{
    ids::BlockIdx,
    player::{Act, Input, Player, PlayerState},
    rng::Seed,
    script::CHARS_PER_SECOND,
    time::{Instant, MediaTime},
};

/// How somebody takes part in a conversation: asks for one utterance, hears it out, thinks, asks for the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turns {
    /// How long is thought between the end of an utterance and the wish for the next.
    pub think: ThinkTime,
    /// Probability, 0 to 1, that an utterance is interrupted, or would be if it is long enough. When, is drawn before it is heard,
    /// so its length is not known: evenly over the length that its text is expected to have, at 14 characters a second. An
    /// utterance that is over before that is heard out, so of short ones fewer are interrupted than this.
    pub barge_in: f64,
}

/// Tells the player when it has thought and when it interrupts.
#[derive(Clone, Debug)]
pub(super) struct TurnTaking {
    turns: Turns,
    chars: Arc<[u32]>,
    seed: Seed,
    /// The utterance that is next or heard.
    block: BlockIdx,
    /// How much of it is heard before it is interrupted.
    interrupts_after: Option<MediaTime>,
    /// When it is asked for, while the listener thinks.
    next_at: Option<Instant>,
}

impl TurnTaking {
    pub(super) fn new(turns: Turns, chars: Arc<[u32]>, seed: Seed) -> Self {
        let mut turning =
            Self { turns, chars, seed, block: BlockIdx(0), interrupts_after: None, next_at: None };
        turning.interrupts_after = turning.draw_interruption();
        turning
    }

    /// When the person does something next.
    pub(super) fn due(&self, player: &Player) -> Option<Instant> {
        match player.state() {
            PlayerState::Done => None,
            PlayerState::Playing => self.interrupts_after.and_then(|heard| player.reaches(heard)),
            PlayerState::Idle
            | PlayerState::Buffering
            | PlayerState::Stalled
            | PlayerState::Awaiting
            | PlayerState::Thinking
            | PlayerState::Paused => self.next_at,
        }
    }

    /// Does what is due until `now`, each thing at its own time and after what the player itself had due.
    pub(super) fn act_until(&mut self, now: Instant, player: &mut Player) {
        loop {
            let own = player.poll_timeout().map(|(at, _)| at).filter(|at| *at <= now);
            let act = self.due(player).filter(|at| *at <= now);
            match (own, act) {
                (Some(at), None) => player.step(at, Input::Wake),
                (Some(own), Some(act)) if own <= act => player.step(own, Input::Wake),
                (_, Some(at)) => self.act(at, player),
                (None, None) => return,
            }
            let at = own.into_iter().chain(act).min().unwrap_or(now);
            self.watch(at, player);
        }
    }

    /// Looks at `now` whether an utterance has ended since: then the listener thinks. It began to when the sound ended; that the
    /// stream had ended may have been told later, and nothing is asked for before that is known.
    pub(super) fn watch(&mut self, now: Instant, player: &Player) {
        let Some(since) = player.thinks_since() else { return };
        if self.next_at.is_none() {
            self.block = player.current();
            let mut rng = self.branch("think").rng();
            self.next_at = Some(now.max(since + self.turns.think.draw(&mut rng)));
            self.interrupts_after = self.draw_interruption();
        }
    }

    fn act(&mut self, at: Instant, player: &mut Player) {
        if self.next_at.take().is_some() {
            player.step(at, Input::Act(Act::NextTurn));
        } else {
            self.interrupts_after = None;
            player.step(at, Input::Act(Act::BargeIn));
        }
    }

    /// How much of the utterance is heard before it is interrupted, if it is.
    fn draw_interruption(&self) -> Option<MediaTime> {
        let mut rng = self.branch("barge-in").rng();
        let (chance, moment) = (rng.random::<f64>(), rng.random::<f64>());
        let index = usize::try_from(self.block.0).ok()?;
        let chars = u64::from(self.chars.get(index).copied()?);
        let expected = chars.saturating_mul(1_000_000_000) / CHARS_PER_SECOND;
        (chance < self.turns.barge_in).then(|| MediaTime::from_nanos(share(expected, moment)))
    }

    /// What is drawn of an utterance is drawn from a branch of its own: it does not hang on what came before.
    fn branch(&self, what: &str) -> Seed {
        self.seed.child(what).index(u64::from(self.block.0))
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 0..1 of a length: nothing is negative, and no more than it was"
)]
fn share(nanos: u64, share: f64) -> u64 {
    (nanos as f64 * share) as u64
}
