//! Properties of the player in random worlds.

mod properties;
mod world;
mod worlds;
