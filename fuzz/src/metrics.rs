//! Figures that servers and programs tell of themselves.

use claque_wire::metrics::{read_output, read_text};

/// Most samples that are asked for.
const MOST: usize = 50;

/// Reads an answer as a page of metrics and as what a program printed: bounds hold, and no control reaches what is kept.
pub fn metrics(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for found in [read_text(&text, MOST), read_output(&text, MOST)].into_iter().flatten() {
        assert!(found.samples.len() <= MOST, "more than was asked for");
        assert!(found.beyond == 0 || found.samples.len() == MOST, "left out though there was room");
        for sample in &found.samples {
            assert!(!sample.name.is_empty(), "a figure without a name");
            let words = [&sample.name, &sample.labels, &sample.unit];
            assert!(
                words.iter().all(|words| words.len() <= 3_000 && !words.chars().any(char::is_control)),
                "{sample:?}"
            );
        }
    }
}
