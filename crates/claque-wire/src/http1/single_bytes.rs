//! Chunks of a single byte each, eight at a time: servers that hand on every byte by itself send millions of them.

/// A chunk of one byte with its frame: size, line end, byte, line end.
const CHUNK: [u8; 6] = *b"1\r\n\0\r\n";
/// Where its content is.
const CONTENT: usize = 3;
/// So many chunks are looked at together: as many bytes as three registers of the processor hold.
const CHUNKS: usize = 8;
const GROUP: usize = CHUNKS * CHUNK.len();
/// Groups whose content is handed on at once.
const GROUPS: usize = 32;

/// What so many chunks look like but for their content, and which bytes that leaves out.
const FRAMES: [u8; GROUP] = frames(CHUNK);
const NO_CONTENT: [u8; GROUP] = {
    let mut mask = [0xff; CHUNK.len()];
    mask[CONTENT] = 0;
    frames(mask)
};

/// Appends the content of such chunks to `out`, as many eights as lie at the front of `bytes`, and takes them from there.
pub(super) fn take(bytes: &mut &[u8], out: &mut Vec<u8>) {
    let mut content = [[0; CHUNKS]; GROUPS];
    loop {
        let (groups, _) = bytes.as_chunks::<GROUP>();
        let mut count = 0;
        for (group, content) in groups.iter().zip(&mut content) {
            if differs(group) {
                break;
            }
            *content = std::array::from_fn(|chunk| group[chunk * CHUNK.len() + CONTENT]);
            count += 1;
        }
        out.extend_from_slice(content[..count].as_flattened());
        *bytes = &bytes[count * GROUP..];
        if count < GROUPS {
            return;
        }
    }
}

/// Whether anything but the content is not as it is in eight such chunks. Without a branch, so that it is done for many bytes in
/// one instruction.
#[inline]
fn differs(group: &[u8; GROUP]) -> bool {
    let compared = group.iter().zip(&FRAMES).zip(&NO_CONTENT);
    compared.fold(0, |differs, ((byte, frame), mask)| differs | (byte ^ frame) & mask) != 0
}

const fn frames(chunk: [u8; CHUNK.len()]) -> [u8; GROUP] {
    let mut frames = [0; GROUP];
    let mut at = 0;
    while at < GROUP {
        frames[at] = chunk[at % CHUNK.len()];
        at += 1;
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(content: &[u8]) -> Vec<u8> {
        content.iter().flat_map(|&byte| [b'1', b'\r', b'\n', byte, b'\r', b'\n']).collect()
    }

    #[test]
    fn eights_of_single_bytes_are_taken_and_what_differs_in_any_byte_of_a_frame_is_left() {
        let content: Vec<u8> = b"a\n1d\r\0\xff0".to_vec();
        let nine = chunks(&[&content[..], b"e"].concat());
        let (mut bytes, mut out) = (&nine[..], Vec::new());
        take(&mut bytes, &mut out);
        assert_eq!((out.as_slice(), bytes), (&content[..], &b"1\r\ne\r\n"[..]));
        for at in (0..GROUP).filter(|at| at % CHUNK.len() != CONTENT) {
            let mut odd = chunks(&content);
            odd[at] ^= 0x40;
            let (mut bytes, mut out) = (&odd[..], Vec::new());
            take(&mut bytes, &mut out);
            assert_eq!((out.len(), bytes.len()), (0, GROUP), "{at}");
        }
    }

    #[test]
    fn as_many_are_taken_as_there_are() {
        let most = CHUNKS * GROUPS;
        for count in [0, 7, 8, most - 1, most, most + 1, 3 * most, 3 * most + 15] {
            let content: Vec<u8> = (0..=u8::MAX).cycle().take(count).collect();
            let framed = chunks(&content);
            let (mut bytes, mut out) = (&framed[..], Vec::new());
            take(&mut bytes, &mut out);
            assert_eq!(out, content[..count - count % CHUNKS]);
            assert_eq!(bytes.len(), count % CHUNKS * CHUNK.len());
        }
    }
}
