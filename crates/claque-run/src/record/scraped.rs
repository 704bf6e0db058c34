//! What is to be said of figures that others were to tell beside the audience.

use claque_net::scrape::{MOST_SERIES, MOST_VALUES};
use claque_stats::{
    Reason, ReasonId,
    units::{counted, grouped, time},
};
use claque_store::SeriesSource;

/// An interval that is so many times as long as was meant is told.
const STRETCHED: f64 = 4.0;

/// The note; none where everything came and was kept.
pub(super) fn incomplete(sources: &[SeriesSource]) -> Option<Reason> {
    let told: Vec<String> = sources.iter().filter_map(of_source).collect();
    let text = format!("figures of others are not complete: {}", told.join("; "));
    (!told.is_empty()).then_some(Reason { id: ReasonId::ScrapeIncomplete, text })
}

fn of_source(source: &SeriesSource) -> Option<String> {
    let mut parts = Vec::new();
    if source.asked == 0 {
        parts.push("the run was over before it had answered once".to_owned());
    }
    if source.failed > 0 {
        let why = source.first_failure.as_deref().unwrap_or("no reason is known");
        parts.push(format!(
            "{} of {} came without figures, first because {why}",
            grouped(source.failed),
            counted(source.asked, "answer")
        ));
    }
    if let Some(interval) = source.interval.filter(|one| one.longest_ms > STRETCHED * source.every_ms) {
        parts.push(format!(
            "asked {} apart as a rule and {} at most, instead of {}",
            time(interval.median_ms),
            time(interval.longest_ms),
            time(source.every_ms)
        ));
    }
    if source.series_left_out > 0 {
        parts.push(format!(
            "{} series or more beyond {MOST_SERIES} left out",
            grouped(source.series_left_out)
        ));
    }
    if source.values_left_out > 0 {
        let most = grouped(MOST_VALUES);
        parts.push(format!(
            "{} beyond the {most} of a run left out",
            counted(source.values_left_out, "value")
        ));
    }
    if source.lines_not_understood > 0 {
        parts.push(format!("{} not understood", counted(source.lines_not_understood, "line")));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", source.source, parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use claque_store::TypicalMs;

    use super::*;

    #[test]
    fn what_lacks_is_told_source_by_source_and_nothing_is_nothing() {
        let interval = Some(TypicalMs { median_ms: 250.0, longest_ms: 260.0 });
        let whole = SeriesSource {
            source: "http://127.0.0.1:9100".to_owned(),
            every_ms: 250.0,
            asked: 40,
            interval,
            ..SeriesSource::default()
        };
        assert_eq!(incomplete(std::slice::from_ref(&whole)), None);
        let failed = SeriesSource {
            source: "pid 7".to_owned(),
            failed: 39,
            first_failure: Some("it has ended".to_owned()),
            series_left_out: 3,
            values_left_out: 1,
            lines_not_understood: 2,
            interval: Some(TypicalMs { median_ms: 250.0, longest_ms: 1_500.0 }),
            ..whole.clone()
        };
        let never = SeriesSource { source: "late".to_owned(), asked: 0, interval: None, ..whole };
        let note = incomplete(&[failed, never]).unwrap();
        assert_eq!(note.id, ReasonId::ScrapeIncomplete);
        assert_eq!(
            note.text,
            "figures of others are not complete: pid 7: 39 of 40 answers came without figures, first because it has ended, \
             asked 250 ms apart as a rule and 1.50 s at most, instead of 250 ms, 3 series or more beyond 1000 left out, \
             1 value beyond the 2,000,000 of a run left out, 2 lines not understood; \
             late: the run was over before it had answered once"
        );
    }
}
