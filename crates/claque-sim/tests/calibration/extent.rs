//! How many runs are made, and of what: few for a test, more for the bench, which says so in variables.

use crate::worlds::{WORLDS, World};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// How often something is called where nothing changed, and where the service is slower.
    AlarmsAndPower,
    /// How often something is called where nothing changed: a third less to simulate.
    Alarms,
}

/// How much is simulated.
pub(crate) struct Extent {
    pub(crate) worlds: Vec<World>,
    /// Runs of each kind in each world.
    pub(crate) seeds: u64,
    pub(crate) question: Question,
}

/// Seeds of a test: 8 comparisons of 5 runs a side that share no run.
const SEEDS: u64 = 40;

impl Extent {
    /// What the bench asks for, or what a test has time for.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench says by these how much is simulated; the crate knows none of it"
    )]
    pub(crate) fn asked_for() -> Self {
        let asked = |name: &str| std::env::var(format!("CLAQUE_CALIBRATION_{name}")).ok();
        let seeds = asked("SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("seeds are a number"));
        let worlds =
            asked("WORLDS").map_or(WORLDS.to_vec(), |numbers| numbers.split(',').map(world).collect());
        let question = asked("ALARMS_ONLY").map_or(Question::AlarmsAndPower, |_| Question::Alarms);
        Self { worlds, seeds, question }
    }
}

/// By its number in the tables, from 1.
fn world(number: &str) -> World {
    let place: usize = number.parse().expect("worlds are numbers");
    WORLDS[place - 1]
}
