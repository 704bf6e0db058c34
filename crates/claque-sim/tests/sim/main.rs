//! The simulator against known truths, its promises, and random plans.

mod documents;
mod faults;
mod house;
mod link;
mod promises;
mod properties;
mod truth;
