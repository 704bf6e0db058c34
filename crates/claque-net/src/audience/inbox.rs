//! News on their way to a player.

use std::collections::VecDeque;

use claque_core::{
    event::{Event, Failure, FailureScope},
    secret::MAX_TEXT,
    time::Instant,
};
use claque_wire::session::Action;

use crate::service::Secrets;

/// Words of failures that are remembered as they were cleaned: a service that fails says few things, and those to everybody.
const REMEMBERED: usize = 8;

/// News of one listener on their way to its player, each with the moment it was: a lane has one, which is emptied before it
/// turns to another listener.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    news: VecDeque<(Instant, Event)>,
    /// Kept for its memory.
    pub(super) actions: Vec<Action>,
    secrets: Secrets,
    /// Words as they came and as they were cleaned, and how many secrets were known then; the oldest first.
    cleaned: VecDeque<(String, String, usize)>,
}

impl Inbox {
    /// Makes an empty one, in which no event has any of these secrets.
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Puts an event behind the others. All that listeners are told comes this way, so what is said in it is cleaned here.
    pub(super) fn push(&mut self, at: Instant, event: Event) {
        let event = match event {
            Event::Failed(failure) => Event::Failed(self.clean(failure)),
            Event::Closed(failure) => Event::Closed(self.clean(failure)),
            Event::NotAudio(failure) => Event::NotAudio(self.clean(failure)),
            Event::BlockError { failure, recoverable } => {
                Event::BlockError { failure: self.clean(failure), recoverable }
            }
            // Its words go into the log alone. Cleaning what nobody reads would make a flood of messages a flood of work.
            Event::Warning { text } => {
                let is_read = tracing::enabled!(tracing::Level::DEBUG);
                Event::Warning { text: if is_read { self.secrets.clean(&text) } else { String::new() } }
            }
            Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Sent { .. }
            | Event::Unsent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::Evicted { .. }
            | Event::Foreign => event,
        };
        self.news.push_back((at, event));
    }

    /// A failure without secrets.
    fn clean(&mut self, failure: Failure) -> Failure {
        let known = self.secrets.count();
        let remembered = self.cleaned.iter().find(|(words, _, of)| *of == known && *words == failure.text);
        if let Some((_, text, _)) = remembered {
            return Failure { text: text.clone(), ..failure };
        }
        let words = failure.text.clone();
        let failure = self.secrets.clean_failure(failure);
        if words.len() <= MAX_TEXT {
            self.cleaned.push_back((words, failure.text.clone(), known));
            if self.cleaned.len() > REMEMBERED {
                self.cleaned.pop_front();
            }
        }
        failure
    }

    /// The oldest.
    pub(super) fn pop(&mut self) -> Option<(Instant, Event)> {
        self.news.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.news.is_empty()
    }

    /// Throws everything away: whoever it was for has gone.
    pub(super) fn forget(&mut self) {
        self.news.clear();
    }

    /// Throws away what is about blocks, and keeps what is about the session.
    pub(super) fn forget_blocks(&mut self) {
        self.news.retain(|(_, event)| match event {
            Event::Sent { .. }
            | Event::Unsent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::BlockError { .. }
            | Event::NotAudio(_)
            | Event::Evicted { .. } => false,
            Event::Failed(failure) => failure.kills == FailureScope::Session,
            Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Foreign
            | Event::Warning { .. }
            | Event::Closed(_) => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        event::{FailureClass, Phase},
        secret::Secret,
    };

    use super::*;

    #[test]
    fn words_that_were_said_before_are_blanked_anew_once_another_secret_is_known() {
        let secrets = Secrets::default();
        let mut inbox = Inbox::new(secrets.clone());
        let mut said = |text: &str| {
            let (phase, class, kills) = (Phase::BeforeAudio, FailureClass::Server, FailureScope::Session);
            let failure = Failure { phase, class, code: None, text: text.to_owned(), kills };
            inbox.push(Instant::START, Event::Failed(failure));
            match inbox.pop() {
                Some((_, Event::Failed(failure))) => failure.text,
                other => panic!("another event: {other:?}"),
            }
        };
        assert_eq!(said("no: hush-hush"), "no: hush-hush");
        secrets.learn(&Secret::from("hush-hush"));
        assert_eq!(
            (said("no: hush-hush"), said("no: hush-hush")),
            ("no: [secret]".into(), "no: [secret]".into())
        );
    }
}
