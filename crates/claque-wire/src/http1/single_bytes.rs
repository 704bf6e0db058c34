//! Chunks of a single byte each, four at a time: servers that hand on every byte by itself send millions of them.

/// A chunk of one byte with its frame: size, line end, byte, line end.
const FRAMED: usize = 6;
/// Four such chunks.
const GROUP: usize = 4 * FRAMED;

/// What four such chunks look like but for their content, and which bytes that leaves out.
const FRAMES: [u64; 3] = words(b"1\r\n\0\r\n1\r\n\0\r\n1\r\n\0\r\n1\r\n\0\r\n");
const NO_CONTENT: [u64; 3] = words(&{
    let mut mask = [0xff; GROUP];
    let mut at = 3;
    while at < GROUP {
        mask[at] = 0;
        at += FRAMED;
    }
    mask
});

/// Appends the content of such chunks to `out`, as many fours as lie at the front of `bytes`, and takes them from there.
pub(super) fn take(bytes: &mut &[u8], out: &mut Vec<u8>) {
    while let Some((group, rest)) = bytes.split_first_chunk() {
        let Some(content) = content(group) else { return };
        out.extend_from_slice(&content);
        *bytes = rest;
    }
}

#[inline]
fn content(group: &[u8; GROUP]) -> Option<[u8; 4]> {
    let [first, second, third] = words(group);
    let differs = ((first ^ FRAMES[0]) & NO_CONTENT[0])
        | ((second ^ FRAMES[1]) & NO_CONTENT[1])
        | ((third ^ FRAMES[2]) & NO_CONTENT[2]);
    (differs == 0).then(|| [group[3], group[9], group[15], group[21]])
}

const fn words(bytes: &[u8; GROUP]) -> [u64; 3] {
    let (words, _) = bytes.as_chunks();
    [u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]), u64::from_le_bytes(words[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fours_of_single_bytes_are_taken_and_what_differs_in_any_byte_of_a_frame_is_left() {
        let chunks = b"1\r\na\r\n1\r\n\n\r\n1\r\n1\r\n1\r\nd\r\n";
        let five = [&chunks[..], b"1\r\ne\r\n"].concat();
        let (mut bytes, mut out) = (&five[..], Vec::new());
        take(&mut bytes, &mut out);
        assert_eq!((out.as_slice(), bytes), (&b"a\n1d"[..], &b"1\r\ne\r\n"[..]));
        for at in (0..GROUP).filter(|at| at % FRAMED != 3) {
            let mut odd = *chunks;
            odd[at] ^= 0x40;
            let (mut bytes, mut out) = (&odd[..], Vec::new());
            take(&mut bytes, &mut out);
            assert_eq!((out.len(), bytes.len()), (0, GROUP), "{at}");
        }
    }
}
