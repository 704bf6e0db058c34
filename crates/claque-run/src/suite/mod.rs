//! Many runs from one plan: [`plan`] says in which order they are made, [`estimate`] how long that takes, and [`SuiteBook`] writes down
//! what has been made.

mod book;
pub mod estimate;
pub mod plan;

use std::{path::PathBuf, time::Duration};

use claque_store::SuiteScenario;
use serde_json::Value;

pub use self::book::SuiteBook;
use self::plan::{Order, Planned};
use crate::order::{RunOrder, SimulateOrder};

/// A suite that is to be made.
#[derive(Debug)]
pub struct SuiteOrder {
    /// Its name, fit for a folder.
    pub name: String,
    /// The order within a round.
    pub order: Order,
    /// What the order and all seeds hang from.
    pub seed: u64,
    /// Rest between two runs, in seconds; none in virtual time.
    pub cool_down: f64,
    /// Whether all is simulated.
    pub time: SuiteTime,
    /// In the order of the file.
    pub scenarios: Vec<SuiteScenario>,
    /// In the order in which they are made.
    pub jobs: Vec<Job>,
    /// The folder in which suites get theirs.
    pub dir: PathBuf,
}

/// In which time the runs of a suite are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuiteTime {
    /// A clock's.
    Real,
    /// A model's.
    Virtual,
}

/// A run of a suite.
#[derive(Debug)]
pub struct Job {
    /// Which one.
    pub planned: Planned,
    /// What it does.
    pub work: Work,
}

/// What a run of a suite does.
#[derive(Debug)]
pub enum Work {
    /// It is made in real time.
    Real(Box<RunOrder>),
    /// It is simulated.
    Virtual(Box<SimulateOrder>),
}

impl SuiteTime {
    /// As in `suite.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Virtual => "virtual",
        }
    }
}

impl Work {
    /// Everything that was decided, in a scenario's words and without secrets.
    pub fn scenario(&self) -> &Value {
        match self {
            Self::Real(order) => &order.scenario,
            Self::Virtual(order) => &order.scenario,
        }
    }
}

impl SuiteOrder {
    /// The rest between two runs.
    pub fn rest(&self) -> Duration {
        match self.time {
            SuiteTime::Real => Duration::from_secs_f64(self.cool_down),
            SuiteTime::Virtual => Duration::ZERO,
        }
    }
}
