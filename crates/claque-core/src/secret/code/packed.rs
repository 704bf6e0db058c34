//! Bytes packed into letters: base64 and base32 (RFC 4648), and base85 in its three alphabets.

use super::{
    super::{
        reading::is_invisible,
        view::{Unit, View, range},
    },
    Byte, characters, printable,
};

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE32_HEX: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
/// Of Adobe and btoa: the 85 signs from `!` on.
pub(in crate::secret) const ASCII85: &[u8] =
    b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu";
/// Of RFC 1924, git and Python.
pub(in crate::secret) const BASE85: &[u8] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
/// Of ZeroMQ.
pub(in crate::secret) const Z85: &[u8] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// Characters in which six of a secret are packed at least.
const SHORTEST_RUN: usize = 8;

/// What the letters of a text say if bytes are packed into them, in each way in which they say something.
pub(super) fn read(view: &[Unit]) -> impl Iterator<Item = View> {
    let bits = [(BASE64, 6, 4), (BASE32, 5, 8), (BASE32_HEX, 5, 8)];
    let of_bits = bits.into_iter().map(|(alphabet, bits, steps)| {
        unpacked(&runs(view, alphabet, |c| c != ' ' && is_invisible(c)), steps, |run, skipped| {
            of_bits(run, bits, skipped)
        })
    });
    let of_fives = [ASCII85, BASE85, Z85]
        .into_iter()
        // What is left over at the end of a group is known by where the code ends.
        .map(|alphabet| unpacked(&runs(view, alphabet, |_| false), 5, of_fives));
    of_bits.chain(of_fives).flatten()
}

/// A character of an alphabet by its number there.
type Digit = (u32, Unit);

/// Characters of an alphabet that stand together but for some that are passed over, such as line ends.
fn runs(view: &[Unit], alphabet: &[u8], is_passed_over: impl Fn(char) -> bool) -> Vec<Vec<Digit>> {
    let mut numbers = [None; 128];
    for (number, letter) in (0_u32..).zip(alphabet) {
        numbers[usize::from(*letter)] = Some(number);
        // Where letters have one case, the other is the same.
        let other = usize::from(letter.to_ascii_lowercase());
        numbers[other] = numbers[other].or(Some(number).filter(|_| alphabet.len() == 32));
    }
    if alphabet.len() == 64 {
        // The alphabet for URLs.
        (numbers[usize::from(b'-')], numbers[usize::from(b'_')]) = (Some(62), Some(63));
    }
    let number = |c: char| usize::try_from(u32::from(c)).ok().and_then(|at| *numbers.get(at)?);
    let mut runs = vec![Vec::new()];
    for unit in view.iter().filter(|unit| !is_passed_over(unit.c)) {
        match (number(unit.c), runs.last_mut()) {
            (Some(number), Some(run)) => run.push((number, *unit)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() >= SHORTEST_RUN);
    runs
}

/// What runs say that can be printed. Where a run begins with something else, its groups begin at a later one of so many characters.
fn unpacked(
    runs: &[Vec<Digit>],
    steps: usize,
    unpack: impl Fn(&[Digit], usize) -> Vec<Byte>,
) -> Option<View> {
    let mut read = View::new();
    for run in runs {
        (0..steps).for_each(|skipped| printable(&characters(&unpack(run, skipped)), &mut read));
    }
    (!read.is_empty()).then_some(read)
}

fn of_bits(run: &[Digit], bits: u32, skipped: usize) -> Vec<Byte> {
    let digits = run.get(skipped..).unwrap_or_default();
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut held, mut count, mut first) = (0_u32, 0_u32, 0);
    for (at, (digit, _)) in digits.iter().enumerate() {
        held = (held << bits) | digit;
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push(byte(held >> count, &digits[first..=at]));
            held &= (1 << count) - 1;
            first = if count > 0 { at } else { at + 1 };
        }
    }
    bytes
}

/// Groups of five, each of four bytes; what is left over at the end is of one byte less than it has characters.
fn of_fives(run: &[Digit], skipped: usize) -> Vec<Byte> {
    let digits = run.get(skipped..).unwrap_or_default();
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(5) {
        let all = group.iter().map(|(digit, _)| *digit).chain([84; 4]).take(5);
        let value = all.fold(0_u64, |value, digit| value * 85 + u64::from(digit));
        // A group that is too large is no code.
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        bytes.extend((1..group.len()).zip([24, 16, 8, 0]).map(|(_, shift)| byte(value >> shift, group)));
    }
    bytes
}

fn byte(value: u32, digits: &[Digit]) -> Byte {
    let ends: Vec<Unit> =
        [digits.first(), digits.last()].into_iter().flatten().map(|(_, unit)| *unit).collect();
    let (from, until) = range(&ends);
    Byte { value: u8::try_from(value & 0xff).unwrap_or_default(), from, until }
}
