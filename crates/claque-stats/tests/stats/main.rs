//! Figures and verdicts of small runs.

mod audio;
mod compare;
mod documents;
mod facts;
mod incidents;
mod objectives;
mod properties;
mod summary;
mod verdict;
