//! Bytes packed into letters: base64 and base32 (RFC 4648), and base85 in its three alphabets.

use super::{
    super::{
        reading::is_invisible,
        view::{Unit, View, range},
    },
    Byte, HighBytes, SHORTEST_ENCODED, characters, is_printable_byte, printable,
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

/// A way to pack bytes.
struct Packing {
    /// The number of each character of ASCII, [`NONE`] of those that are not in the alphabet.
    numbers: [u8; 128],
    /// Bits in a character; none of base85, where five are four bytes.
    bits: u32,
    /// Where a run begins with something else, its groups begin at a later one of so many characters.
    steps: usize,
}

/// The number of what is not in an alphabet.
const NONE: u8 = u8::MAX;

static PACKINGS: [Packing; 6] = [
    Packing { numbers: numbers(BASE64), bits: 6, steps: 4 },
    Packing { numbers: numbers(BASE32), bits: 5, steps: 8 },
    Packing { numbers: numbers(BASE32_HEX), bits: 5, steps: 8 },
    Packing { numbers: numbers(ASCII85), bits: 0, steps: 5 },
    Packing { numbers: numbers(BASE85), bits: 0, steps: 5 },
    Packing { numbers: numbers(Z85), bits: 0, steps: 5 },
];

const fn numbers(alphabet: &[u8]) -> [u8; 128] {
    let (mut numbers, mut number) = ([NONE; 128], 0_u8);
    let mut letters = alphabet;
    while let [letter, rest @ ..] = letters {
        numbers[*letter as usize] = number;
        if alphabet.len() == 32 {
            // Where letters have one case, the other is the same.
            numbers[letter.to_ascii_lowercase() as usize] = number;
        }
        letters = rest;
        number += 1;
    }
    if alphabet.len() == 64 {
        // The alphabet for URLs.
        numbers[b'-' as usize] = 62;
        numbers[b'_' as usize] = 63;
    }
    numbers
}

/// What the letters of a text say if bytes are packed into them, in each way in which they say something.
pub(in crate::secret) fn read(view: &[Unit], high: HighBytes) -> impl Iterator<Item = View> {
    let stretches = stretches(view);
    PACKINGS.iter().filter_map(move |packing| packing.read(&stretches, high))
}

/// The same of codes whose letters are turned: of base85 nobody turns the letters alone.
pub(in crate::secret) fn read_turned(view: &[Unit], high: HighBytes) -> impl Iterator<Item = View> {
    let stretches = stretches(view);
    PACKINGS
        .iter()
        .filter(|packing| packing.bits > 0)
        .filter_map(move |packing| packing.read(&stretches, high))
}

/// Where signs of ASCII stand together, as many as a run has, whatever the alphabet; each with what is beside it, and only if any of that was not
/// read before.
fn stretches(view: &[Unit]) -> Vec<&[Unit]> {
    let mut stretches = Vec::new();
    let (mut begun, mut count, mut is_fresh) = (0, 0, false);
    for at in 0..=view.len() {
        let unit = view.get(at);
        is_fresh |= unit.is_some_and(|unit| unit.is_fresh);
        match unit {
            Some(unit) if unit.c.is_ascii_graphic() => count += 1,
            Some(unit) if is_passed_over(unit.c) => {}
            _ => {
                if count >= SHORTEST_RUN && is_fresh {
                    stretches.push(&view[begun..view.len().min(at + 1)]);
                }
                (begun, count, is_fresh) = (at, 0, unit.is_some_and(|unit| unit.is_fresh));
            }
        }
    }
    stretches
}

/// What may stand within a run of base64 and base32, such as a line's end.
const fn is_passed_over(c: char) -> bool {
    c != ' ' && is_invisible(c)
}

impl Packing {
    fn number(&self, c: char) -> Option<u8> {
        self.numbers.get(usize::try_from(u32::from(c)).ok()?).copied().filter(|number| *number != NONE)
    }

    /// What runs say that can be printed.
    fn read(&self, stretches: &[&[Unit]], high: HighBytes) -> Option<View> {
        let (mut read, mut run) = (View::new(), Run::default());
        for stretch in stretches {
            run.is_fresh = false;
            for unit in *stretch {
                // Also one beside a run changes it: it was longer before.
                run.is_fresh |= unit.is_fresh;
                match self.number(unit.c) {
                    Some(number) => {
                        run.numbers.push(number);
                        run.units.push(*unit);
                    }
                    // What is left over at the end of a group of five is known by where the code ends.
                    None if self.bits > 0 && is_passed_over(unit.c) => {}
                    None => {
                        self.unpack(&mut run, high, &mut read);
                        run.is_fresh = unit.is_fresh;
                    }
                }
            }
            self.unpack(&mut run, high, &mut read);
        }
        (!read.is_empty()).then_some(read)
    }

    /// What a run says from each of its first characters on, and an empty run.
    fn unpack(&self, run: &mut Run, high: HighBytes, into: &mut View) {
        // One that was there before was read before.
        let length = if run.is_fresh { run.numbers.len() } else { 0 };
        for skipped in (0..self.steps)
            .take_while(|skipped| self.bytes_of(length.saturating_sub(*skipped)) >= SHORTEST_ENCODED)
        {
            // What is no code reads as noise, and most of it cannot be printed: that is seen before it is kept where each byte came from.
            run.bytes.clear();
            self.each_byte(&run.numbers[skipped..], |byte, _, _| run.bytes.push(byte));
            if !may_be_printable(&run.bytes, high) {
                continue;
            }
            let units = &run.units[skipped..];
            let mut bytes = Vec::with_capacity(run.bytes.len());
            self.each_byte(&run.numbers[skipped..], |value, first, last| {
                let (from, until) = range(&[units[first], units[last]]);
                bytes.push(Byte { value, from, until });
            });
            printable(&characters(&bytes), high, into);
        }
        run.numbers.clear();
        run.units.clear();
    }

    /// How many bytes so many characters are.
    const fn bytes_of(&self, length: usize) -> usize {
        match self.bits {
            0 => length / 5 * 4 + (length % 5).saturating_sub(1),
            6 => length * 6 / 8,
            _ => length * 5 / 8,
        }
    }

    /// Each byte, with its first and its last character.
    fn each_byte(&self, numbers: &[u8], tell: impl FnMut(u8, usize, usize)) {
        if self.bits == 0 { each_of_fives(numbers, tell) } else { each_of_bits(numbers, self.bits, tell) }
    }
}

/// Characters of an alphabet that stand together but for some that are passed over.
#[derive(Default)]
struct Run {
    numbers: Vec<u8>,
    units: Vec<Unit>,
    /// Whether any of it, or of what is beside it, was read of a code just now.
    is_fresh: bool,
    /// What it was last read as.
    bytes: Vec<u8>,
}

fn each_of_bits(numbers: &[u8], bits: u32, mut tell: impl FnMut(u8, usize, usize)) {
    let (mut held, mut count, mut first) = (0_u32, 0_u32, 0);
    for (at, number) in numbers.iter().enumerate() {
        held = (held << bits) | u32::from(*number);
        count += bits;
        if count >= 8 {
            count -= 8;
            tell(low_byte(held >> count), first, at);
            held &= (1 << count) - 1;
            first = if count > 0 { at } else { at + 1 };
        }
    }
}

/// Groups of five, each of four bytes; what is left over at the end is of one byte less than it has characters.
fn each_of_fives(numbers: &[u8], mut tell: impl FnMut(u8, usize, usize)) {
    let value = |numbers: &[u8]| {
        let value = numbers.iter().fold(0_u64, |value, number| value * 85 + u64::from(*number));
        // A group that is too large is no code.
        u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
    };
    let groups = numbers.chunks_exact(5);
    let left = groups.remainder();
    let mut first = 0;
    for group in groups {
        value(group).into_iter().for_each(|byte| tell(byte, first, first + 4));
        first += 5;
    }
    let mut padded = [84; 5];
    padded.iter_mut().zip(left).for_each(|(padded, number)| *padded = *number);
    value(&padded)
        .into_iter()
        .zip(1..left.len())
        .for_each(|(byte, _)| tell(byte, first, first + left.len() - 1));
}

fn low_byte(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap_or_default()
}

/// Whether a stretch of them may be characters that can be printed, long enough to hold a secret: whenever [`printable`] has something, so has this.
fn may_be_printable(bytes: &[u8], high: HighBytes) -> bool {
    let (mut stretch, mut in_wide) = (0, false);
    bytes.iter().enumerate().any(|(at, byte)| {
        let begins = || bytes.get(at + 1).is_some_and(|next| is_continuation(*next));
        in_wide = if is_continuation(*byte) { in_wide } else { *byte >= 0xc2 && begins() };
        match *byte {
            // The other half of a wide character.
            0 => {}
            byte if in_wide || is_printable_byte(byte, high) => stretch += 1,
            _ => stretch = 0,
        }
        stretch >= SHORTEST_ENCODED
    })
}

/// Whether a byte is one of a character of several (UTF-8) and not its first.
const fn is_continuation(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_can_be_printed_may_be_printable(bytes in proptest::collection::vec(any::<u8>(), 0..24), of in "\\PC{0,9}", is_noise in any::<bool>()) {
            let high = if is_noise { HighBytes::Noise } else { HighBytes::Letters };
            let values: Vec<u8> = bytes.into_iter().chain(of.bytes()).collect();
            let units: Vec<Byte> = values.iter().map(|value| Byte { value: *value, from: 0, until: 0 }).collect();
            let mut read = View::new();
            printable(&characters(&units), high, &mut read);
            prop_assert!(read.is_empty() || may_be_printable(&values, high), "{:?}", values);
        }
    }
}
