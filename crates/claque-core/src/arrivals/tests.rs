use proptest::prelude::*;

use super::*;

fn process(text: &str) -> ArrivalProcess {
    match text.parse() {
        Ok(ArrivalForm::Known(process)) => process,
        other => panic!("{text} is {other:?}"),
    }
}

fn seconds(starts: &[Instant]) -> Vec<f64> {
    starts.iter().map(|start| start.as_millis_f64() / 1_000.0).collect()
}

fn starts(process: &ArrivalProcess, bound: ArrivalBound) -> Vec<Instant> {
    match process.schedule(bound, Seed::root(1)).unwrap() {
        ArrivalSchedule::Listed(starts) => starts.to_vec(),
        other @ (ArrivalSchedule::Even { .. } | ArrivalSchedule::Held(_)) => panic!("{other:?}"),
    }
}

const fn users(users: u32) -> ArrivalBound {
    ArrivalBound { users: Some(users), within: None }
}

const fn within(seconds: u64) -> ArrivalBound {
    ArrivalBound { users: None, within: Some(Duration::from_secs(seconds)) }
}

#[test]
fn a_constant_rate_brings_one_after_the_other_at_equal_distances() {
    let constant = process("constant:12/min");
    assert_eq!(seconds(&starts(&constant, users(4))), [0.0, 5.0, 10.0, 15.0]);
    assert_eq!(starts(&constant, within(60)).len(), 12, "the thirteenth would come at 60 s");
    assert_eq!(constant.schedule(ArrivalBound::default(), Seed::root(1)), Err(ArrivalError::Endless));
}

#[test]
fn a_ramp_from_nothing_brings_listeners_at_the_square_roots_and_goes_on_at_its_top() {
    // The integral of t/600 is t²/1200.
    let ramp = process("ramp:0/s..1/s:10min");
    let all = starts(&ramp, ArrivalBound::default());
    assert_eq!(all.len(), 300, "half the top rate over the time");
    for (listener, start) in (0_u32..).zip(seconds(&all)) {
        let exact = (1_200.0 * f64::from(listener)).sqrt();
        assert!((start - exact).abs() < 1e-6, "listener {listener} at {start} s instead of {exact} s");
    }
    assert_eq!(seconds(&starts(&ramp, users(303)))[300..], [600.0, 601.0, 602.0]);
}

#[test]
fn stages_follow_one_another_and_nobody_comes_in_one_without_a_rate_or_after_the_last() {
    let text = "# a quiet hour in the middle\n10s 0/s..1/s\n\n10s 1/s..0/s # and down\n60s 0/s\n4s 0.5/s\n";
    let stages = ArrivalProcess::Paced(parse_stages(text).unwrap());
    // Five come in each of the first two stages, and two in the last.
    let come = seconds(&starts(&stages, ArrivalBound::default()));
    let up = (0..5).map(|i| (20.0 * f64::from(i)).sqrt());
    let down = (0..5).map(|i| 20.0 - (20.0 * f64::from(5 - i)).sqrt());
    let exact: Vec<f64> = up.chain(down).chain([80.0, 82.0]).collect();
    assert_eq!(come.len(), exact.len());
    assert!(come.iter().zip(&exact).all(|(come, exact)| (come - exact).abs() < 1e-6), "{come:?}");
    assert_eq!(stages.own_end(), Some(Duration::from_secs(84)));
    assert_eq!(starts(&stages, users(1_000)).len(), 12);
}

#[test]
fn the_gaps_of_a_poisson_process_are_exponential_of_the_right_mean() {
    let count = 20_000_u32;
    let come = seconds(&starts(&process("poisson:30/min"), users(count)));
    let mut gaps: Vec<f64> =
        std::iter::once(come[0]).chain(come.windows(2).map(|pair| pair[1] - pair[0])).collect();
    let mean = gaps.iter().sum::<f64>() / f64::from(count);
    // The standard error of the mean of so many is 2 s / sqrt(20000) = 0.0141 s.
    assert!((mean - 2.0).abs() < 3.0 * 0.0141, "mean {mean}");
    gaps.sort_by(f64::total_cmp);
    let distance = (0_u32..).zip(&gaps).map(|(rank, gap)| {
        let is = 1.0 - (-gap / 2.0).exp();
        let (below, up_to) = (f64::from(rank) / f64::from(count), f64::from(rank + 1) / f64::from(count));
        (is - below).abs().max((up_to - is).abs())
    });
    let distance = distance.fold(0.0, f64::max);
    // Kolmogorov and Smirnov: beyond 1.63 / sqrt(n) by chance in one of a hundred.
    assert!(distance < 1.63 / f64::from(count).sqrt(), "distance {distance}");
}

#[test]
fn the_arrivals_of_neighbouring_minutes_are_as_many_as_chance_has_it_and_independent() {
    // A thousand minutes of 30 each: counts have their mean as variance, and no correlation.
    let come = seconds(&starts(&process("poisson:30/min"), within(60_000)));
    let mut counts = vec![0_u32; 1_000];
    for start in &come {
        let minute = (0_usize..).zip(1_u32..=1_000).find(|(_, end)| *start < f64::from(end * 60)).unwrap().0;
        counts[minute] += 1;
    }
    let off: Vec<f64> = counts.iter().map(|count| f64::from(*count) - 30.0).collect();
    let variance = off.iter().map(|off| off * off).sum::<f64>() / 1_000.0;
    // The variance of a variance estimate is about 2/n of its square: 4.5 % of it.
    assert!((variance / 30.0 - 1.0).abs() < 3.0 * 0.045, "variance {variance}");
    let product = off.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / 999.0;
    assert!((product / 30.0).abs() < 3.0 / 1_000_f64.sqrt(), "correlation {}", product / 30.0);
}

#[test]
fn another_seed_brings_other_moments_and_the_same_seed_the_same() {
    let poisson = process("poisson:1/s");
    let first = poisson.share(0..50, Seed::root(1));
    assert_eq!(first, poisson.share(0..50, Seed::root(1)));
    assert_ne!(first, poisson.share(0..50, Seed::root(2)));
}

proptest! {
    #[test]
    fn any_two_shares_united_are_the_whole(
        form in prop::sample::select(vec!["constant:90/min", "poisson:90/min", "ramp:1/min..2/s:1min"]),
        cut in 0_u32..200,
        seed in any::<u64>(),
    ) {
        let (process, seed) = (process(form), Seed::root(seed));
        let whole = process.schedule(users(200), seed).unwrap();
        let united = [process.share(0..cut, seed), process.share(cut..200, seed)].concat();
        prop_assert!(united.is_sorted());
        prop_assert_eq!(whole, ArrivalSchedule::Listed(united.into()));
    }

    /// Where the whole of a rate's integral is cut does not matter.
    #[test]
    fn a_stage_cut_in_two_is_the_same_stage(from in 0.0_f64..2.0, to in 0.1_f64..2.0, cut in 0.1_f64..0.9) {
        let rate = |per_second| Rate::per_second(per_second).unwrap();
        let over = Duration::from_secs(100);
        let whole = RateProfile::new(&[RateStage { from: rate(from), to: rate(to), over }], None);
        let middle = rate(from + (to - from) * cut);
        let first = RateStage { from: rate(from), to: middle, over: over.mul_f64(cut) };
        let second = RateStage { from: middle, to: rate(to), over: over - over.mul_f64(cut) };
        let parts = RateProfile::new(&[first, second], None);
        let all = ArrivalProcess::Paced(whole).share(0..500, Seed::root(1));
        let of_parts = ArrivalProcess::Paced(parts).share(0..500, Seed::root(1));
        prop_assert!(all.len().abs_diff(of_parts.len()) <= 1);
        for (one, other) in all.iter().zip(&of_parts) {
            prop_assert!((one.as_millis_f64() - other.as_millis_f64()).abs() < 0.1, "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_trace_is_followed_to_the_millisecond_and_cut_where_it_is_told_to_end() {
    let trace = ArrivalProcess::Trace(parse_trace("0\n1.5 # seconds\n1.5\n2min\n").unwrap().into());
    assert_eq!(seconds(&starts(&trace, ArrivalBound::default())), [0.0, 1.5, 1.5, 120.0]);
    assert_eq!(starts(&trace, within(120)).len(), 3);
    assert_eq!(starts(&trace, users(2)).len(), 2);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line() {
    let wrong = |error: ArrivalFileError| error.to_string();
    let trace = |text| wrong(parse_trace(text).unwrap_err());
    assert_eq!(trace("3\n\n2\n"), "line 3: `2` is before the line above it; sort the file");
    assert_eq!(
        trace("1\nsoon\n"),
        "line 2: `soon` is no moment within a day; write seconds such as `12.5`, or `2min`"
    );
    assert_eq!(trace("# none\n"), "line 1: nobody comes; give a moment a line");
    let stages = |text| wrong(parse_stages(text).unwrap_err());
    assert_eq!(stages("5min\n"), "line 1: `5min` is no stage; write `5min 12/min` or `5min 1/min..12/min`");
    assert_eq!(stages("5min 1/min\n5 1/min"), "line 2: `5` is no length of time; write one such as `5min`");
    assert_eq!(
        stages("5min 1/min..x"),
        "line 1: `x` is no rate; write one such as `12/min`, `0.5/s` or `100/h`"
    );
    assert_eq!(stages("5min 0/s"), "line 1: nobody comes by these stages; give one a rate above 0");
}

#[test]
fn what_is_no_way_to_arrive_is_told_with_what_would_be_one() {
    let told = [
        (
            "burst",
            "give closed, even:WINDOW, constant:RATE, poisson:RATE, ramp:FROM..TO:OVER, stages:FILE or trace:FILE",
        ),
        ("constant:12", "`12` is no rate; write one such as `12/min`, `0.5/s` or `100/h`"),
        ("poisson:1e3/s", "`1e3/s` is no rate; write one such as `12/min`, `0.5/s` or `100/h`"),
        ("poisson:0/s", "nobody comes at `0/s`; give a rate above 0"),
        ("even:30", "`30` is no length of time; write one such as `30s`, `5min` or `1h`"),
        ("ramp:1/s:5min", "a ramp is written as ramp:1/min..60/min:10min"),
        ("ramp:0/s..0/s:5min", "nobody comes by this ramp; give it a time and a rate above 0"),
    ];
    for (text, what) in told {
        assert_eq!(text.parse::<ArrivalForm>().unwrap_err().to_string(), what);
    }
    assert_eq!("trace:a:b.txt".parse(), Ok(ArrivalForm::Trace("a:b.txt".to_owned())));
}

#[test]
fn a_process_that_brings_nobody_or_too_many_is_none() {
    let schedule = |text: &str, bound| process(text).schedule(bound, Seed::root(1));
    assert_eq!(schedule("poisson:1/h", within(1)), Err(ArrivalError::Nobody));
    assert_eq!(schedule("constant:1000/s", within(1_001)), Err(ArrivalError::TooMany));
    assert_eq!(schedule("closed", within(1_001)), Err(ArrivalError::Endless));
}
