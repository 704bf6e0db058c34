//! News of one listener on their way to its player, each with the moment at which its bytes were read.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use claque_core::{
    event::{Event, Kills},
    time::Instant,
};

use crate::clock::Clock;

/// A queue between futures of one task; clones share it. It is emptied whenever its task has run, so it holds what
/// one round of reading brought and no more.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    clock: Clock,
    news: Rc<RefCell<VecDeque<(Instant, Event)>>>,
}

impl Inbox {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, news: Rc::default() }
    }

    /// Stamps an event with this moment and puts it in.
    pub(super) fn push(&self, event: Event) {
        self.news.borrow_mut().push_back((self.clock.now(), event));
    }

    /// The oldest.
    pub(super) fn pop(&self) -> Option<(Instant, Event)> {
        self.news.borrow_mut().pop_front()
    }

    /// Throws away what is about blocks, and keeps what is about the session.
    pub(super) fn forget_blocks(&self) {
        self.news.borrow_mut().retain(|(_, event)| match event {
            Event::Sent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::Evicted { .. } => false,
            Event::Failed(failure) => failure.kills == Kills::Session,
            Event::Dialed { .. } | Event::Foreign | Event::Warning { .. } | Event::Closed(_) => true,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.news.borrow().is_empty()
    }
}
