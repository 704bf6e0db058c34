//! Figures that others told during a run: `series.parquet`, and in `run.json` who was asked and how that went.

use std::path::Path;

use claque_core::series::{Series, SourceReport};

use crate::{
    columns::{TableReader, TableWriter},
    error::StoreError,
    files,
    manifest::Manifest,
    seal::FileSeal,
    series_source::SeriesSource,
    tables::{self, SeriesRecord},
};

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
            SeriesSource::of(report, u64::try_from(series).unwrap_or(u64::MAX))
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
