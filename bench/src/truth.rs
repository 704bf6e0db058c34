//! What the server did, and when: kept in memory, written at the end, read by whoever judges a client.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

/// One block of one document. Moments are nanoseconds since 1970-01-01 UTC, counted by the monotonic clock from one
/// reading of both; 0 for what has not happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The request that named it was read.
    pub(crate) asked: u64,
    /// Its `cached` status is about to be handed to the system.
    pub(crate) ready: u64,
    /// The request for its audio was read.
    pub(crate) fetched: u64,
    /// The last byte of its audio is with the system.
    pub(crate) complete: u64,
}

impl Mark {
    fn joined(self, other: Self) -> Self {
        Self {
            asked: self.asked.max(other.asked),
            ready: self.ready.max(other.ready),
            fetched: self.fetched.max(other.fetched),
            complete: self.complete.max(other.complete),
        }
    }
}

/// Everything the server did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    /// Marks of each document's blocks, by the document's number and the block's.
    pub(crate) documents: Vec<Vec<Mark>>,
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// Blocks of each document that there are marks of.
    blocks: Vec<u32>,
}

/// Longest document there are marks of.
const MOST_BLOCKS: usize = 100_000;
/// Most documents there are marks of.
const MOST_DOCUMENTS: usize = 1_000_000;

impl Truth {
    /// The mark of a block; none for numbers out of reach.
    pub(crate) fn mark(&mut self, document: u32, block: u32) -> Option<&mut Mark> {
        let (document, block) = (usize::try_from(document).ok()?, usize::try_from(block).ok()?);
        if document >= MOST_DOCUMENTS || block >= MOST_BLOCKS {
            return None;
        }
        if self.documents.len() <= document {
            self.documents.resize_with(document + 1, Vec::new);
        }
        let blocks = &mut self.documents[document];
        if blocks.len() <= block {
            blocks.resize(block + 1, Mark::default());
        }
        blocks.get_mut(block)
    }

    /// Takes in what another thread of the same server noted. What both noted, which happens to none, is the later.
    pub(crate) fn merge(&mut self, other: Self) {
        for (number, blocks) in (0..).zip(other.documents) {
            for (block, theirs) in (0..).zip(blocks) {
                if theirs != Mark::default()
                    && let Some(mine) = self.mark(number, block)
                {
                    *mine = mine.joined(theirs);
                }
            }
        }
    }

    /// Every mark.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.documents.iter().flatten()
    }

    /// Writes a line of JSON that says how many marks each document has, then the marks: four little-endian `u64` each.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let failed = || format!("failed to write {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(failed)?);
        let blocks = self.documents.iter().map(|blocks| u32::try_from(blocks.len()).unwrap_or(u32::MAX));
        serde_json::to_writer(&mut file, &Head { blocks: blocks.collect() }).with_context(failed)?;
        file.write_all(b"\n").with_context(failed)?;
        for mark in self.marks() {
            for moment in [mark.asked, mark.ready, mark.fetched, mark.complete] {
                file.write_all(&moment.to_le_bytes()).with_context(failed)?;
            }
        }
        file.flush().with_context(failed)
    }

    /// Reads what [`Truth::write`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, or is something else.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let failed = || format!("failed to read {}", path.display());
        let mut file = BufReader::new(File::open(path).with_context(failed)?);
        let mut line = String::new();
        file.read_line(&mut line).with_context(failed)?;
        let head: Head = serde_json::from_str(&line).with_context(failed)?;
        let mut moment = || -> anyhow::Result<u64> {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).with_context(failed)?;
            Ok(u64::from_le_bytes(bytes))
        };
        let mut documents = Vec::with_capacity(head.blocks.len());
        for count in head.blocks {
            let mut blocks = Vec::new();
            for _ in 0..count {
                let [asked, ready, fetched, complete] = [moment()?, moment()?, moment()?, moment()?];
                blocks.push(Mark { asked, ready, fetched, complete });
            }
            documents.push(blocks);
        }
        ensure!(file.read(&mut [0]).with_context(failed)? == 0, "{} is too long", path.display());
        Ok(Self { documents })
    }
}

/// A document's name on the wire: a UUID that holds its number.
pub(crate) fn document_id(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// The number in a document's name.
pub(crate) fn document_number(id: &str) -> Option<u32> {
    u32::from_str_radix(id.get(..8)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut truth = Truth::default();
        *truth.mark(1, 2).unwrap() = Mark { asked: 1, ready: 2, fetched: 3, complete: u64::MAX };
        assert_eq!(truth.mark(u32::MAX, 0), None);
        let path = std::env::temp_dir().join(format!("claque-bench-truth-{}", std::process::id()));
        truth.write(&path).unwrap();
        let read = Truth::read(&path);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap(), truth);
    }

    #[test]
    fn threads_that_saw_parts_of_a_block_saw_all_of_it_together() {
        let (mut one, mut other) = (Truth::default(), Truth::default());
        *one.mark(0, 1).unwrap() = Mark { asked: 1, ready: 2, ..Mark::default() };
        *other.mark(0, 1).unwrap() = Mark { fetched: 3, complete: 4, ..Mark::default() };
        *other.mark(3, 0).unwrap() = Mark { asked: 5, ..Mark::default() };
        one.merge(other);
        assert_eq!(one.documents[0][1], Mark { asked: 1, ready: 2, fetched: 3, complete: 4 });
        assert_eq!((one.documents.len(), one.documents[3][0].asked), (4, 5));
    }

    #[test]
    fn a_name_holds_its_number() {
        assert_eq!(document_id(255), "000000ff-0000-4000-8000-000000000000");
        assert_eq!(document_number(&document_id(50_000)), Some(50_000));
        assert_eq!(document_number("short"), None);
    }
}
