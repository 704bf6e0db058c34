//! A text as it may be read: as it stands, backwards, and with the codes in it read, several times over.

use super::{
    code::{self, HighBytes},
    reading::is_invisible,
};

/// How often codes within codes are read.
const MOST_TIMES: usize = 3;

/// Readings of one text at most, and as many of each kind of what is backwards or turned in it. An honest text has few.
const MOST_VIEWS: usize = 96;

/// A character, and the bytes of the text that stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) c: char,
    pub(super) from: usize,
    pub(super) until: usize,
    /// Whether it was read of a code just now. What was there before was looked at before.
    pub(super) is_fresh: bool,
}

impl Unit {
    /// The same where it is only passed on.
    pub(super) fn stale(self) -> Self {
        Self { is_fresh: false, ..self }
    }
}

/// A reading of a text.
pub(super) type View = Vec<Unit>;

/// The readings of a text, itself in the usual shape of its letters among them. What is said backwards or turned is told where it is looked
/// for; what codes say that are backwards or turned themselves is read here, of the text itself alone.
pub(super) fn views(text: &str, high: HighBytes) -> Vec<View> {
    let unit =
        |(from, c): (usize, char)| Unit { c: usual(c), from, until: from + c.len_utf8(), is_fresh: true };
    let plain: View = text.char_indices().map(unit).collect();
    let backwards: View = plain.iter().rev().copied().collect();
    let turned = [turned(&plain), turned(&backwards)];
    let of_numbers = [&backwards, &turned[0]].into_iter().flat_map(|view| code::read_numbers(view));
    let mut views: Vec<View> = of_numbers.take(MOST_VIEWS).collect();
    let packed = turned.iter().flat_map(|view| code::read_turned(view, high));
    let packed = code::read_packed(&backwards, high).chain(packed);
    views.extend(read_often(packed.take(MOST_VIEWS).collect(), MOST_TIMES - 1, high));
    views.extend(read_often(vec![plain], MOST_TIMES, high));
    views
}

/// These, what their codes say, and what codes in that say, so many times over.
fn read_often(mut views: Vec<View>, times: usize, high: HighBytes) -> Vec<View> {
    let mut first = 0;
    for _ in 0..times {
        let room = MOST_VIEWS - views.len();
        let read: Vec<View> =
            views[first..].iter().flat_map(|view| code::read(view, high)).take(room).collect();
        first = views.len();
        // What was read of two codes in either order is there twice.
        for view in read {
            if !views.iter().any(|known| is_same(known, &view)) {
                views.push(view);
            }
        }
    }
    views
}

/// Whether two readings say the same in the same places.
fn is_same(one: &[Unit], other: &[Unit]) -> bool {
    let place = |unit: &Unit| (unit.c, unit.from, unit.until);
    one.len() == other.len() && one.iter().map(place).eq(other.iter().map(place))
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
    view.iter().filter_map(|unit| Some(Unit { c: seen(unit.c)?, ..*unit })).collect()
}

/// A character as it is compared; nothing of one that nobody sees.
pub(super) fn seen(c: char) -> Option<char> {
    if c.is_ascii() {
        return (!is_invisible(c)).then(|| c.to_ascii_lowercase());
    }
    (!is_invisible(c)).then(|| usual(c).to_ascii_lowercase())
}

/// The same of a secret.
pub(super) fn normal_text(secret: &str) -> Vec<char> {
    secret.chars().filter_map(seen).collect()
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
