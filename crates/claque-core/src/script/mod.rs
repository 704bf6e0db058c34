//! What each listener's document says, block by block.
//!
//! Equal blocks are answered from a service's cache. A script is therefore unique to its run and listener: the first words
//! of each block are replaced by made-up, pronounceable ones of the same lengths, unless the cache is what is to be tested.
//! A text that is unique is exactly as long as one that is not.

#[cfg(test)]
mod tests;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::{corpus::Corpus, ids::ListenerId, rng::Seed};

/// Characters spoken in a second, as the reference service estimates lengths: ceil(characters / 14 x 1000) ms.
pub(crate) const CHARS_PER_SECOND: u64 = 14;
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
        let mut blocks = Vec::with_capacity(self.count());
        self.write(|text, _| blocks.push(text.to_owned()));
        blocks
    }

    /// Characters of each block, in reading order.
    #[must_use]
    pub fn lengths(&self) -> Vec<usize> {
        let mut lengths = Vec::with_capacity(self.count());
        // Being unique costs no length.
        let plain = ScriptShape { unique: None, ..self.shape };
        self.write_as(plain, |_, length| lengths.push(length));
        lengths
    }

    /// The whole document as Markdown: one paragraph a block.
    #[must_use]
    pub fn document(&self) -> String {
        const BETWEEN: &str = "\n\n";
        let mut document = String::new();
        self.write(|text, _| {
            if !document.is_empty() {
                document.push_str(BETWEEN);
            }
            document.push_str(text);
        });
        document
    }

    fn count(&self) -> usize {
        usize::try_from(self.shape.blocks).unwrap_or(usize::MAX)
    }

    /// Hands over each block with the number of its characters.
    fn write(&self, each: impl FnMut(&str, usize)) {
        self.write_as(self.shape, each);
    }

    fn write_as(&self, shape: ScriptShape, mut each: impl FnMut(&str, usize)) {
        // Who reads decides on the words, also of a text that is not made unique.
        let reader = if self.shape.unique.is_some() { u64::from(self.listener.0) } else { 0 };
        let mut rng = self.seed.child("script").index(reader).rng();
        let mut words = Words::new(&self.corpus, &mut rng);
        let unique = shape.unique.map(|unique| unique.index(reader));
        let (mut text, mut own) = (String::new(), String::new());
        for block in 0..shape.blocks {
            text.clear();
            let length = if shape.varied_lengths {
                let length = varied_length(&mut rng);
                words.fill(length, &mut text, &mut rng)
            } else {
                words.sentence(&mut text)
            };
            if let Some(unique) = unique {
                own.clear();
                make_unique(&text, unique.index(u64::from(block)), &mut own);
                each(&own, length);
            } else {
                each(&text, length);
            }
        }
    }
}

/// An endless reading of the corpus from a place of its own.
struct Words<'a> {
    sentences: &'a [String],
    lengths: &'a [usize],
    /// The sentence that comes next.
    next: usize,
    /// What is left of the one at hand.
    rest: Option<Rest<'a>>,
}

/// The rest of a sentence, with its characters, which are counted once.
#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a str,
    chars: usize,
}

impl<'a> Words<'a> {
    fn new(corpus: &'a Corpus, rng: &mut impl Rng) -> Self {
        let sentences = corpus.sentences();
        Self { sentences, lengths: corpus.lengths(), next: rng.random_range(0..sentences.len()), rest: None }
    }

    /// What is left of the sentence at hand, or else all of the next one.
    fn rest(&mut self) -> Option<Rest<'a>> {
        if self.rest.is_none() {
            let (text, chars) = (self.sentences.get(self.next)?, *self.lengths.get(self.next)?);
            self.rest = Some(Rest { text, chars });
            self.next = (self.next + 1) % self.sentences.len();
        }
        self.rest
    }

    /// The first word of what is left, with its characters. It is no longer left then.
    fn word(&mut self) -> Option<(&'a str, usize)> {
        let Rest { text, chars } = self.rest()?;
        let Some((word, text)) = text.split_once(' ') else {
            self.rest = None;
            return Some((text, chars));
        };
        let of_word = word.chars().count();
        self.rest = Some(Rest { text, chars: chars - of_word - 1 });
        Some((word, of_word))
    }

    /// Writes one sentence, or as much of it as is not too long for a block; the rest comes next. Gives its characters.
    fn sentence(&mut self, text: &mut String) -> usize {
        let mut length = 0;
        while (self.rest.is_some() || length < MIN_BLOCK_CHARS)
            && let Some(rest) = self.rest()
        {
            let fits = |chars| length + usize::from(length > 0) + chars <= MAX_BLOCK_CHARS;
            if fits(rest.chars) {
                length += push_space(text) + rest.chars;
                text.push_str(rest.text);
                self.rest = None;
                continue;
            }
            let Some((word, chars)) = self.word() else { break };
            if length > 0 && !fits(chars) {
                self.rest = Some(rest);
                break;
            }
            let (word, chars) = cut(word, chars);
            length += push_space(text) + chars;
            text.push_str(word);
        }
        length
    }

    /// Writes words of `target` characters in all, and gives them. The last one is made up, so that it fits, and none before it
    /// ends a sentence: a service cuts a long text there.
    fn fill(&mut self, target: usize, text: &mut String, rng: &mut impl Rng) -> usize {
        let mut length = 0;
        // Behind it there must be room for a space, a letter and the full stop.
        while let Some(rest) = self.rest()
            && let Some((word, chars)) = self.word()
        {
            if length + 1 + chars + 3 > target {
                self.rest = Some(rest);
                break;
            }
            length += push_space(text) + chars;
            text.extend(word.chars().map(without_end));
        }
        while let left @ 2.. = target - length {
            // What is left behind this word must be none, or enough for another.
            let letters = if left > FILLING_LETTERS + 2 { FILLING_LETTERS - 2 } else { left - 2 };
            let letters = letters + usize::from(length == 0);
            length += push_space(text) + letters;
            text.extend((0..letters).map(|place| made_up(place, letters, rng)));
            if target - length == 1 {
                text.push('.');
                length += 1;
            }
        }
        length
    }
}

/// Writes a space where something stands before it. Gives its characters.
fn push_space(text: &mut String) -> usize {
    if text.is_empty() {
        return 0;
    }
    text.push(' ');
    1
}

/// So much of a word of `chars` characters as a block may have, and its characters.
fn cut(word: &str, chars: usize) -> (&str, usize) {
    match word.char_indices().nth(MAX_BLOCK_CHARS) {
        Some((end, _)) => (&word[..end], MAX_BLOCK_CHARS),
        None => (word, chars),
    }
}

/// A comma where a sentence would end.
const fn without_end(c: char) -> char {
    if matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？') { ',' } else { c }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 10..=300")]
fn varied_length(rng: &mut impl Rng) -> usize {
    let normal = Normal::new(VARIED_MEAN, VARIED_SD).expect("the standard deviation is finite and positive");
    (normal.sample(rng).min(VARIED_MAX).round().max(0.0) as usize).max(MIN_BLOCK_CHARS)
}

/// Writes the text with its first words made up anew, each as long as it was and with its capitals and its punctuation. An
/// engine can speak them and a cache cannot know them.
fn make_unique(text: &str, seed: Seed, own: &mut String) {
    let mut rng = seed.rng();
    let (mut letters, mut rest) = (0, text);
    while letters < MADE_UP_LETTERS && !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(' ').map_or(rest.len(), |space| space + 1));
        let of_word = word.chars().filter(|c| c.is_alphabetic()).count();
        let mut place = 0;
        for c in word.chars() {
            if !c.is_alphabetic() {
                own.push(c);
                continue;
            }
            let new = made_up(place, of_word, &mut rng);
            own.push(if c.is_uppercase() { new.to_ascii_uppercase() } else { new });
            place += 1;
        }
        letters += of_word;
        rest = behind;
    }
    own.push_str(rest);
}

/// The letter at `place` of a made-up word of so many letters: consonants and vowels by turns; a single letter is a vowel.
fn made_up(place: usize, letters: usize, rng: &mut impl Rng) -> char {
    const CONSONANTS: [char; 16] =
        ['b', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
    const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
    if place % 2 == usize::from(letters > 1) {
        VOWELS[rng.random_range(0..VOWELS.len())]
    } else {
        CONSONANTS[rng.random_range(0..CONSONANTS.len())]
    }
}
