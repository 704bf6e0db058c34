//! Whether what the audience will ask for is more than its accounts are allowed, found out beforehand.

use claque_core::{
    demand::{AccountLimit, Counted, Demand, Pace},
    plan::Plan,
    script::Script,
    time::Duration,
};
use claque_front::yapit::gateway::{Counting, GatewayConfig, SynthesisLimit};
use claque_gateway::Workers;
use claque_net::service::{EraGuess, Pause, Service, ServiceError};

use crate::order::{LimitChoice, LimitSettings, TargetChoice};

/// The published limits of the two eras: 300 a minute, counted by messages in 2026-02 and by blocks since.
const COUNT: u32 = 300;
const WINDOW: Duration = Duration::from_secs(60);

/// Whom the listeners are dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountAssignment {
    /// This many accounts.
    Accounts(usize),
    /// This many guests.
    Guests(usize),
    /// Nobody asks who they are: they are all one user.
    Nobody,
}

/// Blocks a second that production made with eight workers, the slowest that is published of a deployment for many.
const PUBLISHED_PACE: f64 = 2.1;
/// Step from one pace to the next that is tried, and how many there are: up to some hundred blocks a second.
const PACE_STEP: f64 = 1.1;
const PACES: i32 = 60;

impl AccountAssignment {
    const fn accounts(self) -> usize {
        match self {
            Self::Accounts(count) | Self::Guests(count) => count,
            Self::Nobody => 1,
        }
    }
}

/// A service on which the limit bites because its blocks wait too long.
struct Slow {
    /// At this pace; of several the fastest.
    pace: Pace,
    /// The most that the limit counts.
    peak: u64,
    /// What is asked for then.
    demand: Demand,
}

/// What the audience will ask for.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    plan: &'a Plan,
    /// Of a service that answers at once.
    demand: Demand,
    /// How fast the service is, where that is known beforehand.
    pace: Option<Pace>,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(plan: &'a Plan, scripts: &[Script], target: &TargetChoice) -> Self {
        let demand = Demand::new(plan, scripts);
        let pace = match target {
            TargetChoice::Embedded(gateway) => Some(pace_of(&gateway.config, plan, demand.mean_chars())),
            TargetChoice::EmbeddedSpeech(_) | TargetChoice::BaseUrl(_) => None,
        };
        Self { plan, demand, pace }
    }

    /// Whether the limit may bite, however fast the service is.
    fn may_exceed(&self, limit: AccountLimit, accounts: usize) -> bool {
        self.demand.peak(limit, accounts) > u64::from(limit.count) || self.slow(limit, accounts).is_some()
    }

    /// Whether the limit bites because of what is asked for again.
    fn slow(&self, limit: AccountLimit, accounts: usize) -> Option<Slow> {
        let bites = |pace: Pace| {
            let demand = self.demand.at_pace(pace);
            let peak = demand.peak(limit, accounts);
            (peak > u64::from(limit.count)).then_some(Slow { pace, peak, demand })
        };
        if let Some(pace) = self.pace {
            return bites(pace);
        }
        if !self.can_ask_for_so_many(limit, accounts) {
            return None;
        }
        let paces = (0..PACES).rev().map(|step| {
            let interval = Duration::from_secs_f64(1.0 / (PUBLISHED_PACE * PACE_STEP.powi(step)));
            Pace { interval, service: Duration::ZERO }
        });
        let mut slow = paces.filter_map(bites);
        let fastest = slow.next()?;
        let Slow { pace, .. } = fastest;
        let worst = slow.fold(fastest, |worst, slow| if slow.peak > worst.peak { slow } else { worst });
        Some(Slow { pace, ..worst })
    }

    /// A bound that takes no playing: each listener has two batches out at most, and a window of the limit sees each of their
    /// blocks once, and once more for each time it may be asked for again in it.
    fn can_ask_for_so_many(&self, limit: AccountLimit, accounts: usize) -> bool {
        let policy = &self.plan.policy;
        let Some(span) = policy.asks_again_after() else { return false };
        let listeners = self.plan.schedule.known_of(self.plan.users);
        let listeners = usize::try_from(listeners).unwrap_or(usize::MAX).div_ceil(accounts.max(1));
        let out = u64::from(policy.batch_size.saturating_mul(2).min(self.plan.blocks));
        let repeats = 1.0 + (limit.window.as_secs_f64() / span.as_secs_f64()).ceil();
        #[expect(clippy::cast_precision_loss, reason = "a bound with room")]
        let most = listeners as f64 * out as f64 * repeats;
        most > f64::from(limit.count)
    }

    /// What to say if the service lets blocks wait so long that what is asked for again is too much for the limit; nothing
    /// if it will not be.
    pub(crate) fn warning(&self, limit: AccountLimit, dealt: AccountAssignment) -> Option<String> {
        let again = self.plan.policy.asks_again_after()?;
        let Slow { pace, peak, demand } = self.slow(limit, dealt.accounts())?;
        let (what, count, per) = (limit.counted.as_str(), limit.count, per(limit));
        let rate = pace.blocks_per_second().unwrap_or_default();
        let service = match self.pace {
            Some(_) => format!("this gateway makes {rate:.1} blocks a second, so that"),
            None => format!("if the service makes no more than {rate:.1} blocks a second,"),
        };
        Some(format!(
            "a block that waits longer than {again} s is asked for again: {service} up to {peak} {what} in a {per} are asked for, \
             of which {count} are allowed per account; the run would measure its rate limit. {advice}",
            again = again.as_secs_f64(),
            advice = advice(&demand, limit, dealt),
        ))
    }
}

/// How fast a gateway whose every constant is known makes blocks of that length.
fn pace_of(config: &GatewayConfig, plan: &Plan, chars: u32) -> Pace {
    let model = config.models.iter().find(|model| *model.info.slug == *plan.model);
    match model.map(|model| (model.workers, model.service.mean(chars))) {
        Some((Workers::Pull(workers), service)) => Pace { interval: service / workers.max(1), service },
        Some((Workers::Unlimited, service)) => Pace { interval: Duration::ZERO, service },
        // It will be told that there is no such model.
        None => Pace::AT_ONCE,
    }
}

/// What one account may ask for: as was said, as the embedded gateway is set, or as the server's era tells. Servers are
/// asked only where it can matter.
///
/// # Errors
/// The service cannot be reached.
pub(crate) async fn limit_of(
    target: &TargetChoice,
    limits: &LimitSettings,
    service: &Service,
    expected: &Expected<'_>,
    wait: &impl AsyncFn(Pause) -> bool,
) -> Result<Option<AccountLimit>, ServiceError> {
    let published = |counted| AccountLimit { counted, count: COUNT, window: WINDOW };
    match (limits.account_limit, target) {
        (LimitChoice::None, _) | (LimitChoice::Learned, TargetChoice::EmbeddedSpeech(_)) => Ok(None),
        (LimitChoice::Given(limit), _) => Ok(Some(limit)),
        (LimitChoice::Learned, TargetChoice::Embedded(gateway)) => {
            Ok(gateway.config.synthesis_limit.map(of_gateway))
        }
        (LimitChoice::Learned, TargetChoice::BaseUrl(_)) => {
            let harmless = published(Counted::Blocks);
            if !expected.may_exceed(harmless, 1) {
                return Ok(Some(harmless));
            }
            Ok(Some(published(match service.guess_era(wait).await? {
                EraGuess::Feb2026 => Counted::Messages,
                EraGuess::Current => Counted::Blocks,
            })))
        }
    }
}

/// What to say if the limit would bite, however fast the service is; nothing if it will not.
pub(crate) fn objection(
    expected: &Expected<'_>,
    limit: AccountLimit,
    dealt: AccountAssignment,
) -> Option<String> {
    let Expected { plan, demand, .. } = expected;
    let peak = demand.peak(limit, dealt.accounts());
    if peak <= u64::from(limit.count) {
        return None;
    }
    let (users, speed) = (plan.schedule.known_of(plan.users), plan.speed.as_f64());
    let (noun, need) = if users == 1 { ("user", "needs") } else { ("users", "need") };
    let per = per(limit);
    let what = limit.counted.as_str();
    let has = match dealt {
        AccountAssignment::Accounts(1) | AccountAssignment::Guests(1) | AccountAssignment::Nobody => {
            String::new()
        }
        AccountAssignment::Accounts(count) => format!(" on each of {count} accounts"),
        AccountAssignment::Guests(count) => format!(" for each of {count} guests"),
    };
    Some(format!(
        "{users} {noun} at {speed}x {need} ~{rate:.0} blocks/min, and up to {peak} {what} in a {per}{has} with what is asked for \
         ahead; this server allows {count} {what} per account and {per}: the run would measure its rate limit. {advice}",
        rate = demand.blocks_per_minute(),
        count = limit.count,
        advice = advice(demand, limit, dealt),
    ))
}

fn per(limit: AccountLimit) -> String {
    match limit.window.as_secs_f64() {
        60.0 => "minute".to_owned(),
        seconds => format!("{seconds} s"),
    }
}

fn advice(demand: &Demand, limit: AccountLimit, dealt: AccountAssignment) -> String {
    match (dealt, demand.accounts_needed(limit)) {
        (AccountAssignment::Nobody, _) => {
            "It asks nobody who he is, so all listeners are one account: use fewer --users, or --allow-rate-limit".to_owned()
        }
        (_, None) => "One listener alone is too much for it: use a lower --speed, or --allow-rate-limit".to_owned(),
        (AccountAssignment::Accounts(_), Some(needed)) => format!("Use --accounts with {needed} or more, or --allow-rate-limit"),
        (AccountAssignment::Guests(_), Some(needed)) => format!("Use --guest={needed} or more, or --allow-rate-limit"),
    }
}

fn of_gateway(limit: SynthesisLimit) -> AccountLimit {
    let counted = match limit.counting {
        Counting::Blocks => Counted::Blocks,
        Counting::Messages => Counted::Messages,
    };
    AccountLimit { counted, count: limit.limit.count, window: limit.limit.window }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        corpus::Corpus, listener::Behaviour, player::PlayerPolicy, rng::Seed, schedule::ArrivalSchedule,
        time::Speed,
    };

    use super::*;

    /// Twenty listeners; every block has 70 characters, which take 5 s at normal speed.
    fn audience(blocks: u32, speed: u32) -> (Plan, Vec<Script>) {
        let sentence = format!("{}.", "word ".repeat(14).trim_end().get(..69).unwrap());
        let mut plan = Plan {
            users: 20,
            share: claque_core::share::Share::WHOLE,
            blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::from_thousandths(speed * 1_000).unwrap(),
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 20 },
            texts: None,
            use_cached: true,
            varied_lengths: false,
            network: claque_core::link::LinkMix::default(),
            timeout: Duration::from_secs(300),
            seed: Seed::root(1),
        };
        let scripts = plan.scripts(&Corpus::from_plain(&sentence).unwrap(), Seed::root(2));
        // Only the texts are those of a cached run.
        plan.use_cached = false;
        (plan, scripts)
    }

    fn expected((plan, scripts): &(Plan, Vec<Script>), pace: Option<Pace>) -> Expected<'_> {
        Expected { plan, demand: Demand::new(plan, scripts), pace }
    }

    /// So many workers that take a second and a half over each block.
    fn workers(count: u32) -> Option<Pace> {
        let service = Duration::from_millis(1_500);
        Some(Pace { interval: service / count, service })
    }

    fn limit(counted: Counted) -> AccountLimit {
        AccountLimit { counted, count: COUNT, window: WINDOW }
    }

    #[test]
    fn the_need_the_limit_and_the_way_out_are_said() {
        let audience = audience(200, 4);
        let say = |dealt| objection(&expected(&audience, None), limit(Counted::Blocks), dealt);
        assert_eq!(
            say(AccountAssignment::Accounts(1)).unwrap(),
            "20 users at 4x need ~960 blocks/min, and up to 1120 blocks in a minute with what is asked for ahead; this \
             server allows 300 blocks per account and minute: the run would measure its rate limit. Use --accounts with 4 \
             or more, or --allow-rate-limit"
        );
        assert!(
            say(AccountAssignment::Accounts(3))
                .unwrap()
                .contains("up to 392 blocks in a minute on each of 3 accounts")
        );
        assert_eq!(say(AccountAssignment::Accounts(4)), None);
        assert!(
            say(AccountAssignment::Guests(2))
                .unwrap()
                .ends_with("Use --guest=4 or more, or --allow-rate-limit")
        );
        assert!(say(AccountAssignment::Nobody).unwrap().contains("all listeners are one account"));
    }

    #[test]
    fn what_fits_is_not_objected_to() {
        let objection = |blocks, counted| {
            objection(&expected(&audience(blocks, 4), None), limit(counted), AccountAssignment::Accounts(1))
        };
        assert_eq!(objection(15, Counted::Blocks), None);
        assert_eq!(objection(200, Counted::Messages), None);
    }

    #[test]
    fn what_is_asked_for_again_is_warned_of_where_the_queue_is_long() {
        let audience = audience(10, 2);
        let warning = |pace, dealt| expected(&audience, pace).warning(limit(Counted::Blocks), dealt);
        let slow = warning(workers(4), AccountAssignment::Accounts(1)).unwrap();
        assert!(
            slow.starts_with("a block that waits longer than 20 s is asked for again: this gateway makes 2.7 blocks a second, so"),
            "{slow}"
        );
        assert!(slow.ends_with("Use --accounts with 2 or more, or --allow-rate-limit"), "{slow}");
        assert_eq!(warning(workers(4), AccountAssignment::Accounts(2)), None);
        assert_eq!(warning(workers(16), AccountAssignment::Accounts(1)), None);
        // Nobody knows how fast a service is that was only typed.
        let unknown = warning(None, AccountAssignment::Accounts(1)).unwrap();
        assert!(unknown.contains(": if the service makes no more than "), "{unknown}");
    }

    #[test]
    fn few_listeners_are_warned_of_nothing_however_slow_the_service_may_be() {
        let (mut plan, scripts) = audience(10, 2);
        plan.users = 4;
        let few = (plan, scripts[..4].to_vec());
        assert_eq!(
            expected(&few, None).warning(limit(Counted::Blocks), AccountAssignment::Accounts(1)),
            None
        );
    }
}
