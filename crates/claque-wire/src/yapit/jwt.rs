//! Access tokens in the shape of JSON Web Tokens (RFC 7519): read for their expiry, never verified.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Serialize};

use super::{to_json, validation::whole};

/// Header of every token written here: it says openly that nothing is signed.
const HEADER: &str = r#"{"alg":"none","typ":"JWT"}"#;
/// Stands where a signature would, so that readers that want three parts find them.
const SIGNATURE: &[u8] = b"unsigned";

/// Base64url without padding when writing, with or without when reading.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Who it was given to.
    pub sub: String,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
    /// Its own name; empty when it has none.
    pub jti: String,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    sub: Option<String>,
    exp: Option<serde_json::Number>,
    iat: Option<serde_json::Number>,
    #[serde(default)]
    jti: Option<String>,
}

/// Writes a token with these claims and no signature worth the name.
#[must_use]
pub fn encode(claims: &Claims) -> String {
    let payload = to_json(claims);
    let part = |bytes: &[u8]| BASE64URL.encode(bytes);
    format!("{}.{}.{}", part(HEADER.as_bytes()), part(payload.as_bytes()), part(SIGNATURE))
}

/// Reads a token's claims; nothing when it is no token or lacks `sub` or `exp`.
#[must_use]
pub fn decode(token: &str) -> Option<Claims> {
    let payload = payload(token)?;
    Some(Claims {
        exp: seconds(payload.exp.as_ref()?)?,
        sub: payload.sub?,
        jti: payload.jti.unwrap_or_default(),
    })
}

/// For how many seconds a token was given out, by the clock of whoever gave it; nothing when it does not say.
#[must_use]
pub fn life(token: &str) -> Option<u64> {
    let payload = payload(token)?;
    seconds(payload.exp.as_ref()?)?.checked_sub(seconds(payload.iat.as_ref()?)?)
}

/// Who a token was given to; nothing when it does not say.
#[must_use]
pub fn subject(token: &str) -> Option<String> {
    payload(token)?.sub.filter(|sub| !sub.is_empty())
}

/// When a token ends, in seconds since 1970, fractions dropped; nothing when it does not say.
#[must_use]
pub fn expires_at(token: &str) -> Option<u64> {
    seconds(payload(token)?.exp.as_ref()?)
}

fn payload(token: &str) -> Option<Payload> {
    let mut parts = token.trim().split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    serde_json::from_slice(&BASE64URL.decode(payload).ok()?).ok()
}

fn seconds(number: &serde_json::Number) -> Option<u64> {
    let floored = || whole(number.as_f64()?.floor()).and_then(|seconds| u64::try_from(seconds).ok());
    number.as_u64().or_else(floored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("{}.{}.x", BASE64URL.encode(HEADER), BASE64URL.encode(payload))
    }

    #[test]
    fn a_life_is_known_only_by_both_its_ends() {
        assert_eq!(life(&token(r#"{"iat":100,"exp":700}"#)), Some(600));
        assert_eq!(life(&token(r#"{"exp":700}"#)), None);
        assert_eq!(life(&token(r#"{"iat":800,"exp":700}"#)), None);
        assert_eq!(life("no token"), None);
    }

    #[test]
    fn a_subject_may_be_missing() {
        assert_eq!(subject(&token(r#"{"sub":"u-1"}"#)).as_deref(), Some("u-1"));
        assert_eq!(subject(&token(r#"{"sub":""}"#)), None);
        assert_eq!(subject("no token"), None);
    }
}
