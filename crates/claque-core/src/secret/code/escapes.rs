//! Escapes of single characters: of URLs and forms, quoted-printable (RFC 2045 section 6.7), JSON, HTML, and programming languages.

use super::{
    super::{
        reading::named,
        view::{Unit, View, range},
    },
    Byte, characters,
};

/// The longest name or number of a character in HTML.
const LONGEST_ENTITY: usize = 12;

/// What an escape stands for.
enum Escaped {
    /// A byte of a character.
    Byte(u8),
    /// A character.
    Char(char),
    /// Nothing: the line goes on.
    Nothing,
}

/// How often escapes are escaped again: `%2525`.
const MOST_TIMES: usize = 4;

/// By which sign an escape begins. Each is read by itself: what is an escape for one may be a plain sign for the others.
const FAMILIES: [&[char]; 4] = [&['%'], &['='], &['&'], &['\\', 'u', 'U']];

/// The text with its escapes read, once and up to some times over; nothing where there are none.
pub(super) fn read(view: &[Unit]) -> impl Iterator<Item = View> {
    FAMILIES.into_iter().flat_map(|family| {
        core::iter::successors(read_once(view, family), |view| read_once(view, family)).take(MOST_TIMES)
    })
}

/// The text with its escapes of a family read; none where there are none.
fn read_once(view: &[Unit], family: &[char]) -> Option<View> {
    if !view.iter().any(|unit| family.contains(&unit.c)) {
        return None;
    }
    let chars: Vec<char> = view.iter().map(|unit| unit.c).collect();
    let mut read = View::with_capacity(view.len());
    let mut bytes: Vec<Byte> = Vec::new();
    let (mut at, mut is_any) = (0, false);
    while let Some(unit) = view.get(at) {
        let found = escaped(&chars[at..]).filter(|_| family.contains(&unit.c));
        let (escaped, length) = found.map_or((None, 1), |(what, length)| (Some(what), length));
        is_any |= escaped.is_some();
        let (from, until) = range(&view[at..(at + length).min(view.len())]);
        let c = match escaped {
            Some(Escaped::Byte(value)) => {
                bytes.push(Byte { value, from, until });
                None
            }
            Some(Escaped::Char(c)) => Some(c),
            Some(Escaped::Nothing) => None,
            None => Some(unit.c),
        };
        if let Some(c) = c {
            read.append(&mut characters(&std::mem::take(&mut bytes)));
            read.push(Unit { c, from, until });
        }
        at += length;
    }
    read.append(&mut characters(&bytes));
    is_any.then_some(read)
}

/// What stands at the beginning, if it is an escape, and how many characters it has.
fn escaped(text: &[char]) -> Option<(Escaped, usize)> {
    match (text.first()?, text.get(1)) {
        ('=', Some(' ' | '\r' | '\n')) => Some((Escaped::Nothing, 2)),
        ('%' | '=', _) => Some((Escaped::Byte(u8::try_from(number(text, 1, 2, 16)?).ok()?), 3)),
        ('&', _) => entity(text),
        ('U' | 'u', Some('+')) => {
            let digits = (4..=6).rev().find(|digits| number(text, 2, *digits, 16).is_some())?;
            Some((Escaped::Char(char::from_u32(number(text, 2, digits, 16)?)?), 2 + digits))
        }
        ('\\', Some('u' | 'x')) if text.get(2) == Some(&'{') => {
            let digits = text.get(3..)?.iter().take(8).position(|c| *c == '}')?;
            Some((Escaped::Char(char::from_u32(number(text, 3, digits, 16)?)?), 4 + digits))
        }
        ('\\', Some('x')) => Some((Escaped::Byte(u8::try_from(number(text, 2, 2, 16)?).ok()?), 4)),
        ('\\', Some('u')) => Some((Escaped::Char(char::from_u32(number(text, 2, 4, 16)?)?), 6)),
        ('\\', Some('U')) => Some((Escaped::Char(char::from_u32(number(text, 2, 8, 16)?)?), 10)),
        ('\\', Some('0'..='7')) => {
            let digits = (1..=3).rev().find(|digits| number(text, 1, *digits, 8).is_some())?;
            Some((Escaped::Byte(u8::try_from(number(text, 1, digits, 8)?).ok()?), 1 + digits))
        }
        ('\\', Some('n' | 'r' | 't')) => Some((Escaped::Char('\n'), 2)),
        ('\\', Some(other)) if !other.is_alphanumeric() => Some((Escaped::Char(*other), 2)),
        _ => None,
    }
}

/// The number of so many digits at a place.
fn number(text: &[char], at: usize, digits: usize, base: u32) -> Option<u32> {
    let digits = text.get(at..at + digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0_u32, |number, c| number.checked_mul(base)?.checked_add(c.to_digit(base)?))
}

fn entity(text: &[char]) -> Option<(Escaped, usize)> {
    let length = text.iter().take(LONGEST_ENTITY).position(|c| *c == ';')?;
    let name: String = text.get(1..length)?.iter().collect();
    Some((Escaped::Char(named(&name)?), length + 1))
}
