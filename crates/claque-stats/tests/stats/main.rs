//! Figures and verdicts of small runs.

mod documents;
mod facts;
mod properties;
mod summary;
mod verdict;
