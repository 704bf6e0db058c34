//! Base64 that holds a secret only once it is decoded: encoded more than once, in wide characters, or escaped before it was encoded.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::BLANK;

/// Shorter runs of the alphabet hold nothing that is looked for, in characters: six of a secret take eight.
const SHORTEST_RUN: usize = 8;

/// How often one in another is decoded.
const MOST_TIMES: u32 = 3;

/// Reads what may be cut anywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `text` with every run of base64 blanked that, decoded, `holds` a secret.
pub(super) fn without_hidden(text: &str, holds: impl Fn(&str) -> bool + Copy) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let run = run_at(rest);
        let (piece, length) = match run.len() {
            0 => (&rest[..next.len_utf8()], next.len_utf8()),
            length if hides(run, holds, MOST_TIMES) => (BLANK, length),
            length => (run, length),
        };
        clean.push_str(piece);
        rest = &rest[length..];
    }
    clean
}

/// The characters at the beginning of a text that base64 may be made of, in either of its alphabets.
fn run_at(text: &str) -> &str {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    &text[..text.find(|c| !is_of_it(c)).unwrap_or(text.len())]
}

fn hides(run: &str, holds: impl Fn(&str) -> bool + Copy, times: u32) -> bool {
    if times == 0 || run.len() < SHORTEST_RUN {
        return false;
    }
    let standard = run.replace('-', "+").replace('_', "/");
    // Where the run begins with something else, its groups of four begin later.
    (0..4).any(|skipped| {
        let groups = &standard[skipped..];
        let readable = groups.len() - usize::from(groups.len() % 4 == 1);
        let Ok(bytes) = LENIENT.decode(&groups[..readable]) else { return false };
        let text = String::from_utf8_lossy(&bytes);
        holds(&text) || runs(&text).any(|run| hides(run, holds, times - 1))
    })
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        while let Some(next) = rest.chars().next() {
            let run = run_at(rest);
            rest = &rest[run.len().max(next.len_utf8())..];
            if !run.is_empty() {
                return Some(run);
            }
        }
        None
    })
}
