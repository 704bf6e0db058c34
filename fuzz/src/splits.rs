//! The same bytes, cut in pieces.

/// Cuts `bytes` in pieces of 1 to 64 bytes, which `seed` decides on; the same seed cuts alike.
pub(crate) fn pieces(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    // A step of a linear congruential generator (Knuth's MMIX constants): all that is wanted are uneven pieces.
    let mut state = u64::from(seed);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = usize::from((state >> 58) as u8) + 1;
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        Some(piece)
    })
}

/// The first byte, which decides how the others are cut, and the others.
pub(crate) fn seeded(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(seed, rest)| (*seed, rest))
}
