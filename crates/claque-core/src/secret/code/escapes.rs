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

/// The kinds of escapes. Each is read by itself: what is an escape for one may be a plain sign for the others.
const FAMILIES: [Family; 4] = [Family::Percent, Family::Equals, Family::Ampersand, Family::Backslash];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Percent,
    Equals,
    Ampersand,
    Backslash,
}

/// Which kind of escape may begin here.
fn family(text: &[Unit]) -> Option<Family> {
    match text.first()?.c {
        '%' => Some(Family::Percent),
        '=' => Some(Family::Equals),
        '&' => Some(Family::Ampersand),
        '\\' => Some(Family::Backslash),
        'u' | 'U' if text.get(1).is_some_and(|next| next.c == '+') => Some(Family::Backslash),
        _ => None,
    }
}

/// The text with its escapes read, once and up to some times over; nothing where there are none.
pub(super) fn read(view: &[Unit]) -> impl Iterator<Item = View> {
    let mut begun = [false; FAMILIES.len()];
    for family in (0..view.len()).filter_map(|at| family(&view[at..])) {
        FAMILIES.iter().zip(&mut begun).for_each(|(other, begun)| *begun |= *other == family);
    }
    let families =
        FAMILIES.into_iter().zip(begun).filter_map(|(family, is_begun)| is_begun.then_some(family));
    families.flat_map(|family| {
        core::iter::successors(read_once(view, family), move |view| read_once(view, family)).take(MOST_TIMES)
    })
}

/// The text with its escapes of a family read; none where there are none.
fn read_once(view: &[Unit], of: Family) -> Option<View> {
    let found = |at: usize| {
        let is_one = family(&view[at..]) == Some(of);
        is_one.then(|| escaped(&view[at..]))?
    };
    let first = (0..view.len()).find(|at| found(*at).is_some())?;
    let mut read = View::with_capacity(view.len());
    read.extend(view[..first].iter().map(|unit| unit.stale()));
    let mut bytes: Vec<Byte> = Vec::new();
    let mut at = first;
    while let Some(unit) = view.get(at) {
        let (escaped, length) = found(at).map_or((None, 1), |(what, length)| (Some(what), length));
        let (from, until) = range(&view[at..(at + length).min(view.len())]);
        let is_fresh = escaped.is_some();
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
            read.push(Unit { c, from, until, is_fresh });
        }
        at += length;
    }
    read.append(&mut characters(&bytes));
    Some(read)
}

/// What stands at the beginning, if it is an escape, and how many characters it has.
fn escaped(text: &[Unit]) -> Option<(Escaped, usize)> {
    match (text.first()?.c, text.get(1).map(|unit| unit.c)) {
        ('=', Some(' ' | '\r' | '\n')) => Some((Escaped::Nothing, 2)),
        ('%' | '=', _) => Some((Escaped::Byte(u8::try_from(number(text, 1, 2, 16)?).ok()?), 3)),
        ('&', _) => entity(text),
        ('U' | 'u', Some('+')) => {
            let digits = (4..=6).rev().find(|digits| number(text, 2, *digits, 16).is_some())?;
            Some((Escaped::Char(char::from_u32(number(text, 2, digits, 16)?)?), 2 + digits))
        }
        ('\\', Some('u' | 'x')) if text.get(2).is_some_and(|unit| unit.c == '{') => {
            let digits = text.get(3..)?.iter().take(8).position(|unit| unit.c == '}')?;
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
        ('\\', Some(other)) if !other.is_alphanumeric() => Some((Escaped::Char(other), 2)),
        _ => None,
    }
}

/// The number of so many digits at a place.
fn number(text: &[Unit], at: usize, digits: usize, base: u32) -> Option<u32> {
    let digits = text.get(at..at + digits).filter(|digits| !digits.is_empty())?;
    digits
        .iter()
        .try_fold(0_u32, |number, unit| number.checked_mul(base)?.checked_add(unit.c.to_digit(base)?))
}

fn entity(text: &[Unit]) -> Option<(Escaped, usize)> {
    let length = text.iter().take(LONGEST_ENTITY).position(|unit| unit.c == ';')?;
    let name: String = text.get(1..length)?.iter().map(|unit| unit.c).collect();
    Some((Escaped::Char(named(&name)?), length + 1))
}
