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

/// As they were written on 2026-11-29: a change that makes scripts cheaper must not change a letter of them.
#[test]
fn the_same_seed_gives_the_same_texts_in_every_version() {
    let written = |varied_lengths| {
        let shape = ScriptShape { varied_lengths, ..shape(3) };
        Script::new(&corpus(), shape, Seed::root(1), ListenerId(2)).blocks()
    };
    let following = [
        "Gi god o pazu nokirodus.",
        "Goliri vefor, fis pus kettle, which had been on for an hour, began at last to sing as loudly as a kettle of that size can be expected to sing in a",
        "helek boro hi fid gobaziv.",
    ];
    assert_eq!(written(false), following);
    let varied = [
        "Gi god o pazu nokirodus, Nobody spoke, and the kettle, which had been on for an hour, began at last to sing as loudly as a kettle of that size can be expected to sing in a ro.",
        "golir muga so fis puseref, Tea, Then silence, It was a long afternoon, Nobody spoke, tu.",
        "hel heb popela, kagob had been on for an hour, began at last to sing as loudly as a kettle of that size can be expected to sing in a house with so few carpets, Tea, koheg.",
    ];
    assert_eq!(written(true), varied);
}

#[test]
fn lengths_and_the_document_are_those_of_the_blocks() {
    let long = format!("{} {}. Ende “Über…” A b.", "Wort ".repeat(40), "ü".repeat(400));
    for corpus in [corpus(), Corpus::from_plain(&long).expect("has words")] {
        for varied_lengths in [false, true] {
            let shape = ScriptShape { varied_lengths, ..shape(20) };
            let script = Script::new(&corpus, shape, Seed::root(3), ListenerId(5));
            let blocks = script.blocks();
            let lengths: Vec<usize> = blocks.iter().map(|block| block.chars().count()).collect();
            assert_eq!(script.lengths(), lengths);
            assert_eq!(script.document().split("\n\n").collect::<Vec<_>>(), blocks);
        }
    }
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
        let length = words.fill(target, &mut text, &mut rng);
        assert_eq!((text.chars().count(), length), (target, target), "{text}");
        assert!(!text.ends_with(' ') && text.ends_with('.'), "{text}");
    }
}
