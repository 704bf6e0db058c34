//! The journal: one fact a line, readable however the run ended.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use claque_core::record::Fact;

use crate::{error::StoreError, rows::FactRow};

/// Appends facts. Everything appended is with the operating system when [`Journal::append`] returns.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: fs::File,
    /// Bytes of whole lines.
    len: u64,
    /// The lines of one call, kept for their memory.
    lines: Vec<u8>,
}

/// What a journal held.
#[derive(Debug)]
pub(crate) struct JournalContents {
    pub(crate) facts: Vec<Fact>,
    /// The last line was cut off in the middle, as a kill or a full disk leaves it.
    pub(crate) torn: bool,
}

impl Journal {
    pub(crate) fn create(path: PathBuf) -> Result<Self, StoreError> {
        let file = fs::File::create(&path).map_err(|source| StoreError::io("create", &path, source))?;
        Ok(Self { path, file, len: 0, lines: Vec::new() })
    }

    /// Appends all of `facts` or, on an error, nothing.
    pub(crate) fn append(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        self.lines.clear();
        for fact in facts {
            serde_json::to_writer(&mut self.lines, &FactRow::from(fact))
                .map_err(|error| StoreError::encode(&self.path, error))?;
            self.lines.push(b'\n');
        }
        if let Err(source) = self.file.write_all(&self.lines) {
            self.drop_torn_line();
            return Err(StoreError::io("write", &self.path, source));
        }
        self.len += u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Half a line in the middle would make the rest unreadable. If even this fails, half a line at the end is
    /// what a reader forgives.
    fn drop_torn_line(&mut self) {
        if self.file.set_len(self.len).is_ok() {
            let _ = self.file.seek(SeekFrom::Start(self.len));
        }
    }
}

/// Reads a journal; one that does not exist holds nothing.
pub(crate) fn read(path: &Path) -> Result<JournalContents, StoreError> {
    let mut lines = JournalLines::open(path)?;
    let facts = lines.by_ref().collect::<Result<_, _>>()?;
    Ok(JournalContents { facts, torn: lines.torn })
}

/// The facts of a journal one after the other.
#[derive(Debug)]
pub(crate) struct JournalLines {
    path: PathBuf,
    reader: Option<BufReader<fs::File>>,
    line: Vec<u8>,
    number: u64,
    /// Whether the end was reached inside a line.
    pub(crate) torn: bool,
}

impl JournalLines {
    /// Opens a journal; one that does not exist holds nothing.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let reader = match fs::File::open(path) {
            Ok(file) => Some(BufReader::with_capacity(1 << 16, file)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(StoreError::io("open", path, source)),
        };
        Ok(Self { path: path.to_owned(), reader, line: Vec::new(), number: 0, torn: false })
    }

    fn advance(&mut self) -> Result<Option<Fact>, StoreError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        self.line.clear();
        self.number += 1;
        let read = reader.read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| StoreError::io("read", &self.path, source))?;
        // A line is whole when its end was written; without it, what is there may be half a number.
        if read == 0 || self.line.last() != Some(&b'\n') {
            self.torn = read > 0;
            self.reader = None;
            return Ok(None);
        }
        let fact = parse(&self.line);
        fact.map(Some)
            .map_err(|what| StoreError::damaged(&self.path, format!("line {}: {what}", self.number)))
    }
}

impl Iterator for JournalLines {
    type Item = Result<Fact, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

fn parse(line: &[u8]) -> Result<Fact, String> {
    serde_json::from_slice::<FactRow>(line).map_err(|error| error.to_string())?.into_fact()
}
