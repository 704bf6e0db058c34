//! What can be switched off, and what is never shown.

use core::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, IntoDeserializer as _, value::MapAccessDeserializer},
};

use super::Written;

/// Something that `false` switches off.
#[derive(Debug)]
pub enum Switch<W> {
    /// It is off.
    Off,
    /// It is on, and so.
    On(W),
}

/// A list that is never shown: not in an error, not in what is saved.
pub struct Hidden<W>(Vec<W>);

impl<W> fmt::Debug for Hidden<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl<T, W: Written<T>> Written<Option<T>> for Switch<W> {
    fn of(value: &Option<T>) -> Self {
        value.as_ref().map_or(Self::Off, |value| Self::On(W::of(value)))
    }

    fn into_value(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(written) => Some(written.into_value()),
        }
    }
}

impl<W: Serialize> Serialize for Switch<W> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => to.serialize_bool(false),
            Self::On(value) => value.serialize(to),
        }
    }
}

impl<'de, W: Deserialize<'de>> Deserialize<'de> for Switch<W> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SwitchVisitor(PhantomData))
    }
}

struct SwitchVisitor<W>(PhantomData<W>);

/// What `true` is answered with.
pub(crate) const TOO_LITTLE: &str = "`true` says too little; give false or its settings";

impl<'de, W: Deserialize<'de>> de::Visitor<'de> for SwitchVisitor<W> {
    type Value = Switch<W>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("false or its settings")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        if on { Err(E::custom(TOO_LITTLE)) } else { Ok(Switch::Off) }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        W::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        W::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        W::deserialize(number.into_deserializer()).map(Switch::On)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        W::deserialize(text.into_deserializer()).map(Switch::On)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        W::deserialize(MapAccessDeserializer::new(map)).map(Switch::On)
    }
}

impl<T, W: Written<T>> Written<Vec<T>> for Hidden<W> {
    fn of(values: &Vec<T>) -> Self {
        Self(values.iter().map(W::of).collect())
    }

    fn into_value(self) -> Vec<T> {
        self.0.into_iter().map(W::into_value).collect()
    }
}

impl<'de, W: DeserializeOwned> Deserialize<'de> for Hidden<W> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // The deserialiser's own words would repeat the value.
        Vec::deserialize(from)
            .map(Self)
            .map_err(|_| de::Error::custom("not of the right shape; it is not shown here"))
    }
}

impl<W> Serialize for Hidden<W> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // An empty list hides nothing, and can be read back.
        if self.0.is_empty() { to.collect_seq([(); 0]) } else { to.serialize_str("hidden") }
    }
}
