//! Markdown -> the blocks that are spoken.

use std::sync::Arc;

use claque_core::time::MediaTime;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::split::split;

/// One piece of spoken text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number in reading order, from 0.
    pub idx: u32,
    /// What is spoken.
    pub text: Arc<str>,
    /// Characters of the text.
    pub chars: u32,
    /// The service's guess at the length of its audio, in milliseconds: 14 characters a second, rounded up.
    pub est_duration_ms: u64,
}

impl Block {
    /// The guess as a length.
    #[must_use]
    pub const fn est_duration(&self) -> MediaTime {
        MediaTime::from_millis(self.est_duration_ms)
    }

    fn new(idx: u32, text: &str) -> Self {
        let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self { idx, text: text.into(), chars, est_duration_ms: (u64::from(chars) * 1_000).div_ceil(14) }
    }
}

/// The blocks of a Markdown text. Headings, paragraphs, list items and quotes are spoken; code blocks, math, tables,
/// images and rules are not. Elements much longer than `max_block_chars` characters are split.
#[must_use]
pub fn blocks_of(markdown: &str, max_block_chars: usize) -> Vec<Block> {
    let elements = spoken_elements(markdown);
    let pieces = elements.iter().flat_map(|element| split(element, max_block_chars));
    pieces.zip(0..).map(|(text, idx)| Block::new(idx, text)).collect()
}

fn spoken_elements(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH | Options::ENABLE_STRIKETHROUGH;
    let mut elements = Elements::default();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(tag) if is_silent(&tag) => elements.silent += 1,
            Event::End(tag) if is_silent_end(tag) => elements.silent = elements.silent.saturating_sub(1),
            Event::Start(tag) if is_container(&tag) => elements.finish(),
            Event::End(tag) if is_container_end(tag) => elements.finish(),
            Event::Text(words) | Event::Code(words) => elements.push(&words),
            Event::SoftBreak | Event::HardBreak => elements.push(" "),
            // Inline formatting is stripped; math, HTML, rules and notes are not spoken.
            Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    elements.finish();
    elements.done
}

/// Elements found so far and the one being read.
#[derive(Default)]
struct Elements {
    done: Vec<String>,
    current: String,
    silent: u32,
}

impl Elements {
    fn push(&mut self, words: &str) {
        if self.silent == 0 {
            self.current.push_str(words);
        }
    }

    fn finish(&mut self) {
        let text = core::mem::take(&mut self.current);
        let words: Vec<_> = text.split_whitespace().collect();
        if !words.is_empty() {
            self.done.push(words.join(" "));
        }
    }
}

const fn is_silent(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::CodeBlock(_) | Tag::Table(_) | Tag::Image { .. } | Tag::HtmlBlock)
}

const fn is_silent_end(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::CodeBlock | TagEnd::Table | TagEnd::Image | TagEnd::HtmlBlock)
}

const fn is_container(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::List(_) | Tag::BlockQuote(_))
}

const fn is_container_end(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::List(_) | TagEnd::BlockQuote(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<String> {
        blocks_of(markdown, 250).iter().map(|block| block.text.to_string()).collect()
    }

    /// The content and the answer of the recorded session `text-to-blocks`.
    #[test]
    fn a_recorded_text_becomes_the_recorded_blocks() {
        const LONG: &str = "This sentence is here to be long enough, with a clause, and another clause; it goes on for a while so that the splitter has to decide where a listener would not mind a pause.";
        let content = format!(
            "# A heading\n\nShort paragraph.\n\n{0} {0} {0} {0} \n\n- item one\n- item two is a little longer\n\n> A quote.\n\n```\ncode is silent\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x^2$$\n\nLast **bold** words and a [link](https://example.org).",
            LONG
        );
        let blocks = blocks_of(&content, 250);
        let recorded = [
            ("A heading", 643),
            ("Short paragraph.", 1_143),
            (LONG, 12_429),
            (LONG, 12_429),
            (LONG, 12_429),
            (LONG, 12_429),
            ("item one", 572),
            ("item two is a little longer", 1_929),
            ("A quote.", 572),
            ("Last bold words and a link.", 1_929),
        ];
        let ours: Vec<_> = blocks.iter().map(|block| (&*block.text, block.est_duration_ms)).collect();
        assert_eq!(ours, recorded);
        assert!(blocks.iter().zip(0..).all(|(block, idx)| block.idx == idx));
    }

    #[test]
    fn nested_and_loose_lists_speak_each_item_once() {
        assert_eq!(texts("- a\n  - b\n\n  - c\n- d\n"), ["a", "b", "c", "d"]);
        assert_eq!(texts("1. one\n\n   more\n2. two"), ["one", "more", "two"]);
    }

    #[test]
    fn lines_of_a_paragraph_are_joined_and_silence_stays_silent() {
        assert_eq!(texts("one\ntwo  \nthree ![picture](x.png) `four`"), ["one two three four"]);
        assert_eq!(texts("---\n\n<div>html</div>\n\n    indented code\n"), Vec::<String>::new());
    }
}
