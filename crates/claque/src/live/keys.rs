//! What somebody at the keyboard wants.

use std::{cell::RefCell, collections::VecDeque};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;
use tokio::sync::Notify;

use crate::run::interrupts::Interrupts;

/// Wishes that wait at most: more than anybody presses between two pictures. Further ones are not heard.
const MOST: usize = 64;

/// What is wanted of the audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Hold arrivals back, or let them go on.
    HoldOrRelease,
    /// Have somebody start now who was to start later.
    More,
    /// Have those leave who came last.
    Fewer,
}

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Wish(Wish),
    /// As Ctrl-C: in raw mode it comes as a key.
    Stop,
}

/// Wishes in order.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    waiting: RefCell<VecDeque<Wish>>,
    added: Notify,
}

impl Wishes {
    fn add(&self, wish: Wish) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() < MOST {
            waiting.push_back(wish);
            self.added.notify_one();
        }
    }

    pub(super) async fn next(&self) -> Wish {
        loop {
            let wish = self.waiting.borrow_mut().pop_front();
            match wish {
                Some(wish) => return wish,
                None => self.added.notified().await,
            }
        }
    }
}

/// Listens for ever. `resized` is called when the terminal has another size.
pub(super) async fn listen(wishes: &Wishes, interrupts: &Interrupts, resized: impl Fn()) {
    let mut events = EventStream::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Key(key)) => match meaning(key) {
                Some(Key::Wish(wish)) => wishes.add(wish),
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
    std::future::pending::<()>().await;
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
        'p' => Some(Key::Wish(Wish::HoldOrRelease)),
        // Where + is a key of its own, and where it is one with =.
        '+' | '=' => Some(Key::Wish(Wish::More)),
        '-' => Some(Key::Wish(Wish::Fewer)),
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
        assert_eq!(key('+', KeyModifiers::SHIFT), Some(Key::Wish(Wish::More)));
        assert_eq!(meaning(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)), None);
    }

    #[test]
    fn a_stuck_key_fills_no_memory() {
        let wishes = Wishes::default();
        (0..10_000).for_each(|_| wishes.add(Wish::More));
        assert_eq!(wishes.waiting.borrow().len(), MOST);
    }
}
