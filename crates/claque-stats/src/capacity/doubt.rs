//! Whether there is a ceiling at all: what a search does about failures that come at any load, and what it says of them.

use serde::{Deserialize, Serialize};

use super::{
    belief::ObjectiveBelief,
    evidence::{Evidence, Length, ProbeTrust},
    search::{Next, Search},
    weights::Chances,
};
use crate::{
    binomial::Tail,
    objective::{Counted, Objective, ObjectiveResult, Trial},
};

/// Beyond the number at which so much of those who are served alone is expected to be served, load counts.
const UNLOADED: f64 = 0.98;

/// Looks at lone listeners before anything else is tried.
const MOST_LOOKS: usize = 12;
/// That one listener is served as asked is likely enough to go on with more.
const LIKELY: f64 = 0.8;

/// What is missed at any load, as all runs show it in which the load made no difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtAnyLoad {
    /// The objective as it was written.
    pub objective: String,
    /// How likely it is that no number of listeners meets it, given all runs, in percent.
    pub likely_pct: f64,
    /// The fewest listeners that were there at once.
    pub from_users: u32,
    /// The most.
    pub to_users: u32,
    /// Those on the wrong side.
    pub bad: u64,
    /// All of them.
    pub of: u64,
    /// What they are.
    pub counts: Counted,
    /// The share on the wrong side is at least this, one-sided and with the confidence of the answer, were they independent, in percent
    /// (Clopper & Pearson 1934).
    pub at_least_pct: f64,
    /// What the objective allows, in percent.
    pub allowed_pct: f64,
}

impl Search {
    /// The chance that an objective is missed at any load, so that no number of listeners meets all of them.
    #[must_use]
    pub fn fails_at_any_load(&self) -> f64 {
        1.0 - self.objectives.iter().map(|belief| 1.0 - belief.fails_at_any_load()).product::<f64>()
    }

    /// Where the ceilings may be, as [`Search::ceilings`] has them, if nothing is missed at any load.
    pub(super) fn ceilings_if_any(&self) -> Vec<Chances> {
        let objectives = self.objectives.iter().map(ObjectiveBelief::chances_if_any);
        objectives.chain(self.has_throughput().then(|| self.pace_chances())).collect()
    }

    /// Where the least of them may be.
    pub(super) fn ceiling_if_any(&self) -> Chances {
        Chances::least(&self.ceilings_if_any()).expect("there is an objective, or the pace")
    }

    /// Whether more is to be known of what fails at any load before a number can be named.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.fails_at_any_load() > (1.0 - self.terms.confidence_pct / 100.0) / 2.0
    }

    /// The number, at most `users`, at which a run tells most of whether something fails at any load.
    pub(super) fn most_telling(&self, users: u32) -> u32 {
        let doubt = |belief: &&ObjectiveBelief| belief.fails_at_any_load();
        let most = self.objectives.iter().max_by(|a, b| doubt(a).total_cmp(&doubt(b)));
        let Some(belief) = most else { return users };
        let numbers = std::iter::successors(Some(users), |&number| (number > 1).then_some(number / 2));
        let tells = |number: u32| belief.would_tell(number);
        numbers.max_by(|&a, &b| tells(a).total_cmp(&tells(b))).unwrap_or(users)
    }

    /// Whether lone listeners alone show that one is too many: each missed the same objective, and that all of them did has at most the
    /// chance that is left to be wrong where the objective is met.
    pub(super) fn is_missed_alone(&self) -> bool {
        let sure = 1.0 - self.terms.confidence_pct / 100.0;
        let chance = |at: usize| {
            self.alone().filter_map(|one| one.trials.get(at)).map(Trial::chance_if_met).product::<f64>()
        };
        let least = self.missed_alone().into_iter().map(chance).fold(1.0, f64::min);
        self.alone().count() >= 2 && least <= sure
    }

    /// Whether what lone listeners were given, all together, is too little for an objective that is met, or for the throughput, which comes
    /// behind the objectives: a belief alone does not say so.
    pub(super) fn is_backed_alone(&self, at: usize) -> bool {
        if at < self.objectives.len() {
            return self.is_too_little(self.alone().filter_map(|one| one.trials.get(at)));
        }
        // One run that was served nothing, or in which the service fell behind, may be a mishap.
        let lone = || self.history.iter().filter(|one| one.users == 1 && one.is_trusted() && !one.is_short());
        lone().count() >= 2 && lone().all(|one| one.worth != ProbeTrust::Valid || self.falls_behind(one))
    }

    /// Whether one objective is missed at any load with a chance of `sure`, and the runs in which load makes no difference back that.
    pub(super) fn is_missed_at_any_load(&self, sure: f64) -> bool {
        let is_unloaded =
            |belief: &ObjectiveBelief, users: u32| users == 1 || belief.is_unloaded(users, UNLOADED);
        self.objectives.iter().enumerate().any(|(at, belief)| {
            let runs = self.history.iter().filter(|one| one.is_trusted() && is_unloaded(belief, one.users));
            belief.fails_at_any_load() >= sure
                && self.is_too_little(runs.filter_map(|one| one.trials.get(at)))
        })
    }

    /// Whether trials of one objective, all together, would be as bad with hardly the chance that is left were it met. What only a whole run
    /// can be counted for is left to the belief, and so is what was never tried.
    fn is_too_little<'a>(&self, mut trials: impl Iterator<Item = &'a Trial>) -> bool {
        let Some(first) = trials.next().cloned() else { return true };
        let pooled =
            trials.fold(first, |sum, one| Trial { good: sum.good + one.good, of: sum.of + one.of, ..sum });
        let left = 1.0 - self.terms.confidence_pct / 100.0;
        pooled.counts == Counted::Runs || pooled.chance_if_met() <= left
    }

    /// Whether nothing was tried but lone listeners, of whom one missed what hardly any may miss, and it is not known whether that is so: it is
    /// looked at again, as shortly. What is known at the start of a session is looked at several times.
    pub(super) fn wants_another_alone(&self) -> bool {
        let is_nothing_else = self.alone().count() == self.history.len();
        let sure = self.terms.confidence_pct / 100.0;
        let is_open = |at: usize, belief: &ObjectiveBelief| {
            let missed = self.alone().filter_map(|one| one.trials.get(at)).find(|trial| !trial.result.met);
            let holds = belief.chances().at_least(1.0);
            missed.is_some_and(|trial| {
                let most = if trial.known_at_start { MOST_LOOKS } else { 2 };
                trial.target >= 0.8 && self.history.len() < most && holds > 1.0 - sure && holds < LIKELY
            })
        };
        is_nothing_else && self.objectives.iter().enumerate().any(|(at, belief)| is_open(at, belief))
    }

    /// One more look at a lone listener, which is over soon: the sooner where all that is open is known when it has begun.
    pub(super) fn another_alone(&self) -> Next {
        const BLOCKS: u32 = 8;
        const TO_BEGIN: u32 = 2;
        let missed =
            |at: usize| self.alone().filter_map(move |one| one.trials.get(at)).any(|trial| !trial.result.met);
        let needs_more = (0..self.objectives.len()).any(|at| missed(at) && !self.is_known_at_start(at));
        let blocks = if needs_more { BLOCKS } else { TO_BEGIN };
        let length = if self.terms.blocks.is_some() { Length::Full } else { Length::Short };
        self.order_of(1, self.terms.blocks.unwrap_or(blocks), length)
    }

    /// Whether a look that is sooner over than a run of this length still tells something.
    pub(super) fn has_quicker_look(&self, than: Length) -> bool {
        than == Length::Full && self.terms.blocks.is_none() && self.is_begin_open()
    }

    /// Whether all that is open about a lone listener is known when it has begun, so that a short look tells as much of it as a long one.
    pub(super) fn is_open_at_the_start(&self) -> bool {
        // What was looked for by the pace comes behind the objectives.
        let is_later = |at: usize| at >= self.objectives.len() || !self.is_known_at_start(at);
        let is_later_open = self
            .ceilings()
            .iter()
            .enumerate()
            .any(|(at, chances)| is_later(at) && self.is_open_alone(chances));
        self.full_at(1).next().is_some() && self.is_begin_open() && !is_later_open
    }

    /// Whether it is open if a lone listener's session begins as asked.
    pub(super) fn is_begin_open(&self) -> bool {
        let beliefs = self.objectives.iter().enumerate();
        let mut at_start = beliefs.filter(|(at, _)| self.is_known_at_start(*at));
        at_start.any(|(_, belief)| self.is_open_alone(&belief.chances()))
    }

    fn is_open_alone(&self, ceiling: &Chances) -> bool {
        let sure = self.terms.confidence_pct / 100.0;
        (1.0 - sure..sure).contains(&ceiling.at_least(1.0))
    }

    /// Whether an objective is about how a session begins.
    fn is_known_at_start(&self, at: usize) -> bool {
        self.history.iter().filter_map(|one| one.trials.get(at)).any(|trial| trial.known_at_start)
    }

    /// Whether lone listeners were looked at often enough to say that one is too many.
    pub(super) fn was_looked_at_alone(&self) -> bool {
        self.alone().count() >= 3
    }

    fn alone(&self) -> impl Iterator<Item = &Evidence> {
        self.history.iter().filter(|one| one.users == 1 && one.worth == ProbeTrust::Valid)
    }

    /// The objectives, by their places, that each run of a lone listener missed.
    fn missed_alone(&self) -> Vec<usize> {
        let misses = |one: &Evidence, at: usize| one.trials.get(at).is_some_and(|trial| !trial.result.met);
        (0..self.objectives.len())
            .filter(|&at| self.alone().all(|one| misses(one, at)) && self.alone().next().is_some())
            .collect()
    }

    /// What came of the objectives that every lone listener missed, as the last of them has it.
    pub(super) fn alone_results(&self) -> Vec<ObjectiveResult> {
        let last = self.alone().last();
        let missed = self.missed_alone();
        let of = |at: &usize| last.and_then(|one| Some(one.trials.get(*at)?.result.clone()));
        missed.iter().filter_map(of).collect()
    }

    /// The runs that missed an objective.
    pub(super) fn missed(&self, at: usize) -> Vec<&Evidence> {
        let misses = |one: &&Evidence| one.trials.get(at).is_some_and(|trial| !trial.result.met);
        self.history.iter().filter(|one| one.is_trusted()).filter(misses).collect()
    }

    /// What is most likely missed at any load: of the objectives of which that is more likely than not.
    pub(super) fn at_any_load(&self, objectives: &[Objective]) -> Option<AtAnyLoad> {
        let none = |belief: &ObjectiveBelief| 1.0 - belief.chances().at_least(1.0);
        let doubted = self.objectives.iter().zip(objectives).enumerate();
        let doubted = doubted.filter(|(_, (belief, _))| none(belief) >= 0.5);
        let (at, (belief, objective)) =
            doubted.max_by(|(_, (a, _)), (_, (b, _))| none(a).total_cmp(&none(b)))?;
        // Where that is because of the load, only lone listeners count.
        let is_unloaded = |users: u32| {
            users == 1 || (belief.fails_at_any_load() >= 0.5 && belief.is_unloaded(users, UNLOADED))
        };
        let full = |one: &&Evidence| {
            let is_long =
                |trial: &Trial| one.length == Length::Full || trial.known_at_start || !trial.result.met;
            one.is_trusted() && one.trials.get(at).is_some_and(is_long) && is_unloaded(one.users)
        };
        let runs: Vec<_> = self.history.iter().filter(full).collect();
        let trials = || runs.iter().filter_map(|one| one.trials.get(at));
        let first = trials().next()?;
        let (bad, of) = trials().fold((0, 0), |sum, trial| (sum.0 + trial.of - trial.good, sum.1 + trial.of));
        // Before anything was missed, that much is would be no more than what was expected beforehand.
        if bad == 0 {
            return None;
        }
        let users = || runs.iter().map(|one| one.users);
        Some(AtAnyLoad {
            objective: objective.text().to_owned(),
            likely_pct: 100.0 * none(belief),
            from_users: users().min()?,
            to_users: users().max()?,
            bad,
            of,
            counts: first.counts,
            at_least_pct: 100.0 * Tail::of(2.0 * self.terms.confidence_pct - 100.0).least_share(bad, of),
            allowed_pct: 100.0 * (1.0 - first.target),
        })
    }
}
