//! The explanation for people, on 80 columns.

use claque_core::time::Instant;
use claque_stats::{
    Validity,
    explain::{Attribution, Halved, Part, PartShare},
    units::{NOT_MEASURED, TOO_FEW, counted, grouped, percent_or_na, time},
};

use super::{RunExplanation, before::BeforeFirstStall, limits::ModelLimit};
use crate::{
    paint::{Paint, Style, joined, row},
    words::{one_line, sentence, wrapped},
};

/// Width of the names of parts: the longest is `acceptance`.
const NAME: usize = 12;
/// Width of a column of figures: the longest is "59 min 59 s".
const FIGURE: usize = 13;
/// Width of a column of shares: the longest is "100.0 %".
const SHARE: usize = 8;

/// Of streams.
const NO_STREAMS: &str = "What half of a part would have saved is not told of streams.";
/// Where no stall comes of playing arrivals again.
const NOT_REPLAYED: &str = "What half of a part would have saved cannot be told: whoever stalled could not be played again from what \
                            is on record.";

pub(super) fn document(told: &RunExplanation, paint: Paint) -> String {
    let mut lines = Vec::new();
    for words in trust(told) {
        say(&words, &mut lines);
    }
    // Of figures that do not measure the service nothing is concluded.
    let is_concluded = told.validity != Validity::Invalid;
    if is_concluded {
        lines.push(String::new());
        lines.extend(wrapped("", &leading(told)).iter().map(|words| paint.style(Style::Bold, words)));
    }
    lines.push(String::new());
    table(told, paint, &mut lines);
    // What rose before is a hint at the service, and so nothing that is said of figures that do not measure it.
    let before = told.before_first_stall.as_ref().filter(|_| is_concluded).map(BeforeFirstStall::words);
    for words in before.into_iter().chain(told.service.iter().map(limit)).chain(apart(told)) {
        lines.push(String::new());
        say(&words, &mut lines);
    }
    let stalls = &told.explanation.stalls;
    if is_concluded && stalls.count + stalls.unattributed > 0 {
        lines.push(String::new());
        match told.explanation.halved.as_ref().filter(|halved| halved.stalled_ns > 0) {
            Some(halved) => halving(halved, &mut lines),
            None if told.streams => say(NO_STREAMS, &mut lines),
            None => say(NOT_REPLAYED, &mut lines),
        }
    }
    lines.push(String::new());
    lines.push(row("run folder", &told.run_folder, paint));
    let lines: Vec<_> = lines.into_iter().skip_while(String::is_empty).collect();
    joined(&lines)
}

fn say(words: &str, lines: &mut Vec<String>) {
    lines.extend(wrapped("", words));
}

/// Which run it is where a search was named, and what its figures are worth where they are not simply valid.
fn trust(told: &RunExplanation) -> Vec<String> {
    let which = told.capacity.as_ref().map(|failing| {
        format!(
            "Of the search in {}: a run with {}, the first number that failed.",
            failing.capacity_folder,
            counted(failing.users.into(), "listener")
        )
    });
    let worth = match told.validity {
        Validity::Valid => None,
        Validity::Unverified => {
            Some("UNVERIFIED: nobody measured whether these figures can be trusted.".to_owned())
        }
        Validity::Invalid => {
            let why = told.reasons.first().map(|reason| sentence(&reason.text)).unwrap_or_default();
            Some(format!(
                "INVALID: {}. What follows is what was recorded; nothing is concluded about the service.",
                why.trim_end_matches('.')
            ))
        }
    };
    let partial = told
        .partial
        .then(|| "The run was killed: stalls and sessions that had not ended are on no record.".to_owned());
    worth.into_iter().chain(which).chain(partial).collect()
}

/// What most of the waiting is.
fn leading(told: &RunExplanation) -> String {
    let explanation = &told.explanation;
    let (stalls, startups, blocks) = (&explanation.stalls, &explanation.startups, &explanation.blocks);
    if let Some(most) = largest(stalls, true) {
        let all = counted(stalls.count, "stall");
        let more = match stalls.unattributed {
            0 => String::new(),
            more => format!(" Of {more} more ({}) nothing can be told.", ms(stalls.unattributed_ns)),
        };
        return format!(
            "{} in {all}: {} {}.{more}",
            ms(stalls.total_ns),
            share(most),
            during(most.part, told.streams)
        );
    }
    let head = if told.partial && stalls.count + stalls.unattributed == 0 {
        "Whether there were stalls is on no record.".to_owned()
    } else if stalls.unattributed > 0 {
        format!("Of {} in stalls nothing can be told.", ms(stalls.unattributed_ns))
    } else {
        "No stall is on record.".to_owned()
    };
    if let Some(answers) = &explanation.answers
        && let Some(most) = largest(answers, true)
    {
        let all = counted(answers.count, "wait");
        return format!(
            "{head} {} in {all} for later answers: {} {}.",
            ms(answers.total_ns),
            share(most),
            during(most.part, told.streams)
        );
    }
    if let Some(most) = largest(startups, true) {
        let all = counted(startups.count, "startup");
        return format!(
            "{head} {} in {all}: {} {}.",
            ms(startups.total_ns),
            share(most),
            during(most.part, told.streams)
        );
    }
    match largest(blocks, false) {
        None => format!("{head} Of no block the whole way is on record."),
        Some(_) => head,
    }
}

/// The part that is most of the waits; none where nobody waited.
fn largest(waits: &Attribution, with_player: bool) -> Option<&PartShare> {
    let parts = waits.parts.iter().filter(|part| with_player || part.part != Part::Player);
    parts.filter(|part| part.total_ns > 0).max_by_key(|part| part.total_ns)
}

fn share(part: &PartShare) -> String {
    percent_or_na(part.share_pct)
}

/// What happens in a part, after "83.1 % ".
const fn during(part: Part, streams: bool) -> &'static str {
    match part {
        Part::Asking => "passed before the awaited block was asked for",
        Part::Retrying => "passed in tries for the awaited block that came to nothing",
        Part::Acceptance => "passed until the request was acknowledged",
        Part::Making if streams => {
            "passed until the first audio of the awaited block, in the service's queue and its work"
        }
        Part::Making => "passed while the service made the awaited block, its queue and its work together",
        Part::Delivery if streams => {
            "passed while the audio of the awaited block was coming in, the later of it still being made"
        }
        Part::Delivery => "passed while the audio of the awaited block was on its way",
        Part::Player => "was no wait for that block: the player waited for others as well",
    }
}

fn table(told: &RunExplanation, paint: Paint, lines: &mut Vec<String>) {
    let explanation = &told.explanation;
    let (blocks, waits) = (&explanation.blocks, [&explanation.startups, &explanation.stalls]);
    // Of a run that was killed what is not on record was not measured.
    let is_measured = |waits: &Attribution| !told.partial || waits.count > 0;
    let line = |name: &str, cells: [(String, String); 3]| {
        let cells = cells.map(|(figure, share)| format!("{figure:>FIGURE$}{share:>SHARE$}"));
        format!("  {name:<NAME$}{}", cells.concat())
    };
    let bare = |figure: String| (figure, String::new());
    // In a conversation a block's way to when it is heard is the wait for it.
    let first = if explanation.answers.is_some() { "answers" } else { "block p50" };
    let head = [first, "startups", "stalls"].map(|name| (name.to_owned(), "share".to_owned()));
    lines.push(paint.style(Style::Dim, &line("", head)));
    for part in Part::ALL {
        let of_waits = |waits: &Attribution| {
            waits
                .of(part)
                .filter(|_| waits.count > 0)
                .map_or_else(|| bare(NOT_MEASURED.to_owned()), |part| (ms(part.total_ns), share(part)))
        };
        let of_blocks = || {
            blocks.of(part).filter(|_| blocks.count > 0).map_or_else(
                || bare(NOT_MEASURED.to_owned()),
                |part| (part.p50_ms.map_or_else(|| TOO_FEW.to_owned(), time), share(part)),
            )
        };
        let of_first = explanation.answers.as_ref().map_or_else(of_blocks, of_waits);
        let [startups, stalls] = waits.map(of_waits);
        lines.push(line(part.as_str(), [of_first, startups, stalls]));
    }
    let measured = |waits: &Attribution, words: String| {
        bare(if is_measured(waits) { words } else { NOT_MEASURED.to_owned() })
    };
    let together = |waits: &Attribution| measured(waits, ms(waits.total_ns));
    let of_answers = explanation.answers.as_ref().map_or_else(|| bare(String::new()), together);
    lines.push(line("together", [of_answers, together(waits[0]), together(waits[1])]));
    let counts = [explanation.answers.as_ref().unwrap_or(blocks), waits[0], waits[1]];
    lines.push(line("n", counts.map(|waits| measured(waits, grouped(waits.count)))));
}

/// "All 4 workers of kokoro were busy for 93.1 % of the run; ...".
fn limit(model: &ModelLimit) -> String {
    let name = one_line(&model.model);
    let queue = percent_or_na(model.queue_pct);
    let mut words = match (model.workers, model.all_busy_pct) {
        (Some(workers), Some(busy)) => format!(
            "{} busy in {} of the run; {} waited at most at once. Of the time that blocks waited for a worker or were with one, {queue} \
             was the queue.",
            match workers {
                1 => format!("The only worker of {name} was"),
                workers => format!("All {} workers of {name} were", grouped(workers.into())),
            },
            percent_or_na(Some(busy)),
            counted(model.most_queued.into(), "block"),
        ),
        (_, _) => format!("{name}: its workers have no limit, so nothing waited for one."),
    };
    if let Some(overflow) = model.overflow_pct.filter(|overflow| *overflow > 0.0) {
        words.push_str(&format!(
            " Blocks were at the overflow provider in {} of the run.",
            percent_or_na(Some(overflow))
        ));
    }
    words
}

/// What is in no figure, and why.
fn apart(told: &RunExplanation) -> Vec<String> {
    let explanation = &told.explanation;
    let of_waits = |waits: &Attribution, noun: &str| {
        let words = format!(
            "Of {} ({}) nothing is told: no whole way of the awaited block is on record.",
            counted(waits.unattributed, noun),
            ms(waits.unattributed_ns)
        );
        (waits.unattributed > 0).then_some(words)
    };
    let blocks = [
        (explanation.apart.not_delivered, "not delivered"),
        (explanation.apart.silent, "with nothing to hear"),
        (explanation.apart.moments_missing, "without all of their moments"),
    ];
    let blocks: Vec<_> = blocks
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{} {why}", grouped(*count)))
        .collect();
    let left = (!blocks.is_empty()).then(|| format!("Blocks left out: {}.", blocks.join(", ")));
    let unheard = (explanation.not_acknowledged > 0).then(|| {
        format!(
            "Of {} the acceptance is in `making`: no acknowledgement came before the audio.",
            counted(explanation.not_acknowledged, "block")
        )
    });
    let silence = told.service.is_empty().then(|| {
        let why = if told.partial {
            "What a service tells of its load is saved at a run's end, which this one did not come to"
        } else {
            "The service does not tell its load"
        };
        format!("{why}: queue and service cannot be told apart, nor what was at its limit.")
    });
    [
        silence,
        unheard,
        left,
        of_waits(&explanation.startups, "startup"),
        explanation.answers.as_ref().and_then(|answers| of_waits(answers, "later answer")),
        of_waits(&explanation.stalls, "stall"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn halving(halved: &Halved, lines: &mut Vec<String>) {
    let words = format!(
        "Had one part of every block's way been half as long, {} would have stalled for this long instead of {} (an estimate: \
         requests and queue stay as they were):",
        counted(halved.listeners, "listener"),
        ms(halved.stalled_ns)
    );
    say(&words, lines);
    for part in &halved.parts {
        let change = match part.stalled_ns {
            stalled if stalled == halved.stalled_ns => "as long".to_owned(),
            stalled => ms(stalled),
        };
        lines.push(format!("  {:<NAME$}{change:>FIGURE$}", part.part.as_str()));
    }
    if halved.listeners_left_out > 0 {
        let words = format!(
            "{} stalled for {} and could not be played again; nothing is told of them here.",
            counted(halved.listeners_left_out, "listener"),
            ms(halved.left_out_stalled_ns)
        );
        say(&words, lines);
    }
}

fn ms(nanos: u64) -> String {
    time(Instant::from_nanos(nanos).as_millis_f64())
}
