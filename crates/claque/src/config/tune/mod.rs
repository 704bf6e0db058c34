//! What `claque tune` is to do.
//!
//! A setting is the command line as it was typed with what is varied behind it, so that it means what typing it means. Each is decided
//! once, and simulated with many seeds.

mod prices;
mod range;

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf};

use clap::{Command, CommandFactory as _, FromArgMatches as _};
use claque_core::rng::Seed;
use claque_run::{
    RunError,
    order::{FactsKept, Results, SimulateOrder, SimulatedService},
    record::calibration_doubts,
};
use claque_stats::{
    objective::Objective,
    tune::{FRESH_SEEDS, Grid, MOST_ATTEMPTS, ModelUncertainty, SettingId, TuneTerms},
};

pub(crate) use self::{prices::Prices, range::Dimension};
use super::{
    UsageError, audience,
    ceilings::default_objectives,
    no_effect, objectives, output,
    resolve::simulate_order,
    scenario,
    settings::{JudgementSettings, Output},
    vary::{complaint, flag},
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::{Cli, ObjectiveFlags, TuneFlags, Verb};

const CONFIDENCE: f64 = 95.0;
/// Nine of ten runs: few enough are needed to show it, and who wants more says so.
const RELIABILITY: f64 = 90.0;
/// Some minutes of one core, with an audience of five.
const MOST_RUNS: i64 = 4_000;
/// Settings varied at once, at most.
const MOST_DIMENSIONS: usize = 8;
/// Combinations at most: more are a mistake.
const MOST_SETTINGS: u64 = 10_000_000;

/// A search, decided.
#[derive(Debug)]
pub(crate) struct TuneSettings {
    /// What is simulated.
    pub(crate) world: TuneWorld,
    /// What is varied, in the order of the grid.
    pub(crate) dimensions: Vec<Dimension>,
    /// Every combination.
    pub(crate) grid: Grid,
    /// The bounds of the search.
    pub(crate) terms: TuneTerms,
    /// What must hold in a run.
    pub(crate) objectives: Vec<Objective>,
    /// What an hour costs.
    pub(crate) prices: Prices,
    /// Threads to simulate on.
    pub(crate) jobs: NonZeroUsize,
    /// What is known against the model, for people.
    pub(crate) doubts: Vec<String>,
    /// The service and its audience, for people.
    pub(crate) about: String,
    /// What the runs know of how far the model may be off.
    pub(crate) uncertainty: ModelUncertainty,
    /// How it is told.
    pub(crate) output: Output,
    /// The folder in which searches have theirs.
    pub(crate) dir: PathBuf,
    /// What was decided about the first setting.
    pub(crate) scenario: serde_json::Value,
}

/// What makes settings.
#[derive(Debug)]
pub(crate) struct TuneWorld {
    command: Command,
    /// The command line.
    base: Vec<OsString>,
}

/// A setting, decided: what is simulated of it is a matter of the seed alone.
#[derive(Debug)]
pub(crate) struct PreparedSetting {
    wishes: Wishes,
    source: Source,
    results: Results,
    /// What it costs an hour whatever happens.
    pub(crate) fixed_cost: f64,
}

impl PreparedSetting {
    /// What is simulated with a seed.
    ///
    /// # Errors
    /// The setting cannot be simulated.
    pub(crate) fn order(&self, seed: u64) -> Result<SimulateOrder, RunError> {
        let mut wishes = self.wishes.clone();
        wishes.audience.seed = Some(Wish::flag(seed));
        let mut order = simulate_order(&wishes, &self.source, self.results.clone(), FactsKept::None)?;
        // The same model for every setting of a seed.
        draw(&mut order, seed);
        Ok(order)
    }
}

/// Takes one of the models that a fitted one may be, by the seed, where it is known how far it may be off. Gives whether it is.
fn draw(order: &mut SimulateOrder, seed: u64) -> bool {
    match &mut order.service {
        SimulatedService::Yapit(gateway) => {
            let fit = gateway.fit.clone();
            fit.is_some_and(|fit| fit.draw(&mut gateway.config, Seed::root(seed).child("model")))
        }
        SimulatedService::Speech(_) => false,
    }
}

impl TuneWorld {
    /// Decides on the setting that has the value at each of `places`.
    ///
    /// # Errors
    /// It cannot be simulated.
    pub(crate) fn prepare(
        &mut self,
        dimensions: &[Dimension],
        places: &[u32],
        prices: &Prices,
    ) -> Result<PreparedSetting, UsageError> {
        let value = |dimension: &Dimension, place: u32| {
            usize::try_from(place).ok().and_then(|place| dimension.values.get(place).cloned())
        };
        let values: Vec<_> =
            dimensions.iter().zip(places).filter_map(|(dimension, place)| value(dimension, *place)).collect();
        let flags =
            dimensions.iter().zip(&values).map(|(dimension, value)| flag(&dimension.key, &value.text));
        let line: Vec<OsString> = self.base.iter().cloned().chain(flags).collect();
        let named = || {
            let pairs = dimensions.iter().zip(&values);
            let pairs: Vec<_> = pairs.map(|(one, value)| format!("{}={}", one.key, value.text)).collect();
            pairs.join(" ")
        };
        let matches =
            self.command.try_get_matches_from_mut(line).and_then(|found| Cli::from_arg_matches(&found));
        let cli =
            matches.map_err(|error| UsageError::new(format!("--vary {}: {}", named(), complaint(&error))))?;
        let Verb::Tune(flags) = cli.verb else { return Err(UsageError::new("--vary belongs to tune")) };
        let (wishes, source, judging) = wished(*flags)?;
        let dir = PathBuf::new();
        let results = Results { kept_dir: dir.clone(), dir, objectives: judging.objectives, repeat_of: None };
        let mut setting = PreparedSetting { wishes, source, results, fixed_cost: 0.0 };
        let seed = audience::seed_number(&setting.wishes);
        let order =
            simulate_order(&setting.wishes, &setting.source, setting.results.clone(), FactsKept::None)
                .map_err(|error| UsageError::new(format!("{error} (with {})", named())))?;
        debug_assert_eq!(order.seed, seed, "the seed is that of the wishes");
        let numbers: Vec<_> = values.iter().map(|value| value.number).collect();
        setting.fixed_cost = prices.fixed(&order, &numbers)?;
        Ok(setting)
    }
}

/// Decides on a search of `typed`, the command line from the program's name on, whose flags are `flags`.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_tune(flags: TuneFlags, typed: &[OsString]) -> Result<TuneSettings, UsageError> {
    let dimensions = flags.vary.iter().map(|typed| Dimension::parse(typed)).collect::<Result<Vec<_>, _>>()?;
    refuse_twice(&dimensions, &flags.gateway.gateway_set)?;
    let grid = grid(&dimensions)?;
    let prices = Prices::parse(&flags.cost, &dimensions)?;
    let jobs =
        flags.jobs.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    let (told, markdown) = (flags.output.clone(), flags.markdown.markdown.clone());
    let (reliability, max_runs) = (flags.reliability.map(Wish::flag), flags.max_runs.map(Wish::flag));
    let mut world = TuneWorld { command: Cli::command(), base: typed.to_vec() };
    let (mut wishes, source, JudgementSettings { objectives, .. }) = wished(flags)?;
    let judged = JudgementSettings { objectives: objectives.clone(), junit: None, markdown };
    let (results, output) = output::output(told, judged, &mut wishes)?;
    let confidence = wishes.judging.confidence.take();
    let terms = TuneTerms {
        confidence_pct: source.within(confidence.as_ref(), "confidence", 80.0..=99.9, CONFIDENCE)?,
        reliability_pct: source.within(reliability.as_ref(), "reliability", 50.0..=99.9, RELIABILITY)?,
        most_runs: 0,
        first_seed: audience::seed_number(&wishes),
        less_is_better: objectives.iter().map(Objective::less_is_better).collect(),
    };
    if terms.first_seed > u64::MAX - (MOST_ATTEMPTS + 1) * FRESH_SEEDS {
        return Err(UsageError::new(format!(
            "--seed is {}, beyond which there are too few; give a smaller one",
            terms.first_seed
        )));
    }
    let terms = TuneTerms { most_runs: most_runs(max_runs.as_ref(), &terms)?, ..terms };
    let orders = check(&mut world, &dimensions, &prices)?;
    let first = orders.first().ok_or_else(|| UsageError::new("--vary has no values"))?;
    let doubts = doubts(&orders, &prices)?;
    let about = about(first);
    let uncertainty = match &first.service {
        _ if draw(&mut first.clone(), terms.first_seed) => ModelUncertainty::Drawn,
        SimulatedService::Yapit(gateway) if gateway.fit.is_some() => ModelUncertainty::NotDrawn,
        SimulatedService::Yapit(_) | SimulatedService::Speech(_) => ModelUncertainty::Unknown,
    };
    Ok(TuneSettings {
        world,
        dimensions,
        grid,
        terms,
        objectives,
        prices,
        jobs,
        doubts,
        about,
        uncertainty,
        output,
        dir: results.dir,
        scenario: first.scenario.clone(),
    })
}

/// Everything that was said, and what is judged.
fn wished(flags: TuneFlags) -> Result<(Wishes, Source, JudgementSettings), UsageError> {
    let (mut wishes, source) = scenario::read(flags.audience.scenario.as_deref())?;
    wishes.lay_audience(flags.audience);
    wishes.listening.lay(flags.player)?;
    wishes.speech.lay_speech(flags.protocol);
    let mut gateway = flags.gateway;
    gateway.gateway = flags.service.or(gateway.gateway);
    wishes.gateway.lay(gateway)?;
    wishes.gateway.lay_limits(&flags.limits);
    over(&mut wishes.judging.confidence, flags.confidence);
    no_effect::in_simulation(&wishes, &source)?;
    // How surely they are to be met is about runs here, and not about the listeners of one.
    let confidence = wishes.judging.confidence.take();
    let asked = ObjectiveFlags { objective: flags.objective, junit: None };
    let mut judging = objectives::judging(asked, None, &mut wishes, &source)?;
    if judging.objectives.is_empty() {
        judging.objectives = default_objectives();
    }
    wishes.judging.confidence = confidence;
    Ok((wishes, source, judging))
}

/// # Errors
/// A setting is varied twice, or typed as well.
fn refuse_twice(dimensions: &[Dimension], gateway_set: &[String]) -> Result<(), UsageError> {
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(UsageError::new(format!(
            "{} settings are varied; vary at most {MOST_DIMENSIONS} at once",
            dimensions.len()
        )));
    }
    for (at, one) in dimensions.iter().enumerate() {
        if dimensions.iter().take(at).any(|before| before.key == one.key) {
            return Err(UsageError::new(format!(
                "--vary {}: it is varied twice; give all its values to one --vary",
                one.key
            )));
        }
        let is_it = |typed: &&String| typed.split('=').next().unwrap_or_default().trim() == one.key;
        if let Some(typed) = gateway_set.iter().find(is_it) {
            return Err(UsageError::new(format!(
                "--gateway-set {typed}: it is varied as well; leave one of them out"
            )));
        }
    }
    Ok(())
}

fn grid(dimensions: &[Dimension]) -> Result<Grid, UsageError> {
    let sizes = dimensions.iter().map(|one| u32::try_from(one.values.len()).unwrap_or(u32::MAX)).collect();
    Grid::new(sizes, MOST_SETTINGS).ok_or_else(|| {
        UsageError::new(format!("--vary makes more than {MOST_SETTINGS} combinations; give fewer values, as with a larger step: 1..100:10"))
    })
}

fn most_runs(asked: Option<&Wish<i64>>, terms: &TuneTerms) -> Result<u32, UsageError> {
    let least = terms.least_runs();
    let usual = MOST_RUNS.max(i64::from(least).saturating_mul(4));
    let most = Source::default().within(asked, "max_runs", 1..=10_000_000, usual)?;
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    if most < least {
        return Err(UsageError::new(format!(
            "--max-runs is {most}; to show that {} % of the runs meet the objectives takes {} that all do, and three times as many to confirm it: \
             give {least} at least, or a lower --reliability",
            terms.reliability_pct,
            terms.fewest_runs()
        )));
    }
    Ok(most)
}

/// Looks at each value once, the others being the first: what cannot be simulated is told before anything is.
fn check(
    world: &mut TuneWorld,
    dimensions: &[Dimension],
    prices: &Prices,
) -> Result<Vec<SimulateOrder>, UsageError> {
    let mut orders = Vec::new();
    for (at, dimension) in dimensions.iter().enumerate() {
        let last = u32::try_from(dimension.values.len()).unwrap_or(u32::MAX).saturating_sub(1);
        // Numbers are in order, and what a setting takes is a range.
        let is_range = dimension.values.iter().all(|value| value.number.is_some());
        let places = (0..=last).filter(|place| !is_range || *place == 0 || *place == last);
        for place in places {
            let mut there = vec![0; dimensions.len()];
            if let Some(one) = there.get_mut(at) {
                *one = place;
            }
            let setting = world.prepare(dimensions, &there, prices)?;
            let seed = audience::seed_number(&setting.wishes);
            orders.push(setting.order(seed).map_err(|error| UsageError::new(error.to_string()))?);
        }
    }
    Ok(orders)
}

/// What is known against the model, or is not priced.
fn doubts(orders: &[SimulateOrder], prices: &Prices) -> Result<Vec<String>, UsageError> {
    let overflows = |order: &SimulateOrder| match &order.service {
        SimulatedService::Yapit(gateway) => gateway.config.pipeline.overflow.is_some(),
        SimulatedService::Speech(_) => false,
    };
    let has_overflow = orders.iter().any(overflows);
    if prices.prices_overflow() && !has_overflow {
        return Err(UsageError::new(
            "--cost overflow: the model has no overflow provider; leave the price out, or set pipeline.overflow",
        ));
    }
    let mut found: Vec<String> = orders
        .first()
        .into_iter()
        .flat_map(|order| calibration_doubts(&order.scenario))
        .map(|doubt| format!("the model is in doubt: {doubt}"))
        .collect();
    if has_overflow && !prices.prices_overflow() {
        found.push(
            "work that goes to the overflow provider costs nothing here; --cost overflow=PRICE/h prices its busy hours"
                .to_owned(),
        );
    }
    Ok(found)
}

/// "simulated gateway (current); 5 listeners, 20 blocks each, at 1 ×".
fn about(order: &SimulateOrder) -> String {
    use claque_stats::units::counted;
    let plan = &order.plan;
    let target = match &order.service {
        SimulatedService::Yapit(gateway) => format!("simulated gateway ({})", gateway.preset),
        SimulatedService::Speech(speech) => {
            format!("simulated speech gateway, as {}", speech.gateway.config.dialect.name)
        }
    };
    let users = counted(plan.schedule.known_of(plan.users).into(), "listener");
    format!("{target}; {users}, {} each, at {} ×", counted(plan.blocks.into(), "block"), plan.speed.as_f64())
}

impl TuneSettings {
    /// Decides on the setting of a number.
    ///
    /// # Errors
    /// It cannot be simulated.
    pub(crate) fn prepare(&mut self, setting: SettingId) -> Result<PreparedSetting, UsageError> {
        let places = self.grid.places(setting);
        self.world.prepare(&self.dimensions, &places, &self.prices)
    }
}
