//! The summary as a table. Colour only underlines what the words say already.

use std::path::Path;

use claque_stats::{
    AudioFigures, ErrorCause, GeneratorGap, Reason, ScheduleLag, SoundFigures, Summary, Underruns, Validity,
    Verdict,
    figures::Place,
    objective::ObjectiveResult,
    units::{NONE_ON_RECORD, NOT_MEASURED, TOO_FEW_MEANS, counted, grouped, percent_or_na, time, time_or_na},
};
use claque_store::finished::{Finished, Heading, TimeKind};

use crate::{
    again,
    answer::{answer, lines_of, turn_response},
    figures::{Spread, numbers, spreads},
    load, networks, objectives,
    paint::{NAME, Paint, Style, joined, row},
    words::{WIDTH, one_line, wrapped},
};

/// Width of the column of counts: the longest in use is "9,999,999".
const COUNT: usize = 10;
/// Width of a column of figures: the longest is "59 min 59 s".
const FIGURE: usize = 13;

/// The whole summary, ended by a newline.
pub(crate) fn summary(run: &Finished, paint: Paint) -> String {
    let mut lines = lines_of(&answer(&run.summary, &run.verdict, run.load.as_ref()), paint);
    objectives_met(&run.objectives, paint, &mut lines);
    lines.extend(objectives::unjudged(run).iter().map(|objective| row("not judged", objective, paint)));
    lines.push(String::new());
    heading(&run.heading, &run.summary, paint, &mut lines);
    if let Some(preparation) = &run.preparation {
        lines.push(row("preparation", &load::prepared(preparation), paint));
    }
    lines.push(String::new());
    outcome(&run.summary, paint, &mut lines);
    for model in run.load.iter().flat_map(|load| &load.models) {
        lines.push(row("service", &load::words(model), paint));
    }
    lines.push(String::new());
    times(&run.heading, &run.summary, paint, &mut lines);
    lines.extend(networks::table(&run.summary.networks, paint));
    errors(&run.summary, paint, &mut lines);
    lines.push(String::new());
    verdict(&run.verdict, paint, &mut lines);
    lines.push(String::new());
    lines.push(folder(&run.folder, run.not_kept.as_deref(), paint));
    joined(&lines)
}

/// Where a run is kept, or why it is not.
pub(crate) fn folder(folder: &Path, not_kept: Option<&str>, paint: Paint) -> String {
    match not_kept {
        None => row("run folder", &folder.display().to_string(), paint),
        Some(why) => row("NOT KEPT", why, paint),
    }
}

fn heading(heading: &Heading, summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    let config = &heading.config;
    let voice = match config.voice.as_str() {
        "" => "the default voice".to_owned(),
        voice => format!("voice {}", one_line(voice)),
    };
    let wall = match heading.time {
        TimeKind::Real => time_or_na(summary.wall_ms),
        TimeKind::Virtual => format!("{} of virtual time", time_or_na(summary.wall_ms)),
    };
    let (users, blocks) = (config.users.into(), config.blocks_per_user.into());
    lines.push(row("target", &one_line(&heading.target), paint));
    lines.push(row("model", &format!("{}, {voice}", one_line(&config.model)), paint));
    let held = if heading.scenario.get("hold").is_some() { " at a time" } else { "" };
    lines.push(row("users", &format!("{}{held}", grouped(users)), paint));
    lines.push(row("blocks per user", &grouped(blocks), paint));
    lines.push(row("speed", &format!("{} x", config.speed), paint));
    lines.push(row("wall time", &wall, paint));
}

fn outcome(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    if let Some(words) = goodput(summary) {
        lines.push(row("goodput", &words, paint));
        // It is no underrun.
        lines.extend(turn_response(summary).map(|_| row("", "however long they waited for answers", paint)));
    }
    lines.push(row("success", &success(summary, paint), paint));
    lines.push(row("listeners", &listeners(summary), paint));
    underruns(summary, paint, lines);
    trouble(summary, paint, lines);
    asked_again(summary, paint, lines);
    acts(summary, paint, lines);
    lines.push(row("stalled_time", &percent_or_na(summary.stalled_time_pct), paint));
    lines.push(row("audio played", &time_or_na(summary.audio_played_ms), paint));
    lines.extend(summary.audio.as_ref().and_then(sound).map(|words| row("sound", &words, paint)));
}

/// Whether there was sound in the audio; nothing where nobody was to listen.
fn sound(audio: &AudioFigures) -> Option<String> {
    let sound = audio.sound?;
    let listened = format!("{} of {} listened to", grouped(sound.listened), counted(audio.blocks, "block"));
    Some(match sound {
        SoundFigures { listened: 0, .. } => NOT_MEASURED.to_owned(),
        SoundFigures { silent: 0, .. } => listened,
        SoundFigures { silent, .. } => format!("{listened}, {} of them silent", grouped(silent)),
    })
}

/// Listeners that got all they came for, where that was counted.
fn goodput(summary: &Summary) -> Option<String> {
    let (well, all) = (summary.listeners.well_served?, summary.listeners.intended);
    let share = percent_or_na(summary.listeners.goodput_pct());
    Some(format!(
        "{} of {} ({share}) got all they wanted, without an underrun",
        grouped(well),
        counted(all, "listener")
    ))
}

/// The fraction, and what became of the rest.
fn success(summary: &Summary, paint: Paint) -> String {
    let blocks = summary.blocks;
    let percent = percent_or_na(summary.success_pct);
    let fraction = format!("{}/{} blocks ({percent})", grouped(blocks.ok), grouped(blocks.wanted()));
    let rest = [
        (blocks.failed, "failed"),
        (blocks.stopped, "stopped"),
        (blocks.unreached, "never asked for"),
        (blocks.silent, "without a sound"),
    ];
    let told = with_rest(fraction, &rest, paint);
    // They count as delivered, so that they are not among the rest.
    if blocks.skipped == 0 { told } else { format!("{told}, {} of them skipped", grouped(blocks.skipped)) }
}

/// A fraction of what was wanted, and what became of the rest, if there is one.
pub(crate) fn with_rest(fraction: String, rest: &[(u64, &str)], paint: Paint) -> String {
    let rest: Vec<_> = rest
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    if rest.is_empty() {
        fraction
    } else {
        paint.style(Style::Bad, &format!("{fraction}: {}", rest.join(", ")))
    }
}

/// What became of the listeners: the completed, and whatever else there was.
fn listeners(summary: &Summary) -> String {
    let counts = summary.listeners;
    let mut words = format!("{} of {} completed", grouped(counts.completed), grouped(counts.intended));
    let (never, unknown) = summary.listeners.unstarted();
    let others = [
        (counts.failed, "failed"),
        (counts.stopped, "were stopped"),
        (counts.left, "listened as long as they meant to"),
        (counts.hung_up, "hung up"),
        (counts.unfinished, "have no end on record"),
        (never, "never began to play"),
        (unknown, "not known to have begun to play"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
        let one = what.replace("were", "was").replace("have no", "has no");
        let what = if count == 1 { &one } else { what };
        words.push_str(&format!(", {} {what}", grouped(count)));
    }
    words
}

fn underruns(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    let stalls = match &summary.underruns {
        None => return lines.push(row("underruns", NOT_MEASURED, paint)),
        Some(_) if summary.may_lack_stalls() => return lines.push(row("underruns", NONE_ON_RECORD, paint)),
        Some(Underruns { count: 0, .. }) => return lines.push(row("underruns", "none", paint)),
        Some(stalls) => stalls,
    };
    let (total, longest) = (time(stalls.total_ms), time(stalls.longest_ms));
    let lengths = format!("{}, {total} in all, {longest} at most", grouped(stalls.count));
    lines.push(row("underruns", &paint.style(Style::Notable, &lengths), paint));
    let spread = format!(
        "{:.2} per user, {} of {} affected ({:.1} %)",
        stalls.mean_per_user,
        grouped(stalls.listeners_affected),
        counted(summary.listeners.intended, "listener"),
        stalls.listeners_affected_pct,
    );
    lines.push(row("", &spread, paint));
}

/// Lost connections and what came of them; nothing when all went well.
fn trouble(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    if let Some(trouble) = summary.trouble.filter(|trouble| trouble.outages > 0) {
        let mut words = format!(
            "{} lost or refused, of {}; {} came back",
            counted(trouble.outages, "connection"),
            counted(trouble.listeners_affected, "listener"),
            grouped(trouble.reconnects)
        );
        if trouble.connections_given_up > 0 {
            words.push_str(&format!(", {} given up", grouped(trouble.connections_given_up)));
        }
        words.push_str(&format!("; {} at most", time(trouble.outage_ms_longest)));
        lines.push(row("outages", &paint.style(Style::Notable, &words), paint));
        if trouble.stalls > 0 {
            let words = format!(
                "{} of the underruns came of that, {} in all",
                grouped(trouble.stalls),
                time(trouble.stall_ms_total)
            );
            lines.push(row("", &words, paint));
        }
    }
}

/// What was asked for again and why, and what was given up.
fn asked_again(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    let notable = |words: String| match words.as_str() {
        "none" | NOT_MEASURED => words,
        _ => paint.style(Style::Notable, &words),
    };
    lines.push(row("asked again", &notable(again::resends(summary)), paint));
    let reasons = again::reasons(summary);
    if !reasons.is_empty() {
        lines.push(row("", &reasons, paint));
    }
    lines.push(row("given up", &notable(again::given_up(summary)), paint));
}

/// What listeners did besides listening; nothing when they only listened.
fn acts(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    let Some(acts) = summary.acts else { return };
    let kinds = [
        (acts.seeks, "seek"),
        (acts.skips, "skip"),
        (acts.pauses, "pause"),
        (acts.voice_changes, "voice change"),
        (acts.hang_ups, "hang-up"),
    ];
    let done: Vec<_> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, kind)| counted(count, kind)).collect();
    if done.is_empty() {
        return;
    }
    lines.push(row("besides", &done.join(", "), paint));
    if acts.stalls > 0 {
        let words = format!(
            "{} of the underruns began with one of these, {} in all",
            grouped(acts.stalls),
            time(acts.stall_ms_total)
        );
        lines.push(row("", &words, paint));
    }
    if summary.blocks.forgone > 0 {
        let words = format!("{} passed over, in no share", counted(summary.blocks.forgone, "block"));
        lines.push(row("", &words, paint));
    }
}

fn times(heading: &Heading, summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    table(&spreads(Place::Text, summary), paint, lines);
    lines.extend(numbers(Place::Text, summary).iter().map(|(name, figure)| row(name, figure, paint)));
    lines.push(lag(heading.time, summary.schedule_lag, paint));
    lines.extend(summary.generator_gap.as_ref().map(|gap| gap_row(gap, paint)));
}

/// Figures of many values, a row each.
pub(crate) fn table(rows: &[Spread], paint: Paint, lines: &mut Vec<String>) {
    let head: String = ["p50", "p95", "max", "mean"].iter().map(|name| format!("{name:>FIGURE$}")).collect();
    lines.push(paint.style(Style::Dim, &format!("  {:NAME$}{:>COUNT$}{head}", "", "n")));
    for Spread { name, count, p50, p95, max, mean, .. } in rows {
        let figures: String =
            [p50, p95, max, mean].iter().map(|figure| format!("{figure:>FIGURE$}")).collect();
        lines.push(format!("  {name:NAME$}{count:>COUNT$}{figures}"));
    }
    if rows.iter().any(|row| row.is_of_few) {
        lines.push(format!("  {}", paint.style(Style::Dim, TOO_FEW_MEANS)));
    }
}

/// How late the generator was.
pub(crate) fn lag(kind: TimeKind, lag: Option<ScheduleLag>, paint: Paint) -> String {
    let words = match (kind, lag) {
        (_, Some(ScheduleLag { count, p99_ms: Some(p99_ms), .. })) => {
            format!("p99 {} of {}", time(p99_ms), counted(count, "action"))
        }
        (_, Some(ScheduleLag { count, p99_ms: None, max_ms, .. })) => {
            format!("max {} of {}, too few for a p99", time(max_ms), counted(count, "action"))
        }
        (TimeKind::Real, None) => NOT_MEASURED.to_owned(),
        (TimeKind::Virtual, None) => format!("{NOT_MEASURED}; nothing is late in virtual time"),
    };
    row("schedule_lag", &words, paint)
}

/// When the generator did not run although it should have.
pub(crate) fn gap_row(gap: &GeneratorGap, paint: Paint) -> String {
    let at = time(gap.longest_at_ms);
    let more = match gap.noted {
        0 => String::new(),
        count => format!("; {} 50 ms or more", counted(count, "time")),
    };
    let late =
        gap.late_share_pct.map_or_else(String::new, |share| format!("; late for {share:.2} % of the time"));
    row("generator_gap", &format!("{} at most, at {at}{more}{late}", time(gap.longest_ms)), paint)
}

fn errors(summary: &Summary, paint: Paint, lines: &mut Vec<String>) {
    if summary.errors.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {}", paint.style(Style::Bold, "errors by cause")));
    for cause in &summary.errors {
        lines.push(format!("  {:>6}  {}; {}", grouped(cause.count), one_line(&cause.cause), cost(cause)));
        if let Some(example) = &cause.example {
            lines.push(format!(
                "          {}",
                paint.style(Style::Dim, &format!("\"{}\"", one_line(example)))
            ));
        }
    }
}

/// What the failures of one cause have cost, and how many of them came to nothing in the end.
fn cost(cause: &ErrorCause) -> String {
    let listeners = counted(cause.listeners, "listener");
    let lost = match cause.blocks {
        0 => format!("{listeners} affected"),
        blocks => format!("{} lost; {listeners} affected", counted(blocks, "block")),
    };
    match cause.healed.unwrap_or(0) {
        0 => lost,
        all if all == cause.count => format!("all healed, {lost}"),
        some => format!("{} healed, {lost}", grouped(some)),
    }
}

/// Nothing where there are none.
pub(crate) fn objectives_met(results: &[ObjectiveResult], paint: Paint, lines: &mut Vec<String>) {
    if results.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {}", paint.style(Style::Bold, "objectives")));
    let width = results.iter().map(|result| result.objective.chars().count()).max().unwrap_or(0);
    let words = results.iter().map(|result| objectives::word(result).len()).max().unwrap_or(0).max(6);
    for result in results {
        let style = if result.met { Style::Good } else { Style::Bad };
        let word = format!("{:words$}", objectives::word(result));
        let (objective, found) = (one_line(&result.objective), objectives::found(result));
        let painted = paint.style(style, &word);
        let line = format!("  {word}  {objective:width$}   {found}");
        if line.chars().count() <= WIDTH {
            lines.push(format!("  {painted}  {objective:width$}   {found}"));
            continue;
        }
        let indent = " ".repeat(words + 2);
        let told = wrapped(&format!("{word}  "), &objective).into_iter().chain(wrapped(&indent, &found));
        lines.extend(told.enumerate().map(
            |(place, line)| {
                if place == 0 { line.replacen(&word, &painted, 1) } else { line }
            },
        ));
    }
}

pub(crate) fn verdict(verdict: &Verdict, paint: Paint, lines: &mut Vec<String>) {
    let (style, words) = match verdict.validity() {
        Validity::Valid => (Style::Bold, "the measurement can be trusted"),
        Validity::Unverified => (Style::Notable, "nobody measured whether the figures can be trusted"),
        Validity::Invalid => (Style::Bad, "the figures do not measure the service"),
    };
    lines.push(format!("  {}  {words}", paint.style(style, verdict.validity().as_str())));
    let told = |reasons: &[Reason], kind: &str| -> Vec<String> {
        reasons.iter().flat_map(|reason| wrapped(&format!("{kind:8} "), &reason.text)).collect()
    };
    lines.extend(told(&verdict.reasons, "reason"));
    lines.extend(told(&verdict.notes, "note"));
}
