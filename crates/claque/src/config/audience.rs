//! From wishes to a plan and a text.

use std::path::{Path, PathBuf};

use claque_core::{
    corpus::Corpus,
    listener::Behaviour,
    plan::Plan,
    rng::Seed,
    time::{Duration, Speed},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    UsageError, arrivals, file,
    groups::Group,
    listen, listener_network,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::AudienceFlags;

/// What was said about who listens to what, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AudienceWishes {
    pub(super) users: Option<Wish<i64>>,
    pub(super) blocks: Option<Wish<i64>>,
    pub(super) model: Option<Wish<String>>,
    pub(super) voice: Option<Wish<String>>,
    speed: Option<Wish<f64>>,
    pub(super) stagger: Option<Wish<f64>>,
    pub(super) use_cached: Option<Wish<bool>>,
    varied_lengths: Option<Wish<bool>>,
    text: Option<Wish<PathBuf>>,
    pub(super) seed: Option<Wish<u64>>,
    pub(super) timeout: Option<Wish<f64>>,
}

impl Wishes {
    pub(super) fn lay_audience(&mut self, flags: AudienceFlags) {
        let own = &mut self.audience;
        over(&mut own.users, flags.users);
        over(&mut own.blocks, flags.blocks);
        over(&mut own.model, flags.model);
        over(&mut own.voice, flags.voice);
        over(&mut own.speed, flags.speed);
        over(&mut own.stagger, flags.stagger);
        over(&mut own.use_cached, flags.use_cached);
        over(&mut own.varied_lengths, flags.varied_lengths);
        over(&mut own.text, flags.text);
        over(&mut own.seed, flags.seed);
        over(&mut own.timeout, flags.timeout);
        self.schedule.lay(flags.arrivals);
        self.listener_network.lay(flags.network);
    }
}

impl Group for AudienceWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        if let Some(text) = &mut self.text {
            text.value = beside(&text.value);
        }
    }
}

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
    let blocks = source.within(wishes.audience.blocks.as_ref(), "blocks", 1..=100_000, BLOCKS)?;
    let speed = source.within(wishes.audience.speed.as_ref(), "speed", 0.001..=100.0, 1.0)?;
    let timeout = source.within(wishes.audience.timeout.as_ref(), "timeout", 0.001..=DAY, TIMEOUT)?;
    let (schedule, users) = arrivals::arrivals(wishes, source, seed(wishes))?;
    let (policy, player) = listen::policy(wishes, source)?;
    let behaviour = listen::behaviour(wishes, source, &player)?;
    arrivals::check_warm_up(wishes, source)?;
    let mut plan = Plan {
        users,
        share: claque_core::share::Share::WHOLE,
        blocks: number(blocks),
        model: slug(wishes.audience.model.as_ref(), "model", source)?.unwrap_or_else(|| MODEL.to_owned()),
        voice: slug(wishes.audience.voice.as_ref(), "voice", source)?,
        speed: thousandths(speed),
        policy,
        behaviour: Behaviour { listens: arrivals::listens(wishes, source)?, ..behaviour },
        schedule,
        texts: arrivals::texts(wishes, source)?,
        use_cached: wishes.audience.use_cached.as_ref().is_some_and(|wish| wish.value),
        varied_lengths: wishes.audience.varied_lengths.as_ref().is_some_and(|wish| wish.value),
        network: listener_network::networks(wishes, source)?,
        timeout: Duration::from_secs_f64(timeout),
        seed: seed(wishes),
    };
    arrivals::hold(wishes, source, &mut plan)?;
    Ok((plan, player))
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, plan: &Plan, scenario: &mut Map<String, Value>) {
    let decided = json!({
        "users": plan.schedule.known_of(plan.users),
        "blocks": plan.blocks,
        "model": plan.model,
        "voice": plan.voice,
        "speed": plan.speed.as_f64(),
        "stagger": wishes.audience.stagger.as_ref().map_or(0.0, |wish| wish.value),
        "use_cached": plan.use_cached,
        "varied_lengths": plan.varied_lengths,
        "text": wishes.audience.text.as_ref().map(|wish| wish.value.display().to_string()),
        "seed": seed_number(wishes),
        "timeout": plan.timeout.as_secs_f64(),
    });
    if let Value::Object(decided) = decided {
        scenario.extend(decided);
    }
}

/// The root of all randomness, and the number it was made of.
pub(super) fn seed(wishes: &Wishes) -> Seed {
    Seed::root(seed_number(wishes))
}

pub(super) fn seed_number(wishes: &Wishes) -> u64 {
    wishes.audience.seed.as_ref().map_or(SEED, |wish| wish.value)
}

/// The text to listen to.
pub(super) fn corpus(wishes: &Wishes, source: &Source) -> Result<Corpus, UsageError> {
    let Some(wish) = &wishes.audience.text else {
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
