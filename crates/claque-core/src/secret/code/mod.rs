//! Codes in which a text may say something: escapes of single characters, lists of numbers, and packed bytes.

mod escapes;
mod numbers;
mod packed;
#[cfg(test)]
mod tests;

pub(super) use self::packed::{ASCII85, BASE85, Z85, read as read_packed, read_turned};

use core::ops::RangeInclusive;

use super::{
    view::{Unit, View},
    writing::SHORTEST_ENCODED,
};

/// What a text says if codes in it are read, one kind at a time; nothing for a kind that is not there.
pub(super) fn read(view: &[Unit], high: HighBytes) -> impl Iterator<Item = View> {
    read_numbers(view).chain(packed::read(view, high))
}

/// The same of escapes and lists of numbers alone.
pub(super) fn read_numbers(view: &[Unit]) -> impl Iterator<Item = View> {
    escapes::read(view).chain(numbers::read(view))
}

/// What bytes beyond ASCII are that make up no character together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HighBytes {
    /// Letters of Latin-1: a secret has some.
    Letters,
    /// Noise: no secret has any. Half of what is no code reads as such letters.
    #[default]
    Noise,
}

impl HighBytes {
    /// What they are, if they are read for one secret more.
    pub(super) fn and_of(self, secret: &str) -> Self {
        if secret.chars().any(|c| LATIN.contains(&c)) { Self::Letters } else { self }
    }
}

/// The characters of Latin-1 beyond ASCII.
const LATIN: RangeInclusive<char> = '\u{80}'..='\u{ff}';

/// A byte, and the bytes of the text that stand for it.
#[derive(Clone, Copy, Debug)]
struct Byte {
    value: u8,
    from: usize,
    until: usize,
}

/// The characters that bytes are: UTF-8 as far as they can be that. Zeros are the other halves of wide characters, and none.
fn characters(bytes: &[Byte]) -> View {
    let mut view = View::with_capacity(bytes.len());
    let (mut at, mut first_half) = (0, None);
    while let Some(Byte { value, from, until }) = bytes.get(at).copied() {
        let (c, length) = if value < 0x80 { (char::from(value), 1) } else { wide(&bytes[at..]) };
        let until = bytes.get(at + length - 1).map_or(until, |last| last.until.max(until));
        match view.last_mut().filter(|_| c == '\0') {
            Some(Unit { from: first, until: last, .. }) => {
                (*first, *last) = ((*first).min(from), (*last).max(until));
            }
            None if c == '\0' => first_half = Some((from, until)),
            None => {
                let (first, last) = first_half.take().unwrap_or((from, until));
                view.push(Unit { c, from: from.min(first), until: until.max(last), is_fresh: true });
            }
        }
        at += length;
    }
    view
}

/// A character of several bytes, and how many; a byte that begins none is the character of its number.
fn wide(bytes: &[Byte]) -> (char, usize) {
    let mut raw = [0; 4];
    raw.iter_mut().zip(bytes).for_each(|(raw, byte)| *raw = byte.value);
    let read = |length: usize| {
        let raw = raw.get(..length.min(bytes.len())).filter(|raw| raw.len() == length)?;
        Some((core::str::from_utf8(raw).ok()?.chars().next()?, length))
    };
    let alone = bytes.first().map_or('\0', |byte| char::from(byte.value));
    (2..=4).find_map(read).unwrap_or((alone, 1))
}

/// Stretches of characters that can be printed, long enough to hold a secret, each behind a sign that is part of none: what is no code reads
/// as noise.
fn printable(read: &[Unit], high: HighBytes, into: &mut View) {
    for stretch in read.split(|unit| !is_printable(unit.c, high)) {
        if stretch.len() >= SHORTEST_ENCODED {
            into.push(Unit { c: char::REPLACEMENT_CHARACTER, ..stretch[0] });
            into.extend_from_slice(stretch);
        }
    }
}

/// Whether a character is one of a text, of several lines perhaps.
fn is_printable(c: char, high: HighBytes) -> bool {
    u8::try_from(c).map_or_else(|_| c.is_alphanumeric(), |byte| is_printable_byte(byte, high))
}

/// The same of one that is a byte in Latin-1.
const fn is_printable_byte(byte: u8, high: HighBytes) -> bool {
    match byte {
        b' '..=b'~' | b'\n' | b'\r' | b'\t' => true,
        0xaa | 0xb2 | 0xb3 | 0xb5 | 0xb9 | 0xba | 0xbc..=0xbe | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0xff => {
            matches!(high, HighBytes::Letters)
        }
        _ => false,
    }
}
