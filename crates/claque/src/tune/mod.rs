//! The cheapest setting of a model that meets objectives: simulations of one search, made on all cores, and told together.
//!
//! [`claque_stats::tune`] says which simulations are wanted next and what all of them come to.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_net::unix_nanos;
use claque_run::{
    JudgedReplicate, RunError,
    interrupts::Interrupts,
    judge_replicates,
    record::{folder_name, new_folder_called},
    usage::UsageError,
};
use claque_stats::{
    tune::{Next, Search, SettingId, TuneAnswer, TuneEnding, TuneOrder, TunePart, TuneRun},
    units::{counted, grouped},
};

use claque_store::{
    ClaqueVersion, Integrity, TuneFolder, TuneManifest, TuneVaried, UnixNanos, is_tune, open_tune,
    remove_tune, save_tune,
};

use crate::{
    config::{Dimension, PreparedSetting, Prices, TuneSettings, Verbosity},
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
    let began = UnixNanos(unix_nanos());
    // Made before anything is simulated, so that a folder which cannot be made costs nothing.
    let dir = new_folder_called(&settings.dir, &format!("tune-{}", folder_name(began)))?;
    let search = tokio::task::spawn_blocking(move || search(settings, &asked));
    let ended = tokio::select! {
        ended = search => ended.context("the search ended in a bug of claque").and_then(|ended| ended),
        () = interrupts.reached(2) => {
            discard(&dir);
            return Ok(ExitCode::from(LEFT));
        }
    };
    let (settings, answer) = ended.inspect_err(|_| discard(&dir))?;
    let code = exit_code(&answer.ending);
    let is_empty = answer.runs == 0;
    let manifest = manifest(&settings, answer, began);
    if is_empty {
        discard(&dir);
    } else {
        save_tune(&dir, &manifest)?;
    }
    report::tune::tell(&TuneFolder { dir, manifest, integrity: Integrity::default() }, &settings.output)?;
    Ok(code)
}

/// Takes the folder of a search away of which nothing came.
fn discard(dir: &Path) {
    // What cannot be taken away stays, and is seen there.
    let _gone = remove_tune(dir);
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
    has_figures(&made)?;
    let runs = made.into_iter().enumerate();
    Ok(runs
        .map(|(place, made)| {
            let fixed = setting(place).map_or(0.0, |(_, setting)| setting.fixed_cost);
            told(&made, fixed, &settings.prices)
        })
        .collect())
}

/// That runs which measure the service have something of every figure that an objective is about.
fn has_figures(made: &[JudgedReplicate]) -> Result<(), UsageError> {
    let valid = made.iter().filter(|made| made.verdict.is_valid());
    let missing = valid.flat_map(|made| &made.objectives).find(|result| result.has_nothing());
    missing.map_or(Ok(()), |result| {
        Err(UsageError::new(format!(
            "a run that measures the service has nothing of the figure that the objective `{}` is about, as those of speech that comes in \
             pieces have nothing where blocks come whole; give another",
            result.objective
        )))
    })
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

/// What is kept of it.
fn manifest(settings: &TuneSettings, answer: TuneAnswer, began: UnixNanos) -> TuneManifest {
    let varied = |dimension: &Dimension| TuneVaried {
        name: dimension.key.clone(),
        values: dimension.values.iter().map(|value| value.text.clone()).collect(),
    };
    TuneManifest {
        claque: ClaqueVersion { version: env!("CARGO_PKG_VERSION").to_owned() },
        started_at_utc: began.utc(),
        finished_at_utc: UnixNanos(unix_nanos()).utc(),
        about: settings.about.clone(),
        varied: settings.dimensions.iter().map(varied).collect(),
        objectives: settings.objectives.iter().map(|objective| objective.text().to_owned()).collect(),
        prices: settings.prices.words(),
        terms: settings.terms.clone(),
        doubts: settings.doubts.clone(),
        uncertainty: settings.uncertainty,
        scenario: settings.scenario.clone(),
        answer,
    }
}

/// The folder of the search that has this path, or this name in `dir`.
pub(crate) fn folder_of_tune(name: &str, dir: &Path) -> Option<PathBuf> {
    [PathBuf::from(name), dir.join(name)].into_iter().find(|path| !name.is_empty() && is_tune(path))
}

/// The search in a folder, if it is what was written: nothing of it can be worked out again.
///
/// # Errors
/// It cannot be read, or was changed.
pub(crate) fn open(folder: &Path) -> anyhow::Result<TuneFolder> {
    let tune = open_tune(folder)?;
    tune.integrity.refuse(folder)?;
    Ok(tune)
}
