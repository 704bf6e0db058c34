//! What each verb's flags come to.

use std::{net::SocketAddr, num::NonZeroUsize};

use claque_core::rng::Seed;
use claque_gateway::Auth;
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
    network::{self, Destination, Way},
    no_effect, objectives, scenario,
    settings::{
        CleanupSettings, Judging, Output, PageChoice, Replicates, RunSettings, ServeSettings, ServedGateway,
        SimulateSettings, Talk,
    },
    simulate, speech, told_files,
    wish::{Place, Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::{CleanupFlags, OutputFlags, RunFlags, ServeFlags, SimulateFlags};

/// Where `serve` listens: the port most people try first, and only on this machine.
const BIND: &str = "127.0.0.1:8080";
/// Where runs are kept if nothing else is said.
pub(crate) const OUTPUT_DIR: &str = "claque-results";

/// Share of the compressed audio that is decoded if nothing else is said: of 200 blocks ten, at a cost that no lane notices.
const DECODE_SHARE: f64 = 0.05;

/// Decides on a run.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_run(
    flags: RunFlags,
    surroundings: Surroundings<'_>,
) -> Result<RunSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.audience.scenario.as_deref())?;
    over(&mut wishes.confidence, flags.confidence.confidence);
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
    wishes.lay_protocol(flags.protocol);
    wishes.lay_courtesy(flags.courtesy);
    wishes.lay_gateway(flags.gateway)?;
    over(&mut wishes.limits, flags.limits.limits);
    over(&mut wishes.confidence, flags.confidence.confidence);
    over(&mut wishes.keep_audio, flags.audio.keep_audio);
    over(&mut wishes.decode_share, flags.audio.decode_share);
    let judging = objectives::judging(flags.objectives, flags.markdown.markdown, &mut wishes, source)?;
    let abort_on = objectives::abort_rules(flags.abort.abort_on, &mut wishes, source)?;
    let live = super::live::choice(flags.live)?;
    let vocabulary = flags.vocabulary.vocabulary.map(Into::into);
    let (results, output) = output(flags.output, judging, &mut wishes)?;
    let output = Output { vocabulary, ..output };
    let protocol = speech::protocol(&wishes, source)?;
    let (plan, player) = audience::plan(&wishes, source)?;
    let corpus = audience::corpus(&wishes, source)?;
    let environment = surroundings.environment;
    let target = target(&wishes, source, (&protocol, environment), plan.seed)?;
    let is_own = no_effect::is_own(&target);
    let if_found = no_effect::in_protocol(&wishes, source, (&protocol, is_own))?;
    let protocol = of_own_gateway(protocol, &target);
    let credentials = credentials(&wishes, source, (&protocol, &target), surroundings)?;
    let courtesy = courtesy::courtesy(&wishes, source)?;
    let way = Way { to: (&target).into(), credentials: &credentials, environment };
    let network = NetworkOrder { call_timeout: plan.timeout, ..network::network(&wishes, source, way)? };
    let decode_share =
        source.within(wishes.decode_share.as_ref(), "decode_share", 0.0..=1.0, DECODE_SHARE)?;
    if let (TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_), Some(wish)) =
        (&target, wishes.reuse_documents.as_ref())
        && wish.value
    {
        let what = "needs --base-url: the embedded gateway ends with its run, and its documents with it";
        return Err(source.error(wish, "reuse_documents", what));
    }
    let player_was_chosen =
        wishes.listening.player.is_some() || wishes.listening.listen.is_some() || speech::is_spoken(&wishes);
    let mut scenario = decided::audience(&wishes, &plan, &player);
    scenario.insert("time".to_owned(), "real".into());
    scenario.insert("decode_share".to_owned(), decode_share.into());
    speech::decided(&protocol, &wishes, &mut scenario);
    courtesy::decided(&wishes, &mut scenario);
    network::decided(&wishes, &mut scenario);
    decided::target(&target, &mut scenario);
    let order = RunOrder {
        seed: audience::seed_number(&wishes),
        keep_audio: wishes.keep_audio.map(|wish| wish.value),
        decode_share,
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
    over(&mut wishes.confidence, flags.confidence.confidence);
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
    wishes.lay_speech(flags.protocol);
    wishes.lay_gateway(flags.gateway)?;
    over(&mut wishes.limits, flags.limits.limits);
    over(&mut wishes.confidence, flags.confidence.confidence);
    let judging = objectives::judging(flags.objectives, flags.markdown.markdown, &mut wishes, source)?;
    let vocabulary = flags.vocabulary.vocabulary.map(Into::into);
    let (results, output) = output(flags.output, judging, &mut wishes)?;
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
            let seeds = first..=first.saturating_add(u64::from(count - 1));
            let order_of = |seed| {
                wishes.seed = Some(Wish::flag(seed));
                simulate_order(&wishes, source, results.clone(), facts)
            };
            let orders = seeds.map(order_of).collect::<Result<Vec<_>, _>>()?;
            let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            Some(Replicates { orders, jobs: flags.virtual_time.jobs.unwrap_or(cores) })
        }
    };
    Ok(SimulateSettings { order, output, replicates })
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
    wishes.lay_credentials(credentials);
    wishes.network.lay(network);
    let environment = surroundings.environment;
    let credentials = credentials::find_all(&wishes, &Source::default(), surroundings)?;
    let targets = base_url.iter().map(|typed| Target::parse(typed)).collect::<Result<Vec<_>, _>>();
    let targets = targets.map_err(|error| UsageError::new(error.to_string()))?;
    let way = Way { to: Destination::Services(&targets), credentials: &credentials, environment };
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
    over(&mut wishes.seed, flags.seed);
    wishes.lay_gateway(flags.gateway)?;
    over(&mut wishes.limits, flags.no_limits.then_some(false));
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

/// Where results go, and how they are told.
pub(super) fn output(
    flags: OutputFlags,
    judging: Judging,
    wishes: &mut Wishes,
) -> Result<(Results, Output), UsageError> {
    over(&mut wishes.output_dir, flags.output_dir);
    let dir = wishes.output_dir.as_ref().map_or_else(|| OUTPUT_DIR.into(), |wish| wish.value.clone());
    let Judging { objectives, junit, markdown } = judging;
    let (format, markdown) = told_files::form(flags.json, markdown)?;
    let output = Output {
        format,
        page: if flags.no_report { PageChoice::LeftOut } else { PageChoice::Written },
        talk: talk(flags.quiet),
        junit,
        markdown,
        vocabulary: None,
    };
    Ok((Results { kept_dir: dir.clone(), dir, objectives }, output))
}

const fn talk(quiet: bool) -> Talk {
    if quiet { Talk::Quiet } else { Talk::Normal }
}

/// The service that is meant; `seed` is the root of the randomness of one of our own.
pub(super) fn target(
    wishes: &Wishes,
    source: &Source,
    (protocol, environment): (&ProtocolChoice, &Environment),
    seed: Seed,
) -> Result<TargetChoice, UsageError> {
    let Some(wish) = &wishes.base_url else {
        if let ProtocolChoice::Openai(_) = protocol {
            let dialect = wishes.dialect.as_ref().map(|wish| wish.value.as_str());
            let gateway = choose_openai(wishes, source, (dialect, environment), seed.child("gateway"))?;
            return Ok(TargetChoice::EmbeddedSpeech(Box::new(gateway)));
        }
        let gateway = choose(wishes, source, Limits::Off, seed.child("gateway"))?;
        return Ok(TargetChoice::Embedded(Box::new(gateway)));
    };
    if let Some((place, key)) = wishes.first_of_gateway() {
        let named = source.name(place, key);
        let url = match wish.place {
            Place::Flag => "--base-url".to_owned(),
            Place::File { .. } => source.name(wish.place, "base_url"),
        };
        return Err(UsageError::new(format!(
            "{named} is about the embedded gateway, and {url} names another service; leave one of them out"
        )));
    }
    let target = Target::parse(&wish.value)
        .map_err(|error| UsageError::new(with_place(wish.place, source, &error)))?;
    Ok(TargetChoice::BaseUrl(target))
}

fn with_place(place: Place, source: &Source, error: &dyn std::error::Error) -> String {
    match place {
        Place::Flag => error.to_string(),
        Place::File { .. } => format!("{}: {error}", source.name(place, "base_url")),
    }
}
