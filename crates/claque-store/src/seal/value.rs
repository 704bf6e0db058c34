//! Digests of the values of a document, made while it is parsed: of one key at a time.

use std::{collections::BTreeMap, fmt};

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};

use super::{KEY, SUMMARY, Seal, hex};

/// Digests that tell one value from another by accident never do: 128 bits.
const DIGEST_BYTES: usize = 16;

/// A document: a digest for each key, and its seal.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) keys: BTreeMap<String, String>,
    pub(super) seal: Option<Seal>,
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Document)
    }
}

struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
        let mut values = Values::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                KEY => values.seal = Some(map.next_value()?),
                SUMMARY => map.next_value_seed(OfSummary(&mut values.keys))?,
                _ => {
                    let digest = map.next_value_seed(Digested)?;
                    insert(&mut values.keys, key, digest)?;
                }
            }
        }
        Ok(values)
    }
}

/// A key that is there twice could be read as either.
fn insert<E: de::Error>(keys: &mut BTreeMap<String, String>, key: String, digest: String) -> Result<(), E> {
    match keys.insert(key, digest) {
        None => Ok(()),
        Some(_) => Err(E::custom("a key is there twice")),
    }
}

/// The figures, each by itself; or null.
struct OfSummary<'a>(&'a mut BTreeMap<String, String>);

impl<'de> DeserializeSeed<'de> for OfSummary<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OfSummary<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("figures, or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        insert(self.0, SUMMARY.to_owned(), String::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let digest = map.next_value_seed(Digested)?;
            insert(self.0, format!("{SUMMARY}.{key}"), digest)?;
        }
        Ok(())
    }
}

/// A value with everything in it, as hexadecimal digits.
struct Digested;

impl<'de> DeserializeSeed<'de> for Digested {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let mut bytes = Vec::new();
        Canonical(&mut bytes).deserialize(deserializer)?;
        Ok(hex(Sha256::digest(bytes).get(..DIGEST_BYTES).unwrap_or_default()))
    }
}

/// A value as bytes: a letter for its kind, and what it is. Numbers count by their value, and keys in no order, for tools sort them.
struct Canonical<'a>(&'a mut Vec<u8>);

impl Canonical<'_> {
    fn add(self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        self.0.extend_from_slice(bytes);
    }

    fn text(self, text: &str) {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.0.push(b's');
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }
}

impl<'de> DeserializeSeed<'de> for Canonical<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Canonical<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.add(b'n', &[]);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.add(b'b', &[u8::from(value)]);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.add(b'u', &value.to_le_bytes());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.add(b'i', &value.to_le_bytes());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.add(b'f', &value.to_bits().to_le_bytes());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.text(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        while values.next_element_seed(Canonical(self.0))?.is_some() {}
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        let start = self.0.len();
        let mut entries = Vec::new();
        loop {
            let begin = self.0.len() - start;
            if map.next_key_seed(Canonical(self.0))?.is_none() {
                break;
            }
            let value = self.0.len() - start;
            map.next_value_seed(Canonical(self.0))?;
            entries.push((begin..value, begin..self.0.len() - start));
        }
        let unsorted = self.0.split_off(start);
        entries.sort_by(|(a, _), (b, _)| unsorted[a.clone()].cmp(&unsorted[b.clone()]));
        entries.into_iter().for_each(|(_, entry)| self.0.extend_from_slice(&unsorted[entry]));
        self.0.push(b'}');
        Ok(())
    }
}
