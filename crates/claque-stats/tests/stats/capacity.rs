//! The search for a capacity, told of runs that were made up.

use claque_stats::{
    capacity::{
        Answer, Evidence, GaveWay, Length, Next, Pace, ProbeOrder, ProbeTrust, Ramp, Search, SearchEnding,
        SearchTerms, difference,
    },
    objective::{Counted, Objective, ObjectiveResult, ObjectiveUnit, Trial},
};

pub(crate) fn terms() -> SearchTerms {
    SearchTerms {
        confidence_pct: 95.0,
        most_users: 200,
        ahead: 16,
        watched: 32,
        blocks: None,
        spread_s: None,
        throughput: true,
        repeatable: false,
        doubt: SearchTerms::DOUBT,
        ramp: Ramp::Gentle,
        most_s: None,
    }
}

pub(crate) fn objectives() -> Vec<Objective> {
    vec![Objective::parse("listeners underrun-free >= 99 %").expect("it is an objective")]
}

/// A run in which so many listeners were free of underruns.
pub(crate) fn run(order: ProbeOrder, good: u32, ratio: f64) -> Evidence {
    let met = f64::from(good) >= 0.99 * f64::from(order.users);
    let result = ObjectiveResult {
        objective: "listeners underrun-free >= 99 %".to_owned(),
        met,
        not_shown: false,
        value: None,
        unit: ObjectiveUnit::Pct,
        measured: order.users.into(),
        missing: 0,
        max_instead: false,
        sample: None,
    };
    let (good, of, counts) = (good.into(), order.users.into(), Counted::Listeners);
    Evidence {
        users: order.users,
        blocks: order.blocks,
        length: order.length,
        worth: ProbeTrust::Valid,
        trials: vec![Trial { good, of, target: 0.99, counts, known_at_start: false, result }],
        pace: Some(Pace { ratio, error: 0.005, span_s: 100.0 }),
        listened_s: 100.0 * f64::from(order.users),
        block_s: Some(2.0),
        failures: Vec::new(),
        is_late: false,
        burst: None,
        networks: Vec::new(),
    }
}

/// A service that carries so many and no more, and what a search finds of it.
fn cliff(ceiling: f64, terms: SearchTerms) -> (Search, Answer) {
    let mut search = Search::new(terms, 1);
    loop {
        match search.next() {
            Next::Probe(order) => {
                let ratio = (ceiling / f64::from(order.users)).min(1.0);
                let good = if ratio < 0.99 && order.length == Length::Full { 0 } else { order.users };
                search.add(run(order, good, ratio));
            }
            Next::Done(ending) => {
                let answer = Answer::of(&search, &objectives(), ending);
                return (search, answer);
            }
        }
    }
}

#[test]
fn a_cliff_is_found_and_no_step_is_more_than_twice_what_held() {
    for ceiling in [1.5, 4.2, 11.7, 60.4, 150.3] {
        let (search, answer) = cliff(ceiling, terms());
        let users = answer.users.expect("it carries somebody");
        assert_eq!(answer.ending, SearchEnding::Found);
        assert!(
            (f64::from(users) - ceiling.floor()).abs() <= (0.05 * ceiling).max(1.0),
            "{ceiling}: {answer:?}"
        );
        let mut held = 0;
        for one in search.history() {
            assert!(one.users <= 2 * held || one.users == 1, "{ceiling}: {} after {held}", one.users);
            if one.is_met() {
                held = held.max(one.users);
            }
        }
    }
}

/// Six hold three times in the same way and seven miss twice: that nothing beyond was tried leaves nothing open.
#[test]
fn a_clockwork_that_misses_above_the_answer_has_an_interval_with_an_end_and_no_ceiling_below_it() {
    let mut search = Search::new(SearchTerms { repeatable: true, ..terms() }, 1);
    for (number, users) in [7, 6, 7, 6, 6].into_iter().enumerate() {
        let number = u64::try_from(number).expect("there are five");
        let order = ProbeOrder { users, blocks: 64, spread_s: 0.0, length: Length::Full, number };
        search.add(run(order, if users == 6 { 6 } else { 5 }, 1.0));
    }
    let answer = Answer::of(&search, &objectives(), SearchEnding::Found);
    assert_eq!((answer.users, answer.low, answer.high), (Some(6), Some(6), Some(6)), "{answer:?}");
    assert!(answer.ceilings.iter().all(|ceiling| ceiling.low >= 6.0), "{answer:?}");
    assert!(difference(&answer, &answer).is_some_and(|difference| !difference.differs));
}

#[test]
fn what_holds_at_the_bound_is_at_least_that() {
    let (_, answer) = cliff(1_000.0, terms());
    assert_eq!((&answer.ending, answer.users, answer.high), (&SearchEnding::AtLeast, Some(200), None));
    assert_eq!(answer.first_failing, None);
}

/// A search that went through part of its runs asks for the same next as one that made them itself.
#[test]
fn a_search_goes_on_where_it_was() {
    let (whole, _) = cliff(11.7, terms());
    let half = whole.history().len() / 2;
    let (mut first, mut again) = (Search::new(terms(), 1), Search::new(terms(), 1));
    for one in &whole.history()[..half] {
        first.add(one.clone());
    }
    for one in first.history() {
        again.add(one.clone());
    }
    let Next::Probe(order) = again.next() else { panic!("half a search is not its end") };
    assert_eq!((order.users, order.blocks), (whole.history()[half].users, whole.history()[half].blocks));
}

fn invalid(order: ProbeOrder) -> Evidence {
    let why = "generator late: schedule_lag p99 is 90.0 ms, more than 50 ms".to_owned();
    Evidence { worth: ProbeTrust::Invalid(why), is_late: true, ..run(order, order.users, 1.0) }
}

#[test]
fn two_invalid_runs_end_a_search_without_a_number() {
    let mut search = Search::new(terms(), 1);
    let ending = loop {
        match search.next() {
            Next::Probe(order) if order.users <= 4 => search.add(run(order, order.users, 1.0)),
            Next::Probe(order) => search.add(invalid(order)),
            Next::Done(ending) => break ending,
        }
    };
    let users: Vec<_> = search.history().iter().map(|one| one.users).collect();
    assert_eq!(users, [1, 2, 4, 8, 5], "it backs off between what held and what was INVALID");
    assert!(matches!(ending, SearchEnding::Untrusted(_)), "{ending:?}");
    let answer = Answer::of(&search, &objectives(), ending);
    assert_eq!((answer.users, answer.low, answer.high), (None, None, None));
    assert_eq!(answer.gave_way, Some(GaveWay::Generator));
}

#[test]
fn a_number_that_only_invalid_runs_passed_backs_nothing() {
    let mut search = Search::new(terms(), 1);
    let Next::Probe(order) = search.next() else { panic!("it has just begun") };
    search.add(invalid(order));
    let answer = Answer::of(&search, &objectives(), SearchEnding::Stopped);
    assert_eq!(answer.users, None);
}

/// The eighth root of 0.05: what eight of eight show, one-sided, with 95 %.
#[test]
fn eight_of_eight_show_at_least_69_percent() {
    let mut search = Search::new(SearchTerms { most_users: 8, ..terms() }, 1);
    let order = ProbeOrder { users: 8, blocks: 64, spread_s: 10.0, length: Length::Full, number: 0 };
    search.add(run(order, 8, 1.0));
    let answer = Answer::of(&search, &objectives(), SearchEnding::Stopped);
    assert_eq!((answer.shown[0].good, answer.shown[0].of), (8, 8));
    assert!((answer.shown[0].at_least_pct - 100.0 * 0.05_f64.powf(0.125)).abs() < 1e-6);
}

/// An overload of 3 % at which nobody has stalled yet does not hold.
#[test]
fn a_number_at_which_leads_fall_does_not_hold_though_nobody_stalls() {
    let mut search = Search::new(terms(), 1);
    for _ in 0..3 {
        let order = ProbeOrder { users: 100, blocks: 64, spread_s: 10.0, length: Length::Full, number: 0 };
        search.add(run(order, 100, 0.97));
    }
    assert!(search.ceiling().at_least(100.0) < 0.1);
}

/// What a service does not give is its own failure: not even one listener, and not the generator.
#[test]
fn a_service_that_gives_nothing_carries_nobody_and_a_short_look_alone_does_not_say_so() {
    let mut search = Search::new(terms(), 1);
    let ending = loop {
        match search.next() {
            Next::Probe(order) => {
                let worth = ProbeTrust::Unserved("nothing started".to_owned());
                search.add(Evidence { worth, pace: None, ..run(order, 0, 1.0) });
            }
            Next::Done(ending) => break ending,
        }
    };
    assert_eq!(ending, SearchEnding::NothingHolds);
    assert!(search.history().iter().any(|one| one.length == Length::Full), "{:?}", search.history());
    let answer = Answer::of(&search, &objectives(), ending);
    assert_eq!((answer.users, answer.gave_way), (None, Some(GaveWay::Worker)), "{answer:?}");
    assert_eq!(answer.said.as_deref(), Some("nothing started"));
}

/// Paces that are not to count, of a service that is met by 5 and not by 6.
#[test]
fn without_a_pace_only_objectives_count_and_the_first_number_that_fails_did() {
    let mut search = Search::new(SearchTerms { throughput: false, repeatable: true, ..terms() }, 1);
    let ending = loop {
        match search.next() {
            Next::Probe(order) => search.add(run(order, if order.users > 5 { 0 } else { order.users }, 0.7)),
            Next::Done(ending) => break ending,
        }
    };
    let answer = Answer::of(&search, &objectives(), ending);
    assert_eq!(
        (&answer.ending, answer.users, answer.first_failing),
        (&SearchEnding::Found, Some(5), Some(6))
    );
    assert_eq!((answer.high, answer.pace, answer.headroom), (Some(5), None, None), "{answer:?}");
    assert_eq!((answer.ceilings.len(), answer.gave_way), (1, Some(GaveWay::Wait)), "{answer:?}");
}

/// 3 of 100 listeners are always unlucky: nothing holds 99 %, whatever a lucky run says.
#[test]
fn where_something_goes_wrong_at_any_load_nothing_is_found() {
    let mut search = Search::new(terms(), 1);
    let mut came = 0;
    let ending = loop {
        match search.next() {
            Next::Probe(order) => {
                let bad = (came + order.users) / 33 - came / 33;
                came += order.users;
                let ratio = (8.5 / f64::from(order.users)).min(1.0);
                search.add(run(order, order.users - bad, ratio));
            }
            Next::Done(ending) => break ending,
        }
    };
    assert_ne!(ending, SearchEnding::Found, "{:?}", search.history());
}

#[test]
fn what_no_number_of_listeners_shows_is_known() {
    for (line, everybody) in [
        ("listeners underrun-free >= 100 %", true),
        ("listeners started = 100 %", true),
        ("success_pct >= 99.999 %", true),
        ("listeners underrun-free >= 99.99 %", false),
        ("success_pct < 90 %", false),
        ("errors = 0", false),
        ("startup_time p95 < 3 s", false),
    ] {
        let objective = Objective::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(objective.asks_for_everybody(), everybody, "{line}");
    }
}

#[test]
fn what_more_load_makes_easier_is_known() {
    for (line, eases) in [
        ("errors > 3", true),
        ("errors = 0", false),
        ("listeners started >= 5", true),
        ("listeners started >= 99 %", false),
        ("startup_time p95 < 3 s", false),
        ("startup_time p95 > 3 s", true),
        ("success_pct < 90 %", true),
    ] {
        let objective = Objective::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(objective.eases_with_load(), eases, "{line}");
    }
}

/// A run of listeners of whom none ever stalls, to a service that makes as much as one listens to: whether their sessions began in time is
/// told, and a block plays for six seconds.
fn begun(order: ProbeOrder, in_time: u32) -> Evidence {
    let one = run(order, order.users, (1.2 / f64::from(order.users)).min(1.0));
    let mut startup = one.trials[0].clone();
    startup.result.met = in_time == order.users;
    let startup = Trial { good: in_time.into(), target: 0.95, known_at_start: true, ..startup };
    let listened_s = 6.0 * f64::from(order.blocks) * f64::from(order.users);
    Evidence { trials: vec![one.trials[0].clone(), startup], listened_s, block_s: Some(6.0), ..one }
}

/// Every third lone listener begins late, which no number of runs makes one in twenty.
#[test]
fn how_a_session_begins_is_looked_at_in_runs_of_two_blocks_and_within_the_time_there_is() {
    let mut search = Search::new(SearchTerms { most_s: Some(900.0), ramp: Ramp::Leap, ..terms() }, 2);
    let mut alone = 0;
    let ending = loop {
        match search.next() {
            Next::Probe(order) if order.users == 1 => {
                alone += 1;
                search.add(begun(order, u32::from(alone % 3 != 0)));
            }
            Next::Probe(order) => search.add(begun(order, 0)),
            Next::Done(ending) => break ending,
        }
    };
    let runs: Vec<_> = search.history().iter().map(|one| (one.users, one.blocks)).collect();
    assert_eq!(ending, SearchEnding::NothingHolds, "{runs:?}");
    let spent: u32 = runs.iter().map(|(_, blocks)| 6 * blocks).sum();
    assert!(spent <= 900, "{spent} s: {runs:?}");
    assert!(runs.iter().filter(|run| **run == (1, 2)).count() >= 3, "{runs:?}");
}

#[test]
fn a_search_without_time_for_another_run_says_what_gives_it_more() {
    let mut search = Search::new(SearchTerms { most_s: Some(300.0), ..terms() }, 1);
    let why = loop {
        match search.next() {
            Next::Probe(order) => {
                let holds = order.users <= 5;
                let one = run(order, if holds { order.users } else { 0 }, if holds { 1.0 } else { 0.8 });
                search.add(Evidence { listened_s: 2.0 * f64::from(order.blocks * order.users), ..one });
            }
            Next::Done(SearchEnding::Undecided(why)) => break why,
            Next::Done(ending) => panic!("{ending:?}"),
        }
    };
    assert!(why.contains("of 300 s for all; --max-time gives it more"), "{why}");
}
