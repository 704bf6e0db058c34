//! `claque capacity` as its users meet it: answers, exit codes, files.

mod causes;
mod networks;
mod small_numbers;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

const CONTINUITY: &str = "listeners underrun-free >= 99 %";

/// The program in an empty folder, without anything from the surroundings that it would heed.
struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for a folder"))
    }

    fn claque(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("CLAQUE_TOKEN").env("NO_COLOR", "1").env("COLUMNS", "100");
        command.output().expect("the program was built")
    }

    /// A search in virtual time, as JSON.
    fn search(&self, more: &[&str]) -> (i32, Value) {
        self.told(&[&["capacity", "--simulate", "--json", "--quiet"], more].concat())
    }

    /// The newest search, gone on with.
    fn goes_on(&self) -> (i32, Value) {
        self.told(&["capacity", "--resume", "latest", "--json", "--quiet"])
    }

    /// What a command prints, as JSON.
    fn told(&self, args: &[&str]) -> (i32, Value) {
        let output = self.claque(args);
        let words = String::from_utf8_lossy(&output.stderr);
        let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {words}"));
        (output.status.code().expect("no signal ended it"), json)
    }

    /// The folders of searches, oldest first.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path().join("claque-results")).expect("there are results");
        let mut folders: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
        folders.sort();
        folders
    }
}

/// Workers that take `service` seconds for `audio` seconds of audio.
fn clockwork<'a>(workers: &'a str, service: &'a str, audio: &'a str) -> [&'a str; 10] {
    [
        "--workers",
        workers,
        "--engine",
        "deterministic",
        "--service-seconds",
        service,
        "--audio-seconds",
        audio,
        "--objective",
        CONTINUITY,
    ]
}

fn number(json: &Value, pointer: &str) -> f64 {
    json.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {pointer}: {json}"))
}

/// 4 x 5.3 / 2 = 10.6 listeners.
#[test]
fn a_clockwork_carries_what_the_formula_says_and_leaves_a_page_that_asks_nobody() {
    let stage = Stage::new();
    let (code, json) = stage.search(&clockwork("4", "2", "5.3"));
    assert_eq!(code, 0, "{json}");
    assert!((9.0..=11.0).contains(&number(&json, "/answer/users")), "{json}");
    assert!(number(&json, "/answer/low") <= 10.0 && number(&json, "/answer/high") >= 10.0, "{json}");
    assert!(number(&json, "/answer/first_failing") > number(&json, "/answer/users"), "{json}");
    assert_eq!(json["answer"]["gave_way"], "queue", "{json}");
    let folder = stage.folders().remove(0);
    let page = fs::read_to_string(folder.join("capacity.html")).expect("there is a page");
    assert!(
        page.contains("<svg")
            && !page.contains("<script")
            && !page.contains("http:")
            && !page.contains("https:")
    );
    // Each run is one as any other.
    let run = json["probes"][0]["folder"].as_str().expect("it has a folder");
    let shown = stage.claque(&["show", &folder.join(run).display().to_string()]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
}

/// Streams that slow each other down: with n at once each makes 4 / (1 + 0.19 (n - 1)) seconds of audio a second, which is 1 at
/// 16.8. A listener with one request at a time has one stream.
#[test]
fn streams_that_slow_each_other_down_cross_where_each_is_as_slow_as_it_is_heard() {
    let stage = Stage::new();
    let clockwork = clockwork("64", "0.001", "4");
    let (code, json) = stage.search(
        &[
            clockwork.as_slice(),
            &["--protocol", "openai", "--in-flight", "1", "--gateway-set", "stream.rate=4"],
            &["--gateway-set", "stream.batching={ slowdown = 0.19 }"],
        ]
        .concat(),
    );
    assert_eq!(code, 0, "{json}");
    assert!((16.0..=17.0).contains(&number(&json, "/answer/users")), "{json}");
}

/// 300 blocks a minute are 5 a second: enough for 10 listeners of blocks of 2 s, each of whom asks for 8 ahead at the start.
#[test]
fn a_rate_limit_is_told_as_what_binds_and_what_it_refused_backs_nothing() {
    let stage = Stage::new();
    let (code, json) = stage.search(&[clockwork("200", "0.5", "2").as_slice(), &["--limits"]].concat());
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["answer"]["gave_way"], "rate-limit", "{json}");
    let users = number(&json, "/answer/users");
    assert!((5.0..=10.0).contains(&users), "{json}");
    let probes = json["probes"].as_array().expect("there are runs");
    let limited = |probe: &Value| probe["evidence"]["worth"]["kind"] == "limited";
    assert!(probes.iter().any(limited));
    let at = |probe: &&Value| probe["evidence"]["users"].as_f64() == Some(users);
    assert!(probes.iter().filter(at).any(|probe| !limited(probe)), "{json}");
    assert!(json["words"].as_str().is_some_and(|words| words.contains("a rate or usage limit")), "{json}");
}

#[test]
fn where_not_even_one_is_content_the_exit_code_is_3() {
    let stage = Stage::new();
    let (code, json) = stage
        .search(&[clockwork("4", "2", "5").as_slice(), &["--objective", "startup_time max < 1 ms"]].concat());
    assert_eq!((code, &json["answer"]["ending"]["kind"]), (3, &Value::from("nothing-holds")), "{json}");
    assert!(json["answer"]["users"].is_null());
}

#[test]
fn a_bound_that_holds_is_told_as_at_least() {
    let stage = Stage::new();
    let (code, json) = stage.search(&[clockwork("100", "1", "4").as_slice(), &["--max-users", "6"]].concat());
    assert_eq!((code, &json["answer"]["ending"]["kind"]), (0, &Value::from("at-least")), "{json}");
    assert_eq!(json["answer"]["users"], 6, "{json}");
    assert!(json["answer"]["high"].is_null() && json["answer"]["first_failing"].is_null(), "{json}");
}

#[test]
fn a_search_without_time_is_undecided_goes_on_and_two_of_one_service_do_not_differ() {
    let stage = Stage::new();
    let clockwork = clockwork("2", "1", "4.3");
    let (code, json) = stage.search(&[clockwork.as_slice(), &["--max-time", "6"]].concat());
    assert_eq!((code, &json["answer"]["ending"]["kind"]), (5, &Value::from("undecided")), "{json}");
    let made = json["probes"].as_array().map_or(0, Vec::len);
    for (other, words) in [
        (["--objective", "errors = 0"], "the objectives changed"),
        (["--workers", "3"], "gateway.models.kokoro.workers was 2 and is 3"),
        (["--max-users", "7"], "--max-users changed"),
    ] {
        let refused = stage.claque(&["capacity", "--resume", "latest", other[0], other[1]]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    // The folder knows the flags.
    let (code, json) = stage.goes_on();
    assert_eq!(code, 0, "{json}");
    assert!(json["probes"].as_array().map_or(0, Vec::len) > made && made > 0, "{json}");
    assert_eq!(stage.folders().len(), 1, "it went on in its own folder");

    let (code, _) = stage.search(&[clockwork.as_slice(), &["--seed", "2"]].concat());
    assert_eq!(code, 0);
    let folders: Vec<_> = stage.folders().iter().map(|folder| folder.display().to_string()).collect();
    let compared = stage.claque(&["compare", &folders[0], &folders[1], "--json"]);
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stderr));
    let json: Value = serde_json::from_slice(&compared.stdout).expect("it is JSON");
    assert_eq!(json["difference"]["differs"], false, "{json}");
}

#[test]
fn what_a_search_cannot_be_told_is_refused_with_what_to_do() {
    let stage = Stage::new();
    for (args, words) in [
        (["--users", "5"].as_slice(), "--users is what a capacity is searched for"),
        (&["--confidence", "20"], "--confidence is 20; give 80 to 99.9"),
        (&["--max-users", "0"], "--max-users is 0; give 1 to 1000000"),
        (&["--hold", "5"], "--hold has no meaning for a capacity"),
        (&["--arrivals", "poisson 5/min"], "--arrivals has no meaning for a capacity"),
        (&["--warm-up", "60s"], "--warm-up has no meaning for a capacity"),
        (&["--objective", "errors > 3"], "gets easier the more listen"),
        (&["--objective", "listeners started <= 5"], "is about how many listeners there are"),
        (&["--objective", "listeners underrun-free >= 100 %"], "asks for everybody"),
        (&["--resume", "nothing"], "there is no capacity `nothing`"),
    ] {
        let output = stage.claque(&[&["capacity", "--simulate"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{args:?}: {said}");
    }
    assert!(!stage.0.path().join("claque-results").exists(), "nothing is left of a search that never began");
}

/// Each connection is refused: that is the service, and the first listener is one too many.
#[test]
fn a_service_that_refuses_everybody_is_blamed_itself() {
    let stage = Stage::new();
    let refusals = "faults.connections=[{select=\"every\",effect={refuse={status=503}}}]";
    let (code, json) =
        stage.search(&[clockwork("4", "1", "2").as_slice(), &["--gateway-set", refusals]].concat());
    assert_eq!((code, &json["answer"]["ending"]["kind"]), (3, &Value::from("nothing-holds")), "{json}");
    assert_eq!(json["answer"]["gave_way"], "worker", "{json}");
    assert!(json["words"].as_str().is_some_and(|words| words.contains("503")), "{json}");
}

/// One worker of 2 x speed: two listeners of 20 blocks meet it each time, three do not start in time.
#[test]
fn what_failed_first_failed_and_one_listener_is_soon_known_to_be_carried() {
    let stage = Stage::new();
    let start = ["--objective", "startup_time p95 < 3 s", "--blocks", "20", "--max-users", "4"];
    let (code, json) = stage.search(&[clockwork("1", "0.5", "1").as_slice(), &start].concat());
    assert_eq!(code, 0, "{json}");
    assert_eq!(
        (&json["answer"]["users"], &json["answer"]["first_failing"]),
        (&2.into(), &3.into()),
        "{json}"
    );
    let (code, json) = stage.search(&[clockwork("4", "1", "2").as_slice(), &["--max-users", "1"]].concat());
    let low = (&json["answer"]["users"], &json["answer"]["low"]);
    assert_eq!((code, low), (0, (&1.into(), &1.into())), "{json}");
    assert!(json["probes"].as_array().is_some_and(|runs| runs.len() < 8), "{json}");
}

#[test]
fn a_figure_that_such_listeners_never_have_is_refused_after_the_first_run() {
    let stage = Stage::new();
    let turns = ["capacity", "--simulate", "--objective", "turn_response p95 < 2 s"];
    let output = stage.claque(&turns);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("has nothing of the figure"), "{said}");
}

#[test]
fn a_search_is_shown_again_and_is_not_held_against_itself() {
    let stage = Stage::new();
    let (code, first) = stage.search(&[clockwork("4", "1", "2").as_slice(), &["--max-users", "2"]].concat());
    assert_eq!(code, 0, "{first}");
    let folder = stage.folders()[0].display().to_string();
    let shown = stage.claque(&["show", &folder, "--json"]);
    let again: Value = serde_json::from_slice(&shown.stdout).expect("it is JSON");
    assert_eq!(again["answer"], first["answer"]);
    let itself = stage.claque(&["compare", &folder, &folder]);
    assert_eq!(itself.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&itself.stderr).contains("cannot be held against itself"));
}

#[test]
fn a_service_that_is_not_there_is_told_at_once() {
    let stage = Stage::new();
    let args = ["capacity", "--base-url", "http://127.0.0.1:1", "--no-auth", "--max-time", "0.1"];
    let output = stage.claque(&args);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("connection refused") && !said.contains("-0 listener"), "{said}");
    assert!(stage.folders().is_empty(), "nothing is known, so nothing is kept");
}

/// The facts of a run say what came of it, whatever stands in the file of the search.
#[test]
fn an_edited_file_is_not_believed() {
    let stage = Stage::new();
    let (code, json) = stage.search(&[clockwork("4", "2", "5.3").as_slice(), &["--seed", "3"]].concat());
    assert_eq!((code, json["doubts"].as_array().map(Vec::len)), (0, Some(0)), "{json}");
    let (folder, users) = (stage.folders().remove(0), number(&json, "/answer/users"));
    let path = folder.join("capacity.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
    let name = folder.display().to_string();
    let (_, again) = stage.told(&["show", &name, "--json"]);
    assert_eq!(
        (&again["doubts"], &again["answer"]),
        (&json["doubts"], &json["answer"]),
        "what nobody edited agrees"
    );

    file["answer"]["users"] = 40.into();
    fs::write(&path, file.to_string()).expect("it can be written");
    let (_, shown) = stage.told(&["show", &name, "--json"]);
    assert!((number(&shown, "/answer/users") - users).abs() < 0.5, "{shown}");
    let doubted = |shown: &Value, words: &str| {
        let doubts = shown["doubts"].as_array().expect("a list");
        doubts.iter().any(|doubt| doubt.as_str().is_some_and(|doubt| doubt.contains(words)))
    };
    assert!(doubted(&shown, "not what its runs come to"), "{shown}");
    assert!(doubted(&shown, "capacity.json was changed in answer"), "{shown}");

    file["answer"]["users"] = json["answer"]["users"].clone();
    file["probes"][1]["evidence"]["trials"][0]["good"] = 0.into();
    fs::write(&path, file.to_string()).expect("it can be written");
    let (_, shown) = stage.told(&["show", &name, "--json"]);
    assert!(doubted(&shown, "run 2 than its facts"), "{shown}");
}

#[test]
fn a_search_is_listed_told_anew_and_removed_with_its_runs() {
    let stage = Stage::new();
    let (code, _) = stage.search(&[clockwork("4", "1", "2").as_slice(), &["--max-users", "2"]].concat());
    assert_eq!(code, 0);
    let folder = stage.folders().remove(0);
    let (_, listed) = stage.told(&["runs", "--json"]);
    assert_eq!(
        (&listed["capacities"][0]["users"], &listed["runs"]),
        (&2.into(), &Value::Array(Vec::new())),
        "{listed}"
    );
    let page = folder.join("capacity.html");
    fs::remove_file(&page).expect("there is a page");
    assert!(stage.claque(&["report", &folder.display().to_string()]).status.success() && page.is_file());
    let cleaned = stage.claque(&["cleanup", "--all", "--no-auth"]);
    assert!(cleaned.status.success(), "{}", String::from_utf8_lossy(&cleaned.stderr));
    assert!(stage.claque(&["prune", "--keep", "0", "--delete"]).status.success());
    assert!(stage.folders().is_empty(), "its runs went with it");
}

/// Three of a hundred blocks fail for good: of 64 each, nearly every listener is without some.
#[test]
fn where_blocks_fail_at_any_load_it_is_said_that_no_number_holds() {
    let stage = Stage::new();
    let fails = r#"faults.jobs=[{select={share=0.03},effect={engine-error={text="no voice"}}}]"#;
    let (code, json) =
        stage.search(&[clockwork("4", "1", "4").as_slice(), &["--gateway-set", fails]].concat());
    assert_eq!((code, &json["answer"]["ending"]["kind"]), (3, &Value::from("nothing-holds")), "{json}");
    assert!(json["answer"]["users"].is_null() && json["answer"]["low"].is_null(), "{json}");
    let words = json["words"].as_str().unwrap_or_default();
    assert!(words.contains("cannot be met") || words.contains("No number of listeners meets"), "{words}");
}

/// A lone listener's first block takes four seconds: two looks at it are enough.
#[test]
fn what_even_a_lone_listener_waits_too_long_for_is_told_at_once() {
    let stage = Stage::new();
    let start = [
        "--objective",
        "startup_time p95 < 3 s",
        "--workers",
        "4",
        "--engine",
        "deterministic",
        "--service-seconds",
        "4",
    ];
    let (code, json) = stage.search(&start);
    assert_eq!(code, 3, "{json}");
    assert!(json["probes"].as_array().is_some_and(|runs| runs.len() <= 2), "{json}");
    let words = json["words"].as_str().unwrap_or_default();
    assert!(words.contains("Even one listener alone has 4.") && words.contains("cannot be met"), "{words}");
}

/// 4 x 5.3 / 2 = 10.6 listeners, 21.2 with twice the workers or in half the time.
#[test]
fn a_model_is_explained_by_its_formula_and_by_simulations_that_leave_nothing() {
    let stage = Stage::new();
    let file = stage.0.path().join("model.toml");
    let settings = "workers = 4\nengine = \"deterministic\"\nservice_seconds = 2.0\naudio_seconds = 5.3\n";
    fs::write(&file, settings).expect("it can be written");
    let (code, json) = stage.told(&["explain", "model.toml", "--json"]);
    assert_eq!((code, &json["binding"]), (0, &Value::from("workers")), "{json}");
    assert!((number(&json, "/throughput_ceiling") - 10.6).abs() < 1e-6, "{json}");
    for (place, ceiling) in [(0, 10.6), (1, 21.2), (2, 21.2)] {
        let found = number(&json, &format!("/simulated/{place}/ceiling/mean"));
        assert!((found / ceiling - 1.0).abs() < 0.05, "{found} instead of {ceiling}: {json}");
    }
    assert!(!stage.0.path().join("claque-results").exists());
    let refused = stage.claque(&["explain", "nothing-of-that-name"]);
    assert_eq!(refused.status.code(), Some(2));
}
