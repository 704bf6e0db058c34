//! Figures and verdicts of small runs.

mod facts;
mod incidents;
mod properties;
mod summary;
mod verdict;
