//! Numbers from facts: the summary of a run, and whether it can be trusted.
//!
//! [`SummaryBuilder`] takes facts in any order and makes a [`Summary`]; [`Verdict::judge`] says what the
//! summary is worth. Every definition is in `docs/metrics.md`. Nothing here reads a clock or a file, and
//! nothing is estimated: what was not measured is `None`.

mod builder;
mod causes;
mod lockstep;
pub mod names;
mod sample;
mod summary;
mod verdict;

pub use self::{
    builder::{RunShape, SummaryBuilder, summarise},
    lockstep::{Lockstep, lockstep},
    sample::{Distribution, Sample, ScheduleLag},
    summary::{BlockCounts, CauseScope, ErrorCause, ListenerCounts, Summary, Underruns},
    verdict::{LATE_GENERATOR, Reason, ReasonId, Validity, Verdict},
};
