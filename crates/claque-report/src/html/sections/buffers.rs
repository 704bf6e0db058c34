//! What another start buffer would have meant, or why nothing can be said of it.

use claque_stats::units::{counted, grouped, quantile_or_max, time};

use super::{
    super::picture::{Buffers, Picture, StreamsTold, ToldText},
    Markup, Page,
    plots::{figure, open},
};

const TITLE: &str = "What another start buffer would have meant";

pub(super) fn buffers(page: &Page<'_>, picture: &Picture, out: &mut Markup) {
    let buffers = &picture.buffers;
    let says = match buffers.told {
        ToldText::Replayed => return replayed(page, buffers, out),
        ToldText::Streams(told) => streams(told),
        ToldText::NotSaid => "Not told: the run does not say with which start buffer it was played, so nothing of what is computed could be held \
                          to what is on record."
            .to_owned(),
        ToldText::Disagrees(disagree) => format!(
            "Not told: of {}, {} playing the recorded arrivals again with the start buffer that there was does not come to the startup and \
             the stalls on record.",
            counted(buffers.listeners + disagree + buffers.left_out, "listener"),
            if disagree == 1 { "for one".to_owned() } else { format!("for {}", grouped(disagree)) }
        ),
        ToldText::Nobody => match buffers.left_out {
            0 => "Not known: nobody came to the end of the text.".to_owned(),
            left_out => format!("Not known: {}. There is nobody else.", left_out_words(left_out)),
        },
    };
    open("buffers", TITLE, &says, out);
    out.raw("</section>\n");
}

fn replayed(page: &Page<'_>, buffers: &Buffers, out: &mut Markup) {
    let at = |buffer: u64| buffers.rows.iter().find(|row| row.buffer == buffer);
    let startup = |buffer: u64| {
        let row = at(buffer).and_then(|row| Some((row.startup_p50_ms, row.startup_max_ms?)));
        row.map_or_else(|| "of N/A".to_owned(), |(p50_ms, max_ms)| startup_words(p50_ms, max_ms))
    };
    let Some(least) = buffers.least else {
        open("buffers", TITLE, "Not known: nobody got a block.", out);
        out.raw("</section>\n");
        return;
    };
    let mut says = format!(
        "Had playback waited for {}, nobody would have stalled, at {}",
        counted(least, "block"),
        startup(least)
    );
    let own = page.manifest.scenario.get("min_buffer").and_then(serde_json::Value::as_u64);
    match own {
        Some(own) if own != least && at(own).is_some() => {
            says.push_str(&format!(" instead of {} with the {own} it waited for.", startup(own)));
        }
        Some(own) if own == least => says.push_str("; that is what it waited for."),
        Some(_) | None => says.push('.'),
    }
    says.push_str(&format!(
        " Computed by playing the recorded arrivals of {} again, which with the start buffer that there was comes to the very stalls on record: \
         exact if what was asked for when does not depend on the buffer, else an estimate.",
        counted(buffers.listeners, "listener")
    ));
    if buffers.left_out > 0 {
        says.push_str(&format!(" Nothing is told of others: {}.", left_out_words(buffers.left_out)));
    }
    open("buffers", TITLE, &says, out);
    out.raw("<div class=\"pair\">\n<div>");
    figure("buffer-stalls", &format!("Stalls by start buffer. {says}"), out);
    out.raw("</div>\n<div>");
    figure("buffer-startup", &format!("Startup time by start buffer. {says}"), out);
    out.raw("</div>\n</div>\n</section>\n");
}

/// "a median startup of 1.20 s", "a startup of 1.20 s at most".
fn startup_words(p50_ms: Option<f64>, max_ms: f64) -> String {
    match p50_ms {
        Some(_) => format!("a median startup of {}", quantile_or_max(p50_ms, max_ms)),
        None => format!("a startup of {} at most", time(max_ms)),
    }
}

fn left_out_words(left_out: u64) -> String {
    format!(
        "{} jumped, paused, left, lost a block or the connection, or did not come to the end, and cannot be played again",
        counted(left_out, "listener")
    )
}

fn streams(told: StreamsTold) -> String {
    if told.disagree > 0 {
        return format!(
            "Not told: {} stalled on record though they had the audio that they needed by what is computed.",
            counted(told.disagree, "stream")
        );
    }
    if told.streams == 0 {
        return "Not told: every answer came in one piece, which says nothing of how much of it should have been waited for.".to_owned();
    }
    let (all, most) = (counted(told.streams, "stream"), time(told.most_ms));
    let one_piece = match told.in_one_piece {
        0 => String::new(),
        more => format!(" {} came in one piece and say nothing.", counted(more, "block")),
    };
    let own = time(told.own_ms);
    let needs = match (told.is_conversation, told.without == told.streams) {
        (true, true) => format!(
            "None of {all} needed a start buffer to be heard without a stall; there was one of {own}."
        ),
        (true, false) => format!(
            "Had playback waited for {most} of audio, none of {all} would have stalled; it waited for {own}. {} needed none.",
            grouped(told.without)
        ),
        (false, true) => format!("None of {all} needed a start buffer by itself; there was one of {own}."),
        (false, false) => format!(
            "By itself, the neediest of {all} would have had to wait for {most} of its audio so as not to stall; the start buffer was {own}. {} \
             needed none. Blocks that are fetched ahead need less, and of the waits between blocks this says nothing.",
            grouped(told.without)
        ),
    };
    format!("{needs}{one_piece} Arrivals are taken as they were.")
}
