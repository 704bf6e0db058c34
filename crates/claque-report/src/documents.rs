//! The summary of a run over documents, as a table and as a document.

use claque_stats::{
    Distribution, DocumentsSummary, FailedPages,
    units::{NOT_MEASURED, counted, grouped, percent_or_na, time_or_na},
};
use claque_store::{
    SavedVerdict,
    finished::{FinishedDocuments, TimeKind},
};
use serde::Serialize;

use crate::{
    ReportError,
    error::encoded,
    figures::Spread,
    paint::{Paint, Style, joined, row},
    text::{folder, gap_row, lag, table, verdict, with_rest},
    version::{FORMAT_VERSION, Version},
    words::one_line,
};

/// The whole summary, ended by a newline.
pub fn to_text(run: &FinishedDocuments, paint: Paint) -> String {
    let summary = &run.summary;
    let mut lines = Vec::new();
    heading(run, paint, &mut lines);
    lines.push(String::new());
    outcome(summary, paint, &mut lines);
    lines.push(String::new());
    times(run, paint, &mut lines);
    errors(summary, paint, &mut lines);
    lines.push(String::new());
    verdict(&run.verdict, paint, &mut lines);
    lines.push(String::new());
    lines.push(folder(&run.folder, run.not_kept.as_deref(), paint));
    joined(&lines)
}

fn heading(run: &FinishedDocuments, paint: Paint, lines: &mut Vec<String>) {
    let (shape, summary) = (run.heading.shape, &run.summary);
    let wall = match run.heading.time {
        TimeKind::Real => time_or_na(summary.wall_ms),
        TimeKind::Virtual => format!("{} of virtual time", time_or_na(summary.wall_ms)),
    };
    let pages = match shape.pages {
        Some(pages) => format!(", {} each", counted(pages.into(), "page")),
        None => String::new(),
    };
    let documents = format!("{} at a time{pages}", grouped(shape.documents.into()));
    let ai_transform = if run.heading.ai_transform.as_bool() { "on" } else { "off" };
    lines.push(row("target", &one_line(&run.heading.target), paint));
    lines.push(row("documents", &documents, paint));
    lines.push(row(
        "size",
        &summary.bytes.map_or_else(|| NOT_MEASURED.to_owned(), |bytes| format!("{} in all", size(bytes))),
        paint,
    ));
    lines.push(row("AI transform", ai_transform, paint));
    lines.push(row("wall time", &wall, paint));
}

fn outcome(summary: &DocumentsSummary, paint: Paint, lines: &mut Vec<String>) {
    lines.push(row("success", &success(summary, paint), paint));
    lines.push(row("completed", &documents(summary), paint));
    failed_pages(&summary.failed_pages, paint, lines);
    lines.push(row("pages per second", &rates(summary), paint));
    lines.push(row("polls", &summary.polls.map_or_else(|| NOT_MEASURED.to_owned(), grouped), paint));
}

/// The numbers of failed pages, each document on a line of its own.
fn failed_pages(failed: &[FailedPages], paint: Paint, lines: &mut Vec<String>) {
    /// Documents that are told of; the rest is in run.json.
    const MOST: usize = 10;
    for (FailedPages { document, pages }, place) in failed.iter().take(MOST).zip(0_u32..) {
        let name = if place == 0 { "failed pages" } else { "" };
        let words = format!("document {document}: {}", ranges(pages));
        lines.push(row(name, &paint.style(Style::Bad, &words), paint));
    }
    let words = match failed.len() {
        0 => return,
        1..=MOST => "counted from 0, as the service does".to_owned(),
        all => format!("and {} more documents; counted from 0, as the service does", all - MOST),
    };
    lines.push(row("", &paint.style(Style::Dim, &words), paint));
}

/// "3, 77, 297-299", cut when it gets long.
fn ranges(pages: &[u32]) -> String {
    /// Parts that fit on a line.
    const MOST: usize = 12;
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &page in pages {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == page => *last = page,
            Some(_) | None => parts.push((page, page)),
        }
    }
    let part = |&(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let shown: Vec<_> = parts.iter().take(MOST).map(part).collect();
    let more = if parts.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The fraction, and what became of the rest.
fn success(summary: &DocumentsSummary, paint: Paint) -> String {
    let pages = summary.pages;
    let percent = percent_or_na(summary.success_pct);
    let fraction = format!("{}/{} pages ({percent})", grouped(pages.completed), grouped(pages.intended));
    with_rest(fraction, &[(pages.failed, "failed"), (pages.unseen, "not heard of")], paint)
}

fn documents(summary: &DocumentsSummary) -> String {
    let counts = summary.documents;
    let mut words = format!("{} of {}", grouped(counts.completed), counted(counts.intended, "document"));
    let others = [
        (counts.failed, "failed"),
        (counts.stopped, "stopped"),
        (counts.unfinished, "without an end on record"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
        words.push_str(&format!(", {} {what}", grouped(count)));
    }
    words
}

fn rates(summary: &DocumentsSummary) -> String {
    match (summary.pages_per_second, summary.slowest_pages_per_second) {
        (Some(all), Some(slowest)) => format!("{all:.2} in all, {slowest:.2} of the slowest document"),
        (Some(all), None) => format!("{all:.2}"),
        (None, _) => NOT_MEASURED.to_owned(),
    }
}

fn times(run: &FinishedDocuments, paint: Paint, lines: &mut Vec<String>) {
    let summary = &run.summary;
    let rows: [(&'static str, Option<&Distribution>); 6] = [
        ("prepare_time", summary.prepare_time.as_ref()),
        ("accept_time", summary.accept_time.as_ref()),
        ("first_page_time", summary.first_page_time.as_ref()),
        ("page_time", summary.page_time.as_ref()),
        ("processing_time", summary.processing_time.as_ref()),
        ("poll_resolution", summary.poll_resolution.as_ref()),
    ];
    table(&rows.map(|(name, times)| Spread::of_times(name, times)), paint, lines);
    if summary.poll_resolution.is_some() {
        let words = "progress is seen by asking: a page may have been done earlier by its poll_resolution";
        lines.push(format!("  {}", paint.style(Style::Dim, words)));
    }
    lines.push(lag(run.heading.time, summary.schedule_lag, paint));
    lines.extend(summary.generator_gap.as_ref().map(|gap| gap_row(gap, paint)));
}

fn errors(summary: &DocumentsSummary, paint: Paint, lines: &mut Vec<String>) {
    if summary.errors.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {}", paint.style(Style::Bold, "errors by step and cause")));
    for cause in &summary.errors {
        let met = counted(cause.documents, "document");
        lines.push(format!("  {:>6}  {}; {met}", grouped(cause.count), cause.cause));
        let words = format!("\"{}\"", one_line(&cause.example));
        lines.push(format!("          {}", paint.style(Style::Dim, &words)));
    }
}

/// "812 B", "5.3 MB".
fn size(bytes: u64) -> String {
    const STEPS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    for (unit, step) in STEPS {
        if bytes >= step {
            let tenths = bytes / (step / 10);
            return format!("{}.{} {unit}", grouped(tenths / 10), tenths % 10);
        }
    }
    format!("{bytes} B")
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    /// "documents".
    kind: &'static str,
    claque: Version,
    target: &'a str,
    /// "real" or "virtual".
    time: &'static str,
    config: Config,
    seed: u64,
    /// None where the run could not be kept.
    run_folder: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_kept: Option<&'a str>,
    verdict: SavedVerdict,
    summary: &'a DocumentsSummary,
}

#[derive(Debug, Serialize)]
struct Config {
    pages: Option<u32>,
    concurrent_docs: u32,
    ai_transform: bool,
}

/// The document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(run: &FinishedDocuments) -> Result<String, ReportError> {
    let document = Document {
        format_version: FORMAT_VERSION,
        kind: "documents",
        claque: Version::OURS,
        target: &run.heading.target,
        time: match run.heading.time {
            TimeKind::Real => "real",
            TimeKind::Virtual => "virtual",
        },
        config: Config {
            pages: run.heading.shape.pages,
            concurrent_docs: run.heading.shape.documents,
            ai_transform: run.heading.ai_transform.as_bool(),
        },
        seed: run.heading.seed,
        run_folder: run.not_kept.is_none().then(|| run.folder.display().to_string()),
        not_kept: run.not_kept.as_deref(),
        verdict: SavedVerdict::from(&run.verdict),
        summary: &run.summary,
    };
    encoded("the summary", &document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_told_as_a_range() {
        assert_eq!(ranges(&[3, 77, 297, 298, 299]), "3, 77, 297-299");
        assert_eq!(ranges(&[]), "");
        let every_second: Vec<_> = (0..30).map(|number| number * 2).collect();
        assert!(ranges(&every_second).ends_with("20, 22, ..."), "{}", ranges(&every_second));
    }

    #[test]
    fn sizes_are_cut_to_a_tenth() {
        let sizes = [(812, "812 B"), (1_000, "1.0 kB"), (5_390_000, "5.3 MB"), (2_000_000_000, "2.0 GB")];
        for (bytes, words) in sizes {
            assert_eq!(size(bytes), words);
        }
    }
}
