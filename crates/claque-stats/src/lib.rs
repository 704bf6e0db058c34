//! Numbers from facts: the summary of a run, and whether it can be trusted.
//!
//! [`SummaryBuilder`] takes facts in any order and makes a [`Summary`]; [`Verdict::judge`] says what the
//! summary is worth. Every definition is in `docs/metrics.md`. Nothing here reads a clock or a file, and
//! nothing is estimated: what was not measured is `None`.

mod audio;
mod beta;
mod binomial;
mod builder;
mod by_listener;
pub mod calibrate;
pub mod capacity;
mod causes;
pub mod compare;
mod documents;
mod documents_verdict;
pub mod explain;
mod figure_value;
pub mod figures;
mod gap;
mod incidents;
mod lockstep;
pub mod names;
pub mod objective;
mod observation;
mod observe;
mod ratio;
mod reason;
pub mod replicates;
mod sample;
mod streams;
mod summary;
pub mod tune;
pub mod units;
mod verdict;
pub mod vocabulary;
pub mod window;

pub use self::{
    audio::{AudioFigures, SameAudio, SoundFigures},
    builder::{RunShape, SummaryBuilder, summarise},
    documents::{
        CacheUse, DocumentCounts, DocumentsBuilder, DocumentsShape, DocumentsSummary, FailedPages,
        PageCounts, StepCause, summarise_documents,
    },
    figure_value::StreamFigures,
    figures::TimeMetric,
    gap::{GapStretch, GeneratorGap, LATE_GAP, LATE_SHARE_PCT},
    lockstep::{Lockstep, lockstep},
    observation::{Ending, ListenerObservation},
    observe::{Observations, ObservationsBuilder},
    reason::{Reason, ReasonId},
    sample::{Distribution, RatioDistribution, Sample, ScheduleLag, has_quantile, values_for_quantile},
    streams::is_streamed,
    summary::{
        Acts, BlockCounts, CauseScope, ConnectionTrouble, ErrorCause, GiveUpFigures, ListenerCounts,
        NetworkFigures, Resends, Summary, Underruns,
    },
    verdict::{LATE_GENERATOR, Validity, Verdict},
};
