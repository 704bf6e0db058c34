//! Blocks: how many were asked for and how many the service made of them. What counts is what the service says.

use claque_core::script::Script;
use claque_stats::{Reason, ReasonId};
use claque_wire::yapit::rest::Block;

use super::documents::Document;

/// How the service's blocks differ from ours, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// Some listeners will hear fewer than they were to.
    TooFew(String),
    /// There are more than will be heard.
    TooMany(String),
}

/// What is odd about the blocks that the service made of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockOddity {
    /// They are of another text.
    pub(crate) is_other_text: bool,
    /// They are not numbered 0, 1, 2 and so on, in this order.
    pub(crate) is_misnumbered: bool,
}

/// Looks at what the service made of `script`. It may cut the text elsewhere, take out what is not spoken and spell out numbers; but half of
/// what is in its blocks is in the text, and they are at least half as long as what was written for as many blocks.
pub(crate) fn oddity(script: &Script, made: &[Block]) -> BlockOddity {
    let is_misnumbered = is_misnumbered(made);
    let written = script.blocks();
    let is_as_written = made.len() <= written.len()
        && written.iter().zip(made).all(|(written, block)| written.trim() == block.text.trim());
    if is_as_written {
        return BlockOddity { is_other_text: false, is_misnumbered };
    }
    let known = KnownGrams::of(&written);
    let (mut all, mut ours) = (0_usize, 0_usize);
    for block in made {
        grams(signs(&block.text), |gram| {
            all += 1;
            ours += usize::from(known.contains(gram));
        });
    }
    let of_written: usize = written.iter().take(made.len()).map(|text| signs(text).count()).sum();
    let of_made: usize = made.iter().map(|block| signs(&block.text).count()).sum();
    let is_other_text = !made.is_empty() && (ours * 2 < all || of_made * 2 < of_written);
    BlockOddity { is_other_text, is_misnumbered }
}

/// Whether the blocks are not numbered in their order.
pub(crate) fn is_misnumbered(made: &[Block]) -> bool {
    (0_u32..).zip(made).any(|(number, block)| block.idx != number)
}

/// Letters and digits in a row that tell one text from another: of two pages of one language few are the same.
const GRAM: usize = 5;

/// A prime above all characters: each gram is a number of its own but for what is more than 64 bits hold.
const BASE: u64 = 1_114_127;

/// Which grams are in a text. Of those that are not, one in [`BITS`](Self::BITS) passes for one that is: half of a text is asked for.
struct KnownGrams {
    bits: Vec<u64>,
}

impl KnownGrams {
    /// For each gram, at least.
    const BITS: usize = 16;

    fn of(texts: &[String]) -> Self {
        let length: usize = texts.iter().map(String::len).sum();
        let words = (length.max(1) * Self::BITS / 64).next_power_of_two();
        let mut known = Self { bits: vec![0; words] };
        grams(texts.iter().flat_map(|text| signs(text)), |gram| {
            let (word, bit) = known.place(gram);
            known.bits[word] |= bit;
        });
        known
    }

    fn contains(&self, gram: u64) -> bool {
        let (word, bit) = self.place(gram);
        self.bits[word] & bit != 0
    }

    /// Where a gram is noted, by the upper bits of its product with the golden ratio (Knuth, The Art of Computer Programming 6.4).
    fn place(&self, gram: u64) -> (usize, u64) {
        let mixed = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = usize::try_from(mixed >> 32).unwrap_or(0) & (self.bits.len() - 1);
        (word, 1 << (mixed >> 26 & 63))
    }
}

/// The letters and digits of a text, small.
fn signs(text: &str) -> impl Iterator<Item = u64> {
    let small = |sign: char| sign.to_lowercase().next().unwrap_or(sign);
    text.chars().filter(|sign| sign.is_alphanumeric()).map(small).map(|sign| u64::from(u32::from(sign)))
}

/// Gives each run of [`GRAM`] signs as a number.
fn grams(signs: impl Iterator<Item = u64>, mut each: impl FnMut(u64)) {
    let oldest = (1..GRAM).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let (mut number, mut last, mut count) = (0_u64, [0_u64; GRAM], 0_usize);
    for sign in signs {
        let place = count % last.len();
        number = number.wrapping_sub(last[place].wrapping_mul(oldest)).wrapping_mul(BASE).wrapping_add(sign);
        last[place] = sign;
        count += 1;
        if count >= last.len() {
            each(number);
        }
    }
}

/// What a run's verdict says of the lists of blocks: notes, and a reason where listeners hear another text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockDoubts {
    pub(crate) notes: Vec<Reason>,
    pub(crate) reason: Option<Reason>,
}

/// Above one listener in so many what is heard is not the text that was asked for.
const OTHER_TEXTS_SHARE: usize = 100;

/// What is to be said of these documents, of which each listener was to hear so many blocks.
pub(crate) fn doubts(wanted: u32, documents: &[Document]) -> BlockDoubts {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let (total, count) =
        (documents.len(), |is: &dyn Fn(&Document) -> bool| documents.iter().filter(|one| is(one)).count());
    let other = count(&|document| document.oddity.is_other_text);
    let misnumbered = count(&|document| document.oddity.is_misnumbered);
    let more = count(&|document| document.chars.len() > wanted);
    let mut doubts = BlockDoubts::default();
    let odd: Vec<String> = [
        (misnumbered, "are not numbered 0, 1, 2 and so on in their order"),
        (more, "are more than were written"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, how)| format!("of {count} of {total} texts they {how}"))
    .collect();
    if !odd.is_empty() {
        let text = format!("odd blocks in the service's lists: {}", odd.join("; "));
        doubts.notes.push(Reason { id: ReasonId::OddBlocks, text });
    }
    if other > 0 {
        let text = format!(
            "other texts: the blocks that the service made of {other} of {total} texts are of another text than was written, and that \
             is what is heard"
        );
        let reason = Reason { id: ReasonId::OtherTexts, text };
        if other * OTHER_TEXTS_SHARE > total {
            doubts.reason = Some(reason)
        } else {
            doubts.notes.push(reason)
        }
    }
    doubts
}

/// Compares what was written with what the service made of it; nothing when they agree.
pub(crate) fn mismatch(wanted: u32, scripts: &[Script], documents: &[&Document]) -> Option<Mismatch> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let made = |document: &Document| document.chars.len();
    let differing =
        |differs: &dyn Fn(usize) -> bool| documents.iter().filter(|document| differs(made(document))).count();
    let (few, many) = (differing(&|made| made < wanted), differing(&|made| made > wanted));
    let total = documents.len();
    if few > 0 {
        let fewest = documents.iter().copied().map(made).min().unwrap_or(0);
        return Some(Mismatch::TooFew(format!(
            "the service made fewer blocks than the {wanted} asked for of {few} of {total} texts ({fewest} at least): it \
             joins short paragraphs or leaves some out; what is missing counts as not reached"
        )));
    }
    (many > 0).then(|| {
        let most = documents.iter().copied().map(made).max().unwrap_or(0);
        Mismatch::TooMany(format!(
            "the service made up to {most} blocks of the {wanted} that were written, of {many} of {total} texts: {}; each \
             listener hears the first {wanted}, as --blocks says",
            why_more(scripts, documents)
        ))
    })
}

/// A service splits what is longer than its `max_block_chars`, softly by 1.2 to 1.3: no block of it is much longer.
fn why_more(scripts: &[Script], documents: &[&Document]) -> String {
    let written = scripts.iter().flat_map(Script::lengths).max().unwrap_or(0);
    let made = documents.iter().flat_map(|document| &document.chars).copied().max().unwrap_or(0);
    if usize::try_from(made).unwrap_or(usize::MAX) < written {
        format!(
            "it likely splits texts at its max_block_chars, for the longest one written has {written} characters and its \
             own longest {made}"
        )
    } else {
        "it cuts texts into blocks by rules of its own".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        corpus::Corpus,
        ids::ListenerId,
        rng::Seed,
        script::{Script, ScriptShape},
    };

    use super::*;

    /// Two blocks of 70 characters.
    fn script() -> Script {
        let sentence = format!("{}.", "word ".repeat(14).trim_end().get(..69).unwrap());
        let shape = ScriptShape { blocks: 2, varied_lengths: false, unique: None };
        Script::new(&Corpus::from_plain(&sentence).unwrap(), shape, Seed::root(1), ListenerId(0))
    }

    fn words(made: &[&[u32]]) -> Option<Mismatch> {
        let document = |chars: &&[u32]| Document {
            id: String::new(),
            chars: chars.to_vec(),
            oddity: BlockOddity::default(),
        };
        let documents: Vec<_> = made.iter().map(document).collect();
        mismatch(2, &[script(), script()], &documents.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_agrees_is_not_spoken_of() {
        assert_eq!(words(&[&[70, 70], &[70, 70]]), None);
    }

    #[test]
    fn split_texts_are_explained_by_their_lengths() {
        let Some(Mismatch::TooMany(said)) = words(&[&[70, 70], &[40, 30, 40, 30]]) else { panic!() };
        assert_eq!(
            said,
            "the service made up to 4 blocks of the 2 that were written, of 1 of 2 texts: it cuts texts into blocks by rules \
             of its own; each listener hears the first 2, as --blocks says"
        );
        let Some(Mismatch::TooMany(words)) = words(&[&[40, 30, 40, 30]]) else { panic!() };
        assert!(
            words.contains("the longest one written has 70 characters and its own longest 40"),
            "{words}"
        );
    }

    fn blocks(texts: &[&str]) -> Vec<Block> {
        let block =
            |(idx, text): (u32, &&str)| Block { idx, text: (*text).to_owned(), est_duration_ms: None };
        (0..).zip(texts).map(block).collect()
    }

    #[test]
    fn a_text_that_is_cut_elsewhere_is_the_text_and_another_is_not() {
        let corpus = Corpus::from_plain(
            "It was the best of times, it was the worst of times, it was the age of wisdom. \
             It was the age of foolishness, it was the epoch of belief, and of incredulity.",
        );
        let shape = ScriptShape { blocks: 2, varied_lengths: false, unique: None };
        let script = Script::new(&corpus.unwrap(), shape, Seed::root(1), ListenerId(0));
        let written = script.blocks();
        let of = |texts: &[&str]| oddity(&script, &blocks(texts));
        assert_eq!(of(&[&written[0], &written[1]]), BlockOddity::default());
        assert_eq!(of(&[&written.join(" ")]), BlockOddity::default(), "joined");
        let (head, tail) = written[0].split_at(written[0].len() / 2);
        assert_eq!(of(&[head, tail, &written[1]]), BlockOddity::default(), "split");
        assert!(of(&["A", "A"]).is_other_text);
        let fox =
            "The quick brown fox jumps over the lazy dog while nobody pays any attention to either of them.";
        assert!(of(&[fox, fox]).is_other_text);
        let mut misnumbered = blocks(&[&written[0], &written[1]]);
        misnumbered[1].idx = 0;
        assert!(oddity(&script, &misnumbered).is_misnumbered);
    }

    #[test]
    fn another_text_is_a_reason_above_one_in_a_hundred() {
        let made = |is_other_text, blocks| Document {
            id: String::new(),
            chars: vec![70; blocks],
            oddity: BlockOddity { is_other_text, is_misnumbered: false },
        };
        let judged = |others: usize| {
            let documents: Vec<_> = (0..200).map(|number| made(number < others, 2)).collect();
            doubts(2, &documents)
        };
        assert_eq!(judged(0), BlockDoubts::default());
        assert_eq!((judged(2).reason, judged(2).notes.len()), (None, 1));
        assert!(judged(3).reason.is_some_and(|reason| reason.text.contains("3 of 200 texts")));
        let more = doubts(2, &[made(false, 7)]);
        assert_eq!(
            more.notes[0].text,
            "odd blocks in the service's lists: of 1 of 1 texts they are more than were written"
        );
    }

    #[test]
    fn missing_blocks_are_said_to_be_missing() {
        let Some(Mismatch::TooFew(words)) = words(&[&[70], &[70, 70]]) else { panic!() };
        assert!(words.contains("than the 2 asked for of 1 of 2 texts (1 at least)"), "{words}");
    }
}
