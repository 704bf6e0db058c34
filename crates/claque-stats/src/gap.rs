//! `generator_gap`: stretches in which the generator did not run although it should have.

use claque_core::{
    gap::{Gap, GapLog, GeneratorPart},
    time::{Duration, Instant, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::{
    reason::counted,
    sample::{millis, rounded},
};

/// A stretch longer than this makes a run INVALID; see docs/time.md for why.
pub const LATE_GAP: Duration = Duration::from_millis(250);

/// Where the stretches together are more than this part of the time in which anybody listened, the run is INVALID, too, however
/// short each of them. What happens at some moment happens in a stretch as often as stretches take of the time: above one in
/// twenty, a p95 may be of nothing but moments at which claque did not run.
pub const LATE_SHARE_PCT: f64 = 5.0;

/// Where the beats of a part were late for a larger part of the time in which anybody listened, a note says so.
pub(crate) const NOTED_LATENESS_PCT: f64 = 2.0;

/// Where they were late for more than this, the run is INVALID, however short each lateness; see docs/time.md for why.
pub(crate) const MOST_LATENESS_PCT: f64 = 25.0;

/// Stretches that are kept one by one: the longest.
const MOST_KEPT: usize = 100;

/// The stretches of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorGap {
    /// The longest, in ms.
    pub longest_ms: f64,
    /// When it began, in ms since the run's start.
    pub longest_at_ms: f64,
    /// Which part of the generator it was.
    pub longest_of: String,
    /// Stretches of 50 ms and more.
    pub noted: u64,
    /// Their lengths together, in ms.
    pub noted_ms_total: f64,
    /// Those among them that are longer than 250 ms.
    pub late: u64,
    /// The longest hundred of them, in order of time.
    pub stretches: Vec<GapStretch>,
    /// How late the beats of the part that was latest were, all together and however short each, in ms; absent in files of before.
    #[serde(default)]
    pub late_ms_total: Option<f64>,
    /// Which part that was.
    #[serde(default)]
    pub late_of: Option<String>,
    /// The same in percent of the time in which anybody listened; absent where nobody did.
    #[serde(default)]
    pub late_share_pct: Option<f64>,
}

/// One stretch of 50 ms and more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapStretch {
    /// When it began, in ms since the run's start.
    pub at_ms: f64,
    /// How long it was, in ms.
    pub lasted_ms: f64,
    /// Which part of the generator it was.
    pub of: String,
}

impl From<&Gap> for GapStretch {
    fn from(gap: &Gap) -> Self {
        Self {
            at_ms: rounded(gap.from.as_millis_f64()),
            lasted_ms: rounded(millis(duration_nanos(gap.lasted))),
            of: gap.of.to_string(),
        }
    }
}

impl GeneratorGap {
    /// The figures of a log; none if no heart beat.
    #[must_use]
    pub fn from_log(log: &GapLog) -> Option<Self> {
        let longest = log.longest()?;
        let mut stretches = log.stretches();
        let (beyond, beyond_lasted) = log.beyond();
        let total: Duration = stretches.iter().map(|gap| gap.lasted).sum();
        let noted = u64::try_from(stretches.len()).unwrap_or(u64::MAX);
        let late = stretches.iter().filter(|gap| gap.lasted > LATE_GAP).count();
        stretches.sort_by_key(|gap| std::cmp::Reverse(gap.lasted));
        stretches.truncate(MOST_KEPT);
        stretches.sort_by_key(|gap| gap.from);
        Some(Self {
            longest_ms: rounded(millis(duration_nanos(longest.lasted))),
            longest_at_ms: rounded(longest.from.since(Instant::START).as_secs_f64() * 1_000.0),
            longest_of: longest.of.to_string(),
            noted: noted + beyond,
            noted_ms_total: rounded(millis(duration_nanos(total + beyond_lasted))),
            late: u64::try_from(late).unwrap_or(u64::MAX),
            stretches: stretches.iter().map(GapStretch::from).collect(),
            late_ms_total: Some(log.latest().map_or(0.0, |(_, late)| rounded(millis(duration_nanos(late))))),
            late_of: log.latest().map(|(of, _)| of.to_string()),
            late_share_pct: None,
        })
    }

    /// The same with what the lateness was of the time in which anybody listened.
    #[must_use]
    pub fn within(self, listening_ms: Option<f64>) -> Self {
        Self { late_share_pct: self.lateness_pct(listening_ms).map(rounded), ..self }
    }

    /// Lateness of all beats of the latest part together, in percent of the time in which anybody listened, at most 100; none where
    /// nobody did, or nobody added it up.
    #[must_use]
    pub fn lateness_pct(&self, listening_ms: Option<f64>) -> Option<f64> {
        let (late, of) = self.late_ms_total.zip(listening_ms.filter(|&ms| ms > 0.0))?;
        Some((100.0 * late / of).min(100.0))
    }

    /// What is to be said of lateness that adds up, where it is at least so many percent.
    fn lateness_words(&self, listening_ms: Option<f64>, at_least_pct: f64) -> Option<String> {
        let share = self.lateness_pct(listening_ms).filter(|&share| share >= at_least_pct)?;
        Some(format!(
            "its heartbeat was late by {:.0} ms in all ({}), {share:.1} % of the time in which anybody listened",
            self.late_ms_total.unwrap_or_default(),
            self.late_of.as_deref().unwrap_or("of a part that is not told")
        ))
    }

    /// Whether the longest is too long for the figures to be trusted.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.longest_ms > millis(duration_nanos(LATE_GAP))
    }

    /// The noted stretches together, in percent of the time in which anybody listened; none where nobody did.
    #[must_use]
    pub fn share_pct(&self, listening_ms: Option<f64>) -> Option<f64> {
        listening_ms.filter(|&ms| ms > 0.0).map(|ms| 100.0 * self.noted_ms_total / ms)
    }

    /// Why a run with these stretches is not to be trusted, if so.
    pub(crate) fn late_words(&self, listening_ms: Option<f64>) -> Option<String> {
        if self.is_late() {
            return Some(self.longest_words());
        }
        if let Some(words) = self.lateness_words(listening_ms, MOST_LATENESS_PCT) {
            return Some(format!("{words}, more than {MOST_LATENESS_PCT:.0} %"));
        }
        let share = self.share_pct(listening_ms).filter(|&share| share > LATE_SHARE_PCT)?;
        Some(format!(
            "{}; together {share:.1} % of the time in which anybody listened, more than {LATE_SHARE_PCT:.0} %",
            self.noted_words()
        ))
    }

    fn longest_words(&self) -> String {
        let limit_ms = millis(duration_nanos(LATE_GAP));
        let moments: Vec<_> = self
            .stretches
            .iter()
            .filter(|gap| gap.lasted_ms > limit_ms)
            .take(3)
            .map(|gap| format!("{:.0} ms from {:.3} s on ({})", gap.lasted_ms, gap.at_ms / 1_000.0, gap.of))
            .collect();
        let more = self.late.saturating_sub(u64::try_from(moments.len()).unwrap_or(u64::MAX));
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let who = who(self.stretches.iter().filter(|gap| gap.lasted_ms > limit_ms));
        format!("{who} did not run for {}{more}, longer than {limit_ms:.0} ms", moments.join(", "))
    }

    /// What is to be said of stretches and lateness that are no reason for distrust; none where there is nothing.
    pub(crate) fn note_words(&self, listening_ms: Option<f64>) -> Option<String> {
        let stretches = (self.noted > 0).then(|| self.noted_words());
        let lateness = self.lateness_words(listening_ms, NOTED_LATENESS_PCT);
        let told: Vec<_> = stretches.into_iter().chain(lateness).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// What is to be said of shorter ones.
    fn noted_words(&self) -> String {
        format!(
            "{} did not run for 50 ms or more {}, {:.0} ms in all, {:.0} ms at most from {:.3} s on",
            who(self.stretches.iter()),
            counted(self.noted, "time"),
            self.noted_ms_total,
            self.longest_ms,
            self.longest_at_ms / 1_000.0
        )
    }
}

/// Who it was that did not run in all of these stretches.
fn who<'a>(mut stretches: impl Iterator<Item = &'a GapStretch>) -> &'static str {
    let gateway = GeneratorPart::Gateway.to_string();
    if stretches.all(|gap| gap.of == gateway) { "claque's own embedded gateway" } else { "claque" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(gaps: &[(u64, u64)]) -> GapLog {
        let mut log = GapLog::default();
        for (from, lasted) in gaps {
            let (from, lasted) = (Instant::from_millis(*from), Duration::from_millis(*lasted));
            log.record(Gap { from, lasted, of: GeneratorPart::Lane(0) });
        }
        log
    }

    #[test]
    fn a_long_stretch_is_named_with_its_moment_and_length() {
        let gap = GeneratorGap::from_log(&log(&[(500, 60), (2_013, 2_990), (9_000, 300)])).unwrap();
        assert!(gap.is_late());
        assert_eq!((gap.noted, gap.late), (3, 2));
        assert_eq!(
            gap.late_words(Some(60_000.0)).unwrap(),
            "claque did not run for 2990 ms from 2.013 s on (thread of listeners 0), 300 ms from 9.000 s on (thread of listeners 0), longer than 250 ms"
        );
    }

    #[test]
    fn shorter_ones_are_counted() {
        let gap = GeneratorGap::from_log(&log(&[(500, 60), (700, 7), (9_000, 250)])).unwrap();
        assert!(!gap.is_late());
        assert_eq!(
            gap.noted_words(),
            "claque did not run for 50 ms or more 2 times, 310 ms in all, 250 ms at most from 9.000 s on"
        );
    }

    #[test]
    fn short_ones_add_up() {
        // 21 stretches of 230 ms in 8.6 s, none of them late by itself.
        let gaps: Vec<_> = (0..21).map(|number| (number * 400, 230)).collect();
        let gap = GeneratorGap::from_log(&log(&gaps)).unwrap();
        assert!(!gap.is_late());
        assert_eq!(
            gap.late_words(Some(8_600.0)).unwrap(),
            "claque did not run for 50 ms or more 21 times, 4830 ms in all, 230 ms at most from 0.000 s on; together \
             56.2 % of the time in which anybody listened, more than 5 %"
        );
        assert_eq!(gap.late_words(Some(96_600.0)), None, "exactly 5 % are no more than 5 %");
        assert_eq!(gap.late_words(None), None, "nobody listened");
    }

    #[test]
    fn lateness_of_beats_that_are_each_no_stretch_adds_up() {
        let of = |late_ms: u64| {
            let mut log = log(&[(500, 45)]);
            log.late_by(GeneratorPart::Lane(0), Duration::from_millis(late_ms));
            GeneratorGap::from_log(&log).unwrap().within(Some(10_000.0))
        };
        let (little, some, much) = (of(199), of(200), of(4_600));
        assert_eq!((little.late_words(Some(10_000.0)), little.note_words(Some(10_000.0))), (None, None));
        let words = "its heartbeat was late by 200 ms in all (thread of listeners 0), 2.0 % of the time in which anybody listened";
        assert_eq!(some.note_words(Some(10_000.0)).unwrap(), words);
        assert_eq!(some.late_words(Some(10_000.0)), None);
        assert_eq!(much.late_share_pct, Some(46.0));
        assert!(
            much.late_words(Some(10_000.0))
                .unwrap()
                .ends_with("46.0 % of the time in which anybody listened, more than 25 %")
        );
        assert_eq!(much.late_words(None), None, "nobody listened");
    }

    #[test]
    fn times_have_six_decimals_at_most() {
        let mut log = GapLog::default();
        let (from, lasted) = (Instant::from_millis(700), Duration::from_nanos(60_123_457));
        log.record(Gap { from, lasted, of: GeneratorPart::Lane(0) });
        let gap = GeneratorGap::from_log(&log).unwrap();
        let told = [gap.longest_ms, gap.longest_at_ms, gap.noted_ms_total, gap.stretches[0].lasted_ms];
        assert_eq!(told.map(|ms| ms.to_string()), ["60.123457", "700", "60.123457", "60.123457"]);
    }

    #[test]
    fn where_no_heart_beat_nothing_is_known() {
        assert_eq!(GeneratorGap::from_log(&GapLog::default()), None);
    }

    #[test]
    fn a_gateway_that_stood_still_is_named_as_such() {
        let mut log = GapLog::default();
        let (from, lasted) = (Instant::from_millis(2_013), Duration::from_millis(2_990));
        log.record(Gap { from, lasted, of: GeneratorPart::Gateway });
        assert_eq!(
            GeneratorGap::from_log(&log).unwrap().late_words(Some(60_000.0)).unwrap(),
            "claque's own embedded gateway did not run for 2990 ms from 2.013 s on (embedded gateway), longer than 250 ms"
        );
    }
}
