//! Figures that services and programs tell of themselves: Prometheus' text, OpenMetrics, lines of names and values, and tables such as
//! `nvidia-smi` prints.
//!
//! The formats: <https://prometheus.io/docs/instrumenting/exposition_formats/> and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>. What is read is foreign: it is bounded, nothing of it is trusted, and a line
//! that is not understood is counted and takes no other with it. Timestamps in it are left alone: they are of another clock.

mod labels;
mod output;
mod text;

use claque_core::series::SeriesKind;

pub use self::{output::read_output, text::read_text};

/// Longest name of a metric that is taken, in bytes.
const LONGEST_NAME: usize = 200;

/// Longest labels of a sample that are taken, in bytes as they are kept.
const LONGEST_LABELS: usize = 1_000;

/// Longest unit that is taken, in bytes.
const LONGEST_UNIT: usize = 40;

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// In the order of the answer.
    pub samples: Vec<Sample>,
    /// Samples beyond the bound that was given.
    pub beyond: u64,
    /// Parts of histograms, which are left out: `_bucket` and `_created`.
    pub buckets: u64,
    /// Lines that were not understood.
    pub unread: u64,
}

/// A value of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series' name.
    pub name: String,
    /// Its labels as in Prometheus' text, without braces, in order of their keys.
    pub labels: String,
    /// What it counts, where that is told or its name says so; else empty.
    pub unit: String,
    /// Whether it only grows.
    pub kind: SeriesKind,
    /// The value; it may be no number.
    pub value: f64,
}

/// Why an answer is none with figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMetrics {
    /// There is nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// Not one line is a sample.
    #[error("the answer holds no metrics: not one line of it is a name and a number")]
    NoSample,
    /// The first line of a table has numbers where names are needed.
    #[error("the first line of the table has no names; leave `noheader` out")]
    NoHeader,
}

impl Metrics {
    /// Takes a sample, if there is room for it.
    fn push(&mut self, sample: Sample, most: usize) {
        if self.samples.len() < most {
            self.samples.push(sample);
        } else {
            self.beyond += 1;
        }
    }

    /// What was read, if there is anything in it.
    fn checked(self) -> Result<Self, NoMetrics> {
        let is_any = self.samples.len() as u64 + self.beyond + self.buckets > 0;
        match (is_any, self.unread) {
            (true, _) => Ok(self),
            (false, 0) => Err(NoMetrics::Empty),
            (false, _) => Err(NoMetrics::NoSample),
        }
    }
}

/// Base units with which names end (<https://prometheus.io/docs/practices/naming/#base-units>).
const BASE_UNITS: [&str; 10] =
    ["seconds", "bytes", "celsius", "ratio", "percent", "joules", "volts", "amperes", "meters", "grams"];

/// The unit that a metric's name ends with; mostly empty.
fn unit_of_name(name: &str) -> &'static str {
    let stem = ["_total", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let ends = |unit: &&&str| stem.strip_suffix(**unit).is_some_and(|rest| rest.ends_with(['_', ':']));
    BASE_UNITS.iter().find(ends).copied().unwrap_or_default()
}

/// Foreign words without what is no sign for the eye, and none that are too long.
fn clean(words: &str, most: usize) -> Option<String> {
    (words.len() <= most)
        .then(|| words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
}
