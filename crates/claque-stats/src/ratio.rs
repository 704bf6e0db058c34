//! Quotients of two sums.

/// A part of a ratio of sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ratio {
    /// What is divided.
    pub above: f64,
    /// What it is divided by.
    pub below: f64,
}
