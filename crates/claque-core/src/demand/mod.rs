//! What an audience asks of a service, and when: what a limit on an account will count.
//!
//! A service that answers at once is asked for each block once. One that makes them wait is asked for new ones more slowly, but
//! again and again for what waits too long, so neither is the most that can come: the pace of the service decides ([`Pace`]).

mod asking;

use std::sync::Arc;

use crate::{
    ids::ListenerId,
    plan::Plan,
    player::PlayerPolicy,
    script::{CHARS_PER_SECOND, Script},
    time::{Duration, Instant, MediaTime},
};

/// Most blocks that one message names; longer requests are sent as several.
const BLOCKS_PER_MESSAGE: u64 = 32;

/// What a limit on an account counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Blocks that are asked for.
    Blocks,
    /// Messages that ask, however many blocks they name.
    Messages,
}

impl Counted {
    /// The plural, for people and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Messages => "messages",
        }
    }
}

/// A limit on the synthesis requests of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLimit {
    /// What is counted.
    pub counted: Counted,
    /// How many are let through within the window.
    pub count: u32,
    /// The window.
    pub window: Duration,
}

/// How fast a service makes blocks: from one queue, in the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From one block that is ready to the next while any wait: a block's time in work, divided among the workers.
    pub interval: Duration,
    /// A block's time in work.
    pub service: Duration,
}

impl Pace {
    /// Every block is ready as soon as it is asked for.
    pub const AT_ONCE: Self = Self { interval: Duration::ZERO, service: Duration::ZERO };

    /// Blocks a second at most; none where there is no bound.
    #[must_use]
    pub fn blocks_per_second(self) -> Option<f64> {
        (!self.interval.is_zero()).then(|| 1.0 / self.interval.as_secs_f64())
    }
}

/// What an audience asks for, and when.
#[derive(Clone, Debug)]
pub struct Demand {
    policy: PlayerPolicy,
    listeners: Arc<[Listening]>,
    /// Blocks of the cache that is warmed just before, as the first listener.
    warmed: Option<u32>,
    /// Each listener's requests: when, and how many blocks; those that ask again are among them.
    asks: Vec<Vec<(Instant, u32)>>,
    /// Blocks of everybody.
    blocks: u64,
    /// Characters of everybody's blocks.
    chars: u64,
    /// Time that all of them together take to play.
    playing: Duration,
}

/// One listener: when it is to start, and how long it plays each block.
#[derive(Clone, Debug)]
struct Listening {
    start: Instant,
    times: Vec<Duration>,
}

impl Demand {
    /// Lets every listener of `plan` play its script without ever waiting. With `use_cached` the first script is
    /// everybody's.
    #[must_use]
    pub fn new(plan: &Plan, scripts: &[Script]) -> Self {
        let (mut blocks, mut chars, mut playing) = (0, 0_u64, Duration::ZERO);
        let mut listeners = Vec::with_capacity(scripts.len());
        // Of those who replace others nobody knows when they come.
        let known = plan.schedule.known_of(plan.users);
        for (listener, script) in (0..known).map(ListenerId).zip(scripts) {
            let times: Vec<Duration> = script
                .lengths()
                .into_iter()
                .map(|length| {
                    let length = u64::try_from(length).unwrap_or(u64::MAX);
                    chars = chars.saturating_add(length);
                    play_time(plan, length)
                })
                .collect();
            blocks += u64::try_from(times.len()).unwrap_or(u64::MAX);
            playing += times.iter().sum::<Duration>();
            listeners.push(Listening { start: plan.schedule.intended_start(listener), times });
        }
        let warmed = plan.use_cached.then_some(plan.blocks);
        let (policy, asks) = (plan.policy, Vec::new());
        let demand = Self { policy, listeners: listeners.into(), warmed, asks, blocks, chars, playing };
        demand.at_pace(Pace::AT_ONCE)
    }

    /// The same audience in front of a service of that pace, with what its listeners ask for again.
    #[must_use]
    pub fn at_pace(&self, pace: Pace) -> Self {
        // What a cache holds is ready at once.
        let pace = if self.warmed.is_some() { Pace::AT_ONCE } else { pace };
        let mut asks = asking::asks(&self.policy, &self.listeners, pace);
        if let (Some(blocks), Some(first)) = (self.warmed, asks.first_mut()) {
            first.insert(0, (Instant::START, blocks));
        }
        Self { asks, listeners: Arc::clone(&self.listeners), ..*self }
    }

    /// Characters of a block on average.
    #[must_use]
    pub fn mean_chars(&self) -> u32 {
        u32::try_from(self.chars / self.blocks.max(1)).unwrap_or(u32::MAX)
    }

    /// Blocks per minute while all listeners play.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn blocks_per_minute(&self) -> f64 {
        let listeners = self.asks.len() as f64;
        let seconds = self.playing.as_secs_f64();
        if seconds > 0.0 { listeners * self.blocks as f64 * 60.0 / seconds } else { 0.0 }
    }

    /// The most that `limit` counts within one window on the busiest of `accounts` accounts, among which listeners are
    /// dealt round robin.
    #[must_use]
    pub fn peak(&self, limit: AccountLimit, accounts: usize) -> u64 {
        let accounts = accounts.max(1);
        (0..accounts.min(self.asks.len()))
            .map(|account| self.peak_of(limit, account, accounts))
            .max()
            .unwrap_or(0)
    }

    /// The fewest accounts with which `limit` never bites; none when a single listener is too much for it.
    #[must_use]
    pub fn accounts_needed(&self, limit: AccountLimit) -> Option<usize> {
        let fits = |accounts| self.peak(limit, accounts) <= u64::from(limit.count);
        let (mut too_few, mut enough) = (0, self.asks.len().max(1));
        if !fits(enough) {
            return None;
        }
        while enough - too_few > 1 {
            let middle = too_few + (enough - too_few) / 2;
            if fits(middle) {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        Some(enough)
    }

    fn peak_of(&self, limit: AccountLimit, account: usize, accounts: usize) -> u64 {
        let mut asks: Vec<(Instant, u64)> = self
            .asks
            .iter()
            .skip(account)
            .step_by(accounts)
            .flatten()
            .map(|&(at, blocks)| (at, counted(limit.counted, blocks)))
            .collect();
        asks.sort_unstable();
        let (mut peak, mut within, mut first) = (0, 0, asks.iter());
        for &(at, amount) in &asks {
            within += amount;
            while let Some(&(old, gone)) = first.as_slice().first()
                && at.since(old) >= limit.window
            {
                within -= gone;
                first.next();
            }
            peak = peak.max(within);
        }
        peak
    }
}

const fn counted(what: Counted, blocks: u32) -> u64 {
    match what {
        Counted::Blocks => blocks as u64,
        Counted::Messages => (blocks as u64).div_ceil(BLOCKS_PER_MESSAGE),
    }
}

fn play_time(plan: &Plan, chars: u64) -> Duration {
    plan.speed.play_time(MediaTime::from_millis(chars.saturating_mul(1_000).div_ceil(CHARS_PER_SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Behaviour;
    use crate::{corpus::Corpus, player::PlayerPolicy, rng::Seed, schedule::ArrivalSchedule, time::Speed};

    const LIMIT: AccountLimit =
        AccountLimit { counted: Counted::Blocks, count: 300, window: Duration::from_secs(60) };

    /// Every sentence has 70 characters, which take 5 s.
    fn demand(users: u32, blocks: u32, speed: u32, stagger: u64) -> Demand {
        demand_at(users, blocks, speed, stagger, Pace::AT_ONCE)
    }

    fn demand_at(users: u32, blocks: u32, speed: u32, stagger: u64, pace: Pace) -> Demand {
        let sentence = format!("{}.", "word ".repeat(14).trim_end().get(..69).unwrap());
        let mut plan = Plan {
            users,
            share: crate::share::Share::WHOLE,
            blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::from_thousandths(speed * 1_000).unwrap(),
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::from_secs(stagger), users },
            texts: None,
            use_cached: true,
            varied_lengths: false,
            network: crate::link::LinkMix::default(),
            timeout: Duration::from_secs(300),
            seed: Seed::root(1),
        };
        let scripts = plan.scripts(&Corpus::from_plain(&sentence).unwrap(), Seed::root(2));
        assert!(scripts[0].blocks().iter().all(|block| block.chars().count() == 70));
        // Only the texts are those of a cached run.
        plan.use_cached = false;
        Demand::new(&plan, &scripts).at_pace(pace)
    }

    /// So many workers that take so long over a block.
    fn workers(count: u32, millis: u64) -> Pace {
        let service = Duration::from_millis(millis);
        Pace { interval: service / count, service }
    }

    #[test]
    fn what_waits_too_long_is_asked_for_again_and_counts_again() {
        // A real player's audience of twenty drew rate-limit errors here, though it needs 200 blocks.
        assert_eq!(demand(20, 10, 2, 0).peak(LIMIT, 1), 200);
        let slow = demand_at(20, 10, 2, 0, workers(4, 1_500));
        // By hand: 160 at once; 108 of them are not there at 20 s, 56 not at 40 s. 40 more are asked for one after the other as
        // listeners begin, the last 2 at 60 s.
        assert!((360..=430).contains(&slow.peak(LIMIT, 1)), "{}", slow.peak(LIMIT, 1));
        assert!(slow.accounts_needed(LIMIT) == Some(2), "{:?}", slow.accounts_needed(LIMIT));
    }

    #[test]
    fn a_short_queue_changes_nothing() {
        let quick = demand_at(20, 10, 2, 0, workers(16, 1_000));
        assert_eq!(quick.peak(LIMIT, 1), 200);
        let few = demand_at(5, 10, 2, 0, workers(4, 1_500));
        assert_eq!(few.peak(LIMIT, 1), 50);
    }

    #[test]
    fn a_slow_service_is_asked_for_less_that_is_new() {
        // Each block takes 5 s to make and 1.25 s to play: no more can be asked for than is made.
        let pace = workers(1, 5_000);
        let (slow, quick) = (demand_at(1, 60, 4, 0, pace), demand(1, 60, 4, 0));
        assert_eq!(quick.peak(LIMIT, 1), 56);
        assert!(slow.peak(LIMIT, 1) < 56, "{}", slow.peak(LIMIT, 1));
    }

    #[test]
    fn the_warming_of_a_cache_is_asked_for_as_well() {
        let corpus = Corpus::from_plain("One. Two.").unwrap();
        let plan = Plan {
            users: 2,
            share: crate::share::Share::WHOLE,
            blocks: 40,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::NORMAL,
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 2 },
            texts: None,
            use_cached: true,
            varied_lengths: false,
            network: crate::link::LinkMix::default(),
            timeout: Duration::from_secs(300),
            seed: Seed::root(1),
        };
        let demand = Demand::new(&plan, &plan.scripts(&corpus, Seed::root(2)));
        assert_eq!((demand.peak(LIMIT, 1), demand.peak(LIMIT, 2)), (120, 80));
    }

    #[test]
    fn twenty_users_at_four_times_need_960_blocks_a_minute_and_more_at_their_start() {
        let demand = demand(20, 200, 4, 0);
        assert!((demand.blocks_per_minute() - 960.0).abs() < 1e-6, "{}", demand.blocks_per_minute());
        // 8 at once, and 8 whenever block 0, 8, 16 ... 40 begins, which is every 10 s: 56 in the first minute.
        assert_eq!(demand.peak(LIMIT, 1), 20 * 56);
        assert_eq!(demand.peak(LIMIT, 4), 5 * 56);
        assert_eq!(demand.accounts_needed(LIMIT), Some(4));
        assert!(demand.peak(LIMIT, 3) > 300);
    }

    #[test]
    fn a_short_run_asks_for_no_more_blocks_than_it_has() {
        let demand = demand(20, 15, 4, 0);
        assert_eq!((demand.peak(LIMIT, 1), demand.accounts_needed(LIMIT)), (300, Some(1)));
    }

    #[test]
    fn messages_are_few() {
        let limit = AccountLimit { counted: Counted::Messages, ..LIMIT };
        assert_eq!(demand(20, 200, 4, 0).peak(limit, 1), 20 * 7);
    }

    #[test]
    fn a_stagger_spreads_the_first_requests() {
        // One listener a minute: the window of one sees nothing of the next one's start but what it then plays.
        assert_eq!(demand(2, 8, 1, 240).peak(LIMIT, 1), 8);
        assert_eq!(demand(2, 8, 1, 0).peak(LIMIT, 1), 16);
    }

    #[test]
    fn a_listener_who_is_too_much_alone_is_helped_by_no_number_of_accounts() {
        let limit = AccountLimit { count: 5, ..LIMIT };
        assert_eq!(demand(4, 40, 1, 0).accounts_needed(limit), None);
    }
}
