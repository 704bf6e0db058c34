//! A run on disk: a folder of plain files that others can read without claque.
//!
//! [`RunFolder::create`] begins one, [`RunWriter`] keeps its journal and finishes it, [`open`] reads it back
//! whether it was finished or killed. [`SuiteManifest`] is the plan of many runs.
//! [`DocumentJournal`] and [`KeptDocuments`] say what runs left on a service. [`import::read`] reads the older script's files. The layout is in
//! `docs/metrics.md`. Nothing here reads a clock, and what callers hand in must be free of secrets.

mod ahead;
mod asked;
mod capacity;
mod cells;
mod columns;
mod digest;
mod documents;
mod error;
mod files;
pub mod finished;
mod head;
mod heard;
mod heard_file;
pub mod import;
mod incidents;
mod integrity;
mod journal;
mod left;
mod line;
mod listeners;
mod manifest;
mod measured;
mod network;
mod reader;
mod repeat;
mod rows;
mod runs_within;
mod seal;
mod series;
mod series_source;
mod series_value;
mod service_load;
mod session;
mod settings;
mod sorter;
mod suite;
mod tables;
mod tags;
pub mod timeline;
mod tune;
mod unfinished;
mod verdict;
mod version;
mod wall_time;
mod writer;

pub use self::{
    capacity::{
        AskedFlags, CapacityFolder, CapacityManifest, ProbeRow, is_capacity, list_capacities, open_capacity,
        remove_capacity, save_capacity,
    },
    columns::{Column, ColumnKind},
    documents::{
        DocumentRow, DocumentsFolder, DocumentsHeader, DocumentsManifest, DocumentsRun, DocumentsWriter,
        PAGE_COLUMNS, PageRow, StepErrorRow, open_documents,
    },
    error::StoreError,
    head::{DocumentsConfig, RunHead, RunKind, RunWhat, head, list, remove, run_kind, short_name},
    heard::{HeardRecord, WaitedLonger},
    heard_file::{HeardFound, heard_audio, keep_heard},
    incidents::IncidentRow,
    integrity::{Changes, Integrity},
    journal::JournalEntries,
    left::{
        DocumentJournal, ExtractionName, JournalHeader, JournalState, KeptDocument, KeptDocuments,
        KnownServices, LeftBehind, LeftDocument, LeftExtraction, Unresolved,
    },
    listeners::{ListenerFacts, by_listener},
    manifest::{
        ClaqueVersion, Machine, Manifest, Preparation, RunConfig, RunHeader, TokenRow, expects_streams,
        expects_turns,
    },
    measured::Measured,
    network::{AddressRow, NetworkRecord},
    reader::{
        Run, for_each_kept_listener, for_each_listener, open, open_as_found, open_manifest, resummarise,
    },
    repeat::RepeatOf,
    runs_within::run_digest,
    series::{SeriesOfRun, series_of},
    series_source::{SeriesSource, TypicalMs},
    series_value::SeriesValue,
    service_load::{ModelLoadRow, ServiceLoad},
    session::{BlockArrival, Session, Underrun},
    settings::flatten,
    suite::{
        SuiteFolder, SuiteManifest, SuiteRun, SuiteRunState, SuiteScenario, is_suite, list_suites,
        open_suite, save_suite,
    },
    tables::{
        BLOCK_COLUMNS, BlockRow, ERROR_COLUMNS, ErrorRow, LISTENER_COLUMNS, ListenerRow, SERIES_COLUMNS,
        STALL_COLUMNS, SeriesRecord, SeriesRow, StallRow,
    },
    tags::{set_tags, tags},
    tune::{TuneFolder, TuneManifest, TuneVaried, is_tune, list_tunes, open_tune, remove_tune, save_tune},
    verdict::SavedVerdict,
    wall_time::UnixNanos,
    writer::{RunFolder, RunWriter},
};

/// The version of the folder's layout that this code writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;
