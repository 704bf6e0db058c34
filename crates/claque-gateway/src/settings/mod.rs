//! How constants are written in a `[gateway]` table: units, ranges, switches, names.
//!
//! A constant carries the way it is written at its own field, as `#[serde(with = "WrittenAs::<Seconds>")]`; what is here are the ways there
//! are. A table is laid over a whole configuration that was written the same way (the program does that), so no field has a default
//! of its own. Nothing here reads TOML.

mod switch;
mod units;

use core::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

pub(crate) use self::switch::TOO_LITTLE;
pub use self::{
    switch::{Hidden, Switch},
    units::{FromOne, Interval, Pace, Part, PartOfOne, Rate, RefusingStatus, Seconds, Share, Size},
};

/// Keys that say of which kind a table is (`service`, `length`, `batching`). A table that has one of them takes the place of what
/// was there, and gives its own place to whatever comes; all other tables are laid over each other key by key.
pub const STANDS_ALONE: [&str; 5] =
    ["fixed_seconds", "exponential_seconds", "quantile_seconds", "slowdown", "speeds"];

/// A value as it is written.
pub trait Written<T>: Serialize + DeserializeOwned {
    /// The written form.
    fn of(value: &T) -> Self;
    /// What it means.
    fn into_value(self) -> T;
}

/// Writes and reads a field as `W`: the modules of serde's `with`.
#[derive(Debug)]
pub struct WrittenAs<W>(PhantomData<W>);

impl<W> WrittenAs<W> {
    /// Writes a field.
    ///
    /// # Errors
    /// The serialiser's.
    pub fn serialize<T, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error>
    where
        W: Written<T>,
    {
        W::of(value).serialize(to)
    }

    /// Reads a field.
    ///
    /// # Errors
    /// It is not of the right shape, or out of range.
    pub fn deserialize<'de, T, D: Deserializer<'de>>(from: D) -> Result<T, D::Error>
    where
        W: Written<T>,
    {
        W::deserialize(from).map(W::into_value)
    }
}

/// A value that is written as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SameValue<T>(pub T);

impl<T: Clone + Serialize + DeserializeOwned> Written<T> for SameValue<T> {
    fn of(value: &T) -> Self {
        Self(value.clone())
    }

    fn into_value(self) -> T {
        self.0
    }
}

impl<T, W: Written<T>> Written<Option<T>> for Option<W> {
    fn of(value: &Option<T>) -> Self {
        value.as_ref().map(W::of)
    }

    fn into_value(self) -> Option<T> {
        self.map(W::into_value)
    }
}

impl<T, W: Written<T>> Written<Vec<T>> for Vec<W> {
    fn of(values: &Vec<T>) -> Self {
        values.iter().map(W::of).collect()
    }

    fn into_value(self) -> Vec<T> {
        self.into_iter().map(W::into_value).collect()
    }
}
