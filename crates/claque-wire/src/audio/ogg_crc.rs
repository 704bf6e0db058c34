//! The checksum of Ogg pages (RFC 3533 section 6).

use crc_fast::{CrcAlgorithm, Digest};

/// Carries the checksum `crc` on over `bytes`. Dear for a few bytes, cheap for many.
pub(crate) fn update(crc: u32, bytes: &[u8]) -> u32 {
    // The same generator, with neither reflection nor a start value; of its own it inverts the outcome.
    let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc32Cksum, u64::from(crc));
    digest.update(bytes);
    !u32::try_from(digest.finalize()).expect("a checksum of 32 bits fits into 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Generator of the checksum: no reflection, start and final value zero.
    const POLYNOMIAL: u32 = 0x04c1_1db7;

    fn bit_by_bit(bytes: &[u8]) -> u32 {
        let mut crc = 0u32;
        for byte in bytes {
            crc ^= u32::from(*byte) << 24;
            for _ in 0..8 {
                crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ POLYNOMIAL };
            }
        }
        crc
    }

    #[test]
    fn many_bytes_a_step_give_what_one_bit_a_step_gives() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_003).collect();
        for len in [0, 1, 7, 8, 9, 64, 1_003] {
            assert_eq!(update(0, &bytes[..len]), bit_by_bit(&bytes[..len]), "{len} bytes");
        }
        assert_eq!(update(update(0, &bytes[..13]), &bytes[13..]), update(0, &bytes));
    }
}
