//! The program from the command line to the run folder, over real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

mod accounts;
mod agreement;
mod audio;
mod canned;
mod cleanup;
mod documents;
mod engines;
mod faults;
mod faulty;
mod hear;
mod identity;
mod interrupts;
mod known_truth;
mod live;
mod networks;
mod neural_speech;
mod objectives;
mod official_clients;
mod other_programs;
mod preparation;
mod program;
mod proxy;
mod scrape;
mod scripted;
mod secrets;
mod shown;
mod speech;
#[cfg(target_os = "linux")]
mod steady;
mod stopped_gateway;
mod stream_server;
mod streams;
mod suite;
mod tls;
mod troubles;
mod under_way;
