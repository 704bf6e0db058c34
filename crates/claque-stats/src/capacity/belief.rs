//! Where a ceiling may lie, after what the probes have shown: chances over a grid of numbers of listeners.
//!
//! Each objective has a ceiling of its own, and so has the pace. What a run shows of it is weighed by the chance that it shows just
//! that where the ceiling lies at each number of the grid (Bayes), for several widths of the fall from good to bad and several
//! strengths of the correlation between listeners of one run, which are not known either.

use super::{
    any_load::AnyLoad,
    weights::{Chances, STEP, Weights},
};
use crate::{beta::ln_gamma, sample::whole};

/// How fast the share of the good falls where the ceiling is passed: the ratio of numbers in which the odds fall to a third, each
/// with how likely that is. Queues fall steeply; what goes wrong now and then at any load hardly falls at all.
const WIDTHS: [(f64, f64); 5] = [(0.004, 0.34), (0.02, 0.34), (0.06, 0.19), (0.15, 0.09), (0.6, 0.04)];
/// The same for what a run meets or does not as a whole, such as `errors = 0`: what goes wrong now and then does so the more often the
/// more there is of it, and no queue makes it steep.
const SLOPES: [f64; 5] = [0.15, 0.15, 0.2, 0.25, 0.25];
/// How much listeners of one run share its luck: 0 for those who are independent, 1 for those who all fare alike; each with how
/// likely that is.
pub(super) const ALIKE: [(f64, f64); 3] = [(0.0, 0.4), (0.1, 0.4), (0.6, 0.2)];

/// Shares that fail at any load and that the objective allows, of what it allows, each with how likely that is. The first is luck alone.
const ALLOWED: [(f64, f64); 2] = [(0.05, 0.7), (0.4, 0.3)];

/// One way in which an objective may be missed beyond a ceiling.
#[derive(Clone, Copy, Debug)]
struct CeilingHypothesis {
    width: usize,
    allowed: f64,
    alike: f64,
    chance: f64,
}

fn ways() -> impl Iterator<Item = CeilingHypothesis> {
    WIDTHS.into_iter().enumerate().flat_map(|(width, (_, so_steep))| {
        ALLOWED.into_iter().flat_map(move |(allowed, some)| {
            ALIKE.map(move |(alike, so)| CeilingHypothesis {
                width,
                allowed,
                alike,
                chance: so_steep * some * so,
            })
        })
    })
}

/// What is known of the ceiling of an objective.
#[derive(Clone, Debug)]
pub(super) struct ObjectiveBelief {
    weights: Weights,
    any_load: AnyLoad,
    /// How likely it was thought beforehand that something fails at any load, more than is allowed.
    doubt: f64,
    target: f64,
    is_slope: bool,
}

impl ObjectiveBelief {
    pub(super) fn new(most_users: u32, doubt: f64) -> Self {
        let weights = Weights::new(most_users, STEP, ways().map(|way| way.chance));
        Self { weights, any_load: AnyLoad::new(most_users), doubt, target: 0.5, is_slope: false }
    }

    /// Takes that it is about whole runs.
    pub(super) fn expect_slope(&mut self) {
        if !self.is_slope {
            self.is_slope = true;
            for (weights, way) in self.weights.ways.iter_mut().zip(ways()) {
                let more = (SLOPES[way.width] / WIDTHS[way.width].1).ln();
                weights.iter_mut().for_each(|weight| *weight += more);
            }
        }
    }

    /// Takes that so many listeners were tried.
    pub(super) fn note_tried(&mut self, users: u32) {
        self.weights.note_tried(users);
        self.any_load.note_tried(users);
    }

    /// Takes what a run at `users` listeners shows: of `of` there were `good`, and `target` of them must be.
    pub(super) fn add(&mut self, users: u32, (good, of): (f64, f64), target: f64) {
        self.note_tried(users);
        self.target = target;
        let users = f64::from(users);
        for (place, way) in ways().enumerate() {
            self.weights.add(place, |ceiling| {
                let share = way.share(users / ceiling, target);
                chance(good, of, share, way.alike)
            });
        }
        self.any_load.add(users, (good, of), target);
    }

    /// Where the ceiling may be, if there is one.
    pub(super) fn chances_if_any(&self) -> Chances {
        self.weights.chances()
    }

    /// Where it may be, and whether there is one.
    pub(super) fn chances(&self) -> Chances {
        self.chances_if_any().or_none(self.fails_at_any_load())
    }

    /// The chance that it is missed at any load.
    pub(super) fn fails_at_any_load(&self) -> f64 {
        let for_it = self.doubt.ln() + self.any_load.evidence();
        let against = (1.0 - self.doubt).ln() + self.weights.evidence();
        1.0 / (1.0 + (against - for_it).exp())
    }

    /// Whether as many as this share of those that are served alone are still served at so many listeners, if it is missed at any load.
    pub(super) fn is_unloaded(&self, users: u32, share: f64) -> bool {
        let expected = |number: u32| self.any_load.expected(f64::from(number), self.target);
        expected(users) >= share * expected(1)
    }

    /// How much a run at so many listeners would tell of whether it is missed at any load: the square of what the two expect apart, in
    /// variances.
    pub(super) fn would_tell(&self, users: u32) -> f64 {
        let number = f64::from(users);
        let all: Vec<_> = ways().collect();
        let ceiling = self.weights.mean(|place, ceiling| all[place].share(number / ceiling, self.target));
        let any_load = self.any_load.expected(number, self.target);
        let between = f64::midpoint(ceiling, any_load);
        number * (ceiling - any_load).powi(2) / (between * (1.0 - between)).max(1e-9)
    }
}

impl CeilingHypothesis {
    /// The share that is good at so many times the ceiling, where it is the target: a logistic curve of the logarithm. Whatever the load,
    /// some luck is left on either side.
    fn share(self, times: f64, target: f64) -> f64 {
        let bad = (self.allowed * (1.0 - target)).min(0.02 * self.allowed / ALLOWED[0].0);
        let luck = (target.min(1.0 - target) * ALLOWED[0].0).min(0.02);
        let at_ceiling = (target - luck) / (1.0 - bad - luck);
        let odds = (at_ceiling / (1.0 - at_ceiling)).ln() - times.ln() / WIDTHS[self.width].0;
        luck + (1.0 - bad - luck) / (1.0 + (-odds).exp())
    }
}

/// The logarithm of the chance to see `good` of `of`, but for a constant: binomial, or beta-binomial (Skellam 1948) where they are
/// alike.
pub(super) fn chance(good: f64, of: f64, share: f64, alike: f64) -> f64 {
    let bad = of - good;
    if alike <= 0.0 {
        return good * share.ln() + bad * (1.0 - share).ln();
    }
    let size = (1.0 - alike) / alike;
    let (a, b) = (share * size, (1.0 - share) * size);
    let beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    beta(good + a, bad + b) - beta(a, b)
}

/// How the pace falls beyond the ceiling: with the load, or slower or faster where the service gets quicker or slower by it;
/// each with how likely that is.
const FALLS: [(f64, f64); 3] = [(0.4, 0.25), (1.0, 0.5), (2.0, 0.25)];
/// How far the pace of a run may be off besides its own error, which is what all of a run shares, such as a worker that was lost;
/// each with how likely that is.
const LUCK: [(f64, f64); 3] = [(0.0, 0.45), (0.01, 0.45), (0.025, 0.1)];

/// How far off the curve is beyond the ceiling, for each part that the pace has fallen: there players give blocks up and ask for them
/// again, and the service makes what nobody hears.
const CURVE: f64 = 0.3;

/// The logarithm of the root of two pi, by which the density of normal deviates is divided.
const NORMALISED: f64 = 0.918_938_533_204_672_8;

/// The chance that a normal deviate is at least that.
fn at_least_normal(deviate: f64) -> f64 {
    (libm::erfc(deviate / std::f64::consts::SQRT_2) / 2.0).max(f64::MIN_POSITIVE)
}

/// What is known of the ceiling by throughput.
#[derive(Clone, Debug)]
pub(super) struct PaceBelief {
    weights: Weights,
}

impl PaceBelief {
    pub(super) fn new(most_users: u32) -> Self {
        let ways = FALLS.iter().flat_map(|(_, fall)| LUCK.map(|(_, luck)| fall * luck));
        Self { weights: Weights::new(most_users, STEP, ways) }
    }

    /// Takes that so many listeners were tried.
    pub(super) fn note_tried(&mut self, users: u32) {
        self.weights.note_tried(users);
    }

    /// Takes the pace of a run at `users` listeners. Whether a service that keeps up could do more is not seen: more than 1 tells only
    /// that it was no less.
    pub(super) fn add(&mut self, users: u32, ratio: f64, error: f64) {
        let seen = ratio.min(1.0);
        let keeps_up = ratio >= 1.0;
        self.note_tried(users);
        let ways = FALLS.iter().flat_map(|&(fall, _)| LUCK.map(|(luck, _)| (fall, luck)));
        for (way, (fall, luck)) in ways.enumerate() {
            let error = error.hypot(luck).hypot(CURVE * (1.0 - seen));
            self.weights.add(way, |ceiling| {
                let short = seen - (ceiling / f64::from(users)).powf(fall).min(1.0);
                if keeps_up {
                    at_least_normal(short / error).ln()
                } else {
                    -(short / error).powi(2) / 2.0 - error.ln() - NORMALISED
                }
            });
        }
    }

    /// Takes that a limit of the service bit at `users` listeners, which it may do below the ceiling only by mishap.
    pub(super) fn add_limit(&mut self, users: u32) {
        const MISHAP: f64 = 0.02;
        self.note_tried(users);
        for way in 0..self.weights.ways.len() {
            self.weights.add(way, |ceiling| if ceiling < f64::from(users) { 0.0 } else { MISHAP.ln() });
        }
    }

    pub(super) fn chances(&self) -> Chances {
        self.weights.chances()
    }
}

/// Of many blocks no more are counted than there were listeners: those of one listener are alike.
pub(super) fn counted(good: u64, of: u64, most: u64) -> (f64, f64) {
    let (good, of, most) = (whole(good), whole(of), whole(most));
    if of > most { (good * most / of, most) } else { (good, of) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cliff_between_two_numbers_is_found_there() {
        let mut belief = ObjectiveBelief::new(1_000, 0.02);
        for _ in 0..3 {
            belief.add(37, (37.0, 37.0), 0.99);
            belief.add(38, (0.0, 38.0), 0.99);
        }
        let chances = belief.chances();
        assert!(chances.at_least(36.5) > 0.97, "{}", chances.at_least(36.5));
        assert!(chances.at_least(38.0) < 0.01, "{}", chances.at_least(38.0));
        assert!((36.5..38.0).contains(&chances.quantile(0.5)));
    }

    #[test]
    fn a_number_that_holds_says_nothing_of_how_far_up_the_ceiling_is() {
        let mut belief = ObjectiveBelief::new(1_000, 0.02);
        belief.add(8, (8.0, 8.0), 0.99);
        assert!(belief.chances().is_open(0.975));
        belief.add(16, (3.0, 16.0), 0.99);
        assert!(!belief.chances().is_open(0.975));
    }

    /// A pace of 0.8 at 50 listeners is that of a service for 40, whose speed does not depend on the load.
    #[test]
    fn an_overload_tells_where_the_ceiling_is() {
        let mut belief = PaceBelief::new(1_000);
        belief.add(50, 0.8, 0.005);
        belief.add(40, 1.0, 0.005);
        belief.add(42, 0.953, 0.005);
        belief.add(45, 0.889, 0.005);
        let chances = belief.chances();
        assert!((39.0..41.0).contains(&chances.quantile(0.5)), "{}", chances.quantile(0.5));
        assert!(chances.at_least(43.0) < 0.1, "{}", chances.at_least(43.0));
    }

    #[test]
    fn the_least_of_two_ceilings_is_at_most_either() {
        let (mut low, mut high) = (ObjectiveBelief::new(100, 0.02), ObjectiveBelief::new(100, 0.02));
        low.add(10, (0.0, 10.0), 0.99);
        high.add(50, (0.0, 50.0), 0.99);
        let (low, high) = (low.chances(), high.chances());
        let least = Chances::least(&[low.clone(), high.clone()]).unwrap();
        for share in [0.1, 0.5, 0.9] {
            assert!(least.quantile(share) <= low.quantile(share).min(high.quantile(share)));
        }
    }
}
