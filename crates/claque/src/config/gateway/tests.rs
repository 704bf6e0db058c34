//! Settings of a gateway: that all can be set, and who wins.

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::{Auth, AuthConfig, CreationAnswer, CrossTalk, Eviction, GatewayConfig};
use claque_gateway::{
    AudioFault, AudioRule, BlockSelector, ConnectionEffect, ConnectionFault, ConnectionSelector, Effect,
    FaultRule, LengthModel, Outage, RequestEffect, RequestFault, Say, Selector, ServiceModel, SocketOutage,
    Step, Turn, Workers,
};
use claque_run::order::{EngineFlag, GatewayChoice};

use super::{Limits, choice::in_order, choose, layers::Layers, table_of};
use crate::{
    cli::GatewayFlags,
    config::{
        UsageError, scenario,
        wish::{Source, Wish},
        wishes::Wishes,
    },
};

/// A configuration in which everything differs from every preset.
fn odd() -> GatewayConfig {
    let mut config = GatewayConfig::feb_2026();
    config.models.remove(1);
    config.models[0].service = ServiceModel::Fixed(Duration::from_millis(1_500));
    config.models[0].length = LengthModel::Fixed(MediaTime::from_millis(2_500));
    config.models[0].info.voices.truncate(2);
    config.models[1].workers = Workers::Pull(7);
    for (voice, id) in config.models.iter_mut().flat_map(|model| &mut model.info.voices).zip(1..) {
        voice.id = id;
    }
    config.models[1].info.id = 2;
    config.auth = Auth::On(AuthConfig {
        accounts: vec![("a@b.example".to_owned(), "hush-hush".to_owned())],
        static_tokens: vec!["hush-too".to_owned()],
        access_token_life: Duration::from_secs(9),
    });
    config.storage_limit = Some(5_000);
    config.usage_limit = Some(70_000);
    config.synthesis_limit = None;
    config.max_block_chars = 99;
    config.max_content_chars = 999;
    config.cross_talk = CrossTalk::PerUser;
    config.accept_interval = Duration::from_millis(3);
    config.pipeline.max_retries = 8;
    config.pipeline.dead_letter_text = None;
    config.eviction = Eviction::Nothing;
    config.pipeline.overflow.as_mut().expect("this preset has overflow").failure_share = 0.25;
    config.faults.jobs = [
        (Selector::Every, Effect::AudioMissing),
        (Selector::Block(3), Effect::AudioServerError),
        (Selector::Nth(2), Effect::Slow { extra: Duration::from_secs(2) }),
        (Selector::Share(0.5), Effect::EngineError { times: Some(2), text: "no".to_owned() }),
    ]
    .map(|(selector, effect)| FaultRule { selector, effect })
    .to_vec();
    config.faults.connections = [
        (ConnectionSelector::Every, ConnectionEffect::Silence),
        (ConnectionSelector::Nth(1), ConnectionEffect::Garbage),
        (ConnectionSelector::Nth(2), ConnectionEffect::Close { code: 1011, reason: "bye".to_owned() }),
        (ConnectionSelector::Nth(3), ConnectionEffect::Error { text: "no".to_owned() }),
        (ConnectionSelector::First(3), ConnectionEffect::Refuse { status: 403 }),
    ]
    .map(|(selector, effect)| {
        let after = Some(Duration::from_secs(4));
        ConnectionFault { selector, after_notices: 4, at_block: Some(7), after, effect }
    })
    .to_vec();
    odd_requests(&mut config);
    config.extraction.workers = Workers::Unlimited;
    config.extraction.page = Duration::from_millis(70);
    config.extraction.sigma = 0.5;
    config.extraction.ai_transform = None;
    config.extraction.max_concurrent = None;
    config.extraction.page_limit = Some(99);
    config.extraction.answer = CreationAnswer::Document;
    config.extraction.pipeline.visibility_timeout = Duration::from_secs(4);
    config.extraction.pipeline.overflow = None;
    config.faults.pages = vec![3, 5];
    config.faults.identity_outage =
        Some(Outage { from: Instant::from_millis(500), until: Instant::from_millis(1_500) });
    config
}

/// Faults of requests, fetches and outages, of every kind.
fn odd_requests(config: &mut GatewayConfig) {
    let turn = Turn { first: 1, times: Some(2) };
    let says = [
        Say::Queued,
        Say::Processing,
        Say::Skipped,
        Say::Evicted,
        Say::Error { text: "no".to_owned(), recoverable: false },
    ];
    let steps = says.map(|say| Step { after: Duration::from_millis(1_500), say }).to_vec();
    config.faults.requests = [
        (BlockSelector::Every, RequestEffect::Unacknowledged),
        (BlockSelector::Block(3), RequestEffect::Answer(steps)),
        (BlockSelector::Share(0.5), RequestEffect::Answer(vec![])),
    ]
    .map(|(selector, effect)| RequestFault { selector, turn, effect })
    .to_vec();
    let faults = [
        AudioFault::Missing,
        AudioFault::ServerError,
        AudioFault::Cut,
        AudioFault::NotAudio,
        AudioFault::Silent,
        AudioFault::OneMillisecond,
        AudioFault::OtherLength,
    ];
    let rule = |fault| AudioRule { selector: BlockSelector::Every, turn: Turn::default(), fault };
    config.faults.audio = faults.map(rule).to_vec();
    let at = Instant::from_millis;
    config.faults.socket_outages = vec![
        SocketOutage::restart(at(500), at(1_500)),
        SocketOutage { outage: Outage { from: at(2_000), until: at(2_500) }, code: 1006, refusal: 502 },
    ];
}

fn file(text: &str) -> (Wishes, Source) {
    let source = Source { path: "s.toml".into(), text: text.to_owned() };
    (scenario::parse(&source).unwrap(), source)
}

fn choice(text: &str, flags: GatewayFlags) -> Result<GatewayChoice, UsageError> {
    let (mut wishes, source) = file(text);
    wishes.gateway.lay(flags)?;
    choose(&wishes, &source, Limits::Off, Seed::root(1))
}

fn sets(sets: &[&str]) -> GatewayFlags {
    GatewayFlags { gateway_set: sets.iter().map(|&set| set.to_owned()).collect(), ..GatewayFlags::default() }
}

/// `target` laid over `base` as a file would.
fn laid_over(base: &GatewayConfig, target: &GatewayConfig) -> GatewayConfig {
    let mut layers = Layers::over(base);
    let gone = base.models.iter().map(|model| &*model.info.slug);
    let gone = gone.filter(|slug| target.models.iter().all(|model| *model.info.slug != **slug));
    layers.lay(gone.map(|slug| format!("models.\"{slug}\" = false\n")).collect());
    layers.lay_written::<GatewayConfig>("a file", &toml::to_string(target).unwrap()).unwrap();
    let mut config: GatewayConfig = layers.read().unwrap();
    in_order(&mut config.models, &target.models);
    for (model, wanted) in config.models.iter_mut().zip(&target.models) {
        // A description cannot be taken away, only replaced.
        model.info.description.clone_from(&wanted.info.description);
    }
    config
}

#[test]
fn every_constant_can_be_set_in_a_file() {
    let odd = GatewayConfig { auth: Auth::Off, ..odd() };
    let mut exponential = odd.clone();
    exponential.models[0].service = ServiceModel::Exponential { mean: Duration::from_millis(1_200) };
    for target in [&GatewayConfig::current(), &GatewayConfig::feb_2026_tuned(), &odd, &exponential] {
        for base in [&GatewayConfig::current(), &GatewayConfig::feb_2026(), &odd, &exponential] {
            assert_eq!(&laid_over(base, target), target);
        }
    }
}

#[test]
fn accounts_and_tokens_come_from_a_file_and_are_not_in_what_is_saved() {
    let text = "[gateway.auth]\naccounts = [{ email = \"a@b.example\", password = \"hush-hush\" }]\n\
                static_tokens = [\"hush-too\"]\n";
    let choice = choice(text, sets(&["auth.access_token_life_seconds=9"])).unwrap();
    assert_eq!(choice.config.auth, odd().auth);
    let saved = table_of(&choice).to_string();
    assert!(!saved.contains("hush") && saved.contains("hidden"), "{saved}");
    let (wishes, _) = file(text);
    assert!(!format!("{wishes:?}").contains("hush"));
}

#[test]
fn the_lists_of_voices_are_saved_only_where_they_differ() {
    let saved = |sets: &[&str]| {
        table_of(&choice("gateway.preset = \"2026-02\"", self::sets(sets)).unwrap()).to_string()
    };
    assert!(!saved(&[]).contains("af_heart"));
    let fewer = "models.kokoro.voices=[{ slug = \"af_heart\" }]";
    assert!(saved(&[fewer]).contains("af_heart"));
}

#[test]
fn a_part_that_was_off_starts_from_what_is_known_of_it() {
    let flags = sets(&["synthesis_limit.count=7", "auth.static_tokens=[]", "rest_limits.other=[]"]);
    let config = choice("", flags).unwrap().config;
    let limit = config.synthesis_limit.expect("it is on");
    assert_eq!((limit.limit.count, limit.limit.window), (7, Duration::from_secs(60)));
    assert_eq!(config.rest_limits.expect("it is on").create_document, []);
    let Auth::On(auth) = config.auth else { panic!("it is on") };
    assert_eq!(auth.access_token_life, Duration::from_secs(600));
}

#[test]
fn a_time_of_one_kind_takes_the_place_of_another() {
    let service = |sets: &[&str]| choice("", self::sets(sets)).unwrap().config.models[0].service;
    let key = "models.kokoro.service";
    let fixed = format!("{key}.fixed_seconds=2");
    assert_eq!(service(&[&fixed]), ServiceModel::Fixed(Duration::from_secs(2)));
    let sigma = format!("{key}.sigma=0.5");
    let ServiceModel::PerChar { overhead, sigma, .. } = service(&[&fixed, &sigma]) else {
        panic!("it is by the character again")
    };
    assert_eq!((overhead, sigma), (Duration::from_secs(1), 0.5));
    let error = choice("", sets(&["models.kokoro.service={ fixed_seconds = 1, sigma = 1 }"])).unwrap_err();
    assert!(error.to_string().contains("fixed_seconds stands alone"), "{error}");
}

#[test]
fn a_key_on_the_command_line_wins_over_the_file() {
    let text = "[gateway]\npreset = \"2026-02\"\n[gateway.pipeline]\nmax_retries = 7\nmax_queued = 70\n";
    let choice = choice(text, sets(&["pipeline.max_retries=5"])).unwrap();
    assert_eq!(choice.preset, "2026-02");
    let pipeline = choice.config.pipeline;
    assert_eq!((pipeline.max_retries, pipeline.max_queued), (5, 70));
    assert!(pipeline.overflow.is_some());
}

#[test]
fn values_on_the_command_line_are_toml_and_texts_need_no_quotes() {
    let flags = sets(&[
        "era=2026-02",
        "pipeline.overflow={ scan_seconds = 1.5 }",
        "models.kokoro.service.fixed_seconds=2",
        "eviction = { outside = { behind = 1, ahead = 2 } }",
        "faults.jobs=[{ select = { share = 0.1 }, effect = \"audio-missing\" }]",
        "pipeline.dead_letter_text=gave up",
    ]);
    let config = choice("", flags).unwrap().config;
    assert_eq!(config.models[0].service, ServiceModel::Fixed(Duration::from_secs(2)));
    let overflow = config.pipeline.overflow.expect("switched on");
    assert_eq!((overflow.scan, overflow.threshold), (Duration::from_millis(1_500), Duration::from_secs(30)));
    assert_eq!(config.pipeline.dead_letter_text.as_deref(), Some("gave up"));
    assert_eq!(config.faults.jobs.len(), 1);
}

#[test]
fn faults_of_requests_and_outages_can_be_typed() {
    let flags = sets(&[
        "faults.requests=[{ select = { block = 2 }, times = 1, effect = { answer = [] } }]",
        "faults.socket_outage={ from_seconds = 1, until_seconds = 2 }",
        "faults.audio=[{ select = \"every\", first = 1, effect = \"not-audio\" }]",
        "pipeline.dead_letter_text=false",
    ]);
    let config = choice("", flags).unwrap().config;
    let lost = RequestFault {
        selector: BlockSelector::Block(2),
        turn: Turn { first: 0, times: Some(1) },
        effect: RequestEffect::Answer(vec![]),
    };
    assert_eq!(config.faults.requests, [lost]);
    let outage = SocketOutage::restart(Instant::from_millis(1_000), Instant::from_millis(2_000));
    assert_eq!(config.faults.socket_outages, [outage]);
    assert_eq!(config.faults.audio[0].turn, Turn { first: 1, times: None });
    assert_eq!(config.pipeline.dead_letter_text, None);
    let none = choice("", sets(&["faults.socket_outage=false"])).unwrap().config;
    assert!(none.faults.socket_outages.is_empty());
}

#[test]
fn a_wrong_key_or_value_on_the_command_line_is_named() {
    let error = |set| choice("", sets(&[set])).unwrap_err().to_string();
    assert_eq!(
        error("pipeline.max_retry=5"),
        "--gateway-set pipeline.max_retry: unknown key `max_retry`; did you mean `max_retries`?"
    );
    assert_eq!(
        error("pipeline.max_retries=many"),
        "--gateway-set pipeline.max_retries: invalid type: string \"many\", expected a whole number from 0"
    );
    assert_eq!(
        error("pipeline.overflow.failure_share=2"),
        "--gateway-set pipeline.overflow.failure_share: 2 is out of range; give 0 to 1"
    );
    assert_eq!(
        error("models.koko.workers=2"),
        "--gateway-set models.koko.workers: there is no model `koko` to change; give kokoro, or `voices` to add it"
    );
    assert!(error("pipeline").contains("KEY=VALUE"));
    assert!(error("preset=2026-02").contains("choose the preset with --gateway"));
    let secret = error("auth.static_tokens=hush-hush");
    assert!(!secret.contains("hush-hush"), "{secret}");
}

#[test]
fn models_come_and_go() {
    let flags = sets(&["models.mine.voices=[{ slug = \"me\" }]", "models.kokoro=false"]);
    let models = choice("", flags).unwrap().config.models;
    assert_eq!(models.len(), 1);
    assert_eq!((&*models[0].info.slug, models[0].info.id, models[0].info.voices[0].id), ("mine", 1, 1));
    let error = choice("", sets(&["models.kokoro=false"])).unwrap_err();
    assert!(error.to_string().contains("no model left"));
}

#[test]
fn limits_are_off_unless_asked_for() {
    let (mut wishes, source) = file("");
    let has_limits = |wishes: &Wishes, limits| {
        let config = choose(wishes, &source, limits, Seed::root(1)).unwrap().config;
        (config.rest_limits.is_some(), config.synthesis_limit.is_some())
    };
    assert_eq!(has_limits(&wishes, Limits::Off), (false, false));
    assert_eq!(has_limits(&wishes, Limits::Preset), (true, true));
    wishes.gateway.limits = Some(Wish::flag(true));
    assert_eq!(has_limits(&wishes, Limits::Off), (true, true));
    wishes.gateway.limits = Some(Wish::flag(false));
    assert_eq!(has_limits(&wishes, Limits::Preset), (false, false));
}

#[test]
fn a_deterministic_engine_has_one_worker_unless_it_is_said() {
    let flags = |workers: Option<&str>| GatewayFlags {
        engine: Some("deterministic".to_owned()),
        workers: workers.map(str::to_owned),
        ..GatewayFlags::default()
    };
    let workers = |text, flags| choice(text, flags).unwrap().config.models[0].workers;
    assert_eq!(workers("", flags(None)), Workers::Pull(1));
    assert_eq!(workers("", flags(Some("3"))), Workers::Pull(3));
    assert_eq!(workers("workers = 4", flags(None)), Workers::Pull(4));
    assert_eq!(workers("workers = 4", flags(Some("unlimited"))), Workers::Unlimited);
    let table = "engine = \"deterministic\"\n[gateway.models.kokoro]\nworkers = 6";
    assert_eq!(workers(table, GatewayFlags::default()), Workers::Pull(6));
}

#[test]
fn times_of_a_deterministic_engine_need_one_and_have_a_range() {
    let error = |text| choice(text, GatewayFlags::default()).unwrap_err().to_string();
    assert_eq!(error("\nservice_seconds = 2"), "s.toml:2: service_seconds needs --engine deterministic");
    assert_eq!(
        error("engine = \"deterministic\"\naudio_seconds = 0"),
        "s.toml:2: audio_seconds is 0; give 0.001 to 86400"
    );
}

#[test]
fn engines_are_programs_unless_they_are_known_or_almost() {
    let engine = |typed: &str| {
        let flags = GatewayFlags { engine: Some(typed.to_owned()), ..GatewayFlags::default() };
        choice("", flags).map(|choice| choice.engine)
    };
    assert_eq!(engine("synthetic"), Ok(EngineFlag::Synthetic));
    assert!(matches!(engine("espeak-ng"), Ok(EngineFlag::External { .. })));
    assert!(matches!(engine("say --wav {output}"), Ok(EngineFlag::External { .. })));
    assert!(matches!(engine("piper:voice.onnx"), Ok(EngineFlag::External { .. })));
    assert!(engine("piper").unwrap_err().to_string().contains("needs a voice"));
    let error = engine("determinstic").unwrap_err().to_string();
    assert!(
        error.starts_with("--engine is `determinstic`, which is unknown; did you mean `deterministic`?"),
        "{error}"
    );
}

#[test]
fn unknown_names_are_refused_with_those_that_are_known() {
    let flags = GatewayFlags { gateway: Some("2026".to_owned()), ..GatewayFlags::default() };
    let error = choice("", flags).unwrap_err().to_string();
    assert_eq!(error, "--gateway is `2026`, which is unknown; did you mean `2026-02`?");
    let error = choice("reproduce = \"everything\"", GatewayFlags::default()).unwrap_err().to_string();
    assert_eq!(error, "s.toml:1: reproduce is `everything`, which is unknown; give cross-talk");
    let flags = GatewayFlags { workers: Some("0".to_owned()), ..GatewayFlags::default() };
    let error = choice("", flags).unwrap_err().to_string();
    assert_eq!(error, "--workers is 0; give a whole number from 1, or `unlimited`");
}

#[test]
fn a_table_that_is_none_is_told_as_that_and_not_said_back() {
    for (set, words) in [
        (
            "pipeline.overflow={ threshold_seconds = .5 }",
            "pipeline.overflow: what is given is no table or list that TOML has",
        ),
        ("auth.static_tokens=[hush]", "auth.static_tokens: what is given is no table or list that TOML has"),
    ] {
        let error = choice("", sets(&[set])).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("texts in quotes"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
