//! Stories about the engine that makes speech in pieces, told through its public surface.

mod properties;
mod truth;
