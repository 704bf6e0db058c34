//! The player: a machine without clock, socket or runtime that listens as a person's browser does.

mod policy;

pub use policy::PlayerPolicy;
