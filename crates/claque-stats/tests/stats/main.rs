//! Figures and verdicts of small runs.

mod calibration;
mod facts;
mod properties;
mod summary;
mod verdict;
