//! Properties of the player in random worlds.

mod properties;
mod streams;
mod world;
mod worlds;
