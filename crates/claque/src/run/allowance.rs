//! Whether what the audience will ask for is more than its accounts are allowed, found out beforehand.

use claque_core::{
    demand::{AccountLimit, Counted, Demand},
    plan::Plan,
    time::Duration,
};
use claque_gateway::{Counting, SynthesisLimit};
use claque_net::service::{EraGuess, Pause, Service, ServiceError};

use crate::config::{Courtesy, LimitChoice, TargetChoice};

/// The published limits of the two eras: 300 a minute, counted by messages in 2026-02 and by blocks since.
const COUNT: u32 = 300;
const WINDOW: Duration = Duration::from_secs(60);

/// Whom the listeners are dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dealt {
    /// This many accounts.
    Accounts(usize),
    /// This many guests.
    Guests(usize),
    /// Nobody asks who they are: they are all one user.
    Nobody,
}

/// What one account may ask for: as was said, as the embedded gateway is set, or as the server's era tells. Servers are
/// asked only where it can matter.
///
/// # Errors
/// The service cannot be reached.
pub(crate) async fn limit_of(
    target: &TargetChoice,
    courtesy: &Courtesy,
    service: &Service,
    demand: &Demand,
    wait: &impl AsyncFn(Pause) -> bool,
) -> Result<Option<AccountLimit>, ServiceError> {
    let published = |counted| AccountLimit { counted, count: COUNT, window: WINDOW };
    match (courtesy.account_limit, target) {
        (LimitChoice::None, _) => Ok(None),
        (LimitChoice::Given(limit), _) => Ok(Some(limit)),
        (LimitChoice::Learned, TargetChoice::Embedded(gateway)) => {
            Ok(gateway.config.synthesis_limit.map(of_gateway))
        }
        (LimitChoice::Learned, TargetChoice::BaseUrl(_)) => {
            let harmless = published(Counted::Blocks);
            if demand.peak(harmless, 1) <= u64::from(COUNT) {
                return Ok(Some(harmless));
            }
            Ok(Some(published(match service.guess_era(wait).await? {
                EraGuess::Feb2026 => Counted::Messages,
                EraGuess::Current => Counted::Blocks,
            })))
        }
    }
}

/// What to say if the limit would bite; nothing if it will not.
pub(crate) fn objection(plan: &Plan, demand: &Demand, limit: AccountLimit, dealt: Dealt) -> Option<String> {
    let accounts = match dealt {
        Dealt::Accounts(count) | Dealt::Guests(count) => count,
        Dealt::Nobody => 1,
    };
    let peak = demand.peak(limit, accounts);
    if peak <= u64::from(limit.count) {
        return None;
    }
    let (users, speed) = (plan.users, plan.speed.as_f64());
    let (noun, need) = if users == 1 { ("user", "needs") } else { ("users", "need") };
    let per = match limit.window.as_secs_f64() {
        60.0 => "minute".to_owned(),
        seconds => format!("{seconds} s"),
    };
    let what = limit.counted.as_str();
    let has = match dealt {
        Dealt::Accounts(1) | Dealt::Guests(1) | Dealt::Nobody => String::new(),
        Dealt::Accounts(count) => format!(" on each of {count} accounts"),
        Dealt::Guests(count) => format!(" for each of {count} guests"),
    };
    Some(format!(
        "{users} {noun} at {speed}x {need} ~{rate:.0} blocks/min, and up to {peak} {what} in a {per}{has} with what is asked for \
         ahead; this server allows {count} {what} per account and {per}: the run would measure its rate limit. {advice}",
        rate = demand.blocks_per_minute(),
        count = limit.count,
        advice = advice(demand, limit, dealt),
    ))
}

fn advice(demand: &Demand, limit: AccountLimit, dealt: Dealt) -> String {
    match (dealt, demand.accounts_needed(limit)) {
        (Dealt::Nobody, _) => {
            "It asks nobody who he is, so all listeners are one account: use fewer --users, or --allow-rate-limit".to_owned()
        }
        (_, None) => "One listener alone is too much for it: use a lower --speed, or --allow-rate-limit".to_owned(),
        (Dealt::Accounts(_), Some(needed)) => format!("Use --accounts with {needed} or more, or --allow-rate-limit"),
        (Dealt::Guests(_), Some(needed)) => format!("Use --guest={needed} or more, or --allow-rate-limit"),
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

    /// Twenty listeners at four times the speed; every block has 70 characters, which take 5 s at normal speed.
    fn audience(blocks: u32) -> (Plan, Demand) {
        let sentence = format!("{}.", "word ".repeat(14).trim_end().get(..69).unwrap());
        let mut plan = Plan {
            users: 20,
            blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::from_thousandths(4_000).unwrap(),
            policy: PlayerPolicy::YAPIT,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 20 },
            use_cached: true,
            varied_lengths: false,
            timeout: Duration::from_secs(300),
            seed: Seed::root(1),
        };
        let scripts = plan.scripts(&Corpus::from_plain(&sentence).unwrap(), Seed::root(2));
        // Only the texts are those of a cached run.
        plan.use_cached = false;
        let demand = Demand::new(&plan, &scripts);
        (plan, demand)
    }

    fn limit(counted: Counted) -> AccountLimit {
        AccountLimit { counted, count: COUNT, window: WINDOW }
    }

    #[test]
    fn the_need_the_limit_and_the_way_out_are_said() {
        let (plan, demand) = audience(200);
        let say = |dealt| objection(&plan, &demand, limit(Counted::Blocks), dealt);
        assert_eq!(
            say(Dealt::Accounts(1)).unwrap(),
            "20 users at 4x need ~960 blocks/min, and up to 1120 blocks in a minute with what is asked for ahead; this \
             server allows 300 blocks per account and minute: the run would measure its rate limit. Use --accounts with 4 \
             or more, or --allow-rate-limit"
        );
        assert!(
            say(Dealt::Accounts(3)).unwrap().contains("up to 392 blocks in a minute on each of 3 accounts")
        );
        assert_eq!(say(Dealt::Accounts(4)), None);
        assert!(say(Dealt::Guests(2)).unwrap().ends_with("Use --guest=4 or more, or --allow-rate-limit"));
        assert!(say(Dealt::Nobody).unwrap().contains("all listeners are one account"));
    }

    #[test]
    fn what_fits_is_not_objected_to() {
        let (plan, demand) = audience(15);
        assert_eq!(objection(&plan, &demand, limit(Counted::Blocks), Dealt::Accounts(1)), None);
        let (plan, demand) = audience(200);
        assert_eq!(objection(&plan, &demand, limit(Counted::Messages), Dealt::Accounts(1)), None);
    }
}
