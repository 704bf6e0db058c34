//! From a command line to settings.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use claque_core::{ids::ListenerId, player::PlayerPolicy, time::Instant};
use claque_net::service::Credentials;
use claque_run::order::{RunOrder, SimulateOrder, SimulatedService, TargetChoice};

use super::{
    Environment, OutputFormat, RunSettings, Surroundings, UsageError, Verbosity, resolve_run,
    resolve_simulate,
};
use crate::cli::{Cli, RunFlags, SimulateFlags, Verb};

fn verb(verb: &str, args: &[&str]) -> Verb {
    Cli::try_parse_from(["claque", verb].iter().chain(args)).unwrap().verb
}

fn run_flags(args: &[&str]) -> RunFlags {
    let Verb::Run(flags) = verb("run", args) else { panic!("not a run") };
    *flags
}

fn simulate_flags(args: &[&str]) -> SimulateFlags {
    let Verb::Simulate(flags) = verb("simulate", args) else { panic!("not a simulation") };
    *flags
}

fn resolve(args: &[&str]) -> Result<RunSettings, UsageError> {
    resolve_run(run_flags(args), Surroundings::new(&Environment::default(), &mut std::io::empty()))
}

fn run(args: &[&str]) -> Result<RunOrder, UsageError> {
    resolve(args).map(|settings| settings.order)
}

fn simulate(args: &[&str]) -> Result<SimulateOrder, UsageError> {
    resolve_simulate(simulate_flags(args)).map(|settings| settings.order)
}

fn error(args: &[&str]) -> String {
    run(args).unwrap_err().to_string()
}

/// A folder with a file in it, and the file's path.
fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

#[test]
fn without_any_flag_there_is_a_whole_run() {
    let output = resolve(&[]).unwrap().output;
    assert_eq!((output.format, output.talk), (OutputFormat::Text, Verbosity::Normal));
    let settings = run(&[]).unwrap();
    let plan = &settings.plan;
    assert_eq!((plan.users, plan.blocks, plan.model.as_str(), &plan.voice), (5, 20, "kokoro", &None));
    assert_eq!((plan.speed.thousandths(), plan.policy), (1_000, PlayerPolicy::WEB));
    assert_eq!(plan.timeout.as_secs(), 300);
    assert!(!plan.use_cached && !plan.varied_lengths);
    assert!(matches!(&settings.target, TargetChoice::Embedded(gateway) if gateway.preset == "current"));
    assert!(matches!(settings.credentials.as_slice(), [Credentials::None]));
    assert_eq!(settings.results.dir, PathBuf::from("claque-results"));
    assert!(settings.corpus.sentences().len() > 100, "the shipped chapters");
    assert_eq!(settings.seed, 1);
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let text =
        "users = 7\nblocks = 3\nspeed = 2\nplayer = \"yapit-2026-02\"\nuse_cached = true\nstagger = 7\n";
    let (_folder, path) = file("s.toml", text);
    let args = ["--scenario", &path, "--users", "9", "--use-cached=false", "--refill-threshold", "4"];
    let plan = run(&args).unwrap().plan;
    assert_eq!((plan.users, plan.blocks, plan.speed.thousandths()), (9, 3, 2_000));
    assert!(!plan.use_cached);
    assert_eq!(plan.policy, PlayerPolicy { refill_threshold: 4, ..PlayerPolicy::WEB_2026_02_07 });
    assert_eq!(plan.schedule.intended_start(ListenerId(9)), Instant::from_millis(7_000));
}

#[test]
fn files_are_looked_for_beside_the_scenario() {
    let (folder, path) = file("s.toml", "text = \"own.txt\"\n");
    assert!(error(&["--scenario", &path]).contains("s.toml:1: text names "));
    fs::write(folder.path().join("own.txt"), "Only this. And that.").unwrap();
    let corpus = run(&["--scenario", &path]).unwrap().corpus;
    assert_eq!(corpus.sentences(), ["Only this.", "And that."]);
}

#[test]
fn markdown_is_known_by_its_name() {
    let (_folder, path) = file("a.MD", "# Head\n\n```\ncode\n```\n");
    assert_eq!(run(&["--text", &path]).unwrap().corpus.sentences(), ["Head"]);
    let (_folder, path) = file("empty.txt", " \n");
    let error = error(&["--text", &path]);
    assert!(error.starts_with("--text names ") && error.contains("failed to find a single word"), "{error}");
}

#[test]
fn numbers_out_of_range_are_refused_with_their_range() {
    for (args, words) in [
        (["--users", "0"], "--users is 0; give 1 to 1000000"),
        (["--users", "-3"], "--users is -3; give 1 to 1000000"),
        (["--blocks", "0"], "--blocks is 0; give 1 to 100000"),
        (["--speed", "0"], "--speed is 0; give 0.001 to 100"),
        (["--speed", "NaN"], "--speed is NaN; give 0.001 to 100"),
        (["--stagger", "-1"], "--stagger is -1; give 0 to 86400"),
        (["--timeout", "0"], "--timeout is 0; give 0.001 to 86400"),
        (["--min-buffer", "0"], "--min-buffer is 0; give 1 to 100000"),
        (["--player", "yapid"], "--player is `yapid`, which is unknown; did you mean `yapit`?"),
        (["--model", ""], "--model is empty; give a name"),
    ] {
        assert_eq!(error(&args), words);
    }
    let (_folder, path) = file("s.toml", "\n\nusers = 0\n");
    assert!(error(&["--scenario", &path]).ends_with("s.toml:3: users is 0; give 1 to 1000000"));
}

#[test]
fn the_embedded_gateways_settings_do_not_go_with_an_address() {
    let url = ["--base-url", "https://tts.example"];
    for args in [
        ["--engine", "flite"],
        ["--workers", "2"],
        ["--gateway-set", "era=current"],
        ["--gateway", "current"],
    ] {
        let error = error(&[url, args].concat());
        let words = format!(
            "{} is about the embedded gateway, and --base-url names another service; leave one of them out",
            args[0]
        );
        assert_eq!(error, words);
    }
    let (_folder, path) = file("s.toml", "[gateway]\nera = \"current\"\n");
    let error = error(&["--scenario", &path, "--base-url", "https://tts.example"]);
    assert!(error.contains("s.toml:1: gateway is about the embedded gateway"), "{error}");
}

#[test]
fn an_address_must_be_one() {
    assert!(error(&["--base-url", "tts.example"]).contains("failed to read the base URL"));
    let settings = run(&["--base-url", "https://tts.example/", "--token", "t"]).unwrap();
    assert!(matches!(&settings.target, TargetChoice::BaseUrl(url) if url.as_str() == "https://tts.example"));
    assert!(matches!(settings.credentials.as_slice(), [Credentials::Token { .. }]));
    assert_eq!(settings.scenario["base_url"], "https://tts.example");
}

#[test]
fn nobody_is_told_who_we_are_unless_somebody_asks() {
    let refused = error(&["--token", "hush-hush"]);
    assert!(refused.contains("asks nobody") && !refused.contains("hush-hush"), "{refused}");
    let auth = ["--gateway-set", "auth.static_tokens=[\"hush-hush\"]", "--token", "hush-hush"];
    let settings = run(&auth).unwrap();
    assert!(matches!(settings.credentials.as_slice(), [Credentials::Token { .. }]));
    assert!(!format!("{settings:?}").contains("hush-hush"), "no secret prints");
    assert!(!settings.scenario.to_string().contains("hush-hush"), "no secret is saved");
}

#[test]
fn nothing_is_kept_on_a_gateway_that_ends_with_its_run() {
    assert_eq!(
        error(&["--reuse-documents"]),
        "--reuse-documents needs --base-url: the embedded gateway ends with its run, and its documents with it"
    );
}

#[test]
fn a_scenario_says_how_limits_are_lived_with() {
    let text = "account_limit = \"messages=7/30s\"\nallow_rate_limit = true\nsource_address = \"127.0.0.1\"\nreuse_documents = true\nguest = 2\n";
    let (_folder, path) = file("s.toml", text);
    let settings = run(&["--scenario", &path, "--base-url", "https://tts.example"]).unwrap();
    assert!(settings.limits.allow_rate_limit && settings.limits.reuse_documents);
    assert_eq!(settings.limits.sources.len(), 1);
    assert_eq!(settings.credentials.len(), 2);
    assert_eq!(settings.scenario["account_limit"], "messages=7/30s");
    let error = error(&["--scenario", &path, "--base-url", "https://tts.example", "--no-auth"]);
    assert!(error.contains("--no-auth and ") && error.contains("s.toml:5: guest contradict"), "{error}");
}

#[test]
fn what_was_decided_is_a_scenario_again() {
    let args = ["--users", "3", "--engine", "deterministic", "--gateway", "2026-02", "--speed", "1.5"];
    let first = simulate(&args).unwrap();
    let mut saved = first.scenario.clone();
    assert_eq!(saved.as_object_mut().unwrap().remove("time"), Some("virtual".into()));
    let (_folder, path) = file("s.toml", &toml::to_string(&saved).unwrap());
    let second = simulate(&["--scenario", &path]).unwrap();
    assert_eq!(first.scenario, second.scenario);
    let config = |settings: &SimulateOrder| match &settings.service {
        SimulatedService::Yapit(gateway) => gateway.config.clone(),
        SimulatedService::Speech(_) => panic!("nothing was said of speech"),
    };
    assert_eq!(config(&first), config(&second));
}

#[test]
fn a_simulation_refuses_what_it_cannot_do() {
    let error = simulate(&["--engine", "flite"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "--engine is `flite`, but a simulation runs no program and asks no service; give synthetic or deterministic"
    );
    let (_folder, path) = file("s.toml", "base_url = \"https://tts.example\"\n");
    let error = simulate(&["--scenario", &path]).unwrap_err().to_string();
    assert!(error.contains("s.toml:1: base_url has no meaning in a simulation"), "{error}");
}

#[test]
fn arrivals_at_a_rate_say_how_many_come_and_when() {
    let plan = run(&["--arrivals", "constant:12/min", "--for", "1min"]).unwrap().plan;
    assert_eq!(
        (plan.users, plan.schedule.intended_start(ListenerId(11))),
        (12, Instant::from_millis(55_000))
    );
    let plan = run(&["--arrivals", "constant:12/min", "--for", "1min", "--users", "3"]).unwrap().plan;
    assert_eq!(plan.users, 3, "what ends first");
    let even = run(&["--arrivals", "even:10s", "--users", "5"]).unwrap().plan;
    assert_eq!(even.schedule, run(&["--stagger", "10", "--users", "5"]).unwrap().plan.schedule);
    let random = |seed| run(&["--arrivals", "poisson:1/s", "--for", "1h", "--seed", seed]).unwrap().plan;
    let (first, again, other) = (random("1"), random("1"), random("2"));
    assert_eq!(first.schedule, again.schedule);
    assert_ne!(first.schedule, other.schedule);
    // 3600 are to be expected, give or take 60.
    assert!((3_400..3_800).contains(&first.users), "{}", first.users);
}

#[test]
fn what_a_run_was_told_of_its_arrivals_gives_the_same_again() {
    let (folder, path) =
        file("s.toml", "arrivals = \"trace:starts.txt\"\nlistens = \"exp 4 min\"\ntexts = 20\n");
    fs::write(folder.path().join("starts.txt"), "0\n2.5\n# late\n1min\n").unwrap();
    let settings = run(&["--scenario", &path]).unwrap();
    assert_eq!(settings.plan.users, 3);
    assert_eq!(settings.plan.schedule.intended_start(ListenerId(2)), Instant::from_millis(60_000));
    assert_eq!(
        (settings.scenario["texts"].as_i64(), settings.scenario["zipf"].as_f64()),
        (Some(20), Some(1.0))
    );
    assert!(settings.scenario.get("stagger").is_none());
    let decided: String =
        ["arrivals", "listens"].iter().map(|key| format!("{key} = {}\n", settings.scenario[*key])).collect();
    let (_folder, path) = file("again.toml", &format!("{decided}users = 3\n"));
    let again = run(&["--scenario", &path]).unwrap().plan;
    assert_eq!((again.schedule, again.behaviour), (settings.plan.schedule, settings.plan.behaviour));
}

#[test]
fn what_is_wrong_with_arrivals_is_told_with_the_remedy() {
    let (folder, path) = file("s.toml", "\narrivals = \"stages:rates.txt\"\n");
    fs::write(folder.path().join("rates.txt"), "5min 1/min\n\nsoon 2/min\n").unwrap();
    let in_file = error(&["--scenario", &path]);
    let start = format!("{path}:2: arrivals names ");
    assert!(in_file.starts_with(&start), "{in_file}");
    assert!(
        in_file.ends_with("rates.txt: line 3: `soon` is no length of time; write one such as `5min`"),
        "{in_file}"
    );
    for (args, words) in [
        (
            &["--arrivals", "poisson:12/min"][..],
            "--arrivals `poisson:12/min` has no end of its own; say for how long with --for, or how many come with --users",
        ),
        (
            &["--arrivals", "poison:12/min"],
            "--arrivals is `poison:12/min`: give closed, even:WINDOW, constant:RATE, poisson:RATE, ramp:FROM..TO:OVER, stages:FILE \
             or trace:FILE",
        ),
        (
            &["--for", "5min"],
            "--for is for how long listeners come at a rate; add --arrivals, such as --arrivals poisson:12/min",
        ),
        (
            &["--arrivals", "closed", "--for", "5min"],
            "--for has no meaning where the number of listeners is given, not a rate; leave it out",
        ),
        (
            &["--arrivals", "closed", "--stagger", "5"],
            "--stagger and --arrivals contradict each other; leave one of them out",
        ),
        (
            &["--arrivals", "constant:1/s", "--for", "soon"],
            "--for is `soon`; give a length of time such as 90s, 10min or 2h",
        ),
        (&["--zipf", "1"], "--zipf is how popular each of --texts is; add --texts"),
        (
            &["--texts", "5", "--use-cached"],
            "--texts has no meaning where all share one text that is cached before; leave it or --use-cached out",
        ),
        (&["--texts", "5", "--zipf", "-1"], "--zipf is -1; give 0 to 10"),
        (
            &["--listens", "long"],
            "--listens is `long`: no time to listen; write `4min`, `uniform 1min..10min`, `exp 4min` or `lognormal 4min 0.5`",
        ),
    ] {
        assert_eq!(error(args), words);
    }
    assert!(
        error(&["--arrivals", "trace:nowhere"])
            .starts_with("--arrivals names nowhere, which cannot be read: ")
    );
}

#[test]
fn an_audience_that_is_held_has_listeners_to_take_each_others_places() {
    use claque_core::schedule::{ArrivalSchedule, Hold};

    let settings =
        run(&["--users", "10", "--hold", "20min", "--listens", "4min", "--blocks", "500"]).unwrap();
    let until = Instant::from_millis(1_200_000);
    let hold = Hold { present: 10, window: std::time::Duration::ZERO, until };
    assert_eq!(settings.plan.schedule, ArrivalSchedule::Held(hold));
    assert_eq!(settings.plan.users, 50, "five one after the other in each place");
    assert_eq!(
        (settings.scenario["users"].as_i64(), settings.scenario["warm_up"].as_str()),
        (Some(10), Some("auto"))
    );
    // Without a time of their own, as many as the fastest speech would take: 500 blocks of 60 characters at 40 a second.
    let texts = run(&["--users", "10", "--hold", "20min", "--blocks", "500"]).unwrap().plan;
    assert_eq!(texts.users, 20);
    for (args, words) in [
        (
            &["--arrivals", "poisson:1/s", "--users", "5", "--hold", "1min"][..],
            "--hold keeps --users listeners present, and --arrivals brings them at a rate; leave one of them out",
        ),
        (&["--hold", "1"], "--hold is `1`; give a length of time such as 90s, 10min or 2h"),
        (
            &["--warm-up", "some"],
            "--warm-up is `some`; give auto, off, or a length of time such as 90s or 10min",
        ),
    ] {
        assert_eq!(error(args), words);
    }
}
