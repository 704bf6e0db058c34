//! One run, whatever drives it: prepared, played, recorded, cleared away.
//!
//! An [`order`] says what is to be done. [`perform`] does it against a service, [`simulate`] in virtual time, and [`extraction`]
//! does both for documents; each gives a finished run that is in its folder. Whoever wants to see or steer a run is a
//! [`watcher`]. [`suite`] is the plan and the book of many runs. Nothing here reads a flag, draws on a terminal or puts a run into words.

mod abort;
mod error;
pub mod extraction;
mod hear;
pub mod interrupts;
mod leaving;
pub mod network;
pub mod order;
mod pulse;
pub mod record;
mod run;
mod simulation;
mod speech;
pub mod state;
pub mod suite;
mod unique;
pub mod usage;
mod waiting;
pub mod watcher;

pub use self::{
    error::{RunError, Unprepared},
    run::{RunResult, accounts, documents, perform},
    simulation::{JudgedReplicate, Replicate, judge_replicates, perform as simulate, replicate},
};
