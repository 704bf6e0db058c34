//! When what goes over a connection arrives.

use super::LinkProfile;
use crate::{
    rng::Seed,
    time::{Duration, Instant, duration_nanos},
};

/// Bytes of a full segment: 1500 of Ethernet, less 20 of IPv4, 20 of TCP and 12 of its timestamps.
pub const SEGMENT_BYTES: u64 = 1_448;

/// What a sender waits beyond a round trip for the word that a segment has come: Linux's `TCP_RTO_MIN`. (RFC 6298 has 1 s, which nobody
/// keeps to.)
const RETRANSMISSION_MARGIN: Duration = Duration::from_millis(200);

/// What it waits for the answer to the first of a connection, doubled each time (RFC 6298, section 2.1).
const FIRST_TIMEOUT: Duration = Duration::from_secs(1);

/// Segments that must follow a lost one before its sender knows (RFC 5681, section 3.2: three duplicate acknowledgements).
const FOLLOWERS: u64 = 3;

/// A segment is not lost more often in a row: the next would be tried in half a minute.
const MOST_TRIES: u32 = 6;

/// What goes over a connection in one direction. It stays in order.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    seed: Seed,
    draws: u64,
    arrived_at: Instant,
}

/// Bytes in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// When the last of them left the listener's line, or the service.
    pub left_at: Instant,
    /// How many.
    pub bytes: u64,
    /// Time between two of their segments; zero where they were sent at once.
    pub spacing: Duration,
    /// Whether more follow at once, so that the loss of the last is noticed soon.
    pub is_followed: bool,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the service.
    Up,
    /// From the service.
    Down,
}

impl Flow {
    /// One direction of the connection with that number of a listener, whose node of the plan's seed is given.
    #[must_use]
    pub fn new(listener: Seed, connection: u64, direction: Direction) -> Self {
        let name = match direction {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        Self { seed: listener.child(name).index(connection), draws: 0, arrived_at: Instant::START }
    }

    /// When the last of these bytes arrives: not before those that were sent before them.
    ///
    /// A lost segment comes a round trip later if three others follow it, and when its sender's patience is over if not; what was sent
    /// behind it waits for it (RFC 9293, section 3.10.7.4: octets are delivered in order).
    pub fn arrival(&mut self, profile: &LinkProfile, burst: Burst) -> Instant {
        let way = self.way(profile);
        let mut arrives = burst.left_at + way;
        if profile.loss.millionths() > 0 {
            let segments = burst.bytes.div_ceil(SEGMENT_BYTES).max(1);
            for behind in (0..segments).rev() {
                let late = self.recovery(profile, burst.is_followed || behind >= FOLLOWERS);
                if !late.is_zero() {
                    // What it was sent earlier than the last; before the run's start nothing was.
                    let earlier = times(burst.spacing, behind);
                    arrives = arrives.max(earlier_by(burst.left_at, earlier) + way + late);
                }
            }
        }
        self.arrived_at = self.arrived_at.max(arrives);
        self.arrived_at
    }

    /// When the answer to a first segment is back that leaves at `now`: how long a connection takes to stand.
    pub fn answer(&mut self, profile: &LinkProfile, now: Instant) -> Instant {
        let mut late = Duration::ZERO;
        let mut timeout = FIRST_TIMEOUT;
        for _ in 0..MOST_TRIES {
            // Either of the two may be lost.
            if !self.is_lost(profile) && !self.is_lost(profile) {
                break;
            }
            late += timeout;
            timeout *= 2;
        }
        now + self.way(profile) + self.way(profile) + late
    }

    /// Time one way, this time.
    fn way(&mut self, profile: &LinkProfile) -> Duration {
        if profile.jitter.is_zero() {
            return profile.delay;
        }
        let jitter = u128::from(duration_nanos(profile.jitter));
        let shift = (u128::from(self.draw()) * (2 * jitter + 1)) >> 64;
        let nanos = (profile.delay.as_nanos() + shift).saturating_sub(jitter);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How much later a segment arrives for having been lost; zero if it was not.
    fn recovery(&mut self, profile: &LinkProfile, is_noticed_soon: bool) -> Duration {
        if !self.is_lost(profile) {
            return Duration::ZERO;
        }
        let mut timeout = profile.round_trip() + RETRANSMISSION_MARGIN;
        let mut late = profile.round_trip();
        if !is_noticed_soon {
            late = timeout;
            timeout *= 2;
        }
        for _ in 1..MOST_TRIES {
            if !self.is_lost(profile) {
                break;
            }
            late += timeout;
            timeout *= 2;
        }
        late
    }

    fn is_lost(&mut self, profile: &LinkProfile) -> bool {
        profile.loss.millionths() > 0 && profile.loss.is_hit_by(self.draw())
    }

    const fn draw(&mut self) -> u64 {
        self.draws += 1;
        self.seed.index(self.draws).value()
    }
}

fn times(span: Duration, count: u64) -> Duration {
    Duration::from_nanos(duration_nanos(span).saturating_mul(count))
}

fn earlier_by(at: Instant, span: Duration) -> Instant {
    Instant::from_nanos(at.as_nanos().saturating_sub(duration_nanos(span)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::link::LossRate;

    fn profile(loss: u32) -> LinkProfile {
        let loss = LossRate::from_millionths(loss).unwrap();
        LinkProfile { delay: ms(50), jitter: ms(20), loss, ..LinkProfile::default() }
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn flow(seed: u64) -> Flow {
        Flow::new(Seed::root(seed), 0, Direction::Down)
    }

    fn burst(left_at: Instant, bytes: u64) -> Burst {
        Burst { left_at, bytes, spacing: Duration::ZERO, is_followed: false }
    }

    #[test]
    fn without_jitter_and_loss_a_delay_is_all() {
        let profile = LinkProfile { delay: ms(40), ..LinkProfile::default() };
        let mut flow = flow(1);
        assert_eq!(flow.arrival(&profile, burst(Instant::from_millis(10), 9_000)), Instant::from_millis(50));
        assert_eq!(flow.answer(&profile, Instant::from_millis(10)), Instant::from_millis(90));
        assert_eq!(flow.draws, 0, "nothing is drawn where nothing varies");
    }

    #[test]
    fn jitter_is_even_around_the_delay() {
        let profile = profile(0);
        let ways: Vec<f64> = (0..20_000)
            .map(|seed| flow(seed).arrival(&profile, burst(Instant::START, 1)).as_millis_f64())
            .collect();
        let count = f64::from(u32::try_from(ways.len()).unwrap());
        let mean = ways.iter().sum::<f64>() / count;
        let variance = ways.iter().map(|way| (way - mean).powi(2)).sum::<f64>() / count;
        assert!(ways.iter().all(|way| (30.0..=70.0).contains(way)));
        // Of an even spread over 40 ms: 40^2 / 12. The standard error of the mean is 0.08.
        assert!((mean - 50.0).abs() < 0.4 && (variance - 133.3).abs() < 4.0, "{mean}, {variance}");
    }

    #[test]
    fn a_lost_segment_costs_a_round_trip_or_the_senders_patience() {
        let profile = LinkProfile { jitter: Duration::ZERO, ..profile(100_000) };
        let late = |bytes, is_followed| {
            let burst = Burst { is_followed, ..burst(Instant::START, bytes) };
            let mut late: Vec<_> = (0..4_000)
                .map(|seed| flow(seed).arrival(&profile, burst).since(Instant::from_millis(50)))
                .collect();
            late.sort_unstable();
            late
        };
        // A single segment: 300 ms with a tenth, and 300 + 600 ms with a hundredth.
        let single = late(1, false);
        let share = |late: &[Duration], span: Duration| {
            let count = u32::try_from(late.iter().filter(|late| **late == span).count()).unwrap();
            f64::from(count) / 4_000.0
        };
        assert!((share(&single, Duration::ZERO) - 0.9).abs() < 0.02);
        assert!((share(&single, ms(300)) - 0.09).abs() < 0.02);
        assert!((share(&single, ms(900)) - 0.009).abs() < 0.006);
        let followed = late(1, true);
        assert!((share(&followed, ms(100)) - 0.09).abs() < 0.02);
        // Of ten segments none is lost in 0.9^10 of all cases.
        assert!((share(&late(14_480, true), Duration::ZERO) - 0.9_f64.powi(10)).abs() < 0.03);
    }

    #[test]
    fn the_first_segment_is_waited_for_a_second() {
        let profile = LinkProfile { jitter: Duration::ZERO, ..profile(100_000) };
        let answers: Vec<_> = (0..4_000).map(|seed| flow(seed).answer(&profile, Instant::START)).collect();
        let share = |at| {
            let count = answers.iter().filter(|answer| **answer == Instant::from_millis(at)).count();
            f64::from(u32::try_from(count).unwrap()) / 4_000.0
        };
        assert!((share(100) - 0.81).abs() < 0.02 && (share(1_100) - 0.19 * 0.81).abs() < 0.02);
        assert!((share(3_100) - 0.19 * 0.19 * 0.81).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn what_is_sent_over_a_connection_stays_in_order(
            loss in 0_u32..400_000,
            seed: u64,
            sent in prop::collection::vec((0_u64..100, 1_u64..20_000), 1..40),
        ) {
            let (profile, mut flow) = (profile(loss), flow(seed));
            let (mut now, mut last) = (Instant::START, Instant::START);
            for (pause, bytes) in sent {
                now += ms(pause);
                let arrives = flow.arrival(&profile, burst(now, bytes));
                prop_assert!(arrives >= last && arrives >= now + ms(30));
                last = arrives;
            }
        }
    }
}
