//! Waking: when a player has something to do though there is no news, what it does then, and how long that may wait.

use super::{Player, TimeoutReason, slot::Slot};
use crate::{
    event::{Failure, FailureClass, Kills, Phase},
    time::{Duration, Instant},
};

impl Player {
    /// When to wake this player at the latest, and why; nothing while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if !self.is_live() {
            return None;
        }
        let audio = self.audio_ends().map(|at| (at, TimeoutReason::AudioEnds));
        let resend = self.resend_due().map(|at| (at, TimeoutReason::Unacknowledged));
        let dial = self.line.dial_due().map(|at| (at, TimeoutReason::DialAgain));
        let silence = self.silence_due().map(|at| (at, TimeoutReason::Silence));
        [audio, resend, dial, silence].into_iter().flatten().min()
    }

    /// How much later than `due`, which [`Player::poll_timeout`] said, a wake-up may come without anything being asked for,
    /// begun or ended late: until then only books are kept. Zero mostly when there is something to do.
    #[must_use]
    pub fn slack(&self, (due, reason): (Instant, TimeoutReason)) -> Duration {
        if reason != TimeoutReason::AudioEnds {
            return Duration::ZERO;
        }
        let Some(playing) = self.quiet_join() else { return Duration::ZERO };
        let others = [self.resend_due(), self.line.dial_due(), self.silence_due()];
        others.into_iter().flatten().map(|at| at.since(due)).fold(playing, Duration::min)
    }

    /// Does what was due up to `now`, each thing at its own time.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some((at, reason)) = self.poll_timeout().filter(|&(at, _)| at <= now) {
            match reason {
                TimeoutReason::AudioEnds => self.audio_ended(at),
                TimeoutReason::Unacknowledged => self.resend(at),
                TimeoutReason::DialAgain => self.dial(),
                TimeoutReason::Silence => self.fail_for_silence(at),
                // None of the player's own.
                TimeoutReason::Acts => return,
            }
            self.note_waiting();
        }
    }

    fn fail_for_silence(&mut self, at: Instant) {
        let text = format!("nothing heard from the server for {} s", self.config.timeout.as_secs_f64());
        let failure = Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Timeout,
            code: None,
            text,
            kills: Kills::Session,
        };
        self.handle_failure(at, failure);
    }

    fn silence_due(&self) -> Option<Instant> {
        if !self.window.is_pending() {
            return None;
        }
        let since = self.waiting_since.or_else(|| self.pending().map(|slot| slot.wanted_at).next())?;
        Some(since.max(self.last_heard_at) + self.config.timeout)
    }

    /// Remembers since when anything has been awaited: asking anew, as after a change of voice, is no news of the
    /// service, and must not put its silence off for ever.
    pub(super) fn note_waiting(&mut self) {
        if !self.window.is_pending() {
            self.waiting_since = None;
        } else if self.waiting_since.is_none() {
            self.waiting_since = self.pending().map(|slot| slot.wanted_at).min();
        }
    }

    fn pending(&self) -> impl Iterator<Item = &Slot> {
        self.window.iter().map(|(_, slot)| slot).filter(|slot| slot.is_pending())
    }
}
