//! What simulations of one thing with many seeds say together: means, with how far chance may have them off.

use serde::Serialize;

use crate::{
    compare::student::two_sided_t,
    figures::{self, Figure, FigureUnit, FigureValue, Place, Source},
    summary::Summary,
};

/// Chance that an interval does not hold the mean of all seeds there are.
const TAIL: f64 = 0.05;

/// Replicates from which an interval is told. Of fewer, how wide it is is a guess from a guess: Student's factor is 12.7 for two of
/// them, 4.3 for three, 3.2 for four, and whether the figure is anything like normal cannot be seen.
pub const FEWEST_FOR_INTERVAL: usize = 5;

/// A figure over replicates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplicatedFigure {
    /// The figure's name.
    pub id: &'static str,
    /// Which statistic of it, of a figure that has many values: `mean`, `p50`, `p95`, `p99` or `max`; absent where no replicate
    /// measured it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<&'static str>,
    /// What it is counted in.
    #[serde(skip)]
    pub unit: FigureUnit,
    /// Replicates in which it was measured.
    pub measured: u32,
    /// Values in all of them together, of a figure that has many: what did not succeed has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Their mean; absent where none measured it.
    pub mean: Option<f64>,
    /// Their standard deviation; absent below 2.
    pub deviation: Option<f64>,
    /// Where the mean of all seeds lies with 95 % confidence (Student's t), within what the figure can be; absent below
    /// [`FEWEST_FOR_INTERVAL`], where some replicates did not measure it or are INVALID, as those that are left are a chosen part, and
    /// where it was the same in all: how it would vary was not seen.
    pub interval: Option<(f64, f64)>,
}

/// What came of the audience, before any figure of what succeeded.
const LEADING: [&str; 5] = ["goodput_pct", "success_pct", "underruns", "stalled_time_pct", "errors"];

/// Every figure that is told of a run, over `replicates` in their order, which are those of `made` that measure the service: what
/// came of the audience first. None of no replicates.
#[must_use]
pub fn over_replicates(replicates: &[Summary], made: usize) -> Vec<ReplicatedFigure> {
    if replicates.is_empty() {
        return Vec::new();
    }
    let is_told = |figure: &&'static Figure| {
        let is_there = !figure.is_of_streams() || replicates.iter().any(|summary| summary.streams.is_some());
        is_there && (figure.places.contains(&Place::Text) || matches!(figure.source, Source::Number(_)))
    };
    let mut told: Vec<_> = figures::ALL.iter().filter(is_told).collect();
    // Those that lead in their order, then numbers about everybody, then what succeeded.
    told.sort_by_key(|figure| {
        let leading = LEADING.iter().position(|id| *id == figure.id).unwrap_or(LEADING.len());
        (leading, !matches!(figure.source, Source::Number(_)))
    });
    told.into_iter().flat_map(|figure| over(figure, replicates, made)).collect()
}

/// The statistics of one figure that some replicate measured, or that none did.
fn over(figure: &'static Figure, replicates: &[Summary], made: usize) -> Vec<ReplicatedFigure> {
    let values: Vec<_> = replicates.iter().map(|summary| figure.value(summary)).collect();
    let of_statistic = |statistic: &Statistic| {
        let numbers: Vec<f64> = values.iter().filter_map(|value| (statistic.of)((*value)?)).collect();
        let spread = Spread::of(&numbers)?;
        let is_whole = numbers.len() == made && made >= FEWEST_FOR_INTERVAL;
        let varies = spread.deviation.is_some_and(|deviation| deviation > 0.0);
        Some(ReplicatedFigure {
            id: figure.id,
            statistic: statistic.name,
            unit: figure.unit,
            measured: u32::try_from(numbers.len()).unwrap_or(u32::MAX),
            values: values.iter().flatten().map(|value| many(*value)).sum(),
            mean: Some(spread.mean),
            deviation: spread.deviation,
            interval: spread
                .interval
                .filter(|_| is_whole && varies)
                .map(|interval| within(figure.unit, interval)),
        })
    };
    let measured: Vec<_> = STATISTICS.iter().filter_map(of_statistic).collect();
    if measured.is_empty() {
        let (id, unit) = (figure.id, figure.unit);
        let (statistic, values, mean, deviation, interval) = (None, None, None, None, None);
        return vec![ReplicatedFigure {
            id,
            statistic,
            unit,
            measured: 0,
            values,
            mean,
            deviation,
            interval,
        }];
    }
    measured
}

/// How many values a figure is of; none of a number.
fn many(value: FigureValue) -> Option<u64> {
    match value {
        FigureValue::Times(times) => Some(times.count),
        FigureValue::Ratios(ratios) => Some(ratios.count),
        FigureValue::Count(_) | FigureValue::Number(_) => None,
    }
}

/// The part of an interval in which the figure can be: no time, number or ratio is below zero, and no share above 100 %. The mean of
/// all seeds is in neither of the parts that go, so that the interval holds it as often as before.
fn within(unit: FigureUnit, (low, high): (f64, f64)) -> (f64, f64) {
    let most = match unit {
        FigureUnit::Pct => 100.0,
        FigureUnit::Ms
        | FigureUnit::Ratio
        | FigureUnit::Count
        | FigureUnit::AudioPerSecond
        | FigureUnit::CharsPerSecond
        | FigureUnit::Bytes => f64::INFINITY,
    };
    (low.clamp(0.0, most), high.clamp(0.0, most))
}

/// What one more run would come to by these: their mean, and where it lies with 95 % confidence (Student's t). No time is below
/// zero. None of fewer than two.
#[must_use]
pub fn prediction(values: &[f64]) -> Option<(f64, (f64, f64))> {
    let Spread { mean, deviation, .. } = Spread::of(values)?;
    let count = f64::from(u32::try_from(values.len()).ok()?);
    let reach = two_sided_t(TAIL, count - 1.0) * deviation? * (1.0 + 1.0 / count).sqrt();
    Some((mean, ((mean - reach).max(0.0), mean + reach)))
}

/// One number of a figure's value.
struct Statistic {
    name: Option<&'static str>,
    of: fn(FigureValue) -> Option<f64>,
}

const STATISTICS: [Statistic; 6] = [
    Statistic {
        name: None,
        of: |value| match value {
            FigureValue::Number(number) => Some(number),
            FigureValue::Count(count) => Some(crate::sample::whole(count)),
            FigureValue::Times(_) | FigureValue::Ratios(_) => None,
        },
    },
    Statistic {
        name: Some("mean"),
        of: |value| of_many(value, |times| Some(times.mean_ms), |ratios| Some(ratios.mean)),
    },
    Statistic { name: Some("p50"), of: |value| of_many(value, |times| times.p50_ms, |ratios| ratios.p50) },
    Statistic { name: Some("p95"), of: |value| of_many(value, |times| times.p95_ms, |ratios| ratios.p95) },
    Statistic { name: Some("p99"), of: |value| of_many(value, |times| times.p99_ms, |ratios| ratios.p99) },
    Statistic {
        name: Some("max"),
        of: |value| of_many(value, |times| Some(times.max_ms), |ratios| Some(ratios.max)),
    },
];

fn of_many(
    value: FigureValue,
    times: fn(crate::Distribution) -> Option<f64>,
    ratios: fn(crate::RatioDistribution) -> Option<f64>,
) -> Option<f64> {
    match value {
        FigureValue::Times(of) => times(of),
        FigureValue::Ratios(of) => ratios(of),
        FigureValue::Count(_) | FigureValue::Number(_) => None,
    }
}

struct Spread {
    mean: f64,
    deviation: Option<f64>,
    interval: Option<(f64, f64)>,
}

impl Spread {
    /// None of nothing.
    fn of(numbers: &[f64]) -> Option<Self> {
        let count = f64::from(u32::try_from(numbers.len()).ok().filter(|count| *count > 0)?);
        let mean = numbers.iter().sum::<f64>() / count;
        if numbers.len() < 2 {
            return Some(Self { mean, deviation: None, interval: None });
        }
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        let reach = two_sided_t(TAIL, count - 1.0) * deviation / count.sqrt();
        Some(Self { mean, deviation: Some(deviation), interval: Some((mean - reach, mean + reach)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_a_text_book() {
        // Student's own example: yields of ten plots, t(9) = 2.262.
        let numbers = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let Spread { mean, deviation, interval } = Spread::of(&numbers).unwrap();
        let (low, high) = interval.unwrap();
        assert!((mean - 0.75).abs() < 1e-12 && (deviation.unwrap() - 1.789).abs() < 5e-4);
        assert!((low + 0.53).abs() < 5e-3 && (high - 2.03).abs() < 5e-3, "{low} {high}");
    }

    fn nothing() -> Summary {
        crate::summarise(crate::RunShape { users: 2, blocks_per_user: 3 }, &[], None)
    }

    #[test]
    fn what_came_of_the_audience_leads_and_what_nobody_measured_is_there() {
        let figures = over_replicates(&[nothing(), nothing()], 2);
        let ids: Vec<_> = figures.iter().map(|figure| figure.id).take(LEADING.len()).collect();
        assert_eq!(ids, LEADING);
        let startup = figures.iter().find(|figure| figure.id == "startup_time").unwrap();
        assert_eq!((startup.measured, startup.mean, startup.interval), (0, None, None));
        assert_eq!(over_replicates(&[], 5), []);
    }

    /// That nothing failed with five seeds does not show that nothing does with any.
    #[test]
    fn what_was_the_same_in_all_and_what_is_left_of_some_have_no_interval() {
        let of = |wall_ms: f64| Summary { wall_ms: Some(wall_ms), ..nothing() };
        let interval = |summaries: &[Summary], made: usize| {
            let figures = over_replicates(summaries, made);
            figures.iter().find(|figure| figure.id == "wall_ms").unwrap().interval
        };
        let (alike, other) = ([1.0; 5].map(of), [1.0, 2.0, 3.0, 4.0, 5.0].map(of));
        assert_eq!(interval(&alike, 5), None);
        assert!(interval(&other, 5).is_some());
        assert_eq!(interval(&other, 6), None);
    }

    #[test]
    fn an_interval_ends_where_the_figure_does() {
        assert_eq!(within(FigureUnit::Ms, (-3.0, 120.0)), (0.0, 120.0));
        assert_eq!(within(FigureUnit::Pct, (-20.0, 130.0)), (0.0, 100.0));
        assert_eq!(within(FigureUnit::Ratio, (1.0, 130.0)), (1.0, 130.0));
    }

    #[test]
    fn of_one_there_is_no_interval_and_of_nothing_nothing() {
        assert!(Spread::of(&[]).is_none());
        let one = Spread::of(&[4.0]).unwrap();
        assert!((one.mean - 4.0).abs() < 1e-12 && one.deviation.is_none() && one.interval.is_none());
    }
}
