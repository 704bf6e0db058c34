//! A service of OpenAI-compatible speech, told through its public surface.

#![expect(clippy::unwrap_used, reason = "what helps a test is a test")]

mod errors;
mod faults;
mod lists;
mod speech;
mod stage;
