//! Figures and verdicts of small runs.

mod audio;
mod capacity;
mod capacity_networks;
mod compare;
mod documents;
mod explain;
mod facts;
mod figures;
mod incidents;
mod objective_samples;
mod objectives;
mod primary;
mod properties;
mod streams;
mod summary;
mod verdict;
mod vocabulary;
mod window;
