//! Figures and verdicts of small runs.

mod facts;
mod properties;
mod summary;
mod verdict;
