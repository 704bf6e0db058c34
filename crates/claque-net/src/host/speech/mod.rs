//! Audio of the host itself: speech-like sound for modelled synthesis, and Opus for either engine.

mod bank;
mod opus;
mod resample;
mod sound;

pub(super) use bank::{prepare, render, silence};
pub(super) use opus::ogg_opus;
