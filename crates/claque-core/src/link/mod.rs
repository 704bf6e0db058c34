//! The network between a listener and the service: a delay, how much it varies, loss, and a rate each way.
//!
//! [`LinkProfile`] is one kind of network, [`LinkMix`] says which listener has which, and [`Flow`] tells when what goes over a connection
//! arrives. The simulator and the sockets' driver ask the same [`Flow`], so that a plan means the same in both. Nothing here knows bytes.

mod flow;
mod mix;
mod presets;
mod profile;

pub use self::{
    flow::{Burst, Direction, Flow, SEGMENT_BYTES},
    mix::{LinkClass, LinkMix},
    presets::{PRESETS, Preset},
    profile::{BitRate, LinkProfile, LossRate},
};
