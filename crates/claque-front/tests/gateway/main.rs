//! Stories about a whole gateway, told through its public surface.

mod extraction;
mod faults;
mod pacing;
mod pipeline;
mod properties;
mod rest;
mod session;
mod stage;
mod truth;
