//! Facts in the order of listeners, however many there are: what does not fit into memory is sorted in parts, which
//! wait in files beside the journal and are merged.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs,
    path::{Path, PathBuf},
};

use claque_core::{ids::ListenerId, record::Fact};

use crate::{
    error::StoreError,
    journal::{Journal, JournalLines, unfinished},
    listeners::listener_of,
};

/// Facts sorted at once: 50 MB.
const PART: usize = 200_000;

/// The facts of a journal by listener, and whether it broke off in the middle of a line. Parts, if there must be any,
/// wait in `dir`.
///
/// # Errors
/// The journal cannot be read, or `dir` cannot be written.
pub(crate) fn of_journal(journal: &Path, dir: &Path) -> Result<(Sorted, bool), StoreError> {
    let mut sorter = Sorter::new(dir);
    let mut lines = JournalLines::open(journal)?;
    for fact in lines.by_ref() {
        sorter.push(fact?)?;
    }
    let torn = lines.torn;
    Ok((sorter.into_sorted()?, torn))
}

/// The same of a run that was not finished: what was asked for and never became final is among the facts.
///
/// # Errors
/// As [`of_journal`].
pub(crate) fn of_partial(journal: &Path, dir: &Path) -> Result<Sorted, StoreError> {
    let mut sorter = Sorter::new(dir);
    for fact in JournalLines::open(journal)? {
        sorter.push(fact?)?;
    }
    unfinished(journal)?.into_iter().try_for_each(|fact| sorter.push(fact))?;
    sorter.into_sorted()
}

/// Takes facts in any order.
#[derive(Debug)]
pub(crate) struct Sorter {
    dir: PathBuf,
    part: usize,
    facts: Vec<Fact>,
    parts: Vec<Part>,
}

/// A file of sorted facts; goes with its owner.
#[derive(Debug)]
struct Part {
    path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // Nobody could do anything about one that stays.
        let _gone = fs::remove_file(&self.path);
    }
}

impl Sorter {
    /// A sorter whose parts, if it needs any, wait in `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        Self::with_part(dir, PART)
    }

    fn with_part(dir: &Path, part: usize) -> Self {
        Self { dir: dir.to_owned(), part, facts: Vec::new(), parts: Vec::new() }
    }

    pub(crate) fn push(&mut self, fact: Fact) -> Result<(), StoreError> {
        self.facts.push(fact);
        if self.facts.len() < self.part { Ok(()) } else { self.put_away() }
    }

    /// The facts by listener; those of one listener in the order in which they came.
    pub(crate) fn into_sorted(mut self) -> Result<Sorted, StoreError> {
        if self.parts.is_empty() {
            self.facts.sort_by_key(listener_of);
            let facts = self.facts.into_iter();
            return Ok(Sorted { facts, merge: Merge::default() });
        }
        if !self.facts.is_empty() {
            self.put_away()?;
        }
        let merge = Merge::begin(self.parts)?;
        Ok(Sorted { facts: Vec::new().into_iter(), merge })
    }

    fn put_away(&mut self) -> Result<(), StoreError> {
        self.facts.sort_by_key(listener_of);
        let path = self.dir.join(format!("facts.{}.part", self.parts.len()));
        let mut file = Journal::create(path.clone())?;
        self.parts.push(Part { path });
        for some in self.facts.chunks(1_000) {
            file.append(some)?;
        }
        self.facts.clear();
        Ok(())
    }
}

/// Facts by listener.
#[derive(Debug)]
pub(crate) struct Sorted {
    facts: std::vec::IntoIter<Fact>,
    merge: Merge,
}

impl Iterator for Sorted {
    type Item = Result<Fact, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.facts.next().map(Ok).or_else(|| self.merge.advance().transpose())
    }
}

/// The parts, each at its next fact. Of equal listeners the earlier part comes first, which keeps the order.
#[derive(Debug, Default)]
struct Merge {
    next: BinaryHeap<Reverse<(ListenerId, usize)>>,
    open: Vec<OpenPart>,
}

#[derive(Debug)]
struct OpenPart {
    lines: JournalLines,
    head: Option<Fact>,
    _file: Part,
}

impl Merge {
    fn begin(parts: Vec<Part>) -> Result<Self, StoreError> {
        let mut merge = Self::default();
        for (number, part) in parts.into_iter().enumerate() {
            let mut lines = JournalLines::open(&part.path)?;
            let head = lines.next().transpose()?;
            merge.next.extend(head.iter().map(|fact| Reverse((listener_of(fact), number))));
            merge.open.push(OpenPart { lines, head, _file: part });
        }
        Ok(merge)
    }

    fn advance(&mut self) -> Result<Option<Fact>, StoreError> {
        let Some(Reverse((_, number))) = self.next.pop() else { return Ok(None) };
        let Some(part) = self.open.get_mut(number) else { return Ok(None) };
        let following = part.lines.next().transpose()?;
        self.next.extend(following.iter().map(|fact| Reverse((listener_of(fact), number))));
        Ok(std::mem::replace(&mut part.head, following))
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        ids::BlockIdx,
        record::StallRecord,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn parts_come_back_in_the_order_of_listeners_and_of_coming() {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::with_part(dir.path(), 7);
        let fact = |number: u32| {
            Fact::Stall(StallRecord {
                listener: ListenerId(number * 7_919 % 13),
                block: BlockIdx(number),
                began_at: Instant::from_nanos(u64::from(number)),
                waited: Duration::ZERO,
            })
        };
        (0..100).for_each(|number| sorter.push(fact(number)).unwrap());
        let mut expected: Vec<_> = (0..100).map(fact).collect();
        expected.sort_by_key(listener_of);
        let sorted = sorter.into_sorted().unwrap();
        assert!(dir.path().read_dir().unwrap().count() > 10, "it was too much for one part");
        assert_eq!(sorted.collect::<Result<Vec<_>, _>>().unwrap(), expected);
        assert_eq!(dir.path().read_dir().unwrap().count(), 0, "nothing is left behind");
    }
}
