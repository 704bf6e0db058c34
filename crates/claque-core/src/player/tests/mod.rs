//! Stories of one listener. Properties of all of them are in the crate's `tests/player`.

mod acts;
mod asking;
mod buffers;
mod ending;
mod playback;
mod reader;
mod reconnect;
mod room;
mod streaming;
mod turns;
