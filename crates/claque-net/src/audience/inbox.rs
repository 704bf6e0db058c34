//! News on their way to a player.

use std::collections::VecDeque;

use claque_core::{
    event::{Event, FailureScope},
    time::Instant,
};
use claque_wire::session::Action;

use crate::service::Secrets;

/// News of one listener on their way to its player, each with the moment it was: a lane has one, which is emptied before it
/// turns to another listener.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    news: VecDeque<(Instant, Event)>,
    /// Kept for its memory.
    pub(super) actions: Vec<Action>,
    secrets: Secrets,
}

impl Inbox {
    /// Makes an empty one, in which no event has any of these secrets.
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Puts an event behind the others. All that listeners are told comes this way, so what is said in it is cleaned here.
    pub(super) fn push(&mut self, at: Instant, event: Event) {
        let event = match event {
            Event::Failed(failure) => Event::Failed(self.secrets.clean_failure(failure)),
            Event::Closed(failure) => Event::Closed(self.secrets.clean_failure(failure)),
            Event::NotAudio(failure) => Event::NotAudio(self.secrets.clean_failure(failure)),
            Event::BlockError { failure, recoverable } => {
                Event::BlockError { failure: self.secrets.clean_failure(failure), recoverable }
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
