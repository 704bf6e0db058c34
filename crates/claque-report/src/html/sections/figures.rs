//! What was run, what it is worth, and its figures.

use claque_stats::{
    Distribution, ListenerCounts, Summary, Validity,
    figures::Place,
    units::{
        NONE_ON_RECORD, NOT_MEASURED, counted, grouped, percent_or_na, quantile_or_max, time, time_or_na,
    },
};

use super::{Markup, Page, is_virtual};
use crate::{
    again,
    figures::{Spread, numbers, spreads},
    objectives,
    words::{one_line, sentence},
};

pub(super) fn header(page: &Page<'_>, out: &mut Markup) {
    let (manifest, config) = (page.manifest, &page.manifest.config);
    let (users, blocks) = (u64::from(config.users), u64::from(config.blocks_per_user));
    out.raw("<header>\n<p class=\"kicker\">claque report, run ").words(page.name).raw("</p>\n");
    let held = if manifest.scenario.get("hold").is_some() { " at a time" } else { "" };
    let title = format!(
        "{}{held}, {} each, at {}\u{a0}×",
        counted(users, "listener"),
        counted(blocks, "block"),
        config.speed
    );
    out.element("h1", &title);
    let voice = if config.voice.is_empty() { "the default voice" } else { &config.voice };
    out.raw("\n<p class=\"under\">").words(&manifest.target).raw("; model ").words(&config.model);
    out.raw(", voice ").words(voice).raw("</p>\n<p class=\"under\">");
    let start = manifest.started_at_utc.split('.').next().unwrap_or_default().replace('T', " ");
    out.words(&start).raw(" UTC; ").words(&time_or_na(page.summary.wall_ms));
    out.raw(if is_virtual(page) { " of virtual time: a simulation" } else { " in real time" });
    out.raw("</p>\n</header>\n");
}

/// What the run says of the service, in plain words.
pub(super) fn answer(page: &Page<'_>, out: &mut Markup) {
    let sentences = crate::answer::answer(page.summary, page.verdict, page.manifest.service_load.as_ref());
    out.raw("<section id=\"answer\" class=\"answer\">\n");
    for words in &sentences {
        out.element("p", words).raw("\n");
    }
    if !page.manifest.objectives.is_empty() {
        out.raw("<ul class=\"objectives\">\n");
        for result in &page.manifest.objectives {
            let (class, mark) = if result.met { ("met", "✓") } else { ("missed", "✗") };
            out.raw("<li class=\"")
                .raw(class)
                .raw("\"><span aria-hidden=\"true\">")
                .raw(mark)
                .raw("</span> <strong>");
            out.words(objectives::word(result)).raw("</strong> ").words(&one_line(&result.objective));
            out.raw(": ").words(&objectives::found(result)).raw("</li>\n");
        }
        out.raw("</ul>\n");
    }
    out.raw("</section>\n");
}

pub(super) fn verdict(page: &Page<'_>, out: &mut Markup) {
    let validity = page.verdict.validity();
    out.raw("<section id=\"verdict\" class=\"verdict");
    out.raw(if validity == Validity::Valid { "" } else { " invalid" });
    out.raw("\">\n<p><strong>").raw(validity.as_str()).raw("</strong> ");
    let words = match (validity, page.manifest.partial) {
        (_, true) => "The run did not come to its end; the figures are of what was recorded until then.",
        (Validity::Valid, false) => "The measurement can be trusted.",
        (Validity::Unverified, false) => "Nobody measured whether the figures can be trusted.",
        (Validity::Invalid, false) => "The figures do not measure the service.",
    };
    out.words(words).raw("</p>\n");
    let lines: Vec<_> = page.verdict.reasons.iter().chain(&page.verdict.notes).collect();
    if !lines.is_empty() {
        out.raw("<ul>\n");
        for (place, line) in lines.into_iter().enumerate() {
            let kind = if place < page.verdict.reasons.len() { "Reason: " } else { "Note: " };
            out.raw("<li>").raw(kind).words(&sentence(&line.text)).raw("</li>\n");
        }
        out.raw("</ul>\n");
    }
    out.raw("</section>\n");
}

pub(super) fn headline(summary: &Summary, out: &mut Markup) {
    let (blocks, listeners) = (summary.blocks, summary.listeners);
    let stalls = summary.underruns.as_ref().filter(|_| !summary.may_lack_stalls());
    let unknown = if summary.may_lack_stalls() { NONE_ON_RECORD } else { NOT_MEASURED };
    let of = |times: Option<&Distribution>| {
        times.map_or((NOT_MEASURED.to_owned(), String::new()), |times| {
            let values = counted(times.count, "value");
            let more = times.p95_ms.map_or_else(
                || format!("of {values}, max {}", unbroken(&time(times.max_ms))),
                |p95_ms| format!("of {values}, p95 {}", unbroken(&time(p95_ms))),
            );
            (quantile_or_max(times.p50_ms, times.max_ms), more)
        })
    };
    let (startup, startup_p95) = of(summary.startup_time.as_ref());
    let (ttfa, ttfa_p95) = of(summary.ttfa.as_ref());
    let affected = |stalls: &claque_stats::Underruns| {
        format!("{} of {} listeners", grouped(stalls.listeners_affected), grouped(listeners.intended))
    };
    let longest = |stalls: &claque_stats::Underruns| {
        if stalls.count == 0 { String::new() } else { format!("longest {}", time(stalls.longest_ms)) }
    };
    let (resends, resends_more) = figure_and_more(again::resends(summary), " for ");
    let (given_up, given_up_more) = figure_and_more(again::given_up(summary), ", ");
    // Waiting for an answer is no underrun.
    let counts = crate::answer::turn_response(summary).map_or("", |_| ", however long answers took");
    let well_served = listeners
        .well_served
        .map(|well| format!("{} of {} listeners{counts}", grouped(well), grouped(listeners.intended)));
    let tiles = [
        ("goodput", percent_or_na(listeners.goodput_pct()), well_served.unwrap_or_default()),
        (
            "blocks delivered",
            percent_or_na(summary.success_pct),
            format!("{} of {}", grouped(blocks.ok), grouped(blocks.wanted())),
        ),
        (
            "underruns",
            stalls.map_or_else(|| unknown.to_owned(), |stalls| grouped(stalls.count)),
            stalls.map_or_else(String::new, affected),
        ),
        (
            "stalled_time",
            summary.stalled_time_pct.map_or_else(|| NOT_MEASURED.to_owned(), |pct| format!("{pct:.2} %")),
            stalls.map_or_else(String::new, longest),
        ),
        ("asked again", resends, resends_more),
        ("given up", given_up, given_up_more),
        ("startup_time, median", startup, startup_p95),
        ("ttfa, median", ttfa, ttfa_p95),
        ("listeners completed", grouped(listeners.completed), completed_of(listeners)),
    ];
    out.raw("<dl class=\"headline\" id=\"headline\">\n");
    for (name, figure, more) in tiles {
        out.raw("<div>").element("dt", name).raw("<dd>").words(&figure);
        out.element("small", &more).raw("</dd></div>\n");
    }
    out.raw("</dl>\n");
}

/// Of how many, and who else came to an end that they meant.
fn completed_of(listeners: ListenerCounts) -> String {
    let mut words = format!("of {}", grouped(listeners.intended));
    for (count, what) in
        [(listeners.left, "listened as long as they meant to"), (listeners.hung_up, "hung up")]
    {
        if count > 0 {
            words.push_str(&format!("; {} {what}", grouped(count)));
        }
    }
    words
}

/// A number stays with its unit where a line ends.
fn unbroken(figure: &str) -> String {
    figure.replace(' ', "\u{a0}")
}

/// What stands before and behind the first `between`.
fn figure_and_more(words: String, between: &str) -> (String, String) {
    match words.split_once(between) {
        Some((figure, more)) => (figure.to_owned(), more.to_owned()),
        None => (words, String::new()),
    }
}

/// Every distribution with its figures.
pub(super) fn table(page: &Page<'_>, out: &mut Markup) {
    let summary = page.summary;
    out.raw("<section id=\"figures\">\n<h2>All times</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr>");
    out.raw("<th class=\"word\" scope=\"col\">time</th>");
    for name in ["values", "mean", "p50", "p95", "p99", "largest"] {
        out.raw("<th scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for Spread { name, count, mean, p50, p95, p99, max, .. } in &spreads(Place::Page, summary) {
        out.raw("<tr><th class=\"word\" scope=\"row\">").words(name).raw("</th>");
        for figure in [count, mean, p50, p95, p99, max] {
            out.element("td", figure);
        }
        out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>\n<p class=\"under\">Quantiles are nearest-rank; one beyond which no value lies is not told (p50 takes 2 values, p95 20, p99 100), and the largest is all there is. Failures are in no time and in every share. ");
    let lag = summary.schedule_lag.map_or_else(
        || match is_virtual(page) {
            true => "Nothing is late in virtual time.".to_owned(),
            false => "Whether claque itself was late was not measured.".to_owned(),
        },
        |lag| {
            let p99 = lag.p99_ms.map_or_else(String::new, |p99_ms| format!("{} at p99, ", time(p99_ms)));
            let (max, actions) = (time(lag.max_ms), counted(lag.count, "action"));
            format!("claque itself was late by {p99}{max} at most, over {actions}.")
        },
    );
    let gap = summary.generator_gap.as_ref().map_or_else(String::new, |gap| {
        let (longest, at) = (time(gap.longest_ms), time(gap.longest_at_ms));
        format!(" It did not run for {longest} at most, at {at}; stretches of 50 ms and more, marked in the plots: {}.", grouped(gap.noted))
    });
    out.words(&lag).words(&gap).raw("</p>\n");
    streams(summary, out);
    out.raw("</section>\n");
}

/// The figures of streams that have one value each; nothing where there are no streams.
fn streams(summary: &Summary, out: &mut Markup) {
    let told = numbers(Place::Page, summary);
    if told.is_empty() {
        return;
    }
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table id=\"streams\">\n<tbody>\n");
    for (name, figure) in &told {
        out.raw("<tr><th class=\"word\" scope=\"row\">").words(name).raw("</th>");
        out.element("td", figure);
        out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}
