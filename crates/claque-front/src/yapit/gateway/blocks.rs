//! Markdown -> the blocks that are spoken.

use std::sync::Arc;

use claque_core::time::MediaTime;
use claque_gateway::VariantHash;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::split::split;

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

    fn new(idx: u32, text: &str, chars: usize) -> Self {
        let chars = u32::try_from(chars).unwrap_or(u32::MAX);
        Self { idx, text: text.into(), chars, est_duration_ms: (u64::from(chars) * 1_000).div_ceil(14) }
    }
}

/// The blocks of a Markdown text. Headings, paragraphs, list items and quotes are spoken; code blocks, math, tables,
/// images and rules are not. Elements much longer than `max_block_chars` characters are split.
#[must_use]
pub fn blocks_of(markdown: &str, max_block_chars: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    for_each_piece(markdown, max_block_chars, |text, chars| {
        blocks.push(Block::new(u32::try_from(blocks.len()).unwrap_or(u32::MAX), text, chars));
    });
    blocks
}

/// What a document knows of its blocks. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Spoken {
    /// Everything.
    Texts(Arc<[Block]>),
    /// What is needed to make their audio by a model, in one voice.
    Digests(Arc<[Digest]>),
}

/// A block of which only the audio in one voice is ever wanted, and from no engine that reads: a sixth of the memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    /// The half of its variant's name that every draw is seeded by.
    head: [u8; 16],
    /// Characters of its text, and in the last bit whether anything can be spoken of it.
    chars_and_speech: u32,
}

/// One block, as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) variant: VariantHash,
    pub(crate) chars: u32,
    /// Whether anything can be spoken of it.
    pub(crate) is_speech: bool,
    /// None where it was not kept.
    pub(crate) text: Option<Arc<str>>,
}

impl Spoken {
    /// A block in a voice, which of digests is the voice they were made for; none where there is no such block.
    pub(crate) fn ask(&self, block: i64, (model, voice): (&str, &str)) -> Option<Asked> {
        let block = usize::try_from(block).ok()?;
        match self {
            Self::Texts(blocks) => {
                let Block { text, chars, .. } = blocks.get(block)?;
                let variant = VariantHash::of(text, model, voice);
                Some(Asked {
                    variant,
                    chars: *chars,
                    is_speech: is_speech(text),
                    text: Some(Arc::clone(text)),
                })
            }
            Self::Digests(digests) => {
                let Digest { head, chars_and_speech } = *digests.get(block)?;
                let variant = VariantHash::from_head(head);
                let (chars, is_speech) = (chars_and_speech >> 1, chars_and_speech & 1 == 1);
                Some(Asked { variant, chars, is_speech, text: None })
            }
        }
    }
}

/// The digests of a Markdown text's blocks in a voice.
pub(crate) fn digests_of(
    markdown: &str,
    max_block_chars: usize,
    (model, voice): (&str, &str),
) -> Vec<Digest> {
    let mut digests = Vec::new();
    for_each_piece(markdown, max_block_chars, |text, chars| {
        let chars = u32::try_from(chars).unwrap_or(u32::MAX >> 1);
        let chars_and_speech = chars << 1 | u32::from(is_speech(text));
        digests.push(Digest { head: VariantHash::of(text, model, voice).head(), chars_and_speech });
    });
    digests
}

impl Digest {
    pub(crate) const fn chars(&self) -> u32 {
        self.chars_and_speech >> 1
    }
}

fn is_speech(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphanumeric()) || text.chars().any(char::is_alphanumeric)
}

/// Hands out the blocks of a Markdown text in reading order, with their characters.
fn for_each_piece(markdown: &str, max_block_chars: usize, mut take: impl FnMut(&str, usize)) {
    let mut piece = |element: &str, chars: usize| {
        if chars <= max_block_chars {
            return take(element, chars);
        }
        split(element, max_block_chars).into_iter().for_each(|piece| take(piece, piece.chars().count()));
    };
    match plain_paragraphs(markdown) {
        Some(paragraphs) => paragraphs.into_iter().for_each(|(text, chars)| piece(text, chars)),
        None => {
            spoken_elements(markdown).iter().for_each(|element| piece(element, element.chars().count()));
        }
    }
}

/// The paragraphs of a text with their characters, if each is spoken as it stands, whatever Markdown says: it begins with a letter or a
/// quotation, is one line, has nothing but letters, digits, marks that mean nothing to Markdown inside a line, and single spaces
/// between words. A crowd's texts are such; each is looked through once.
fn plain_paragraphs(markdown: &str) -> Option<Vec<(&str, usize)>> {
    const FIRST: [char; 6] = ['\'', '"', '(', '‘', '“', '—'];
    let begins = |c: char| c.is_ascii_alphabetic() || FIRST.contains(&c) || c.is_alphabetic();
    let mut paragraphs = Vec::new();
    let (mut start, mut count, mut before) = (0, 0, ' ');
    let mut chars = markdown.char_indices();
    loop {
        match chars.next() {
            Some((_, c)) if count == 0 && !begins(c) => return None,
            Some((_, ' ')) if before == ' ' => return None,
            // What lies between two paragraphs.
            Some((end, '\n')) if before != ' ' && chars.next().map(|(_, c)| c) == Some('\n') => {
                paragraphs.push((&markdown[start..end], count));
                (start, count, before) = (end + 2, 0, ' ');
            }
            Some((_, c)) if is_plain(c) => {
                count += 1;
                before = c;
            }
            Some(_) => return None,
            None if count == 0 || before == ' ' => return None,
            None => break,
        }
    }
    paragraphs.push((&markdown[start..], count));
    Some(paragraphs)
}

/// Whether a character means nothing to Markdown inside a line, and is not a break of the line.
fn is_plain(c: char) -> bool {
    match c {
        ' ' | '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '(' | ')' | '-' => true,
        '’' | '‘' | '“' | '”' | '—' | '–' | '…' => true,
        c => c.is_ascii_alphanumeric() || c.is_alphabetic(),
    }
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
    use proptest::prelude::*;

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

    fn parsed(markdown: &str) -> Vec<String> {
        spoken_elements(markdown)
    }

    proptest! {
        #[test]
        fn what_is_taken_for_plain_is_what_a_parser_makes_of_it(
            paragraphs in prop::collection::vec("[A-Za-zé0-9.,;:!?'\"()’“”—\\-#>*_` \n]{0,12}( [a-z1:.!(]{1,4}){0,3}", 1..5),
        ) {
            let markdown = paragraphs.join("\n\n");
            if let Some(plain) = plain_paragraphs(&markdown) {
                let counted: Vec<_> = plain.iter().map(|(text, _)| (*text, text.chars().count())).collect();
                prop_assert_eq!(&plain, &counted);
                let elements: Vec<_> = plain.into_iter().map(|(text, _)| text.to_owned()).collect();
                prop_assert_eq!(elements, parsed(&markdown));
            }
        }
    }

    #[test]
    fn a_digest_says_of_a_block_what_its_text_says() {
        let text = "One block, spoken.\n\nAnother — with “quotes”; and é.\n\n# ...";
        let voice = ("kokoro", "af_heart");
        let (texts, digests) = (blocks_of(text, 250), digests_of(text, 250, voice));
        let (texts, digests) = (Spoken::Texts(texts.into()), Spoken::Digests(digests.into()));
        for block in 0..3 {
            let (whole, short) = (texts.ask(block, voice).unwrap(), digests.ask(block, voice).unwrap());
            assert_eq!((whole.chars, whole.is_speech), (short.chars, short.is_speech));
            let seed = |asked: &Asked| asked.variant.seed(claque_core::rng::Seed::root(1)).value();
            assert_eq!(seed(&whole), seed(&short));
        }
        assert!(digests.ask(3, voice).is_none() && digests.ask(-1, voice).is_none());
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
