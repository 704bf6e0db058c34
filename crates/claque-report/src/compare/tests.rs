//! What a comparison looks like. The listeners are made up; their figures vary in small steps.

use claque_stats::{
    Ending, ListenerObservation, Observations,
    compare::{Candidate, CompareOptions, Figures, compare},
    objective::Objective,
};
use claque_store::{ClaqueVersion, Machine, Manifest, NetworkRecord, RunConfig};
use serde_json::json;

use super::{
    CompareTerms, Compared, Differs, InvalidRuns, LoadedRun, Setting, Side, cases, hold_against, html, json,
    markdown, text,
};
use crate::{junit, paint::Paint};

fn manifest() -> Manifest {
    let started = "2026-11-24T23:59:59Z".to_owned();
    Manifest {
        format_version: 1,
        partial: false,
        claque: ClaqueVersion { version: "0.1.0".to_owned() },
        config: RunConfig {
            users: 20,
            blocks_per_user: 10,
            model: "kokoro".to_owned(),
            voice: "af_heart".to_owned(),
            speed: 1.0,
        },
        started_at: started.clone(),
        finished_at: None,
        started_at_utc: started,
        finished_at_utc: None,
        target: "https://tts.example".to_owned(),
        scenario: json!({}),
        machine: Machine { os: "linux".to_owned(), arch: "x86_64".to_owned(), cpus: 2 },
        seed: 1,
        verdict: None,
        accounts: None,
        by_hand: None,
        repeat_of: None,
        facts_kept: None,
        integrity: claque_store::Integrity::default(),
        window: None,
        network: NetworkRecord::default(),
        incidents: Vec::new(),
        preparation: None,
        token_refreshes: Vec::new(),
        service_load: None,
        series_sources: Vec::new(),
        heard: None,
        clock_started_at_unix_ns: None,
        left_to_columns: Vec::new(),
        objectives: Vec::new(),
        summary: None,
        document_ids: Vec::new(),
        sessions: Vec::new(),
        listeners: Vec::new(),
        errors: Vec::new(),
    }
}

/// Twenty listeners of ten blocks whose times are `factor` of the usual, `failing` of whom hear nothing.
pub(super) fn run(name: &str, factor: f64, failing: usize, seed: u64) -> LoadedRun {
    // The luck of a run, which hangs from its name and its seed.
    let luck = (seed * 5 + u64::try_from(name.len()).expect("names are short")) % 4;
    let factor = factor * (1.0 + 0.003 * f64::from(u32::try_from(luck).expect("it is below 4")));
    let listener = |index: u32| {
        let own = factor * (1.0 + 0.02 * f64::from(index % 7));
        let round_trip = |block: u32| own * (700.0 + 40.0 * f64::from((block * 3 + index) % 10));
        let round_trip_ms: Vec<f64> = (0..10).map(round_trip).collect();
        let underruns = u32::from(index.is_multiple_of(5));
        ListenerObservation {
            startup_ms: Some(own * 2_000.0),
            ttfa_ms: Some(own * 1_900.0),
            first_block_ms: Some(own * 1_950.0),
            connect_ms: Some(4.0),
            response_time_ms: round_trip_ms.iter().map(|ms| ms + 5.0).collect(),
            synthesis_time_ms: round_trip_ms.iter().skip(2).map(|ms| ms / 2.0).collect(),
            round_trip_ms,
            blocks_intended: 10,
            blocks_ok: 10,
            underruns,
            stalled_ms: 800.0 * f64::from(underruns),
            listened_ms: Some(60_000.0),
            ending: Ending::Completed,
            ..ListenerObservation::default()
        }
    };
    let mut listeners: Vec<_> = (0..20).map(listener).collect();
    for one in listeners.iter_mut().take(failing) {
        *one = ListenerObservation {
            blocks_intended: 10,
            blocks_missing: 10,
            errors: 1,
            listened_ms: Some(1.0),
            ..ListenerObservation::default()
        };
    }
    LoadedRun {
        name: name.to_owned(),
        manifest: Manifest { seed, ..manifest() },
        observed: Observations::new(listeners),
        invalid: None,
        unverified: None,
        measured: None,
    }
}

fn noted(name: &str, a: &str, b: &str) -> Setting {
    Setting { name: name.to_owned(), a: a.to_owned(), b: b.to_owned(), differs: Differs::Noted }
}

/// The first side against each of the others.
fn compared(sides: Vec<Vec<LoadedRun>>, differences: Vec<Setting>, objection: Option<&str>) -> Compared {
    let label = |(runs, label): (Vec<LoadedRun>, char)| Side { label: label.to_string(), runs };
    let sides: Vec<_> = sides.into_iter().zip('A'..).map(label).collect();
    let candidates: Vec<_> = sides[1..]
        .iter()
        .map(|side| Candidate {
            runs: side.repetitions(),
            objection: objection.map(str::to_owned),
            figures: Figures::Trusted,
        })
        .collect();
    let comparison = compare(&sides[0].repetitions(), &candidates, &CompareOptions::new());
    let judge = |side: &Side| {
        let runs: Vec<_> = side.runs.iter().map(|run| &run.observed).collect();
        ["round_trip p50 < 2 s", "listeners started >= 99 %"]
            .map(|line| Objective::parse(line).unwrap().judge(&runs))
            .to_vec()
    };
    let objectives: Vec<_> = sides[1..].iter().map(judge).collect();
    let differences = candidates.iter().map(|_| differences.clone()).collect();
    drop(candidates);
    Compared {
        sides,
        differences,
        comparison,
        objectives,
        not_judged: Vec::new(),
        confidence_pct: 95.0,
        primary: None,
    }
}

/// Three runs with seeds of their own; every one the `failing` of whom hear nothing.
fn three(name: &str, factor: f64, failing: usize, seeds: [u64; 3]) -> Vec<LoadedRun> {
    seeds.map(|seed| run(&format!("{name}-{seed}"), factor, failing, seed)).into()
}

/// B is slower by half and loses two listeners of each run; C is faster, and its seeds are others.
fn mixed() -> Compared {
    let sides = vec![
        three("before", 1.0, 0, [1, 2, 3]),
        three("after <b>|x", 1.5, 2, [1, 2, 3]),
        three("tuned", 0.8, 0, [4, 5, 6]),
    ];
    let differences = vec![noted("gateway.models.kokoro.workers", "4", "8"), noted("seed", "1", "not set")];
    compared(sides, differences, None)
}

/// One run a side, on two days.
fn single() -> Compared {
    let sides = vec![vec![run("before", 1.0, 0, 1)], vec![run("after", 1.5, 0, 1)]];
    compared(sides, vec![noted("day", "2026-11-24", "2026-11-25")], None)
}

fn incomparable() -> Compared {
    let mut invalid = run("after", 1.5, 0, 1);
    invalid.invalid = Some("cross-talk: 3 messages of foreign documents".to_owned());
    let sides = vec![vec![run("before-1", 1.0, 0, 1), run("before-2", 1.01, 0, 2)], vec![invalid]];
    let users = Setting { differs: Differs::Forbidding, ..noted("users", "20", "10") };
    compared(sides, vec![users], Some("users is 20 against 10"))
}

#[test]
fn one_run_a_side_is_shown_and_not_judged() {
    insta::assert_snapshot!("single", text::document(&single(), Paint::new(false)));
}

#[test]
fn a_table_for_people() {
    insta::assert_snapshot!("text", text::document(&mixed(), Paint::new(false)));
}

#[test]
fn another_task() {
    insta::assert_snapshot!("incomparable", text::document(&incomparable(), Paint::new(false)));
}

#[test]
fn a_comment_for_a_pull_request() {
    insta::assert_snapshot!("markdown", markdown::document(&mixed()));
}

#[test]
fn a_report_for_a_pipeline() {
    insta::assert_snapshot!("junit", junit::document("compare", &cases(&mixed())));
}

#[test]
fn a_document_for_programs() {
    let document = json::document(&incomparable()).unwrap();
    insta::assert_snapshot!("json", document.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn colour_only_underlines() {
    let coloured = text::document(&mixed(), Paint::new(true));
    let mut plain = String::new();
    for (index, piece) in coloured.split("\u{1b}[").enumerate() {
        let begin = if index == 0 { 0 } else { piece.find('m').map_or(0, |m| m + 1) };
        plain.push_str(&piece[begin..]);
    }
    let plain: String = plain.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(plain, text::document(&mixed(), Paint::new(false)));
}

#[test]
fn a_page_with_every_interval_drawn() {
    let page = html::page(&mixed());
    // Nineteen rows with an interval in each of two comparisons, each with words that say the same.
    let drawn = page.matches("<svg ").count();
    assert_eq!(drawn, page.matches("role=\"img\" aria-label=\"difference ").count());
    assert!(drawn > 20, "{drawn}");
    assert!(
        page.contains("B against A: <strong>REGRESSION</strong>") && page.contains("<strong>BETTER</strong>")
    );
    assert!(page.contains("gateway.models.kokoro.workers") && page.contains(">no detectable change<"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn no_words_of_a_run_become_markup_on_the_page() {
    let words = "</td><script>alert(1)</script><img src=x onerror=\"alert(1)\">'";
    let mut invalid = run(words, 1.2, 1, 1);
    invalid.invalid = Some(words.to_owned());
    let differences = vec![noted(words, words, words)];
    let sides = vec![vec![run("before", 1.0, 0, 1)], vec![invalid]];
    let page = html::page(&compared(sides, differences, Some(words)));
    assert!(page.contains("default-src 'none'") && !page.contains("<script") && !page.contains("<img"));
    assert!(page.matches("&lt;script&gt;").count() >= 5, "they are told all the same");
    assert!(!page.contains("https://") && !page.contains("url("), "it asks nobody for anything");
}

#[test]
fn objectives_of_a_killed_run_are_not_judged() {
    let terms = CompareTerms {
        options: CompareOptions::new(),
        invalid: InvalidRuns::Allowed,
        objectives: vec![Objective::parse("errors = 0").unwrap()],
    };
    let (whole, mut killed) = (run("whole", 1.0, 0, 1), run("killed", 1.0, 0, 2));
    killed.manifest.partial = true;
    let side = |label: &str, run| Side { label: label.to_owned(), runs: vec![run] };
    let compared = hold_against(vec![side("A", whole), side("B", killed)], &terms);
    assert_eq!(compared.objectives, [vec![]]);
    assert_eq!(
        compared.not_judged,
        ["objective errors = 0 of B is not judged: killed did not come to its end"]
    );
}
