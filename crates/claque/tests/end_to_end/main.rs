//! The program from the command line to the run folder, over real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

mod agreement;
mod canned;
mod documents;
mod identity;
mod interrupts;
mod known_truth;
mod program;
mod speech;
mod troubles;
