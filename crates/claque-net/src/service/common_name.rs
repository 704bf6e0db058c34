//! The common name of a certificate's subject, which stood for a host before there were alternative names.

/// Object identifier of a common name, 2.5.4.3, as DER writes it.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Tags of X.690 that matter.
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// The last common name of a subject, the innermost: the contents of a `Name` (RFC 5280 section 4.1.2.4). None where there is none that is
/// UTF-8.
pub(super) fn common_name(subject: &[u8]) -> Option<&str> {
    let mut rest = subject;
    let mut last = None;
    while let Some((SET, mut attributes, after)) = element(rest) {
        while let Some((SEQUENCE, attribute, behind)) = element(attributes) {
            if let Some((OBJECT_IDENTIFIER, COMMON_NAME, value)) = element(attribute) {
                last = element(value).and_then(|(_, text, _)| std::str::from_utf8(text).ok());
            }
            attributes = behind;
        }
        rest = after;
    }
    last
}

/// Tag and contents of the first element, and what is behind it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest
            .split_first_chunk::<2>()
            .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_of_a_subject_is_read_and_what_is_cut_is_none() {
        // C=DE, CN=a, CN=localhost
        let subject = b"\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02DE\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01a\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09localhost";
        assert_eq!(common_name(subject), Some("localhost"));
        assert_eq!(common_name(&subject[..26]), Some("a"));
        assert_eq!(common_name(&subject[..13]), None);
        for end in 0..subject.len() {
            common_name(&subject[..end]);
        }
    }
}
