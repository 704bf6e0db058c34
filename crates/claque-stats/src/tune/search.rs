//! Which simulations are wanted next.
//!
//! Everybody is looked at with two seeds. Then the cheapest settings that may still be good race: a fourth of them goes on with twice
//! as many seeds, and again, until the first in the order of cost is shown to be good, or has missed. Whoever is dropped makes room for
//! the next. Around a winner of a sample its neighbours are looked at, too. The winner is confirmed with seeds that nobody has seen.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FRESH_SEEDS, Grid, MOST_ATTEMPTS, SettingId, TuneEnding, TuneOrder, TunePart, TuneRun, TuneTerms,
    answer::frontier,
    evidence::{Evidence, Standing},
    rivals::Pairing,
};

/// Seeds of the first look.
const SURVEY: u32 = 2;
/// Seeds of those that are told besides the winner.
const TOLD: u32 = 8;
/// Settings of the frontier at most.
pub(super) const MOST_TOLD: usize = 12;
/// Settings that are held against the best at a time, at most.
const MOST_RIVALS: usize = 8;
/// Times as many runs as show a good setting, after which it is left as not shown.
const PATIENCE: u32 = 4;

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    pub(super) terms: TuneTerms,
    pub(super) grid: Grid,
    /// Looked at from the start.
    pool: Vec<SettingId>,
    pub(super) evidence: BTreeMap<SettingId, Evidence>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) made: u32,
}

/// An attempt to confirm a setting with fresh seeds.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) setting: SettingId,
    pub(super) evidence: Evidence,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make these simulations and add what came of them, in this order.
    Run(Vec<TuneOrder>),
    /// Nothing: it is over.
    Done(TuneEnding),
}

impl Search {
    /// A search that knows nothing yet.
    #[must_use]
    pub fn new(terms: TuneTerms, grid: Grid) -> Self {
        // The first look takes half of what there is to spend before the confirmation.
        let spare = terms.most_runs.saturating_sub(terms.confirming_runs());
        let pool = grid.spread(u64::from(spare / (2 * SURVEY)).max(1));
        Self { terms, grid, pool, evidence: BTreeMap::new(), attempts: Vec::new(), made: 0 }
    }

    /// Takes what came of a simulation that was wanted.
    pub fn add(&mut self, order: TuneOrder, run: TuneRun) {
        self.made = self.made.saturating_add(1);
        if order.part != TunePart::Confirm {
            self.evidence.entry(order.setting).or_default().add(run, &self.terms, 0);
            return;
        }
        let begun = self.attempts.last().is_some_and(|last| last.setting == order.setting);
        if !begun {
            self.attempts.push(Attempt { setting: order.setting, evidence: Evidence::default() });
        }
        let number = self.attempts.len();
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.evidence.add(run, &self.terms, number);
        }
    }

    /// What is to be done next.
    #[must_use]
    pub fn next(&self) -> Next {
        let wanted = self.wanted();
        let (mut orders, ending) = match wanted {
            Ok(orders) => (orders, TuneEnding::OutOfRuns),
            Err(ending) => return Next::Done(ending),
        };
        let ending = if self.confirmed().is_some() { TuneEnding::Confirmed } else { ending };
        let left = self.terms.most_runs.saturating_sub(self.made);
        orders.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        if orders.is_empty() { Next::Done(ending) } else { Next::Run(orders) }
    }

    /// Simulations made so far.
    #[must_use]
    pub const fn made(&self) -> u32 {
        self.made
    }

    /// Settings in the first look.
    #[must_use]
    pub fn surveyed(&self) -> u64 {
        u64::try_from(self.pool.len()).unwrap_or(u64::MAX)
    }

    fn wanted(&self) -> Result<Vec<TuneOrder>, TuneEnding> {
        let survey = self.up_to(self.pool.iter().copied(), SURVEY, TunePart::Survey);
        if !survey.is_empty() {
            return Ok(survey);
        }
        if let Some(why) = self.nothing_measured() {
            return Err(TuneEnding::Untrusted(why));
        }
        if let Some(winner) = self.confirmed() {
            return self.besides(Some(winner)).ok_or(TuneEnding::Confirmed);
        }
        if let Some(orders) = self.confirming() {
            return Ok(orders);
        }
        let possible = self.possible();
        // Of a sample the best may have a better one beside it, and that one, too.
        let around = possible.first().map_or_else(Vec::new, |first| self.grid.neighbours(*first));
        let around = around.into_iter().map(|(_, _, there)| there);
        let around = self.up_to(around, SURVEY, TunePart::Near);
        if !around.is_empty() {
            return Ok(around);
        }
        if let Some(orders) = self.race(&possible) {
            return Ok(orders);
        }
        let Some(candidate) = possible.first().copied() else {
            return self.besides(None).ok_or(TuneEnding::NoneShown);
        };
        let rivals = self.rivals(candidate);
        if !rivals.is_empty() {
            return Ok(rivals);
        }
        if u64::try_from(self.attempts.len()).unwrap_or(u64::MAX) >= MOST_ATTEMPTS {
            return self.besides(None).ok_or(TuneEnding::NoneShown);
        }
        let fresh = self.attempts.len() + 1;
        Ok(self.fresh(candidate, fresh, 0))
    }

    /// Why no run of any setting measures the service, if none does.
    fn nothing_measured(&self) -> Option<String> {
        let mut all = self.evidence.values();
        let first = self.evidence.values().find_map(Evidence::why_invalid);
        first.filter(|_| all.all(|one| one.invalid() == one.count())).map(str::to_owned)
    }

    /// What the settings lack of so many runs.
    fn up_to(
        &self,
        settings: impl IntoIterator<Item = SettingId>,
        count: u32,
        part: TunePart,
    ) -> Vec<TuneOrder> {
        let lacking = |setting: SettingId| {
            let there = self.evidence.get(&setting).map_or(0, Evidence::count);
            (there..count).map(move |place| TuneOrder {
                setting,
                seed: self.terms.first_seed.saturating_add(u64::from(place)),
                part,
            })
        };
        settings.into_iter().flat_map(lacking).collect()
    }

    /// The numbers of runs after which it is looked who goes on.
    fn rungs(&self) -> Vec<u32> {
        let fewest = self.terms.fewest_runs();
        let short = (1..31).map(|power| SURVEY << power).take_while(|runs| *runs < fewest);
        let long = (0..).map(|power| fewest << power).take_while(|runs| *runs <= PATIENCE * fewest);
        short.chain(long).collect()
    }

    /// Settings that may be good, the cheapest first and of those that cost the same the one with the best figure, up to the first that is
    /// shown to be good.
    fn possible(&self) -> Vec<SettingId> {
        let mut found: Vec<_> = self
            .left()
            .map(|(setting, evidence, standing)| {
                (evidence.mean_cost(), evidence.badness(&self.terms, 0), setting, standing)
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let shown = found.iter().position(|(.., standing)| *standing == Standing::Shown);
        found.truncate(shown.map_or(found.len(), |place| place + 1));
        found.into_iter().map(|(_, _, setting, _)| setting).collect()
    }

    /// Settings that may be good, as far as that is known.
    fn left(&self) -> impl Iterator<Item = (SettingId, &Evidence, Standing)> {
        let failed: BTreeSet<_> = self.attempts.iter().map(|attempt| attempt.setting).collect();
        let most = PATIENCE.saturating_mul(self.terms.fewest_runs());
        self.evidence.iter().filter(move |(setting, _)| !failed.contains(setting)).filter_map(
            move |(setting, evidence)| {
                let standing = evidence.standing(&self.terms);
                let is_left = match standing {
                    Standing::Shown => true,
                    Standing::Open => evidence.count() < most,
                    Standing::Missed => false,
                };
                is_left.then_some((*setting, evidence, standing))
            },
        )
    }

    /// The runs that the race lacks; none once its first is shown to be good, or nobody is left.
    fn race(&self, possible: &[SettingId]) -> Option<Vec<TuneOrder>> {
        let is_open = |setting: &&SettingId| {
            self.evidence.get(setting).is_none_or(|one| one.standing(&self.terms) == Standing::Open)
        };
        let mut width = self.pool.len();
        for rung in self.rungs() {
            width = (width / 4).max(1);
            let lacking =
                self.up_to(possible.iter().take(width).filter(is_open).copied(), rung, TunePart::Race);
            if !lacking.is_empty() {
                return Some(lacking);
            }
        }
        None
    }

    /// What those lack who may be cheaper than the candidate, or as cheap and better, and have fewer seeds: twice as many as they have. Who
    /// is cheaper with as many seeds stands before it in the race.
    fn rivals(&self, candidate: SettingId) -> Vec<TuneOrder> {
        let Some(best) = self.evidence.get(&candidate) else { return Vec::new() };
        let mut found: Vec<_> = self
            .left()
            .filter(|(setting, evidence, _)| *setting != candidate && evidence.count() < best.count())
            .map(|(setting, evidence, _)| (setting, evidence, Pairing::of(evidence, best, &self.terms)))
            .filter(|(.., pairing)| pairing.may_be_better())
            .collect();
        found.sort_by(|a, b| a.2.order(&b.2).then(a.0.cmp(&b.0)));
        found.truncate(MOST_RIVALS);
        let lacking = |(setting, evidence, _): (SettingId, &Evidence, Pairing)| {
            let next = evidence.count().saturating_mul(2).min(best.count());
            self.up_to([setting], next, TunePart::Race)
        };
        found.into_iter().flat_map(lacking).collect()
    }

    /// What the last attempt to confirm a setting lacks, if anything.
    fn confirming(&self) -> Option<Vec<TuneOrder>> {
        let last = self.attempts.last()?;
        let orders = self.fresh(last.setting, self.attempts.len(), last.evidence.count());
        (!orders.is_empty()).then_some(orders)
    }

    fn fresh(&self, setting: SettingId, attempt: usize, there: u32) -> Vec<TuneOrder> {
        let first = FRESH_SEEDS.saturating_mul(u64::try_from(attempt).unwrap_or(u64::MAX));
        let seed = |place: u32| self.terms.first_seed.saturating_add(first).saturating_add(u64::from(place));
        let order = |place| TuneOrder { setting, seed: seed(place), part: TunePart::Confirm };
        (there..self.terms.confirming_runs()).map(order).collect()
    }

    /// The setting that was confirmed.
    pub(super) fn confirmed(&self) -> Option<SettingId> {
        let last = self.attempts.last()?;
        let is_whole = last.evidence.count() >= self.terms.confirming_runs();
        let standing = last.evidence.standing(&self.terms);
        (is_whole && standing == Standing::Shown).then_some(last.setting)
    }

    /// What is told besides the winner: its neighbours, with the seeds that it has, and what else may be had for its cost.
    fn besides(&self, winner: Option<SettingId>) -> Option<Vec<TuneOrder>> {
        let near = winner.map_or_else(Vec::new, |winner| self.grid.neighbours(winner));
        let near = near.into_iter().map(|(_, _, there)| there);
        let orders = self.up_to(near, self.terms.fewest_runs(), TunePart::Sensitivity);
        if !orders.is_empty() {
            return Some(orders);
        }
        let told: BTreeSet<_> = frontier(self).into_iter().chain(self.nearest()).collect();
        let orders = self.up_to(told, TOLD, TunePart::Frontier);
        (!orders.is_empty()).then_some(orders)
    }

    /// The objective that most runs missed, over all settings; the first where none was missed.
    pub(super) fn binding(&self) -> usize {
        let missed = |objective: usize| {
            let runs = self.evidence.values().flat_map(|evidence| &evidence.runs);
            runs.filter(|run| run.missed.get(objective).copied().unwrap_or(false)).count()
        };
        let objectives = 0..self.terms.less_is_better.len();
        objectives.rev().max_by_key(|objective| missed(*objective)).unwrap_or(0)
    }

    /// The setting that comes nearest: of which most runs met the objectives, as far as is sure, then the one with the best figure of what
    /// binds.
    pub(super) fn nearest(&self) -> Option<SettingId> {
        let binding = self.binding();
        let key = |evidence: &Evidence| {
            (evidence.share.0, -evidence.badness(&self.terms, binding), -evidence.mean_cost())
        };
        let mut best: Option<(SettingId, (f64, f64, f64))> = None;
        for (setting, evidence) in &self.evidence {
            let here = key(evidence);
            let is_better = best.is_none_or(|(_, there)| {
                let order = here.0.total_cmp(&there.0).then(here.1.total_cmp(&there.1));
                order.then(here.2.total_cmp(&there.2)).is_gt()
            });
            if is_better {
                best = Some((*setting, here));
            }
        }
        best.map(|(setting, _)| setting)
    }
}
