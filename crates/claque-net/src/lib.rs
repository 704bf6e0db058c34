//! The real-time driver: the one clock, the only sockets.
//!
//! [`audience`] plays listeners against a service: lanes, each a thread that waits for its sockets and its alarm and owns its listeners.
//! [`extraction`] has documents extracted, one task per document. [`service`] speaks the REST calls that surround a
//! run: sign-in, models, documents. [`host`] puts the reference gateway on a port, [`page`] a page that tells how a run
//! goes. [`scrape`] asks servers and programs for figures beside the audience. [`hearing`] turns what a listener was sent into one file.
//! Decisions are made by the machines of `claque-core`, `claque-wire` and `claque-gateway`; what is here moves bytes and tells the time.

pub mod audience;
mod clock;
pub mod extraction;
pub mod hearing;
pub mod host;
pub mod page;
mod program;
mod resample;
pub mod scrape;
pub mod service;
mod shortage;

pub use clock::{Clock, unix_nanos};
