//! The values of a document as bytes that do not depend on how it is laid out, and their digests: of one key at a time.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_128;

use super::{KEY, SUMMARY, Seal, ValueHash, hex};

/// Of a longer digest: 128 bits, which no two values have by accident.
const DIGEST_BYTES: usize = 16;

/// A document: the value of each key as bytes, and its seal.
#[derive(Debug, Default)]
pub(super) struct Values {
    keys: BTreeMap<String, Vec<u8>>,
    pub(super) seal: Option<Seal>,
}

impl Values {
    /// A digest of the value of each key, in hexadecimal digits; empty for figures that are not there.
    pub(super) fn digests(&self, hash: ValueHash) -> BTreeMap<String, String> {
        let digest = |value: &[u8]| if value.is_empty() { String::new() } else { hash.digest(value) };
        self.keys.iter().map(|(key, value)| (key.clone(), digest(value))).collect()
    }
}

impl ValueHash {
    /// The digest of a value, in hexadecimal digits.
    pub(super) fn digest(self, value: &[u8]) -> String {
        match self {
            Self::Sha256 => hex(Sha256::digest(value).get(..DIGEST_BYTES).unwrap_or_default()),
            Self::Xxh3 => hex(&XxHash3_128::oneshot(value).to_be_bytes()),
        }
    }
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
                    let value = map.next_value_seed(Value)?;
                    insert(&mut values.keys, key, value)?;
                }
            }
        }
        Ok(values)
    }
}

/// A key that is there twice could be read as either.
fn insert<E: de::Error>(keys: &mut BTreeMap<String, Vec<u8>>, key: String, value: Vec<u8>) -> Result<(), E> {
    match keys.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(E::custom("a key is there twice")),
    }
}

/// The figures, each by itself; or null.
struct OfSummary<'a>(&'a mut BTreeMap<String, Vec<u8>>);

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
        insert(self.0, SUMMARY.to_owned(), Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Value)?;
            insert(self.0, format!("{SUMMARY}.{key}"), value)?;
        }
        Ok(())
    }
}

/// A value with everything in it, as bytes.
struct Value;

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Vec<u8>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        let mut bytes = Vec::new();
        Canonical(&mut bytes).deserialize(deserializer)?;
        Ok(bytes)
    }
}

/// A value as bytes: a letter for its kind, and what it is. Numbers count by their value, and keys in no order, for tools sort them.
pub(super) struct Canonical<'a>(pub(super) &'a mut Vec<u8>);

/// An entry of an object by its places behind the object's beginning: its key, and the whole of it.
pub(super) type Entry = (Range<usize>, Range<usize>);

/// Bytes of a text's kind and length, which stand before it.
const TEXT_HEAD: usize = 9;

/// Begins a text, whose bytes are added by the caller. Gives its place, with which it is to be closed.
pub(super) fn open_text(bytes: &mut Vec<u8>) -> usize {
    let start = bytes.len();
    bytes.push(b's');
    bytes.resize(start + TEXT_HEAD, 0);
    start
}

/// Ends the text at `start`: its length is known now.
pub(super) fn close_text(bytes: &mut [u8], start: usize) {
    let head = start + TEXT_HEAD;
    let length = u64::try_from(bytes.len() - head).unwrap_or(u64::MAX);
    bytes[start + 1..head].copy_from_slice(&length.to_le_bytes());
}

/// What stands in a text.
pub(super) fn text_of(text: &[u8]) -> &[u8] {
    text.get(TEXT_HEAD..).unwrap_or_default()
}

/// Ends the object whose entries begin at `start`, and puts them in the order of their keys, by way of `unsorted`.
pub(super) fn close_object(bytes: &mut Vec<u8>, start: usize, entries: &mut [Entry], unsorted: &mut Vec<u8>) {
    unsorted.clear();
    unsorted.extend_from_slice(&bytes[start..]);
    bytes.truncate(start);
    entries.sort_by(|(a, _), (b, _)| unsorted[a.clone()].cmp(&unsorted[b.clone()]));
    entries.iter().for_each(|(_, entry)| bytes.extend_from_slice(&unsorted[entry.clone()]));
    bytes.push(b'}');
}

/// A number as it is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(u64),
    /// Below zero.
    Negative(i64),
    Float(f64),
}

impl Number {
    pub(super) fn of(whole: impl Into<i64>) -> Self {
        let whole = whole.into();
        u64::try_from(whole).map_or(Self::Negative(whole), Self::Whole)
    }
}

impl Canonical<'_> {
    pub(super) fn number(self, number: Number) {
        match number {
            Number::Whole(value) => self.add(b'u', &value.to_le_bytes()),
            Number::Negative(value) => self.add(b'i', &value.to_le_bytes()),
            Number::Float(value) => self.add(b'f', &value.to_bits().to_le_bytes()),
        }
    }

    pub(super) fn add(self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        self.0.extend_from_slice(bytes);
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
        self.number(Number::Whole(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(Number::Negative(value));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.number(Number::Float(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let start = open_text(self.0);
        self.0.extend_from_slice(value.as_bytes());
        close_text(self.0, start);
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
        close_object(self.0, start, &mut entries, &mut Vec::new());
        Ok(())
    }
}
