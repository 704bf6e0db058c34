//! JSON whose members keep their order, so that order can be compared.

use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

/// A JSON value; members in the order in which they were written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ordered {
    Plain(Value),
    Text(String),
    List(Vec<Self>),
    Members(Vec<(String, Self)>),
}

impl Ordered {
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Members(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Self::Plain(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// A member's text; nothing when it is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.member(name) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }

    /// Members that are texts.
    pub(crate) fn texts(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Members(members) => {
                members.iter().map(|(name, _)| (name.as_str(), self.text(name))).collect()
            }
            Self::Plain(_) | Self::Text(_) | Self::List(_) => Vec::new(),
        }
    }

    /// Every text in it changed.
    pub(crate) fn map_texts(&self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Plain(value) => Self::Plain(value.clone()),
            Self::Text(text) => Self::Text(change(text)),
            Self::List(items) => Self::List(items.iter().map(|item| item.map_texts(change)).collect()),
            Self::Members(members) => Self::Members(
                members.iter().map(|(name, value)| (name.clone(), value.map_texts(change))).collect(),
            ),
        }
    }

    /// As JSON, without spaces.
    pub(crate) fn to_json(&self) -> String {
        let join = |parts: Vec<String>| parts.join(",");
        match self {
            Self::Plain(value) => value.to_string(),
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::List(items) => format!("[{}]", join(items.iter().map(Self::to_json).collect())),
            Self::Members(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("{}:{}", Value::from(name.as_str()), value.to_json())
                };
                format!("{{{}}}", join(members.iter().map(member).collect()))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Ordered::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Ordered, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Ordered::Members(members))
    }
}
