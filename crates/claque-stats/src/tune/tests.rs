//! Searches in worlds whose best setting is known.

use claque_core::rng::Seed;

use super::*;

/// A world: what a setting costs, and the figure of a run of it, which meets the objective if it is at most one.
struct World {
    sizes: Vec<u32>,
    cost: fn(&[u32]) -> f64,
    figure: fn(&[u32], f64) -> f64,
}

fn terms(most_runs: u32) -> TuneTerms {
    TuneTerms {
        confidence_pct: 95.0,
        reliability_pct: 90.0,
        most_runs,
        first_seed: 1,
        less_is_better: vec![true],
    }
}

impl World {
    fn search(&self, most_runs: u32, luck: u64) -> TuneAnswer {
        let grid = Grid::new(self.sizes.clone(), 1_000_000).unwrap();
        let mut search = Search::new(terms(most_runs), grid.clone());
        loop {
            let orders = match search.next() {
                Next::Done(ending) => return TuneAnswer::of(&search, ending),
                Next::Run(orders) => orders,
            };
            for order in orders {
                let places = grid.places(order.setting);
                let chance = Seed::root(luck).index(order.setting.0).index(order.seed).value() >> 11;
                #[expect(clippy::cast_precision_loss, reason = "53 bits")]
                let chance = chance as f64 / (1_u64 << 53) as f64;
                let figure = (self.figure)(&places, chance);
                let cost = (self.cost)(&places);
                let run = TuneRun {
                    cost,
                    met: figure <= 1.0,
                    missed: vec![figure > 1.0],
                    figures: vec![Some(figure)],
                    invalid: None,
                };
                search.add(order, run);
            }
        }
    }

    fn found(&self, most_runs: u32, luck: u64) -> Option<Vec<u32>> {
        self.search(most_runs, luck).winner.map(|winner| winner.places)
    }
}

#[test]
fn the_fewest_runs_are_those_that_could_show_it() {
    assert_eq!((terms(1_000).fewest_runs(), terms(1_000).confirming_runs()), (36, 108));
}

#[test]
fn of_a_row_of_machines_the_first_that_is_enough_is_found() {
    let world = World {
        sizes: vec![16],
        cost: |at| f64::from(at[0] + 1),
        figure: |at, chance| 4.5 / f64::from(at[0] + 1) + chance / 100.0,
    };
    let answer = world.search(1_000, 1);
    let winner = answer.winner.as_ref().unwrap();
    assert_eq!(
        (winner.places.as_slice(), winner.status, winner.runs),
        (&[4][..], SettingStatus::Confirmed, 108)
    );
    assert_eq!(
        (answer.ending, answer.missed, answer.settings, answer.looked_at),
        (TuneEnding::Confirmed, 4, 16, 16)
    );
    assert_eq!(answer.fresh_seed, Some(1_000_001));
    let down = &answer.sensitivity[0];
    assert!(!down.up && down.pairs == 36 && down.neighbour.status == SettingStatus::Missed);
    assert!(down.figures[0].is_shown && down.figures[0].difference.mean.unwrap() > 0.2);
    assert!(down.cost.difference.is_the_same_in_all());
    // Each that costs more has a better figure: the whole row, as far as a table goes.
    assert_eq!(answer.frontier.len(), 12);
    assert!(answer.frontier.iter().all(|one| one.runs >= 8));
}

#[test]
fn where_more_is_worse_the_search_is_not_misled() {
    // Five and six are enough; with fewer they queue, with more they get in each other's way.
    let world = World {
        sizes: vec![16],
        cost: |at| f64::from(at[0] + 1),
        figure: |at, _| 0.9 + (f64::from(at[0] + 1) - 5.5).abs() / 10.0 - 0.001,
    };
    assert_eq!(world.found(1_000, 1), Some(vec![4]));
}

#[test]
fn of_those_that_cost_the_same_the_best_wins() {
    let world = World {
        sizes: vec![4, 21],
        cost: |at| f64::from(at[0]),
        figure: |at, chance| {
            (f64::from(at[1]) - 13.0).abs() / 10.0 + 0.9 - f64::from(at[0]) / 20.0 + chance / 50.0
        },
    };
    // Of the cheapest only the thirteenth is good: next to it a tenth is too much.
    assert_eq!(world.found(2_000, 3), Some(vec![0, 13]));
}

#[test]
fn of_a_million_a_sample_and_its_neighbours_lead_there() {
    let world = World {
        sizes: vec![100, 100, 100],
        cost: |at| f64::from(at[0]) + f64::from(at[1]) / 10.0 + f64::from(at[2]) / 100.0,
        figure: |at, _| if at[0] >= 30 && at[1] >= 40 { 0.5 } else { 1.5 },
    };
    let answer = world.search(4_000, 1);
    let winner = answer.winner.unwrap();
    assert!(answer.looked_at < 2_000 && answer.settings == 1_000_000);
    assert_eq!(winner.places, [30, 40, 0], "after {} runs of {} settings", answer.runs, answer.looked_at);
}

#[test]
fn a_setting_that_meets_it_too_seldom_is_rarely_confirmed() {
    // The cheap one is good in 88 % of its runs and must not win; the next is good in 99 %.
    let world = World {
        sizes: vec![2],
        cost: |at| f64::from(at[0]),
        figure: |at, chance| if chance < [0.88, 0.99][at[0] as usize] { 0.5 } else { 1.5 },
    };
    let (mut wrong, mut right) = (0, 0);
    for luck in 0..150 {
        match world.found(2_000, luck).as_deref() {
            Some([0]) => wrong += 1,
            Some(_) => right += 1,
            None => {}
        }
    }
    assert!(wrong <= 150 / 20, "{wrong} of 150 were confirmed although too few of their runs are good");
    assert!(right >= 135, "{right} of 150 found the good one");
}

#[test]
fn where_nothing_is_good_the_nearest_is_told() {
    let world = World {
        sizes: vec![5],
        cost: |at| f64::from(at[0]),
        figure: |at, _| 2.0 + (f64::from(at[0]) - 3.0).abs(),
    };
    let answer = world.search(1_000, 1);
    assert_eq!((answer.ending, answer.winner), (TuneEnding::NoneShown, None));
    let nearest = answer.nearest.unwrap();
    assert_eq!(
        (nearest.places.as_slice(), nearest.status, nearest.runs),
        (&[3][..], SettingStatus::Missed, 8)
    );
}

#[test]
fn runs_that_are_used_up_end_it_without_an_answer() {
    let world = World {
        sizes: vec![2_000],
        cost: |at| f64::from(at[0]),
        figure: |at, chance| if at[0] > 900 || chance < 0.91 { 0.5 } else { 1.5 },
    };
    let answer = world.search(200, 1);
    assert_eq!((answer.ending, answer.runs, answer.winner), (TuneEnding::OutOfRuns, 200, None));
}

#[test]
fn runs_that_measure_nothing_are_no_answer() {
    let mut search = Search::new(terms(500), Grid::new(vec![3], 10).unwrap());
    let Next::Run(orders) = search.next() else { panic!("nothing is known yet") };
    for order in orders {
        let invalid = Some("no audio".to_owned());
        search
            .add(order, TuneRun { cost: 1.0, met: false, missed: vec![true], figures: vec![None], invalid });
    }
    assert_eq!(search.next(), Next::Done(TuneEnding::Untrusted("no audio".to_owned())));
}

#[test]
fn of_costs_that_are_luck_the_least_wins_and_not_the_luckiest() {
    // What is paid depends on the seed, four times as much as on the setting.
    let world = World { sizes: vec![6], cost: |at| f64::from(at[0]) / 10.0, figure: |_, _| 0.5 };
    for luck in 0..40 {
        let grid = Grid::new(world.sizes.clone(), 10).unwrap();
        let mut search = Search::new(terms(3_000), grid.clone());
        let ending = loop {
            match search.next() {
                Next::Done(ending) => break ending,
                Next::Run(orders) => {
                    for order in orders {
                        // A part is of the seed alone, and a part of setting and seed.
                        let evenly = |seed: Seed| {
                            f64::from(u32::try_from(seed.value() >> 32).unwrap()) / f64::from(u32::MAX)
                        };
                        let root = Seed::root(luck).index(order.seed);
                        let cost = (world.cost)(&grid.places(order.setting))
                            + 2.0 * evenly(root)
                            + 0.2 * evenly(root.index(order.setting.0));
                        search.add(
                            order,
                            TuneRun {
                                cost,
                                met: true,
                                missed: vec![false],
                                figures: vec![Some(0.5)],
                                invalid: None,
                            },
                        );
                    }
                }
            }
        };
        assert_eq!(ending, TuneEnding::Confirmed);
        let winner = TuneAnswer::of(&search, ending).winner.unwrap();
        assert_eq!(winner.places, [0], "with luck {luck}");
    }
}
