//! Codes in which a text may say something: escapes of single characters, lists of numbers, and packed bytes.

mod escapes;
mod numbers;
mod packed;
#[cfg(test)]
mod tests;

pub(super) use self::packed::{ASCII85, BASE85, Z85};

use super::{
    view::{Unit, View},
    writing::SHORTEST_ENCODED,
};

/// What a text says if codes in it are read, one kind at a time; nothing for a kind that is not there.
pub(super) fn read(view: &[Unit]) -> impl Iterator<Item = View> {
    read_numbers(view).chain(packed::read(view))
}

/// The same of escapes and lists of numbers alone.
pub(super) fn read_numbers(view: &[Unit]) -> impl Iterator<Item = View> {
    escapes::read(view).chain(numbers::read(view))
}

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
                view.push(Unit { c, from: from.min(first), until: until.max(last) });
            }
        }
        at += length;
    }
    view
}

/// A character of several bytes, and how many; a byte that begins none is the character of its number.
fn wide(bytes: &[Byte]) -> (char, usize) {
    let read = |length: usize| {
        let raw: Vec<u8> = bytes.get(..length)?.iter().map(|byte| byte.value).collect();
        Some((core::str::from_utf8(&raw).ok()?.chars().next()?, length))
    };
    let alone = bytes.first().map_or('\0', |byte| char::from(byte.value));
    (2..=4).find_map(read).unwrap_or((alone, 1))
}

/// Stretches of characters that can be printed, long enough to hold a secret, each behind a sign that is part of none: what is no code reads
/// as noise.
fn printable(read: &[Unit], into: &mut View) {
    for stretch in
        read.split(|unit| !(unit.c.is_ascii_graphic() || unit.c == ' ' || unit.c.is_alphanumeric()))
    {
        if stretch.len() >= SHORTEST_ENCODED {
            into.push(Unit { c: char::REPLACEMENT_CHARACTER, ..stretch[0] });
            into.extend_from_slice(stretch);
        }
    }
}
