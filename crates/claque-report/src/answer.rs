//! What a run says of the service, in plain words made from its figures. `docs/report.md` has the rules.

use claque_stats::{
    Distribution, Summary, Validity, Verdict,
    figures::FigureValue,
    units::{counted, grouped, time},
};
use claque_store::{ModelLoadRow, ServiceLoad};

use crate::{
    paint::{Paint, Style},
    words::{one_line, sentence, wrapped},
};

/// A span counts as one in which all workers had something to do when their mean is this close to their number.
pub(crate) const ALL_BUSY: f64 = 0.995;

/// The sentences, the one that matters most first. Of figures that do not measure the service nothing is concluded.
pub(crate) fn answer(summary: &Summary, verdict: &Verdict, load: Option<&ServiceLoad>) -> Vec<String> {
    let told = match verdict.validity() {
        Validity::Invalid => {
            let why = verdict.reasons.first().map(|reason| sentence(&reason.text)).unwrap_or_default();
            let why = why.trim_end_matches('.');
            vec![Some(format!("Nothing is concluded about the service: {why}.")), failure(summary)]
        }
        Validity::Unverified => {
            let doubt = "Nobody measured whether these figures can be trusted; as they are:".to_owned();
            vec![
                Some(doubt),
                served(summary),
                answers(summary),
                first_sound(summary),
                skipped(summary),
                cause(summary, load),
            ]
        }
        Validity::Valid => {
            vec![
                served(summary),
                answers(summary),
                first_sound(summary),
                skipped(summary),
                cause(summary, load),
            ]
        }
    };
    told.into_iter().flatten().collect()
}

/// The answer, a sentence a line or more; the first stands out.
pub(crate) fn lines_of(sentences: &[String], paint: Paint) -> Vec<String> {
    let lines = |(place, words): (usize, &String)| {
        let first = place == 0;
        wrapped("", words)
            .into_iter()
            .map(move |line| if first { paint.style(Style::Bold, &line) } else { line })
    };
    sentences.iter().enumerate().flat_map(lines).collect()
}

/// How many heard it without a stutter, and what became of the others.
fn served(summary: &Summary) -> Option<String> {
    let counts = summary.listeners;
    let (well, all) = (counts.well_served?, counts.intended);
    let how = how_far(summary);
    if well == all {
        return Some(match all {
            0 => return None,
            1 => format!("The listener heard it {how} without a stutter."),
            2 => format!("Both listeners heard it {how} without a stutter."),
            all => format!("All {} listeners heard it {how} without a stutter.", grouped(all)),
        });
    }
    let (never, unknown) = counts.unstarted();
    if never == all {
        return Some(match all {
            1 => "The listener heard nothing.".to_owned(),
            all => format!("None of the {} listeners heard anything.", grouped(all)),
        });
    }
    let mut parts =
        vec![format!("{} of {} heard it {how} without a stutter", grouped(well), counted(all, "listener"))];
    let mut rest = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{} {what}", grouped(count)));
        }
    };
    let affected = summary.underruns.map_or(0, |stalls| stalls.listeners_affected);
    let longest = summary.underruns.map_or(0.0, |stalls| stalls.longest_ms);
    rest(affected, &format!("had to wait in the middle, {} at a time at most", time(longest)));
    rest(never, "heard nothing");
    rest(counts.stopped, if counts.stopped == 1 { "was stopped" } else { "were stopped" });
    let has = if counts.unfinished == 1 { "has" } else { "have" };
    rest(counts.unfinished, &format!("{has} no end on record"));
    // Whoever has no end, or was stopped, may have waited as well: then the rest is no number.
    if counts.unfinished + counts.stopped + unknown == 0 {
        rest(all.saturating_sub(well + affected + never), "missed some of it");
    }
    Some(parts.join("; ") + ".")
}

/// To the end, or as far as listeners wanted to.
fn how_far(summary: &Summary) -> String {
    let counts = summary.listeners;
    let words = match (counts.left, counts.completed) {
        (0, _) => "to the end".to_owned(),
        (_, 0) => "until they left".to_owned(),
        (left, completed) => {
            format!("to the end ({}) or until they left ({})", grouped(completed), grouped(left))
        }
    };
    let mut asides = Vec::new();
    if counts.left == 0 && summary.blocks.forgone > 0 {
        asides.push(format!("less {} that they passed over", counted(summary.blocks.forgone, "block")));
    }
    let interrupted = summary.streams.as_ref().and_then(|streams| streams.value("barge_ins"));
    if let Some(FigureValue::Count(interrupted)) = interrupted
        && interrupted > 0
    {
        asides.push(format!("with {} of theirs", counted(interrupted, "interruption")));
    }
    if asides.is_empty() { words } else { format!("{words}, {},", asides.join(" and ")) }
}

/// How long answers were waited for in a conversation: that is no stutter, so nothing else tells of it.
fn answers(summary: &Summary) -> Option<String> {
    let times = turn_response(summary)?;
    let median = times.p50_ms.map_or_else(String::new, |median| format!("{} (median), ", time(median)));
    Some(format!(
        "In the conversation {} took {median}{} at most to begin; waiting for one counts as no stutter.",
        counted(times.count, "answer"),
        time(times.max_ms)
    ))
}

/// From wanted to heard, of the utterances of a conversation; none where there is none, or where nothing was heard.
pub(crate) fn turn_response(summary: &Summary) -> Option<Distribution> {
    let value = summary.streams.as_ref()?.value("turn_response")?;
    let FigureValue::Times(times) = value else { return None };
    Some(times)
}

/// What nobody heard, though the service calls it done.
fn skipped(summary: &Summary) -> Option<String> {
    let skipped = summary.blocks.skipped;
    (skipped > 0).then(|| {
        format!(
            "The service passed over {} as nothing to be spoken; nobody heard that.",
            counted(skipped, "block")
        )
    })
}

fn first_sound(summary: &Summary) -> Option<String> {
    let startup = summary.startup_time?;
    let longest = time(startup.max_ms);
    let silent = summary.listeners.intended.saturating_sub(startup.count);
    let of = if silent == 0 {
        String::new()
    } else {
        format!(", of the {} who heard any", grouped(startup.count))
    };
    Some(match startup.p50_ms {
        Some(median) => {
            format!(
                "The first sound came {} after the intended start (median), {longest} at most{of}.",
                time(median)
            )
        }
        None => format!("The first sound came {longest} after the intended start{of}."),
    })
}

/// What gave way, as far as anybody tells.
fn cause(summary: &Summary, load: Option<&ServiceLoad>) -> Option<String> {
    let busy: Vec<String> = load
        .into_iter()
        .flat_map(|load| load.models.iter().filter_map(|model| short_of(model, load.span_ms)))
        .collect();
    let told = busy.into_iter().chain(failure(summary)).collect::<Vec<_>>();
    if !told.is_empty() {
        return Some(told.join(" "));
    }
    let round_trip =
        summary.round_trip.filter(|_| summary.underruns.is_some_and(|stalls| stalls.count > 0))?;
    let median = round_trip.p50_ms.map_or_else(String::new, |median| format!("{} (median), ", time(median)));
    Some(format!(
        "Blocks came {median}{} at most after they were asked for; {}.",
        time(round_trip.max_ms),
        waited_for(load)
    ))
}

/// What is known of what blocks waited for, where no model's workers were all busy.
fn waited_for(load: Option<&ServiceLoad>) -> String {
    let models = load.into_iter().flat_map(|load| &load.models);
    let told: Vec<_> = models.filter_map(spare).collect();
    if told.is_empty() {
        "what they waited for the service does not tell".to_owned()
    } else {
        told.join("; ")
    }
}

/// How far a model was from having too few workers; none of one that had nothing to do.
fn spare(model: &ModelLoadRow) -> Option<String> {
    let most = model.busy.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 && model.most_queued == 0 {
        return None;
    }
    let name = one_line(&model.model);
    let waited = match model.most_queued {
        0 => format!("none waited for a worker of {name}"),
        most => format!("{} waited for a worker of {name} at most", counted(most.into(), "block")),
    };
    let of = model.workers.map_or_else(String::new, |workers| format!(" of {}", grouped(workers.into())));
    // A mean over a span, which may be whole.
    let most = format!("{most:.1}");
    Some(format!("{waited}, and {}{of} were busy at most", most.trim_end_matches(".0")))
}

/// When all workers of a model had something to do, and how much waited for them.
fn short_of(model: &ModelLoadRow, span_ms: f64) -> Option<String> {
    let workers = model.workers.filter(|workers| *workers > 0)?;
    let is_full = |busy: &f64| *busy >= f64::from(workers) * ALL_BUSY;
    let first = model.busy.iter().position(is_full)?;
    let last = model.busy.iter().rposition(is_full)?;
    let full = model.busy[first..=last].iter().filter(|busy| is_full(busy)).count();
    let moment = |spans: usize| time(span_ms * f64::from(u32::try_from(spans).unwrap_or(u32::MAX)));
    let (from, until) = (moment(first), moment(last + 1));
    let when = if full == last + 1 - first {
        format!("from {from} to {until}")
    } else {
        format!("for {} between {from} and {until}", moment(full))
    };
    let who = match workers {
        1 => format!("The worker of {} was", one_line(&model.model)),
        workers => format!("All {workers} workers of {} were", one_line(&model.model)),
    };
    let queue = match model.most_queued {
        0 => String::new(),
        most => format!("; {} waited for one at most", counted(u64::from(most), "block")),
    };
    let overflow = match model.overflowing.iter().position(|blocks| *blocks > 0.0) {
        Some(span) => format!("; from {} on some went to the overflow provider", moment(span)),
        None => String::new(),
    };
    Some(format!("{who} busy {when}{queue}{overflow}."))
}

/// The most frequent failure, in the service's words where it has any.
fn failure(summary: &Summary) -> Option<String> {
    let cause = summary.errors.first()?;
    let words =
        cause.example.as_ref().map_or_else(String::new, |words| format!(" (\"{}\")", one_line(words)));
    let lost = match cause.blocks {
        0 => String::new(),
        blocks => format!(", {} lost", counted(blocks, "block")),
    };
    let times = if cause.count == 1 { "once".to_owned() } else { counted(cause.count, "time") };
    Some(format!(
        "The most frequent failure was {}{words}: {times}, of {}{lost}.",
        one_line(&cause.cause),
        counted(cause.listeners, "listener"),
    ))
}

#[cfg(test)]
mod tests {
    use claque_stats::{ListenerCounts, Reason, ReasonId, RunShape, Underruns, summarise};

    use super::*;

    /// Figures of 20 listeners of whom so many were served well, waited, and never heard anything.
    fn of_twenty(well: u64, waited: u64, never: u64) -> Summary {
        let empty = summarise(RunShape { users: 20, blocks_per_user: 3 }, &[], None);
        let started = 20 - never;
        Summary {
            listeners: ListenerCounts {
                intended: 20,
                started,
                completed: started,
                failed: never,
                well_served: Some(well),
                ..ListenerCounts::default()
            },
            underruns: Some(Underruns {
                count: waited,
                total_ms: 2_000.0,
                longest_ms: 16_700.0,
                mean_per_user: 1.0,
                listeners_affected: waited,
                listeners_affected_pct: 5.0,
            }),
            startup_time: Some(Distribution { p50_ms: Some(2_740.0), max_ms: 6_350.0, ..distribution() }),
            ..empty
        }
    }

    fn distribution() -> Distribution {
        Distribution { count: 20, mean_ms: 3_000.0, p50_ms: None, p95_ms: None, p99_ms: None, max_ms: 0.0 }
    }

    fn valid() -> Verdict {
        Verdict { reasons: Vec::new(), notes: Vec::new() }
    }

    fn first(summary: &Summary) -> String {
        answer(summary, &valid(), None).remove(0)
    }

    #[test]
    fn how_many_heard_it_is_told_first_and_of_whom_it_is_known() {
        let with = |change: fn(&mut ListenerCounts), mut summary: Summary| {
            change(&mut summary.listeners);
            summary
        };
        for (summary, words) in [
            (of_twenty(20, 0, 0), "All 20 listeners heard it to the end without a stutter."),
            (
                of_twenty(6, 14, 0),
                "6 of 20 listeners heard it to the end without a stutter; 14 had to wait in the middle, 16.7 s at a time at most.",
            ),
            (
                of_twenty(6, 10, 3),
                "6 of 20 listeners heard it to the end without a stutter; 10 had to wait in the middle, 16.7 s at a time at most; 3 heard nothing; 1 missed some of it.",
            ),
            (of_twenty(0, 0, 20), "None of the 20 listeners heard anything."),
            (
                of_twenty(19, 0, 0),
                "19 of 20 listeners heard it to the end without a stutter; 1 missed some of it.",
            ),
            (
                with(
                    |counts| {
                        counts.stopped = 2;
                        counts.completed = 18;
                    },
                    of_twenty(17, 1, 0),
                ),
                "17 of 20 listeners heard it to the end without a stutter; 1 had to wait in the middle, 16.7 s at a time at most; 2 were stopped.",
            ),
            (
                with(|counts| counts.unfinished = 1, of_twenty(18, 0, 0)),
                "18 of 20 listeners heard it to the end without a stutter; 1 has no end on record.",
            ),
        ] {
            assert_eq!(first(&summary), words);
        }
        let left = with(|counts| (counts.completed, counts.left) = (0, 20), of_twenty(20, 0, 0));
        assert_eq!(first(&left), "All 20 listeners heard it until they left without a stutter.");
        let some = with(|counts| (counts.completed, counts.left) = (12, 8), of_twenty(6, 14, 0));
        assert!(first(&some).starts_with(
            "6 of 20 listeners heard it to the end (12) or until they left (8) without a stutter; 14 had"
        ));
        let mut skipped = of_twenty(20, 0, 0);
        skipped.blocks.forgone = 7;
        assert_eq!(
            first(&skipped),
            "All 20 listeners heard it to the end, less 7 blocks that they passed over, without a stutter."
        );
        skipped.blocks.skipped = 2;
        assert_eq!(
            answer(&skipped, &valid(), None)[2],
            "The service passed over 2 blocks as nothing to be spoken; nobody heard that."
        );
        let one = with(|counts| (counts.intended, counts.started) = (1, 1), of_twenty(1, 0, 0));
        assert_eq!(first(&one), "The listener heard it to the end without a stutter.");
        // Files from before it was counted: nothing is made up.
        let old = with(|counts| counts.well_served = None, of_twenty(20, 0, 0));
        assert_eq!(
            first(&old),
            "The first sound came 2.74 s after the intended start (median), 6.35 s at most."
        );
    }

    #[test]
    fn what_the_service_told_is_not_called_untold() {
        let slow = Summary {
            round_trip: Some(Distribution { p50_ms: Some(4_000.0), max_ms: 9_000.0, ..distribution() }),
            ..of_twenty(6, 14, 0)
        };
        let last = |load: Option<&ServiceLoad>| answer(&slow, &valid(), load).pop().unwrap();
        let came = "Blocks came 4.00 s (median), 9.00 s at most after they were asked for";
        assert_eq!(last(None), format!("{came}; what they waited for the service does not tell."));
        let model = |workers, most_queued| ModelLoadRow {
            model: "kokoro".to_owned(),
            workers,
            most_queued,
            busy: vec![1.0, 5.4, 0.0],
            ..ModelLoadRow::default()
        };
        for (model, words) in [
            (model(None, 0), "none waited for a worker of kokoro, and 5.4 were busy at most"),
            (
                model(Some(9), 1),
                "1 block waited for a worker of kokoro at most, and 5.4 of 9 were busy at most",
            ),
        ] {
            let load = ServiceLoad { span_ms: 500.0, models: vec![model] };
            assert_eq!(last(Some(&load)), format!("{came}; {words}."));
        }
    }

    #[test]
    fn figures_that_do_not_measure_the_service_conclude_nothing() {
        let reason =
            Reason { id: ReasonId::GeneratorLate, text: "claque itself stood still for 3.00 s".to_owned() };
        let verdict = Verdict { reasons: vec![reason], ..valid() };
        let told = answer(&of_twenty(20, 0, 0), &verdict, None);
        assert_eq!(told, ["Nothing is concluded about the service: claque itself stood still for 3.00 s."]);
    }

    #[test]
    fn what_gave_way_is_told_where_the_service_tells_its_load() {
        let model = |busy: &[f64], workers, most_queued, overflowing: &[f64]| ModelLoadRow {
            model: "kokoro".to_owned(),
            workers,
            most_queued,
            busy: busy.to_vec(),
            overflowing: overflowing.to_vec(),
            ..ModelLoadRow::default()
        };
        let told = |model: ModelLoadRow| {
            let load = ServiceLoad { span_ms: 500.0, models: vec![model] };
            answer(&of_twenty(6, 14, 0), &valid(), Some(&load)).split_off(2)
        };
        for (model, words) in [
            (
                model(&[0.0, 4.0, 4.0, 3.99, 1.0], Some(4), 153, &[]),
                "All 4 workers of kokoro were busy from 500 ms to 2.00 s; 153 blocks waited for one at most.",
            ),
            (
                model(&[4.0, 2.0, 4.0, 1.0], Some(4), 1, &[]),
                "All 4 workers of kokoro were busy for 1.00 s between 0 ms and 1.50 s; 1 block waited for one at most.",
            ),
            (
                model(&[1.0, 1.0], Some(1), 0, &[0.0, 0.2]),
                "The worker of kokoro was busy from 0 ms to 1.00 s; from 500 ms on some went to the overflow provider.",
            ),
        ] {
            assert_eq!(told(model), [words]);
        }
        assert!(told(model(&[3.0, 2.0], Some(4), 0, &[])).is_empty(), "nothing was short that is on record");
        assert!(told(model(&[300.0], None, 0, &[])).is_empty(), "without limit nothing can be short");
    }
}
