//! The simulator against known truths, its promises, and random plans.

mod documents;
mod explain;
mod faults;
mod golden;
mod hold;
mod house;
mod link;
mod lockstep;
mod machine;
mod promises;
mod properties;
mod queue_variance;
mod queueing;
mod real_player;
mod script_file;
mod share;
mod start_buffer;
mod streams;
mod trouble;
mod truth;
