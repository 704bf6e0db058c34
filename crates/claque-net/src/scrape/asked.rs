//! What came of asking one source: its series, within their bounds, and how it went.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::mpsc::SyncSender,
};

use claque_core::{
    series::{LeftOut, Series, SeriesPoint, SourceReport, Typical},
    time::{Duration, Instant, duration_nanos},
};
use claque_wire::metrics::{Metrics, Sample};
use tokio::sync::watch;

use super::{MOST_SERIES, source::Source};
use crate::{clock::Clock, service::Secrets};

/// Times of each kind that are kept for their median: those of seven hours.
const MOST_TIMES: usize = 100_000;

/// Gathers what one source tells.
#[derive(Debug)]
pub(super) struct Asked {
    name: String,
    secrets: Secrets,
    /// Values that may still be kept, of all sources together.
    room: Rc<Cell<u64>>,
    every: Duration,
    asked: u64,
    failed: u64,
    first_failure: Option<String>,
    skipped: u64,
    times: Times,
    left_out: LeftOut,
    /// Series beyond the bound, as far as they are told apart.
    beyond: BTreeSet<(String, String)>,
    numbers: BTreeMap<(String, String), usize>,
    series: Vec<Growing>,
}

/// A series and when it last had a value.
#[derive(Debug)]
struct Growing {
    series: Series,
    /// The number of the asking that gave the last one.
    last: u64,
}

#[derive(Debug, Default)]
struct Times {
    last_asked: Option<Instant>,
    intervals: Vec<Duration>,
    lateness: Vec<Duration>,
    answers: Vec<Duration>,
}

impl Asked {
    pub(super) fn new(name: String, secrets: Secrets, room: Rc<Cell<u64>>) -> Self {
        Self {
            name,
            secrets,
            room,
            every: Duration::ZERO,
            asked: 0,
            failed: 0,
            first_failure: None,
            skipped: 0,
            times: Times::default(),
            left_out: LeftOut::default(),
            beyond: BTreeSet::new(),
            numbers: BTreeMap::new(),
            series: Vec::new(),
        }
    }

    /// Asks until it is to stop; what is under way then is given up and not counted. The first failure is told.
    pub(super) async fn fill(
        mut self,
        (mut source, clock): (Source, Clock),
        mut stopped: watch::Receiver<bool>,
        tell: SyncSender<String>,
    ) -> Self {
        self.every = source.every();
        let mut due = clock.now();
        loop {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return self,
                () = clock.sleep_until(due) => {}
            }
            let asked_at = clock.now();
            let outcome = tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return self,
                outcome = source.ask() => outcome,
            };
            let is_first = self.failed == 0;
            self.take((due, asked_at, clock.now()), outcome);
            if let Some(why) = self.first_failure.as_ref().filter(|_| is_first && self.failed > 0) {
                // It has room for a line of each source.
                let _told = tell.try_send(format!("{} tells no figures: {why}", self.name));
            }
            due = self.next(due, clock.now());
        }
    }

    /// The next moment after `now` at which it is to be asked, and how many were missed.
    fn next(&mut self, due: Instant, now: Instant) -> Instant {
        let every = duration_nanos(self.every).max(1);
        let passed = duration_nanos(now.since(due)) / every;
        self.skipped += passed;
        due + Duration::from_nanos(every.saturating_mul(passed + 1))
    }

    fn take(&mut self, (due, asked_at, now): (Instant, Instant, Instant), outcome: Result<Metrics, String>) {
        self.asked += 1;
        if self.times.lateness.len() < MOST_TIMES {
            self.times.lateness.push(asked_at.since(due));
            self.times.intervals.extend(self.times.last_asked.map(|last| asked_at.since(last)));
        }
        self.times.last_asked = Some(asked_at);
        let metrics = match outcome {
            Ok(metrics) => metrics,
            Err(why) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| self.secrets.clean(&why));
                return;
            }
        };
        if self.times.answers.len() < MOST_TIMES {
            self.times.answers.push(now.since(asked_at));
        }
        self.left_out.buckets = self.left_out.buckets.max(metrics.buckets);
        self.left_out.lines = self.left_out.lines.max(metrics.unread);
        self.left_out.series = self.left_out.series.max(metrics.beyond);
        metrics.samples.into_iter().for_each(|sample| self.keep(sample, now));
    }

    fn keep(&mut self, Sample { name, labels, unit, kind, value }: Sample, at: Instant) {
        let key = (name, labels);
        let number = match self.numbers.get(&key) {
            Some(number) => *number,
            None if self.series.len() >= MOST_SERIES => {
                if self.beyond.len() < MOST_SERIES {
                    self.beyond.insert(key);
                }
                return;
            }
            None => {
                let series = Series {
                    source: self.name.clone(),
                    name: self.secrets.clean(&key.0),
                    labels: self.secrets.clean(&key.1),
                    unit,
                    kind,
                    points: Vec::new(),
                };
                self.series.push(Growing { series, last: 0 });
                self.numbers.insert(key, self.series.len() - 1);
                self.series.len() - 1
            }
        };
        let Some(Growing { series, last }) = self.series.get_mut(number) else { return };
        // The same series twice in one answer.
        if *last == self.asked {
            return;
        }
        let is_next = *last + 1 == self.asked;
        *last = self.asked;
        if !is_next && let Some(before) = series.points.last().map(|point| point.at) {
            // A value that is no number right behind the last one says that nothing was known from then on.
            let gone = before + Duration::from_nanos(1);
            Self::push(&self.room, &mut self.left_out, series, SeriesPoint { at: gone, value: f64::NAN });
        }
        let same = |point: &SeriesPoint| point.value.to_bits() == value.to_bits();
        if let [.., before, latest] = series.points.as_mut_slice()
            && is_next
            && same(before)
            && same(latest)
        {
            // A value that stays is its first and its last moment.
            latest.at = at;
            return;
        }
        Self::push(&self.room, &mut self.left_out, series, SeriesPoint { at, value });
    }

    fn push(room: &Cell<u64>, left_out: &mut LeftOut, series: &mut Series, point: SeriesPoint) {
        match room.get().checked_sub(1) {
            Some(left) => {
                room.set(left);
                series.points.push(point);
            }
            None => left_out.values += 1,
        }
    }

    /// The series, and how it went.
    pub(super) fn into_parts(self) -> (Vec<Series>, SourceReport) {
        let beyond = u64::try_from(self.beyond.len()).unwrap_or(u64::MAX);
        let report = SourceReport {
            source: self.name,
            every: self.every,
            asked: self.asked,
            failed: self.failed,
            first_failure: self.first_failure,
            skipped: self.skipped,
            interval: Typical::of(self.times.intervals),
            lateness: Typical::of(self.times.lateness),
            answer: Typical::of(self.times.answers),
            left_out: LeftOut { series: self.left_out.series.max(beyond), ..self.left_out },
        };
        (self.series.into_iter().map(|growing| growing.series).collect(), report)
    }
}

#[cfg(test)]
mod tests {
    use claque_core::series::SeriesKind;

    use super::*;

    const AT: fn(u64) -> Instant = Instant::from_millis;

    fn asked(room: u64) -> Asked {
        let mut asked = Asked::new("here".to_owned(), Secrets::default(), Rc::new(Cell::new(room)));
        asked.every = Duration::from_millis(250);
        asked
    }

    fn one(value: f64) -> Result<Metrics, String> {
        let (name, labels, unit, kind) = ("q".to_owned(), String::new(), String::new(), SeriesKind::Gauge);
        let samples = vec![Sample { name, labels, unit, kind, value }];
        Ok(Metrics { samples, ..Metrics::default() })
    }

    fn points(asked: Asked) -> Vec<(u64, f64)> {
        let (series, _) = asked.into_parts();
        series[0].points.iter().map(|point| (point.at.as_nanos() / 1_000_000, point.value)).collect()
    }

    #[test]
    fn a_value_that_stays_is_its_first_and_last_moment_and_a_hole_is_no_staying() {
        let mut all = asked(100);
        for (place, value) in [1.0, 1.0, 1.0, 1.0, 2.0, 2.0].into_iter().enumerate() {
            let at = AT(250 * u64::try_from(place).unwrap());
            all.take((at, at, at), one(value));
        }
        all.take((AT(1_500), AT(1_500), AT(1_600)), Err("gone".to_owned()));
        all.take((AT(1_750), AT(1_750), AT(1_750)), one(2.0));
        let told = points(all);
        let numbers: Vec<_> = told.iter().copied().filter(|(_, value)| !value.is_nan()).collect();
        assert_eq!(numbers, [(0, 1.0), (750, 1.0), (1_000, 2.0), (1_250, 2.0), (1_750, 2.0)]);
        assert!(told[4].1.is_nan() && told[4].0 == 1_250, "the hole is told: {told:?}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let mut all = asked(2);
        for (number, value) in (0..).zip([1.0, 2.0, 3.0, 4.0]) {
            let at = AT(250 * number);
            all.take((at, at, at), one(value));
        }
        let (series, report) = all.into_parts();
        assert_eq!((series[0].points.len(), report.left_out.values), (2, 2));
    }

    #[test]
    fn series_beyond_the_bound_are_counted_once_each() {
        let mut all = asked(10_000);
        let sample = |number: usize| Sample {
            name: format!("m{number}"),
            labels: String::new(),
            unit: String::new(),
            kind: SeriesKind::Gauge,
            value: 1.0,
        };
        for round in 0..2 {
            let samples = (0..MOST_SERIES + 3).map(sample).collect();
            let at = AT(250 * round);
            all.take((at, at, at), Ok(Metrics { samples, ..Metrics::default() }));
        }
        let (series, report) = all.into_parts();
        assert_eq!((series.len(), report.left_out.series), (MOST_SERIES, 3));
    }

    #[test]
    fn lateness_intervals_and_missed_moments_are_measured() {
        let mut all = asked(100);
        let mut due = AT(0);
        for (late, took) in [(1, 20), (2, 900), (4, 10)] {
            let asked_at = due + Duration::from_millis(late);
            let done = asked_at + Duration::from_millis(took);
            all.take((due, asked_at, done), one(1.0));
            due = all.next(due, done);
        }
        let (_, report) = all.into_parts();
        let ms = Duration::from_millis;
        assert_eq!((report.asked, report.failed, report.skipped), (3, 0, 3));
        assert_eq!(report.lateness, Some(Typical { median: ms(2), longest: ms(4) }));
        assert_eq!(report.interval, Some(Typical { median: ms(251), longest: ms(1_002) }));
        assert_eq!(report.answer, Some(Typical { median: ms(20), longest: ms(900) }));
    }
}
