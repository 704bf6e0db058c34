//! Measurements. Figures depend on the machine, so each comes with a fixed workload timed next to it.

mod agreement;
mod brute_force;
mod calibration;
mod capacity;
mod columns;
mod cost;
mod density;
pub(crate) mod instructions;
mod parts;
mod pieces;
mod published;
mod queueing;
mod reference;
mod simulation;
mod stop;
mod usage;

use clap::Subcommand;

/// What can be measured.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Bench {
    /// Time and memory of writing and summarising ten million blocks
    Columns,
    /// Difference between sockets and simulator on a crowd whose times are known
    Agreement,
    /// False alarms and power of `claque compare`, on thirty times the runs of its tests
    Calibration(calibration::CalibrationFlags),
    /// How often a capacity is right, and its interval, on ten times the searches of its tests
    Capacity(capacity::CapacityFlags),
    /// What a search for a capacity finds, beside a thousand simulated runs at every number round it
    BruteForce(brute_force::BruteForceFlags),
    /// CPU share and lateness of a thousand listeners with the embedded gateway
    Cost,
    /// How many listeners one core carries, beside bare sockets and other generators, against a server that knows the truth
    Density(density::DensityFlags),
    /// The published measurements of the real service beside what the models of its machines give
    Published(published::PublishedFlags),
    /// Waiting times in virtual time against M/M/1, M/M/4 and M/D/1, to 2 %
    Queueing(queueing::QueueingFlags),
    /// How fast virtual time passes: whole crowds, the queue of events alone, and two simulators of others
    Simulation(simulation::SimulationFlags),
    /// What listeners to paced streams of samples cost, beside bare sockets that only read
    Streams(density::StreamFlags),
    /// CPU that a stream in chunks of one byte costs, beside the same audio in chunks of 4 KiB
    Pieces,
    /// Instructions that a block costs claque, counted by callgrind and held against the kept figure
    Instructions,
    /// The same of codec, player and audio meter alone, as CI counts it
    HotPath,
}

impl Bench {
    /// Measures, prints the figures and writes them down.
    ///
    /// # Errors
    /// When something cannot be built, run or read.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Columns => columns::run(),
            Self::Agreement => agreement::run(),
            Self::Calibration(flags) => calibration::run(&flags),
            Self::Capacity(flags) => capacity::run(&flags),
            Self::BruteForce(flags) => brute_force::run(&flags),
            Self::Cost => cost::run(),
            Self::Density(flags) => density::run(&flags),
            Self::Published(flags) => published::run(&flags),
            Self::Queueing(flags) => queueing::run(&flags),
            Self::Simulation(flags) => simulation::run(&flags),
            Self::Streams(flags) => density::run_streams(&flags),
            Self::Pieces => pieces::run(),
            Self::Instructions => instructions::run(),
            Self::HotPath => instructions::hot_path(),
        }
    }
}
