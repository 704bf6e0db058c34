//! How many workers a model has, in a file and on the command line.

use claque_gateway::Workers;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::UsageError;

/// A number from 1, or "unlimited".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkersSetting(pub(crate) Workers);

impl WorkersSetting {
    const EXPECTED: &'static str = "a whole number from 1, or `unlimited`";

    /// Reads what was typed after `--workers`.
    ///
    /// # Errors
    /// It is neither a number from 1 nor `unlimited`.
    pub(crate) fn parse(typed: &str) -> Result<Self, UsageError> {
        let number = typed.parse().ok().filter(|&number| number > 0).map(Workers::Pull);
        let workers = if typed == "unlimited" { Some(Workers::Unlimited) } else { number };
        workers
            .map(Self)
            .ok_or_else(|| UsageError::new(format!("--workers is {typed}; give {}", Self::EXPECTED)))
    }
}

impl<'de> Deserialize<'de> for WorkersSetting {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = WorkersSetting;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(WorkersSetting::EXPECTED)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let workers = u32::try_from(number).ok().filter(|&number| number > 0).map(Workers::Pull);
                workers
                    .map(WorkersSetting)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                if name == "unlimited" {
                    Ok(WorkersSetting(Workers::Unlimited))
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(name), &self))
                }
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Serialize for WorkersSetting {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Workers::Pull(number) => to.serialize_u32(number),
            Workers::Unlimited => to.serialize_str("unlimited"),
        }
    }
}
