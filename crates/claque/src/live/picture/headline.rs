//! The figures of a run while it goes on, as people read them.

use claque_stats::units::{NOT_MEASURED, grouped, quantile_or_max, time};

use super::{Flow, Level, Picture, times::Spread};

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// Its name, as in the summary.
    pub(crate) name: &'static str,
    /// How it stands.
    pub(crate) value: String,
    /// What else belongs to it.
    pub(crate) more: String,
    /// How it went, where that says something: the mean of each bin of the history.
    pub(crate) course: Option<Vec<f64>>,
}

/// The figures, the most important first.
pub(crate) fn headline(picture: &Picture) -> Vec<Figure> {
    let progress = picture.standing.progress;
    let history = &picture.history;
    let affected = picture.worst.affected();
    let longest = picture.worst.longest().as_secs_f64() * 1_000.0;
    let stalled = history.stalled_pct();
    let mut figures = vec![
        Figure {
            name: "underruns",
            value: grouped(progress.underruns),
            more: format!("{} of {} listeners", grouped(affected), grouped(picture.goal.users)),
            course: Some(history.rates(Flow::Underruns)),
        },
        Figure {
            name: "stalled_time",
            value: stalled.map_or_else(|| NOT_MEASURED.to_owned(), |percent| format!("{percent:.1} %")),
            more: if affected == 0 { String::new() } else { format!("longest {}", time(longest)) },
            course: Some(history.levels(Level::Stalled)),
        },
        spread("startup_time", &picture.times.startup),
        spread("ttfa", &picture.times.ttfa),
        spread("round_trip", &picture.times.round_trip),
        Figure {
            name: "blocks done",
            value: format!("{:.1} /s", history.rate_now(Flow::Blocks)),
            more: format!("{} of {}", grouped(progress.blocks), grouped(picture.goal.blocks)),
            course: Some(history.rates(Flow::Blocks)),
        },
        Figure {
            name: "errors",
            value: grouped(progress.errors),
            more: String::new(),
            course: Some(history.rates(Flow::Errors)),
        },
    ];
    let (resends, give_ups) = picture.asked_again();
    figures.push(Figure {
        name: "asked again",
        value: grouped(resends),
        more: format!("{} given up", grouped(give_ups)),
        course: None,
    });
    if let Some(queue) = picture.standing.queue {
        let overflow = match queue.overflowing {
            0 => String::new(),
            jobs => format!(", {jobs} overflowing"),
        };
        figures.push(Figure {
            name: "queue",
            value: grouped(queue.queued),
            more: format!("{} working{overflow}", grouped(queue.busy)),
            course: Some(history.levels(Level::Queued)),
        });
    }
    figures
}

/// The median, how long the slow ones took, and of how many. Of too few values for a quantile the largest is told.
fn spread(name: &'static str, times: &Spread) -> Figure {
    let count = times.count();
    let (value, more) = match (times.quantile_ms(50), times.quantile_ms(95), times.max_ms()) {
        (.., None) => (NOT_MEASURED.to_owned(), String::new()),
        (None, _, Some(max)) => (quantile_or_max(None, max), format!("n {}", grouped(count))),
        (Some(p50), None, Some(max)) => (time(p50), format!("max {}, n {}", time(max), grouped(count))),
        (Some(p50), Some(p95), Some(_)) => (time(p50), format!("p95 {}, n {}", time(p95), grouped(count))),
    };
    Figure { name, value, more, course: None }
}
