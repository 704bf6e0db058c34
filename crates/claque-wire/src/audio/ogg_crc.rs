//! The checksum of Ogg pages (RFC 3533 section 6), eight bytes a step.

/// Generator of the checksum: no reflection, start and final value zero.
const POLYNOMIAL: u32 = 0x04c1_1db7;

static TABLES: [[u32; 256]; 8] = tables();

/// Carries the checksum `crc` on over `bytes`.
pub(crate) fn update(mut crc: u32, bytes: &[u8]) -> u32 {
    let (steps, rest) = bytes.as_chunks::<8>();
    for step in steps {
        let [a, b, c, d, e, f, g, h] = *step;
        let [w, x, y, z] = (crc ^ u32::from_be_bytes([a, b, c, d])).to_be_bytes();
        crc = at(7, w) ^ at(6, x) ^ at(5, y) ^ at(4, z) ^ at(3, e) ^ at(2, f) ^ at(1, g) ^ at(0, h);
    }
    for byte in rest {
        let [high, ..] = crc.to_be_bytes();
        crc = (crc << 8) ^ at(0, high ^ byte);
    }
    crc
}

fn at(table: usize, byte: u8) -> u32 {
    TABLES[table][usize::from(byte)]
}

/// Table `k` holds the checksum of each byte followed by `k` zero bytes.
const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte: u32 = 0;
    let mut index = 0;
    while index < 256 {
        let mut crc = byte << 24;
        let mut table = 0;
        while table < 8 {
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ POLYNOMIAL };
                bit += 1;
            }
            tables[table][index] = crc;
            table += 1;
        }
        byte += 1;
        index += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn eight_bytes_a_step_gives_what_one_bit_a_step_gives() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_003).collect();
        for len in [0, 1, 7, 8, 9, 64, 1_003] {
            assert_eq!(update(0, &bytes[..len]), bit_by_bit(&bytes[..len]), "{len} bytes");
        }
        assert_eq!(update(update(0, &bytes[..13]), &bytes[13..]), update(0, &bytes));
    }
}
