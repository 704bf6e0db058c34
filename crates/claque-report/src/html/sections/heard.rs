//! What a listener heard, to be played beside its strip.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use claque_stats::units::{counted, time};
use claque_store::{HeardFound, HeardRecord};

use super::{
    super::{
        Page,
        picture::{HeardStrip, Picture},
    },
    Markup,
    plots::{figure, open},
};

/// Stalls that have a button of their own; further ones are in the strip.
const MOST_BUTTONS: usize = 30;

/// Sound before a stall that is played with it, in ms.
const BEFORE_MS: f64 = 2_000.0;

pub(super) fn heard(page: &Page<'_>, picture: &Picture, out: &mut Markup) {
    let (Some(record), Some(found), Some(strip)) = (&page.manifest.heard, page.heard, &picture.heard) else {
        return;
    };
    let says = says(record, strip);
    open("heard", &format!("What listener {} heard", record.listener), &says, out);
    figure("heard", &says, out);
    match found {
        HeardFound::Whole(audio) => {
            let label = format!("What listener {} heard", record.listener);
            out.raw("<audio controls preload=\"metadata\" aria-label=\"").words(&label);
            out.raw("\" src=\"data:audio/ogg;base64,")
                .raw(&BASE64_STANDARD.encode(audio))
                .raw("\"></audio>\n");
            buttons(record, strip, out);
        }
        HeardFound::Changed => {
            out.element(
                "p",
                "heard.ogg in the run's folder is not the file that was written there, so it is not played.",
            );
        }
        HeardFound::Gone => {
            out.element("p", "heard.ogg is no longer in the run's folder, so there is nothing to play.");
        }
    }
    for line in beside(record) {
        out.raw("<p class=\"under\">").words(&line).raw("</p>\n");
    }
    out.raw("</section>\n");
}

fn says(record: &HeardRecord, strip: &HeardStrip) -> String {
    let who = match (&*record.asked, record.waited_longer) {
        ("worst", None) => "Whoever stalled longest, of equals whoever waited longest for the first sound",
        ("worst", Some(_)) => "Whoever stalled longest of those whose audio was kept",
        (_, _) => "A listener that was named beforehand",
    };
    let stalled: f64 = strip.stalls.iter().map(|(_, lasted)| lasted).sum();
    let stalls = match strip.stalls.len() {
        0 => "no stall".to_owned(),
        count => {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            format!("{}, {} of silence in all", counted(count, "stall"), time(stalled))
        }
    };
    format!("{who}: {} of sound and silence as they were heard, with {stalls}.", time(record.length_ms))
}

/// A way to each stall, with a little of what was heard before.
fn buttons(record: &HeardRecord, strip: &HeardStrip, out: &mut Markup) {
    let end = record.from_ms + record.length_ms;
    let inside = strip.stalls.iter().filter(|(at, _)| (record.from_ms..end).contains(at));
    let all: Vec<_> = inside.take(MOST_BUTTONS).collect();
    if all.is_empty() {
        return;
    }
    out.raw("<p class=\"jumps\">");
    for (at, lasted) in all {
        let second = ((at - record.from_ms - BEFORE_MS) / 1e3).max(0.0);
        out.raw(&format!("<button type=\"button\" data-second=\"{second:.3}\">"));
        out.words(&format!("stall of {} at {}", time(*lasted), time(at - record.from_ms))).raw("</button> ");
    }
    out.raw("</p>\n");
}

/// What the file is not.
fn beside(record: &HeardRecord) -> Vec<String> {
    let mut lines = vec![format!(
        "The file is heard.ogg in the run's folder. Its first moment is {} after the run's start.",
        time(record.from_ms)
    )];
    if record.startup_left_out_ms > 0.0 {
        lines.push(format!("Of the startup the first {} are left out.", time(record.startup_left_out_ms)));
    }
    if record.cut_ms > 0.0 {
        lines.push(format!("The session went on for {} after the file ends.", time(record.cut_ms)));
    }
    if record.silent_blocks > 0 {
        let (blocks, are, was) = match record.silent_blocks {
            1 => ("1 block".to_owned(), "is", "its"),
            count => (counted(count.into(), "block"), "are", "their"),
        };
        lines.push(format!(
            "{blocks} {are} silent in it though heard: {was} audio was not kept, or cannot be decoded."
        ));
    }
    if let Some(longer) = record.waited_longer {
        lines.push(format!(
            "It is not the worst: listener {} waited {} between sounds and {} for the first, and there was no room for its audio.",
            longer.listener,
            time(longer.between_ms),
            time(longer.startup_ms)
        ));
    }
    lines
}
