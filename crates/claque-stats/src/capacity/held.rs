//! What holds and what does not, of the numbers that were tried.

use super::{
    evidence::{Evidence, Length, ProbeTrust},
    search::{LONGEST, RESOLUTION, Search, whole_number},
    weights::{BLUR, Chances},
};
use crate::sample::whole;

/// A pace that is less than 1 by so many standard errors, and by so much, is an overload.
const SURE: f64 = 3.0;
const NOTABLE: f64 = 0.02;
/// By so many it is too little to say that as much was made as was listened to.
const LIKELY: f64 = 2.0;
/// Runs of other seeds that are the same in every figure: nothing in the service is random.
const REPEATS: usize = 3;

/// Whether a service most likely makes less than is listened to, by enough to be told from a queue that settles: a quarter of a listener,
/// or a hundredth of all.
fn is_short(users: u32, missing: f64, error: f64) -> bool {
    const PART: f64 = 0.25;
    const SHARE: f64 = 0.01;
    missing > LIKELY * error && missing > (PART / f64::from(users)).min(SHARE)
}

impl Search {
    /// Whether a ceiling by throughput is looked for: the pace counts, or something bit that is no objective's.
    pub(super) fn has_throughput(&self) -> bool {
        let bit = |one: &Evidence| matches!(one.worth, ProbeTrust::Limited(_) | ProbeTrust::Unserved(_));
        self.terms.throughput || self.history.iter().any(bit)
    }

    /// Whether a run met everything, and the service did not fall behind in it.
    pub(super) fn holds(&self, one: &Evidence) -> bool {
        one.is_met() && !self.is_overload(one)
    }

    /// Whether a service surely fell behind in this run.
    fn is_overload(&self, one: &Evidence) -> bool {
        let pace = one.pace.filter(|_| self.terms.throughput);
        pace.is_some_and(|pace| 1.0 - pace.ratio > (SURE * pace.error).max(NOTABLE))
    }

    /// Whether a number was looked at again often enough.
    pub(super) fn is_looked_at(&self, users: u32) -> bool {
        self.full_at(users).count() >= 2 * REPEATS || self.is_repeated(users, true)
    }

    /// Whether it was not met, or the service most likely fell behind in it.
    pub(super) fn fails(&self, one: &Evidence) -> bool {
        !one.is_met() || self.falls_behind(one)
    }

    /// Whether the service most likely fell behind in this run.
    pub(super) fn falls_behind(&self, one: &Evidence) -> bool {
        let pace = one.pace.filter(|_| self.terms.throughput);
        pace.is_some_and(|pace| is_short(one.users, 1.0 - pace.ratio, pace.error))
    }

    /// The largest number at which a run met everything.
    pub(super) fn largest_held(&self) -> u32 {
        let held = self.history.iter().filter(|one| self.holds(one));
        held.map(|one| one.users).max().unwrap_or(0)
    }

    /// The number of which a run would tell most: as likely to hold as not, and not tried before, nor one beside it.
    pub(super) fn most_doubtful(&self, ceiling: &Chances) -> u32 {
        /// Numbers that are this near to each other, as a ratio, tell much the same.
        const BESIDE: f64 = 0.015;
        let tried = |users: f64| -> f64 {
            let full = self.history.iter().filter(|one| one.length == Length::Full && one.is_trusted());
            full.map(|one| (-((users / f64::from(one.users)).ln() / BESIDE).powi(2)).exp()).sum()
        };
        let score = |users: u32| {
            // Where nothing is random another run tells nothing.
            if self.is_repeated(users, true) || self.is_repeated(users, false) {
                return -1.0;
            }
            let chance = ceiling.at_least(f64::from(users));
            chance.min(1.0 - chance) / (1.0 + tried(f64::from(users)))
        };
        let shares = (1..100_u32).map(|share| whole_number(ceiling.quantile(f64::from(share) / 100.0)));
        let candidates = shares.flat_map(|users| [users.max(1), users + 1]);
        candidates.max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a))).unwrap_or(1)
    }

    /// The interval of whole numbers in which the largest that holds lies, with the confidence asked for. `if_any` has the chances where
    /// there is a ceiling at all.
    pub(super) fn interval(&self, ceiling: &Chances, if_any: &Chances) -> (u32, u32) {
        let tail = (1.0 - self.terms.confidence_pct / 100.0) / 2.0;
        let low = whole_number(ceiling.quantile(tail));
        let high = whole_number(BLUR * ceiling.quantile(1.0 - tail)).max(low);
        // What held each time holds, and where nothing is random it is no use to doubt what was seen again and again.
        let Some(users) = self.backed(if_any) else { return (low, high) };
        let failing = self.failing(if_any).filter(|&number| self.is_missed_for_certain(users, number));
        let high = failing.map_or(high, |number| high.min(number - 1)).max(users);
        (if self.holds_for_certain(users) { users } else { low.min(users) }, high)
    }

    /// Whether `users` holds however often it is tried: it did, each time the same, and buffers did not empty meanwhile. That a pace a little
    /// below 1 comes again proves nothing where nothing is random: its error comes again as well.
    pub(super) fn holds_for_certain(&self, users: u32) -> bool {
        let keeps_up = |one: &Evidence| one.pace.is_none_or(|pace| pace.ratio >= 1.0);
        self.is_repeated(users, true) && (!self.terms.throughput || self.full_at(users).all(keeps_up))
    }

    /// The largest number that was tried for long enough, is more likely to hold than not, and held in its runs together; never
    /// less than one that held in each of its runs.
    pub(super) fn backed(&self, ceiling: &Chances) -> Option<u32> {
        let is_likely = |users: u32| ceiling.at_least(f64::from(users)) >= 0.5 && self.is_backed(users);
        let always = |users: u32| self.full_at(users).all(|one| !self.fails(one)) && !self.lags(users);
        self.full_numbers().filter(|&users| is_likely(users) || always(users)).max()
    }

    /// The least number above what is backed that failed in more than half of its full runs.
    pub(super) fn failing(&self, ceiling: &Chances) -> Option<u32> {
        let backed = self.backed(ceiling).unwrap_or(0);
        self.full_numbers().filter(|&users| users > backed && self.has_failed(users)).min()
    }

    /// Whether more than half of the full runs at a number failed, or the service most likely fell behind in them together.
    pub(super) fn has_failed(&self, users: u32) -> bool {
        self.have_failed(&self.full_at(users).collect::<Vec<_>>())
    }

    /// The same of these runs, which are of one number.
    pub(super) fn have_failed(&self, runs: &[&Evidence]) -> bool {
        let failed = runs.iter().filter(|one| self.fails(one)).count();
        2 * failed > runs.len() || self.lag(runs)
    }

    /// Whether the service most likely fell behind in the full runs at a number together.
    fn lags(&self, users: u32) -> bool {
        self.lag(&self.full_at(users).collect::<Vec<_>>())
    }

    /// The same of these runs, which are of one number.
    fn lag(&self, runs: &[&Evidence]) -> bool {
        let paces: Vec<_> = runs.iter().filter_map(|one| one.pace).collect();
        let Some(first) = runs.first().filter(|_| !paces.is_empty() && self.terms.throughput) else {
            return false;
        };
        let n = whole(u64::try_from(paces.len()).unwrap_or(u64::MAX));
        let ratio = paces.iter().map(|pace| pace.ratio).sum::<f64>() / n;
        let error = paces.iter().map(|pace| pace.error.powi(2)).sum::<f64>().sqrt() / n;
        is_short(first.users, 1.0 - ratio, error)
    }

    /// The runs that show that a number fails.
    pub(super) fn failed_at(&self, users: u32) -> Vec<&Evidence> {
        let failed: Vec<_> = self.full_at(users).filter(|one| self.fails(one)).collect();
        if failed.is_empty() { self.full_at(users).collect() } else { failed }
    }

    /// Whether `users` held and `above` failed, each again and again and each time the same.
    pub(super) fn is_settled(&self, users: u32, above: u32) -> bool {
        self.is_repeated(users, true) && self.is_repeated(above, false)
    }

    /// Whether a number above `users` was missed in each of its full runs, which are enough for that to be no mishap.
    pub(super) fn is_missed_each_time(&self, users: u32, above: u32) -> bool {
        let is_enough =
            self.full_at(above).count() >= REPEATS && self.full_at(above).all(|one| self.fails(one));
        is_enough || self.is_missed_for_certain(users, above)
    }

    /// Whether a number above `users` is missed however often it is tried: more than once it was, each time the same and beyond doubt,
    /// and what held at `users` was the same so often that nothing in the service is random.
    fn is_missed_for_certain(&self, users: u32, above: u32) -> bool {
        let is_again = self.is_repeated(users, true) && self.full_at(above).count() > 1;
        let is_alike = self.is_repeated(above, false) || (is_again && self.is_alike(above, false));
        is_alike && self.full_at(above).all(|one| !self.holds(one))
    }

    /// Whether the full runs at a number were the same in every figure, and all held, or all failed.
    pub(super) fn is_repeated(&self, users: u32, held: bool) -> bool {
        let Some(first) = self.full_at(users).next() else { return false };
        let runs = self.full_at(users).filter(|one| one.blocks == first.blocks).count();
        self.terms.repeatable && runs >= REPEATS && self.is_alike(users, held)
    }

    /// The same, however few they are.
    fn is_alike(&self, users: u32, held: bool) -> bool {
        let Some(first) = self.full_at(users).next() else { return false };
        self.full_at(users).all(|one| self.fails(one) != held && one.is_same_as(first))
    }

    /// Whether all full runs at a number and below it together have as many good ones as each objective asks for. Where they do not,
    /// something goes wrong at any load, and that the good fall steeply is not to be counted on.
    pub(super) fn is_pooled(&self, users: u32) -> bool {
        let full = || self.history.iter().filter(|one| one.length == Length::Full && one.is_trusted());
        let meets = |at: usize| {
            let trials = || full().filter(|one| one.users <= users).filter_map(|one| one.trials.get(at));
            let (good, of) = trials().fold((0, 0), |sum, trial| (sum.0 + trial.good, sum.1 + trial.of));
            let target = trials().next().map_or(0.0, |trial| trial.target);
            whole(good) + 1e-9 >= target * whole(of)
        };
        (0..self.objectives.len()).all(meets)
    }

    fn full_numbers(&self) -> impl Iterator<Item = u32> {
        let full = self.history.iter().filter(|one| one.length == Length::Full && one.is_trusted());
        full.map(|one| one.users)
    }

    pub(super) fn full_at(&self, users: u32) -> impl Iterator<Item = &Evidence> {
        let is = move |one: &&Evidence| one.users == users && one.length == Length::Full && one.is_trusted();
        self.history.iter().filter(is)
    }

    /// Blocks over which leads are watched: as many as make the pace known well enough to tell neighbours apart.
    pub(super) fn watched(&self, users: u32) -> u32 {
        let first = f64::from(self.terms.watched);
        let ahead = f64::from(2 * self.terms.ahead);
        let near = self.history.iter().rev().filter(|one| one.length == Length::Full);
        let near = near.filter_map(|one| Some((one.pace?, f64::from(one.blocks), one.users)));
        let last = near.take(4).filter(|(_, _, number)| {
            let ratio = f64::from(*number) / f64::from(users);
            (0.7..1.4).contains(&ratio)
        });
        let wanted = RESOLUTION.max(1.0 / f64::from(users)) / 4.0;
        // The error of a slope falls with the power of one and a half of its length.
        let longer = last.map(|(pace, blocks, _)| {
            (blocks - ahead) * (pace.error / wanted).powf(2.0 / 3.0).clamp(0.5, 2.0)
        });
        let blocks = longer.fold(first, f64::max);
        whole_number(blocks.clamp(first, LONGEST * first))
    }

    /// Whether all full runs at a number together met every objective; of one that is about whole runs, more than half of them.
    pub(super) fn is_backed(&self, users: u32) -> bool {
        let meets = |at: usize| {
            let trials: Vec<_> = self.full_at(users).filter_map(|one| one.trials.get(at)).collect();
            let (good, of) = trials.iter().fold((0, 0), |sum, trial| (sum.0 + trial.good, sum.1 + trial.of));
            let target = trials.first().map_or(1.0, |trial| trial.target);
            of > 0 && whole(good) + 1e-9 >= target * whole(of)
        };
        let is_limited = self.full_at(users).any(|one| one.worth != ProbeTrust::Valid);
        let has_full = self.full_at(users).next().is_some();
        has_full && !is_limited && (0..self.objectives.len()).all(meets)
    }
}
