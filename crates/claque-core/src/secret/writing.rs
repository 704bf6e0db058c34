//! How a secret is written where it is not shown as it is: in base64 (RFC 4648 sections 4 and 5) and in hexadecimal digits.

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
    all
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
    fn a_short_secret_is_written_in_one_way_only() {
        assert_eq!(writings("hush"), [Box::from("hush")]);
        assert_eq!(writings("hush12").len(), 5, "as it is, in hex and in base64 at three places");
        assert_eq!(writings("hush??").len(), 7, "two of which differ in the alphabet for URLs");
    }
}
