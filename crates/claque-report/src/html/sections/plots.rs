//! A place for each plot, with the sentence that says the same.

use claque_stats::{
    Summary,
    units::{NOT_MEASURED, counted, grouped, time},
};
use claque_store::ServiceLoad;

use super::{
    super::picture::{Ecdf, Picture},
    Markup,
};
use crate::{again, load, words::one_line};

/// A section with one plot.
fn section(id: &str, title: &str, says: &str, out: &mut Markup) {
    open(id, title, says, out);
    figure(id, says, out);
    out.raw("</section>\n");
}

pub(super) fn open(id: &str, title: &str, says: &str, out: &mut Markup) {
    out.raw("<section id=\"")
        .raw(id)
        .raw("\">\n")
        .element("h2", title)
        .raw("\n")
        .element("p", says)
        .raw("\n");
}

pub(super) fn figure(name: &str, says: &str, out: &mut Markup) {
    out.raw("<figure data-plot=\"").raw(name).raw("\" role=\"img\" aria-label=\"").words(says);
    out.raw("\"><noscript>This plot is drawn by a script; the sentence above says the same.</noscript></figure>\n");
    if let Some(words) = out.below_plots() {
        out.raw("<p class=\"under\">").words(&words).raw("</p>\n");
    }
}

pub(super) fn audience(summary: &Summary, picture: &Picture, out: &mut Markup) {
    let audience = &picture.audience;
    let peak = |levels: &[f64], what: &str| {
        let (bin, most) = peak_of(levels);
        if most < 0.005 {
            return format!("nobody {what}");
        }
        let from = time(bin * audience.bin_ms);
        format!("most {what} {} (at {from})", about(most))
    };
    let mut says = format!(
        "How many listeners did what, out of {}: {}, {}, {}.",
        grouped(of_all(summary)),
        peak(&audience.playing, "playing"),
        peak(&audience.stalled, "stalled"),
        peak(&audience.buffering, "buffering")
    );
    let silent = [
        (&audience.awaiting, "awaiting an answer"),
        (&audience.thinking, "thinking"),
        (&audience.paused, "paused"),
    ];
    let silent: Vec<_> = silent
        .iter()
        .filter(|(levels, _)| peak_of(levels).1 >= 0.005)
        .map(|(levels, what)| peak(levels, what))
        .collect();
    if !silent.is_empty() {
        says.push_str(&format!(" In silence that is neither: {}.", silent.join(", ")));
    }
    says.push_str(&match summary.wall_ms {
        Some(wall) => format!(" The last session ended after {}.", time(wall)),
        None => " No session came to an end.".to_owned(),
    });
    open("audience", "The audience over time", &says, out);
    out.raw("<p class=\"under hint\">Drag over a plot to look closer at that time in all of them; double-click for the whole run. With the keyboard: arrows, + and −, 0.</p>\n");
    figure("audience", &says, out);
    out.raw("</section>\n");
}

pub(super) fn strips(summary: &Summary, picture: &Picture, out: &mut Markup) {
    let strips = &picture.strips;
    let shown = strips.rows.len();
    let mut says = match strips.every {
        1 => "One strip per listener, in order of start, time from left to right.".to_owned(),
        every => format!(
            "One strip per listener, time from left to right; of {} every {}th is shown, {} in all.",
            counted(of_all(summary), "listener"),
            every,
            shown
        ),
    };
    if strips.cut {
        says.push_str(" The last strips are left out: there would be too many stalls to draw.");
    }
    let stalls = strips.stalls;
    says.push_str(&match &summary.underruns {
        Some(_) if stalls.count > 0 => format!(
            " {} stalled, {} in all, {} at most.",
            counted(stalls.listeners, "listener"),
            counted(stalls.count, "time"),
            time(stalls.longest.as_secs_f64() * 1e3)
        ),
        Some(_) if summary.may_lack_stalls() => " Of stalls there is none on record.".to_owned(),
        Some(_) => " Nobody stalled.".to_owned(),
        None => " Nobody began to play.".to_owned(),
    });
    says.push_str(
        " Strips that change together at the same moments are in lockstep, as when a server mixes up its listeners; \
         stalls that move down like stairs are a queue in which one waits behind the other.",
    );
    section("strips", "Every listener", &says, out);
}

pub(super) fn awaited(picture: &Picture, out: &mut Markup) {
    let (bin, most) = peak_of(&picture.audience.awaited);
    let says = format!(
        "Blocks of all listeners that were asked for and not yet ready: the queue as listeners see it. Most were {}, at {}.",
        about(most),
        time(bin * picture.audience.bin_ms)
    );
    section("awaited", "Blocks awaited", &says, out);
}

/// Queues and workers, where the service tells.
pub(super) fn load(load: Option<&ServiceLoad>, out: &mut Markup) {
    let Some(load) = load.filter(|load| !load.models.is_empty()) else { return };
    let told: Vec<_> = load.models.iter().map(load::words).collect();
    let says = format!(
        "What the service itself had to do, as it tells: {}. A queue that grows while every worker is busy is a service with \
         too few workers; one that grows while some are idle is stuck elsewhere.",
        told.join(". ")
    );
    open("load", "Queue and workers of the service", &says, out);
    for (model, number) in load.models.iter().zip(0_u64..) {
        out.element("h3", &model.model);
        figure(
            &format!("queued-{number}"),
            &format!("Blocks of {} that waited for a worker", model.model),
            out,
        );
        figure(
            &format!("busy-{number}"),
            &format!("Workers of {} that had something to do", model.model),
            out,
        );
    }
    out.raw("</section>\n");
}

pub(super) fn spreads(summary: &Summary, picture: &Picture, out: &mut Markup) {
    let says = "The share of the values that were at most so long. A steep curve means equal times; a step, groups; a long flat \
                end, a few who waited much longer than the rest.";
    open("spreads", "How times are distributed", says, out);
    out.raw("<div class=\"pair\">\n");
    for curve in &picture.spreads {
        out.raw("<div>");
        if curve.points.is_empty() {
            out.element("h3", curve.name).element("p", "Not measured.");
        } else {
            figure(&format!("spread-{}", curve.name), &curve_says(curve), out);
        }
        out.raw("</div>\n");
    }
    out.raw("</div>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr><th class=\"word\" scope=\"col\">time</th><th scope=\"col\">values</th>");
    let shares = [0, 100, 250, 500, 750, 900, 950, 990, 1_000];
    for name in ["least", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "largest"] {
        out.raw("<th scope=\"col\">").raw(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for curve in &picture.spreads {
        out.raw("<tr><th class=\"word\" scope=\"row\">").words(curve.name).raw("</th>");
        out.element("td", &counted(curve.count, curve.per));
        for share in shares {
            out.element("td", &curve.told(share));
        }
        out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>\n<p class=\"under\">- fewer values than this quantile takes to have one beyond it.</p>\n");
    let (never, unknown) = summary.listeners.unstarted();
    for (count, what) in
        [(never, "never began to play"), (unknown, "may have begun to play, which is on no record,")]
    {
        if count > 0 {
            let are = if count == 1 { "is" } else { "are" };
            out.element("p", &format!("{} {what} and {are} in no startup time.", counted(count, "listener")));
        }
    }
    out.raw("</section>\n");
}

fn curve_says(curve: &Ecdf) -> String {
    let shares = [(500, "half"), (950, "95 %"), (990, "99 %")];
    let within = shares.into_iter().filter(|&(share, _)| curve.has(share));
    let within: String =
        within.map(|(share, words)| format!("{words} within {}, ", curve.told(share))).collect();
    let (name, values) = (curve.name, counted(curve.count, curve.per));
    format!("Distribution of {name} over {values}: {within}the largest {}.", curve.told(1_000))
}

pub(super) fn slope(picture: &Picture, out: &mut Markup) {
    let slope = &picture.slope;
    let title = "Synthesis time against length of text";
    if slope.points.is_empty() {
        open("slope", title, "Not measured: no request had two ready blocks of known length.", out);
        out.raw("</section>\n");
        return;
    }
    let mut says = match slope.fit {
        Some(fit) => format!(
            "Each dot is a block: the time since the block before it in the same request was ready. The line of least squares through {} is {} + {} per character; it explains {:.0} % of the variance.",
            counted(fit.count, "block"),
            signed(fit.base_ms),
            signed(fit.per_char_ms),
            fit.r2 * 100.0
        ),
        None => "Each dot is a block: the time since the block before it in the same request was ready. The texts are too few or too equal for a line.".to_owned(),
    };
    says.push_str(" Under load these times hold the waiting for others, too.");
    if slope.every > 1 {
        says.push_str(&format!(" One of {} is drawn.", slope.every));
    }
    section("slope", title, &says, out);
}

pub(super) fn errors(summary: &Summary, picture: &Picture, out: &mut Markup) {
    let errors = &picture.errors;
    if errors.count == 0 && summary.errors.is_empty() {
        open("errors", "Errors", "There were none.", out);
        out.element("p", &again::sentence(summary)).raw("</section>\n");
        return;
    }
    let says = format!(
        "{} in time, by class, and below by cause. A block that failed in the end is in no latency, and in every share; \
         healed are the failures whose block arrived after all.",
        counted(errors.count, "error")
    );
    open("errors", "Errors", &says, out);
    if errors.count > 0 {
        figure("errors", &says, out);
    }
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr><th scope=\"col\">errors</th><th class=\"word\" scope=\"col\">cause</th>");
    out.raw("<th scope=\"col\">healed</th><th scope=\"col\">blocks lost</th><th scope=\"col\">listeners</th><th class=\"word\" scope=\"col\">first words</th></tr></thead>\n<tbody>\n");
    for cause in &summary.errors {
        out.raw("<tr>").element("td", &grouped(cause.count));
        out.raw("<td class=\"word\">").words(&cause.cause).raw("</td>");
        out.element("td", &cause.healed.map_or_else(|| NOT_MEASURED.to_owned(), grouped));
        out.element("td", &grouped(cause.blocks)).element("td", &grouped(cause.listeners));
        let example = cause.example.as_deref().map(one_line).unwrap_or_default();
        out.raw("<td class=\"long\">").words(&example).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n").element("p", &again::sentence(summary)).raw("</section>\n");
}

/// Listeners that plots over time are of: also those who are in no figure.
fn of_all(summary: &Summary) -> u64 {
    summary.listeners.intended + summary.window.map_or(0, |window| window.listeners_left_out)
}

/// The bin with the largest level, and the level.
fn peak_of(levels: &[f64]) -> (f64, f64) {
    let mut peak = (0.0, 0.0);
    let mut bin = 0.0;
    for &level in levels {
        if level > peak.1 {
            peak = (bin, level);
        }
        bin += 1.0;
    }
    peak
}

/// A mean number as people read it.
fn about(number: f64) -> String {
    match number {
        number if number >= 100.0 || (number - number.round()).abs() < 0.05 => {
            let whole = format!("{number:.0}");
            whole.parse().map_or(whole, grouped)
        }
        number => format!("{number:.1}"),
    }
}

fn signed(ms: f64) -> String {
    if ms < 0.0 { format!("−{}", time(-ms)) } else { time(ms) }
}
