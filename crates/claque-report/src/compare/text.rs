//! The comparison as a table. Colour only underlines what the words say already.

use claque_stats::compare::{Change, Pair, Row};

use super::{figures, headline, remarks, sentence};
use crate::{
    compare::{Compared, Differs, Setting, Side},
    paint::{Paint, Style, joined, row},
    printable::is_hidden,
    text::objectives_met,
    words::{one_line, wrapped},
};

/// Widths of the columns: the longest name is "underruns per listener".
const NAME: usize = 23;
const STATISTIC: usize = 5;
const FIGURE: usize = 12;
const RELATIVE: usize = 10;

/// The whole comparison, ended by a newline.
pub(crate) fn document(compared: &Compared, paint: Paint) -> String {
    let mut lines = Vec::new();
    for (index, side) in compared.sides.iter().enumerate() {
        lines.push(row(&side.label, &described(side, index == 0), paint));
    }
    let baseline = compared.sides.first().map_or("A", |side| side.label.as_str());
    let candidates = compared.sides.iter().skip(1);
    let pairs = compared.comparison.pairs.iter().zip(&compared.differences);
    for ((side, (pair, settings)), objectives) in candidates.zip(pairs).zip(&compared.objectives) {
        lines.push(String::new());
        differences(settings, (baseline, &side.label), paint, &mut lines);
        table(pair, (baseline, &side.label), compared.confidence_pct, paint, &mut lines);
        objectives_met(objectives, paint, &mut lines);
        lines.push(String::new());
        let (words, rest) = headline(pair);
        let style = match words {
            "REGRESSION" => Style::Bad,
            "NOT COMPARABLE" | "NOT JUDGED" => Style::Notable,
            _ => Style::Good,
        };
        lines.push(format!("  {}  {}: {}", paint.style(style, words), side.label, one_line_long(&rest)));
        lines.extend(sentence(compared, pair, side).iter().flat_map(|words| wrapped("", words)));
    }
    lines.extend(remarks(compared).into_iter().map(|remark| row("note", &one_line_long(&remark), paint)));
    joined(&lines)
}

fn described(side: &Side, baseline: bool) -> String {
    let names: Vec<_> = side.runs.iter().map(|run| one_line(&run.name)).collect();
    let listeners: usize = side.runs.iter().map(|run| run.observed.listeners().len()).sum();
    let role = if baseline { ", the baseline" } else { "" };
    let plural = if listeners == 1 { "" } else { "s" };
    format!("{} ({listeners} listener{plural}{role})", names.join(", "))
}

fn differences(settings: &[Setting], (a, b): (&str, &str), paint: Paint, lines: &mut Vec<String>) {
    if settings.is_empty() {
        return;
    }
    lines.push(format!("  {}", paint.style(Style::Bold, "what differs besides")));
    let width = settings.iter().map(|setting| setting.name.chars().count()).max().unwrap_or(0);
    for setting in settings {
        let sides = format!("{a} {}, {b} {}", one_line(&setting.a), one_line(&setting.b));
        let line = format!("  {:width$}   {sides}", setting.name);
        lines.push(match setting.differs {
            Differs::Forbidding => paint.style(Style::Bad, &format!("{line}: another task")),
            Differs::Noted => line,
        });
    }
    lines.push(String::new());
}

fn table(pair: &Pair, (a, b): (&str, &str), confidence_pct: f64, paint: Paint, lines: &mut Vec<String>) {
    let head = format!("  {:NAME$}{:STATISTIC$}{a:>FIGURE$}{b:>FIGURE$}{:>FIGURE$}", "", "", "difference");
    lines.push(paint.style(Style::Dim, &head));
    let mut before = "";
    for row in figures::measured(&pair.rows) {
        // A name is said once for all its statistics.
        let name = if row.metric == before { String::new() } else { figures::name(row) };
        before = &row.metric;
        lines.push(line(&name, row));
        lines.extend(shown(row, confidence_pct, paint));
    }
}

fn line(name: &str, row: &Row) -> String {
    let statistic = row.statistic.map_or("", |statistic| statistic.as_str());
    let (a, b) = (figures::value(row.a, row.unit), figures::value(row.b, row.unit));
    let difference = figures::difference(row.difference, row.unit);
    let relative = figures::relative(row);
    format!(
        "  {name:NAME$}{statistic:STATISTIC$}{a:>FIGURE$}{b:>FIGURE$}{difference:>FIGURE$}{relative:>RELATIVE$}"
    )
}

/// Below a row: its interval, what could have been seen, and what it came to; nothing where there is none of it.
fn shown(row: &Row, confidence_pct: f64, paint: Paint) -> Option<String> {
    let interval = row.interval.map(|_| format!("{confidence_pct} % interval {}", figures::interval(row)));
    let detectable = row.detectable.map(|_| format!("detectable {}", figures::detectable(row)));
    let style = match row.change {
        Change::Better => Style::Good,
        Change::Worse => Style::Bad,
        Change::NoDetectableChange => Style::Dim,
        Change::NotComparable | Change::NotJudged => Style::Notable,
    };
    let verdict = Some(figures::verdict(row)).filter(|words| !words.is_empty());
    let parts: Vec<_> = [verdict.map(|words| paint.style(style, words)), interval, detectable]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| format!("    {}", parts.join(", ")))
}

/// Our own sentences may be longer than a quotation.
fn one_line_long(words: &str) -> String {
    words.chars().map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect()
}
