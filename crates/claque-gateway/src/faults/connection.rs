//! What goes wrong with connections.

use core::fmt;

use claque_core::time::{Duration, Instant};
use serde::{
    Deserialize, Serialize,
    de::{
        self,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::Outage;
use crate::settings::{Seconds, TOO_LITTLE, WrittenAs};

/// One thing that goes wrong with connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionFault {
    /// Which connections.
    #[serde(rename = "select")]
    pub selector: ConnectionSelector,
    /// Messages that are sent before it happens.
    #[serde(default)]
    pub after_notices: u64,
    /// Then it happens in place of the final word on the block of this index; none for that of any message.
    pub at_block: Option<i64>,
    /// It happens this long after the opening, and not in place of a message; none where messages decide.
    #[serde(default, rename = "after_seconds", with = "WrittenAs::<Option<Seconds>>")]
    pub after: Option<Duration>,
    /// What happens.
    pub effect: ConnectionEffect,
}

/// Which connections a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionSelector {
    /// All, also those that are opened again.
    Every,
    /// As many as this in order of opening, so that those opened again later are spared.
    First(u64),
    /// The connection of this number in order of opening, from 0.
    Nth(u64),
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ConnectionEffect {
    /// It is closed.
    Close {
        /// WebSocket close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// It stays open and nothing more is sent.
    Silence,
    /// Something that is no message is sent once; then all goes on.
    Garbage,
    /// A session-level error is said once; then all goes on.
    Error {
        /// Its words.
        text: String,
    },
    /// The handshake is refused. The selector counts handshakes here, where it counts opened connections for all else.
    Refuse {
        /// With this HTTP status.
        status: u16,
    },
}

/// A time without connections: those that are open are closed at its begin, new ones are refused until its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenOutage", into = "WrittenOutage")]
pub struct SocketOutage {
    /// When.
    pub outage: Outage,
    /// Close code of what is open.
    pub code: u16,
    /// HTTP status with which handshakes are refused.
    pub refusal: u16,
}

/// `{ from_seconds = 5, until_seconds = 9 }`, of a restart unless `code` and `refusal` say something else.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOutage {
    #[serde(with = "WrittenAs::<Seconds>")]
    from_seconds: Instant,
    #[serde(with = "WrittenAs::<Seconds>")]
    until_seconds: Instant,
    code: Option<u16>,
    refusal: Option<u16>,
}

/// Times without connections: `false`, one, or a list.
pub(super) mod outages {
    use serde::{Deserializer, Serialize as _, Serializer};

    use super::{OutagesVisitor, SocketOutage};

    pub(in crate::faults) fn serialize<S: Serializer>(
        outages: &[SocketOutage],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        if outages.is_empty() { to.serialize_bool(false) } else { outages.serialize(to) }
    }

    pub(in crate::faults) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<SocketOutage>, D::Error> {
        from.deserialize_any(OutagesVisitor)
    }
}

struct OutagesVisitor;

impl<'de> de::Visitor<'de> for OutagesVisitor {
    type Value = Vec<SocketOutage>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("false, an outage or a list of outages")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        if on { Err(E::custom(TOO_LITTLE)) } else { Ok(Vec::new()) }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        SocketOutage::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list))
    }
}

impl From<WrittenOutage> for SocketOutage {
    fn from(written: WrittenOutage) -> Self {
        let WrittenOutage { from_seconds: from, until_seconds: until, code, refusal } = written;
        let usual = Self::restart(from, until);
        Self { code: code.unwrap_or(usual.code), refusal: refusal.unwrap_or(usual.refusal), ..usual }
    }
}

impl From<SocketOutage> for WrittenOutage {
    fn from(down: SocketOutage) -> Self {
        let SocketOutage { outage: Outage { from: from_seconds, until: until_seconds }, code, refusal } =
            down;
        Self { from_seconds, until_seconds, code: Some(code), refusal: Some(refusal) }
    }
}

impl SocketOutage {
    /// As of a service that is restarted: closed with 1012 (IANA's registry of WebSocket close codes), and refused with 503
    /// meanwhile.
    #[must_use]
    pub const fn restart(from: Instant, until: Instant) -> Self {
        Self { outage: Outage { from, until }, code: 1012, refusal: 503 }
    }
}

impl ConnectionSelector {
    pub(super) const fn hits(self, number: u64) -> bool {
        match self {
            Self::Every => true,
            Self::First(count) => number < count,
            Self::Nth(nth) => nth == number,
        }
    }
}

impl ConnectionFault {
    /// Whether it happens in place of the next message after `sent` others, which may be the final word on a block.
    #[must_use]
    pub fn hits(&self, sent: u64, final_word_on: Option<i64>) -> bool {
        let is_at = |block: i64| final_word_on == Some(block);
        self.after.is_none() && self.after_notices <= sent && self.at_block.is_none_or(is_at)
    }
}
