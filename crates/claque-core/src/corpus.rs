//! Text to listen to, as a sequence of sentences.

use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A text cut into sentences, none empty, free of Markdown's special characters. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    sentences: Arc<[String]>,
    /// Characters of each, which scripts ask for with each block.
    lengths: Arc<[usize]>,
}

/// Why a text cannot be listened to.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CorpusError {
    /// No sentence was found.
    #[error(
        "failed to find a single word to speak in the text; give a plain text or Markdown file with sentences"
    )]
    Empty,
}

impl Corpus {
    /// Reads plain text. Blank lines separate paragraphs.
    ///
    /// # Errors
    ///
    /// [`CorpusError::Empty`] when there is nothing to speak.
    pub fn from_plain(text: &str) -> Result<Self, CorpusError> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Self::from_paragraphs(lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")))
    }

    /// Reads Markdown. Headings, paragraphs, list items and quotes are text; code, tables and images are not.
    ///
    /// # Errors
    ///
    /// [`CorpusError::Empty`] when there is nothing to speak.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum: whatever else there is, is not spoken"
    )]
    pub fn from_markdown(text: &str) -> Result<Self, CorpusError> {
        let mut paragraphs = vec![String::new()];
        let mut silent = 0_u32;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(_) | Tag::Table(_) | Tag::Image { .. } | Tag::HtmlBlock) => {
                    silent += 1
                }
                Event::End(TagEnd::CodeBlock | TagEnd::Table | TagEnd::Image | TagEnd::HtmlBlock) => {
                    silent -= 1
                }
                Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                    paragraphs.push(String::new())
                }
                Event::Text(words) | Event::Code(words) if silent == 0 => {
                    if let Some(paragraph) = paragraphs.last_mut() {
                        paragraph.push_str(&words);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(paragraph) = paragraphs.last_mut() {
                        paragraph.push(' ');
                    }
                }
                _ => {}
            }
        }
        Self::from_paragraphs(paragraphs.into_iter())
    }

    /// The sentences in reading order, at least one.
    #[must_use]
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }

    /// Characters of each sentence.
    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    fn from_paragraphs(paragraphs: impl Iterator<Item = String>) -> Result<Self, CorpusError> {
        let sentences: Arc<[String]> =
            paragraphs.flat_map(|paragraph| split_sentences(&clean(&paragraph))).collect();
        if sentences.is_empty() {
            return Err(CorpusError::Empty);
        }
        let lengths = sentences.iter().map(|sentence| sentence.chars().count()).collect();
        Ok(Self { sentences, lengths })
    }
}

/// Keeps what is spoken: one space between words and nothing that Markdown would take for markup.
fn clean(paragraph: &str) -> String {
    let spoken: String =
        paragraph.chars().map(|c| if "*_#`<>[]|$\\~^=".contains(c) { ' ' } else { c }).collect();
    spoken.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts after `.`, `!` or `?` (and closing quotes) before a space; pieces without a letter join what follows.
fn split_sentences(paragraph: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut current = String::new();
    for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        let ends = word.trim_end_matches(['"', '\'', '’', '”', ')']).ends_with(['.', '!', '?']);
        if ends && current.chars().any(char::is_alphabetic) {
            sentences.push(core::mem::take(&mut current));
        }
    }
    if current.chars().any(char::is_alphanumeric) {
        sentences.push(current);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_sentences_across_wrapped_lines() {
        let corpus = Corpus::from_plain("One two\nthree. “Four!” said\nfive.\n\nSix").expect("has words");
        assert_eq!(corpus.sentences(), ["One two three.", "“Four!”", "said five.", "Six"]);
    }

    #[test]
    fn markdown_keeps_words_and_drops_code_tables_and_markup() {
        let text = "# Title\n\nSome **bold** [link](x).\n\n```\ncode.\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- item one\n- item two\n";
        let corpus = Corpus::from_markdown(text).expect("has words");
        assert_eq!(corpus.sentences(), ["Title", "Some bold link.", "item one", "item two"]);
    }

    #[test]
    fn a_text_without_words_is_refused() {
        assert_eq!(Corpus::from_plain(" \n\n * * * \n"), Err(CorpusError::Empty));
        assert_eq!(Corpus::from_markdown("```\nonly code\n```"), Err(CorpusError::Empty));
    }
}
