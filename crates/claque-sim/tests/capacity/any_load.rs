//! Services in which something fails at any load, so that no number of listeners is served as asked.

use claque_stats::capacity::{Answer, Length, Search, SearchEnding};

use crate::{extent::Extent, say, searched, worlds::World};

/// Four workers that carry 8.5 listeners but for the blocks that fail for good: so many that of 1,000 listeners about 960 are free of
/// underruns at any number, and as many less.
const FAILING: [World; 2] = [World { fails: 0.000_6, ..EIGHT }, World { fails: 0.001, ..EIGHT }];
/// As many again, of which 99 % are free of them, so that there is a capacity.
const SELDOM: World = World { fails: 0.000_05, ..EIGHT };
const EIGHT: World = World::clockwork(4, 2_000, 4_250, 1_000);

/// The share of listeners that were content in full runs at numbers that the service carries but for what fails.
fn content(searches: &[(Search, Answer)]) -> f64 {
    let runs = searches.iter().flat_map(|(search, _)| search.history());
    let below = runs.filter(|one| one.length == Length::Full && one.users <= 8);
    let (good, of) = below.fold((0, 0), |sum, one| (sum.0 + one.trials[0].good, sum.1 + one.trials[0].of));
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let share = good as f64 / of as f64;
    share
}

/// In at least 95 % of the searches no number is named; in a test, of few seeds, in all but one.
#[test]
fn where_a_share_fails_at_any_load_no_number_is_named() {
    let Extent { seeds, large, .. } = Extent::asked_for();
    // Searches without an answer are the longest.
    for world in if large { &FAILING[..] } else { &FAILING[1..] } {
        let searches: Vec<_> = (1..=seeds).map(|seed| searched(*world, seed)).collect();
        let of = |is: fn(&Answer) -> bool| searches.iter().filter(|(_, answer)| is(answer)).count();
        let named = of(|answer| matches!(answer.ending, SearchEnding::Found | SearchEnding::AtLeast));
        let nothing = of(|answer| answer.ending == SearchEnding::NothingHolds);
        let runs: usize = searches.iter().map(|(search, _)| search.history().len()).sum();
        say(&format!(
            "{} of 10,000 blocks fail, {:.1} % of listeners are content: {named} of {seeds} named a number, {nothing} said that none holds; {} runs a \
             search; numbers held so far: {:?}",
            world.fails * 10_000.0,
            100.0 * content(&searches),
            runs / searches.len(),
            searches.iter().filter_map(|(_, answer)| answer.users).collect::<Vec<_>>()
        ));
        assert!(20 * named <= searches.len().max(20), "{named} of {seeds}");
        for (_, answer) in searches.iter().filter(|(_, answer)| answer.ending == SearchEnding::NothingHolds) {
            assert!(answer.users.is_none() && answer.low.is_none(), "{answer:?}");
        }
    }
}

/// What fails more seldom than the objective allows is no reason to say that nothing holds.
#[test]
fn where_less_fails_than_is_allowed_the_capacity_is_found() {
    let seeds = Extent::asked_for().seeds;
    let answers: Vec<_> = (1..=seeds).map(|seed| searched(SELDOM, 50 + seed).1).collect();
    let nothing = answers.iter().filter(|answer| answer.ending == SearchEnding::NothingHolds).count();
    let right =
        answers.iter().filter(|answer| answer.users.is_some_and(|users| (7..=9).contains(&users))).count();
    say(&format!("{right} of {seeds} found it, {nothing} said that none holds"));
    assert!(
        20 * nothing <= answers.len().max(20) && 2 * right >= answers.len(),
        "{nothing} and {right} of {seeds}"
    );
}
