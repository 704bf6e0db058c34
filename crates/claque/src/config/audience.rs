//! From wishes to a plan and a text.

use std::path::Path;

use claque_core::{
    corpus::Corpus,
    listener::Behaviour,
    plan::Plan,
    rng::Seed,
    time::{Duration, Speed},
};

use super::{
    UsageError, arrivals, file, listen,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// Two and a half batches of the player: the first is the start, the others are refills.
const BLOCKS: i64 = 20;
const MODEL: &str = "kokoro";
/// Fixed, so that a run repeats itself unless another is asked for.
const SEED: u64 = 1;
/// Longer than the worst wait published for a burst (over 120 s), in seconds.
const TIMEOUT: f64 = 300.0;
/// Longest times, in seconds: a day.
pub(super) const DAY: f64 = 86_400.0;
/// The text of a listener who names none.
const ALICE: &str = include_str!("../../corpus/alice.md");

/// The plan, and the name of the player it takes.
pub(super) fn plan(wishes: &Wishes, source: &Source) -> Result<(Plan, String), UsageError> {
    let blocks = source.within(wishes.blocks.as_ref(), "blocks", 1..=100_000, BLOCKS)?;
    let speed = source.within(wishes.speed.as_ref(), "speed", 0.001..=100.0, 1.0)?;
    let timeout = source.within(wishes.timeout.as_ref(), "timeout", 0.001..=DAY, TIMEOUT)?;
    let (schedule, users) = arrivals::arrivals(wishes, source, seed(wishes))?;
    let (policy, player) = listen::policy(wishes, source)?;
    let behaviour = listen::behaviour(wishes, source, &player)?;
    arrivals::check_warm_up(wishes, source)?;
    let mut plan = Plan {
        users,
        share: claque_core::share::Share::WHOLE,
        blocks: number(blocks),
        model: slug(wishes.model.as_ref(), "model", source)?.unwrap_or_else(|| MODEL.to_owned()),
        voice: slug(wishes.voice.as_ref(), "voice", source)?,
        speed: thousandths(speed),
        policy,
        behaviour: Behaviour { listens: arrivals::listens(wishes, source)?, ..behaviour },
        schedule,
        texts: arrivals::texts(wishes, source)?,
        use_cached: wishes.use_cached.as_ref().is_some_and(|wish| wish.value),
        varied_lengths: wishes.varied_lengths.as_ref().is_some_and(|wish| wish.value),
        timeout: Duration::from_secs_f64(timeout),
        seed: seed(wishes),
    };
    arrivals::hold(wishes, source, &mut plan)?;
    Ok((plan, player))
}

/// The root of all randomness, and the number it was made of.
pub(super) fn seed(wishes: &Wishes) -> Seed {
    Seed::root(seed_number(wishes))
}

pub(super) fn seed_number(wishes: &Wishes) -> u64 {
    wishes.seed.as_ref().map_or(SEED, |wish| wish.value)
}

/// The text to listen to.
pub(super) fn corpus(wishes: &Wishes, source: &Source) -> Result<Corpus, UsageError> {
    let Some(wish) = &wishes.text else {
        return Corpus::from_markdown(ALICE).map_err(|error| UsageError::new(error.to_string()));
    };
    let shown = wish.value.display();
    let text = file::read_text(&wish.value, file::MOST_TEXT).map_err(|error| {
        source.error(wish, "text", format!("names {shown}, which cannot be read: {error}; check the path"))
    })?;
    let corpus =
        if is_markdown(&wish.value) { Corpus::from_markdown(&text) } else { Corpus::from_plain(&text) };
    corpus.map_err(|error| source.error(wish, "text", format!("names {shown}: {error}; give another text")))
}

fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["md", "markdown"].contains(&extension.as_str())
}

pub(super) fn slug(
    wish: Option<&Wish<String>>,
    key: &str,
    source: &Source,
) -> Result<Option<String>, UsageError> {
    match wish {
        Some(wish) if wish.value.trim().is_empty() => Err(source.error(wish, key, "is empty; give a name")),
        Some(wish) => Ok(Some(wish.value.clone())),
        None => Ok(None),
    }
}

/// A number that was found to be in a range of positive numbers of 32 bits.
pub(super) fn number(checked: i64) -> u32 {
    u32::try_from(checked).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.001 to 100 is 1 to 100,000")]
fn thousandths(checked: f64) -> Speed {
    Speed::from_thousandths((checked * 1_000.0).round() as u32).unwrap_or(Speed::NORMAL)
}
