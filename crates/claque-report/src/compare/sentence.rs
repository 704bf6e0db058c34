//! What a comparison comes to, in a sentence that uses what the data show. `docs/compare.md` has the rules.

use claque_stats::{
    compare::{Change, Design, Pair, Primary, Row, Statistic, Unit},
    units::{grouped, time},
};

use super::{
    Compared, Side,
    figures::{self, with_statistic},
};

/// More repeats than these are not asked for: a difference that takes more is not what anybody looks for.
const MOST_REPEATS: f64 = 200.0;

/// The sentence about the candidate of `pair`; nothing where the two cannot be compared.
pub(crate) fn sentence(compared: &Compared, pair: &Pair, candidate: &Side) -> Option<String> {
    let baseline = compared.sides.first()?;
    let runs = baseline.runs.len().min(candidate.runs.len());
    let words = of_pair(pair, &candidate.label, runs, compared.confidence_pct)?;
    let words = match compared.primary.and_then(|_| worse_beside(pair)) {
        Some(more) => format!("{words} {more}"),
        None => words,
    };
    Some(match never_started(baseline, candidate) {
        Some(more) => format!("{words} {more}"),
        None => words,
    })
}

/// Figures that are judged as a rule and are not now, if they look worse by themselves.
fn worse_beside(pair: &Pair) -> Option<String> {
    let names = Primary::names();
    let is_mean = |row: &Row| matches!(row.statistic, None | Some(Statistic::Mean));
    let is_worse = |row: &&Row| {
        let leaves_out_none = row.interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0);
        !row.judged
            && is_mean(row)
            && names.contains(&row.metric.as_str())
            && leaves_out_none
            && !is_improvement(row)
    };
    let rows: Vec<String> = pair.rows.iter().filter(is_worse).map(told).collect();
    (!rows.is_empty()).then(|| format!("Worse by itself, and in no verdict: {}.", rows.join(", ")))
}

/// Listeners that never began to play are in no time: told where there are any and the sides differ in them.
fn never_started(baseline: &Side, candidate: &Side) -> Option<String> {
    let of = |side: &Side| {
        let listeners = side.runs.iter().flat_map(|run| run.observed.listeners());
        let (mut all, mut never) = (0_u64, 0_u64);
        listeners.for_each(|listener| {
            all += 1;
            never += u64::from(listener.startup_ms.is_none());
        });
        (never, all)
    };
    let ((a, of_a), (b, of_b)) = (of(baseline), of(candidate));
    (a * of_b != b * of_a).then(|| {
        format!(
            "{} of {} listeners of {} never began to play, {} of {} of {}: they are in no time.",
            grouped(b),
            grouped(of_b),
            candidate.label,
            grouped(a),
            grouped(of_a),
            baseline.label
        )
    })
}

/// The same, where `runs` were made on the side that has fewer.
fn of_pair(pair: &Pair, candidate: &str, runs: usize, confidence_pct: f64) -> Option<String> {
    if pair.objection.is_some() {
        return None;
    }
    let judged: Vec<&Row> = pair.rows.iter().filter(|row| row.judged && row.difference.is_some()).collect();
    match pair.design {
        Design::OneRun => return Some(one_run(&judged)),
        Design::OtherTexts | Design::Unverified => return None,
        Design::Pairs | Design::Groups => {}
    }
    if let Some(why) = pair.not_judged() {
        return Some(format!(
            "Nothing is concluded of {candidate}: {}.",
            why.trim_start_matches("not judged: ")
        ));
    }
    let called = |change| judged.iter().copied().filter(|row| row.change == change).collect::<Vec<_>>();
    let (worse, better) = (called(Change::Worse), called(Change::Better));
    let list = |rows: &[&Row]| rows.iter().map(|row| told(row)).collect::<Vec<_>>().join(", ");
    let sentence = match (worse.is_empty(), better.is_empty()) {
        (false, true) => format!("{candidate} is worse: {}.", list(&worse)),
        (true, false) => format!("{candidate} is better: {}.", list(&better)),
        (false, false) => {
            format!(
                "{candidate} is worse in one thing and better in another: worse {}; better {}.",
                list(&worse),
                list(&better)
            )
        }
        (true, true) => undecided(&judged, candidate, runs, confidence_pct)?,
    };
    Some(sentence)
}

/// Where nothing is called: what leans to one side and what it would take to show it, or what is ruled out.
fn undecided(judged: &[&Row], candidate: &str, runs: usize, confidence_pct: f64) -> Option<String> {
    // The one that leans most: its own interval leaves out no difference at all.
    let leaning = judged.iter().copied().filter(|row| {
        row.change == Change::NoDetectableChange
            && row.interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0)
    });
    let p = |row: &Row| row.p_value.unwrap_or(1.0);
    if let Some(row) = leaning.min_by(|a, b| p(a).total_cmp(&p(b))) {
        let direction = if is_improvement(row) { "better" } else { "worse" };
        let more = more_repeats(row, runs).map_or_else(String::new, |more| {
            let more = if more == 1 { "one more repeat".to_owned() } else { format!("{} more repeats", grouped(more)) };
            format!("; about {more} a side would show it in four of five comparisons, if it is as large as it looks")
        });
        return Some(format!(
            "{candidate} is probably {direction}, which is not shown: {}{more}.",
            told(row)
        ));
    }
    let ruled_out: Vec<String> = judged.iter().filter_map(|row| bound(row)).collect();
    if ruled_out.is_empty() {
        return None;
    }
    Some(format!(
        "No change was found. With {} % confidence, each for itself, the true difference is at most {}.",
        figures::rounded(confidence_pct),
        ruled_out.join(", ")
    ))
}

fn one_run(judged: &[&Row]) -> String {
    let told: Vec<String> =
        judged.iter().map(|row| format!("{} {}", with_statistic(row), change(row))).collect();
    let differences = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    format!(
        "One run a side cannot tell a change from chance{differences}. Make three to five of each, with the same seeds on both sides."
    )
}

/// "startup_time (mean) +50.6 % (95 % interval +1.02 s to +1.13 s)".
fn told(row: &Row) -> String {
    let interval = match figures::interval(row) {
        dash if dash == "-" => String::new(),
        interval => format!(" ({interval})"),
    };
    format!("{} {}{interval}", with_statistic(row), change(row))
}

fn change(row: &Row) -> String {
    match row.unit {
        Unit::Pct => figures::difference(row.difference, row.unit),
        Unit::Ms | Unit::PerListener | Unit::Ratio => match row.relative_pct {
            Some(_) => figures::relative(row),
            None => figures::difference(row.difference, row.unit),
        },
    }
}

/// Of the judged figures more is worse, but for the share of blocks that were delivered.
fn is_improvement(row: &Row) -> bool {
    let is_more = row.difference.is_some_and(|difference| difference > 0.0);
    is_more == (row.metric == "success_pct")
}

/// "5.4 % of startup_time (mean)": the larger end of its interval, and no less than what could have been seen: runs that agree by luck
/// have a short interval. Nothing where nothing could have been seen, and nothing that a share can do is ruled out.
fn bound(row: &Row) -> Option<String> {
    let interval = row.interval?;
    let size = interval.low.abs().max(interval.high.abs()).max(row.detectable?);
    if row.unit == Unit::Pct && size >= 100.0 {
        return None;
    }
    let words = match (row.unit, row.a) {
        (Unit::Ms, Some(a)) if a > 0.0 => format!("{:.1} %", size / a * 100.0),
        (Unit::Ms, _) => time(size),
        (Unit::Pct, _) => format!("{size:.2} pp"),
        (Unit::PerListener | Unit::Ratio, _) => format!("{size:.2}"),
    };
    Some(format!("{words} of {}", with_statistic(row)))
}

/// Repeats that each side lacks to show a difference of this size in four of five comparisons: what can be shown shrinks with the root of
/// their number.
fn more_repeats(row: &Row, runs: usize) -> Option<u64> {
    let (detectable, difference) = (row.detectable?, row.difference?.abs());
    let runs = f64::from(u32::try_from(runs).ok()?);
    let wanted = (runs * (detectable / difference).powi(2)).ceil();
    let more = (wanted - runs).max(1.0);
    (more <= MOST_REPEATS).then(|| whole(more))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, and 1 to 200")]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use claque_stats::compare::Interval;

    use super::*;

    fn row(metric: &str, unit: Unit, (a, b): (f64, f64), (low, high): (f64, f64), change: Change) -> Row {
        Row {
            metric: metric.to_owned(),
            statistic: (unit == Unit::Ms).then_some(Statistic::Mean),
            unit,
            judged: true,
            a: Some(a),
            b: Some(b),
            difference: Some(b - a),
            relative_pct: Some((b - a) / a * 100.0),
            interval: Some(Interval { low, high }),
            detectable: Some(900.0),
            p_value: Some(0.03),
            change,
            reason: None,
        }
    }

    fn pair(design: Design, rows: Vec<Row>) -> Pair {
        Pair { objection: None, design, rows }
    }

    #[test]
    fn the_sentence_says_what_the_data_show_and_what_it_would_take() {
        use Change::{Better, NoDetectableChange, Worse};
        let startup = |b, low, high, change| row("startup_time", Unit::Ms, (2_000.0, b), (low, high), change);
        let success = |b, low, high, change| row("success_pct", Unit::Pct, (100.0, b), (low, high), change);
        for (rows, words) in [
            (
                vec![startup(3_000.0, 900.0, 1_100.0, Worse)],
                "B is worse: startup_time (mean) +50.0 % (+900 ms to +1.10 s).",
            ),
            (
                vec![startup(1_000.0, -1_100.0, -900.0, Better), success(90.0, -12.0, -8.0, Worse)],
                "B is worse in one thing and better in another: worse success -10.00 pp (-12.00 pp to -8.00 pp); \
                 better startup_time (mean) -50.0 % (-1.10 s to -900 ms).",
            ),
            // 900 ms could be shown with 3 runs, 720 ms were found: (900 / 720)^2 x 3 = 4.7, so 5 runs, 2 more.
            (
                vec![startup(1_280.0, -1_000.0, -440.0, NoDetectableChange)],
                "B is probably better, which is not shown: startup_time (mean) -36.0 % (-1.00 s to -440 ms); about 2 more repeats a \
                 side would show it in four of five comparisons, if it is as large as it looks.",
            ),
            (
                vec![
                    Row { detectable: Some(80.0), ..startup(2_020.0, -60.0, 100.0, NoDetectableChange) },
                    Row { detectable: Some(0.5), ..success(100.0, -0.5, 0.5, NoDetectableChange) },
                ],
                "No change was found. With 95 % confidence, each for itself, the true difference is at most 5.0 % of startup_time (mean), \
                 0.50 pp of success.",
            ),
        ] {
            assert_eq!(of_pair(&pair(Design::Pairs, rows), "B", 3, 95.0).as_deref(), Some(words));
        }
    }

    #[test]
    fn runs_that_agree_by_luck_rule_out_no_more_than_could_be_seen() {
        let stalled = Row {
            metric: "stalled_time_pct".to_owned(),
            detectable: Some(24.02),
            ..row("stalled_time_pct", Unit::Pct, (3.0, 3.05), (-0.04, 0.09), Change::NoDetectableChange)
        };
        let words = of_pair(&pair(Design::Pairs, vec![stalled]), "B", 3, 95.0).unwrap();
        assert!(words.ends_with("the true difference is at most 24.02 pp of stalled_time."), "{words}");
    }

    #[test]
    fn shares_of_which_everything_is_possible_are_in_no_bound() {
        let share = |detectable, low| Row {
            metric: "stalled_time_pct".to_owned(),
            detectable,
            ..row("stalled_time_pct", Unit::Pct, (3.0, 3.05), (low, 0.09), Change::NoDetectableChange)
        };
        for row in [share(None, -0.04), share(Some(40.0), -100.0)] {
            assert_eq!(of_pair(&pair(Design::Pairs, vec![row]), "B", 3, 95.0), None);
        }
    }

    #[test]
    fn one_run_a_side_and_what_cannot_be_compared_conclude_nothing() {
        let rows = || vec![row("startup_time", Unit::Ms, (2_000.0, 3_000.0), (0.0, 0.0), Change::NotJudged)];
        let told = of_pair(&pair(Design::OneRun, rows()), "B", 1, 95.0).unwrap();
        assert!(
            told.starts_with(
                "One run a side cannot tell a change from chance (startup_time (mean) +50.0 %)."
            ),
            "{told}"
        );
        assert_eq!(of_pair(&pair(Design::Unverified, rows()), "B", 3, 95.0), None);
        let objection = Pair { objection: Some("another model".to_owned()), ..pair(Design::Pairs, rows()) };
        assert_eq!(of_pair(&objection, "B", 3, 95.0), None);
    }
}
