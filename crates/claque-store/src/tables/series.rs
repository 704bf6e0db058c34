//! Series.

use claque_core::{
    series::{SeriesKind, SeriesPoint},
    time::Instant,
};

use super::{MOMENT, NAME, NUMBER};
use crate::{
    columns::{table, text},
    series_value::SeriesValue,
};

/// A value with the series that it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRecord {
    /// Number of the series.
    pub series: u32,
    /// Who told it.
    pub source: String,
    /// The name it has there.
    pub name: String,
    /// Its labels.
    pub labels: String,
    /// What it counts.
    pub unit: String,
    /// Whether it only grows.
    pub kind: SeriesKind,
    /// When it was what.
    pub point: SeriesPoint,
}

table! {
    /// A row of `series.parquet`.
    SeriesRow<Text> of SeriesRecord, in SERIES = "series" with SERIES_COLUMNS, reads 0;

    /// number of the series
    series: u32, NUMBER => |record| record.series;
    /// who told it: an address, a command, `pid N`
    source: Text, "words" => |record| text(record.source.as_str());
    /// the name it has there
    name: Text, "words of the source" => |record| text(record.name.as_str());
    /// its labels as in Prometheus' text, without braces, in order of their keys; mostly empty
    labels: Text, "words of the source" => |record| text(record.labels.as_str());
    /// what it counts, where that is told or the name ends with it; else empty
    unit: Text, "words of the source" => |record| text(record.unit.as_str());
    /// `counter`, `gauge` or `unknown`
    kind: Text, NAME => |record| text(record.kind.as_str());
    /// when the answer with the value was whole
    at_ns: u64, MOMENT => |record| record.point.at.as_nanos();
    /// the value as it was told; it may be no number
    value: SeriesValue, "see unit" => |record| SeriesValue(record.point.value);
}

impl<Text: AsRef<str> + Into<String>> SeriesRow<Text> {
    pub(crate) fn into_record(self) -> Result<SeriesRecord, String> {
        let kind = self.kind.as_ref();
        Ok(SeriesRecord {
            series: self.series,
            kind: SeriesKind::of_name(kind).ok_or_else(|| format!("unknown kind `{kind}`"))?,
            source: self.source.into(),
            name: self.name.into(),
            labels: self.labels.into(),
            unit: self.unit.into(),
            point: SeriesPoint { at: Instant::from_nanos(self.at_ns), value: self.value.0 },
        })
    }
}
