//! Blocks: how many were asked for and how many the service made of them. What counts is what the service says.

use std::collections::BTreeSet;

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

/// Letters and digits in a row that tell one text from another: of two pages of one language few are the same.
const GRAM: usize = 5;

/// Looks at what the service made of `script`. It may cut the text elsewhere, take out what is not spoken and spell out numbers; but half of
/// what is in its blocks is in the text, and they are at least half as long as what was written for as many blocks.
pub(crate) fn oddity(script: &Script, made: &[Block]) -> BlockOddity {
    let is_misnumbered = (0_u32..).zip(made).any(|(number, block)| block.idx != number);
    let written = script.blocks();
    let known: BTreeSet<[char; GRAM]> = grams(&written.concat()).collect();
    let (mut all, mut ours) = (0_usize, 0_usize);
    for gram in made.iter().flat_map(|block| grams(&block.text).collect::<Vec<_>>()) {
        all += 1;
        ours += usize::from(known.contains(&gram));
    }
    let length = |text: &str| text.chars().filter(|sign| sign.is_alphanumeric()).count();
    let of_written: usize = written.iter().take(made.len()).map(|text| length(text)).sum();
    let of_made: usize = made.iter().map(|block| length(&block.text)).sum();
    let is_other_text = !made.is_empty() && (ours * 2 < all || of_made * 2 < of_written);
    BlockOddity { is_other_text, is_misnumbered }
}

fn grams(text: &str) -> impl Iterator<Item = [char; GRAM]> {
    let signs: Vec<char> =
        text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let grams: Vec<_> = signs.windows(GRAM).filter_map(|gram| gram.try_into().ok()).collect();
    grams.into_iter()
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
