//! What somebody at the keyboard wants.

use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    task::{Context, Poll, Waker},
};

use claque_run::{interrupts::Interrupts, watcher::Adjustment};
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;

/// Wishes that wait at most: more than anybody presses between two pictures. Further ones are not heard.
const MOST: usize = 64;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Adjust(Adjustment),
    /// As Ctrl-C: in raw mode it comes as a key.
    Stop,
}

/// Wishes in order.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    waiting: RefCell<VecDeque<Adjustment>>,
    /// Whoever waits for one.
    waker: RefCell<Option<Waker>>,
}

impl Wishes {
    fn add(&self, wanted: Adjustment) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() < MOST {
            waiting.push_back(wanted);
            self.waker.take().iter().for_each(Waker::wake_by_ref);
        }
    }

    pub(super) fn poll_next(&self, context: &Context<'_>) -> Poll<Adjustment> {
        match self.waiting.borrow_mut().pop_front() {
            Some(wanted) => Poll::Ready(wanted),
            None => {
                *self.waker.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Listens for ever. `resized` is called when the terminal has another size.
pub(super) async fn listen(wishes: &Wishes, interrupts: &Interrupts, resized: impl Fn()) -> Infallible {
    let mut events = EventStream::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Key(key)) => match meaning(key) {
                Some(Key::Adjust(adjustment)) => wishes.add(adjustment),
                Some(Key::Stop) => interrupts.interrupt(),
                None => {}
            },
            Ok(Event::Resize(..)) => resized(),
            Ok(Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_)) => {}
            Err(error) => {
                tracing::debug!(%error, "failed to read the keyboard");
                break;
            }
        }
    }
    // Nobody is there to press a key; signals are still heard.
    std::future::pending().await
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let KeyCode::Char(letter) = key.code else { return None };
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return (letter == 'c' && key.modifiers.contains(KeyModifiers::CONTROL)).then_some(Key::Stop);
    }
    match letter {
        'q' => Some(Key::Stop),
        'p' => Some(Key::Adjust(Adjustment::HoldOrRelease)),
        // Where + is a key of its own, and where it is one with =.
        '+' | '=' => Some(Key::Adjust(Adjustment::More)),
        '-' => Some(Key::Adjust(Adjustment::Fewer)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_c_is_heard_though_it_comes_as_a_key() {
        let key = |letter, modifiers| meaning(KeyEvent::new(KeyCode::Char(letter), modifiers));
        assert_eq!(key('c', KeyModifiers::CONTROL), Some(Key::Stop));
        assert_eq!(key('q', KeyModifiers::NONE), Some(Key::Stop));
        assert_eq!(key('c', KeyModifiers::NONE), None);
        assert_eq!(key('p', KeyModifiers::CONTROL), None);
        assert_eq!(key('+', KeyModifiers::SHIFT), Some(Key::Adjust(Adjustment::More)));
        assert_eq!(meaning(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)), None);
    }

    #[test]
    fn a_stuck_key_fills_no_memory() {
        let wishes = Wishes::default();
        (0..10_000).for_each(|_| wishes.add(Adjustment::More));
        assert_eq!(wishes.waiting.borrow().len(), MOST);
    }
}
