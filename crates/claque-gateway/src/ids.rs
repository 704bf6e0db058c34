//! Names of the things a gateway knows.

use core::fmt;
use std::sync::Arc;

use claque_core::rng::Seed;
use sha2::{Digest, Sha256};

/// One WebSocket connection, numbered by the host and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// One attempt at a synthesis job, as handed to an engine; a job that is tried again gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// An account or a guest. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

/// A document, shaped as a UUID. Sixteen bytes, free to copy and compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(u128);

/// What names a piece of audio: SHA-256 of text, model, voice and parameters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantHash([u8; 32]);

impl UserId {
    /// Names a user.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The one user of a server with authentication off.
    #[must_use]
    pub fn selfhost() -> Self {
        Self::new("selfhost")
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DocumentId {
    /// Makes an id of the form of a random UUID (RFC 9562 section 5.4) out of a seed.
    #[must_use]
    pub fn from_seed(seed: Seed) -> Self {
        const VERSION_4: u128 = 0x4000 << 64;
        const VARIANT: u128 = 0x8000 << 48;
        let bits = (u128::from(seed.index(0).value()) << 64) | u128::from(seed.index(1).value());
        Self(bits & !(0xf000 << 64) & !(0xc000 << 48) | VERSION_4 | VARIANT)
    }

    /// Half of its bits; nearly all of them are random.
    #[expect(clippy::cast_possible_truncation, reason = "the other half is left out")]
    pub(crate) const fn low_bits(self) -> u64 {
        self.0 as u64
    }

    /// Reads the hyphenated form of a UUID, in either case. None for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(at, c)| if [8, 13, 18, 23].contains(&at) { c == b'-' } else { c.is_ascii_hexdigit() });
        if !well_formed {
            return None;
        }
        u128::from_str_radix(&text.replace('-', ""), 16).ok().map(Self)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        let (head, tail) = (id >> 64, id & u128::from(u64::MAX));
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            head >> 32,
            (head >> 16) & 0xffff,
            head & 0xffff,
            tail >> 48,
            tail & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl VariantHash {
    /// The name of a text's audio. Fields are kept apart by a byte that no UTF-8 text contains.
    #[must_use]
    pub fn of(text: &str, model: &str, voice: &str) -> Self {
        const PARAMETERS: &str = "{}";
        const APART: [u8; 1] = [0xff];
        let mut hash = Sha256::new();
        for field in [text, model, voice, PARAMETERS] {
            hash.update(field.as_bytes());
            hash.update(APART);
        }
        Self(hash.finalize().into())
    }

    /// Wraps a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What [`VariantHash::seed`] looks at.
    #[must_use]
    pub fn head(self) -> [u8; 16] {
        core::array::from_fn(|place| self.0[place])
    }

    /// A name with the same seed as that whose head this is.
    #[must_use]
    pub fn from_head(head: [u8; 16]) -> Self {
        Self(core::array::from_fn(|place| head.get(place).copied().unwrap_or_default()))
    }

    /// The digest.
    #[must_use]
    pub const fn into_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The first of its bits.
    pub(crate) const fn low_bits(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Reads 64 hexadecimal digits. None for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// A seed of its own under `parent`, so that what is drawn for a variant depends on nothing else.
    #[must_use]
    pub fn seed(&self, parent: Seed) -> Seed {
        let mut words = self.0.chunks_exact(8);
        let mut word = || words.next().and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes);
        parent.index(word()).index(word())
    }
}

impl fmt::Display for VariantHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VariantHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_ids_are_uuids_that_can_be_read_back() {
        let id = DocumentId::from_seed(Seed::root(1));
        let text = id.to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "4"), "{text}");
        assert!("89ab".contains(&text[19..20]), "{text}");
        assert_eq!(DocumentId::parse(&text), Some(id));
        assert_eq!(DocumentId::parse(&text.to_uppercase()), Some(id));
        assert_eq!(DocumentId::parse(&text.replace('-', "0")), None);
        assert_ne!(DocumentId::from_seed(Seed::root(2)), id);
    }

    #[test]
    fn variant_hashes_are_read_back_and_nothing_else_is() {
        let hash = VariantHash::from_bytes([0xa5; 32]);
        assert_eq!(VariantHash::parse(&hash.to_string()), Some(hash));
        assert_ne!(VariantHash::of("a", "b", "c"), VariantHash::of("ab", "", "c"));
        assert_eq!(VariantHash::parse("a5"), None);
        assert_eq!(VariantHash::parse(&"é".repeat(32)), None);
    }
}
