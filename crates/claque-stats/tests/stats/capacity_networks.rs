//! Whether the service or the networks of listeners gave way, told of runs that were made up.

use claque_stats::capacity::{
    Answer, Evidence, GaveWay, Length, NetworkListeners, NetworkShare, ProbeOrder, Search, SearchEnding,
};

use crate::capacity::{objectives, run, terms};

fn order(number: u64, users: u32) -> ProbeOrder {
    ProbeOrder { users, blocks: 64, spread_s: 0.0, length: Length::Full, number }
}

/// Half of the listeners are on a train, and those who had underruns are of them.
fn over_networks(evidence: Evidence) -> Evidence {
    let half = u64::from(evidence.users / 2);
    let good = evidence.trials[0].good;
    let networks = [("home", half, half), ("train", half, good.saturating_sub(half))];
    let of = |(name, listeners, underrun_free): (&str, u64, u64)| NetworkListeners {
        name: name.to_owned(),
        listeners,
        underrun_free,
    };
    Evidence { networks: networks.map(of).into(), ..evidence }
}

/// Four hold and eight do not, three times each.
fn searched(with_networks: bool) -> (Search, Answer) {
    let mut search = Search::new(terms(), 1);
    for number in 0..6 {
        let (users, good, ratio) = if number % 2 == 0 { (4, 4, 1.0) } else { (8, 4, 0.9) };
        let evidence = run(order(number, users), good, ratio);
        search.add(if with_networks { over_networks(evidence) } else { evidence });
    }
    let answer = Answer::of(&search, &objectives(), SearchEnding::Found);
    assert_eq!((answer.users, answer.first_failing), (Some(4), Some(8)), "{answer:?}");
    assert_eq!(answer.gave_way, Some(GaveWay::Queue), "{answer:?}");
    (search, answer)
}

/// What the three runs of eight show without networks.
fn again(good: u32, ratio: f64) -> Vec<Evidence> {
    [1, 3, 5].map(|number| run(order(number, 8), good, ratio)).into()
}

fn told(again: &[Evidence]) -> Answer {
    let (search, answer) = searched(true);
    assert_eq!(search.to_be_told_apart(&answer), [1, 3, 5]);
    answer.with_networks(&search, &again.iter().collect::<Vec<_>>())
}

fn train(again: u64, held: u64) -> NetworkShare {
    NetworkShare { names: vec!["train".to_owned()], again, held }
}

#[test]
fn a_number_that_holds_without_networks_was_too_much_for_them() {
    let answer = told(&again(8, 1.0));
    assert_eq!(answer.gave_way, Some(GaveWay::ListenerNetworks));
    assert_eq!((answer.networks, answer.headroom), (Some(train(3, 3)), None));
}

#[test]
fn a_number_that_fails_without_them_too_was_too_much_for_the_service() {
    let answer = told(&again(4, 0.9));
    assert_eq!((answer.gave_way, answer.networks), (Some(GaveWay::Queue), Some(train(3, 0))));
    // Nobody has an underrun, but the service falls behind all the same.
    let answer = told(&again(8, 0.9));
    assert_eq!((answer.gave_way, answer.networks), (Some(GaveWay::Queue), Some(train(3, 0))));
}

/// A part of the runs is less than what showed that the number fails.
#[test]
fn where_not_all_were_made_again_nothing_is_told_apart() {
    for some in [Vec::new(), again(8, 1.0)[..2].to_vec()] {
        let answer = told(&some);
        assert_eq!((answer.gave_way, answer.networks), (Some(GaveWay::Queue), Some(train(0, 0))));
    }
}

#[test]
fn where_nobody_has_a_network_nothing_is_made_again() {
    let (search, answer) = searched(false);
    assert!(search.to_be_told_apart(&answer).is_empty());
    assert_eq!(answer.clone().with_networks(&search, &[]), answer);
}

/// Of the runs of a number that fails by a narrow margin, any few may hold.
#[test]
fn all_runs_of_the_number_are_made_again_and_not_the_first_ones() {
    let mut search = Search::new(terms(), 1);
    for number in 0..40 {
        let (users, good, ratio) = match number {
            _ if number % 2 == 0 => (4, 4, 1.0),
            ..16 if number % 4 == 1 => (8, 8, 1.0),
            _ => (8, 4, 0.95),
        };
        search.add(over_networks(run(order(number, users), good, ratio)));
    }
    let answer = Answer::of(&search, &objectives(), SearchEnding::Found);
    assert_eq!(answer.first_failing, Some(8), "{answer:?}");
    assert_eq!(search.to_be_told_apart(&answer), (1..40).step_by(2).collect::<Vec<_>>());
}
