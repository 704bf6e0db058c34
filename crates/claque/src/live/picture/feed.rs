//! The last failures and remarks. What is said again is counted, not repeated.

use std::collections::VecDeque;

use claque_core::{event::FailureClass, record::ErrorRecord, time::Instant};
use claque_report::words::one_line;

/// Entries that are kept.
const MOST: usize = 24;

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When last.
    pub(crate) at: Instant,
    /// What sort of failure; none for a remark of our own.
    pub(crate) class: Option<FailureClass>,
    /// In one line, without control characters.
    pub(crate) words: String,
    /// How often.
    pub(crate) count: u64,
}

/// What was said last, the latest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    entries: VecDeque<Entry>,
}

impl Feed {
    /// Takes a failure. Its words are copied only when they are new.
    pub(crate) fn fail(&mut self, error: &ErrorRecord) {
        let failure = &error.failure;
        let words = one_line(&match failure.code {
            Some(code) => format!("{code}: {}", failure.text),
            None => failure.text.clone(),
        });
        self.add(Entry { at: error.at, class: Some(failure.class), words, count: 1 });
    }

    /// Takes a remark.
    pub(crate) fn remark(&mut self, at: Instant, words: &str) {
        self.add(Entry { at, class: None, words: one_line(words), count: 1 });
    }

    /// The latest first.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    fn add(&mut self, mut entry: Entry) {
        let same = |other: &Entry| other.class == entry.class && other.words == entry.words;
        if let Some(before) = self.entries.iter().position(same).and_then(|at| self.entries.remove(at)) {
            entry.count += before.count;
            entry.at = entry.at.max(before.at);
        }
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        event::{Failure, FailureScope, Phase},
        ids::ListenerId,
    };

    use super::*;

    fn error(at_ms: u64, text: &str) -> ErrorRecord {
        let failure = Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Server,
            code: Some(500),
            text: text.to_owned(),
            kills: FailureScope::Session,
        };
        ErrorRecord { listener: ListenerId(0), at: Instant::from_millis(at_ms), failure }
    }

    #[test]
    fn a_thousand_equal_failures_are_one_line() {
        let mut feed = Feed::default();
        feed.fail(&error(0, "first"));
        (0..1_000).for_each(|at| feed.fail(&error(at, "the engine\n\u{1b}[31mfell over")));
        feed.fail(&error(5_000, "first"));
        let told: Vec<_> = feed.latest().map(|entry| (entry.words.as_str(), entry.count)).collect();
        assert_eq!(told, [("500: first", 2), ("500: the engine [31mfell over", 1_000)]);
    }

    #[test]
    fn what_was_said_long_ago_makes_room() {
        let mut feed = Feed::default();
        (0..100_u64).for_each(|at| feed.remark(Instant::from_millis(at), &format!("remark {at}")));
        assert_eq!(feed.latest().count(), MOST);
        assert_eq!(feed.latest().next().unwrap().words, "remark 99");
    }
}
