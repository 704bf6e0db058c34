//! The simulator: the audience and the reference service together in virtual time.
//!
//! [`simulate`] lets the players of `claque-core` listen to the gateway of `claque-front` over the networks of the plan
//! and gives the same facts as a run over sockets. Nothing here decides what a player or a service
//! does; this crate only carries messages and turns the clock. Equal scenarios give equal facts.

mod audio;
#[doc(hidden)]
pub mod bench;
mod documents;
mod happening;
mod listener;
mod network;
mod presence;
mod queue;
mod scenario;
mod script_file;
mod session;
mod simulation;
mod stage;
mod streams;
mod world;

pub use documents::{DocumentsScenario, DocumentsSimulated, SimulatedPaper, simulate_documents};
pub use scenario::{Scenario, SimError, Simulated};
pub use script_file::{PersonAct, ScriptFileError, ScriptedScene, read_script};
pub use simulation::{simulate, simulate_without_document_check};
pub use streams::{StreamScenario, StreamsSimulated, simulate_streams};
