//! Figures and verdicts of small runs.

mod calibration;
mod compare;
mod facts;
mod objectives;
mod properties;
mod summary;
mod verdict;
