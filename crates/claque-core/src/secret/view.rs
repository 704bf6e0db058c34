//! A text as it may be read: as it stands, backwards, and with the codes in it read, several times over.

use super::{code, reading::is_invisible};

/// How often codes within codes are read.
const MOST_TIMES: usize = 3;

/// Readings of one text at most. An honest text has few.
const MOST_VIEWS: usize = 96;

/// A character, and the bytes of the text that stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) c: char,
    pub(super) from: usize,
    pub(super) until: usize,
}

/// A reading of a text.
pub(super) type View = Vec<Unit>;

/// The readings of a text, itself in the usual shape of its letters among them. What stands there backwards or turned is told where it is looked for; what is read of
/// that is of escapes and numbers alone.
pub(super) fn views(text: &str) -> Vec<View> {
    let unit = |(from, c): (usize, char)| Unit { c: usual(c), from, until: from + c.len_utf8() };
    let plain: View = text.char_indices().map(unit).collect();
    let backwards: View = plain.iter().rev().copied().collect();
    let turned = turned(&plain);
    let mut views = vec![plain];
    let mut first = 0;
    for _ in 0..MOST_TIMES {
        let room = MOST_VIEWS - views.len();
        let read: Vec<View> = views[first..].iter().flat_map(|view| code::read(view)).take(room).collect();
        first = views.len();
        views.extend(read);
    }
    views.extend([backwards, turned].iter().flat_map(|view| code::read_numbers(view)));
    views
}

/// With each letter thirteen places further (rot13).
pub(super) fn turned(view: &[Unit]) -> View {
    let turned = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from_u32(u32::from(c) + 13).unwrap_or(c),
        'n'..='z' | 'N'..='Z' => char::from_u32(u32::from(c) - 13).unwrap_or(c),
        c => c,
    };
    view.iter().map(|unit| Unit { c: turned(unit.c), ..*unit }).collect()
}

/// The bytes of the text from the first to the last of these characters, in whatever order they stand.
pub(super) fn range(units: &[Unit]) -> (usize, usize) {
    let from = units.iter().map(|unit| unit.from).min().unwrap_or_default();
    (from, units.iter().map(|unit| unit.until).max().unwrap_or_default())
}

/// What is compared: letters in lower case and in their usual shape, without signs that nobody sees.
pub(super) fn normal(view: &[Unit]) -> View {
    let seen = view.iter().filter(|unit| !is_invisible(unit.c));
    seen.map(|unit| Unit { c: usual(unit.c).to_ascii_lowercase(), ..*unit }).collect()
}

/// The same of a secret.
pub(super) fn normal_text(secret: &str) -> Vec<char> {
    secret.chars().filter(|c| !is_invisible(*c)).map(|c| usual(c).to_ascii_lowercase()).collect()
}

/// The letter or sign of ASCII that is drawn in another shape: full-width, in a circle, a square or brackets, or as in formulas.
fn usual(c: char) -> char {
    let of = |first: u32, alphabet: &[u8]| {
        let count = u32::try_from(alphabet.len()).unwrap_or(1);
        let place = usize::try_from((u32::from(c) - first) % count).unwrap_or_default();
        alphabet.get(place).copied().map_or(c, char::from)
    };
    const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2460}'..='\u{2468}' => of(0x2460, b"123456789"),
        '\u{249c}'..='\u{24b5}' => of(0x249c, b"abcdefghijklmnopqrstuvwxyz"),
        '\u{24b6}'..='\u{24e9}' => of(0x24b6, LETTERS),
        '\u{24ea}' => '0',
        '\u{1f130}'..='\u{1f149}' => of(0x1_f130, CAPITALS),
        '\u{1f150}'..='\u{1f169}' => of(0x1_f150, CAPITALS),
        '\u{1f170}'..='\u{1f189}' => of(0x1_f170, CAPITALS),
        '\u{1d400}'..='\u{1d6a3}' => of(0x1_d400, LETTERS),
        '\u{1d7ce}'..='\u{1d7ff}' => of(0x1_d7ce, b"0123456789"),
        c => c,
    }
}
