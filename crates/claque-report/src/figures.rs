//! The list of figures as tables tell it.

use claque_stats::{
    Distribution, RatioDistribution, Summary,
    figures::{self, Figure, FigureForm, FigureUnit, FigureValue, Place},
    units::{NOT_MEASURED, TOO_FEW, grouped, percent_or_na, quantile, time},
};

/// A figure of many values as a row.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) mean: String,
    pub(super) p50: String,
    pub(super) p95: String,
    pub(super) p99: String,
    pub(super) max: String,
    /// Whether there are values, but too few for a p95.
    pub(super) is_of_few: bool,
}

/// The figures of many values that a table tells of a run.
pub(super) fn spreads(place: Place, summary: &Summary) -> Vec<Spread> {
    let told = figures::told_in(place, summary).filter(|(figure, _)| figure.told == FigureForm::Quantiles);
    told.map(|(figure, value)| Spread::of(figure.id, value)).collect()
}

/// The other figures that it tells, with their names.
pub(super) fn numbers(place: Place, summary: &Summary) -> Vec<(&'static str, String)> {
    let told = figures::told_in(place, summary).filter(|(figure, _)| figure.told != FigureForm::Quantiles);
    told.map(|(figure, value)| (figure.id, number(figure, value))).collect()
}

impl Spread {
    /// The row of times by this name.
    pub(super) fn of_times(name: &'static str, times: Option<&Distribution>) -> Self {
        Self::of(name, times.copied().map(FigureValue::Times))
    }

    fn of(name: &'static str, value: Option<FigureValue>) -> Self {
        match value {
            Some(FigureValue::Times(times)) => Self {
                name,
                count: grouped(times.count),
                mean: time(times.mean_ms),
                p50: quantile(times.p50_ms),
                p95: quantile(times.p95_ms),
                p99: quantile(times.p99_ms),
                max: time(times.max_ms),
                is_of_few: times.p95_ms.is_none(),
            },
            Some(FigureValue::Ratios(ratios)) => Self::of_ratios(name, &ratios),
            Some(FigureValue::Count(_) | FigureValue::Number(_)) | None => {
                let [mean, p50, p95, p99, max] = [NOT_MEASURED; 5].map(str::to_owned);
                Self { name, count: "0".to_owned(), mean, p50, p95, p99, max, is_of_few: false }
            }
        }
    }

    fn of_ratios(name: &'static str, ratios: &RatioDistribution) -> Self {
        let told = |value: Option<f64>| value.map_or_else(|| TOO_FEW.to_owned(), ratio);
        Self {
            name,
            count: grouped(ratios.count),
            mean: ratio(ratios.mean),
            p50: told(ratios.p50),
            p95: told(ratios.p95),
            p99: told(ratios.p99),
            max: ratio(ratios.max),
            is_of_few: ratios.p95.is_none(),
        }
    }
}

/// "0.042", "1.25".
pub(super) fn ratio(value: f64) -> String {
    if value < 0.0995 { format!("{value:.3}") } else { format!("{value:.2}") }
}

fn number(figure: &Figure, value: Option<FigureValue>) -> String {
    let value = match value {
        Some(FigureValue::Number(number)) => number,
        Some(FigureValue::Count(count)) => return grouped(count),
        Some(FigureValue::Times(_) | FigureValue::Ratios(_)) | None => return NOT_MEASURED.to_owned(),
    };
    match figure.unit {
        FigureUnit::Ms => time(value),
        FigureUnit::Pct => percent_or_na(Some(value)),
        FigureUnit::Ratio => format!("{} x", ratio(value)),
        FigureUnit::AudioPerSecond => format!("{} s of audio a second", ratio(value)),
        FigureUnit::CharsPerSecond => format!("{value:.0} characters a second"),
        FigureUnit::Count | FigureUnit::Bytes => format!("{value:.0}"),
    }
}
