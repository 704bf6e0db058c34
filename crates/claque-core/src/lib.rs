//! The audience as pure values and machines.
//!
//! Everything here is a function of its arguments: time comes in as a value, randomness from the seed
//! tree, bytes never. The real-time driver and the simulator run this very code, which is what makes
//! their results comparable.

pub mod arrivals;
pub mod continuity;
pub mod corpus;
pub mod demand;
pub mod event;
pub mod extraction;
pub mod gap;
pub mod ids;
pub mod lag;
pub mod listener;
pub mod outputs;
pub mod pacing;
pub mod plan;
pub mod player;
pub mod popularity;
pub mod record;
pub mod remark;
pub mod rng;
pub mod schedule;
pub mod script;
pub mod secret;
pub mod span;
pub mod time;
pub mod timetable;
