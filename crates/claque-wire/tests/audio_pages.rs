//! Pages of an Ogg Opus stream that is written piece by piece.

use claque_wire::audio::ogg::{OggOpusWriter, StreamEnd};

/// Number of each page, in the order of the stream (RFC 3533 section 6).
fn page_numbers(stream: &[u8]) -> Vec<u32> {
    let starts = stream.windows(4).enumerate().filter(|(_, bytes)| bytes == b"OggS").map(|(at, _)| at);
    let number = |at: usize| u32::from_le_bytes(stream[at + 18..at + 22].try_into().expect("four bytes"));
    starts.map(number).collect()
}

#[test]
fn pages_are_numbered_in_the_order_of_the_stream_also_where_the_head_is_written_last() {
    let packet = [0_u8; 20];
    let mut writer = OggOpusWriter::new(7);
    let packets = || [packet.as_slice(); 3].into_iter();
    let first = writer.packets(packets(), 0, 960, 2_880, StreamEnd::Later);
    let last = writer.packets(packets(), 2_880, 960, 5_760, StreamEnd::Here);
    let head = writer.headers(1, 312);
    assert_eq!(page_numbers(&[head, first, last].concat()), [0, 1, 2, 3]);
}
