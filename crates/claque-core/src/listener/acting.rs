//! The person at the player: what is done next, and when.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Behaviour;
use crate::{
    ids::BlockIdx,
    player::{Act, Input, Player, PlayerState},
    record::Jump,
    rng::Seed,
    time::{Duration, Instant},
};

/// Acts of one person for each block of the text, hanging up apart; after them it only listens. Far more than anybody
/// does, but without a bound somebody who jumps about faster than a block lasts would never come to the end.
const MOST_PER_BLOCK: u32 = 20;

/// Draws acts one after the other. All kinds together are one Poisson process; which kind it is, is drawn with each.
#[derive(Clone, Debug)]
pub(super) struct ActSource {
    behaviour: Behaviour,
    blocks: u32,
    voices: u32,
    voice: u32,
    rng: ChaCha8Rng,
    /// Acts until only hanging up is left.
    acts_left: u32,
    /// Known once something was heard.
    next: Option<(Instant, Next)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Something,
    Resume,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Seek,
    Skip,
    Pause,
    Voice,
    HangUp,
}

impl ActSource {
    pub(super) fn new(behaviour: Behaviour, blocks: u32, voices: u32, seed: Seed) -> Self {
        let acts_left = blocks.saturating_mul(MOST_PER_BLOCK);
        Self { behaviour, blocks, voices, voice: 0, rng: seed.rng(), acts_left, next: None }
    }

    pub(super) fn due(&self, player: &Player) -> Option<Instant> {
        self.next().filter(|_| player.state() != PlayerState::Done).map(|(at, _)| at)
    }

    /// What comes next, if anything is left to be done.
    fn next(&self) -> Option<(Instant, Next)> {
        self.next.filter(|(_, next)| match next {
            Next::Resume => true,
            Next::Something => self.behaviour.is_some(),
        })
    }

    /// Looks whether the first sound was heard, from which on something may be done.
    pub(super) fn watch(&mut self, player: &Player) {
        if self.next.is_none()
            && let Some(started_at) = player.started_at()
        {
            self.next = Some((started_at + self.gap(), Next::Something));
        }
    }

    /// Does what is due until `now`, each thing at its own time and after what the player itself had due.
    pub(super) fn act_until(&mut self, now: Instant, player: &mut Player) {
        // The first sound may come of a time-out: a block that is given up and stepped over.
        while self.next.is_none()
            && let Some((at, _)) = player.poll_timeout().filter(|(at, _)| *at <= now)
        {
            player.step(at, Input::Wake);
            self.watch(player);
        }
        while let Some((at, next)) = self.next().filter(|(at, _)| *at <= now) {
            player.step(at, Input::Wake);
            if player.state() == PlayerState::Done {
                return;
            }
            match next {
                Next::Resume => {
                    player.step(at, Input::Act(Act::Resume));
                    self.next = Some((at + self.gap(), Next::Something));
                }
                Next::Something => self.do_something(at, player),
            }
        }
    }

    fn do_something(&mut self, at: Instant, player: &mut Player) {
        if let Some(act) = self.draw(player.current()) {
            player.step(at, Input::Act(act));
        }
        self.acts_left = self.acts_left.saturating_sub(1);
        if self.acts_left == 0 {
            let Behaviour { hang_up, mean_pause, .. } = self.behaviour;
            self.behaviour = Behaviour { hang_up, mean_pause, ..Behaviour::NONE };
        }
        self.next = Some(if player.state() == PlayerState::Paused {
            (at + exponential(&mut self.rng, self.behaviour.mean_pause), Next::Resume)
        } else {
            (at + self.gap(), Next::Something)
        });
    }

    /// The next act, if it is one that can be done at this block.
    fn draw(&mut self, current: BlockIdx) -> Option<Act> {
        match self.draw_kind() {
            Kind::Seek => {
                let to = other(&mut self.rng, self.blocks, current.0)?;
                Some(Act::Jump { to: BlockIdx(to), how: Jump::Seek })
            }
            Kind::Skip => {
                let to = current.next();
                (to.0 < self.blocks).then_some(Act::Jump { to, how: Jump::Skip })
            }
            Kind::Pause => Some(Act::Pause),
            Kind::Voice => {
                let voice = other(&mut self.rng, self.voices, self.voice)?;
                self.voice = voice;
                Some(Act::ChangeVoice { voice })
            }
            Kind::HangUp => Some(Act::HangUp),
        }
    }

    fn draw_kind(&mut self) -> Kind {
        let Behaviour { seek, skip, pause, voice, hang_up, mean_pause: _, turns: _, listens: _ } =
            self.behaviour;
        let kinds = [
            (seek, Kind::Seek),
            (skip, Kind::Skip),
            (pause, Kind::Pause),
            (voice, Kind::Voice),
            (hang_up, Kind::HangUp),
        ];
        let mut left = self.rng.random::<f64>() * self.behaviour.per_minute();
        let mut last = Kind::Pause;
        for (rate, kind) in kinds.into_iter().filter(|(rate, _)| *rate > 0.0) {
            if left < rate {
                return kind;
            }
            left -= rate;
            last = kind;
        }
        // Rounding took the last bit of the sum.
        last
    }

    /// Time until something is done again.
    fn gap(&mut self) -> Duration {
        let mean = 60.0 / self.behaviour.per_minute();
        exponential(&mut self.rng, Duration::try_from_secs_f64(mean).unwrap_or(Duration::MAX))
    }
}

/// Any number below `count` but `current`, if there is one.
fn other(rng: &mut ChaCha8Rng, count: u32, current: u32) -> Option<u32> {
    let others = count.checked_sub(1).filter(|others| *others > 0)?;
    let drawn = rng.random_range(0..others);
    Some(if drawn < current { drawn } else { drawn + 1 })
}

/// A length from the exponential distribution of this mean, by inversion; at most a thousand means.
pub(super) fn exponential(rng: &mut ChaCha8Rng, mean: Duration) -> Duration {
    let factor = -(1.0 - rng.random::<f64>()).ln();
    Duration::try_from_secs_f64(mean.as_secs_f64() * factor.min(1_000.0)).unwrap_or(Duration::MAX)
}
