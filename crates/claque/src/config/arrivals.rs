//! From wishes to who comes when, what each reads, and how long it stays.

use std::path::{Path, PathBuf};

use claque_core::{
    arrivals::{ArrivalBound, ArrivalForm, ArrivalProcess, MOST_LISTENERS, parse_stages, parse_trace},
    ids::ListenerId,
    listener::ListeningTime,
    plan::Plan,
    popularity::TextPopularity,
    rng::Seed,
    schedule::{ArrivalSchedule, Hold},
    span::parse_span,
    time::{Duration, Instant, duration_nanos},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError, file,
    groups::Group,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::ArrivalFlags;

/// What was said about who comes when, what each reads and how long it stays, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ArrivalWishes {
    pub(super) arrivals: Option<Wish<String>>,
    #[serde(rename = "for")]
    pub(super) arrivals_for: Option<Wish<String>>,
    listens: Option<Wish<String>>,
    pub(super) hold: Option<Wish<String>>,
    pub(super) warm_up: Option<Wish<String>>,
    texts: Option<Wish<i64>>,
    zipf: Option<Wish<f64>>,
}

impl ArrivalWishes {
    pub(super) fn lay(&mut self, flags: ArrivalFlags) {
        over(&mut self.arrivals, flags.arrivals);
        over(&mut self.arrivals_for, flags.arrivals_for);
        over(&mut self.listens, flags.listens);
        over(&mut self.hold, flags.hold);
        over(&mut self.warm_up, flags.warm_up);
        over(&mut self.texts, flags.texts);
        over(&mut self.zipf, flags.zipf);
    }
}

impl Group for ArrivalWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.value = with_file(&arrivals.value, beside);
        }
    }
}

/// Small enough to see something within a minute, large enough to hear a queue build up.
const USERS: i64 = 5;
/// Longest spread of starts, in seconds: a day.
const DAY: f64 = 86_400.0;
/// How popular texts are if only their number is said: Zipf's own law.
const ZIPF: f64 = 1.0;
/// Steepest popularity; at 10 the second text is chosen once in a thousand times.
const STEEPEST: f64 = 10.0;

/// The fastest speech there is, in characters a second: three times the pace of the reference gateway. A text is never shorter than this.
const FASTEST_SPEECH: f64 = 40.0;
/// Characters that a block has at least, on average over a text.
const SHORT_BLOCK: f64 = 60.0;

/// Everybody's intended start, and how many they are.
pub(super) fn arrivals(
    wishes: &Wishes,
    source: &Source,
    seed: Seed,
) -> Result<(ArrivalSchedule, u32), UsageError> {
    let most = i64::from(MOST_LISTENERS);
    let users = source.within(wishes.audience.users.as_ref(), "users", 1..=most, USERS)?;
    let users = u32::try_from(users).unwrap_or(u32::MAX);
    let stagger = source.within(wishes.audience.stagger.as_ref(), "stagger", 0.0..=DAY, 0.0)?;
    let lasts = lasts(wishes, source)?;
    let Some(wish) = &wishes.schedule.arrivals else {
        if let (Some(wish), Some(_)) = (&wishes.schedule.arrivals_for, lasts) {
            let what =
                "is for how long listeners come at a rate; add --arrivals, such as --arrivals poisson:12/min";
            return Err(source.error(wish, "for", what));
        }
        return Ok((ArrivalSchedule::Even { window: Duration::from_secs_f64(stagger), users }, users));
    };
    if let Some(stagger) = &wishes.audience.stagger {
        let what = format!(
            "and {} contradict each other; leave one of them out",
            source.name(wish.place, "arrivals")
        );
        return Err(source.error(stagger, "stagger", what));
    }
    let process = process(wish, source)?;
    if let ArrivalProcess::Even { window } = process {
        if let Some(wish) = &wishes.schedule.arrivals_for {
            let what = "has no meaning where the number of listeners is given, not a rate; leave it out";
            return Err(source.error(wish, "for", what));
        }
        return Ok((ArrivalSchedule::Even { window, users }, users));
    }
    let bound = ArrivalBound { users: wishes.audience.users.is_some().then_some(users), within: lasts };
    let schedule = process
        .schedule(bound, seed)
        .map_err(|error| source.error(wish, "arrivals", format!("`{}` {error}", wish.value)))?;
    let come = schedule.listed().and_then(|starts| u32::try_from(starts.len()).ok());
    Ok((schedule, come.unwrap_or(users)))
}

/// Has the audience of `plan` held at its number, if that is wished: as many listeners as may be needed, each of whom replaces another.
///
/// # Errors
/// The time is none, listeners come at a rate, or too many would be needed.
pub(super) fn hold(wishes: &Wishes, source: &Source, plan: &mut Plan) -> Result<(), UsageError> {
    let Some(wish) = &wishes.schedule.hold else { return Ok(()) };
    let Some(span) = span(Some(wish), "hold", source)? else { return Ok(()) };
    let ArrivalSchedule::Even { window, users: present } = plan.schedule else {
        let what =
            "keeps --users listeners present, and --arrivals brings them at a rate; leave one of them out";
        return Err(source.error(wish, "hold", what));
    };
    let until = Instant::from_nanos(duration_nanos(span));
    let generations = (0..present).map(|place| generations(plan, place, present, span)).max().unwrap_or(1);
    let users = u64::from(generations) * u64::from(present);
    plan.users = u32::try_from(users).ok().filter(|users| *users <= MOST_LISTENERS).ok_or_else(|| {
        let what = format!(
            "takes up to {users} listeners one after the other, more than {MOST_LISTENERS}; hold for a shorter time, or give longer texts (--blocks)"
        );
        source.error(wish, "hold", what)
    })?;
    plan.schedule = ArrivalSchedule::Held(Hold { present, window, until });
    Ok(())
}

/// Most listeners that can come to one place in a time: each stays at least as long as it listens, or its text lasts.
fn generations(plan: &Plan, place: u32, present: u32, span: Duration) -> u32 {
    let text = f64::from(plan.blocks) * SHORT_BLOCK / FASTEST_SPEECH;
    let (mut stayed, mut listener, mut count) = (0.0, place, 0_u32);
    while stayed < span.as_secs_f64() && count <= MOST_LISTENERS {
        let listens = plan.behaviour.listens.map(|listens| listens.of(plan.seed, ListenerId(listener)));
        let audio = listens.map_or(text, |listens| text.min(listens.as_millis_f64() / 1_000.0));
        stayed += (audio / plan.speed.as_f64()).max(1.0);
        listener = listener.saturating_add(present);
        count += 1;
    }
    count
}

/// Looks whether what is to be left out of the figures at the start is something.
///
/// # Errors
/// It is neither `auto` nor `off` nor a time.
pub(super) fn check_warm_up(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    match &wishes.schedule.warm_up {
        None => Ok(()),
        Some(wish) if ["auto", "off"].contains(&wish.value.as_str()) || parse_span(&wish.value).is_ok() => {
            Ok(())
        }
        Some(wish) => {
            let what =
                format!("is `{}`; give auto, off, or a length of time such as 90s or 10min", wish.value);
            Err(source.error(wish, "warm_up", what))
        }
    }
}

fn lasts(wishes: &Wishes, source: &Source) -> Result<Option<Duration>, UsageError> {
    span(wishes.schedule.arrivals_for.as_ref(), "for", source)
}

fn span(wish: Option<&Wish<String>>, key: &str, source: &Source) -> Result<Option<Duration>, UsageError> {
    let Some(wish) = wish else { return Ok(None) };
    match parse_span(&wish.value) {
        Ok(span) if !span.is_zero() => Ok(Some(span)),
        Ok(_) | Err(_) => {
            let what = format!("is `{}`; give a length of time such as 90s, 10min or 2h", wish.value);
            Err(source.error(wish, key, what))
        }
    }
}

fn process(wish: &Wish<String>, source: &Source) -> Result<ArrivalProcess, UsageError> {
    let form = wish.value.parse();
    let wrong = |what: String| source.error(wish, "arrivals", format!("is `{}`: {what}", wish.value));
    match form.map_err(|error: claque_core::arrivals::ArrivalFormError| wrong(error.to_string()))? {
        ArrivalForm::Known(process) => Ok(process),
        ArrivalForm::Stages(name) => {
            let stages = parse_stages(&read(&name, wish, source)?);
            stages.map(ArrivalProcess::Paced).map_err(|error| in_file(&name, wish, source, &error))
        }
        ArrivalForm::Trace(name) => {
            let starts = parse_trace(&read(&name, wish, source)?);
            let starts = starts.map_err(|error| in_file(&name, wish, source, &error))?;
            Ok(ArrivalProcess::Trace(starts.into()))
        }
    }
}

fn read(name: &str, wish: &Wish<String>, source: &Source) -> Result<String, UsageError> {
    file::read_text(Path::new(name), file::MOST_TEXT).map_err(|error| {
        source.error(wish, "arrivals", format!("names {name}, which cannot be read: {error}; check the path"))
    })
}

fn in_file(
    name: &str,
    wish: &Wish<String>,
    source: &Source,
    error: &claque_core::arrivals::ArrivalFileError,
) -> UsageError {
    source.error(wish, "arrivals", format!("names {name}: {error}"))
}

/// The same arrivals with the file of a scenario where `place` has it.
fn with_file(typed: &str, place: impl FnOnce(&Path) -> PathBuf) -> String {
    match typed.split_once(':') {
        Some((kind @ ("stages" | "trace"), file)) if !file.trim().is_empty() => {
            format!("{kind}:{}", place(Path::new(file.trim())).display())
        }
        Some(_) | None => typed.to_owned(),
    }
}

/// How many texts there are, if not one for each listener.
pub(super) fn texts(wishes: &Wishes, source: &Source) -> Result<Option<TextPopularity>, UsageError> {
    let Some(wish) = &wishes.schedule.texts else {
        return match &wishes.schedule.zipf {
            Some(wish) => Err(source.error(wish, "zipf", "is how popular each of --texts is; add --texts")),
            None => Ok(None),
        };
    };
    if wishes.audience.use_cached.as_ref().is_some_and(|cached| cached.value) {
        let what =
            "has no meaning where all share one text that is cached before; leave it or --use-cached out";
        return Err(source.error(wish, "texts", what));
    }
    let texts = source.within(Some(wish), "texts", 1..=i64::from(MOST_LISTENERS), 1)?;
    let exponent = source.within(wishes.schedule.zipf.as_ref(), "zipf", 0.0..=STEEPEST, ZIPF)?;
    Ok(Some(TextPopularity { texts: u32::try_from(texts).unwrap_or(u32::MAX), exponent }))
}

/// How much each listens to, if not its whole text.
pub(super) fn listens(wishes: &Wishes, source: &Source) -> Result<Option<ListeningTime>, UsageError> {
    let Some(wish) = &wishes.schedule.listens else { return Ok(None) };
    let listens = wish.value.parse().map(Some);
    listens.map_err(|error: claque_core::listener::ListeningTimeError| {
        source.error(wish, "listens", format!("is `{}`: {error}", wish.value))
    })
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    if let Some(arrivals) = &wishes.schedule.arrivals {
        // Only one of them says when listeners start.
        scenario.remove("stagger");
        scenario.insert("arrivals".to_owned(), arrivals.value.as_str().into());
    }
    let usual = wishes.schedule.hold.as_ref().map(|_| "auto");
    if let Some(warm_up) = wishes.schedule.warm_up.as_ref().map(|wish| wish.value.as_str()).or(usual) {
        scenario.insert("warm_up".to_owned(), warm_up.into());
    }
    let texts = [
        ("for", &wishes.schedule.arrivals_for),
        ("listens", &wishes.schedule.listens),
        ("hold", &wishes.schedule.hold),
    ];
    for (key, wish) in texts {
        if let Some(wish) = wish {
            scenario.insert(key.to_owned(), wish.value.as_str().into());
        }
    }
    if let Some(texts) = &wishes.schedule.texts {
        scenario.insert("texts".to_owned(), texts.value.into());
        let zipf = wishes.schedule.zipf.as_ref().map_or(ZIPF, |wish| wish.value);
        scenario.insert("zipf".to_owned(), zipf.into());
    }
}
