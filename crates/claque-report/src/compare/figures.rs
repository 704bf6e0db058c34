//! Figures of a comparison as people read them.

use claque_stats::{
    compare::{Change, Interval, Row, Statistic, Unit},
    units::{NOT_MEASURED, time},
};

use crate::figures::ratio;

/// A figure of a side.
pub(super) fn value(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return NOT_MEASURED.to_owned() };
    match unit {
        Unit::Ms => time(value),
        Unit::Pct => format!("{value:.2} %"),
        Unit::PerListener => format!("{value:.2}"),
        Unit::Ratio => ratio(value),
    }
}

/// A difference with its sign; of shares in percentage points. None is a dash.
pub(super) fn difference(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let size = magnitude(value, unit);
    let zero = magnitude(0.0, unit) == size;
    match value {
        _ if zero => size,
        value if value < 0.0 => format!("-{size}"),
        _ => format!("+{size}"),
    }
}

fn magnitude(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ms => time(value.abs()),
        Unit::Pct => format!("{:.2} pp", value.abs()),
        Unit::PerListener => format!("{:.2}", value.abs()),
        Unit::Ratio => ratio(value.abs()),
    }
}

/// "+12.3 %", or a dash where it says nothing.
pub(super) fn relative(row: &Row) -> String {
    row.relative_pct.map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1} %"))
}

/// "-1.20 s to +3.40 s".
pub(super) fn interval(row: &Row) -> String {
    row.interval.map_or_else(
        || "-".to_owned(),
        |Interval { low, high }| {
            format!("{} to {}", difference(Some(low), row.unit), difference(Some(high), row.unit))
        },
    )
}

/// The smallest difference that would have been called.
pub(super) fn detectable(row: &Row) -> String {
    row.detectable.map_or_else(|| "-".to_owned(), |value| magnitude(value, row.unit))
}

/// Rows with a figure on at least one side.
pub(super) fn measured(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| row.a.is_some() || row.b.is_some())
}

/// The figure's name in a table for people, without its unit: that stands beside the number.
pub(super) fn name(row: &Row) -> String {
    let name = row.metric.strip_suffix("_pct").unwrap_or(&row.metric);
    match row.unit {
        Unit::PerListener => format!("{name} per listener"),
        Unit::Ms | Unit::Pct | Unit::Ratio => name.to_owned(),
    }
}

/// "round_trip (mean)".
pub(super) fn with_statistic(row: &Row) -> String {
    let name = name(row);
    row.statistic.map_or_else(|| name.clone(), |statistic| format!("{name} ({})", statistic.as_str()))
}

/// "95", "99.29".
pub(crate) fn rounded(percent: f64) -> String {
    let text = format!("{percent:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a row came to. Where there are verdicts, rows for information say nothing.
pub(super) fn verdict(row: &Row) -> &'static str {
    let is_quantile = [Some(Statistic::P50), Some(Statistic::P95)].contains(&row.statistic);
    let is_missing = row.a.is_none() || row.b.is_none();
    if row.change == Change::NotJudged && is_quantile && is_missing {
        return "too few on one side";
    }
    if row.judged || row.change == Change::NotComparable { row.change.as_str() } else { "" }
}
