//! What `claque capacity` is to do.

use claque_core::{
    plan::Plan,
    player::{PlayerPolicy, RefillPolicy},
    rng::Seed,
    schedule::ArrivalSchedule,
    time::Duration,
};
use claque_run::order::{Results, SimulatedService, TargetChoice};
use claque_stats::{
    capacity::{ProbeOrder, Ramp, SearchTerms},
    objective::Objective,
};
use claque_store::AskedFlags;
use serde_json::{Map, Value};

use super::{
    UsageError, audience, ceilings,
    credentials::Surroundings,
    no_effect,
    resolve::{decide_run, decide_simulate},
    scenario,
    settings::{Output, PageChoice, RunSettings, SimulateSettings, Verbosity},
    told_files,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::{
    AbortFlags, AudienceFlags, AudioFlags, CapacityFlags, ConfidenceFlag, GatewayFlags, LimitFlags,
    LiveFlags, MarkdownFlag, ObjectiveFlags, OutputFlags, PlayerFlags, ProtocolFlags, RunFlags, ScrapeFlags,
    SimulateFlags, SpeechFlags, TargetFlags, VaryFlags, VirtualFlags, VocabularyFlag,
};

const CONFIDENCE: f64 = 95.0;
/// More are seldom meant, and cost somebody's machine.
const MOST_USERS: i64 = 1_000;
/// Longest search, in minutes: a week.
const WEEK: f64 = 10_080.0;

/// A search for a capacity, decided.
#[derive(Debug)]
pub(crate) struct CapacitySettings {
    /// How a run is made; listeners, blocks, starts and seed are those of each run.
    pub(crate) work: ProbeWork,
    /// What must hold.
    pub(crate) objectives: Vec<Objective>,
    /// The bounds of the search.
    pub(crate) terms: SearchTerms,
    /// The search to go on with, if any.
    pub(crate) resume: Option<String>,
    /// The folder in which searches have theirs.
    pub(crate) dir: std::path::PathBuf,
    /// Where results go.
    pub(crate) output: Output,
    /// What the seeds of all runs hang from.
    pub(crate) seed: u64,
    /// What is kept of the flags, so that the search can be gone on with.
    pub(crate) asked: Option<AskedFlags>,
    /// What was decided about every run, without what differs between them.
    pub(crate) scenario: Value,
}

/// How a run is made.
#[derive(Debug)]
pub(crate) enum ProbeWork {
    /// In real time.
    Real(Box<RunSettings>),
    /// By a model.
    Virtual(Box<SimulateSettings>),
}

impl ProbeWork {
    /// As in `capacity.json`.
    pub(crate) const fn time(&self) -> &'static str {
        match self {
            Self::Real(_) => "real",
            Self::Virtual(_) => "virtual",
        }
    }

    /// The service, for people.
    pub(crate) fn target(&self) -> String {
        match self {
            Self::Real(settings) => settings.order.target.shown(),
            Self::Virtual(settings) => match &settings.order.service {
                SimulatedService::Yapit(gateway) => format!("simulated gateway ({})", gateway.preset),
                SimulatedService::Speech(speech) => {
                    format!("simulated speech gateway, as {}", speech.gateway.config.dialect.name)
                }
            },
        }
    }

    /// What the audience does.
    pub(crate) const fn plan(&self) -> &Plan {
        match self {
            Self::Real(settings) => &settings.order.plan,
            Self::Virtual(settings) => &settings.order.plan,
        }
    }

    /// Whether the service is not claque's own, so that it is to be treated with care.
    pub(crate) const fn is_foreign(&self) -> bool {
        match self {
            Self::Real(settings) => matches!(settings.order.target, TargetChoice::BaseUrl(_)),
            Self::Virtual(_) => false,
        }
    }

    /// Sets it up for one run, whose randomness hangs from `seed`.
    pub(crate) fn set(&mut self, order: &ProbeOrder, seed: u64) {
        let root = Seed::root(seed);
        let gateway_seed = root.child("gateway");
        match self {
            Self::Real(settings) => {
                set_plan(&mut settings.order.plan, order, root);
                set_scenario(&mut settings.order.scenario, order, seed);
                settings.order.seed = seed;
                match &mut settings.order.target {
                    TargetChoice::Embedded(gateway) => gateway.seed = gateway_seed,
                    TargetChoice::EmbeddedSpeech(gateway) => gateway.seed = gateway_seed,
                    TargetChoice::BaseUrl(_) => {}
                }
            }
            Self::Virtual(settings) => {
                set_plan(&mut settings.order.plan, order, root);
                set_scenario(&mut settings.order.scenario, order, seed);
                settings.order.seed = seed;
                match &mut settings.order.service {
                    SimulatedService::Yapit(gateway) => gateway.seed = gateway_seed,
                    SimulatedService::Speech(speech) => speech.gateway.seed = gateway_seed,
                }
            }
        }
    }

    const fn results_mut(&mut self) -> &mut Results {
        match self {
            Self::Real(settings) => &mut settings.order.results,
            Self::Virtual(settings) => &mut settings.order.results,
        }
    }

    const fn output_mut(&mut self) -> &mut Output {
        match self {
            Self::Real(settings) => &mut settings.output,
            Self::Virtual(settings) => &mut settings.output,
        }
    }

    /// Has the folders of runs made in `dir`.
    pub(crate) fn keep_in(&mut self, dir: &std::path::Path) {
        dir.clone_into(&mut self.results_mut().dir);
    }

    fn scenario(&self) -> Value {
        match self {
            Self::Real(settings) => settings.order.scenario.clone(),
            Self::Virtual(settings) => settings.order.scenario.clone(),
        }
    }
}

fn set_plan(plan: &mut Plan, order: &ProbeOrder, seed: Seed) {
    let window = Duration::from_secs_f64(order.spread_s);
    plan.users = order.users;
    plan.blocks = order.blocks;
    plan.schedule = ArrivalSchedule::Even { window, users: order.users };
    plan.seed = seed;
}

fn set_scenario(scenario: &mut Value, order: &ProbeOrder, seed: u64) {
    if let Some(scenario) = scenario.as_object_mut() {
        let mut put = |key: &str, value: Value| scenario.insert(key.to_owned(), value);
        put("users", order.users.into());
        put("blocks", order.blocks.into());
        put("stagger", order.spread_s.into());
        put("seed", seed.into());
    }
}

/// Decides on a search.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_capacity(
    flags: CapacityFlags,
    surroundings: Surroundings<'_>,
) -> Result<CapacitySettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.scenario().map(std::path::PathBuf::as_path))?;
    if flags.simulate {
        no_effect::flags_of_service(flags.target.clone(), flags.courtesy.clone())?;
        wishes.forget_service();
    }
    let CapacityFlags { simulate, objective, confidence, max_users, max_time, resume, .. } = flags;
    over(&mut wishes.judging.confidence, confidence);
    let confidence = wishes.judging.confidence.take();
    let confidence_pct = source.within(confidence.as_ref(), "confidence", 80.0..=99.9, CONFIDENCE)?;
    let most = max_users.map(Wish::flag);
    let most_users = source.within(most.as_ref(), "max_users", 1..=1_000_000, MOST_USERS)?;
    let most_minutes = max_time.map(Wish::flag);
    let most_s = source.within(most_minutes.as_ref(), "max_time", 0.1..=WEEK, WEEK)? * 60.0;
    wishes.lay_audience(flags.audience);
    wishes.listening.lay(flags.player)?;
    wishes.speech.lay(flags.protocol);
    over(&mut wishes.output.decode_share, flags.decode_share);
    wishes.output.lay_hear(flags.hear);
    no_effect::in_search(&wishes, &source)?;
    without_arrivals(&wishes, &source)?;
    let asked = if objective.is_empty() && wishes.judging.objectives.is_none() {
        ceilings::OBJECTIVES.map(str::to_owned).to_vec()
    } else {
        objective
    };
    let is_plain = is_plain(&flags.gateway, &wishes);
    let repeatable = simulate && is_plain;
    let (blocks, stagger) =
        (wishes.audience.blocks.is_some(), wishes.audience.stagger.as_ref().map(|wish| wish.value));
    let seed = audience::seed_number(&wishes);
    let shared = Shared {
        gateway: flags.gateway,
        limits: flags.limits,
        objectives: ObjectiveFlags { objective: asked, junit: None },
        output: flags.output,
    };
    let mut work = if simulate {
        ProbeWork::Virtual(Box::new(simulated(shared, wishes, &source)?))
    } else {
        let target = (flags.target, flags.courtesy);
        ProbeWork::Real(Box::new(real(shared, target, wishes, &source, surroundings)?))
    };
    let plan = work.plan();
    let ahead = blocks_ahead(&plan.policy);
    // Virtual time costs little, so that more is looked at before a second run is made.
    let watched = if simulate { 2 * ahead.max(8) } else { ahead.max(8) };
    let terms = SearchTerms {
        confidence_pct,
        most_users: u32::try_from(most_users).unwrap_or(u32::MAX),
        ahead,
        watched,
        blocks: blocks.then_some(plan.blocks),
        spread_s: stagger,
        throughput: has_pace(plan, ahead) && (!blocks || plan.blocks >= 2 * ahead + watched),
        repeatable,
        doubt: if is_plain && !work.is_foreign() { SearchTerms::PLAIN_DOUBT } else { SearchTerms::DOUBT },
        ramp: if work.is_foreign() { Ramp::Gentle } else { Ramp::Leap },
        most_s: max_time.map(|_| most_s),
    };
    let output = told_files::with_markdown(work.output_mut().clone(), flags.markdown.markdown)?;
    let Results { objectives, dir, .. } = work.results_mut().clone();
    ceilings::have_ceilings(&objectives)?;
    // Of single runs nothing is told.
    let of_runs = work.output_mut();
    of_runs.page = PageChoice::LeftOut;
    of_runs.talk = Verbosity::Quiet;
    let scenario = without_what_differs(work.scenario());
    Ok(CapacitySettings { work, objectives, terms, resume, dir, output, seed, asked: None, scenario })
}

/// What both kinds of run are decided by.
struct Shared {
    gateway: GatewayFlags,
    limits: LimitFlags,
    objectives: ObjectiveFlags,
    output: OutputFlags,
}

fn simulated(shared: Shared, wishes: Wishes, source: &Source) -> Result<SimulateSettings, UsageError> {
    let flags = SimulateFlags {
        what: None,
        audience: AudienceFlags::default(),
        protocol: SpeechFlags::default(),
        player: PlayerFlags::default(),
        gateway: shared.gateway,
        limits: shared.limits,
        objectives: shared.objectives,
        confidence: ConfidenceFlag::default(),
        output: shared.output,
        vocabulary: VocabularyFlag::default(),
        vary: VaryFlags::default(),
        markdown: MarkdownFlag::default(),
        virtual_time: VirtualFlags::default(),
        hear: None,
    };
    decide_simulate(flags, wishes, source)
}

fn real(
    shared: Shared,
    (target, courtesy): (TargetFlags, crate::cli::CourtesyFlags),
    wishes: Wishes,
    source: &Source,
    surroundings: Surroundings<'_>,
) -> Result<RunSettings, UsageError> {
    let flags = RunFlags {
        audience: AudienceFlags::default(),
        target,
        protocol: ProtocolFlags::default(),
        courtesy,
        player: PlayerFlags::default(),
        gateway: shared.gateway,
        limits: shared.limits,
        objectives: shared.objectives,
        confidence: ConfidenceFlag::default(),
        abort: AbortFlags::default(),
        output: shared.output,
        vocabulary: VocabularyFlag::default(),
        markdown: MarkdownFlag::default(),
        audio: AudioFlags::default(),
        scrape: ScrapeFlags::default(),
        live: LiveFlags::default(),
    };
    let mut settings = decide_run(flags, wishes, source, surroundings)?;
    // A limit of claque's own gateway is there to be found.
    settings.order.limits.allow_rate_limit |= !matches!(settings.order.target, TargetChoice::BaseUrl(_));
    Ok(settings)
}

/// Blocks that a player asks for ahead of what is heard, at most.
pub(crate) fn blocks_ahead(policy: &PlayerPolicy) -> u32 {
    match policy.refill {
        RefillPolicy::Batch => policy.batch_size.saturating_add(policy.refill_threshold),
        RefillPolicy::EachBlock => policy.refill_threshold.saturating_add(1),
    }
}

/// A search has its own times at which listeners come, keeps none of them in place, and hears its runs out.
fn without_arrivals(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let refused = [
        ("arrivals", &wishes.schedule.arrivals),
        ("for", &wishes.schedule.arrivals_for),
        ("hold", &wishes.schedule.hold),
        ("warm_up", &wishes.schedule.warm_up),
    ];
    if let Some(wish) = wishes.judging.abort_on.as_ref().and_then(|rules| rules.first()) {
        let what = "has no meaning for a capacity, of which a run that is given up shows nothing; take it out, and bound the search by \
                    --max-users or --max-time";
        return Err(source.error(wish, "abort_on", what));
    }
    for (key, wish) in refused {
        if let Some(wish) = wish {
            let what = "has no meaning for a capacity, whose listeners start evenly and hear their text once; take it out, \
                        and see --stagger and --blocks";
            return Err(source.error(wish, key, what));
        }
    }
    Ok(())
}

/// Whether nothing of the model was set besides its engine, so that nothing in it goes wrong seldom.
fn is_plain(flags: &GatewayFlags, wishes: &Wishes) -> bool {
    let is_set = flags.gateway.is_some() || flags.reproduce.is_some() || !flags.gateway_set.is_empty();
    let is_wished = wishes.gateway.preset.is_some()
        || wishes.gateway.reproduce.is_some()
        || wishes.gateway.table.is_some();
    !is_set && !is_wished
}

/// Whether leads tell how fast the service is: nobody jumps, pauses, leaves or takes turns.
fn has_pace(plan: &Plan, ahead: u32) -> bool {
    let behaviour = &plan.behaviour;
    let rates = [behaviour.seek, behaviour.skip, behaviour.pause, behaviour.voice, behaviour.hang_up];
    // Who asks for nothing ahead has no lead.
    let is_led = ahead > 1 && behaviour.turns.is_none();
    is_led && behaviour.listens.is_none() && rates.iter().all(|rate| *rate <= 0.0)
}

/// What is the same for all runs of a search.
fn without_what_differs(scenario: Value) -> Value {
    match scenario {
        Value::Object(map) => {
            let differs =
                |key: &str| ["users", "blocks", "stagger", "seed", "objectives", "confidence"].contains(&key);
            Value::Object(map.into_iter().filter(|(key, _)| !differs(key)).collect::<Map<_, _>>())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    }
}
