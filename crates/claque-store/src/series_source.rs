//! How asking others for figures went, as `run.json` has it.

use claque_core::{
    series::{SourceReport, Typical},
    time::Duration,
};
use serde::{Deserialize, Serialize};

/// How asking one source went: an element of `series_sources` in `run.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesSource {
    /// Who was asked.
    pub source: String,
    /// How often it was to be asked.
    pub every_ms: f64,
    /// How often it was asked.
    pub asked: u64,
    /// Of these, how often no figures came of it.
    pub failed: u64,
    /// What went wrong the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
    /// Moments at which it was not asked, because the answer before had not come.
    pub skipped: u64,
    /// Time between one asking and the next; absent below two.
    pub interval: Option<TypicalMs>,
    /// How much later than meant it was asked; absent where it never was.
    pub lateness: Option<TypicalMs>,
    /// Time until an answer was whole; absent where none came.
    pub answer: Option<TypicalMs>,
    /// Series of it that are kept.
    pub series: u64,
    /// Series beyond the bound of a source.
    pub series_left_out: u64,
    /// Values beyond the bound of a run.
    pub values_left_out: u64,
    /// Parts of histograms that are left out, in the answer that had the most.
    pub buckets_left_out: u64,
    /// Lines that were not understood, in the answer that had the most.
    pub lines_not_understood: u64,
}

/// The median and the longest of some times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypicalMs {
    /// The median.
    pub median_ms: f64,
    /// The longest.
    pub longest_ms: f64,
}

impl SeriesSource {
    /// Of a source of which so many series are kept.
    pub(crate) fn of(report: &SourceReport, series: u64) -> Self {
        Self {
            source: report.source.clone(),
            every_ms: millis(report.every),
            asked: report.asked,
            failed: report.failed,
            first_failure: report.first_failure.clone(),
            skipped: report.skipped,
            interval: report.interval.map(TypicalMs::of),
            lateness: report.lateness.map(TypicalMs::of),
            answer: report.answer.map(TypicalMs::of),
            series,
            series_left_out: report.left_out.series,
            values_left_out: report.left_out.values,
            buckets_left_out: report.left_out.buckets,
            lines_not_understood: report.left_out.lines,
        }
    }
}

impl TypicalMs {
    fn of(Typical { median, longest }: Typical) -> Self {
        Self { median_ms: millis(median), longest_ms: millis(longest) }
    }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}
