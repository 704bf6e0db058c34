//! What each listener's document says, block by block.
//!
//! Equal blocks are answered from a service's cache. A script is therefore unique to its run and listener by a
//! made-up, pronounceable name at the head of each block, unless the cache is what is to be tested.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::{corpus::Corpus, ids::ListenerId, rng::Seed};

/// Longest block when lengths follow the text, in characters: the smallest `max_block_chars` of a deployed
/// service, so that a paragraph stays one block.
const MAX_BLOCK_CHARS: usize = 150;
/// Bounds, mean and standard deviation of varied lengths, in characters, as in the older script.
const VARIED_CHARS: core::ops::RangeInclusive<f64> = 10.0..=300.0;
const VARIED_MEAN: f64 = 150.0;
const VARIED_SD: f64 = 60.0;

/// How scripts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptShape {
    /// Blocks of each script.
    pub blocks: u32,
    /// Lengths drawn from a normal distribution instead of following the text.
    pub varied_lengths: bool,
    /// What makes texts differ from those of other runs and listeners; none gives every listener the same text.
    pub unique: Option<Seed>,
}

/// One listener's text. It is written when it is looked at, anew each time and always the same: the texts of a crowd would be
/// more than everything else that is known of it.
#[derive(Clone, Debug)]
pub struct Script {
    corpus: Corpus,
    shape: ScriptShape,
    seed: Seed,
    listener: ListenerId,
}

impl Script {
    /// Makes the script of `listener`. `seed` decides where in the corpus it begins and how long its blocks are.
    #[must_use]
    pub fn new(corpus: &Corpus, shape: ScriptShape, seed: Seed, listener: ListenerId) -> Self {
        Self { corpus: corpus.clone(), shape, seed, listener }
    }

    /// Writes the blocks in reading order.
    #[must_use]
    pub fn blocks(&self) -> Vec<String> {
        let shape = self.shape;
        let reader = if shape.unique.is_some() { u64::from(self.listener.0) } else { 0 };
        let mut rng = self.seed.child("script").index(reader).rng();
        let mut words = Words::new(&self.corpus, &mut rng);
        let blocks = (0..shape.blocks).map(|block| {
            let mut text = shape
                .unique
                .map_or_else(String::new, |unique| name(unique.index(reader).index(u64::from(block))) + ": ");
            if shape.varied_lengths {
                words.fill(&mut text, varied_length(&mut rng));
            } else {
                words.sentence(&mut text, MAX_BLOCK_CHARS);
            }
            text
        });
        blocks.collect()
    }

    /// The whole document as Markdown: one paragraph a block.
    #[must_use]
    pub fn document(&self) -> String {
        self.blocks().join("\n\n")
    }
}

/// An endless reading of the corpus from a place of its own.
struct Words<'a> {
    sentences: core::iter::Cycle<core::slice::Iter<'a, String>>,
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn new(corpus: &'a Corpus, rng: &mut impl Rng) -> Self {
        let mut sentences = corpus.sentences().iter().cycle();
        for _ in 0..rng.random_range(0..corpus.sentences().len()) {
            sentences.next();
        }
        Self { sentences, rest: Vec::new() }
    }

    fn next_sentence(&mut self) {
        if let Some(sentence) = self.sentences.next() {
            self.rest = sentence.split(' ').rev().collect();
        }
    }

    /// Appends one sentence, or as much of it as fits into `limit` characters; the rest comes next.
    fn sentence(&mut self, text: &mut String, limit: usize) {
        if self.rest.is_empty() {
            self.next_sentence();
        }
        let mut length = text.chars().count();
        let bare = length;
        while let Some(word) = self.rest.pop() {
            let chars = word.chars().count();
            if length + chars + 1 > limit && length > bare {
                self.rest.push(word);
                break;
            }
            push_word(text, &cut(word, limit.saturating_sub(length)));
            length = text.chars().count();
        }
    }

    /// Appends words until `target` characters are reached, and cuts there.
    fn fill(&mut self, text: &mut String, target: usize) {
        while text.chars().count() < target {
            if self.rest.is_empty() {
                self.next_sentence();
            }
            if let Some(word) = self.rest.pop() {
                push_word(text, word);
            }
        }
        *text = cut(text, target).trim_end_matches([' ', ',', ':', ';']).to_owned();
    }
}

fn push_word(text: &mut String, word: &str) {
    if !(text.is_empty() || text.ends_with(' ')) {
        text.push(' ');
    }
    text.push_str(word);
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars.max(1)).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 10..=300")]
fn varied_length(rng: &mut impl Rng) -> usize {
    let normal = Normal::new(VARIED_MEAN, VARIED_SD).expect("the standard deviation is finite and positive");
    normal.sample(rng).clamp(*VARIED_CHARS.start(), *VARIED_CHARS.end()).round() as usize
}

/// Two made-up words of four syllables, one of 5.8e14, that an engine can speak and a cache cannot know.
fn name(seed: Seed) -> String {
    const CONSONANTS: [char; 14] = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
    const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
    let mut rng = seed.rng();
    let mut text = String::with_capacity(17);
    for syllable in 0..8 {
        if syllable == 4 {
            text.push(' ');
        }
        let consonant = CONSONANTS[rng.random_range(0..CONSONANTS.len())];
        text.push(if syllable == 0 { consonant.to_ascii_uppercase() } else { consonant });
        text.push(VOWELS[rng.random_range(0..VOWELS.len())]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Corpus {
        Corpus::from_plain("It was a long afternoon. Nobody spoke, and the kettle, which had been on for an hour, began at last to sing as loudly as a kettle of that size can be expected to sing in a house with so few carpets. Tea! Then silence.")
            .expect("has words")
    }

    fn shape(blocks: u32) -> ScriptShape {
        ScriptShape { blocks, varied_lengths: false, unique: Some(Seed::root(99)) }
    }

    #[test]
    fn scripts_have_the_blocks_asked_for_and_none_is_too_long_or_equal_to_another() {
        let mut seen = std::collections::BTreeSet::new();
        for listener in 0..20 {
            let script = Script::new(&corpus(), shape(30), Seed::root(1), ListenerId(listener));
            assert_eq!(script.blocks().len(), 30);
            for block in script.blocks() {
                assert!(block.chars().count() <= MAX_BLOCK_CHARS, "{block}");
                assert!(seen.insert(block.clone()), "{block} twice");
            }
        }
    }

    #[test]
    fn another_run_speaks_other_texts_of_the_same_lengths() {
        let lengths = |unique: u64| {
            let shape = ScriptShape { unique: Some(Seed::root(unique)), ..shape(10) };
            let script = Script::new(&corpus(), shape, Seed::root(1), ListenerId(3));
            (script.document(), script.blocks().iter().map(|b| b.chars().count()).collect::<Vec<_>>())
        };
        let ((first, first_lengths), (second, second_lengths)) = (lengths(1), lengths(2));
        assert_ne!(first, second);
        assert_eq!(first_lengths, second_lengths);
    }

    #[test]
    fn with_the_cache_every_listener_hears_the_same_text_in_every_run() {
        let shape = ScriptShape { unique: None, ..shape(10) };
        let first = Script::new(&corpus(), shape, Seed::root(1), ListenerId(0));
        let other = Script::new(&corpus(), shape, Seed::root(1), ListenerId(7));
        assert_eq!(first.document(), other.document());
    }

    #[test]
    fn varied_lengths_keep_their_bounds_and_their_mean() {
        let shape = ScriptShape { varied_lengths: true, ..shape(2_000) };
        let script = Script::new(&corpus(), shape, Seed::root(5), ListenerId(0));
        let lengths: Vec<usize> = script.blocks().iter().map(|block| block.chars().count()).collect();
        assert!(lengths.iter().all(|length| (8..=300).contains(length)), "{lengths:?}");
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!((145..=155).contains(&mean), "mean {mean}");
        assert!(lengths.iter().any(|&length| length > 250) && lengths.iter().any(|&length| length < 50));
    }
}
