//! `claque tune`: services whose best setting is known on paper, and what is told where there is none.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::stage::Stage;

/// Few runs are enough to show that six of ten are good.
const QUICK: [&str; 3] = ["--reliability", "60", "--quiet"];

/// An engine of streams without luck: ten seconds of audio a block.
const STREAMS: [&str; 8] = [
    "--protocol",
    "openai",
    "--listen",
    "reader",
    "--gateway-set",
    "stream.length={fixed_seconds=10}",
    "--gateway-set",
    "stream.first_chunk={fixed_seconds=0.1}",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// The answer as JSON, with the value of each setting of the winner.
#[track_caller]
fn found(stage: &Stage, args: &[&str]) -> (Value, Vec<String>) {
    let told = json(&stage.prints(&[&["tune", "--json"], args, &QUICK].concat()));
    assert_eq!(told["answer"]["ending"]["kind"], "confirmed", "{}", told["words"]);
    let winner = &told["answer"]["winner"];
    assert_eq!((&winner["status"], &winner["runs"]), (&"confirmed".into(), &24.into()));
    let places = winner["places"].as_array().expect("it has places").iter();
    let varied = told["varied"].as_array().expect("it says what was varied").iter();
    let value = |(varied, place): (&Value, &Value)| {
        let place = usize::try_from(place.as_u64().expect("it is a place")).expect("it is small");
        varied["values"][place].as_str().expect("values are texts").to_owned()
    };
    let values = varied.zip(places).map(value).collect();
    (told, values)
}

/// Each block takes a second and plays for two: 9 listeners need 4.5 workers.
#[test]
fn of_workers_that_take_equal_times_as_many_are_found_as_the_formula_says() {
    let stage = Stage::new();
    let clockwork = ["--engine", "deterministic", "--users", "9", "--blocks", "12"];
    let asked = ["--vary", "workers=1..16", "--objective", "underruns = 0", "--cost", "worker=0.02/h"];
    let (told, values) = found(&stage, &[&clockwork[..], &asked].concat());
    assert_eq!(values, ["5"]);
    let answer = &told["answer"];
    assert!((answer["winner"]["cost"]["mean"].as_f64().unwrap() - 0.1).abs() < 1e-9);
    assert_eq!((&answer["cheaper"], &answer["cheaper_not_missed"]), (&4.into(), &0.into()));
}

/// An engine makes 3 seconds of audio in a second for one stream, 2.7 for each of two and 1.2 for each of more: 3, 5.4 and 3.6 or
/// more for all together, until from five streams on it is 6 and more again. Five listeners play 5. One slot is too few, two are
/// enough, three and four are not.
#[test]
fn where_more_workers_slow_each_other_down_the_search_is_not_misled() {
    let stage = Stage::new();
    let engine = ["--gateway-set", "stream.rate=3", "--gateway-set", "stream.batching={speeds=[1,0.9,0.4]}"];
    let asked = ["--vary", "workers=1..4", "--objective", "underruns = 0", "--users", "5", "--blocks", "8"];
    let (told, values) = found(&stage, &[&STREAMS[..], &engine, &asked].concat());
    assert_eq!(values, ["2"]);
    let steps = told["answer"]["sensitivity"].as_array().expect("there are steps");
    let more = steps.iter().find(|step| step["up"] == true).expect("there is a step up");
    assert_eq!((&more["neighbour"]["status"], &more["neighbour"]["met"]), (&"missed".into(), &0.into()));
    assert!(more["figures"][0]["difference"]["mean"].as_f64().unwrap() > 0.0, "a worker more makes stalls");
}

/// Ten seconds of audio come in twenty pieces, each 0.625 s after the one before and 0.5 s long. Who begins with the n-th piece has
/// the last 19 x 0.625 s after the first at the latest 19 x 0.5 s after beginning: n - 1 is at least 19 x 0.2 = 3.8, so five pieces, of
/// 2.5 s, must be there.
#[test]
fn the_start_buffer_is_as_long_as_a_slow_engine_needs() {
    let stage = Stage::new();
    let engine = ["--gateway-set", "stream.rate=0.8", "--gateway-set", "stream.chunk_seconds=0.5"];
    let asked = ["--vary", "start_buffer=0s..5s:500ms", "--objective", "underruns = 0"];
    let audience = ["--users", "1", "--blocks", "1", "--cost", "start_buffer=1,worker=0"];
    let (_, values) = found(&stage, &[&STREAMS[..], &engine, &asked, &audience].concat());
    assert_eq!(values, ["2.5s"]);
}

#[test]
fn runs_are_simulations_of_their_seeds_on_any_number_of_threads() {
    let stage = Stage::new();
    let world = ["--users", "4", "--blocks", "6", "--stagger", "10"];
    let varied = ["--vary", "workers=2..8:2", "--vary", "batch_size=4,8", "--vary", "min_buffer=1,2"];
    let asked = ["--objective", "startup_time mean < 12 s"];
    let args = [&["tune", "--json", "--jobs"], &["1"][..], &world, &varied, &asked, &QUICK].concat();
    // All but the folder, which has the moment in its name.
    let searched = |args: &[&str]| {
        let mut told = json(&stage.prints(args));
        told.as_object_mut().expect("it is an object").remove("tune_folder");
        told
    };
    let told = searched(&args);
    let many = args.iter().map(|arg| if *arg == "1" { "3" } else { *arg }).collect::<Vec<_>>();
    assert_eq!(told, searched(&many));
    let (winner, varied) = (&told["answer"]["winner"], &told["varied"]);
    let value = |at: usize| {
        let place = usize::try_from(winner["places"][at].as_u64().expect("it won")).expect("it is small");
        varied[at]["values"][place].as_str().expect("values are texts").to_owned()
    };
    let seed = told["answer"]["fresh_seed"].to_string();
    let setting = [
        format!("--workers={}", value(0)),
        format!("--batch-size={}", value(1)),
        format!("--min-buffer={}", value(2)),
    ];
    let setting: Vec<&str> = setting.iter().map(String::as_str).collect();
    let replicates = ["simulate", "--json", "--quiet", "--seed", &seed, "--replicates", "24"];
    let again = json(&stage.prints(&[&replicates[..], &world, &setting].concat()));
    let figures = again["figures"].as_array().expect("there are figures");
    let is_it = |figure: &&Value| figure["id"] == "startup_time" && figure["statistic"] == "mean";
    let mean = figures.iter().find(is_it).expect("it was measured")["mean"].as_f64().unwrap();
    let tuned = winner["figures"][0]["mean"].as_f64().unwrap();
    assert!((mean - tuned).abs() < 1e-6 * mean, "{mean} {tuned}");
}

#[test]
fn what_nobody_can_meet_ends_with_three_and_what_comes_nearest() {
    let stage = Stage::new();
    let clockwork = ["--engine", "deterministic", "--users", "9", "--blocks", "12"];
    let asked = ["--vary", "workers=1..3", "--objective", "underruns = 0"];
    let output = stage.claque(&[&["tune"][..], &clockwork, &asked, &QUICK].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("no setting is shown to meet the objectives"), "{text}");
    assert!(text.contains("nearest           workers=3"), "{text}");
    assert!(text.contains("All 3 settings were looked at: each of them missed."), "{text}");
}

#[test]
fn every_form_fits_its_reader() {
    let stage = Stage::new();
    let model = ["tune", "2026-02", "--users", "4", "--blocks", "6", "--speed", "2", "--stagger", "5"];
    let varied = [
        "--vary",
        "workers=6..12:2",
        "--vary",
        "pipeline.overflow.threshold_seconds=5s..15s",
        "--cost",
        "worker=0.02/h,overflow=0.5/h",
    ];
    let objectives = ["--objective", "startup_time p95 < 18 s", "--objective", "stalled_time_pct <= 50 %"];
    let files = ["--markdown", "tune.md", "--output-dir", "kept"];
    let text = stage.prints(&[&model[..], &varied, &objectives, &files, &QUICK].concat());
    let folder = only_folder(&stage.path().join("kept"));
    let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
    assert!(widest.chars().count() <= 80, "{widest}");
    insta::assert_snapshot!("tune_text", text.replace(&short_name(&folder), "tune-DATE"));
    let markdown = fs::read_to_string(stage.path().join("tune.md")).expect("it was written");
    assert!(markdown.starts_with("### Tune: workers="), "{markdown}");
    let loaded = crate::browser::load(&folder.join("tune.html"));
    assert_eq!(loaded.console, Vec::<String>::new());
    for part in ["CONFIRMED", "What the model leaves out", "One step from it", "<svg"] {
        assert!(loaded.body().contains(part), "{part}");
    }
}

/// The one folder in another.
fn only_folder(parent: &Path) -> PathBuf {
    let mut folders =
        fs::read_dir(parent).expect("it is there").map(|entry| entry.expect("it is read").path());
    let folder = folders.next().expect("there is one");
    assert_eq!(folders.next(), None);
    folder
}

fn short_name(folder: &Path) -> String {
    folder.file_name().expect("it has a name").to_string_lossy().into_owned()
}

#[test]
fn a_search_is_kept_shown_listed_and_pruned_and_says_nothing_once_it_was_changed() {
    let stage = Stage::new();
    let clockwork = ["--engine", "deterministic", "--users", "3", "--blocks", "6"];
    let asked = ["--vary", "workers=1..3", "--objective", "underruns = 0"];
    let told = json(&stage.prints(&[&["tune", "--json"][..], &clockwork, &asked, &QUICK].concat()));
    let folder = only_folder(&stage.path().join("claque-results"));
    let name = short_name(&folder);
    assert_eq!(told["tune_folder"], format!("claque-results/{name}"));
    let shown = json(&stage.prints(&["show", &name, "--json"]));
    assert_eq!((&shown["answer"], &shown["words"]), (&told["answer"], &told["words"]));
    let list = stage.prints(&["runs"]);
    assert!(list.contains(&name) && list.contains("workers=1"), "{list}");
    let listed = json(&stage.prints(&["runs", "--json"]));
    assert_eq!(listed["tunes"][0]["ending"]["kind"], "confirmed");
    let page = fs::read_to_string(folder.join("tune.html")).expect("it was written");
    fs::remove_file(folder.join("tune.html")).expect("it can go");
    assert_eq!(stage.prints(&["report", &name]).trim(), format!("claque-results/{name}/tune.html"));
    assert_eq!(fs::read_to_string(folder.join("tune.html")).expect("it is there again"), page);
    let file = fs::read_to_string(folder.join("tune.json")).expect("it was written");
    let better = file.replacen("\"met\": 24", "\"met\": 23", 1);
    assert_ne!(better, file);
    fs::write(folder.join("tune.json"), better).expect("it can be written");
    for verb in ["show", "report"] {
        let output = stage.claque(&[verb, &name]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(5), "{verb}: {words}");
        assert!(words.contains("tune.json was changed in answer"), "{words}");
    }
    assert!(stage.prints(&["runs"]).contains("CHANGED"));
    stage.prints(&["prune", "--keep", "0", "--delete"]);
    assert!(!folder.exists());
}

/// A model that was fitted to few blocks may be far off, and the runs know it.
#[test]
fn a_fitted_model_brings_its_doubt_along() {
    let stage = Stage::new();
    let crowd = ["--users", "4", "--blocks", "8", "--varied-lengths", "--workers", "3", "--stagger", "20"];
    let run = stage.simulated(&crowd).display().to_string();
    stage.prints(&["calibrate", &run, "--write", "model.toml"]);
    let asked =
        ["--users", "4", "--blocks", "6", "--vary", "workers=3,6", "--objective", "startup_time mean < 30 s"];
    let told = |model: &str| json(&stage.prints(&[&["tune", model, "--json"], &asked[..], &QUICK].concat()));
    let fitted = told("model.toml");
    let words = fitted["uncertainty"].as_str().expect("it is text");
    assert!(words.contains("how far the calibration may be off"), "{words}");
    let text = fs::read_to_string(stage.path().join("model.toml")).expect("it was written");
    // The same without what is known of the fit.
    let (before, after) = text.split_once("[calibration.fit]").expect("it is told how well it fits");
    let rest = after.split_once("\n[").map_or_else(String::new, |(_, rest)| format!("[{rest}"));
    let exact = format!("{before}{rest}");
    stage.write("exact.toml", &exact);
    let exact = told("exact.toml");
    assert!(
        exact["uncertainty"].as_str().expect("it is text").contains("of chance alone"),
        "{}",
        exact["uncertainty"]
    );
    let width = |told: &Value| {
        let figure = &told["answer"]["winner"]["figures"][0]["range"];
        figure[1].as_f64().unwrap() - figure[0].as_f64().unwrap()
    };
    assert!(width(&fitted) > width(&exact), "{} {}", width(&fitted), width(&exact));
}

#[test]
fn what_cannot_be_searched_is_refused_with_the_remedy() {
    let stage = Stage::new();
    for (args, words) in [
        (&["--vary", "users=1..5"][..], "none of the settings of a service or a player"),
        (
            &["--vary", "workers=5..1"],
            "--vary workers=5..1: 5..1 has no values in it; give the smaller one first",
        ),
        (&["--vary", "workers=1..4", "--workers", "2"], "is typed as well"),
        (&["--vary", "workers=1..4", "--vary", "workers=5,6"], "it is varied twice"),
        (&["--vary", "batch_size=0..3"], "--batch-size is 0; give 1 to"),
        (&["--vary", "pipeline.overflow.threshold=5,6"], "did you mean `threshold_seconds`?"),
        (&["--vary", "workers=1..4", "--max-runs", "20"], "give 180 at least, or a lower --reliability"),
        (&["--vary", "workers=1..4", "--cost", "overflow=1"], "add worker=PRICE/h"),
        (&["--vary", "batch_size=1..4", "--cost", "overflow=1"], "the model has no overflow provider"),
        (
            &["--vary", "batch_size=1..4", "--workers", "unlimited"],
            "workers without limit, which have no price",
        ),
        (&["--vary", "workers=1..4", "--base-url", "http://x"], "unexpected argument '--base-url'"),
        (&["--vary", "workers=1..4", "--objective", "startup < 1 s"], "startup"),
        (
            &["--vary", "workers=1..4", "--objective", "continuity_ok@100 >= 99 %"],
            "has nothing of the figure that the objective `continuity_ok@100 >= 99 %` is about",
        ),
        (&["--vary", "workers=1..4", "--confidence", "100"], "--confidence is 100; give 80 to 99.9"),
    ] {
        let said = stage.refused(&[&["tune"], args].concat());
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn a_search_that_is_stopped_says_that_it_is_unfinished() {
    let stage = Stage::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
    command.args(["tune", "--users", "40", "--blocks", "30", "--vary", "workers=1..40"]);
    command.args(["--vary", "batch_size=1..16", "--max-runs", "100000", "--jobs", "1"]);
    command.current_dir(stage.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut started = command.spawn().expect("the program was built");
    let mut said = BufReader::new(started.stderr.take().expect("it is piped")).lines();
    let first = said.next().expect("it says what it does").expect("it is text");
    assert!(first.starts_with("looking at 336 settings"), "{first}");
    let killed = Command::new("kill").args(["-INT", &started.id().to_string()]).status();
    assert!(killed.expect("there is a kill").success());
    let output = started.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("stopped before a setting was confirmed"), "{text}");
}
