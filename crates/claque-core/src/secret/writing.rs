//! How a secret is written where it is not shown as it is: in base64 (RFC 4648 sections 4 and 5), in base85 and in hexadecimal digits.

use super::code::{ASCII85, BASE85, Z85};

/// Of shorter secrets, in characters, only the plain writing is looked for: theirs would be found by chance.
pub(super) const SHORTEST_ENCODED: usize = 6;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A secret as it is, and in every code in which it may be said back.
pub(super) fn writings(secret: &str) -> Vec<Box<str>> {
    let mut all = vec![Box::from(secret)];
    if secret.chars().count() < SHORTEST_ENCODED {
        return all;
    }
    all.push(hex(secret).into());
    for before in 0..3 {
        let standard = base64_within(secret.as_bytes(), before);
        let for_urls = standard.replace('+', "-").replace('/', "_");
        if for_urls != standard {
            all.push(for_urls.into());
        }
        all.push(standard.into());
    }
    // What is left over of these at the end cannot be told from what stands behind them.
    all.extend([ASCII85, BASE85, Z85].map(|alphabet| base85(secret.as_bytes(), alphabet).into()));
    all
}

/// Groups of four bytes, each as five characters; what is left over at the end takes one character more than it has bytes.
fn base85(secret: &[u8], alphabet: &[u8]) -> String {
    let mut text = String::with_capacity(secret.len() * 5 / 4 + 2);
    for group in secret.chunks(4) {
        let all = group.iter().copied().chain([0; 3]).take(4);
        let value = all.fold(0_u32, |value, byte| value << 8 | u32::from(byte));
        let digits = (0..5).rev().map(|place| value / 85_u32.pow(place) % 85).take(group.len() + 1);
        text.extend(
            digits.filter_map(|digit| alphabet.get(usize::try_from(digit).ok()?).copied()).map(char::from),
        );
    }
    text
}

fn hex(secret: &str) -> String {
    secret.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The characters of base64 that depend on the secret alone, where so many bytes stand before it (modulo three) and anything
/// behind it.
fn base64_within(secret: &[u8], before: usize) -> String {
    let bits = |at: usize| (secret[at / 8] >> (7 - at % 8)) & 1;
    // The first character that begins within the secret.
    let first = (6 - before * 8 % 6) % 6;
    let whole = (secret.len() * 8 - first) / 6;
    (0..whole)
        .map(|number| {
            let at = first + 6 * number;
            let value = (at..at + 6).fold(0, |value, at| value << 1 | bits(at));
            char::from(STANDARD[usize::from(value)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_known_at_each_of_three_places() {
        // echo -n 'hush-hush' | base64, and with one and two letters before it.
        assert_eq!(base64_within(b"hush-hush", 0), "aHVzaC1odXNo");
        assert!("eGh1c2gtaHVzaA==".contains(&base64_within(b"hush-hush", 1)));
        assert!("eHhodXNoLWh1c2g=".contains(&base64_within(b"hush-hush", 2)));
    }

    #[test]
    fn base85_is_that_of_other_programs() {
        // Python's base64.a85encode(b"hush-hush"), b85encode of the same, and the example of ZeroMQ's RFC 32.
        assert_eq!(base85(b"hush-hush", ASCII85), r"BQ\B0/SK9JBE");
        assert_eq!(base85(b"hush-hush", BASE85), "XmxXFEogOfXa");
        assert_eq!(base85(&[0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b], Z85), "HelloWorld");
    }

    #[test]
    fn a_short_secret_is_written_in_one_way_only() {
        assert_eq!(writings("hush"), [Box::from("hush")]);
        assert_eq!(
            writings("hush12").len(),
            8,
            "as it is, in hex, in base64 at three places, and three times in base85"
        );
        assert_eq!(writings("hush??").len(), 10, "two of which differ in the alphabet for URLs");
    }
}
