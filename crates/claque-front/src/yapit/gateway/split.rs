//! Cuts a spoken element that is too long where a listener minds it least: at sentences, then clauses, then words.

/// A sentence may be this much longer than the limit, in tenths, before it is cut at its clauses.
const SENTENCE_SLACK: usize = 12;
/// A clause may be this much longer than the limit, in tenths, before it is cut at its words.
const CLAUSE_SLACK: usize = 13;

/// The pieces of `element`, in order, none empty. `max` is in characters and at least 1.
pub(crate) fn split(element: &str, max: usize) -> Vec<&str> {
    let max = max.max(1);
    if length(element) <= max {
        return vec![element];
    }
    let mut pieces = Vec::new();
    for sentences in pack(element, max, ends_sentence) {
        if length(sentences) <= max * SENTENCE_SLACK / 10 {
            pieces.push(sentences);
            continue;
        }
        for clauses in pack(sentences, max, ends_clause) {
            if length(clauses) <= max * CLAUSE_SLACK / 10 {
                pieces.push(clauses);
                continue;
            }
            for words in pack(clauses, max, |_| true) {
                pieces.extend(chop(words, max * CLAUSE_SLACK / 10));
            }
        }
    }
    pieces
}

/// Pieces of at most `max` characters where possible, cut at spaces after a word that `ends`.
fn pack(text: &str, max: usize, ends: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut chars) = (0, 0);
    let mut candidate: Option<(usize, usize)> = None;
    let mut at = 0;
    for word in text.split(' ') {
        at += word.len();
        chars += length(word);
        if let Some((cut, cut_chars)) = candidate
            && chars > max
            && (ends(word) || at == text.len())
        {
            pieces.push(&text[start..cut]);
            start = cut + 1;
            chars -= cut_chars + 1;
            candidate = None;
        }
        if ends(word) {
            candidate = Some((at, chars));
        }
        at += 1;
        chars += 1;
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Cuts a word that is too long by itself.
fn chop(word: &str, max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((cut, _)) = rest.char_indices().nth(max.max(1)) {
        pieces.push(&rest[..cut]);
        rest = &rest[cut..];
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn ends_sentence(word: &str) -> bool {
    bare(word).ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

fn ends_clause(word: &str) -> bool {
    bare(word).ends_with([',', ';', ':', '—', '–', '.', '!', '?', '、', '，'])
}

fn bare(word: &str) -> &str {
    word.trim_end_matches(['"', '\'', '’', '”', ')', ']', '»'])
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_sentences_share_a_piece_and_long_ones_do_not() {
        assert_eq!(split("One two. Three four. Five six.", 20), ["One two. Three four.", "Five six."]);
        assert_eq!(split("Twenty-two characters.", 20), ["Twenty-two characters."]);
    }

    #[test]
    fn a_long_sentence_is_cut_at_clauses_and_a_long_clause_at_words() {
        assert_eq!(
            split("first part here, second part here.", 20),
            ["first part here,", "second part here."]
        );
        assert_eq!(split("no mark at all in this one", 10), ["no mark at", "all in", "this one"]);
    }

    #[test]
    fn a_word_without_end_is_cut_anyway() {
        let word = "é".repeat(30);
        assert!(split(&word, 10).iter().all(|piece| piece.chars().count() <= 13));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_much_too_long(words in prop::collection::vec("[a-zé]{1,12}[.,;!]?", 1..80), max in 5_usize..120) {
            let element = words.join(" ");
            let pieces = split(&element, max);
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.chars().count() <= max * 13 / 10));
            let squeeze = |text: &str| text.replace(' ', "");
            prop_assert_eq!(squeeze(&pieces.concat()), squeeze(&element));
        }
    }
}
