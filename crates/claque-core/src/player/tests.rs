//! Stories of one listener. Properties of all of them are in the crate's `tests/player`.

mod asking;
mod ending;
mod playback;
mod room;
mod streaming;
