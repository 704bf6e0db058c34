//! Waking: when a player has something to do though there is no news, what it does then, and how long that may wait.

use super::{EmptyBlock, Player, TimeoutReason, slot::Slot, state::State};
use crate::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    record::SessionEnd,
    time::{Duration, Instant},
};

impl Player {
    /// When to wake this player at the latest, and why; nothing while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if self.state == State::Done {
            return None;
        }
        let audio = self.audio_ends().map(|at| (at, TimeoutReason::AudioEnds));
        let impatient = sooner(audio, self.window.due(), TimeoutReason::PatienceEnds);
        let dial = sooner(impatient, self.line.dial_due(), TimeoutReason::DialAgain);
        sooner(dial, self.silence_due(), TimeoutReason::Silence)
    }

    /// How much later than `due`, which [`Player::poll_timeout`] said, a wake-up may come without anything being asked for,
    /// begun or ended late: until then only books are kept. Zero mostly when there is something to do.
    #[must_use]
    pub fn slack(&self, (due, reason): (Instant, TimeoutReason)) -> Duration {
        if reason != TimeoutReason::AudioEnds {
            return Duration::ZERO;
        }
        let Some(playing) = self.quiet_join() else { return Duration::ZERO };
        let others = [self.window.due(), self.line.dial_due(), self.silence_due()];
        others.into_iter().flatten().map(|at| at.since(due)).fold(playing, Duration::min)
    }

    /// Does what was due up to `now`, each thing at its own time.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some((at, reason)) = self.poll_timeout().filter(|&(at, _)| at <= now) {
            match reason {
                TimeoutReason::AudioEnds => self.audio_ended(at),
                TimeoutReason::PatienceEnds => self.lose_patience(at),
                TimeoutReason::DialAgain => self.dial(),
                TimeoutReason::Silence => self.fail_for_silence(at),
                // None of the player's own.
                TimeoutReason::Acts => return,
            }
            self.follow_up(at);
            self.note_waiting(at);
        }
    }

    /// The service was silent for too long. Where no connection was had, or none lasted, that is the reason.
    fn fail_for_silence(&mut self, at: Instant) {
        let seconds = self.config.timeout.as_secs_f64();
        let failure = match self.line.cause_of_silence(self.last_heard_at, at) {
            Some(trouble) => Failure { kills: FailureScope::Session, ..trouble.clone() },
            None => Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Timeout,
                code: None,
                text: format!(
                    "nothing that was waited for came from the server for {seconds} s{}",
                    self.last_warning
                        .as_ref()
                        .map_or_else(String::new, |last| format!("; what came last: {last}"))
                ),
                kills: FailureScope::Session,
            },
        };
        let class = failure.class;
        self.record_error(at, failure);
        self.end(at, SessionEnd::Failed(class));
    }

    /// Remembers when the service was last heard of.
    pub(super) fn note_sign_of_life(&mut self, now: Instant, event: &Event) {
        if is_sign_of_life(event) && !self.is_unwanted_audio(event) {
            self.last_heard_at = now;
        }
    }

    /// Whether it is audio of a block that was asked for once and is not awaited any more: its lateness ends no silence.
    fn is_unwanted_audio(&self, event: &Event) -> bool {
        let Event::Audio { block, .. } = event else { return false };
        self.config.policy.empty_block == EmptyBlock::Final
            && !self.window.get(*block).is_some_and(Slot::is_pending)
    }

    fn silence_due(&self) -> Option<Instant> {
        Some(self.waiting_since?.max(self.last_heard_at) + self.config.timeout)
    }

    /// Remembers since when anything has been awaited: asking anew, as after a change of voice, is no news of the
    /// service, and must not put its silence off for ever.
    pub(super) fn note_waiting(&mut self, at: Instant) {
        if !self.awaits_anything() {
            self.waiting_since = None;
        } else if self.waiting_since.is_none() {
            self.waiting_since = Some(at);
        }
    }

    fn awaits_anything(&self) -> bool {
        match self.state {
            State::Opening | State::Buffering | State::Waiting { .. } => true,
            State::Playing { .. } | State::Resting { .. } => self.window.is_pending(),
            State::Idle | State::Thinking { .. } | State::Done => false,
        }
    }
}

/// `next`, or what is due before it.
fn sooner(
    next: Option<(Instant, TimeoutReason)>,
    due: Option<Instant>,
    reason: TimeoutReason,
) -> Option<(Instant, TimeoutReason)> {
    match (next, due) {
        (Some((at, _)), Some(due)) if at <= due => next,
        (_, Some(due)) => Some((due, reason)),
        (_, None) => next,
    }
}

/// Whether an event ends the silence of the service. What we wrote, what others are told, what nobody waits for and a connection
/// that comes or goes does not: a service that only keeps its connections alive, or breaks each before it says a word, would be
/// listened to for ever.
const fn is_sign_of_life(event: &Event) -> bool {
    match event {
        Event::Dialed { .. }
        | Event::Opened
        | Event::Connected { .. }
        | Event::Sent { .. }
        | Event::Unsent { .. }
        | Event::Foreign
        | Event::Warning { .. }
        | Event::Closed(_) => false,
        Event::Status { .. }
        | Event::Audio { .. }
        | Event::Complete { .. }
        | Event::Evicted { .. }
        | Event::BlockError { .. }
        | Event::NotAudio(_)
        | Event::Failed(_) => true,
    }
}
