//! A model of a service explained: what its constants say by theory, and what short simulations say with each of them twice as good.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use claque_core::{plan::Plan, rng::Seed};
use claque_front::yapit::gateway::{Counting, GatewayConfig};
use claque_gateway::{LengthModel, ModelConfig, Quantiles, ServiceModel, Workers};
use claque_report::explain::{Improved, Interval, ModelExplanation};
use claque_run::order::SimulatedService;
use claque_stats::capacity::{Length, ProbeOrder};
use claque_store::finished::Finished;

use crate::{
    capacity::evidence_of,
    cli::{Cli, SimulateFlags, Verb},
    config::{self, ProbeWork, SimulateSettings, UsageError},
    find,
};

/// Seeds of each simulation: enough for an interval, few enough for seconds.
const SEEDS: u32 = 5;
/// So much more than the ceiling is simulated: the service falls behind, and by how much tells where the ceiling is.
const BEYOND: f64 = 1.15;
/// More than these would take too long.
const MOST_USERS: u32 = 2_000;
/// Listeners and blocks from which the mean block is taken.
const SAMPLE: (u32, u32) = (16, 64);

/// Makes one constant of a model twice as good.
type Change = fn(&mut ModelConfig);

/// The settings of a model: those of a preset, or of a file.
#[derive(Debug)]
pub(crate) struct ModelSettings {
    /// What was typed.
    named: String,
    settings: SimulateSettings,
}

/// The model that is meant by `name`, if it is a preset's name or a file of settings.
///
/// # Errors
/// A setting of the file cannot be used, or the protocol is another.
pub(crate) fn settings(name: &str) -> anyhow::Result<Option<ModelSettings>> {
    let source = if GatewayConfig::preset(name).is_some() {
        format!("--gateway={name}")
    } else if Path::new(name).is_file() {
        format!("--scenario={name}")
    } else {
        return Ok(None);
    };
    let flags = simulate_flags(&source).context("failed to read the flags of a simulation")?;
    let settings = config::resolve_simulate(flags)?;
    Ok(Some(ModelSettings { named: name.to_owned(), settings }))
}

fn simulate_flags(source: &str) -> anyhow::Result<SimulateFlags> {
    use clap::{CommandFactory as _, FromArgMatches as _};
    let matches = Cli::command().try_get_matches_from(["claque", "simulate", source])?;
    let Verb::Simulate(flags) = Cli::from_arg_matches(&matches)?.verb else {
        anyhow::bail!("they are those of another verb")
    };
    Ok(*flags)
}

/// What the constants say, and what simulations do. These leave nothing behind.
///
/// # Errors
/// The model is one of streams, or has no such voice model, or nothing can be simulated or written.
pub(crate) fn explain(model: ModelSettings) -> anyhow::Result<ModelExplanation> {
    let ModelSettings { named, mut settings } = model;
    let SimulatedService::Yapit(gateway) = &settings.order.service else {
        let what = "a model of streams has no throughput of whole blocks to be worked out; look for it with `claque capacity --simulate`";
        return Err(UsageError::new(what.to_owned()).into());
    };
    let (config, doubts) = (gateway.config.clone(), gateway.doubts.clone());
    let theory = Theory::of(&config, &settings)?;
    let folder = tempfile::tempdir().context("failed to make a folder for simulations")?;
    settings.order.results.objectives = config::default_objectives();
    let mut bench = Bench { work: ProbeWork::Virtual(Box::new(settings)), dir: folder.path().to_owned() };
    let lone = bench.lone_startup()?;
    let (simulated, not_simulated) = match theory.ceiling() {
        None => (Vec::new(), Some("no number of workers bounds it".to_owned())),
        Some(ceiling) if 2.0 * BEYOND * ceiling > f64::from(MOST_USERS) => {
            (Vec::new(), Some(format!("it would take more than {MOST_USERS} listeners")))
        }
        Some(_) => (bench.improved(&config, &theory)?, None),
    };
    Ok(ModelExplanation { doubts, ..theory.explained(named, &config, (lone, simulated, not_simulated)) })
}

/// What is known of the mean block, and who makes it.
#[derive(Clone, Debug)]
struct Theory {
    slug: String,
    workers: Option<u32>,
    service_s: f64,
    audio_s: f64,
    speed: f64,
}

impl Theory {
    fn of(config: &GatewayConfig, settings: &SimulateSettings) -> anyhow::Result<Self> {
        let plan = &settings.order.plan;
        let model = config.models.iter().find(|model| *model.info.slug == *plan.model).ok_or_else(|| {
            UsageError::new(format!(
                "the model `{}` is none of this service; name one by `model` in a file",
                plan.model
            ))
        })?;
        let sample = Plan { users: SAMPLE.0, blocks: SAMPLE.1, ..plan.clone() };
        let scripts = sample.scripts(&settings.order.corpus, Seed::root(1).child("unique"));
        let chars: Vec<u32> = scripts
            .iter()
            .flat_map(claque_core::script::Script::blocks)
            .map(|block| u32::try_from(block.chars().count()).unwrap_or(u32::MAX))
            .collect();
        let count = f64::from(u32::try_from(chars.len()).unwrap_or(u32::MAX));
        let mean = |of: &dyn Fn(u32) -> f64| chars.iter().map(|&chars| of(chars)).sum::<f64>() / count;
        Ok(Self {
            slug: model.info.slug.to_string(),
            workers: match model.workers {
                Workers::Pull(workers) => Some(workers),
                Workers::Unlimited => None,
            },
            service_s: mean(&|chars| model.service.mean(chars).as_secs_f64()),
            audio_s: mean(&|chars| audio_s(model, chars)),
            speed: plan.speed.as_f64(),
        })
    }

    /// W x d / (s x v).
    fn ceiling(&self) -> Option<f64> {
        self.workers.map(|workers| f64::from(workers) * self.audio_s / (self.service_s * self.speed))
    }

    fn explained(
        self,
        model_of: String,
        config: &GatewayConfig,
        (lone, simulated, not_simulated): (Option<Interval>, Vec<Improved>, Option<String>),
    ) -> ModelExplanation {
        let ceiling = self.ceiling();
        // A message may name many blocks, so a limit on messages bounds nothing that could be counted.
        let limit = config.synthesis_limit.filter(|limit| limit.counting == Counting::Blocks);
        let minute =
            limit.map(|limit| f64::from(limit.limit.count) * 60.0 / limit.limit.window.as_secs_f64());
        let limit_ceiling = minute.map(|minute| minute / 60.0 * self.audio_s / self.speed);
        let binding = match (ceiling, limit_ceiling) {
            (ceiling, Some(limit)) if ceiling.is_none_or(|ceiling| limit < ceiling) => Some("limit"),
            (Some(_), _) => Some("workers"),
            (None, _) => None,
        };
        ModelExplanation {
            model_of,
            utilisation_per_listener: ceiling.map(|ceiling| 1.0 / ceiling),
            throughput_ceiling: ceiling,
            overflow_after_s: config
                .pipeline
                .overflow
                .as_ref()
                .map(|overflow| overflow.threshold.as_secs_f64()),
            blocks_per_minute: minute,
            limit_ceiling,
            binding,
            lone_startup_s: lone,
            simulated,
            not_simulated,
            seeds: SEEDS,
            doubts: Vec::new(),
            slug: self.slug,
            workers: self.workers,
            service_s: self.service_s,
            audio_s: self.audio_s,
            speed: self.speed,
        }
    }
}

/// The mean length of a block's audio, whose noise has a mean of one.
fn audio_s(model: &ModelConfig, chars: u32) -> f64 {
    match model.length {
        LengthModel::PerChar { chars_per_second, .. } => f64::from(chars) / chars_per_second,
        LengthModel::Fixed(media) => claque_core::time::Speed::NORMAL.play_time(media).as_secs_f64(),
    }
}

/// Where simulations are made.
struct Bench {
    work: ProbeWork,
    dir: PathBuf,
}

impl Bench {
    fn run(&mut self, order: &ProbeOrder, seed: u32) -> anyhow::Result<Finished> {
        self.work.keep_in(&self.dir);
        self.work.set(order, seed.into());
        let ProbeWork::Virtual(settings) = &self.work else { anyhow::bail!("a model is simulated") };
        Ok(claque_run::simulate(settings.order.clone())?)
    }

    /// How long a lone listener waits for the first sound; none if it never heard any.
    fn lone_startup(&mut self) -> anyhow::Result<Option<Interval>> {
        let order = ProbeOrder { users: 1, blocks: 16, spread_s: 0.0, length: Length::Short, number: 0 };
        let mut found = Vec::new();
        for seed in 1..=SEEDS {
            let finished = self.run(&order, seed)?;
            found.extend(finished.summary.startup_time.as_ref().map(|startup| startup.mean_ms / 1_000.0));
        }
        Ok((found.len() > 1).then(|| Interval::of(&found, f64::INFINITY)))
    }

    /// The model as it is, and with one constant twice as good.
    fn improved(&mut self, config: &GatewayConfig, theory: &Theory) -> anyhow::Result<Vec<Improved>> {
        let faster = Theory { service_s: theory.service_s / 2.0, ..theory.clone() };
        let more = Theory { workers: theory.workers.map(|workers| 2 * workers), ..theory.clone() };
        let variants: [(&str, Theory, Change); 3] = [
            ("as it is", theory.clone(), |_| {}),
            ("twice the workers", more, |model| {
                if let Workers::Pull(workers) = &mut model.workers {
                    *workers *= 2;
                }
            }),
            ("a block in half the time", faster, |model| model.service = half(model.service)),
        ];
        variants
            .into_iter()
            .map(|(what, theory, change)| self.at_ceiling(what, config, &theory, change))
            .collect()
    }

    fn at_ceiling(
        &mut self,
        what: &str,
        config: &GatewayConfig,
        theory: &Theory,
        change: Change,
    ) -> anyhow::Result<Improved> {
        let ceiling = theory.ceiling().context("a bounded model has a ceiling")?;
        let users = above(BEYOND * ceiling);
        let mut config = config.clone();
        config.models.iter_mut().filter(|model| *model.info.slug == *theory.slug).for_each(change);
        if let ProbeWork::Virtual(settings) = &mut self.work
            && let SimulatedService::Yapit(gateway) = &mut settings.order.service
        {
            gateway.config = config;
        }
        let ahead = config::blocks_ahead(&self.work.plan().policy);
        let spread_s = f64::from(ahead) * theory.audio_s / theory.speed;
        let order = ProbeOrder { users, blocks: 4 * ahead, spread_s, length: Length::Full, number: 0 };
        let (mut ceilings, mut free) = (Vec::new(), Vec::new());
        for seed in 1..=SEEDS {
            let finished = self.run(&order, seed)?;
            let run = claque_store::open(&finished.folder).context("failed to read back a simulation")?;
            let ProbeWork::Virtual(settings) = &self.work else { anyhow::bail!("a model is simulated") };
            let evidence = evidence_of(&run, &finished.verdict, &order, &settings.order.results.objectives);
            ceilings.extend(evidence.pace.map(|pace| f64::from(users) * pace.ratio));
            free.extend(evidence.trials.first().map(|trial| percent(trial.good, trial.of)));
        }
        if ceilings.len() < 2 || free.len() < 2 {
            return Err(UsageError::new(
                "listeners of this model jump, leave or take turns, or hear too little, so that nothing shows how fast it delivers; \
                 give another"
                    .to_owned(),
            )
            .into());
        }
        Ok(Improved {
            what: what.to_owned(),
            theory: ceiling,
            users,
            ceiling: Interval::of(&ceilings, f64::INFINITY),
            underrun_free_pct: Interval::of(&free, 100.0),
        })
    }
}

fn half(service: ServiceModel) -> ServiceModel {
    match service {
        ServiceModel::PerChar { overhead, per_char, sigma } => {
            ServiceModel::PerChar { overhead: overhead / 2, per_char: per_char / 2, sigma }
        }
        ServiceModel::Fixed(service) => ServiceModel::Fixed(service / 2),
        ServiceModel::Exponential { mean } => ServiceModel::Exponential { mean: mean / 2 },
        ServiceModel::Empirical(quantiles) => {
            let halved = quantiles.times().map(|time| time / 2);
            Quantiles::new(halved).map_or(service, ServiceModel::Empirical)
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by MOST_USERS")]
fn above(number: f64) -> u32 {
    number.ceil().clamp(1.0, f64::from(2 * MOST_USERS)) as u32
}

fn percent(good: u64, of: u64) -> f64 {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    100.0 * number(good) / number(of.max(1))
}

/// Whether `name` is meant as a model and not as what is kept: no run and no search has it.
pub(crate) fn is_free(name: &str, dir: &Path) -> bool {
    find::folder_of_run(name, dir).is_none() && crate::capacity::book::folder_of_capacity(name, dir).is_none()
}
