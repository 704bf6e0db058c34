//! A service of OpenAI-compatible speech, told through its public surface.

mod errors;
mod faults;
mod lists;
mod speech;
mod stage;
