//! The cheapest setting of a model that meets objectives: simulations of one search, made on all cores, and told together.
//!
//! [`claque_stats::tune`] says which simulations are wanted next and what all of them come to.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_report::tune::{DimensionHead, TuneReport, to_html, to_json, to_markdown, to_text};
use claque_run::{JudgedReplicate, RunError, interrupts::Interrupts, judge_replicates, usage::UsageError};
use claque_stats::{
    tune::{Next, Search, SettingId, TuneAnswer, TuneEnding, TuneOrder, TunePart, TuneRun},
    units::{counted, grouped},
};

use crate::{
    config::{OutputFormat, PreparedSetting, Prices, TuneSettings, Verbosity},
    exit::{INVALID, LEFT, MISSED},
    report, talk,
};

/// Searches and tells of it. The first Ctrl-C ends the search with what is known, the second leaves at once.
///
/// # Errors
/// Something cannot be simulated, or a file cannot be written.
pub(crate) async fn run(settings: TuneSettings) -> anyhow::Result<ExitCode> {
    let interrupts =
        Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
    let asked = interrupts.clone();
    let search = tokio::task::spawn_blocking(move || search(settings, &asked));
    tokio::select! {
        ended = search => {
            let (settings, answer) = ended.context("the search ended in a bug of claque")??;
            tell(&settings, &answer)?;
            Ok(exit_code(&answer.ending))
        }
        () = interrupts.reached(2) => Ok(ExitCode::from(LEFT)),
    }
}

fn exit_code(ending: &TuneEnding) -> ExitCode {
    match ending {
        TuneEnding::Confirmed => ExitCode::SUCCESS,
        TuneEnding::NoneShown => ExitCode::from(MISSED),
        TuneEnding::OutOfRuns | TuneEnding::Stopped | TuneEnding::Untrusted(_) => ExitCode::from(INVALID),
    }
}

fn search(mut settings: TuneSettings, interrupts: &Interrupts) -> anyhow::Result<(TuneSettings, TuneAnswer)> {
    let mut search = Search::new(settings.terms.clone(), settings.grid.clone());
    let mut prepared: BTreeMap<SettingId, PreparedSetting> = BTreeMap::new();
    let mut said = None;
    let ending = loop {
        let orders = match search.next() {
            Next::Done(ending) => break ending,
            Next::Run(orders) => orders,
        };
        if settings.output.talk == Verbosity::Normal {
            say(&orders, &search, &mut said);
        }
        for order in orders.iter().take_while(|_| !interrupts.any()) {
            if let Entry::Vacant(place) = prepared.entry(order.setting) {
                place.insert(settings.prepare(order.setting)?);
            }
        }
        // Simulations that are not begun any more are no part of what is given, so that those need no setting either.
        let made = make(&orders, &prepared, &settings, interrupts)?;
        for (order, run) in orders.into_iter().zip(made) {
            search.add(order, run);
        }
        if interrupts.any() {
            break TuneEnding::Stopped;
        }
    };
    let answer = TuneAnswer::of(&search, ending);
    Ok((settings, answer))
}

/// Makes the simulations that are wanted; fewer once somebody asks to stop.
fn make(
    orders: &[TuneOrder],
    prepared: &BTreeMap<SettingId, PreparedSetting>,
    settings: &TuneSettings,
    interrupts: &Interrupts,
) -> anyhow::Result<Vec<TuneRun>> {
    let setting =
        |place: usize| orders.get(place).and_then(|order| Some((order, prepared.get(&order.setting)?)));
    let order = |place: usize| match setting(place) {
        Some((order, setting)) => setting.order(order.seed),
        None => Err(RunError::Usage(UsageError::new("a setting was not prepared"))),
    };
    let made = judge_replicates(orders.len(), order, settings.jobs, || interrupts.any())?;
    let runs = made.into_iter().enumerate();
    Ok(runs
        .map(|(place, made)| {
            let fixed = setting(place).map_or(0.0, |(_, setting)| setting.fixed_cost);
            told(&made, fixed, &settings.prices)
        })
        .collect())
}

fn told(made: &JudgedReplicate, fixed: f64, prices: &Prices) -> TuneRun {
    let is_valid = made.verdict.is_valid();
    TuneRun {
        cost: fixed + prices.of_overflow(made.mean_overflowing),
        met: is_valid && made.objectives.iter().all(|result| result.met),
        missed: made.objectives.iter().map(|result| !result.met).collect(),
        figures: made.objectives.iter().map(|result| result.value).collect(),
        invalid: (!is_valid).then(|| made.verdict.doubts()),
    }
}

/// Says what is done, once for each part of the search.
fn say(orders: &[TuneOrder], search: &Search, said: &mut Option<TunePart>) {
    let Some(part) = orders.first().map(|order| order.part) else { return };
    // In the order in which they begin: a race goes on after a look aside.
    if said.is_some_and(|said| said >= part) {
        return;
    }
    *said = Some(part);
    let words = match part {
        TunePart::Survey => {
            format!("looking at {}, {}", counted(search.surveyed(), "setting"), counted(count(orders), "run"))
        }
        TunePart::Near => "what is near the best of the sample".to_owned(),
        TunePart::Race => "the cheapest that may do race with more seeds".to_owned(),
        TunePart::Confirm => format!("confirming the best with {}", counted(count(orders), "fresh seed")),
        TunePart::Sensitivity => "a step of each setting either way".to_owned(),
        TunePart::Frontier => "what else may be had for how much".to_owned(),
    };
    talk::say(&format!("{words} (after {})", runs(search.made())));
}

fn runs(made: u32) -> String {
    format!("{} runs", grouped(made.into()))
}

fn count(orders: &[TuneOrder]) -> u64 {
    u64::try_from(orders.len()).unwrap_or(u64::MAX)
}

fn tell(settings: &TuneSettings, answer: &TuneAnswer) -> anyhow::Result<()> {
    let dimensions: Vec<_> = settings
        .dimensions
        .iter()
        .map(|dimension| DimensionHead {
            key: &dimension.key,
            short: dimension.short_name(),
            values: dimension.values.iter().map(|value| value.text.as_str()).collect(),
        })
        .collect();
    let prices = settings.prices.words();
    let told = TuneReport {
        about: &settings.about,
        dimensions: &dimensions,
        objectives: &settings.objectives,
        prices: &prices,
        terms: &settings.terms,
        doubts: &settings.doubts,
        uncertainty: settings.uncertainty,
        answer,
    };
    let output = &settings.output;
    if let Some(path) = &output.markdown {
        report::write(path, &to_markdown(&told), "--markdown")?;
    }
    if let Some(path) = &output.html {
        std::fs::write(path, to_html(&told))
            .with_context(|| format!("failed to write {}; give another file with --html", path.display()))?;
    }
    talk::print(&match output.format {
        OutputFormat::Text => to_text(&told, report::paint()),
        OutputFormat::Json => to_json(&told)?,
        OutputFormat::Markdown => to_markdown(&told),
    })
}
