//! What `claque suite` is to do.

use std::{collections::BTreeSet, io::Read as _};

use claque_report::compare::CompareTerms;
use claque_run::{
    order::Results,
    suite::{
        Job, SuiteOrder, SuiteTime, Work,
        plan::{Order, Planned, plan},
    },
};
use claque_store::SuiteScenario;
use serde_json::Value;

use super::{
    OnRegression, UsageError,
    compare::primary,
    credentials::Surroundings,
    no_effect,
    objectives::judging,
    output::output,
    resolve::{decide_run, decide_simulate},
    settings::Output,
    suite_file::{self, ScenarioEntry, SuiteFile},
    wish::{Source, Wish},
    wishes::Wishes,
};
use crate::{
    cli::{
        AudienceFlags, AudioFlags, LiveFlags, MarkdownFlag, ObjectiveFlags, PlayerFlags, ProtocolFlags,
        RunFlags, ScrapeFlags, SimulateFlags, SpeechFlags, SuiteFlags, VaryFlags, VirtualFlags,
        VocabularyFlag,
    },
    find,
};

/// With so many a comparison finds a service that is 10 % slower in 99 of 100 cases.
const REPEATS: i64 = 5;
/// Long enough for connections to close and for a queue of the last blocks to drain, in seconds.
const COOL_DOWN: f64 = 10.0;
/// Longest rest, in seconds: a day.
const DAY: f64 = 86_400.0;
/// Fixed, so that a suite repeats itself unless another is asked for.
const SEED: u64 = 1;
/// More runs are no suite but a mistake.
const MOST_RUNS: usize = 10_000;

/// A suite, decided.
#[derive(Debug)]
pub(crate) struct SuiteSettings {
    /// The suite.
    pub(crate) order: SuiteOrder,
    /// The suite to go on with, if any.
    pub(crate) resume: Option<String>,
    /// The name it is to have for later ones.
    pub(crate) baseline: Option<String>,
    /// The suite it is held against.
    pub(crate) against: Option<String>,
    /// How it is held against that.
    pub(crate) terms: CompareTerms,
    /// What a regression leads to.
    pub(crate) regression: OnRegression,
    /// Whether only the plan is told.
    pub(crate) what: SuiteDeed,
    /// How it is told.
    pub(crate) output: Output,
}

/// What is done about a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SuiteDeed {
    /// Its runs are made.
    Made,
    /// Its plan is told.
    Told,
    /// Its runs are made; nobody wrote it down, so that it cannot be gone on with.
    Varied,
}

/// Decides on a suite: every run of it, before the first is made.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_suite(
    flags: SuiteFlags,
    surroundings: Surroundings<'_>,
) -> Result<SuiteSettings, UsageError> {
    let SuiteFile { suite, scenarios: entries, source } = suite_file::read(&flags.file)?;
    let name = match &suite.name {
        Some(wish) if !find::can_be_tag(&wish.value) => {
            return Err(source.error(wish, "name", not_a_name(&wish.value)));
        }
        Some(wish) => wish.value.clone(),
        None => {
            let stem = flags.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if find::can_be_tag(&stem) { stem } else { "suite".to_owned() }
        }
    };
    if let Some(baseline) = flags.baseline.baseline.as_ref().filter(|name| !find::can_be_tag(name)) {
        return Err(UsageError::new(format!("--baseline {}", not_a_name(baseline))));
    }
    let repeats = source.within(suite.repeats.as_ref(), "repeats", 1..=1_000, REPEATS)?;
    let named = names_and_repeats(&entries, repeats, &source)?;
    let cool_down = source.within(suite.cool_down.as_ref(), "cool_down", 0.0..=DAY, COOL_DOWN)?;
    let order = suite
        .order
        .as_ref()
        .map_or(Ok(Order::Random), |wish| source.known(wish, "order", &Order::NAMES, Order::named))?;
    let seed = suite.seed.as_ref().map_or(SEED, |wish| wish.value);
    let planned = plan(&named, order, seed);
    if planned.len() > MOST_RUNS {
        let words =
            format!("has {} runs; that is more than {MOST_RUNS}, ask for fewer repeats", planned.len());
        return Err(UsageError::new(format!("{} {words}", source.path.display())));
    }
    let jobs = jobs(&planned, &entries, &source, &flags, surroundings)?;
    let scenarios = named.iter().enumerate().map(|(at, (name, repeats))| SuiteScenario {
        name: (*name).to_owned(),
        repeats: *repeats,
        settings: settings_of(at, &jobs),
    });
    let mut terms = CompareTerms::new();
    terms.options.primary = primary(flags.baseline.primary.as_deref())?;
    let (results, output) = suite_output(flags.output, flags.objectives.junit, flags.markdown)?;
    let order = SuiteOrder {
        name,
        order,
        seed,
        cool_down,
        time: if flags.simulate { SuiteTime::Virtual } else { SuiteTime::Real },
        scenarios: scenarios.collect(),
        jobs,
        dir: results.dir,
    };
    Ok(SuiteSettings {
        order,
        resume: flags.resume,
        baseline: flags.baseline.baseline,
        against: flags.baseline.against,
        terms,
        regression: if flags.baseline.fail_on_regression { OnRegression::Fail } else { OnRegression::Tell },
        what: if flags.dry_run { SuiteDeed::Told } else { SuiteDeed::Made },
        output,
    })
}

/// Where the suite is told; its runs are judged one by one.
fn suite_output(
    flags: crate::cli::OutputFlags,
    junit: Option<std::path::PathBuf>,
    markdown: MarkdownFlag,
) -> Result<(Results, Output), UsageError> {
    let (mut wishes, source) = (Wishes::default(), Source::default());
    let objectives = ObjectiveFlags { objective: Vec::new(), junit };
    let judging = judging(objectives, markdown.markdown, &mut wishes, &source)?;
    output(flags, judging, &mut wishes)
}

fn not_a_name(name: &str) -> String {
    format!("is `{name}`, which cannot be a name; {}", find::TAG_RULE)
}

/// Every scenario's name, which no other has, and how often it is run.
fn names_and_repeats<'a>(
    entries: &'a [ScenarioEntry],
    usual: i64,
    source: &Source,
) -> Result<Vec<(&'a str, u32)>, UsageError> {
    let mut seen = BTreeSet::new();
    let one = |entry: &'a ScenarioEntry| {
        let wish = &entry.name;
        if !find::can_be_tag(&wish.value) {
            return Err(source.error(wish, "name", not_a_name(&wish.value)));
        }
        if !seen.insert(wish.value.as_str()) {
            let what = format!("is `{}`, which another scenario has; give each its own", wish.value);
            return Err(source.error(wish, "name", what));
        }
        let repeats = source.within(entry.repeats.as_ref(), "repeats", 1..=1_000, usual)?;
        Ok((wish.value.as_str(), u32::try_from(repeats).unwrap_or(u32::MAX)))
    };
    entries.iter().map(one).collect()
}

/// Every run, decided.
fn jobs(
    planned: &[Planned],
    entries: &[ScenarioEntry],
    source: &Source,
    flags: &SuiteFlags,
    surroundings: Surroundings<'_>,
) -> Result<Vec<Job>, UsageError> {
    if flags.simulate {
        no_effect::flags_of_service(flags.target.clone(), flags.courtesy.clone())?;
    }
    // What is read can be read once, and every run wants it.
    let mut typed = Vec::new();
    if flags.target.credentials.token.as_ref().is_some_and(|token| token.expose() == "-") {
        let most = super::credentials::LONGEST_TOKEN;
        let read = surroundings.stdin.take(most).read_to_end(&mut typed);
        read.map_err(|error| UsageError::new(format!("failed to read the token from stdin: {error}; put it into the variable CLAQUE_TOKEN, or into a file named by --env-file")))?;
    }
    let job = |&planned: &Planned| {
        let mut wishes = entries[planned.scenario].wishes.clone();
        wishes.audience.seed = Some(Wish::flag(planned.seed));
        let work = if flags.simulate {
            wishes.forget_service();
            Work::Virtual(Box::new(decide_simulate(simulate_flags(flags), wishes, source)?.order))
        } else {
            let around = Surroundings {
                token: surroundings.token.clone(),
                variables: surroundings.variables,
                environment: surroundings.environment,
                stdin: &mut typed.as_slice(),
            };
            Work::Real(Box::new(decide_run(run_flags(flags), wishes, source, around)?.order))
        };
        Ok(Job { planned, work })
    };
    planned.iter().map(job).collect()
}

/// What was decided about a scenario, without the seed, which each of its runs has of its own.
pub(super) fn settings_of(scenario: usize, jobs: &[Job]) -> Value {
    let first = jobs.iter().find(|job| job.planned.scenario == scenario);
    let mut settings = first.map(|job| job.work.scenario().clone()).unwrap_or_default();
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("seed");
    }
    settings
}

fn objective_flags(flags: &SuiteFlags) -> ObjectiveFlags {
    ObjectiveFlags { objective: flags.objectives.objective.clone(), junit: None }
}

fn run_flags(flags: &SuiteFlags) -> RunFlags {
    RunFlags {
        audience: AudienceFlags::default(),
        target: flags.target.clone(),
        protocol: ProtocolFlags::default(),
        courtesy: flags.courtesy.clone(),
        player: PlayerFlags::default(),
        gateway: flags.gateway.clone(),
        limits: flags.limits.clone(),
        objectives: objective_flags(flags),
        confidence: flags.confidence.clone(),
        abort: flags.abort.clone(),
        output: flags.output.clone(),
        vocabulary: VocabularyFlag::default(),
        markdown: MarkdownFlag::default(),
        audio: AudioFlags::default(),
        scrape: ScrapeFlags::default(),
        live: LiveFlags::default(),
    }
}

fn simulate_flags(flags: &SuiteFlags) -> SimulateFlags {
    SimulateFlags {
        what: None,
        audience: AudienceFlags::default(),
        protocol: SpeechFlags::default(),
        player: PlayerFlags::default(),
        gateway: flags.gateway.clone(),
        limits: flags.limits.clone(),
        objectives: objective_flags(flags),
        confidence: flags.confidence.clone(),
        output: flags.output.clone(),
        vocabulary: VocabularyFlag::default(),
        markdown: MarkdownFlag::default(),
        vary: VaryFlags::default(),
        virtual_time: VirtualFlags::default(),
        hear: None,
    }
}
