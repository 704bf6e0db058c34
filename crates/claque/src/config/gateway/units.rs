//! Values that are right by type: a time that is a time, a share that is a share.

use std::{fmt, marker::PhantomData};

use claque_core::time::Duration;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IntoDeserializer as _, value::MapAccessDeserializer},
};

/// Longest time that can be set, in seconds: 31 years. Sums of such times stay far from overflow.
const LONGEST_SECONDS: f64 = 1_000_000_000.0;

/// A span of time, in seconds, possibly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) Duration);

/// A span of time that is longer than none: a period or a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval(pub(crate) Duration);

/// A share, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

/// A finite number, not below zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size(pub(crate) f64);

/// A finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate(pub(crate) f64);

/// Something that `false` switches off.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Switch<T> {
    Off,
    On(T),
}

/// Text that is never shown: not in an error, not in what is saved.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hidden<T>(pub(crate) T);

/// A value of a closed set, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<T>(pub(crate) T);

/// A closed set whose members have names.
pub(crate) trait Named: Copy + PartialEq + 'static {
    /// Every member with its name.
    const MEMBERS: &'static [(&'static str, Self)];
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        span(f64::deserialize(from)?).map(Self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let span = span::<D::Error>(f64::deserialize(from)?)?;
        if span.is_zero() {
            return Err(de::Error::custom("0 s is out of range; give a time above 0"));
        }
        Ok(Self(span))
    }
}

fn span<E: de::Error>(seconds: f64) -> Result<Duration, E> {
    let in_range = (0.0..=LONGEST_SECONDS).contains(&seconds);
    in_range
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
        .ok_or_else(|| E::custom(format!("{seconds} s is out of range; give 0 to {LONGEST_SECONDS}")))
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        number(from, |number| (0.0..=1.0).contains(&number), "0 to 1").map(Self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        number(from, |number| number >= 0.0 && number.is_finite(), "a number from 0").map(Self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        number(from, |number| number > 0.0 && number.is_finite(), "a number above 0").map(Self)
    }
}

fn number<'de, D>(from: D, fits: impl Fn(f64) -> bool, range: &str) -> Result<f64, D::Error>
where
    D: Deserializer<'de>,
{
    let number = f64::deserialize(from)?;
    if fits(number) {
        Ok(number)
    } else {
        Err(de::Error::custom(format!("{number} is out of range; give {range}")))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0.as_secs_f64())
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0.as_secs_f64())
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0)
    }
}

impl<T: Clone> Switch<T> {
    /// What is on, if anything.
    pub(crate) fn to_option(&self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value.clone()),
        }
    }
}

impl<T> From<Option<T>> for Switch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Off, Self::On)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Switch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SwitchVisitor(PhantomData))
    }
}

struct SwitchVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for SwitchVisitor<T> {
    type Value = Switch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("false or its settings")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        if on {
            Err(E::custom("`true` says too little; give false or its settings"))
        } else {
            Ok(Switch::Off)
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(Switch::On)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Switch::On)
    }
}

impl<T: Serialize> Serialize for Switch<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => to.serialize_bool(false),
            Self::On(value) => value.serialize(to),
        }
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Hidden<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // The deserialiser's own words would repeat the value.
        T::deserialize(from)
            .map(Self)
            .map_err(|_| de::Error::custom("not of the right shape; it is not shown here"))
    }
}

impl<T> Serialize for Hidden<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("hidden")
    }
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        let found = T::MEMBERS.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            // In serde's own form, so that one place words it for people.
            let known: Vec<_> = T::MEMBERS.iter().map(|(known, _)| format!("`{known}`")).collect();
            de::Error::custom(format!("unknown variant `{name}`, expected one of {}", known.join(", ")))
        })
    }
}

impl<T: Named> Serialize for Name<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let found = T::MEMBERS.iter().find(|(_, value)| *value == self.0);
        to.serialize_str(found.map_or("unnamed", |(name, _)| name))
    }
}
