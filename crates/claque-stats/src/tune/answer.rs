//! What all runs of a search come to.

use serde::{Deserialize, Serialize};

use super::{
    SettingId,
    evidence::{Evidence, MeanEstimate, Standing},
    rivals::Pairing,
    search::{Attempt, MOST_TOLD, Search},
};

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "kebab-case")]
pub enum TuneEnding {
    /// A setting was found and confirmed with fresh seeds.
    Confirmed,
    /// No setting that was looked at is shown to be good.
    NoneShown,
    /// The simulations were used up before one was confirmed.
    OutOfRuns,
    /// Somebody stopped it.
    Stopped,
    /// No run of any setting measures the service; for the reason that is given.
    Untrusted(String),
}

/// What the runs of a setting show of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingStatus {
    /// It was confirmed with fresh seeds.
    Confirmed,
    /// It was shown with the seeds of the search, among many, and not confirmed.
    Shown,
    /// Too few of its runs are good.
    Missed,
    /// Neither is shown.
    NotShown,
}

/// A setting, and what its runs show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingResult {
    /// Its number among all.
    pub setting: SettingId,
    /// Which value of each setting it has, from 0.
    pub places: Vec<u32>,
    /// What its runs show.
    pub status: SettingStatus,
    /// Runs of it.
    pub runs: u32,
    /// Those that met every objective.
    pub met: u32,
    /// Where the share of such runs lies, in percent.
    pub met_pct: (f64, f64),
    /// Those that do not measure the service.
    pub invalid: u32,
    /// Why the first of those does not.
    pub why_invalid: Option<String>,
    /// What it costs an hour.
    pub cost: MeanEstimate,
    /// The figure of each objective.
    pub figures: Vec<MeanEstimate>,
}

/// The difference that a step makes, over runs with the same seeds: with the step less without.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The mean difference and its interval.
    pub difference: MeanEstimate,
    /// Whether the interval is on one side of nothing.
    pub is_shown: bool,
}

/// What one step of one setting makes of the winner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// Which setting, from 0.
    pub dimension: usize,
    /// Whether the step is up.
    pub up: bool,
    /// The neighbour.
    pub neighbour: SettingResult,
    /// Pairs of runs.
    pub pairs: u32,
    /// Of the cost of an hour.
    pub cost: PairedDifference,
    /// Of the figure of each objective.
    pub figures: Vec<PairedDifference>,
}

/// A setting that fresh seeds did not confirm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// With the fresh runs.
    pub result: SettingResult,
}

/// What a search comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneAnswer {
    /// How it ended.
    pub ending: TuneEnding,
    /// The cheapest setting that was confirmed, by its fresh runs.
    pub winner: Option<SettingResult>,
    /// The first of the fresh seeds of the winner.
    pub fresh_seed: Option<u64>,
    /// The best that there is where none was confirmed, by its runs in the search.
    pub nearest: Option<SettingResult>,
    /// Those that seemed good and were not confirmed.
    pub unconfirmed: Vec<Unconfirmed>,
    /// The objective that most runs missed, from 0: the one that binds.
    pub binding: usize,
    /// What can be had for how much: each has a better figure of the binding objective than all that are cheaper, by runs in the search.
    pub frontier: Vec<SettingResult>,
    /// A step of each setting from the winner.
    pub sensitivity: Vec<Sensitivity>,
    /// Combinations that there are.
    pub settings: u64,
    /// Those that were looked at.
    pub looked_at: u64,
    /// Of those, that too few of their runs were good.
    pub missed: u64,
    /// Of those, cheaper than the winner, over the seeds that both have.
    pub cheaper: u64,
    /// Of the cheaper ones, not shown to miss.
    pub cheaper_not_missed: u64,
    /// Simulations.
    pub runs: u32,
}

impl TuneAnswer {
    /// What the runs of `search` come to, which ended so.
    #[must_use]
    pub fn of(search: &Search, ending: TuneEnding) -> Self {
        let winner = search.confirmed();
        let evidence = |setting: SettingId| search.evidence.get(&setting).cloned().unwrap_or_default();
        let result = |setting: SettingId| told(search, setting, &evidence(setting), 0);
        let fresh =
            |(place, attempt): (usize, &Attempt)| told(search, attempt.setting, &attempt.evidence, place + 1);
        let attempts: Vec<_> = search.attempts.iter().enumerate().map(fresh).collect();
        let (confirmed, failed): (Vec<_>, Vec<_>) =
            attempts.into_iter().partition(|one| winner == Some(one.setting));
        let best = winner.map(evidence);
        let (mut missed, mut cheaper, mut cheaper_not_missed) = (0, 0, 0);
        for one in search.evidence.values() {
            let has_missed = one.standing(&search.terms) == Standing::Missed;
            missed += u64::from(has_missed);
            if best.as_ref().is_some_and(|best| Pairing::of(one, best, &search.terms).is_cheaper()) {
                cheaper += 1;
                cheaper_not_missed += u64::from(!has_missed);
            }
        }
        let attempt = u64::try_from(search.attempts.len()).unwrap_or(u64::MAX);
        let fresh_seed = search.terms.first_seed.saturating_add(super::FRESH_SEEDS.saturating_mul(attempt));
        Self {
            ending,
            winner: confirmed.into_iter().next(),
            fresh_seed: winner.map(|_| fresh_seed),
            nearest: if winner.is_none() { search.nearest().map(result) } else { None },
            unconfirmed: failed.into_iter().map(|result| Unconfirmed { result }).collect(),
            binding: search.binding(),
            frontier: frontier(search).into_iter().map(result).collect(),
            sensitivity: winner.map_or_else(Vec::new, |winner| sensitivity(search, winner)),
            settings: search.grid.count(),
            looked_at: u64::try_from(search.evidence.len()).unwrap_or(u64::MAX),
            missed,
            cheaper,
            cheaper_not_missed,
            runs: search.made,
        }
    }
}

/// Settings of which each has a better figure of the binding objective than all that are cheaper: by cost, the first, the last and so many
/// between them as a table has room for.
pub(super) fn frontier(search: &Search) -> Vec<SettingId> {
    let binding = search.binding();
    let mut all: Vec<_> = search
        .evidence
        .iter()
        .map(|(setting, evidence)| (evidence.mean_cost(), evidence.badness(&search.terms, binding), *setting))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut best, mut found) = (f64::INFINITY, Vec::new());
    for (_, badness, setting) in all {
        if badness < best || found.is_empty() {
            best = badness;
            found.push(setting);
        }
    }
    let last = found.len().saturating_sub(1);
    if last < MOST_TOLD {
        return found;
    }
    (0..MOST_TOLD).filter_map(|place| found.get(place * last / (MOST_TOLD - 1)).copied()).collect()
}

/// What the runs of a setting in the search (`attempt` 0) or in an attempt to confirm it show.
fn told(search: &Search, setting: SettingId, evidence: &Evidence, attempt: usize) -> SettingResult {
    let terms = &search.terms;
    let is_whole = attempt == 0 || evidence.count() >= terms.confirming_runs();
    let status = match (evidence.standing(terms), attempt) {
        (Standing::Shown, 0) => SettingStatus::Shown,
        (Standing::Shown, _) if is_whole => SettingStatus::Confirmed,
        (Standing::Missed, _) => SettingStatus::Missed,
        (Standing::Shown | Standing::Open, _) => SettingStatus::NotShown,
    };
    let (low, high) = evidence.share;
    let objectives = 0..terms.less_is_better.len();
    SettingResult {
        setting,
        places: search.grid.places(setting),
        status,
        runs: evidence.count(),
        met: evidence.met(),
        met_pct: (100.0 * low, 100.0 * high),
        invalid: evidence.invalid(),
        why_invalid: evidence.why_invalid().map(str::to_owned),
        cost: evidence.cost(terms.confidence_pct),
        figures: objectives.map(|at| evidence.figure(at, terms.confidence_pct)).collect(),
    }
}

fn sensitivity(search: &Search, winner: SettingId) -> Vec<Sensitivity> {
    let Some(here) = search.evidence.get(&winner) else { return Vec::new() };
    let confidence = search.terms.confidence_pct;
    let of_neighbour = |(dimension, up, setting): (usize, bool, SettingId)| {
        let there = search.evidence.get(&setting)?;
        let pairs = here.runs.len().min(there.runs.len());
        let costs = here.runs.iter().zip(&there.runs).map(|(here, there)| Some(there.cost - here.cost));
        let cost = paired(&costs.collect::<Vec<_>>(), confidence);
        let figures = (0..search.terms.less_is_better.len()).map(|at| {
            let (here, there) = (here.values(at), there.values(at));
            let differences = here.into_iter().zip(there).map(|(here, there)| Some(there? - here?));
            paired(&differences.collect::<Vec<_>>(), confidence)
        });
        Some(Sensitivity {
            dimension,
            up,
            neighbour: told(search, setting, there, 0),
            pairs: u32::try_from(pairs).unwrap_or(u32::MAX),
            cost,
            figures: figures.collect(),
        })
    };
    search.grid.neighbours(winner).into_iter().filter_map(of_neighbour).collect()
}

fn paired(differences: &[Option<f64>], confidence_pct: f64) -> PairedDifference {
    let difference = MeanEstimate::of(differences, confidence_pct);
    let is_shown = difference.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    PairedDifference { difference, is_shown }
}
