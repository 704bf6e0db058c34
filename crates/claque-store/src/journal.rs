//! The journal: one fact a line, readable however the run ended.

use std::{
    borrow::Cow,
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use claque_core::record::{Arrived, Asked, Fact, IncidentRecord};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    asked::{ArrivedRow, AskedRow},
    error::StoreError,
    incidents::IncidentRow,
    line::FactLine,
    rows::FactRow,
    unfinished::Unfinished,
};

/// Longest line that is read, with its end: a fact has some hundred bytes, and texts in it have bounds. The file may be another's.
const MOST_LINE: u64 = 4 << 20;

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

/// What became known since the last time, to be appended together.
#[derive(Clone, Copy, Debug, Default)]
pub struct JournalEntries<'a> {
    /// What was just asked for, so that a run that is killed knows it. Of a block with a record it tells nothing more.
    pub asked: &'a [Asked],
    /// What has just arrived, likewise.
    pub arrived: &'a [Arrived],
    /// Facts, in the order in which they became final.
    pub facts: &'a [Fact],
}

impl JournalEntries<'_> {
    /// Whether there is nothing to append.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.arrived.is_empty() && self.facts.is_empty()
    }
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
        // To be read as well: what is in it must be had even when its folder is gone.
        let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(|source| StoreError::io("create", &path, source))?;
        Ok(Self { path, file, len: 0, lines: Vec::new() })
    }

    /// Whether what lies under the journal's name is what was written.
    ///
    /// # Errors
    /// It is not there, or is another length.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let found = fs::metadata(&self.path).map_err(|source| StoreError::io("read", &self.path, source))?;
        self.check_length(found.len())
    }

    fn check_length(&self, found: u64) -> Result<(), StoreError> {
        if found == self.len {
            Ok(())
        } else {
            let what = format!("it has {found} bytes, and {} were written", self.len);
            Err(StoreError::damaged(&self.path, what))
        }
    }

    /// Everything appended, read through the file that is open.
    pub(crate) fn facts(&mut self) -> Result<Vec<Fact>, StoreError> {
        let failed = |source| StoreError::io("read", &self.path, source);
        self.check_length(self.file.metadata().map_err(failed)?.len())?;
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let file = self.file.try_clone().map_err(failed)?;
        JournalLines::of_file(&self.path, Some(file), FactLine::into_fact).collect()
    }

    /// Appends all of `facts` or, on an error, nothing.
    pub(crate) fn append(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        self.append_rows(facts.iter().map(FactRow::<Cow<'_, str>>::from))
    }

    /// Appends all or, on an error, nothing: of what was asked for a line for each request, and for each moment since when its
    /// blocks are wanted; what has arrived in one line; the facts.
    pub(crate) fn append_all(
        &mut self,
        JournalEntries { asked, arrived, facts }: JournalEntries<'_>,
    ) -> Result<(), StoreError> {
        let of = |one: &Asked| (one.listener, one.at, one.wanted);
        let requests = asked.chunk_by(|one, next| of(one) == of(next));
        let requests = requests.map(|request| FactRow::Asked(AskedRow::of(request)));
        let arrived = (!arrived.is_empty()).then(|| FactRow::Arrived(ArrivedRow::of(arrived)));
        self.append_rows(requests.chain(arrived).chain(facts.iter().map(FactRow::<Cow<'_, str>>::from)))
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

/// Reads the journal of a run that was not finished; one that does not exist holds nothing. What was asked for and never became
/// final is among the facts, at their end.
pub(crate) fn read(path: &Path) -> Result<JournalContents, StoreError> {
    let mut contents = read_rows(path, FactLine::into_fact)?;
    contents.facts.extend(unfinished(path)?);
    Ok(contents)
}

/// The blocks that were asked for and have no record, as facts with all that is known of them, in the order in which they were
/// asked for.
pub(crate) fn unfinished(path: &Path) -> Result<Vec<Fact>, StoreError> {
    let mut open = Unfinished::default();
    let lines: JournalLines<FactRow, ()> = JournalLines::open_rows(path, |_| Ok(None))?;
    lines.for_each_row(|row| open.see(row))?;
    Ok(open.into_facts())
}

/// Incidents in a file of their own.
///
/// # Errors
/// It cannot be read, or is damaged.
pub(crate) fn read_incidents(path: &Path) -> Result<Vec<IncidentRecord>, StoreError> {
    let contents = read_rows(path, |row: IncidentRow| row.try_into().map(Some))?;
    if contents.torn {
        return Err(StoreError::damaged(path, "the last line is cut off"));
    }
    Ok(contents.facts)
}

/// The same of rows that become facts by `into_fact`.
pub(crate) fn read_rows<Row: DeserializeOwned, F>(
    path: &Path,
    into_fact: fn(Row) -> Result<Option<F>, String>,
) -> Result<JournalContents<F>, StoreError> {
    let mut lines = JournalLines::open_rows(path, into_fact)?;
    let facts = lines.by_ref().collect::<Result<_, _>>()?;
    Ok(JournalContents { facts, torn: lines.torn })
}

/// The facts of a journal one after the other.
#[derive(Debug)]
pub(crate) struct JournalLines<Row = FactLine, F = Fact> {
    path: PathBuf,
    reader: Option<BufReader<fs::File>>,
    into_fact: fn(Row) -> Result<Option<F>, String>,
    line: Vec<u8>,
    number: u64,
    /// Whether the end was reached inside a line.
    pub(crate) torn: bool,
}

impl JournalLines {
    /// Opens a journal; one that does not exist holds nothing.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_rows(path, FactLine::into_fact)
    }
}

impl<Row: DeserializeOwned, F> JournalLines<Row, F> {
    /// Opens a journal of rows that become facts by `into_fact`.
    pub(crate) fn open_rows(
        path: &Path,
        into_fact: fn(Row) -> Result<Option<F>, String>,
    ) -> Result<Self, StoreError> {
        let file = match fs::File::open(path) {
            Ok(file) => Some(file),
            Err(source) if source.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(StoreError::io("open", path, source)),
        };
        Ok(Self::of_file(path, file, into_fact))
    }

    fn of_file(path: &Path, file: Option<fs::File>, into_fact: fn(Row) -> Result<Option<F>, String>) -> Self {
        let reader = file.map(|file| BufReader::with_capacity(1 << 16, file));
        Self { path: path.to_owned(), reader, into_fact, line: Vec::new(), number: 0, torn: false }
    }

    /// The next line that is whole; none at the end.
    fn next_row(&mut self) -> Result<Option<Row>, StoreError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        self.line.clear();
        self.number += 1;
        let read = reader.by_ref().take(MOST_LINE).read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| StoreError::io("read", &self.path, source))?;
        if u64::try_from(read) == Ok(MOST_LINE) {
            return Err(self.damaged(&format!("it is longer than {} MiB", MOST_LINE >> 20)));
        }
        // A line is whole when its end was written; without it, what is there may be half a number.
        if read == 0 || self.line.last() != Some(&b'\n') {
            self.torn = read > 0;
            self.reader = None;
            return Ok(None);
        }
        // Looked through once, not text by text.
        let line = std::str::from_utf8(&self.line).map_err(|error| self.damaged(&error.to_string()))?;
        serde_json::from_str(line).map(Some).map_err(|error| self.damaged(&error.to_string()))
    }

    fn for_each_row(mut self, mut each: impl FnMut(Row)) -> Result<(), StoreError> {
        while let Some(row) = self.next_row()? {
            each(row);
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<F>, StoreError> {
        while let Some(row) = self.next_row()? {
            // Some lines are no facts.
            if let Some(fact) = (self.into_fact)(row).map_err(|what| self.damaged(&what))? {
                return Ok(Some(fact));
            }
        }
        Ok(None)
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::damaged(&self.path, format!("line {}: {what}", self.number))
    }
}

impl<Row: DeserializeOwned, F> Iterator for JournalLines<Row, F> {
    type Item = Result<F, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}
