//! A search as the facts of its runs have it: `capacity.json` repeats what they say, and is not believed where it says something else.

use std::path::Path;

use anyhow::Context as _;
use claque_run::record::calibration_doubts;
use claque_stats::{
    Verdict,
    capacity::{Answer, Evidence, Next, Search, SearchEnding},
    objective::Objective,
};
use claque_store::{CapacityFolder, Integrity, ProbeRow, Run, StoreError, open_capacity, short_name};

use super::{networks::with_networks, probe::evidence_of};
use crate::{config::UsageError, kept};

/// Opens a search and works out again what its runs show and what they come to. What the file says otherwise is told as a doubt.
///
/// # Errors
/// There is no such search, or a run of it that is there cannot be read.
pub(crate) fn open(dir: &Path) -> anyhow::Result<CapacityFolder> {
    let mut book = open_capacity(dir)?;
    let parsed: Result<Vec<_>, _> =
        book.manifest.objectives.iter().map(|line| Objective::parse(line)).collect();
    let objectives = parsed.with_context(|| format!("failed to read the objectives in {}", dir.display()))?;
    let (mut gone, mut differing) = (0_usize, Vec::new());
    for (place, probe) in book.manifest.probes.iter_mut().enumerate() {
        let Some(folder) = probe.folder.as_deref().map(|name| dir.join(name)) else { continue };
        let Some(run) = read_back(&folder)? else {
            gone += 1;
            continue;
        };
        if let Some(measured) = run.measured() {
            let name = short_name(&folder);
            if let Some((_, first)) = book.measured.iter().find(|(other, _)| *other == measured) {
                let what = format!(
                    "{first} and {name} are one run: everything that was measured is the same to the nanosecond; one of them is a copy, \
                     and what the search came to cannot be told; restore the folder from a copy, or make the search again"
                );
                return Err(StoreError::Changed { path: dir.to_owned(), what }.into());
            }
            book.measured.push((measured, name));
        }
        let evidence = of_run(&run, probe, &objectives);
        if !is_same(&evidence, &probe.evidence) {
            differing.push((place + 1).to_string());
            probe.evidence = evidence;
        }
    }
    let (gone_again, differing_again) = without_networks(&mut book, &objectives)?;
    gone += gone_again;
    differing.extend(differing_again);
    book.doubts.extend(of_model(&book.manifest.scenario));
    if gone > 0 {
        let of = book.manifest.probes.len() + book.manifest.without_networks.len();
        book.doubts.push(format!(
            "{gone} of {of} runs are not in the folder any more: what capacity.json says of them cannot be held against their facts"
        ));
    }
    let mut otherwise = Vec::new();
    if !differing.is_empty() {
        otherwise.push(format!("run {}", differing.join(", ")));
        book.doubts.push(format!(
            "capacity.json says something else of run {} than its facts do; told is what they say",
            differing.join(", ")
        ));
    }
    if let Some(told) = book.manifest.answer.clone() {
        let found = answer(&book, &objectives, &told.ending);
        if !is_same_answer(&found, &told) {
            book.doubts.push(
                "the answer in capacity.json is not what its runs come to; told is what they come to"
                    .to_owned(),
            );
            book.manifest.answer = Some(found);
            otherwise.push("the answer".to_owned());
        }
    }
    if !otherwise.is_empty() && book.integrity == Integrity::Unsealed {
        book.integrity = Integrity::of_search(otherwise);
    }
    Ok(book)
}

/// What a search came to.
///
/// # Errors
/// It has not ended, or its answer was taken out of its file.
pub(crate) fn answer_of(book: &CapacityFolder) -> anyhow::Result<&Answer> {
    if let Some(answer) = &book.manifest.answer {
        return Ok(answer);
    }
    book.integrity.refuse(&book.dir)?;
    Err(UsageError::new(format!(
        "the search in {} has not ended: it has no answer to show; go on with it by `claque capacity --resume`, or name one of its runs",
        book.dir.display()
    ))
    .into())
}

/// Looks at the runs that were made again without networks as at all others: how many are gone, and which show something else.
fn without_networks(
    book: &mut CapacityFolder,
    objectives: &[Objective],
) -> anyhow::Result<(usize, Vec<String>)> {
    let (mut gone, mut differing) = (0, Vec::new());
    for probe in &mut book.manifest.without_networks {
        let Some(folder) = probe.folder.as_deref().map(|name| book.dir.join(name)) else { continue };
        let Some(run) = read_back(&folder)? else {
            gone += 1;
            continue;
        };
        let evidence = of_run(&run, probe, objectives);
        if !is_same(&evidence, &probe.evidence) {
            differing.push(format!("{} without networks", probe.order.number + 1));
            probe.evidence = evidence;
        }
    }
    Ok((gone, differing))
}

/// A run of a search; none where it is not there any more.
fn read_back(folder: &Path) -> anyhow::Result<Option<Run>> {
    if !folder.join("run.json").is_file() {
        return Ok(None);
    }
    let read = claque_store::open(folder);
    read.map(Some).with_context(|| format!("failed to read back the run in {}", folder.display()))
}

/// What `claque calibrate` found against the model that was searched, if it is one that it wrote.
pub(super) fn of_model(scenario: &serde_json::Value) -> impl Iterator<Item = String> {
    let doubts: Vec<_> =
        calibration_doubts(scenario).map(|doubt| format!("the model is in doubt: {doubt}")).collect();
    doubts.into_iter()
}

/// What the facts of a run show. What its own file knows against it, and no fact does, stays.
fn of_run(run: &Run, probe: &ProbeRow, objectives: &[Objective]) -> Evidence {
    let again = kept::judge_again(&run.manifest, &run.recompute());
    let saved = run.manifest.verdict.clone().map(Verdict::from);
    let verdict = saved.filter(|saved| !saved.is_valid()).unwrap_or(again);
    evidence_of(run, &verdict, &probe.order, objectives)
}

/// What all runs come to. An ending that no run shows, as that somebody stopped the search, is taken from the file.
fn answer(book: &CapacityFolder, objectives: &[Objective], told: &SearchEnding) -> Answer {
    let mut search = Search::new(book.manifest.terms.clone(), objectives.len());
    for probe in &book.manifest.probes {
        search.add(probe.evidence.clone());
    }
    let ending = match (search.next(), told) {
        (Next::Done(ending), _) => ending,
        (Next::Probe(_), SearchEnding::Stopped | SearchEnding::Undecided(_) | SearchEnding::Untrusted(_)) => {
            told.clone()
        }
        (Next::Probe(_), SearchEnding::Found | SearchEnding::AtLeast | SearchEnding::NothingHolds) => {
            SearchEnding::Undecided("the runs in the folder are not enough".to_owned())
        }
    };
    with_networks(&book.manifest, &search, Answer::of(&search, objectives, ending))
}

fn is_same(a: &Evidence, b: &Evidence) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
    let pace = match (a.pace, b.pace) {
        (Some(a), Some(b)) => near(a.ratio, b.ratio) && near(a.error, b.error),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let counts = |one: &Evidence| -> Vec<_> {
        one.trials.iter().map(|trial| (trial.good, trial.of, trial.result.met)).collect()
    };
    let worth = std::mem::discriminant(&a.worth) == std::mem::discriminant(&b.worth);
    (a.users, a.blocks) == (b.users, b.blocks)
        && worth
        && pace
        && counts(a) == counts(b)
        && a.failures == b.failures
        // An older claque wrote none.
        && (b.networks.is_empty() || a.networks == b.networks)
}

fn is_same_answer(a: &Answer, b: &Answer) -> bool {
    let kind = |one: &Answer| std::mem::discriminant(&one.ending);
    let numbers = |one: &Answer| (one.users, one.low, one.high, one.first_failing, one.probes);
    kind(a) == kind(b)
        && numbers(a) == numbers(b)
        && a.binding == b.binding
        && a.gave_way == b.gave_way
        && a.networks == b.networks
}
