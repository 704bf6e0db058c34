//! What would do nothing, flag by flag.

use clap::Parser as _;

use crate::{
    cli::{Cli, Verb},
    config::{Environment, Surroundings, resolve_capacity, resolve_documents, resolve_run, resolve_simulate},
};

/// What is wrong with a command line, if anything is.
fn refused(line: &str) -> Option<String> {
    let environment = Environment::default();
    let stdin = &mut std::io::empty();
    let surroundings = Surroundings::new(&environment, stdin);
    let words = line.split_whitespace().map(|word| word.replace('~', " "));
    let verb = Cli::try_parse_from(std::iter::once("claque".to_owned()).chain(words)).unwrap().verb;
    let decided = if let Verb::Run(flags) = verb {
        resolve_run(*flags, surroundings).map(|_| ())
    } else if let Verb::Simulate(flags) = verb {
        resolve_simulate(*flags).map(|_| ())
    } else if let Verb::Capacity(flags) = verb {
        resolve_capacity(*flags, surroundings).map(|_| ())
    } else if let Verb::Documents(flags) = verb {
        resolve_documents(*flags, surroundings).map(|_| ())
    } else {
        panic!("no such verb in this table: {line}")
    };
    decided.err().map(|error| error.to_string())
}

/// Each flag that does nothing where it was typed, with a word of the reason and one of the remedy. `~` is a blank.
const REFUSED: [(&str, &str, &str); 70] = [
    // Whom the protocol of the service knows.
    ("run --listen turns", "--listen is about streams", "add --protocol openai"),
    ("run --listen reader", "--listen is about streams", "add --protocol openai"),
    ("run --player turns", "--player is about streams", "add --protocol openai"),
    ("run --protocol yapit --listen turns", "--listen is about streams", "leave it out"),
    (
        "run --protocol yapit --base-url https://a.example --token t --listen turns",
        "--listen",
        "leave it out",
    ),
    ("run --listen turns --think 1s --barge-in 0.5", "--listen is about streams", "leave it out"),
    ("simulate --listen turns", "--listen is about streams", "add --protocol openai"),
    ("simulate --player reader", "--player is about streams", "add --protocol openai"),
    ("simulate --protocol yapit --listen reader", "--listen is about streams", "leave it out"),
    ("capacity --listen turns", "--listen is about streams", "add --protocol openai"),
    ("capacity --simulate --listen turns", "--listen is about streams", "add --protocol openai"),
    ("run --protocol openai --min-buffer 3", "--min-buffer has no meaning", "leave it out"),
    ("run --protocol openai --batch-size 3", "--batch-size has no meaning", "leave it out"),
    ("run --protocol openai --refill-threshold 3", "--refill-threshold has no meaning", "leave it out"),
    ("run --protocol openai --reconnect off", "--reconnect has no meaning", "leave it out"),
    ("run --protocol openai --account-limit none", "--account-limit has no meaning", "leave it out"),
    ("run --protocol openai --reuse-documents", "--reuse-documents has no meaning", "leave it out"),
    ("run --protocol openai --limits", "--limits has no meaning", "leave it out"),
    ("run --protocol openai --guest", "--guest has no meaning", "leave it out"),
    ("run --protocol openai --auth-env-file a.env", "--auth-env-file has no meaning", "leave it out"),
    ("run --dialect speaches --min-buffer 3", "--min-buffer has no meaning", "leave it out"),
    ("simulate --delivery sse --batch-size 3", "--batch-size has no meaning", "leave it out"),
    ("capacity --response-format wav --reconnect off", "--reconnect has no meaning", "leave it out"),
    ("run --protocol openai --gateway current", "--gateway is about the gateway of yapit", "leave it out"),
    ("run --protocol openai --reproduce cross-talk", "--reproduce is about", "leave it out"),
    ("run --protocol yapit --dialect openai", "--dialect is about requests", "leave one of them out"),
    ("run --gateway-set stream.rate=4", "`stream` needs", "--protocol openai"),
    ("run --response-format mp3 --pcm-rate 8000", "--pcm-rate is about samples", "leave it out"),
    // What the player does.
    ("run --ahead 3", "--ahead is about listeners to streams", "add --listen"),
    ("run --in-flight 3", "--in-flight is about listeners to streams", "add --listen"),
    ("run --start-buffer 1s", "--start-buffer is about", "add --listen"),
    ("run --resume-buffer 1s", "--resume-buffer is about", "add --listen"),
    ("run --think 1s", "--think is about conversations", "add --listen turns"),
    ("simulate --barge-in 0.5", "--barge-in is about conversations", "add --listen turns"),
    ("run --protocol openai --listen turns --ahead 3", "--ahead is about readers", "leave it out"),
    ("run --protocol openai --listen turns --in-flight 4", "--in-flight is about readers", "leave it out"),
    ("run --protocol openai --session-error player", "--session-error has no meaning", "leave it out"),
    ("run --protocol openai --listen turns --behaviour seek=1", "--behaviour is not done", "leave it out"),
    ("run --zipf 2", "--zipf is how popular", "add --texts"),
    ("run --for 1min", "--for is for how long", "add --arrivals"),
    // Who is asked who it is, and how it is reached.
    ("run --token t", "--token says who listens", "--base-url"),
    ("run --guest=2", "--guest says who listens", "--base-url"),
    ("run --accounts a.csv", "--accounts says who listens", "--base-url"),
    ("run --env-file a.env", "--env-file says who listens", "--base-url"),
    ("run --protocol openai --token t", "--token says who listens", "--base-url"),
    ("documents --token t", "--token says who listens", "--base-url"),
    ("run --header X:~y", "--header needs --base-url", "--base-url"),
    ("run --insecure", "--insecure needs --base-url", "--base-url"),
    ("run --client-cert a.pem", "--client-cert needs --base-url", "--base-url"),
    ("documents --insecure", "--insecure needs --base-url", "--base-url"),
    ("run --reuse-documents", "--reuse-documents needs --base-url", "--base-url"),
    // The engine.
    ("run --service-seconds 2", "--service-seconds needs", "--engine deterministic"),
    ("run --audio-seconds 2", "--audio-seconds needs", "--engine deterministic"),
    ("run --engine flite --service-seconds 2", "--service-seconds needs", "--engine deterministic"),
    (
        "run --engine flite --gateway-set models.kokoro.service.fixed_seconds=1",
        "is about a modelled engine",
        "leave one of them out",
    ),
    (
        "run --base-url https://a.example --token t --workers 3",
        "--workers is about the embedded",
        "leave one",
    ),
    (
        "documents --base-url https://a.example --token t --limits",
        "--limits is about the embedded",
        "leave one",
    ),
    // Virtual time.
    ("capacity --simulate --token t", "--token has no meaning in a simulation", "take it out"),
    ("capacity --simulate --guest", "--guest has no meaning in a simulation", "take it out"),
    ("capacity --simulate --account-limit none", "--account-limit has no meaning", "take it out"),
    ("capacity --simulate --source-address 127.0.0.1", "--source-address has no meaning", "take it out"),
    ("capacity --simulate --insecure", "--insecure has no meaning in a simulation", "take it out"),
    ("capacity --simulate --header X:~y", "--header has no meaning in a simulation", "take it out"),
    ("capacity --simulate --decode-share 1", "--decode-share has no meaning", "take it out"),
    ("capacity --simulate --pcm-rate 8000", "--pcm-rate has no meaning", "take it out"),
    ("simulate --replicates 5 --junit a.xml", "--junit tells one run", "leave one of them out"),
    ("simulate --replicates 5 --markdown -", "--markdown tells one run", "leave one of them out"),
    ("simulate --replicates 5 --facts none", "--replicates keeps no facts", "leave --facts out"),
    // What is judged.
    ("run --confidence 90", "--confidence says how sure", "add --objective"),
    ("simulate --confidence 90", "--confidence says how sure", "add --objective"),
];

#[test]
fn what_would_do_nothing_is_refused_with_the_reason_and_the_remedy() {
    for (line, why, remedy) in REFUSED {
        let error = refused(line).unwrap_or_else(|| "it is accepted".to_owned());
        assert!(error.contains(why) && error.contains(remedy), "{line}: {error}");
    }
}

#[test]
fn what_does_something_is_accepted() {
    for line in [
        "run --listen turns --base-url https://a.example --token t",
        "run --min-buffer 3 --base-url https://a.example --token t",
        "run --protocol openai --listen turns --think 1s",
        "run --response-format pcm --pcm-rate 8000",
        "simulate --protocol openai --listen reader --ahead 3",
        "capacity --simulate --min-buffer 3",
        "run --no-auth",
        "run --objective errors=0 --confidence 90",
        "simulate --replicates 5 --json",
        "run --engine flite --gateway-set pipeline.max_retries=1",
    ] {
        assert_eq!(refused(line), None, "{line}");
    }
}
