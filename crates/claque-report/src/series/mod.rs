//! Figures of others on a grid of the run's time: those that are known by a preset, under plain names, and of sources that no preset
//! knows a few under their own.

mod presets;

use std::collections::BTreeSet;

use claque_core::{
    series::{Series, SeriesKind, SeriesPoint},
    time::{Duration, Instant, duration_nanos},
};
use claque_stats::explain::Levels;

use self::presets::{Combine, Preset, servers};

/// Between one value and the next, unless the run is too long.
const CELL: Duration = Duration::from_millis(250);

/// Most values of a figure: those of twenty minutes. In a longer run they are further apart.
const MOST_CELLS: u64 = 4_800;

/// A value is known for so long after it was told, if nothing newer is.
const KNOWN_FOR: Duration = Duration::from_secs(2);

/// What a growth a second is measured over.
const RATE_OVER: Duration = Duration::from_secs(1);

/// Most figures that are drawn.
const MOST_DRAWN: usize = 16;

/// Most figures of a source that no preset knows.
const MOST_UNKNOWN: usize = 4;

/// A figure that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drawn {
    /// What it is called.
    pub(crate) name: String,
    /// What it counts.
    pub(crate) unit: String,
    /// Who told it.
    pub(crate) source: String,
    /// Whether a rise of it before a stall is told.
    pub(crate) explains: bool,
    /// The figure.
    pub(crate) levels: Levels,
}

/// What of all figures is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selection {
    /// In the order of the presets.
    pub(crate) drawn: Vec<Drawn>,
    /// Figures that would be drawn if they were not too many.
    pub(crate) more: usize,
    /// Series that are kept.
    pub(crate) kept: usize,
}

/// Chooses.
pub(crate) fn select(all: &[Series]) -> Selection {
    let end = all.iter().filter_map(|series| series.points.last()).map(|point| point.at).max();
    let grid = Grid::until(end.unwrap_or(Instant::START));
    let sources: Vec<&str> = {
        let mut seen = BTreeSet::new();
        all.iter().map(|series| series.source.as_str()).filter(|source| seen.insert(*source)).collect()
    };
    let mut drawn: Vec<Drawn> = Vec::new();
    for source in sources {
        let own: Vec<&Series> = all.iter().filter(|series| series.source == source).collect();
        let presets = servers().iter().flat_map(|server| &server.series);
        let known: Vec<Drawn> = presets.filter_map(|preset| by_preset(preset, &own, grid)).collect();
        if known.is_empty() {
            drawn.extend(unknown(&own, grid));
        } else {
            drawn.extend(known);
        }
    }
    let more = drawn.len().saturating_sub(MOST_DRAWN);
    drawn.truncate(MOST_DRAWN);
    Selection { drawn, more, kept: all.len() }
}

fn by_preset(preset: &Preset, own: &[&Series], grid: Grid) -> Option<Drawn> {
    let is_meant =
        |series: &&&Series| series.name == preset.metric && series.labels.contains(&preset.r#where);
    let members: Vec<_> = own.iter().filter(is_meant).map(|series| grid.levels(&series.points)).collect();
    let together = combined(&members, preset.combine)?;
    let values = if preset.rate { grid.rate(&together) } else { together };
    let values = values.into_iter().map(|value| value.map(|value| value * preset.scale)).collect();
    Some(Drawn {
        name: preset.name.clone(),
        unit: preset.unit.clone(),
        source: own.first()?.source.clone(),
        explains: preset.explains,
        levels: Levels { cell: grid.cell, values },
    })
}

/// Figures of a source that no preset knows: those that rose or fell, in the order in which it tells them.
fn unknown<'a>(own: &'a [&Series], grid: Grid) -> impl Iterator<Item = Drawn> + 'a {
    let moved = |series: &&&Series| {
        let first = series.points.first();
        series
            .points
            .iter()
            .any(|point| first.is_some_and(|first| first.value.to_bits() != point.value.to_bits()))
    };
    own.iter().filter(moved).take(MOST_UNKNOWN).map(move |series| {
        let levels = grid.levels(&series.points);
        let is_counter = series.kind == SeriesKind::Counter;
        let unit = if series.unit.is_empty() { "as told" } else { &series.unit };
        let labels = if series.labels.is_empty() { String::new() } else { format!("{{{}}}", series.labels) };
        Drawn {
            name: format!("{}{labels}", series.name),
            unit: if is_counter { format!("{unit}, a second") } else { unit.to_owned() },
            source: series.source.clone(),
            explains: false,
            levels: Levels { cell: grid.cell, values: if is_counter { grid.rate(&levels) } else { levels } },
        }
    })
}

/// Several figures as one; nothing is known where one of them is not. None of none.
fn combined(members: &[Vec<Option<f64>>], how: Combine) -> Option<Vec<Option<f64>>> {
    let (first, rest) = members.split_first()?;
    let mut together = first.clone();
    for member in rest {
        for (all, one) in together.iter_mut().zip(member) {
            *all = all.zip(*one).map(|(all, one)| match how {
                Combine::Sum | Combine::Mean => all + one,
                Combine::Max => all.max(one),
            });
        }
    }
    let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    if how == Combine::Mean {
        together.iter_mut().for_each(|value| *value = value.map(|value| value / f64::from(count)));
    }
    Some(together)
}

/// Moments at equal distances, from the run's start on.
#[derive(Clone, Copy, Debug)]
struct Grid {
    cell: Duration,
    cells: u64,
}

impl Grid {
    fn until(end: Instant) -> Self {
        let length = end.as_nanos().max(1);
        let usual = duration_nanos(CELL);
        let cell = usual.max(length.div_ceil(MOST_CELLS));
        Self { cell: Duration::from_nanos(cell), cells: length / cell + 1 }
    }

    /// What was known at each moment.
    fn levels(self, points: &[SeriesPoint]) -> Vec<Option<f64>> {
        let mut next = 0;
        let at = |cell: u64| Instant::from_nanos(duration_nanos(self.cell).saturating_mul(cell));
        let known = |cell| {
            while points.get(next).is_some_and(|point| point.at <= at(cell)) {
                next += 1;
            }
            let last = points.get(next.checked_sub(1)?)?;
            // A value that stays is told at its first and at its last moment.
            let stays =
                || points.get(next).is_some_and(|point| point.value.to_bits() == last.value.to_bits());
            let is_known = at(cell).since(last.at) <= KNOWN_FOR.max(self.cell) || stays();
            (is_known && last.value.is_finite()).then_some(last.value)
        };
        (0..self.cells).map(known).collect()
    }

    /// Growth a second. Where the source began anew nothing is known.
    fn rate(self, values: &[Option<f64>]) -> Vec<Option<f64>> {
        let cell = duration_nanos(self.cell);
        let back = usize::try_from(duration_nanos(RATE_OVER).div_ceil(cell)).unwrap_or(usize::MAX);
        let over = self.cell.as_secs_f64() * f64::from(u32::try_from(back).unwrap_or(u32::MAX));
        let grown = |(place, now): (usize, &Option<f64>)| {
            let before = (*values.get(place.checked_sub(back)?)?)?;
            now.filter(|now| *now >= before).map(|now| (now - before) / over)
        };
        values.iter().enumerate().map(grown).collect()
    }
}

/// A number of any unit as people read it.
pub(crate) fn plain(value: f64) -> String {
    let (rounded, digits) = match value.abs() {
        size if size >= 100.0 || (value - value.round()).abs() < 0.005 => (value.round(), 0),
        size if size >= 10.0 => (value, 1),
        _ => (value, 2),
    };
    let text = format!("{rounded:.digits$}");
    text.parse().map_or(text, claque_stats::units::grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(source: &str, name: &str, labels: &str, points: &[(u64, f64)]) -> Series {
        let point = |&(ms, value): &(u64, f64)| SeriesPoint { at: Instant::from_millis(ms), value };
        Series {
            source: source.to_owned(),
            name: name.to_owned(),
            labels: labels.to_owned(),
            unit: String::new(),
            kind: SeriesKind::Unknown,
            points: points.iter().map(point).collect(),
        }
    }

    #[test]
    fn figures_that_are_known_have_plain_names_and_those_of_several_labels_are_one() {
        let queue = |model| format!("model=\"{model}\"");
        let name = "claque_gateway_queued_blocks";
        let all = [
            series("a", name, &queue("k"), &[(10, 0.0), (260, 2.0), (510, 4.0)]),
            series("a", name, &queue("l"), &[(10, 1.0), (260, 1.0), (510, 3.0)]),
            series("a", "something_else", "", &[(10, 1.0), (260, 2.0)]),
        ];
        let found = select(&all);
        assert_eq!((found.kept, found.more, found.drawn.len()), (3, 0, 1));
        let Drawn { name, unit, explains, levels, .. } = &found.drawn[0];
        assert_eq!((name.as_str(), unit.as_str(), *explains), ("queue depth", "blocks", true));
        // At 0, 250 and 500 ms, of what was told before.
        assert_eq!(levels.values, [None, Some(1.0), Some(3.0)]);
    }

    #[test]
    fn what_only_grows_is_its_growth_a_second() {
        let points: Vec<_> =
            (0..=8).map(|cell| (cell * 250, 0.5 * f64::from(u32::try_from(cell).unwrap()))).collect();
        let found = select(&[series("pid 7", "process_cpu_seconds_total", "", &points)]);
        let values = &found.drawn[0].levels.values;
        assert_eq!((values[3], values[4], values[8]), (None, Some(2.0), Some(2.0)));
        // Begun anew.
        let found =
            select(&[series("a", "process_cpu_seconds_total", "", &[(0, 9.0), (1_000, 1.0), (2_000, 2.0)])]);
        let values = &found.drawn[0].levels.values;
        assert_eq!((values[4], values[8]), (None, Some(1.0)));
    }

    #[test]
    fn a_value_that_stays_is_known_all_the_while_and_one_that_was_lost_is_not() {
        let stays = series("a", "node_load1", "", &[(0, 1.0), (60_000, 1.0)]);
        assert!(select(&[stays]).drawn[0].levels.values.iter().all(Option::is_some));
        let lost = series("a", "node_load1", "", &[(0, 1.0), (60_000, 2.0)]);
        let values = select(&[lost]).drawn[0].levels.values.clone();
        assert_eq!((values[8], values[9], values[239], values[240]), (Some(1.0), None, None, Some(2.0)));
        // A hole is told by a value that is no number.
        let hole = [(0, 1.0), (1, f64::NAN), (60_000, 1.0)];
        let values = select(&[series("a", "node_load1", "", &hole)]).drawn[0].levels.values.clone();
        assert_eq!((values[0], values[1], values[240]), (Some(1.0), None, Some(1.0)));
    }

    #[test]
    fn of_a_source_that_nobody_knows_what_moved_is_drawn_and_explains_nothing() {
        let mut all: Vec<_> =
            (0..6).map(|number| series("cmd", &format!("m{number}"), "", &[(0, 0.0), (250, 1.0)])).collect();
        all.insert(0, series("cmd", "still", "", &[(0, 5.0), (250, 5.0)]));
        let found = select(&all);
        let names: Vec<_> = found.drawn.iter().map(|drawn| drawn.name.as_str()).collect();
        assert_eq!(names, ["m0", "m1", "m2", "m3"]);
        assert!(found.drawn.iter().all(|drawn| !drawn.explains && drawn.unit == "as told"));
    }

    #[test]
    fn a_long_run_has_its_values_further_apart() {
        let day = series("a", "node_load1", "", &[(0, 1.0), (86_400_000, 1.0)]);
        let levels = &select(&[day]).drawn[0].levels;
        assert_eq!((levels.cell, levels.values.len()), (Duration::from_secs(18), 4_801));
        assert!(levels.values.iter().all(Option::is_some));
    }

    #[test]
    fn numbers_are_of_a_few_digits() {
        assert_eq!([0.0, 17.0, 0.354, 12.34, 1_234.4].map(plain), ["0", "17", "0.35", "12.3", "1,234"]);
    }
}
