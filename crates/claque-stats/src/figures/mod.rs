//! The list of figures: what each is called, what it is counted in, how it is told, which way is better, who may name it,
//! and what it is made of. Reports, comparisons and objectives take it from here; `docs/metrics.md` has the same list, which a
//! test compares.
//!
//! A new figure of streams with one value a block is one entry here and one row there.

pub(crate) mod ids;
mod list;
mod time_metric;
mod values;

use claque_core::{record::BlockRecord, time::Duration};

pub use self::{list::ALL, time_metric::TimeMetric};
pub use crate::figure_value::FigureValue;
use crate::{observation::ListenerObservation, ratio::Ratio, sample::Distribution, summary::Summary};

/// A figure of a run.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The name used everywhere, also in files.
    pub id: &'static str,
    /// What it is counted in.
    pub unit: FigureUnit,
    /// How it is told.
    pub told: FigureForm,
    /// What there is one value of, such as "listener".
    pub per: &'static str,
    /// Which way is better.
    pub better: Better,
    /// What a comparison makes of it.
    pub compared: Compared,
    /// Whether an objective may name it.
    pub objectives: InObjectives,
    /// The tables that tell it.
    pub places: &'static [Place],
    /// One line.
    pub definition: &'static str,
    /// When it is N/A.
    pub absent: &'static str,
    /// Where its value is found.
    pub source: Source,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureUnit {
    /// Milliseconds.
    Ms,
    /// Percent, 0 to 100.
    Pct,
    /// One time for each of another.
    Ratio,
    /// Things.
    Count,
    /// Seconds of audio a second.
    AudioPerSecond,
    /// Characters a second.
    CharsPerSecond,
    /// Bytes.
    Bytes,
}

/// How a figure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureForm {
    /// Of many values: their number, mean, quantiles and the largest.
    Quantiles,
    /// As a part of all.
    Share,
    /// As a number of things.
    Count,
    /// As a number that is neither.
    Quotient,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
    /// Neither says anything of the service.
    Neither,
}

/// What a comparison makes of a figure.
#[derive(Clone, Copy, Debug)]
pub enum Compared {
    /// Nothing.
    No,
    /// Each figure of its values is for information.
    Spread,
    /// The mean of its values is judged, the others are for information.
    JudgedMean,
    /// It is judged.
    Judged(Parts),
    /// It is for information.
    Shown(Parts),
}

/// What a listener adds to a figure that is compared: each is the quotient of two sums.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// What it adds above and below the line.
    pub of: fn(&ListenerObservation) -> Ratio,
    /// Whether it says something of these listeners.
    pub measured: fn(&[ListenerObservation]) -> bool,
}

/// Whether an objective may name a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InObjectives {
    /// It may.
    Yes,
    /// It may not.
    No,
}

/// A table of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The summary as text.
    Text,
    /// The summary as Markdown.
    Markdown,
    /// The table of the page.
    Page,
}

/// Where the value of a figure is found.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Among the times of a summary, and of each listener.
    Times(fn(&Summary) -> Option<Distribution>, TimeMetric),
    /// A number of a summary.
    Number(fn(&Summary) -> Option<f64>),
    /// Only in comparisons and objectives.
    Observations,
    /// Made of each delivered block of a stream; none where it says nothing. A ratio is that many seconds.
    Block(fn(&BlockRecord) -> Option<Duration>),
    /// Made of each utterance of a conversation that was heard.
    Utterances,
    /// Made of the streams of a run together.
    Streams,
}

impl Figure {
    /// Whether it exists only where audio comes as a stream.
    #[must_use]
    pub const fn is_of_streams(&self) -> bool {
        match self.source {
            Source::Block(_) | Source::Utterances | Source::Streams => true,
            Source::Times(..) | Source::Number(_) | Source::Observations => false,
        }
    }

    /// Its value in a summary; none where it was not measured.
    #[must_use]
    pub fn value(&self, summary: &Summary) -> Option<FigureValue> {
        match self.source {
            Source::Times(of, _) => of(summary).map(FigureValue::Times),
            Source::Number(of) => of(summary).map(FigureValue::Number),
            Source::Observations => None,
            Source::Block(_) | Source::Utterances | Source::Streams => {
                summary.streams.as_ref()?.value(self.id)
            }
        }
    }

    /// How the values of each listener are found, of a figure that has many.
    #[must_use]
    pub fn metric(&'static self) -> Option<TimeMetric> {
        match self.source {
            Source::Times(_, metric) => Some(metric),
            Source::Block(_) | Source::Utterances => Some(TimeMetric::Stream(StreamMetric(self))),
            Source::Number(_) | Source::Observations | Source::Streams => None,
        }
    }
}

/// A figure with one value a block of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamMetric(&'static Figure);

impl StreamMetric {
    /// What it is.
    #[must_use]
    pub const fn figure(self) -> &'static Figure {
        self.0
    }
}

impl PartialEq for StreamMetric {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for StreamMetric {}

/// The figure of this name.
#[must_use]
pub fn named(id: &str) -> Option<&'static Figure> {
    ALL.iter().find(|figure| figure.id == id)
}

/// The figures that a table tells of a run, in the order of reports, with their values. Those of streams are left out where
/// there are none.
pub fn told_in(
    place: Place,
    summary: &Summary,
) -> impl Iterator<Item = (&'static Figure, Option<FigureValue>)> {
    ALL.iter()
        .filter(move |figure| figure.places.contains(&place))
        .filter(|figure| summary.streams.is_some() || !figure.is_of_streams())
        .map(|figure| (figure, figure.value(summary)))
}

/// The names of the figures that an objective may name.
pub fn of_objectives() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|figure| figure.objectives == InObjectives::Yes).map(|figure| figure.id)
}

/// The figures with one value a block of a stream, and how it is worked out.
pub(crate) fn of_blocks() -> impl Iterator<Item = (&'static Figure, fn(&BlockRecord) -> Option<Duration>)> {
    ALL.iter().filter_map(|figure| match figure.source {
        Source::Block(of) => Some((figure, of)),
        Source::Times(..)
        | Source::Number(_)
        | Source::Observations
        | Source::Utterances
        | Source::Streams => None,
    })
}

/// The list as a table of `docs/metrics.md`.
#[must_use]
pub fn as_markdown() -> String {
    let mut lines = vec![
        "| figure | definition | one value per | unit | better | compared | objectives | N/A when |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(ALL.iter().map(|figure| {
        format!(
            "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
            figure.id,
            figure.definition,
            figure.per,
            figure.unit.as_str(),
            figure.better.as_str(),
            figure.compared.as_str(),
            if figure.objectives == InObjectives::Yes { "yes" } else { "-" },
            figure.absent,
        )
    }));
    lines.join("\n")
}

impl FigureUnit {
    /// The word for tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Pct => "%",
            Self::Ratio => "ratio",
            Self::Count => "number",
            Self::AudioPerSecond => "s of audio / s",
            Self::CharsPerSecond => "characters / s",
            Self::Bytes => "bytes",
        }
    }
}

impl Better {
    /// The word for tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Neither => "-",
        }
    }
}

impl Compared {
    /// The word for tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "-",
            Self::Spread | Self::Shown(_) => "shown",
            Self::JudgedMean => "mean judged",
            Self::Judged(_) => "judged",
        }
    }
}
