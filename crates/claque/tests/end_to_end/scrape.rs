//! Figures of others beside an audience: asked, kept, drawn, told, and never in the way of a run.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{Receiver, channel},
    thread,
};

use claque_core::{record::Fact, series::Series, time::Duration};
use serde_json::Value;

use crate::{
    program::{Ran, assert_none_holds, claque, run, run_with},
    stream_server::{Answer, StreamServer, paced},
};

/// One worker that is a quarter as fast as is heard, and overflow for whoever waits two seconds.
const OVERFLOWING: [&str; 22] = [
    "--users",
    "8",
    "--blocks",
    "6",
    "--stagger",
    "4",
    "--gateway",
    "2026-02",
    "--engine",
    "deterministic",
    "--service-seconds",
    "0.5",
    "--audio-seconds",
    "1",
    "--gateway-set",
    "pipeline.overflow.threshold_seconds=2",
    "--gateway-set",
    "pipeline.overflow.scan_seconds=0.5",
    "--gateway-set",
    "pipeline.overflow.cold_start={median_seconds=1,p98_seconds=1}",
    "--gateway-set",
    "pipeline.overflow.execution={median_seconds=1,p98_seconds=1}",
];

/// An audience that is served at once and is there for two seconds.
const SMALL: [&str; 8] =
    ["--users", "1", "--blocks", "2", "--engine", "deterministic", "--service-seconds", "0.1"];

fn series(ran: &Ran) -> Vec<Series> {
    let folder = ran.folder.as_ref().unwrap();
    claque_store::series_of(folder, &claque_store::open_manifest(folder).unwrap()).unwrap()
}

#[track_caller]
fn of<'a>(all: &'a [Series], name: &str) -> &'a Series {
    let names = || all.iter().map(|series| series.name.as_str()).collect::<Vec<_>>();
    all.iter().find(|series| series.name == name).unwrap_or_else(|| panic!("no {name} among {:?}", names()))
}

fn source(ran: &Ran, place: usize) -> Value {
    ran.manifest()["series_sources"][place].clone()
}

fn note(ran: &Ran) -> Option<String> {
    let manifest = ran.manifest();
    let notes = manifest["verdict"]["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["id"] == "scrape-incomplete");
    note.map(|note| note["text"].as_str().unwrap().to_owned())
}

fn explained(ran: &Ran, more: &[&str]) -> String {
    let folder = ran.folder.as_ref().unwrap().display().to_string();
    let output = claque(&[&["explain", &folder], more].concat()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_queue_of_an_overflowing_gateway_is_seen_to_rise_before_the_first_stall() {
    let ran = run("run", &[&OVERFLOWING[..], &["--workers", "1", "--scrape", "gateway"]].concat());
    let all = series(&ran);
    let most = |name| of(&all, name).points.iter().map(|point| point.value).fold(0.0, f64::max);
    assert!(most("claque_gateway_queued_blocks") >= 5.0, "a queue grew");
    assert!(most("claque_gateway_overflowing_blocks") >= 1.0, "and went over");
    assert!((most("claque_gateway_busy_workers") - 1.0).abs() < 1e-9, "the only worker was busy");
    assert_eq!(of(&all, "claque_gateway_queued_blocks").labels, "model=\"kokoro\"");
    let source = source(&ran, 0);
    assert!(source["asked"].as_u64().unwrap() >= 10 && source["source"] == "gateway", "{source}");
    assert!(source["interval"]["median_ms"].as_f64().unwrap() >= 249.0, "{source}");

    // By the gateway itself: nobody stalled before blocks waited.
    let json: Value = serde_json::from_str(&explained(&ran, &["--json"])).unwrap();
    let told = &json["before_first_stall"];
    let first = first_stall_ms(ran.saved());
    assert!((told["first_stall_ms"].as_f64().unwrap() - first).abs() < 1e-3, "{told}");
    let rises = told["rises"].as_array().unwrap();
    let queue = rises.iter().find(|rise| rise["name"] == "queue depth").unwrap_or_else(|| panic!("{told}"));
    let lead = queue["lead_ms"].as_f64().unwrap();
    assert!(lead > 0.0 && lead <= first, "{queue}");
    let text = explained(&ran, &[]).split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = format!("queue depth rose {:.1} s before", lead / 1_000.0);
    // Of figures that a busy machine spoilt nothing is concluded.
    let is_concluded = !text.starts_with("INVALID");
    assert_eq!(text.contains(&sentence), is_concluded, "{text}");
    assert_eq!(text.contains("need not be the cause"), is_concluded, "{text}");

    let page = std::fs::read_to_string(ran.folder.as_ref().unwrap().join("report.html")).unwrap();
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("the page lacks {words}"));
    assert!(place("data-plot=\"audience\"") < place("data-plot=\"series-0\""), "under the audience");
    assert!(place("data-plot=\"series-0\"") < place("data-plot=\"strips\""));
    assert!(page.contains("queue depth, of gateway: 0 to "), "its sentence");
}

/// When the first listener stalled, in ms.
fn first_stall_ms(run: &claque_store::Run) -> f64 {
    let stalls = run.facts.iter().filter_map(|fact| match fact {
        Fact::Stall(stall) => Some(stall.began_at),
        Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
    });
    stalls.min().expect("somebody stalled").as_millis_f64()
}

#[test]
fn whoever_does_not_answer_is_told_once_and_ends_no_run() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}/metrics");
    let ran = run(
        "run",
        &[&SMALL[..], &["--scrape", &url, "--scrape-command", "sh -c 'echo a 1; exit 4'"]].concat(),
    );
    assert!(ran.reasons().is_empty(), "{:?}", ran.reasons());
    assert_eq!(ran.stderr.matches("tells no figures").count(), 2, "each is told once: {}", ran.stderr);
    let note = note(&ran).unwrap();
    assert!(
        note.contains(&url) && note.contains("connection refused") && note.contains("exit status: 4"),
        "{note}"
    );
    for place in [0, 1] {
        let source = source(&ran, place);
        assert!(source["asked"].as_u64().unwrap() >= 1 && source["asked"] == source["failed"], "{source}");
    }
    assert!(series(&ran).is_empty());
}

#[test]
fn programs_and_processes_tell_their_figures() {
    let pid = std::process::id().to_string();
    let command = "sh -c 'echo index, utilization.gpu [%]; echo 0, 35 %'";
    let ran = run("run", &[&SMALL[..], &["--scrape-command", command, "--watch-pid", &pid]].concat());
    let all = series(&ran);
    let gpu = of(&all, "utilization.gpu");
    assert_eq!(
        (gpu.labels.as_str(), gpu.unit.as_str(), gpu.points[0].value.to_bits()),
        ("index=\"0\"", "%", 35_f64.to_bits())
    );
    assert!(of(&all, "process_resident_memory_bytes").points[0].value > 1e5);
    assert_eq!(note(&ran), None);
}

/// Answers every request with these metrics, and tells the requests' heads.
fn metrics_server(body: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, heads) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<_> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let length = body.len();
            let _gone = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            if tell.send(head.join("\n")).is_err() {
                return;
            }
        }
    });
    (address, heads)
}

#[test]
fn no_credential_reaches_whoever_is_scraped_and_no_secret_of_theirs_the_folder() {
    let (address, heads) =
        metrics_server("vllm:num_requests_waiting{user=\"hush-hush-1\"} 3\n\u{1b}[2Jodd\n");
    let url = format!("http://{address}");
    let server = StreamServer::start(Answer::audio("audio/pcm", paced(4, Duration::from_millis(300))));
    let service = server.base_url();
    let audience =
        ["--protocol", "openai", "--base-url", &service, "--users", "1", "--blocks", "2", "--scrape", &url];
    let header = ["--header", "X-Key: hush-hush-2"];
    let ran = run_with("run", &[&audience[..], &header].concat(), |command| {
        command.env("OPENAI_API_KEY", "hush-hush-1")
    });
    assert!(ran.reasons().is_empty(), "{:?}: {}", ran.reasons(), ran.stderr);
    let all = series(&ran);
    assert_eq!(of(&all, "vllm:num_requests_waiting").labels, "user=\"[secret]\"");
    let note = note(&ran).unwrap();
    assert!(note.contains("1 line not understood"), "{note}");
    assert_none_holds(&ran.artefacts(), &["hush-hush"]);
    let heads: Vec<String> = heads.try_iter().collect();
    assert!(heads.len() >= 2);
    for head in heads {
        assert!(head.starts_with("GET /metrics HTTP/1.1"), "{head}");
        let lower = head.to_ascii_lowercase();
        assert!(
            !lower.contains("hush") && !lower.contains("authorization") && !lower.contains("x-key"),
            "{head}"
        );
    }
}

#[test]
fn what_is_typed_wrong_is_refused_before_anything_is_asked() {
    for (arguments, words) in [
        (["--scrape", "http://a:b@127.0.0.1:1"], "carries credentials"),
        (["--scrape", "127.0.0.1:1"], "failed to read --scrape"),
        (["--scrape-command", "echo 'a"], "leaves a quote open"),
        (["--watch-pid", "self"], "--watch-pid"),
    ] {
        let ran = run("run", &[&SMALL[..], &arguments].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(words) && ran.run.is_none(), "{}", ran.stderr);
    }
}

/// The commands that the page shows are ones that there are.
#[test]
fn the_page_on_the_servers_side_shows_commands_that_are_understood() {
    let page = include_str!("../../../../docs/scrape.md");
    let shown = page.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (url, _heads) = metrics_server("queue 1\n");
    let url = format!("http://{url}/metrics");
    let mut checked = 0;
    for line in shown.lines().filter(|line| line.starts_with("claque run ")) {
        for flag in ["--scrape ", "--scrape-command ", "--watch-pid "] {
            checked += usize::from(line.contains(flag));
        }
        let line = line.replace("http://127.0.0.1:9100/metrics", &url);
        let line = line
            .replace("--base-url https://tts.example ", "")
            .replace(" --scrape http://127.0.0.1:8000", "");
        let words = words(line.strip_prefix("claque run ").unwrap());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = run("run", &[&SMALL[..], &words].concat());
        assert!(ran.reasons().is_empty() && ran.run.is_some(), "{line}: {}", ran.stderr);
        assert!(source(&ran, 0)["source"].is_string(), "{line}");
    }
    assert_eq!(checked, 4);
}

/// Words apart by spaces; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}
