//! The checksum of Ogg pages (RFC 3533 section 6).

use crc_fast::{CrcAlgorithm, Digest};

/// The checksum of one page after the other. To make one costs as much as to sum some fifty bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSum(Digest);

impl PageSum {
    /// That of no bytes.
    pub(crate) fn new() -> Self {
        // The same generator, with neither reflection nor a start value.
        Self(Digest::new(CrcAlgorithm::Crc32Cksum))
    }

    /// Begins with another page.
    pub(crate) fn begin(&mut self) {
        self.0.reset();
    }

    /// Carries it on over `bytes`. Dear for a few, cheap for many.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// What it comes to.
    pub(crate) fn value(&self) -> u32 {
        // The algorithm of the library inverts the outcome, which that of Ogg does not.
        !u32::try_from(self.0.finalize()).expect("a checksum of 32 bits fits into 32 bits")
    }
}

/// The checksum of a page that is there as a whole.
pub(crate) fn of_page(page: &[u8]) -> u32 {
    let mut sum = PageSum::new();
    sum.add(page);
    sum.value()
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
            assert_eq!(of_page(&bytes[..len]), bit_by_bit(&bytes[..len]), "{len} bytes");
        }
        let mut sum = PageSum::new();
        for split in [0, 13, 500, 1_003] {
            sum.begin();
            sum.add(&bytes[..split]);
            sum.add(&bytes[split..]);
            assert_eq!(sum.value(), bit_by_bit(&bytes), "in two parts, of {split} bytes and the rest");
        }
    }
}
