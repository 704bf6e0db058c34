//! What a run says of the service, in plain words made from its figures. `docs/report.md` has the rules.

#[cfg(test)]
mod tests;

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
    rest(counts.hung_up, "hung up before the end");
    rest(counts.stopped, if counts.stopped == 1 { "was stopped" } else { "were stopped" });
    let has = if counts.unfinished == 1 { "has" } else { "have" };
    rest(counts.unfinished, &format!("{has} no end on record"));
    // Whoever has no end, was stopped or hung up, may have waited as well: then the rest is no number.
    if counts.unfinished + counts.stopped + counts.hung_up + unknown == 0 {
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
    if counts.left + counts.hung_up == 0 && summary.blocks.forgone > 0 {
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
