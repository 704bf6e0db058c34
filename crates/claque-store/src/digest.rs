//! What `run.json` repeats of the facts, for readers of JSON: everything, up to a bound.

use std::path::Path;

use crate::{
    error::StoreError,
    files,
    incidents::IncidentRow,
    journal::Journal,
    listeners::ListenerFacts,
    manifest::Manifest,
    session::{Session, session},
    tables::{ErrorRow, ListenerRow},
};

/// Blocks of a run whose `block_arrivals` are repeated: 40 MB of JSON.
const MOST_BLOCKS: usize = 200_000;

/// Listeners of a run that are repeated, and failures: 10 MB each.
const MOST_LISTENERS: usize = 20_000;
const MOST_ERRORS: usize = 20_000;

/// Incidents of a run that stay in `run.json`, some 40 MB. More are in a file of their own, for they are in no column.
const MOST_INCIDENTS: usize = 200_000;

/// Collects it listener by listener, and lets go of it when it becomes too much.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    sessions: Vec<Session>,
    listeners: Vec<ListenerRow>,
    errors: Vec<ErrorRow>,
    /// Those that are not in the file.
    incidents: Vec<IncidentRow>,
    /// Where they go once there are too many, in order of listeners.
    incidents_file: Option<Journal>,
    documents: Vec<String>,
    blocks_seen: usize,
    listeners_seen: usize,
    errors_seen: usize,
}

impl Digest {
    /// Has incidents put away in `dir` if there are too many of them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn put_away(&mut self, dir: &Path) -> Result<(), StoreError> {
        self.put_away_beyond(MOST_INCIDENTS, dir)
    }

    fn put_away_beyond(&mut self, most: usize, dir: &Path) -> Result<(), StoreError> {
        if self.incidents.len() > most {
            let file = match self.incidents_file.take() {
                Some(file) => file,
                None => Journal::create(dir.join(files::INCIDENTS))?,
            };
            self.incidents_file.insert(file).append_rows(self.incidents.drain(..))?;
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, facts: &ListenerFacts) {
        self.blocks_seen += facts.blocks.len();
        self.listeners_seen += 1;
        self.errors_seen += facts.errors.len();
        self.incidents.extend(facts.incidents.iter().map(IncidentRow::from));
        if self.errors_seen <= MOST_ERRORS {
            self.errors.extend(facts.errors.iter().map(ErrorRow::from));
        }
        if self.listeners_seen > MOST_LISTENERS {
            self.sessions = Vec::new();
            self.listeners = Vec::new();
            return;
        }
        let mut session = session(facts);
        if self.blocks_seen > MOST_BLOCKS {
            session.block_arrivals = Vec::new();
            self.sessions.iter_mut().for_each(|session| session.block_arrivals = Vec::new());
        }
        if self.errors_seen > MOST_ERRORS {
            session.errors = Vec::new();
        }
        self.sessions.push(session);
        if let Some(record) = &facts.session {
            self.listeners.push(record.into());
            if self.documents.last() != Some(&record.document) && !self.documents.contains(&record.document) {
                self.documents.push(record.document.clone());
            }
        }
    }

    /// Puts it down. Documents are taken from the listeners where nobody has named them.
    ///
    /// # Errors
    /// The file of incidents cannot be written.
    pub(crate) fn into_manifest(mut self, manifest: &mut Manifest) -> Result<(), StoreError> {
        if let Some(file) = &mut self.incidents_file {
            file.append_rows(self.incidents.drain(..))?;
        }
        // Earliest first, as they happened.
        self.errors.sort_by_key(|error| error.at_ns);
        self.incidents.sort_by_key(|incident| incident.at_ns);
        let mut left = |what: &str, is_left: bool| {
            if is_left {
                manifest.left_to_columns.push(what.to_owned());
            }
        };
        let listeners = self.listeners_seen > MOST_LISTENERS;
        left("block_arrivals", !listeners && self.blocks_seen > MOST_BLOCKS);
        left("sessions", listeners);
        left("listeners", listeners);
        left("errors", self.errors_seen > MOST_ERRORS);
        left(files::INCIDENTS_KEY, self.incidents_file.is_some());
        if self.errors_seen > MOST_ERRORS {
            self.sessions.iter_mut().for_each(|session| session.errors = Vec::new());
            self.errors = Vec::new();
        }
        manifest.sessions = self.sessions;
        manifest.listeners = self.listeners;
        manifest.errors = self.errors;
        manifest.incidents = self.incidents;
        if manifest.document_ids.is_empty() {
            manifest.document_ids = self.documents;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        ids::{BlockIdx, ListenerId},
        record::{BlockOutcome, BlockRecord, Incident, IncidentRecord},
        time::Instant,
    };

    use super::*;
    use crate::manifest::tests::manifest;

    fn listener(number: u32, blocks: u32) -> ListenerFacts {
        let block = |index| BlockRecord {
            chars: 1,
            ready_at: Some(Instant::from_millis(1)),
            outcome: BlockOutcome::Played,
            ..BlockRecord::wanted(ListenerId(number), BlockIdx(index), Instant::START)
        };
        ListenerFacts { blocks: (0..blocks).map(block).collect(), ..ListenerFacts::new(ListenerId(number)) }
    }

    #[test]
    fn a_run_of_usual_size_is_repeated_whole() {
        let (mut digest, mut manifest) = (Digest::default(), manifest());
        (0..20).for_each(|number| digest.add(&listener(number, 10_000)));
        digest.into_manifest(&mut manifest).unwrap();
        assert_eq!(manifest.left_to_columns, [""; 0]);
        assert_eq!(
            manifest.sessions.iter().map(|session| session.block_arrivals.len()).sum::<usize>(),
            200_000
        );
    }

    #[test]
    fn of_more_blocks_the_sessions_stay_without_them() {
        let (mut digest, mut manifest) = (Digest::default(), manifest());
        (0..21).for_each(|number| digest.add(&listener(number, 10_000)));
        digest.into_manifest(&mut manifest).unwrap();
        assert_eq!(manifest.left_to_columns, ["block_arrivals"]);
        assert_eq!(manifest.sessions.len(), 21);
        assert!(manifest.sessions.iter().all(|session| session.block_arrivals.is_empty()));
    }

    #[test]
    fn of_more_listeners_nothing_is_repeated() {
        let (mut digest, mut manifest) = (Digest::default(), manifest());
        (0..20_001).for_each(|number| digest.add(&listener(number, 1)));
        digest.into_manifest(&mut manifest).unwrap();
        assert_eq!(manifest.left_to_columns, ["sessions", "listeners"]);
        assert!(manifest.sessions.is_empty() && manifest.listeners.is_empty());
    }

    #[test]
    fn of_more_incidents_all_are_in_a_file_in_the_order_of_listeners() {
        let dir = tempfile::tempdir().unwrap();
        let (mut digest, mut manifest) = (Digest::default(), manifest());
        for number in 0..50 {
            let given_up = IncidentRecord {
                listener: ListenerId(number),
                at: Instant::from_millis(u64::from(100 - number)),
                incident: Incident::GivenUp { block: BlockIdx(0) },
            };
            digest
                .add(&ListenerFacts { incidents: vec![given_up], ..ListenerFacts::new(ListenerId(number)) });
            digest.put_away_beyond(10, dir.path()).unwrap();
            assert!(digest.incidents.len() <= 10);
        }
        digest.into_manifest(&mut manifest).unwrap();
        assert_eq!(
            (manifest.left_to_columns.as_slice(), manifest.incidents.len()),
            (&["incidents".to_owned()][..], 0)
        );
        let read = crate::journal::read_incidents(&dir.path().join(files::INCIDENTS)).unwrap();
        assert_eq!(
            read.iter().map(|record| record.listener.0).collect::<Vec<_>>(),
            (0..50).collect::<Vec<_>>()
        );
    }
}
