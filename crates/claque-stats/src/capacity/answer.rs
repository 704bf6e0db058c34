//! What a search comes to, in figures.

use serde::{Deserialize, Serialize};

use super::{
    cause::{Cause, GaveWay, falls_behind, gave_way},
    doubt::AtAnyLoad,
    evidence::{Evidence, Length},
    networks::NetworkShare,
    search::{Search, SearchEnding, whole_number},
    weights::{BLUR, Chances},
};
use crate::{
    binomial::Tail,
    objective::{Counted, Objective, ObjectiveResult},
    sample::whole,
};

/// A number that is further off than this, as a ratio, says nothing of the edge.
const NEAR: f64 = 1.3;

/// A pace below this is no matter of chance.
const CLEARLY: f64 = 0.98;

/// The name of the ceiling that is no objective's.
pub const THROUGHPUT: &str = "throughput";

/// What is known of how many listeners a service carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// How the search ended.
    pub ending: SearchEnding,
    /// The largest number that was tried and holds; absent where none is backed by a VALID run.
    pub users: Option<u32>,
    /// Where the largest number that holds lies, with the confidence asked for; the upper end is absent where nothing bounds it.
    pub low: Option<u32>,
    /// See above.
    pub high: Option<u32>,
    /// That confidence, in percent.
    pub confidence_pct: f64,
    /// The least number above it that was tried and failed in more than half of its full runs.
    pub first_failing: Option<u32>,
    /// The least number above the capacity at which runs were made that do not measure the service.
    #[serde(default)]
    pub not_measured: Option<u32>,
    /// The ceiling of each objective in their order, and last that by throughput, if that was looked for; none where no run measures
    /// the service.
    pub ceilings: Vec<Ceiling>,
    /// The name of the lowest ceiling; absent where nothing failed.
    pub binding: Option<String>,
    /// The ceiling by throughput for each listener of the capacity: 1 is none to spare. Absent where it was not reached.
    pub headroom: Option<f64>,
    /// How fast the service delivered in the full runs at the capacity, for each second that is listened to; absent where that is not
    /// known.
    #[serde(default)]
    pub pace: Option<f64>,
    /// The same of those at the first number that fails.
    #[serde(default)]
    pub failing_pace: Option<f64>,
    /// Why the first number that fails could not be listened to at all, if so.
    #[serde(default)]
    pub said: Option<String>,
    /// What the runs at the capacity show of each objective.
    pub shown: Vec<NumberShown>,
    /// How what fails does so; absent where nothing failed near the capacity.
    pub fall: Option<FailureShape>,
    /// What gave way; absent where nothing failed.
    pub gave_way: Option<GaveWay>,
    /// What the networks of listeners have to do with what failed; absent where they had none, or nothing failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<NetworkShare>,
    /// What is missed at any load, where that is more likely than not.
    #[serde(default)]
    pub at_any_load: Option<AtAnyLoad>,
    /// What came of each objective that every lone listener missed.
    #[serde(default)]
    pub alone: Vec<ObjectiveResult>,
    /// Runs that were made.
    pub probes: u64,
    /// Time that listeners listened in all of them, in minutes.
    pub listener_minutes: f64,
}

/// How many listeners an objective, or the throughput, allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// The objective as it was written, or [`THROUGHPUT`].
    pub name: String,
    /// The lower end of the interval, in listeners.
    pub low: f64,
    /// As likely above as below; absent where nothing bounds it.
    pub likely: Option<f64>,
    /// The upper end; absent where nothing bounds it.
    pub high: Option<f64>,
}

/// What runs at one number show of an objective, were those who are counted independent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberShown {
    /// The objective.
    pub objective: String,
    /// Those on the right side, in all runs.
    pub good: u64,
    /// All of them.
    pub of: u64,
    /// What they are.
    pub counts: Counted,
    /// The share that this shows at least, one-sided and with the confidence of the answer, in percent (Clopper & Pearson 1934).
    pub at_least_pct: f64,
    /// Different runs that were made at the number, and those of them that met the objective.
    pub runs: u64,
    /// See above.
    pub runs_met: u64,
}

/// How a service fails beyond its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureShape {
    /// Most listeners suffer at once.
    Cliff,
    /// Some do, and more with each that comes.
    Slope,
}

impl Answer {
    /// What `search` for the ceilings of `objectives` comes to, which ended like this.
    #[must_use]
    pub fn of(search: &Search, objectives: &[Objective], ending: SearchEnding) -> Self {
        let terms = search.terms();
        let tail = (1.0 - terms.confidence_pct / 100.0) / 2.0;
        let if_any = search.ceiling_if_any();
        // A number is named only where it is as good as out of doubt that there is one, and the interval is about where it is.
        let (chances, least) = match ending {
            SearchEnding::Found | SearchEnding::AtLeast => (search.ceilings_if_any(), if_any.clone()),
            SearchEnding::NothingHolds
            | SearchEnding::Untrusted(_)
            | SearchEnding::Undecided(_)
            | SearchEnding::Stopped => (search.ceilings(), search.ceiling()),
        };
        let history = search.history();
        let is_trusted = !matches!(ending, SearchEnding::Untrusted(_)) && !history.is_empty();
        let at_any_load = search.at_any_load(objectives).filter(|_| is_trusted);
        // Where it is more likely than not that nothing holds, what held did so by luck.
        let is_named = is_trusted && at_any_load.is_none() && ending != SearchEnding::NothingHolds;
        let users = search.backed(&if_any).filter(|_| is_named);
        // The last, that by throughput, is there only where it is known.
        let names = objectives.iter().map(Objective::text).chain([THROUGHPUT]);
        let is_measured = is_trusted && history.iter().any(Evidence::is_trusted);
        let ceilings: Vec<_> = names
            .filter(|_| is_measured)
            .zip(&chances)
            .map(|(name, chances)| Ceiling::of(name, chances, tail))
            .collect();
        let (low, high) = search.interval(&least, &if_any);
        // What was missed each time is an end, although nothing beyond it was tried.
        let is_ended = search
            .failing(&if_any)
            .is_some_and(|above| search.is_missed_each_time(users.unwrap_or_default(), above));
        let is_open = least.is_open(1.0 - tail) && !is_ended;
        let end = search.failing(&if_any).filter(|_| is_ended);
        // The capacity is the least of the ceilings, so that none of them is lower than it.
        let floor = users.map_or(0.0, |_| f64::from(low));
        let ceilings: Vec<_> = ceilings.into_iter().map(|ceiling| ceiling.not_below(floor)).collect();
        let throughput = ceilings.iter().find(|ceiling| ceiling.name == THROUGHPUT);
        let throughput = throughput.filter(|_| terms.throughput).and_then(|ceiling| ceiling.likely);
        let first = FirstFailure {
            number: search.failing(&if_any).filter(|_| is_trusted),
            ceilings: &ceilings,
            objectives,
            at_any_load: at_any_load.as_ref(),
            ending: &ending,
        };
        let Failure { number: failing, runs: failed, binding, cause } = first.of(search);
        let pace = |number: u32| mean_pace(search, number);
        Self {
            users,
            low: users.map(|_| low),
            high: users.filter(|_| !is_open).map(|_| high),
            confidence_pct: terms.confidence_pct,
            first_failing: failing,
            not_measured: history
                .iter()
                .filter(|one| !one.is_trusted() && users.is_none_or(|users| one.users > users))
                .map(|one| one.users)
                .min(),
            headroom: users.zip(throughput).map(|(users, most)| most / f64::from(users)),
            shown: users
                .map_or_else(Vec::new, |users| shown(history, users, objectives, terms.confidence_pct)),
            fall: failing.and_then(|number| fall(failed.iter().copied(), users, number)),
            gave_way: gave_way(history, &failed, cause, &ending),
            pace: users.and_then(pace),
            failing_pace: failing.and_then(pace),
            said: failed.first().and_then(|one| one.said().map(str::to_owned)),
            probes: u64::try_from(history.len()).unwrap_or(u64::MAX),
            alone: search.alone_results(),
            networks: None,
            at_any_load,
            listener_minutes: history.iter().map(|one| one.listened_s).fold(0.0, |sum, one| sum + one) / 60.0,
            ceilings: ceilings.into_iter().map(|one| one.ending_at(end, binding.as_deref())).collect(),
            binding,
            ending,
        }
    }
}

impl Ceiling {
    /// The same where it is known to be at least `floor`.
    fn not_below(self, floor: f64) -> Self {
        let above = |end: Option<f64>| end.map(|end| end.max(floor));
        Self { low: self.low.max(floor), likely: above(self.likely), high: above(self.high), ..self }
    }

    /// The same where it is the one that binds, and a number above it was missed each time.
    fn ending_at(self, end: Option<u32>, binding: Option<&str>) -> Self {
        let end = end.filter(|_| self.high.is_none() && binding == Some(&*self.name)).map(f64::from);
        Self { high: self.high.or(end), ..self }
    }

    fn of(name: &str, chances: &Chances, tail: f64) -> Self {
        let high = (!chances.is_open(1.0 - tail)).then(|| chances.quantile(1.0 - tail));
        Self {
            name: name.to_owned(),
            low: chances.quantile(tail) / BLUR,
            likely: high.map(|_| chances.quantile(0.5)),
            high: high.map(|high| BLUR * high),
        }
    }
}

/// The lowest ceiling of an objective that was missed in most of these runs.
fn binding(ceilings: &[Ceiling], failed: &[&Evidence]) -> Option<String> {
    let missed = |at: usize| {
        let misses = |one: &&&Evidence| one.trials.get(at).is_some_and(|trial| !trial.result.met);
        2 * failed.iter().filter(misses).count() > failed.len()
    };
    let likely = |ceiling: &Ceiling| ceiling.likely.unwrap_or(f64::INFINITY);
    let of_objectives = ceilings.iter().filter(|ceiling| ceiling.name != THROUGHPUT).enumerate();
    let missed = of_objectives.filter(|(at, _)| missed(*at)).map(|(_, ceiling)| ceiling);
    missed.min_by(|a, b| likely(a).total_cmp(&likely(b))).map(|ceiling| ceiling.name.clone())
}

/// What is known of the first number that fails.
struct FirstFailure<'a> {
    number: Option<u32>,
    ceilings: &'a [Ceiling],
    objectives: &'a [Objective],
    at_any_load: Option<&'a AtAnyLoad>,
    ending: &'a SearchEnding,
}

/// What failed, and by what.
struct Failure<'a> {
    /// Absent where what is missed at any load was not missed there.
    number: Option<u32>,
    runs: Vec<&'a Evidence>,
    binding: Option<String>,
    cause: Cause,
}

impl FirstFailure<'_> {
    fn of<'a>(&self, search: &'a Search) -> Failure<'a> {
        let runs = self.number.map_or_else(Vec::new, |number| search.failed_at(number));
        let is_in_reach = self.number.is_some_and(|number| is_in_reach(self.ceilings, number));
        // A lone listener is hardly ever too much for a service; that the pace is a little below 1 is no reason then.
        let is_clear = *self.ending != SearchEnding::NothingHolds
            || self.number.and_then(|number| mean_pace(search, number)).is_some_and(|pace| pace < CLEARLY);
        let is_behind = falls_behind(&runs, search.terms().throughput) && is_in_reach && is_clear;
        let cause = Cause { is_behind, is_any_load: self.at_any_load.is_some() };
        if is_behind {
            return Failure { number: self.number, runs, binding: Some(THROUGHPUT.to_owned()), cause };
        }
        let binding = binding(self.ceilings, &runs);
        let Some(AtAnyLoad { objective, .. }) = self.at_any_load else {
            return Failure { number: self.number, runs, binding, cause };
        };
        // What is missed at any load was missed elsewhere, if not there.
        let place = self.objectives.iter().position(|one| one.text() == objective);
        let (number, runs) = match place.filter(|_| binding.as_ref() != Some(objective)) {
            Some(at) => (None, search.missed(at)),
            None => (self.number, runs),
        };
        Failure { number, runs, binding: Some(objective.clone()), cause }
    }
}

/// The mean pace of the full runs at a number; none where none has any, or it is not looked at.
fn mean_pace(search: &Search, number: u32) -> Option<f64> {
    let paces: Vec<_> = search.full_at(number).filter_map(|one| one.pace).map(|pace| pace.ratio).collect();
    let n = whole(u64::try_from(paces.len()).unwrap_or(u64::MAX));
    (search.terms().throughput && !paces.is_empty()).then(|| paces.iter().sum::<f64>() / n)
}

/// What the runs at `users` show of each objective. Runs that are the same in every figure are one.
fn shown(
    history: &[Evidence],
    users: u32,
    objectives: &[Objective],
    confidence_pct: f64,
) -> Vec<NumberShown> {
    // One end of an interval whose other end is not asked for.
    let tail = Tail::of(2.0 * confidence_pct - 100.0);
    let is_full = |one: &&Evidence| one.users == users && one.length == Length::Full && one.is_trusted();
    let mut runs: Vec<&Evidence> = Vec::new();
    for one in history.iter().filter(is_full) {
        if !runs.iter().any(|other| one.is_same_as(other)) {
            runs.push(one);
        }
    }
    let of = |(at, objective): (usize, &Objective)| {
        let trials: Vec<_> = runs.iter().filter_map(|one| one.trials.get(at)).collect();
        let (good, of) = trials.iter().fold((0, 0), |sum, trial| (sum.0 + trial.good, sum.1 + trial.of));
        Some(NumberShown {
            objective: objective.text().to_owned(),
            good,
            of,
            counts: trials.first()?.counts,
            at_least_pct: 100.0 * tail.least_share(good, of),
            runs: u64::try_from(trials.len()).unwrap_or(u64::MAX),
            runs_met: u64::try_from(trials.iter().filter(|trial| trial.result.met).count())
                .unwrap_or(u64::MAX),
        })
    };
    objectives.iter().enumerate().filter_map(of).collect()
}

/// How the runs at a number that does not hold failed; none where it lies far beyond the capacity.
fn fall<'a>(
    runs: impl Iterator<Item = &'a Evidence>,
    users: Option<u32>,
    number: u32,
) -> Option<FailureShape> {
    let near = f64::from(users?) * NEAR;
    if f64::from(number) > near.max(f64::from(users?) + 1.0) {
        return None;
    }
    let share = |one: &Evidence| {
        let shares = one.trials.iter().filter(|trial| trial.counts != Counted::Runs && trial.of > 0);
        shares.map(|trial| 100 * trial.good / trial.of).min()
    };
    let worst = runs.filter_map(share).min()?;
    Some(if worst < 50 { FailureShape::Cliff } else { FailureShape::Slope })
}

/// Whether the ceiling by throughput may lie at that number.
fn is_in_reach(ceilings: &[Ceiling], number: u32) -> bool {
    let throughput = ceilings.iter().find(|ceiling| ceiling.name == THROUGHPUT);
    throughput.is_none_or(|ceiling| ceiling.low <= f64::from(number))
}

/// Listeners that a ceiling allows, as a whole number.
impl Ceiling {
    /// The most listeners that it most likely allows.
    #[must_use]
    pub fn listeners(&self) -> Option<u32> {
        self.likely.map(whole_number)
    }
}
