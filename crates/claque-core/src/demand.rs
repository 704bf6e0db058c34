//! What an audience asks of a service that answers at once: the most that a limit on an account will ever count.
//!
//! A service that lets listeners wait is asked more slowly, so an audience that stays within a limit here stays within
//! it on every service.

use crate::{
    ids::ListenerId,
    plan::Plan,
    script::Script,
    time::{Duration, Instant, MediaTime},
};

/// Characters spoken in a second, as the yapit gateway estimates lengths: ceil(characters / 14 x 1000) ms.
const CHARS_PER_SECOND: u64 = 14;
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

/// What an audience asks for, and when, of a service that answers at once.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Each listener's requests: when, and how many blocks.
    asks: Vec<Vec<(Instant, u32)>>,
    /// Blocks of everybody.
    blocks: u64,
    /// Time that all of them together take to play.
    playing: Duration,
}

impl Demand {
    /// Lets every listener of `plan` play its script without ever waiting. With `use_cached` the first script is
    /// everybody's.
    #[must_use]
    pub fn new(plan: &Plan, scripts: &[Script]) -> Self {
        let mut demand = Self { asks: Vec::new(), blocks: 0, playing: Duration::ZERO };
        for (listener, script) in (0..plan.users).map(ListenerId).zip(scripts) {
            let times: Vec<Duration> = script.blocks().iter().map(|text| play_time(plan, text)).collect();
            demand.blocks += u64::try_from(times.len()).unwrap_or(u64::MAX);
            demand.playing += times.iter().sum::<Duration>();
            demand.asks.push(asks(plan, plan.schedule.intended_start(listener), &times));
        }
        if let Some(first) = demand.asks.first_mut().filter(|_| plan.use_cached) {
            // The cache is warmed just before, as the first listener.
            first.insert(0, (Instant::START, plan.blocks));
        }
        demand
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

fn play_time(plan: &Plan, text: &str) -> Duration {
    let chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    plan.speed.play_time(MediaTime::from_millis(chars.saturating_mul(1_000).div_ceil(CHARS_PER_SECOND)))
}

/// The requests of a player that never waits: the first batch at its start, and another whenever a block begins with
/// fewer blocks ahead than the threshold.
fn asks(plan: &Plan, start: Instant, times: &[Duration]) -> Vec<(Instant, u32)> {
    let policy = plan.policy;
    let all = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let mut asked = policy.batch_size.max(1).min(all);
    let mut requests = vec![(start, asked)];
    let mut now = start;
    for (begun, time) in (1..).zip(times) {
        if asked < all && asked.saturating_sub(begun) < policy.refill_threshold {
            let batch = policy.batch_size.max(1).min(all - asked);
            requests.push((now, batch));
            asked += batch;
        }
        now += *time;
    }
    requests
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
        let sentence = format!("{}.", "word ".repeat(14).trim_end().get(..69).unwrap());
        let mut plan = Plan {
            users,
            blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::from_thousandths(speed * 1_000).unwrap(),
            policy: PlayerPolicy::YAPIT,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::from_secs(stagger), users },
            use_cached: true,
            varied_lengths: false,
            timeout: Duration::from_secs(300),
            seed: Seed::root(1),
        };
        let scripts = plan.scripts(&Corpus::from_plain(&sentence).unwrap(), Seed::root(2));
        assert!(scripts[0].blocks().iter().all(|block| block.chars().count() == 70));
        // Only the texts are those of a cached run.
        plan.use_cached = false;
        Demand::new(&plan, &scripts)
    }

    #[test]
    fn the_warming_of_a_cache_is_asked_for_as_well() {
        let corpus = Corpus::from_plain("One. Two.").unwrap();
        let plan = Plan {
            users: 2,
            blocks: 40,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::NORMAL,
            policy: PlayerPolicy::YAPIT,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 2 },
            use_cached: true,
            varied_lengths: false,
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
