//! How long queues were and how many workers had something to do, over time: exact means of spans of equal length.
//!
//! Takes a bounded memory however long the gateway lives: when the spans are too many, each two become one.

use std::sync::Arc;

use claque_core::time::{Duration, Instant, duration_nanos};

/// Spans at most.
const SPANS: usize = 400;
/// Length of a span at the beginning.
const FIRST_SPAN: Duration = Duration::from_millis(100);

/// Load of every model over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Length of a span; the first begins where counting began, the last may be cut short.
    pub span: Duration,
    /// Each model's, in the order of the configuration; those that had nothing to do are left out.
    pub models: Vec<ModelLoad>,
}

/// Load of one model. Its lists have an element for each span.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelLoad {
    /// Its name.
    pub model: Arc<str>,
    /// Its workers; none where there is no limit.
    pub workers: Option<u32>,
    /// Jobs that waited, on average.
    pub queued: Vec<f64>,
    /// Workers with a job, lost ones included, on average.
    pub busy: Vec<f64>,
    /// Requests at the overflow provider, on average.
    pub overflowing: Vec<f64>,
    /// Most jobs that ever waited at once.
    pub most_queued: u32,
    /// Jobs that waited, on average over the whole time.
    pub mean_queued: f64,
    /// Workers with a job, on average over the whole time.
    pub mean_busy: f64,
    /// Requests at the overflow provider, on average over the whole time.
    pub mean_overflowing: f64,
}

/// What a model has to do at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) queued: u32,
    pub(super) busy: u32,
    pub(super) overflowing: u32,
}

/// Sums up.
#[derive(Clone, Debug)]
pub(super) struct LoadRecorder {
    /// When counting began.
    origin: Instant,
    /// Length of a span in ns.
    span: u64,
    /// Until when everything is summed, in ns since the origin.
    at: u64,
    pools: Vec<PoolSums>,
}

#[derive(Clone, Debug, Default)]
struct PoolSums {
    now: Levels,
    /// Level x ns of each span that has begun; empty for as long as nothing was ever to be done.
    sums: Vec<[u128; 3]>,
    most_queued: u32,
}

impl LoadRecorder {
    pub(super) fn new(pools: usize) -> Self {
        let span = duration_nanos(FIRST_SPAN);
        Self { origin: Instant::START, span, at: 0, pools: vec![PoolSums::default(); pools] }
    }

    /// Counts from `at` on; what was before is forgotten, what there is to do at this moment is not.
    pub(super) fn restart(&mut self, at: Instant) {
        let kept =
            |pool: &PoolSums| PoolSums { now: pool.now, most_queued: pool.now.queued, ..PoolSums::default() };
        let pools = self.pools.iter().map(kept).collect();
        *self = Self { origin: at, pools, ..Self::new(0) };
    }

    /// The levels of all pools are these from `at` on.
    pub(super) fn note(&mut self, at: Instant, levels: impl Iterator<Item = Levels>) {
        self.advance(at);
        for (pool, levels) in self.pools.iter_mut().zip(levels) {
            pool.now = levels;
            pool.most_queued = pool.most_queued.max(levels.queued);
        }
    }

    /// What was until `at`. `names` are of the pools, with their workers.
    pub(super) fn load<'a>(
        &self,
        at: Instant,
        names: impl Iterator<Item = (&'a Arc<str>, Option<u32>)>,
    ) -> Load {
        let mut whole = self.clone();
        whole.advance(at);
        let busy = names.zip(&whole.pools).filter(|(_, pool)| !pool.sums.is_empty());
        let models = busy
            .map(|((model, workers), pool)| {
                let means = |which: usize| whole.means(pool, which);
                let over_all = |which: usize| mean(pool.sums.iter().map(|sums| sums[which]).sum(), whole.at);
                ModelLoad {
                    model: Arc::clone(model),
                    workers,
                    queued: means(0),
                    busy: means(1),
                    overflowing: means(2),
                    most_queued: pool.most_queued,
                    mean_queued: over_all(0),
                    mean_busy: over_all(1),
                    mean_overflowing: over_all(2),
                }
            })
            .collect();
        Load { span: Duration::from_nanos(whole.span), models }
    }

    /// Sums the present levels up to `at`.
    fn advance(&mut self, at: Instant) {
        let until = duration_nanos(at.since(self.origin)).max(self.at);
        while until.div_ceil(self.span) > u64::try_from(SPANS).unwrap_or(u64::MAX) {
            self.span *= 2;
            self.pools.iter_mut().for_each(PoolSums::halve);
        }
        for pool in &mut self.pools {
            pool.add(self.at, until, self.span);
        }
        self.at = until;
    }

    fn means(&self, pool: &PoolSums, which: usize) -> Vec<f64> {
        let begun = usize::try_from(self.at.div_ceil(self.span)).unwrap_or(usize::MAX);
        let sum = |number: usize| pool.sums.get(number).map_or(0, |sums| sums[which]);
        let spans = (0..begun).zip(0_u64..);
        spans.map(|(number, place)| mean(sum(number), self.span.min(self.at - place * self.span))).collect()
    }
}

impl PoolSums {
    fn add(&mut self, from: u64, until: u64, span: u64) {
        if self.now == Levels::default() {
            return;
        }
        let Levels { queued, busy, overflowing } = self.now;
        let mut from = from;
        while from < until {
            let place = from / span;
            let to = until.min((place + 1) * span);
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if self.sums.len() <= place {
                self.sums.resize(place + 1, [0; 3]);
            }
            for (sum, level) in self.sums[place].iter_mut().zip([queued, busy, overflowing]) {
                *sum += u128::from(level) * u128::from(to - from);
            }
            from = to;
        }
    }

    /// Each two spans become one.
    fn halve(&mut self) {
        let pairs = self.sums.chunks(2);
        self.sums = pairs
            .map(|pair| {
                let mut sums = [0; 3];
                for (sum, which) in sums.iter_mut().zip(0_usize..) {
                    *sum = pair.iter().map(|part| part[which]).sum();
                }
                sums
            })
            .collect();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean is of a few digits")]
fn mean(sum: u128, over: u64) -> f64 {
    if over == 0 { 0.0 } else { sum as f64 / over as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(busy: u32) -> Levels {
        Levels { busy, ..Levels::default() }
    }

    fn load(recorder: &LoadRecorder, at: u64) -> Load {
        let name: Arc<str> = "m".into();
        recorder.load(Instant::from_millis(at), [(&name, Some(2)), (&name, None)].into_iter())
    }

    #[test]
    fn a_span_has_the_mean_of_its_time() {
        let mut recorder = LoadRecorder::new(2);
        recorder.note(Instant::from_millis(50), [Levels { overflowing: 1, ..busy(2) }, busy(0)].into_iter());
        recorder.note(Instant::from_millis(225), [busy(0), busy(0)].into_iter());
        recorder.note(Instant::from_millis(250), [Levels { queued: 4, ..busy(0) }, busy(0)].into_iter());
        let load = load(&recorder, 350);
        assert_eq!((load.span, load.models.len()), (FIRST_SPAN, 1), "who had nothing to do is left out");
        assert_eq!(load.models[0].busy, [1.0, 2.0, 0.5, 0.0]);
        assert_eq!(load.models[0].queued, [0.0, 0.0, 2.0, 4.0], "the last is of 50 ms");
        assert_eq!((load.models[0].most_queued, load.models[0].mean_busy), (4, 1.0));
        assert!((load.models[0].mean_overflowing - 0.5).abs() < 1e-12, "175 of 350 ms");
    }

    #[test]
    fn spans_become_fewer_and_nothing_is_lost() {
        let mut recorder = LoadRecorder::new(1);
        let mut total = 0;
        for second in 0..3_600_u32 {
            let level = second % 7;
            recorder.note(Instant::from_millis(u64::from(second) * 1_000), [busy(level)].into_iter());
            total += level;
        }
        let load = load(&recorder, 3_600_000);
        let model = &load.models[0];
        assert_eq!((load.span, model.busy.len()), (Duration::from_millis(12_800), 282));
        let (last, whole) = model.busy.split_last().expect("there are some");
        let sum = whole.iter().sum::<f64>() * 12.8 + last * (3_600.0 - 281.0 * 12.8);
        assert!((sum - f64::from(total)).abs() < 1e-6, "{sum} {total}");
    }

    #[test]
    fn what_was_before_the_count_began_is_forgotten_but_not_what_still_is() {
        let mut recorder = LoadRecorder::new(2);
        recorder.note(Instant::from_millis(0), [busy(1), busy(1)].into_iter());
        recorder.note(Instant::from_millis(5_000), [Levels { queued: 3, ..busy(2) }, busy(0)].into_iter());
        recorder.restart(Instant::from_millis(6_050));
        let load = load(&recorder, 6_200);
        assert_eq!(load.models.len(), 1);
        assert_eq!((&load.models[0].busy[..], load.models[0].most_queued), (&[2.0, 2.0][..], 3));
    }

    #[test]
    fn nothing_is_kept_of_a_gateway_without_work() {
        let mut recorder = LoadRecorder::new(1);
        recorder.note(Instant::from_millis(86_400_000), [busy(0)].into_iter());
        assert_eq!(load(&recorder, 86_400_000).models, []);
    }
}
