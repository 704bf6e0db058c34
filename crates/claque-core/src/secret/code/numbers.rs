//! Lists of numbers, each a byte or a character: `115, 107`, `0x73 0x6b`, `\163\153`, `73:6b`, and digits without anything between.

use super::{
    super::view::{Unit, View, range},
    Byte, characters,
};
use crate::secret::writing::SHORTEST_ENCODED;

/// Signs between two numbers of one list at most: a line's end with what is indented on the next.
const WIDEST_GAP: usize = 24;

/// In which way numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// Digits of so many numbers: to this base, of at most so many digits each.
    Plain { base: u32, longest: usize },
    /// Pairs of hexadecimal digits, several to a word, the first digit of a word left out or not.
    Pairs { skipped: usize },
}

const NOTATIONS: [Notation; 5] = [
    Notation::Pairs { skipped: 0 },
    Notation::Pairs { skipped: 1 },
    Notation::Plain { base: 10, longest: 7 },
    Notation::Plain { base: 8, longest: 4 },
    Notation::Plain { base: 2, longest: 8 },
];

/// The text with its lists of numbers read, in each notation in which there is one.
pub(super) fn read(view: &[Unit]) -> impl Iterator<Item = View> {
    let words = words(view);
    NOTATIONS.into_iter().filter_map(move |notation| read_in(view, &words, notation))
}

/// Whether there are as many numbers as a list has, wherever they stand.
fn has_list(view: &[Unit], words: &[(usize, usize)], notation: Notation) -> bool {
    let most = |digits: &[Unit]| match notation {
        Notation::Plain { .. } => 1,
        Notation::Pairs { .. } => digits.len().div_ceil(2),
    };
    let mut count = 0;
    words.iter().any(|(from, until)| {
        count += digits(&view[*from..*until], notation).map_or(0, most);
        count >= SHORTEST_ENCODED
    })
}

/// Letters and digits that stand together: from which character on, until which.
fn words(view: &[Unit]) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (at, _) in view.iter().enumerate().filter(|(_, unit)| unit.c.is_ascii_alphanumeric()) {
        match words.last_mut().filter(|word| word.1 == at) {
            Some(word) => word.1 = at + 1,
            None => words.push((at, at + 1)),
        }
    }
    words
}

fn read_in(view: &[Unit], words: &[(usize, usize)], notation: Notation) -> Option<View> {
    if !has_list(view, words, notation) {
        return None;
    }
    let mut read = View::new();
    let mut list: Vec<Vec<(u32, Unit)>> = Vec::new();
    let (mut begun, mut ended, mut written) = (0, 0, 0);
    let mut close = |list: &mut Vec<Vec<(u32, Unit)>>, begun: usize, ended: usize| {
        let list = std::mem::take(list).concat();
        if list.len() >= SHORTEST_ENCODED {
            read.extend(view[written..begun].iter().map(|unit| unit.stale()));
            read.append(&mut said(&list));
            written = ended;
        }
    };
    for &(from, until) in words {
        let word = &view[from..until];
        if from > ended + WIDEST_GAP {
            close(&mut list, begun, ended);
        }
        match numbers(word, notation) {
            Some(numbers) => {
                if list.is_empty() {
                    begun = from;
                }
                list.push(numbers);
                ended = until;
            }
            None if is_mark(word) => {}
            None => close(&mut list, begun, ended),
        }
    }
    close(&mut list, begun, ended);
    (written > 0).then(|| {
        read.extend(view[written..].iter().map(|unit| unit.stale()));
        read
    })
}

/// Whether a word is what numbers are marked with, as in `\u{73}` and `U+0073`.
fn is_mark(word: &[Unit]) -> bool {
    matches!(word, [Unit { c: 'x' | 'X' | 'u' | 'U' | 'o', .. }])
}

/// The digits of a word behind its mark; none if it is of something else.
fn digits(word: &[Unit], notation: Notation) -> Option<&[Unit]> {
    let (base, longest, marks): (u32, usize, &[&str]) = match notation {
        Notation::Pairs { .. } => (16, usize::MAX, &["0x", "x", "u"]),
        Notation::Plain { base: 8, longest } => (8, longest, &["0o", "o"]),
        Notation::Plain { base: 2, longest } => (2, longest, &["0b", "b"]),
        Notation::Plain { base, longest } => (base, longest, &[]),
    };
    // Most words are of letters.
    word.last().filter(|last| last.c.is_ascii_hexdigit())?;
    let begins = |mark: &&&str| {
        mark.chars().zip(word).filter(|(c, unit)| unit.c.eq_ignore_ascii_case(c)).count() == mark.len()
    };
    let digits = &word[marks.iter().find(begins).map_or(0, |mark| mark.len())..];
    let are_digits =
        !digits.is_empty() && digits.len() <= longest && digits.iter().all(|digit| digit.c.is_digit(base));
    are_digits.then_some(digits)
}

/// The numbers of a word; none if it is of something else.
fn numbers(word: &[Unit], notation: Notation) -> Option<Vec<(u32, Unit)>> {
    let digits = digits(word, notation)?;
    let mut numbers: Vec<(u32, Unit)> = match notation {
        Notation::Plain { base, .. } => vec![number(digits, base)],
        Notation::Pairs { skipped } => {
            let base = 16;
            // A digit that is left over at the front is a number by itself, or none where the pairs begin behind the first.
            let alone = (digits.len() + skipped) % 2;
            let (first, pairs) = digits.split_at(if skipped == 0 { alone } else { 1 });
            let first = (skipped == 0 && alone == 1).then(|| number(first, base));
            first.into_iter().chain(pairs.chunks_exact(2).map(|pair| number(pair, base))).collect()
        }
    };
    // Its mark belongs to it.
    if let Some((_, first)) = numbers.first_mut() {
        let mark = range(&word[..word.len() - digits.len() + 1]);
        (first.from, first.until) = (first.from.min(mark.0), first.until.max(mark.1));
    }
    Some(numbers)
}

fn number(digits: &[Unit], base: u32) -> (u32, Unit) {
    let value = digits.iter().fold(0_u32, |value, digit| {
        value.saturating_mul(base).saturating_add(digit.c.to_digit(base).unwrap_or_default())
    });
    let (from, until) = range(digits);
    (value, Unit { c: '\0', from, until, is_fresh: true })
}

/// What numbers say: bytes, or characters where they are larger than these.
fn said(numbers: &[(u32, Unit)]) -> View {
    let mut view = View::with_capacity(numbers.len());
    let mut bytes = Vec::new();
    for &(value, unit) in numbers {
        if let Ok(value) = u8::try_from(value) {
            bytes.push(Byte { value, from: unit.from, until: unit.until });
            continue;
        }
        view.append(&mut characters(&std::mem::take(&mut bytes)));
        view.push(Unit { c: char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), ..unit });
    }
    view.append(&mut characters(&bytes));
    view
}
