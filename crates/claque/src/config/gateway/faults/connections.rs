//! Settings of what goes wrong with connections.

use std::{fmt, vec};

use claque_gateway::{ConnectionEffect, ConnectionFault, ConnectionSelector, SocketOutage};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::OutageSetting;
use crate::config::gateway::units::Seconds;

/// `{ select = { nth = 0 }, after_notices = 5, effect = "silence" }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionSetting {
    select: ConnectionSelectSetting,
    #[serde(default)]
    after_notices: u64,
    at_block: Option<i64>,
    after_seconds: Option<Seconds>,
    effect: ConnectionEffectSetting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ConnectionSelectSetting {
    Every,
    First(u64),
    Nth(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum ConnectionEffectSetting {
    Close { code: u16, reason: String },
    Silence,
    Garbage,
    Error { text: String },
    Refuse { status: u16 },
}

/// Times without connections: `false`, one, or a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SocketOutages(Vec<SocketOutageSetting>);

/// `{ from_seconds = 5, until_seconds = 9, code = 1006, refusal = 502 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SocketOutageSetting {
    from_seconds: Seconds,
    until_seconds: Seconds,
    code: Option<u16>,
    refusal: Option<u16>,
}

impl From<ConnectionSetting> for ConnectionFault {
    fn from(setting: ConnectionSetting) -> Self {
        Self {
            selector: match setting.select {
                ConnectionSelectSetting::Every => ConnectionSelector::Every,
                ConnectionSelectSetting::First(count) => ConnectionSelector::First(count),
                ConnectionSelectSetting::Nth(number) => ConnectionSelector::Nth(number),
            },
            after_notices: setting.after_notices,
            at_block: setting.at_block,
            after: setting.after_seconds.map(|after| after.0),
            effect: match setting.effect {
                ConnectionEffectSetting::Close { code, reason } => ConnectionEffect::Close { code, reason },
                ConnectionEffectSetting::Silence => ConnectionEffect::Silence,
                ConnectionEffectSetting::Garbage => ConnectionEffect::Garbage,
                ConnectionEffectSetting::Error { text } => ConnectionEffect::Error { text },
                ConnectionEffectSetting::Refuse { status } => ConnectionEffect::Refuse { status },
            },
        }
    }
}

impl From<ConnectionFault> for ConnectionSetting {
    fn from(fault: ConnectionFault) -> Self {
        Self {
            select: match fault.selector {
                ConnectionSelector::Every => ConnectionSelectSetting::Every,
                ConnectionSelector::First(count) => ConnectionSelectSetting::First(count),
                ConnectionSelector::Nth(number) => ConnectionSelectSetting::Nth(number),
            },
            after_notices: fault.after_notices,
            at_block: fault.at_block,
            after_seconds: fault.after.map(Seconds),
            effect: match fault.effect {
                ConnectionEffect::Close { code, reason } => ConnectionEffectSetting::Close { code, reason },
                ConnectionEffect::Silence => ConnectionEffectSetting::Silence,
                ConnectionEffect::Garbage => ConnectionEffectSetting::Garbage,
                ConnectionEffect::Error { text } => ConnectionEffectSetting::Error { text },
                ConnectionEffect::Refuse { status } => ConnectionEffectSetting::Refuse { status },
            },
        }
    }
}

impl SocketOutages {
    pub(super) fn to_outages(&self) -> Vec<SocketOutage> {
        self.0.iter().copied().map(Into::into).collect()
    }
}

impl From<&[SocketOutage]> for SocketOutages {
    fn from(outages: &[SocketOutage]) -> Self {
        Self(outages.iter().copied().map(Into::into).collect())
    }
}

impl From<SocketOutageSetting> for SocketOutage {
    fn from(setting: SocketOutageSetting) -> Self {
        let SocketOutageSetting { from_seconds, until_seconds, code, refusal } = setting;
        let outage = claque_gateway::Outage::from(OutageSetting { from_seconds, until_seconds });
        let usual = Self::restart(outage.from, outage.until);
        Self { outage, code: code.unwrap_or(usual.code), refusal: refusal.unwrap_or(usual.refusal) }
    }
}

impl From<SocketOutage> for SocketOutageSetting {
    fn from(down: SocketOutage) -> Self {
        let SocketOutage { outage, code, refusal } = down;
        let OutageSetting { from_seconds, until_seconds } = outage.into();
        Self { from_seconds, until_seconds, code: Some(code), refusal: Some(refusal) }
    }
}

impl Serialize for SocketOutages {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() { to.serialize_bool(false) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for SocketOutages {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OutagesVisitor)
    }
}

struct OutagesVisitor;

impl<'de> de::Visitor<'de> for OutagesVisitor {
    type Value = SocketOutages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("false, an outage or a list of outages")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        if on {
            Err(E::custom("`true` says too little; give false or its settings"))
        } else {
            Ok(SocketOutages::default())
        }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let one = SocketOutageSetting::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SocketOutages(vec![one]))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(SocketOutages)
    }
}
