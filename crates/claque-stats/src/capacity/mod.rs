//! How many listeners a service carries: evidence of single runs, the search that asks for the next, and the answer.
//!
//! [`Evidence::of`] takes from the facts of a run what it shows of each objective and of the pace of the service. [`Search`] is a pure
//! machine: [`Search::next`] says which run is wanted next or how the search ended, [`Search::add`] takes what came of it.
//! [`Answer::of`] says what all of it comes to. The unit of independence is the run, not the listener; the method is told in
//! `docs/capacity.md`.

mod answer;
mod any_load;
mod belief;
mod cause;
mod difference;
mod doubt;
mod evidence;
mod held;
mod networks;
mod pace;
mod search;
mod weights;

pub use self::{
    answer::{Answer, Ceiling, FailureShape, NumberShown, THROUGHPUT},
    cause::GaveWay,
    difference::{Carries, Difference, difference, is_comparable},
    doubt::AtAnyLoad,
    evidence::{Evidence, Length, ProbeTrust, ProbedRun},
    networks::{NetworkListeners, NetworkShare},
    pace::Pace,
    search::{Next, ProbeOrder, Ramp, Search, SearchEnding, SearchTerms},
    weights::Chances,
};
