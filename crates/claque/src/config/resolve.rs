//! What each verb's flags come to.

use std::{net::SocketAddr, num::NonZeroUsize};

use claque_front::yapit::gateway::Auth;
use claque_net::service::{Credentials, NetworkOrder, Target};
use claque_run::order::{
    FactsKept, ProtocolChoice, Results, RunOrder, SimulateOrder, TargetChoice, WithoutEffect,
};
use serde_json::Value;

use super::{
    UsageError, audience, courtesy,
    credentials::{self, Surroundings},
    decided,
    environment::Environment,
    gateway::{Limits, choose, choose_openai},
    network::{self, Destination, ServiceAccess},
    no_effect, objectives,
    output::{self, OUTPUT_DIR, talk},
    scenario,
    settings::{
        CleanupSettings, Output, Replicates, RunSettings, ServeSettings, ServedGateway, SimulateSettings,
    },
    simulate, speech, target,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::{CleanupFlags, RunFlags, ServeFlags, SimulateFlags};

/// Where `serve` listens: the port most people try first, and only on this machine.
const BIND: &str = "127.0.0.1:8080";

/// Decides on a run.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_run(
    flags: RunFlags,
    surroundings: Surroundings<'_>,
) -> Result<RunSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.audience.scenario.as_deref())?;
    wishes.judging.lay_confidence(&flags.confidence);
    if flags.objectives.objective.is_empty() {
        no_effect::confidence_in_nothing(&wishes, &source)?;
    }
    decide_run(flags, wishes, &source, surroundings)
}

/// Decides on a run of which the file says `wishes`.
pub(super) fn decide_run(
    flags: RunFlags,
    mut wishes: Wishes,
    source: &Source,
    surroundings: Surroundings<'_>,
) -> Result<RunSettings, UsageError> {
    wishes.lay_audience(flags.audience);
    wishes.listening.lay(flags.player)?;
    wishes.lay_target(flags.target);
    wishes.speech.lay(flags.protocol);
    wishes.courtesy.lay(flags.courtesy);
    wishes.gateway.lay(flags.gateway)?;
    wishes.gateway.lay_limits(&flags.limits);
    wishes.judging.lay_confidence(&flags.confidence);
    wishes.output.lay_audio(flags.audio);
    let judging = objectives::judging(flags.objectives, flags.markdown.markdown, &mut wishes, source)?;
    let abort_on = objectives::abort_rules(flags.abort.abort_on, &mut wishes, source)?;
    let live = super::live::choice(flags.live)?;
    let vocabulary = flags.vocabulary.vocabulary.map(Into::into);
    let (results, output) = output::output(flags.output, judging, &mut wishes)?;
    let output = Output { vocabulary, ..output };
    let protocol = speech::protocol(&wishes, source)?;
    let (plan, player) = audience::plan(&wishes, source)?;
    let corpus = audience::corpus(&wishes, source)?;
    let environment = surroundings.environment;
    let target = target::target(&wishes, source, (&protocol, environment), plan.seed)?;
    let is_own = no_effect::is_own(&target);
    let if_found = no_effect::in_protocol(&wishes, source, (&protocol, is_own))?;
    let protocol = of_own_gateway(protocol, &target);
    let credentials = credentials(&wishes, source, (&protocol, &target), surroundings)?;
    let courtesy = courtesy::courtesy(&wishes, source)?;
    let way = ServiceAccess { to: (&target).into(), credentials: &credentials, environment };
    let network = NetworkOrder { call_timeout: plan.timeout, ..network::network(&wishes, source, way)? };
    let decode_share = output::decode_share(&wishes, source)?;
    let hear = output::hear(&wishes, source, &plan)?;
    if let (TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_), Some(wish)) =
        (&target, wishes.courtesy.reuse_documents.as_ref())
        && wish.value
    {
        let what = "needs --base-url: the embedded gateway ends with its run, and its documents with it";
        return Err(source.error(wish, "reuse_documents", what));
    }
    let scrape = super::scrape::sources(flags.scrape, &target)?;
    let player_was_chosen =
        wishes.listening.player.is_some() || wishes.listening.listen.is_some() || speech::is_spoken(&wishes);
    let mut scenario = decided::audience(&wishes, &plan, &player);
    scenario.insert("time".to_owned(), "real".into());
    output::decided(decode_share, &mut scenario);
    speech::decided(&protocol, &wishes, &mut scenario);
    courtesy::decided(&wishes, &mut scenario);
    credentials::decided(&wishes, &mut scenario);
    network::decided(&wishes, &mut scenario);
    target::decided(&target, &mut scenario);
    let order = RunOrder {
        seed: audience::seed_number(&wishes),
        keep_audio: wishes.output.keep_audio.map(|wish| wish.value),
        hear,
        decode_share,
        scrape,
        abort_on,
        scenario: decided::without_nulls(Value::Object(scenario)),
        plan,
        corpus,
        target,
        protocol,
        player_was_chosen,
        without_effect: WithoutEffect { in_yapit: if_found.yapit, in_speech: if_found.openai },
        credentials,
        limits: courtesy,
        network,
        results,
    };
    Ok(RunSettings { order, live, output })
}

/// What a gateway of our own speaks has not to be found out.
fn of_own_gateway(protocol: ProtocolChoice, target: &TargetChoice) -> ProtocolChoice {
    match (protocol, target) {
        (ProtocolChoice::Openai(choice), TargetChoice::EmbeddedSpeech(gateway)) => {
            ProtocolChoice::Openai(choice.for_gateway(gateway.config.dialect))
        }
        (protocol, _) => protocol,
    }
}

/// Who the audience is. Where nobody asks who we are, no secret is read, let alone sent.
fn credentials(
    wishes: &Wishes,
    source: &Source,
    (protocol, target): (&ProtocolChoice, &TargetChoice),
    surroundings: Surroundings<'_>,
) -> Result<Vec<Credentials>, UsageError> {
    credentials::contradictions(wishes, source)?;
    let surroundings = match protocol {
        ProtocolChoice::Openai(_) => surroundings.with_api_key(),
        ProtocolChoice::Yapit | ProtocolChoice::FindOut(_) => surroundings,
    };
    match target {
        TargetChoice::Embedded(gateway) if gateway.config.auth == Auth::Off => {
            no_effect::credentials_for_nobody(wishes, source)?;
            Ok(vec![Credentials::None])
        }
        TargetChoice::EmbeddedSpeech(gateway) if gateway.config.api_keys.is_empty() => {
            no_effect::credentials_for_nobody(wishes, source)?;
            Ok(vec![Credentials::None])
        }
        TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) | TargetChoice::BaseUrl(_) => {
            credentials::find_all(wishes, source, surroundings)
        }
    }
}

/// Decides on a simulation.
///
/// # Errors
/// Something asked for cannot be done as asked, or has no meaning in virtual time.
pub(crate) fn resolve_simulate(flags: SimulateFlags) -> Result<SimulateSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.audience.scenario.as_deref())?;
    wishes.judging.lay_confidence(&flags.confidence);
    if flags.objectives.objective.is_empty() {
        no_effect::confidence_in_nothing(&wishes, &source)?;
    }
    decide_simulate(flags, wishes, &source)
}

/// Decides on a simulation of which the file says `wishes`.
pub(super) fn decide_simulate(
    flags: SimulateFlags,
    mut wishes: Wishes,
    source: &Source,
) -> Result<SimulateSettings, UsageError> {
    wishes.lay_audience(flags.audience);
    wishes.listening.lay(flags.player)?;
    wishes.speech.lay_speech(flags.protocol);
    wishes.gateway.lay(flags.gateway)?;
    wishes.gateway.lay_limits(&flags.limits);
    wishes.judging.lay_confidence(&flags.confidence);
    wishes.output.lay_hear(flags.hear);
    let judging = objectives::judging(flags.objectives, flags.markdown.markdown, &mut wishes, source)?;
    let vocabulary = flags.vocabulary.vocabulary.map(Into::into);
    let (results, output) = output::output(flags.output, judging, &mut wishes)?;
    let output = Output { vocabulary, ..output };
    no_effect::in_simulation(&wishes, source)?;
    let facts = simulate::facts(flags.virtual_time.facts.as_deref())?;
    let output = simulate::output(output, facts)?;
    let order = simulate_order(&wishes, source, results, facts)?;
    let replicates = match flags.virtual_time.replicates {
        None => None,
        Some(count) => {
            simulate::refuse_in_replicates(&order)?;
            no_effect::files_of_replicates(&output)?;
            let (first, results) = (order.seed, order.results.clone());
            let seeds = first..=last_seed(first, count, "--replicates")?;
            let order_of = |seed| {
                wishes.audience.seed = Some(Wish::flag(seed));
                simulate_order(&wishes, source, results.clone(), facts)
            };
            let orders = seeds.map(order_of).collect::<Result<Vec<_>, _>>()?;
            let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            Some(Replicates { orders, jobs: flags.virtual_time.jobs.unwrap_or(cores) })
        }
    };
    Ok(SimulateSettings { order, output, replicates })
}

/// The last of `count` seeds from `first` on.
///
/// # Errors
/// There are not so many.
pub(super) fn last_seed(first: u64, count: u32, flag: &str) -> Result<u64, UsageError> {
    first.checked_add(u64::from(count.saturating_sub(1))).ok_or_else(|| {
        UsageError::new(format!(
            "{flag} takes {count} seeds from --seed {first} on, and the last there is is {}; give a smaller --seed",
            u64::MAX
        ))
    })
}

/// What is simulated, by wishes that are complete.
pub(super) fn simulate_order(
    wishes: &Wishes,
    source: &Source,
    results: Results,
    facts: FactsKept,
) -> Result<SimulateOrder, UsageError> {
    let protocol = speech::protocol(wishes, source)?;
    let (plan, player) = audience::plan(wishes, source)?;
    // Nobody is there to be asked what it speaks.
    no_effect::in_protocol(wishes, source, (&protocol, true))?;
    let corpus = audience::corpus(wishes, source)?;
    let mut scenario = decided::audience(wishes, &plan, &player);
    scenario.insert("time".to_owned(), "virtual".into());
    speech::decided(&protocol, wishes, &mut scenario);
    let service = simulate::service(wishes, source, protocol, plan.seed.child("gateway"))?;
    simulate::decided(&service, &mut scenario);
    let (seed, scenario) = (audience::seed_number(wishes), decided::without_nulls(Value::Object(scenario)));
    Ok(SimulateOrder { plan, corpus, service, results, facts, seed, scenario })
}

/// Decides on a clean-up.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_cleanup(
    flags: CleanupFlags,
    surroundings: Surroundings<'_>,
) -> Result<CleanupSettings, UsageError> {
    let CleanupFlags { folders, all, kept, output_dir, base_url, quiet, credentials, network } = flags;
    let mut wishes = Wishes::default();
    wishes.credentials.lay(credentials);
    wishes.network.lay(network);
    let environment = surroundings.environment;
    let credentials = credentials::find_all(&wishes, &Source::default(), surroundings)?;
    let targets = base_url.iter().map(|typed| Target::parse(typed)).collect::<Result<Vec<_>, _>>();
    let targets = targets.map_err(|error| UsageError::new(error.to_string()))?;
    let way = ServiceAccess { to: Destination::Services(&targets), credentials: &credentials, environment };
    let network = network::network(&wishes, &Source::default(), way)?;
    let dir = output_dir.unwrap_or_else(|| OUTPUT_DIR.into());
    Ok(CleanupSettings { targets, folders, all, kept, dir, credentials, network, talk: talk(quiet) })
}

/// Decides on a gateway to run alone.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_serve(
    flags: ServeFlags,
    environment: &Environment,
) -> Result<ServeSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.scenario.as_deref())?;
    over(&mut wishes.audience.seed, flags.seed);
    wishes.gateway.lay(flags.gateway)?;
    over(&mut wishes.gateway.limits, flags.no_limits.then_some(false));
    let seed = audience::seed(&wishes).child("gateway");
    let protocol = Wish::flag(flags.protocol.unwrap_or_else(|| "yapit".to_owned()));
    let speaks = source.known(&protocol, "protocol", &["yapit", "openai"], |name| match name {
        "yapit" => Some(Served::Yapit),
        "openai" => Some(Served::Openai),
        _ => None,
    })?;
    let gateway = match (speaks, flags.dialect.as_deref()) {
        (Served::Yapit, Some(_)) => return Err(UsageError::new("--dialect needs --protocol openai")),
        (Served::Yapit, None) => ServedGateway::Yapit(choose(&wishes, &source, Limits::Preset, seed)?.into()),
        (Served::Openai, dialect) => {
            let around = (dialect, environment);
            ServedGateway::Openai(choose_openai(&wishes, &source, around, seed)?.into())
        }
    };
    let bind = bind(flags.bind.as_deref().unwrap_or(BIND))?;
    Ok(ServeSettings { gateway, bind, talk: talk(flags.quiet) })
}

/// What a gateway that is run alone speaks.
#[derive(Clone, Copy, Debug)]
enum Served {
    Yapit,
    Openai,
}

fn bind(typed: &str) -> Result<SocketAddr, UsageError> {
    typed.parse().map_err(|_| {
        UsageError::new(format!(
            "--bind is {typed}; give an IP address and a port, such as {BIND} or [::1]:8080"
        ))
    })
}
