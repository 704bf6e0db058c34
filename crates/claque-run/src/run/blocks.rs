//! Blocks: how many were asked for and how many the service made of them. What counts is what the service says.

use claque_core::script::Script;

use super::documents::Document;

/// How the service's blocks differ from ours, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// Some listeners will hear fewer than they were to.
    TooFew(String),
    /// There are more than will be heard.
    TooMany(String),
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
        let document = |chars: &&[u32]| Document { id: String::new(), chars: chars.to_vec() };
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

    #[test]
    fn missing_blocks_are_said_to_be_missing() {
        let Some(Mismatch::TooFew(words)) = words(&[&[70], &[70, 70]]) else { panic!() };
        assert!(words.contains("than the 2 asked for of 1 of 2 texts (1 at least)"), "{words}");
    }
}
