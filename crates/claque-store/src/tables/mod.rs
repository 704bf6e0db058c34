//! The columns of a run's tables. Adding one touches its table's file here, and the record in core that it is had of.

mod blocks;
mod errors;
mod listeners;
mod series;
mod stalls;

pub(crate) use self::{blocks::BLOCKS, errors::ERRORS, listeners::LISTENERS, series::SERIES, stalls::STALLS};
pub use self::{
    blocks::{BLOCK_COLUMNS, BlockRow},
    errors::{ERROR_COLUMNS, ErrorRow},
    listeners::{LISTENER_COLUMNS, ListenerRow},
    series::{SERIES_COLUMNS, SeriesRecord, SeriesRow},
    stalls::{STALL_COLUMNS, StallRow},
};

/// Units of columns.
pub(crate) const MOMENT: &str = "nanoseconds since the run's start";
pub(crate) const SPAN: &str = "nanoseconds";
pub(crate) const NUMBER: &str = "number from 0";
const AUDIO: &str = "nanoseconds of audio at normal speed";
const COUNT: &str = "count";
const NAME: &str = "name";
