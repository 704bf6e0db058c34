//! What a JSON web token says of whom it was given to: a service may say that in plain, without the token.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Reads the parts of tokens, which have no padding.
const TOKEN: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Claims about the service and the token's kind (RFC 7519, section 4.1; OpenID Connect Core 1.0, section 2): they are no secret of whom it was
/// given to, and words of them stand in honest texts.
const PUBLIC: [&str; 6] = ["iss", "aud", "azp", "client_id", "ver", "version"];

/// Shorter e-mail addresses are none, in characters.
const SHORTEST_ADDRESS: usize = 6;
/// Shorter ids may be words or years.
const SHORTEST_ID: usize = 8;
/// More claims are in no token that is any good.
const MOST: usize = 64;

/// The e-mail addresses and ids in the claims of a token, which are its middle part: `sub`, a session's, whatever they are called.
pub(super) fn identifying(claims: &str) -> Vec<String> {
    let Ok(bytes) = TOKEN.decode(claims) else { return Vec::new() };
    let Ok(json) = String::from_utf8(bytes) else { return Vec::new() };
    let mut found = Vec::new();
    let (mut rest, mut key) = (json.as_str(), String::new());
    while let Some((_, after)) = rest.split_once('"') {
        let Some((text, behind)) = string(after) else { break };
        rest = behind;
        if rest.trim_start().starts_with(':') {
            key = text;
        } else if !PUBLIC.contains(&key.as_str()) && is_identifying(&text) && found.len() < MOST {
            found.push(text);
        }
    }
    found
}

/// A string of JSON (RFC 8259, section 7) from behind its first quote, and what comes behind its last.
fn string(text: &str) -> Option<(String, &str)> {
    let mut read = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((read, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let unit = u32::from_str_radix(&digits, 16).ok()?;
                    // Half of a pair stands in no address and no id.
                    read.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                escaped => read.push(escaped),
            },
            plain => read.push(plain),
        }
    }
    None
}

fn is_identifying(text: &str) -> bool {
    let count = text.chars().count();
    let is_address = text.contains('@') && !text.contains(char::is_whitespace);
    let in_ids = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '|');
    let is_id = text.chars().all(in_ids) && text.contains(|c: char| c.is_ascii_digit());
    is_address && count >= SHORTEST_ADDRESS || is_id && count >= SHORTEST_ID
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ids_are_found_wherever_they_stand_and_the_services_own_names_are_not() {
        let json = r#"{"iss":"https://auth.example/v1/9f8e7d6c","aud":"project-12345678","sub" : "0b1c-22d3-ff","exp":1799999999,
            "user":{"mail":"ann@ex\u0061mple.org","name":"Ann Other"},"ids":["sess_8842aa11"],"role":"authenticated"}"#;
        let found = identifying(&TOKEN.encode(json));
        assert_eq!(found, ["0b1c-22d3-ff", "ann@example.org", "sess_8842aa11"]);
    }

    #[test]
    fn what_is_no_token_says_nothing() {
        for claims in ["", "????", "eyJzdWIiOiI", &TOKEN.encode([0xff, 0xfe, 0x22])] {
            assert!(identifying(claims).is_empty(), "{claims}");
        }
    }
}
