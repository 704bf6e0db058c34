//! The search: which run is wanted next, and whether enough is known.

use serde::{Deserialize, Serialize};

use super::{
    belief::{ObjectiveBelief, PaceBelief, counted},
    evidence::{Evidence, Length, ProbeTrust},
    weights::Chances,
};
use crate::objective::Counted;

/// Width of the interval that ends a search, as a share of the number found, where that is many.
pub(super) const RESOLUTION: f64 = 0.06;
/// Runs after which a search ends without an answer. One of few listeners counts for less: it tells less, and so more are made.
const MOST_PROBES: f64 = 60.0;
/// INVALID runs after which it does: the first may be a mishap, and so may one elsewhere.
const MOST_INVALID: usize = 4;
/// How much longer than at first a run becomes at most, where leads tell too little.
pub(super) const LONGEST: f64 = 16.0;

/// What is searched for, and within which bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTerms {
    /// How sure the answer is to be, in percent, above 50 and below 100.
    pub confidence_pct: f64,
    /// More listeners than these are never asked for; at least 1.
    pub most_users: u32,
    /// Blocks that a player asks for ahead: the time constant of its buffer.
    pub ahead: u32,
    /// Blocks over which leads are watched at first, beyond those that fill buffers.
    pub watched: u32,
    /// Blocks of every run, where that was asked for.
    pub blocks: Option<u32>,
    /// Window over which starts are spread, in seconds, where that was asked for.
    pub spread_s: Option<f64>,
    /// Whether the pace counts: not where listeners jump, pause, take turns or come for too few blocks.
    #[serde(default = "counts")]
    pub throughput: bool,
    /// Whether runs that are the same in every figure show that nothing is random: not where something may go wrong that seldom does.
    #[serde(default)]
    pub repeatable: bool,
    /// How likely it is beforehand that more than an objective allows fails at any load, also with a lone listener, 0 to 1.
    #[serde(default = "doubt")]
    pub doubt: f64,
    /// How the first number that fails is looked for.
    pub ramp: Ramp,
    /// The longest that the search may take, in seconds of its runs' own time; none for as long as it takes.
    pub most_s: Option<f64>,
}

impl SearchTerms {
    /// How likely something fails at any load in a service of which nothing is known.
    pub const DOUBT: f64 = 0.3;
    /// The same where everything is of claque's own making, and nothing was set that goes wrong now and then.
    pub const PLAIN_DOUBT: f64 = 0.02;
}

const fn counts() -> bool {
    true
}

const fn doubt() -> f64 {
    SearchTerms::DOUBT
}

/// How fast the load is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ramp {
    /// Never to more than twice the last number that held: the service is somebody's.
    Gentle,
    /// At once to where the first blocks say that the ceiling may be: the service is claque's own, or a model.
    Leap,
}

/// A run that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeOrder {
    /// Listeners.
    pub users: u32,
    /// Blocks each is to hear.
    pub blocks: u32,
    /// Window over which their starts are spread evenly, in seconds.
    pub spread_s: f64,
    /// Whether it can pass its number.
    pub length: Length,
    /// Which run of the search it is, from 0: what its seed hangs from.
    pub number: u64,
}

/// What a search wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A run.
    Probe(ProbeOrder),
    /// Nothing more.
    Done(SearchEnding),
}

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "kebab-case")]
pub enum SearchEnding {
    /// The ceiling lies in an interval that is small enough.
    Found,
    /// The most that was to be looked for holds.
    AtLeast,
    /// One listener is too many.
    NothingHolds,
    /// Runs do not measure the service.
    Untrusted(String),
    /// Time or runs were over before enough was known.
    Undecided(String),
    /// Somebody stopped it.
    Stopped,
}

/// A search and all that it was told.
#[derive(Clone, Debug)]
pub struct Search {
    pub(super) terms: SearchTerms,
    pub(super) history: Vec<Evidence>,
    pub(super) objectives: Vec<ObjectiveBelief>,
    pace: PaceBelief,
}

impl Search {
    /// Makes a search for the ceiling of so many `objectives` that knows nothing.
    #[must_use]
    pub fn new(terms: SearchTerms, objectives: usize) -> Self {
        let most = terms.most_users;
        Self {
            objectives: vec![ObjectiveBelief::new(most, terms.doubt); objectives],
            pace: PaceBelief::new(most),
            history: Vec::new(),
            terms,
        }
    }

    /// Takes what a run shows. To go on with a search that was stopped, it is told all that the other was.
    pub fn add(&mut self, evidence: Evidence) {
        if evidence.is_trusted() {
            self.objectives.iter_mut().for_each(|belief| belief.note_tried(evidence.users));
            self.pace.note_tried(evidence.users);
            for (belief, trial) in self.objectives.iter_mut().zip(&evidence.trials) {
                let (good, of) = counted(trial.good, trial.of, evidence.users.into());
                let is_long =
                    evidence.length == Length::Full || (trial.known_at_start && evidence.users == 1);
                let passes = is_long && !matches!(evidence.worth, ProbeTrust::Unserved(_));
                // Failures in a run that was met all the same come at any load.
                if trial.counts == Counted::Runs || (trial.result.met && !evidence.failures.is_empty()) {
                    belief.expect_slope();
                }
                if passes || !trial.result.met {
                    belief.add(evidence.users, (good, of), trial.target);
                }
            }
            if let Some(pace) = evidence.pace.filter(|_| self.terms.throughput) {
                self.pace.add(evidence.users, pace.ratio, pace.error);
            }
            if let ProbeTrust::Limited(_) | ProbeTrust::Unserved(_) = evidence.worth {
                self.pace.add_limit(evidence.users);
            }
        }
        self.history.push(evidence);
    }

    /// What it was told, in order.
    #[must_use]
    pub fn history(&self) -> &[Evidence] {
        &self.history
    }

    /// What it is to find.
    #[must_use]
    pub const fn terms(&self) -> &SearchTerms {
        &self.terms
    }

    /// Where the ceiling of each objective may be, in their order, and last that by throughput where that is known.
    #[must_use]
    pub fn ceilings(&self) -> Vec<Chances> {
        let objectives = self.objectives.iter().map(ObjectiveBelief::chances);
        objectives.chain(self.has_throughput().then(|| self.pace.chances())).collect()
    }

    /// Where the least of the ceilings may be.
    ///
    /// # Panics
    /// There is neither an objective nor a pace.
    #[must_use]
    pub fn ceiling(&self) -> Chances {
        Chances::least(&self.ceilings()).expect("there is an objective, or the pace")
    }

    /// Which run is wanted next, or how the search ended.
    #[must_use]
    pub fn next(&self) -> Next {
        if let Some(why) = self.distrust() {
            return Next::Done(SearchEnding::Untrusted(why));
        }
        if self.history.iter().map(|one| (f64::from(one.users) / 8.0).clamp(0.5, 1.0)).sum::<f64>()
            >= MOST_PROBES
        {
            return Next::Done(SearchEnding::Undecided(format!(
                "{} runs were not enough",
                self.history.len()
            )));
        }
        if self.invalid_at_the_end() == 1 {
            return self.order(self.backed_off(), Length::Full);
        }
        match self.ramp() {
            Some((users, length)) => self.order(users, length),
            None if self.wants_another_alone() => self.another_alone(),
            None => self.refine(),
        }
    }

    pub(super) fn pace_chances(&self) -> Chances {
        self.pace.chances()
    }

    /// Why nothing can be believed, if so.
    fn distrust(&self) -> Option<String> {
        let invalid: Vec<_> = self.history.iter().filter_map(reason).collect();
        let is_over = self.invalid_at_the_end() >= 2 || invalid.len() >= MOST_INVALID;
        invalid.last().filter(|_| is_over).map(|why| (*why).to_owned())
    }

    fn invalid_at_the_end(&self) -> usize {
        self.history.iter().rev().take_while(|one| !one.is_trusted()).count()
    }

    /// Where to go after a run that was INVALID: between it and what held, or the same number where nothing lies between.
    fn backed_off(&self) -> u32 {
        let last = self.history.last().map_or(1, |one| one.users);
        let good = self.largest_held().min(last);
        let between = (f64::from(good.max(1)) * f64::from(last)).sqrt();
        whole_number(between).clamp(1, last)
    }

    /// The most listeners that may be asked for: less than were twice too many for the generator itself.
    fn most(&self) -> u32 {
        let users: Vec<_> =
            self.history.iter().filter(|one| !one.is_trusted()).map(|one| one.users).collect();
        let twice =
            users.iter().filter(|&&number| users.iter().filter(|&&other| other <= number).count() >= 2);
        twice.min().map_or(self.terms.most_users, |&number| (number - 1).clamp(1, self.terms.most_users))
    }

    /// The next step up, as long as nothing failed; none after that.
    fn ramp(&self) -> Option<(u32, Length)> {
        if self.history.iter().any(|one| one.is_trusted() && !self.holds(one)) {
            return None;
        }
        let Some(first) = self.history.first() else { return Some((1, Length::Short)) };
        let held = self.largest_held();
        let most = self.most();
        if held >= most {
            return None;
        }
        let hint = match (self.terms.ramp, first.burst) {
            (Ramp::Leap, Some(burst)) => whole_number(burst * 0.9),
            (Ramp::Leap, None) | (Ramp::Gentle, _) => 0,
        };
        let users = held.saturating_mul(2).max(hint).max(1).min(most);
        let near = first.burst.is_some_and(|burst| f64::from(users) > 0.7 * burst) || users == most;
        Some((users, if near { Length::Full } else { Length::Short }))
    }

    /// Whether one listener is too many: by a full run, by lone listeners, or because something fails at any load. It takes one thing that is
    /// missed beyond doubt; several that may be do not make one.
    fn holds_nothing(&self, sure: f64) -> bool {
        let is_below = |chances: &Chances| 1.0 - chances.at_least(1.0) >= sure;
        let is_missed = || {
            let mut ceilings = self.ceilings().into_iter().enumerate();
            ceilings.any(|(at, chances)| is_below(&chances) && self.is_backed_alone(at))
        };
        let is_seen = self.has_failed(1) || self.was_looked_at_alone();
        (is_seen && (is_missed() || self.is_repeated(1, false)))
            || self.is_missed_alone()
            || self.is_missed_at_any_load(sure)
    }

    /// The next run about a ceiling that is known to be below something that failed, or above all that may be asked for.
    fn refine(&self) -> Next {
        let ceiling = self.ceiling();
        let sure = self.terms.confidence_pct / 100.0;
        let most = self.most();
        let is_sure = || ceiling.at_least(f64::from(most)) >= sure;
        if self.is_backed(most) && (is_sure() || self.holds_for_certain(most)) {
            return Next::Done(SearchEnding::AtLeast);
        }
        // The same again tells nothing, and a pace below 1 is not known to be 1: a longer run knows it better.
        if self.is_repeated(most, true) && self.terms.blocks.is_none() {
            const LONGER: u32 = 4;
            let blocks = 2 * self.terms.ahead + LONGER * self.watched(most);
            return self.order_of(most, blocks, Length::Full);
        }
        if self.holds_nothing(sure) {
            return Next::Done(SearchEnding::NothingHolds);
        }
        // Where the ceiling is, if there is one; whether there is one is looked at when that is known.
        let ceiling = self.ceiling_if_any();
        let (low, high) = self.interval(&ceiling, &ceiling);
        let bracket = (self.backed(&ceiling), self.failing(&ceiling));
        let is_within =
            |users: u32| low <= users + 1 && users <= high && f64::from(high - low) <= finest(users);
        match bracket {
            (Some(users), Some(above)) if above == users + 1 && self.is_settled(users, above) => {
                return Next::Done(SearchEnding::Found);
            }
            // What held each time although that was unlikely is looked at again.
            (Some(users), _) if ceiling.at_least(f64::from(users)) < 0.5 && !self.is_looked_at(users) => {
                return self.order(users, Length::Full);
            }
            // Nothing was tried above it within the interval.
            (Some(users), Some(above)) if is_within(users) && above > high && high > users => {
                return self.order(high, Length::Full);
            }
            (Some(users), Some(_)) if is_within(users) && self.is_in_doubt() => {
                return self.order(self.most_telling(users), Length::Full);
            }
            (Some(users), Some(_)) if is_within(users) && self.is_pooled(users) => {
                return Next::Done(SearchEnding::Found);
            }
            (Some(users), None) if is_within(users) => {
                let up = whole_number(f64::from(high) * 1.01).max(users + 1);
                return self.order(up.min(most.max(users)), Length::Full);
            }
            (None, _) if f64::from(high - low) <= finest(low) => {
                return self.order(low.clamp(1, most), Length::Full);
            }
            (_, _) => {}
        }
        let users = self.most_doubtful(&ceiling);
        let gentle = self.largest_held().saturating_mul(2).max(1);
        match users.clamp(1, most).min(gentle) {
            1 if self.is_open_at_the_start() => self.another_alone(),
            users => self.order(users, Length::Full),
        }
    }

    fn order(&self, users: u32, length: Length) -> Next {
        let SearchTerms { ahead, blocks, .. } = self.terms;
        let long = match length {
            Length::Short => ahead.max(8),
            Length::Full => 2 * ahead + self.watched(users),
        };
        let length = if blocks.is_some() { Length::Full } else { length };
        self.order_of(users, blocks.unwrap_or(long), length)
    }

    /// A run of so many blocks, if there is time for it.
    pub(super) fn order_of(&self, users: u32, blocks: u32, length: Length) -> Next {
        let SearchTerms { ahead, spread_s, .. } = self.terms;
        let block_s = self.history.iter().find_map(|one| one.block_s).unwrap_or(0.0);
        // Over the time in which a buffer fills, so that those who start do not wait for each other.
        let spread_s = if users == 1 { 0.0 } else { spread_s.unwrap_or(f64::from(ahead) * block_s) };
        let number = u64::try_from(self.history.len()).unwrap_or(u64::MAX);
        let order = ProbeOrder { users, blocks, spread_s, length, number };
        let spent: f64 = self.history.iter().map(|one| one.listened_s / f64::from(one.users.max(1))).sum();
        let takes = spread_s + f64::from(blocks) * block_s;
        match self.terms.most_s {
            // How a session begins is soon looked at.
            Some(most) if spent + takes > most && self.has_quicker_look(length) => self.another_alone(),
            Some(most) if !self.history.is_empty() && spent + takes > most => {
                let why = format!(
                    "the next run takes {takes:.0} s and those before it took {spent:.0} s, of {most:.0} s for all; --max-time gives it more"
                );
                Next::Done(SearchEnding::Undecided(why))
            }
            Some(_) | None => Next::Probe(order),
        }
    }
}

/// The width of the interval that ends a search: one listener of a few, two of some, and a share of many.
fn finest(users: u32) -> f64 {
    (f64::from(users) / 4.0).clamp(1.0, 2.0).max(RESOLUTION * f64::from(users))
}

fn reason(one: &Evidence) -> Option<&str> {
    match &one.worth {
        ProbeTrust::Invalid(why) => Some(why),
        ProbeTrust::Valid | ProbeTrust::Limited(_) | ProbeTrust::Unserved(_) => None,
    }
}

/// The whole part of a number of listeners or blocks.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what 32 bits hold")]
pub(super) fn whole_number(number: f64) -> u32 {
    // What is 8 but for rounding is 8.
    (number + 1e-9).clamp(0.0, f64::from(u32::MAX)) as u32
}
