//! The answer as text of at most 80 columns. Colour only underlines what the words say already.

use claque_stats::{
    tune::{SettingResult, TuneEnding},
    units::{counted, grouped},
};

use super::{TuneReport, words};
use crate::{
    paint::{Paint, Style, joined, row},
    words::{WIDTH, one_line, wrapped},
};

/// The whole answer, ended by a newline.
pub(super) fn document(told: &TuneReport<'_>, paint: Paint) -> String {
    let answer = told.answer;
    let style = match (&answer.winner, &answer.ending) {
        (Some(_), _) => Style::Good,
        (None, TuneEnding::Stopped | TuneEnding::OutOfRuns) => Style::Notable,
        (None, _) => Style::Bad,
    };
    let headline = words::headline(told);
    let mut lines = behind("cheapest", &headline, paint);
    if let [only] = lines.as_mut_slice() {
        *only = row("cheapest", &paint.style(style, &headline), paint);
    }
    let shown = answer.winner.as_ref().or(answer.nearest.as_ref());
    if let (None, Some(nearest)) = (&answer.winner, &answer.nearest) {
        lines.extend(behind("nearest", &words::setting(told, nearest), paint));
    }
    if let Some(result) = shown {
        lines.extend(of_setting(told, result, paint));
    }
    lines.extend(behind("model", told.about, paint));
    lines.extend(behind("prices", told.prices, paint));
    lines.push(String::new());
    lines.extend(wrapped("", &words::paragraph(told)));
    for doubt in told.doubts {
        lines.extend(wrapped("note: ", doubt));
    }
    lines.extend(wrapped("", words::uncertainty(told)));
    lines.extend(frontier(told, paint));
    lines.extend(sensitivity(told, paint));
    lines.push(String::new());
    lines.push(row("simulated", &counted(answer.runs.into(), "run"), paint));
    lines.extend(told.folder.map(|folder| row("folder", folder, paint)));
    joined(&lines)
}

fn of_setting(told: &TuneReport<'_>, result: &SettingResult, paint: Paint) -> Vec<String> {
    let mut lines = vec![row("costs", &words::cost(&result.cost), paint)];
    for (objective, figure) in told.objectives.iter().zip(&result.figures) {
        let words = format!("{}: {}", objective.text(), words::mean(objective.unit(), figure));
        lines.extend(behind("objective", &words, paint));
    }
    let all = if told.objectives.len() > 1 { "met all" } else { "met it" };
    lines.push(row(all, &words::met(result), paint));
    if let Some(why) = &result.why_invalid {
        lines.extend(behind(
            "INVALID",
            &format!("{}: {}", counted(result.invalid.into(), "run"), one_line(why)),
            paint,
        ));
    }
    lines
}

/// A name, and words on as many lines as they take.
fn behind(name: &str, what: &str, paint: Paint) -> Vec<String> {
    let mut lines = wrapped(&" ".repeat(18), what);
    if let Some(first) = lines.first_mut() {
        *first = row(name, first.trim_start(), paint);
    }
    lines
}

fn frontier(told: &TuneReport<'_>, paint: Paint) -> Vec<String> {
    let Some(first) = told.objectives.get(told.answer.binding) else { return Vec::new() };
    let answer = told.answer;
    if answer.frontier.is_empty() {
        return Vec::new();
    }
    let title = format!("cost against {}: what a better figure costs", first.text());
    let mut lines = vec![String::new(), format!("  {}", paint.style(Style::Bold, &title))];
    lines
        .push(format!("  {:>9}  {:>10}  {:<23}  {:<10}  runs met", "cost", "mean", "interval", "objectives"));
    for result in &answer.frontier {
        let Some(figure) = result.figures.get(told.answer.binding) else { continue };
        let unit = first.unit();
        let told_figure = |value: f64| words::figure(unit, value.max(0.0));
        let is_winner = answer.winner.as_ref().is_some_and(|winner| winner.setting == result.setting);
        lines.push(format!(
            "  {:>9}  {:>10}  {:<23}  {:<10}  {}/{}",
            result.cost.mean.map_or_else(|| "N/A".to_owned(), words::price),
            figure.mean.map_or_else(|| "N/A".to_owned(), told_figure),
            cut(&words::interval(figure, told_figure), 23),
            words::status(result.status),
            grouped(result.met.into()),
            grouped(result.runs.into()),
        ));
        let mark = if is_winner { "  <- the cheapest that is confirmed" } else { "" };
        lines.extend(wrapped("           ", &format!("{}{mark}", words::setting(told, result))));
    }
    lines
}

fn sensitivity(told: &TuneReport<'_>, paint: Paint) -> Vec<String> {
    let steps = &told.answer.sensitivity;
    if steps.is_empty() {
        return Vec::new();
    }
    let title = "one step from it, over runs with the same seeds";
    let mut lines = vec![String::new(), format!("  {}", paint.style(Style::Bold, title))];
    for step in steps {
        let Some(dimension) = told.dimensions.get(step.dimension) else { continue };
        let place = step.neighbour.places.get(step.dimension).copied();
        let value =
            place.and_then(|place| usize::try_from(place).ok()).and_then(|at| dimension.values.get(at));
        let name = format!("{}={}", dimension.short, one_line(value.copied().unwrap_or_default()));
        let met = format!(
            "{} in {}/{}",
            words::status(step.neighbour.status),
            step.neighbour.met,
            step.neighbour.runs
        );
        lines.extend(wrapped("", &format!("{name}: {met}, {}", counted(step.pairs.into(), "pair"))));
        let signed =
            |value: f64| format!("{}{}", if value < 0.0 { "-" } else { "+" }, words::price(value.abs()));
        lines.extend(wrapped("    costs ", &words::difference(&step.cost, signed)));
        for (objective, paired) in told.objectives.iter().zip(&step.figures) {
            let unit = objective.unit();
            let difference = words::difference(paired, |value| words::signed(unit, value));
            lines.extend(wrapped("    ", &format!("{}: {difference}", objective.text())));
        }
    }
    lines
}

fn cut(words: &str, most: usize) -> String {
    words.chars().take(most.min(WIDTH)).collect()
}
