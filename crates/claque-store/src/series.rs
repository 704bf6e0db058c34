//! Figures that others told during a run: `series.parquet`, and in `run.json` who was asked and how that went.

use std::path::Path;

use claque_core::{
    series::{Series, SourceReport, Typical},
    time::Duration,
};
use serde::{Deserialize, Serialize};

use crate::{
    Manifest,
    columns::{TableReader, TableWriter},
    error::StoreError,
    files,
    seal::FileSeal,
    tables::{self, SeriesRecord},
};

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

/// What others told during a run.
#[derive(Clone, Debug, Default)]
pub struct SeriesOfRun {
    /// The figures.
    pub series: Vec<Series>,
    /// Whoever was asked.
    pub sources: Vec<SourceReport>,
}

impl SeriesOfRun {
    /// How it went, as `run.json` has it.
    #[must_use]
    pub fn rows(&self) -> Vec<SeriesSource> {
        let row = |report: &SourceReport| {
            let series = self.series.iter().filter(|series| series.source == report.source).count();
            SeriesSource {
                source: report.source.clone(),
                every_ms: millis(report.every),
                asked: report.asked,
                failed: report.failed,
                first_failure: report.first_failure.clone(),
                skipped: report.skipped,
                interval: report.interval.map(TypicalMs::of),
                lateness: report.lateness.map(TypicalMs::of),
                answer: report.answer.map(TypicalMs::of),
                series: u64::try_from(series).unwrap_or(u64::MAX),
                series_left_out: report.left_out.series,
                values_left_out: report.left_out.values,
                buckets_left_out: report.left_out.buckets,
                lines_not_understood: report.left_out.lines,
            }
        };
        self.sources.iter().map(row).collect()
    }

    /// Writes the file in `dir`.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, dir: &Path) -> Result<FileSeal, StoreError> {
        let mut table = TableWriter::create(&tables::SERIES, dir.join(files::SERIES))?;
        for (series, number) in self.series.iter().zip(0..) {
            for &point in &series.points {
                table.push(SeriesRecord {
                    series: number,
                    source: series.source.clone(),
                    name: series.name.clone(),
                    labels: series.labels.clone(),
                    unit: series.unit.clone(),
                    kind: series.kind,
                    point,
                })?;
            }
        }
        table.finish()
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

/// The figures that others told during the run in `dir`; none where nobody was asked, and of a run that did not come to its end.
///
/// # Errors
/// The file cannot be read, is damaged or not what was written.
pub fn series_of(dir: &Path, manifest: &Manifest) -> Result<Vec<Series>, StoreError> {
    let path = dir.join(files::SERIES);
    if manifest.partial || manifest.series_sources.is_empty() {
        return Ok(Vec::new());
    }
    manifest.integrity.refuse(dir)?;
    let mut all: Vec<Series> = Vec::new();
    let mut last = None;
    for record in TableReader::open(&tables::SERIES, path)?.rows()? {
        let SeriesRecord { series, source, name, labels, unit, kind, point } = record;
        if last.replace(series) != Some(series) {
            all.push(Series { source, name, labels, unit, kind, points: Vec::new() });
        }
        if let Some(series) = all.last_mut() {
            series.points.push(point);
        }
    }
    Ok(all)
}

/// The rows of the run in `dir`, as they are exported.
///
/// # Errors
/// As [`series_of`]; where nobody was asked there is no file.
pub fn series_records(dir: &Path) -> Result<Vec<SeriesRecord>, StoreError> {
    TableReader::open(&tables::SERIES, dir.join(files::SERIES))?.rows()
}
