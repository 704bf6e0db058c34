//! What each listener's document says, block by block.
//!
//! Equal blocks are answered from a service's cache. A script is therefore unique to its run and listener: the first words
//! of each block are replaced by made-up, pronounceable ones of the same lengths, unless the cache is what is to be tested.
//! A text that is unique is exactly as long as one that is not.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::{corpus::Corpus, ids::ListenerId, rng::Seed};

/// Longest block when lengths follow the text, in characters: the smallest `max_block_chars` of a deployed
/// service, so that a paragraph stays one block.
const MAX_BLOCK_CHARS: usize = 150;
/// Shortest block, in characters: a shorter sentence goes with the next, for it would have too few letters to be unique.
const MIN_BLOCK_CHARS: usize = 10;
/// Mean, standard deviation and most of varied lengths, in characters, as in the older script.
const VARIED_MEAN: f64 = 150.0;
const VARIED_SD: f64 = 60.0;
const VARIED_MAX: f64 = 300.0;
/// Letters that are made up in each block, to the end of the word: eight syllables, one of 3e15 choices.
const MADE_UP_LETTERS: usize = 16;
/// Letters of the longest word that is made up to fill a length.
const FILLING_LETTERS: usize = 9;

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
        let mut blocks = Vec::new();
        self.write(|_, text| blocks.push(text.to_owned()));
        blocks
    }

    /// The whole document as Markdown: one paragraph a block.
    #[must_use]
    pub fn document(&self) -> String {
        let mut document = String::new();
        self.write(|block, text| {
            if block > 0 {
                document.push_str("\n\n");
            }
            document.push_str(text);
        });
        document
    }

    /// Hands out the blocks in reading order.
    fn write(&self, mut take: impl FnMut(u32, &str)) {
        let shape = self.shape;
        let reader = if shape.unique.is_some() { u64::from(self.listener.0) } else { 0 };
        let mut rng = self.seed.child("script").index(reader).rng();
        let mut words = Words::new(&self.corpus, &mut rng);
        // Kept for their memory.
        let (mut plain, mut unlike) = (String::new(), String::new());
        for block in 0..shape.blocks {
            plain.clear();
            if shape.varied_lengths {
                let length = varied_length(&mut rng);
                words.fill(length, &mut rng, &mut plain);
            } else {
                words.sentence(&mut plain);
            }
            match shape.unique {
                Some(unique) => {
                    unlike.clear();
                    make_unique(&plain, unique.index(reader).index(u64::from(block)), &mut unlike);
                    take(block, &unlike);
                }
                None => take(block, &plain),
            }
        }
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

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty()
            && let Some(sentence) = self.sentences.next()
        {
            self.rest.extend(sentence.split(' ').rev());
        }
        self.rest.pop()
    }

    /// Writes one sentence, or as much of it as is not too long for a block; the rest comes next.
    fn sentence(&mut self, text: &mut String) {
        let mut length = 0;
        while (!self.rest.is_empty() || length < MIN_BLOCK_CHARS)
            && let Some(word) = self.next()
        {
            let chars = word.chars().count();
            if length > 0 && length + 1 + chars > MAX_BLOCK_CHARS {
                self.rest.push(word);
                break;
            }
            let spoken = cut(word, MAX_BLOCK_CHARS);
            length += usize::from(length > 0) + chars.min(MAX_BLOCK_CHARS);
            push_word(text, spoken);
        }
    }

    /// Writes words of `target` characters in all. The last one is made up, so that it fits, and none before it ends a sentence: a
    /// service cuts a long text there.
    fn fill(&mut self, target: usize, rng: &mut impl Rng, text: &mut String) {
        let mut length = 0;
        // Behind it there must be room for a space, a letter and the full stop.
        while let Some(word) = self.next() {
            let chars = word.chars().count();
            if length + 1 + chars + 3 > target {
                self.rest.push(word);
                break;
            }
            push_word(text, &without_end(word));
            length = text.chars().count();
        }
        while let left @ 2.. = target - length {
            // What is left behind this word must be none, or enough for another.
            let letters = if left > FILLING_LETTERS + 2 { FILLING_LETTERS - 2 } else { left - 2 };
            push_word(text, &made_up(letters + usize::from(length == 0), rng));
            length = text.chars().count();
            if target - length == 1 {
                text.push('.');
                length += 1;
            }
        }
    }
}

fn push_word(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// The word with a comma where it would end a sentence.
fn without_end(word: &str) -> String {
    word.chars()
        .map(|c| if matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？') { ',' } else { c })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 10..=300")]
fn varied_length(rng: &mut impl Rng) -> usize {
    let normal = Normal::new(VARIED_MEAN, VARIED_SD).expect("the standard deviation is finite and positive");
    (normal.sample(rng).min(VARIED_MAX).round().max(0.0) as usize).max(MIN_BLOCK_CHARS)
}

/// Writes the text with its first words made up anew, each as long as it was and with its capitals and its punctuation. An engine can
/// speak them and a cache cannot know them.
fn make_unique(text: &str, seed: Seed, out: &mut String) {
    let mut rng = seed.rng();
    let (mut letters, mut from) = (0, 0);
    for word in text.split(' ') {
        if letters >= MADE_UP_LETTERS {
            break;
        }
        if from > 0 {
            out.push(' ');
        }
        from += word.len() + 1;
        let own = word.chars().filter(|c| c.is_alphabetic()).count();
        letters += own;
        let mut place = 0;
        for c in word.chars() {
            if c.is_alphabetic() {
                let new = made_up_letter(place, own, &mut rng);
                place += 1;
                out.push(if c.is_uppercase() { new.to_ascii_uppercase() } else { new });
            } else {
                out.push(c);
            }
        }
    }
    if let Some(rest) = text.get(from..) {
        out.push(' ');
        out.push_str(rest);
    }
}

/// A word of so many letters, consonants and vowels by turns; a single letter is a vowel.
fn made_up(letters: usize, rng: &mut impl Rng) -> String {
    (0..letters).map(|place| made_up_letter(place, letters, rng)).collect()
}

/// The letter at a place of such a word.
fn made_up_letter(place: usize, letters: usize, rng: &mut impl Rng) -> char {
    const CONSONANTS: [char; 16] =
        ['b', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
    const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
    let first_vowel = usize::from(letters > 1);
    if place % 2 == first_vowel {
        VOWELS[rng.random_range(0..VOWELS.len())]
    } else {
        CONSONANTS[rng.random_range(0..CONSONANTS.len())]
    }
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
                assert!((MIN_BLOCK_CHARS..=MAX_BLOCK_CHARS).contains(&block.chars().count()), "{block}");
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

    /// Words' lengths and whatever is no letter.
    fn outline(text: &str) -> String {
        text.chars()
            .map(|c| {
                if c.is_uppercase() {
                    'A'
                } else if c.is_alphabetic() {
                    'a'
                } else {
                    c
                }
            })
            .collect()
    }

    #[test]
    fn being_unique_costs_no_length_and_leaves_the_rest_of_the_text_alone() {
        for varied_lengths in [false, true] {
            let shape = |unique| ScriptShape { varied_lengths, unique, ..shape(40) };
            let plain = Script::new(&corpus(), shape(None), Seed::root(3), ListenerId(0)).blocks();
            let unique =
                Script::new(&corpus(), shape(Some(Seed::root(8))), Seed::root(3), ListenerId(0)).blocks();
            for (plain, unique) in plain.iter().zip(&unique) {
                assert_eq!(outline(plain), outline(unique));
                assert_ne!(plain, unique);
                let same =
                    plain.split(' ').rev().zip(unique.split(' ').rev()).take_while(|(a, b)| a == b).count();
                let made = plain.split(' ').count() - same;
                let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
                assert!(
                    made <= MADE_UP_LETTERS && (same > 0 || letters < 2 * MADE_UP_LETTERS),
                    "{plain} / {unique}"
                );
            }
        }
    }

    #[test]
    fn made_up_words_can_be_spoken() {
        let text = "CHAPTER I. “Don’t,” said A. Liddell, who was not at all amused; and left.";
        let mut unique = String::new();
        make_unique(text, Seed::root(4), &mut unique);
        assert_eq!(outline(&unique), outline(text));
        assert!(unique.ends_with(" who was not at all amused; and left."), "{unique}");
        let vowels = |word: &str| word.chars().filter(|c| "aeiouAEIOU".contains(*c)).count();
        assert!(unique.split(' ').take(5).all(|word| vowels(word) >= 1), "{unique}");
    }

    #[test]
    fn with_the_cache_every_listener_hears_the_same_text_in_every_run() {
        let shape = ScriptShape { unique: None, ..shape(10) };
        let first = Script::new(&corpus(), shape, Seed::root(1), ListenerId(0));
        let other = Script::new(&corpus(), shape, Seed::root(1), ListenerId(7));
        assert_eq!(first.document(), other.document());
    }

    #[test]
    fn varied_lengths_are_those_drawn_from_10_to_300_with_their_mean_and_spread() {
        let shape = ScriptShape { varied_lengths: true, ..shape(4_000) };
        let script = Script::new(&corpus(), shape, Seed::root(5), ListenerId(0));
        let lengths: Vec<usize> = script.blocks().iter().map(|block| block.chars().count()).collect();
        assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&10), Some(&300)));
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!((147..=153).contains(&mean), "mean {mean}");
        let within = lengths.iter().filter(|length| (90..=210).contains(*length)).count();
        assert!(
            (2_600..=2_900).contains(&within),
            "68 % lie within one standard deviation, here {within} of 4000"
        );
        for block in script.blocks() {
            let inner = block.trim_end_matches('.');
            assert!(!inner.contains(['.', '!', '?']) && !block.contains("  "), "{block}");
        }
    }

    #[test]
    fn every_length_can_be_filled_at_the_border_of_a_word() {
        let corpus = corpus();
        let mut rng = Seed::root(6).rng();
        let mut words = Words::new(&corpus, &mut rng);
        for target in (MIN_BLOCK_CHARS..=300).cycle().take(2_000) {
            let mut text = String::new();
            words.fill(target, &mut rng, &mut text);
            assert_eq!(text.chars().count(), target, "{text}");
            assert!(!text.ends_with(' ') && text.ends_with('.'), "{text}");
        }
    }
}
