//! What the counters said over time, in so many bins and no more: when they are full, two become one.

use claque_core::time::{Duration, Instant};

/// Bins at most, an even number: more than a terminal has columns, and enough for a page.
const MOST: usize = 256;
/// Nothing is divided by less time than this: the time between two looks.
const LEAST_SPAN: Duration = super::REDRAW;
/// Levels that are kept: see [`Level`].
const LEVELS: usize = 10;
/// Counters whose growth is kept: see [`Flow`].
const FLOWS: usize = 3;

/// How many there were of something at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Listeners that hear something.
    Playing,
    /// Listeners that want silence.
    Paused,
    /// Listeners that think, in a conversation.
    Thinking,
    /// Listeners waiting for the first sound of a later answer, in a conversation.
    Awaiting,
    /// Listeners whose playback waits.
    Stalled,
    /// Listeners waiting for their first sound.
    Buffering,
    /// Listeners that failed, left or were stopped.
    Lost,
    /// Listeners that came to the end of their text.
    Done,
    /// Jobs waiting in the gateway.
    Queued,
    /// Workers of the gateway with a job.
    Busy,
}

/// How much of something there was in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Blocks done with.
    Blocks,
    /// Stalls that were over.
    Underruns,
    /// Failures.
    Errors,
}

/// One look at the counters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    levels: [u64; LEVELS],
    /// Since the start.
    flows: [u64; FLOWS],
}

impl Look {
    /// Sets how many there are.
    pub(crate) const fn with(mut self, level: Level, count: u64) -> Self {
        self.levels[level as usize] = count;
        self
    }

    /// Sets how much there was since the start.
    pub(crate) const fn with_total(mut self, flow: Flow, count: u64) -> Self {
        self.flows[flow as usize] = count;
        self
    }
}

/// Sums of the looks that fell into it.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    looks: u32,
    levels: [u64; LEVELS],
    /// Growth since the look before.
    flows: [u64; FLOWS],
}

impl Bin {
    fn add(&mut self, other: &Self) {
        self.looks += other.looks;
        self.levels.iter_mut().zip(other.levels).for_each(|(sum, more)| *sum += more);
        self.flows.iter_mut().zip(other.flows).for_each(|(sum, more)| *sum += more);
    }
}

/// Counters over time.
#[derive(Clone, Debug)]
pub(crate) struct History {
    width: Duration,
    bins: Vec<Bin>,
    last: Look,
    at: Instant,
    /// Nanoseconds times listeners, of each level.
    areas: [u128; LEVELS],
}

impl History {
    /// Nothing yet. `width` is the time between two looks.
    pub(crate) const fn new(width: Duration) -> Self {
        Self {
            width,
            bins: Vec::new(),
            last: Look { levels: [0; LEVELS], flows: [0; FLOWS] },
            at: Instant::START,
            areas: [0; LEVELS],
        }
    }

    /// Adds a look. Looks come in the order of time; bins that none fell into are as the one before.
    pub(crate) fn add(&mut self, now: Instant, look: Look) {
        let span = u128::from(now.as_nanos().saturating_sub(self.at.as_nanos()));
        for (area, level) in self.areas.iter_mut().zip(self.last.levels) {
            *area += span * u128::from(level);
        }
        while self.place(now) >= MOST {
            self.halve();
        }
        let place = self.place(now);
        let before = Bin { looks: 1, levels: self.last.levels, flows: [0; FLOWS] };
        while self.bins.len() < place {
            self.bins.push(before);
        }
        let mut flows = look.flows;
        flows.iter_mut().zip(self.last.flows).for_each(|(flow, last)| *flow = flow.saturating_sub(last));
        let bin = Bin { looks: 1, levels: look.levels, flows };
        match self.bins.get_mut(place) {
            Some(there) => there.add(&bin),
            None => self.bins.push(bin),
        }
        (self.last, self.at) = (look, now);
    }

    /// Length of a bin.
    pub(crate) const fn width(&self) -> Duration {
        self.width
    }

    /// The mean of each bin.
    pub(crate) fn levels(&self, level: Level) -> Vec<f64> {
        let mean = |bin: &Bin| float(bin.levels[level as usize]) / f64::from(bin.looks.max(1));
        self.bins.iter().map(mean).collect()
    }

    /// So much a second, by bin. Bins shorter than a second are told with those before them: single blocks are no rate.
    pub(crate) fn rates(&self, flow: Flow) -> Vec<f64> {
        let back = self.bins_in(Duration::from_secs(1));
        (0..self.bins.len()).map(|place| self.rate(flow, (place + 1).saturating_sub(back), place)).collect()
    }

    /// So much a second in the last seconds.
    pub(crate) fn rate_now(&self, flow: Flow) -> f64 {
        let Some(last) = self.bins.len().checked_sub(1) else { return 0.0 };
        let back = self.bins_in(Duration::from_secs(5));
        self.rate(flow, (last + 1).saturating_sub(back), last)
    }

    /// So much a second from the beginning of one bin to the end of another, or to now.
    fn rate(&self, flow: Flow, first: usize, last: usize) -> f64 {
        let starts = |place| self.width.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX));
        let end = starts(last + 1).min(self.at.since(Instant::START));
        // A look is for the time before it, so a bin that has just begun has something in it.
        let span = end.saturating_sub(starts(first)).max(LEAST_SPAN);
        let sum: u64 = self.bins[first..=last].iter().map(|bin| bin.flows[flow as usize]).sum();
        float(sum) / span.as_secs_f64()
    }

    /// Bins that together are at least so long.
    fn bins_in(&self, span: Duration) -> usize {
        usize::try_from(span.as_nanos().div_ceil(self.width.as_nanos().max(1))).unwrap_or(usize::MAX)
    }

    /// The share of their time in which listeners that were there were stalled, in percent; none before anybody was.
    pub(crate) fn stalled_pct(&self) -> Option<f64> {
        let area = |level: Level| self.areas[level as usize];
        let all = area(Level::Playing) + area(Level::Paused) + area(Level::Stalled) + area(Level::Buffering);
        let parts = (area(Level::Stalled) * 1_000_000).checked_div(all)?;
        Some(float(u64::try_from(parts).unwrap_or(u64::MAX)) / 10_000.0)
    }

    fn place(&self, at: Instant) -> usize {
        let width = self.width.as_nanos().max(1);
        usize::try_from(u128::from(at.as_nanos()) / width).unwrap_or(usize::MAX)
    }

    fn halve(&mut self) {
        let pairs = self.bins.chunks(2).map(|pair| {
            let mut sum = Bin::default();
            pair.iter().for_each(|bin| sum.add(bin));
            sum
        });
        self.bins = pairs.collect();
        self.width *= 2;
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_millis(200);

    fn playing(count: u64) -> Look {
        Look::default().with(Level::Playing, count)
    }

    #[test]
    fn a_run_of_any_length_takes_the_same_memory_and_keeps_its_means() {
        let mut history = History::new(LOOK);
        for second in 0..3_600_u64 {
            let look = playing(if second < 1_800 { 10 } else { 30 }).with_total(Flow::Blocks, second * 2);
            history.add(Instant::from_millis(second * 1_000), look);
        }
        let levels = history.levels(Level::Playing);
        assert!(levels.len() <= MOST, "{}", levels.len());
        assert_eq!(history.width(), Duration::from_millis(25_600));
        assert!((levels[0] - 10.0).abs() < 1e-9 && (levels[levels.len() - 1] - 30.0).abs() < 1e-9);
        let rates = history.rates(Flow::Blocks);
        assert!(rates[1..].iter().all(|rate| (rate - 2.0).abs() < 0.2), "{rates:?}");
    }

    #[test]
    fn a_time_without_a_look_is_as_the_one_before() {
        let mut history = History::new(LOOK);
        history.add(Instant::START, playing(4));
        history.add(Instant::from_millis(1_000), playing(6));
        assert_eq!(history.levels(Level::Playing), [4.0, 4.0, 4.0, 4.0, 4.0, 6.0]);
    }

    #[test]
    fn the_share_of_stalled_time_is_of_those_who_were_there() {
        let mut history = History::new(LOOK);
        assert_eq!(history.stalled_pct(), None);
        history.add(Instant::START, playing(3).with(Level::Stalled, 1).with(Level::Done, 9));
        history.add(Instant::from_millis(1_000), playing(4));
        assert_eq!(history.stalled_pct(), Some(25.0));
    }
}
