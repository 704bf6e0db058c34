use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use proptest::prelude::*;

use super::{HighBytes, is_printable_byte};
use crate::secret::{Secret, SecretSet};

/// A way to write a text, and how.
type Encoding = (&'static str, fn(&str) -> String);

/// Each byte or character by itself, with something between.
fn each(text: &str, between: &str, one: impl Fn(char) -> String) -> String {
    text.chars().map(one).collect::<Vec<_>>().join(between)
}

fn number(c: char) -> u32 {
    u32::from(c)
}

fn base32(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let digit = |bits: &[u8]| {
        let value = bits.iter().fold(0, |value, bit| value * 2 + usize::from(bit - b'0'));
        char::from(ALPHABET[value << (5 - bits.len())])
    };
    bits.as_bytes().chunks(5).map(digit).collect()
}

fn base85(text: &str) -> String {
    let groups = text.as_bytes().chunks(4).map(|group| {
        let padded: Vec<u8> = group.iter().copied().chain([0; 3]).take(4).collect();
        let value = padded.iter().fold(0_u64, |value, byte| value * 256 + u64::from(*byte));
        let digit = |place: u32| (b'!'..=b'u').nth(usize::try_from(value / 85_u64.pow(place) % 85).unwrap());
        (0..5).rev().take(group.len() + 1).map(|place| char::from(digit(place).unwrap())).collect::<String>()
    });
    groups.collect()
}

fn rot13(text: &str) -> String {
    let turned = |c: char, first: u8| char::from(first + (u8::try_from(c).unwrap() - first + 13) % 26);
    let one = |c: char| match c {
        'a'..='z' => turned(c, b'a'),
        'A'..='Z' => turned(c, b'A'),
        c => c,
    };
    text.chars().map(one).collect()
}

fn url(text: &str) -> String {
    each(text, "", |c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("%{:02X}", number(c)) })
}

fn full_width(text: &str) -> String {
    each(text, "", |c| char::from_u32(number(c) + 0xfee0).unwrap().to_string())
}

fn named(text: &str) -> String {
    each(text, "", |c| match c {
        '+' => "&plus;".to_owned(),
        '/' => "&#47;".to_owned(),
        '=' => "&equals;".to_owned(),
        '_' => "&lowbar;".to_owned(),
        '&' => "&amp;".to_owned(),
        c => c.to_string(),
    })
}

/// Those of a text of ASCII.
const ENCODINGS: [Encoding; 28] = [
    ("plain", str::to_owned),
    ("Python", |text| each(text, "", |c| format!("\\x{:02x}", number(c)))),
    ("octal", |text| each(text, "", |c| format!("\\{:03o}", number(c)))),
    ("a list of C", |text| each(text, ", ", |c| format!("0x{:02x}", number(c)))),
    ("a list", |text| each(text, ", ", |c| number(c).to_string())),
    ("a list over lines", |text| each(text, ",\n    ", |c| number(c).to_string())),
    ("a list of octals", |text| each(text, " ", |c| format!("{:o}", number(c)))),
    ("a list of bits", |text| each(text, " ", |c| format!("{:08b}", number(c)))),
    ("Rust", |text| each(text, "", |c| format!("\\u{{{:x}}}", number(c)))),
    ("long", |text| each(text, "", |c| format!("\\U{:08x}", number(c)))),
    ("JSON", |text| each(text, "", |c| format!("\\u{:04x}", number(c)))),
    ("Unicode", |text| each(text, " ", |c| format!("U+{:04X}", number(c)))),
    ("quoted-printable", |text| each(text, "", |c| format!("={:02X}", number(c)))),
    ("URL", url),
    ("twice URL", |text| url(&url(text))),
    ("HTML", |text| each(text, "", |c| format!("&#{};", number(c)))),
    ("HTML in hex", |text| each(text, "", |c| format!("&#x{:x};", number(c)))),
    ("HTML by name", named),
    ("hex", |text| each(text, "", |c| format!("{:02x}", number(c)))),
    ("hex dump", |text| each(text, ":", |c| format!("{:02X}", number(c)))),
    ("UTF-16 in hex", |text| each(text, "", |c| format!("{:04x}", number(c)))),
    ("UTF-16 in hex, lowest first", |text| each(text, "", |c| format!("{:02x}00", number(c)))),
    ("base32", base32),
    ("base64", |text| BASE64_STANDARD_NO_PAD.encode(text)),
    ("base85", base85),
    ("full width", full_width),
    ("backwards", |text| text.chars().rev().collect()),
    ("rot13", rot13),
];

fn set(secret: &str) -> SecretSet {
    let mut set = SecretSet::default();
    set.insert(&Secret::from(secret));
    set
}

/// As many characters of a secret as may be left at the ends of what was blanked: of half a group that says something else, too.
const LEFT: usize = 4;

/// Nothing of what was said stands in the text any more, but what says less than so many characters of the secret.
fn is_hidden(clean: &str, said: &str, of: usize) -> bool {
    let said: Vec<char> = said.replace(['\n', '\r', '\t'], " ").chars().collect();
    let longest = (said.len() * LEFT).div_ceil(of);
    said.windows(longest.min(said.len())).all(|window| !clean.contains(&window.iter().collect::<String>()))
}

#[test]
fn a_key_is_blanked_in_every_encoding_alone_and_within_another() {
    const KEY: &str = "sk-SEKRET/key+0123456789=abc_XYZ";
    let set = set(KEY);
    for (name, encode) in ENCODINGS {
        let said = encode(KEY);
        let clean = set.clean(&format!("no such key: {said}, sorry"));
        assert_eq!(clean, "no such key: [secret], sorry", "{name}: {said}");
        for (outer, wrap) in ENCODINGS {
            // What is read of the outer one is ASCII; and nobody turns the letters of base85 alone.
            if said.is_ascii() && (name, outer) != ("base85", "rot13") {
                let said = wrap(&said);
                let clean = set.clean(&format!("no such key: {said}"));
                assert!(is_hidden(&clean, &said, KEY.len()), "{name} in {outer}: {said} left {clean}");
            }
        }
    }
}

#[test]
fn letters_and_digits_of_latin_1_can_be_printed_where_a_secret_has_some() {
    for byte in 0x80..=u8::MAX {
        assert_eq!(
            is_printable_byte(byte, HighBytes::Letters),
            char::from(byte).is_alphanumeric(),
            "{byte:x}"
        );
        assert!(!is_printable_byte(byte, HighBytes::Noise));
    }
    // "wörd-hush" in ISO 8859-1, and in UTF-8.
    for text in ["d/ZyZC1odXNo", "d8O2cmQtaHVzaA"] {
        assert_eq!(set("wörd-hush").clean(text), "[secret]");
    }
}

#[test]
fn what_is_no_secret_stays_as_it_is() {
    let set = set("sk-SEKRET/key+0123456789=abc_XYZ");
    for text in [
        "2026-11-30T10:31:35.123456Z [127, 0, 0, 1] 10.0.0.1:8080, id 90fedcba-1234-4678-9abc-def012345678",
        "expected one of 100, 200, 300, 400, 404, 429, 500, 503; got 0x1f 0x2e 0x3d 0x4c 0x5b 0x6a 0x79",
        "C:\\new\\x64\\temp and %20 &amp; =3D \\u00e4 U+00E4 \\101",
        "eyJhbGciOiJub25lIn0.e30. SGVsbG8gd29ybGQsIHRoaXMgaXMgaG9uZXN0",
        "a = 12; b={34}; the quick brown fox jumps over the lazy dog while nobody looks at what it does",
    ] {
        assert_eq!(set.clean(text), text);
    }
}

#[test]
fn a_text_that_is_nothing_but_codes_takes_no_longer_than_it_may() {
    let set = set("sk-SEKRET/key+0123456789=abc_XYZ");
    for piece in ["73 6b 2d ", "\\x73", "%2525", "YUhWemFD", "&#115;", "115,", "=73=6B", "\u{ff53}", "<~/0J>"]
    {
        let text = piece.repeat(100_000);
        assert!(set.clean(&text).len() <= crate::secret::MAX_TEXT, "{piece}");
    }
}

proptest! {
    #[test]
    fn no_encoding_lets_a_secret_through(
        secret in "[!-~]{8,48}",
        // A hexadecimal word right before a list within a list is read together with its first number; docs/scenario.md says so.
        before in "([ -~]{0,39}[G-Zg-z?!])?",
        after in "( [ -~]{0,40})?",
        (one, other) in (0..ENCODINGS.len(), 0..ENCODINGS.len()),
    ) {
        prop_assume!(!"[secret]".contains(&secret) && !secret.chars().all(|c| secret.starts_with(c)));
        let (first, encode) = ENCODINGS[one];
        let (second, wrap) = ENCODINGS[other];
        prop_assume!((first, second) != ("base85", "rot13"));
        let inner = encode(&secret);
        let said = if inner.is_ascii() { wrap(&inner) } else { inner };
        let clean = set(&secret).clean(&format!("{before} {said}{after}"));
        prop_assert!(!clean.contains(&said), "{first} in {second}: {said} left {clean}");
    }
}
