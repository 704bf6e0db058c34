//! The figures of a suite, read from the folders of its runs.

use std::path::Path;

use claque_stats::{
    ReasonId, Summary, Validity, Verdict,
    figures::{self, FigureUnit, FigureValue},
    objective::ObjectiveResult,
};
use claque_store::{Changes, RunWhat, SavedVerdict, StoreError, SuiteManifest, SuiteRunState, head};

/// A suite with its figures.
#[derive(Debug)]
pub struct SuiteFigures<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// What was planned, and what has been made of it.
    pub(crate) manifest: &'a SuiteManifest,
    /// The service; empty as long as nothing was run.
    pub(crate) target: String,
    /// In the order of the file.
    pub(crate) scenarios: Vec<ScenarioFigures>,
    /// Runs without figures, and why: their folders cannot be read any more.
    pub left_out: Vec<StoreError>,
}

/// A scenario with its repeats.
#[derive(Debug)]
pub struct ScenarioFigures {
    pub(crate) name: String,
    /// How often it is to be run.
    pub(crate) repeats: u32,
    /// Its audience, in words.
    pub(crate) audience: String,
    /// Those that came to their end, in the order of their repeats.
    pub(crate) runs: Vec<RunFigures>,
}

/// A run of a suite that came to its end.
#[derive(Debug)]
pub(crate) struct RunFigures {
    /// Its place in the order, from 1.
    pub(crate) place: usize,
    pub(crate) repeat: u32,
    pub(crate) seed: u64,
    /// The name of its folder in the suite's.
    pub(crate) folder: String,
    pub(crate) verdict: SavedVerdict,
    pub(crate) objectives: Vec<ObjectiveResult>,
    /// Absent if its folder is not there any more.
    pub(crate) summary: Option<Box<Summary>>,
    /// Whether it has a page of its own.
    pub(crate) has_page: bool,
}

/// A figure over the repeats.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Spread {
    /// Nearest-rank.
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// The figures that are told of a scenario.
pub(crate) const FIGURES: [Figure; 8] = [
    Figure::plain("success_pct"),
    Figure::plain("underruns"),
    Figure::plain("resends"),
    Figure::plain("given_up"),
    Figure::plain("stalled_time_pct"),
    Figure { name: "startup_time p50", id: "startup_time", of: Statistic::P50 },
    Figure { name: "startup_time p95", id: "startup_time", of: Statistic::P95 },
    Figure { name: "round_trip p50", id: "round_trip", of: Statistic::P50 },
];

/// A figure of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// Its name in the list of figures.
    id: &'static str,
    of: Statistic,
}

/// Which figure of those of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statistic {
    Whole,
    P50,
    P95,
    Max,
}

impl Figure {
    /// How many listeners were well served.
    pub(crate) const GOODPUT: Self = Self::plain("goodput_pct");
    /// How much of the time nobody heard anything.
    pub(crate) const STALLED: Self = Self::plain("stalled_time_pct");
    /// How long until the first sound.
    pub(crate) const STARTUP: Self =
        Self { name: "startup_time p50", id: "startup_time", of: Statistic::P50 };

    const fn plain(id: &'static str) -> Self {
        Self { name: id, id, of: Statistic::Whole }
    }

    /// What it is counted in.
    pub(crate) fn kind(self) -> FigureKind {
        match figures::named(self.id).map(|figure| figure.unit) {
            Some(FigureUnit::Ms) => FigureKind::Time,
            Some(FigureUnit::Pct) => FigureKind::Percent,
            Some(
                FigureUnit::Ratio
                | FigureUnit::Count
                | FigureUnit::AudioPerSecond
                | FigureUnit::CharsPerSecond
                | FigureUnit::Bytes,
            )
            | None => FigureKind::Count,
        }
    }

    /// Of a quantile, the largest value: what is told where there are too few values for it.
    fn instead(self) -> Option<Self> {
        [Statistic::P50, Statistic::P95].contains(&self.of).then_some(Self { of: Statistic::Max, ..self })
    }

    fn value(self, summary: &Summary) -> Option<f64> {
        match (figures::named(self.id)?.value(summary)?, self.of) {
            (FigureValue::Number(number), Statistic::Whole) => Some(number),
            (FigureValue::Times(times), Statistic::P50) => times.p50_ms,
            (FigureValue::Times(times), Statistic::P95) => times.p95_ms,
            (FigureValue::Times(times), Statistic::Max) => Some(times.max_ms),
            (
                FigureValue::Number(_)
                | FigureValue::Times(_)
                | FigureValue::Ratios(_)
                | FigureValue::Count(_),
                _,
            ) => None,
        }
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FigureKind {
    Percent,
    Count,
    /// In ms.
    Time,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let median = *values.get((values.len() - 1) / 2)?;
        Some(Self { median, least, most })
    }
}

impl ScenarioFigures {
    /// The figure over its VALID repeats: others do not measure the service. None of a quantile that one of them has too few
    /// values for.
    pub(crate) fn spread(&self, figure: Figure) -> Option<Spread> {
        let valid = self.runs.iter().filter(|run| run.verdict.valid);
        let lacks = |summary: &Summary| {
            let instead = figure.instead().and_then(|instead| instead.value(summary));
            figure.value(summary).is_none() && instead.is_some()
        };
        let is_backed = !valid.filter_map(|run| run.summary.as_deref()).any(lacks);
        self.spread_of(figure).filter(|_| is_backed)
    }

    /// The largest value over the same repeats, where a quantile is none because it has too few values.
    pub(crate) fn largest_instead(&self, figure: Figure) -> Option<Spread> {
        figure.instead().and_then(|instead| self.spread_of(instead))
    }

    fn spread_of(&self, figure: Figure) -> Option<Spread> {
        Spread::of(self.values(figure))
    }

    /// The figure in each VALID repeat that has it.
    pub(crate) fn values(&self, figure: Figure) -> Vec<f64> {
        let valid = self.runs.iter().filter(|run| run.verdict.valid);
        valid.filter_map(|run| run.summary.as_deref().and_then(|summary| figure.value(summary))).collect()
    }

    /// How many repeats are VALID.
    pub(crate) fn valid(&self) -> usize {
        self.runs.iter().filter(|run| run.verdict.valid).count()
    }

    /// Each objective with what came of it in the repeats.
    pub(crate) fn objectives(&self) -> Vec<(&str, ObjectiveStanding)> {
        let first = self.runs.first().map_or(&[][..], |run| &run.objectives);
        let standing = |at: usize| {
            let results = || self.runs.iter().filter_map(|run| run.objectives.get(at));
            ObjectiveStanding {
                runs: self.runs.len(),
                met: results().filter(|result| result.met).count(),
                not_shown: results().filter(|result| result.not_shown).count(),
            }
        };
        first.iter().enumerate().map(|(at, result)| (result.objective.as_str(), standing(at))).collect()
    }
}

/// In how many repeats an objective was met, and in how many the sample did not show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectiveStanding {
    runs: usize,
    met: usize,
    not_shown: usize,
}

impl ObjectiveStanding {
    /// "met", "NOT SHOWN" or "MISSED".
    pub(crate) const fn word(self) -> &'static str {
        match (self.met == self.runs, self.met + self.not_shown == self.runs) {
            (true, _) => "met",
            (false, true) => "NOT SHOWN",
            (false, false) => "MISSED",
        }
    }

    /// "met by 3 of 5", "met by 3 of 5, not shown by 2".
    pub(crate) fn words(self) -> String {
        let met = format!("met by {} of {}", self.met, self.runs);
        if self.not_shown == 0 { met } else { format!("{met}, not shown by {}", self.not_shown) }
    }
}

impl SuiteFigures<'_> {
    /// Runs that came to their end.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &RunFigures> {
        self.scenarios.iter().flat_map(|scenario| &scenario.runs)
    }

    /// Whether every run came to its end.
    pub(crate) const fn is_finished(&self) -> bool {
        self.manifest.finished_at_utc.is_some()
    }

    /// The service; empty as long as nothing was run.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// How many of the runs that came to their end have each verdict, in the order of trust.
    pub fn verdicts(&self) -> Vec<(&'static str, u64)> {
        let order = [Validity::Valid, Validity::Unverified, Validity::Invalid];
        let count = |validity: Validity| {
            let runs = self.runs().filter(|run| run.verdict.validity() == validity);
            (validity.as_str(), u64::try_from(runs.count()).unwrap_or(u64::MAX))
        };
        order.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// Whether any run is INVALID.
    pub fn has_invalid(&self) -> bool {
        self.runs().any(|run| !run.verdict.valid)
    }

    /// The same with each run INVALID that was found to be changed: a list does not look at every byte of what is large.
    #[must_use]
    pub fn with_changed_runs(mut self, changes: &Changes) -> Self {
        for run in self.scenarios.iter_mut().flat_map(|scenario| &mut scenario.runs) {
            let is_told = run.verdict.reasons.iter().any(|reason| reason.id == ReasonId::FactsDiffer);
            if let Some(reason) = changes.reason_of_run(&run.folder).filter(|_| !is_told) {
                run.verdict.reasons.push(reason);
                run.verdict = SavedVerdict::from(&Verdict::from(run.verdict.clone()));
            }
        }
        self
    }

    /// Whether a run that can be trusted missed an objective.
    pub fn has_missed(&self) -> bool {
        let missed = |run: &RunFigures| run.objectives.iter().any(|result| !result.met);
        self.runs().any(|run| run.verdict.valid && missed(run))
    }
}

/// Reads the figures of the suite in the folder `dir`. A run whose folder is gone has none.
pub fn gather<'a>(dir: &'a Path, manifest: &'a SuiteManifest) -> SuiteFigures<'a> {
    let mut left_out = Vec::new();
    let mut target = String::new();
    let mut scenarios = Vec::new();
    for scenario in &manifest.scenarios {
        let mut runs = Vec::new();
        for (place, run) in (1..).zip(&manifest.runs).filter(|(_, run)| run.scenario == scenario.name) {
            let SuiteRunState::Done { folder, verdict, objectives, .. } = &run.state else { continue };
            let place_of_run = dir.join(folder);
            let mut verdict = verdict.clone();
            let summary = match head(&place_of_run) {
                Ok(mut head) => {
                    head.hold_against_facts();
                    target = head.target;
                    if let (Some(_), Some(found)) = (head.integrity.changes(), head.verdict) {
                        verdict = found;
                    }
                    match head.what {
                        RunWhat::Listeners { summary, .. } => summary,
                        RunWhat::Documents { .. } => None,
                    }
                }
                Err(error) => {
                    left_out.push(error);
                    None
                }
            };
            runs.push(RunFigures {
                place,
                repeat: run.repeat,
                seed: run.seed,
                folder: folder.clone(),
                verdict,
                objectives: objectives.clone(),
                summary,
                has_page: place_of_run.join(crate::html::FILE).is_file(),
            });
        }
        runs.sort_by_key(|run| run.repeat);
        let (name, repeats) = (scenario.name.clone(), scenario.repeats);
        scenarios.push(ScenarioFigures { name, repeats, audience: audience(&scenario.settings), runs });
    }
    // The port of an embedded gateway is another one each time.
    let target = target.split(" at http").next().unwrap_or_default().to_owned();
    SuiteFigures { dir, manifest, target, scenarios, left_out }
}

/// "20 x 30 at 1.7 x".
fn audience(settings: &serde_json::Value) -> String {
    let of = |key: &str| settings.get(key).map_or_else(|| "?".to_owned(), ToString::to_string);
    let mut words = format!("{} x {} at {} x", of("users"), of("blocks"), of("speed").trim_end_matches(".0"));
    for (key, said) in [("use_cached", "cached"), ("varied_lengths", "varied")] {
        if settings.get(key).and_then(serde_json::Value::as_bool) == Some(true) {
            words.push_str(&format!(", {said}"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]), Some(Spread { median: 1.0, least: 1.0, most: 4.0 }));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn an_audience_is_told_in_a_few_words() {
        let settings = serde_json::json!({ "users": 20, "blocks": 30, "speed": 2.0, "use_cached": true });
        assert_eq!(audience(&settings), "20 x 30 at 2 x, cached");
    }
}
