//! The journal: one fact a line, readable however the run ended.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use claque_core::record::Fact;
use serde::{Serialize, de::DeserializeOwned};

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
pub(crate) struct JournalContents<F = Fact> {
    pub(crate) facts: Vec<F>,
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
        self.append_rows(facts.iter().map(FactRow::from))
    }

    /// The same of any rows.
    pub(crate) fn append_rows(
        &mut self,
        rows: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<(), StoreError> {
        self.lines.clear();
        for row in rows {
            serde_json::to_writer(&mut self.lines, &row)
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
    read_rows(path, FactRow::into_fact)
}

/// The same of rows that become facts by `into_fact`.
pub(crate) fn read_rows<Row: DeserializeOwned, F>(
    path: &Path,
    into_fact: fn(Row) -> Result<F, String>,
) -> Result<JournalContents<F>, StoreError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(JournalContents { facts: Vec::new(), torn: false });
        }
        Err(source) => return Err(StoreError::io("open", path, source)),
    };
    let mut reader = BufReader::new(file);
    let mut contents = JournalContents { facts: Vec::new(), torn: false };
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read =
            reader.read_until(b'\n', &mut line).map_err(|source| StoreError::io("read", path, source))?;
        if read == 0 {
            break;
        }
        // A line is whole when its end was written; without it, what is there may be half a number.
        if line.last() != Some(&b'\n') {
            contents.torn = true;
            break;
        }
        contents.facts.push(
            parse(&line, into_fact)
                .map_err(|what| StoreError::damaged(path, format!("line {number}: {what}")))?,
        );
    }
    Ok(contents)
}

fn parse<Row: DeserializeOwned, F>(
    line: &[u8],
    into_fact: fn(Row) -> Result<F, String>,
) -> Result<F, String> {
    into_fact(serde_json::from_slice::<Row>(line).map_err(|error| error.to_string())?)
}
