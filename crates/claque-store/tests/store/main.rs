//! A run on disk: written, killed, read back, and read by others.

mod columns;
mod documents;
mod errors;
mod example;
mod import;
mod older_readers;
mod partial;
mod round_trip;
