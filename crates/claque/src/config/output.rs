//! From wishes to where results go, what is kept, and how it is told.

use std::path::PathBuf;

use claque_core::{ids::ListenerId, plan::Plan, schedule::ArrivalSchedule};
use claque_net::audience::HearWish;
use claque_run::{order::Results, usage::hint};
use claque_stats::units::counted;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError,
    groups::Group,
    settings::{JudgementSettings, Output, PageChoice, Verbosity},
    told_files,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::{AudioFlags, OutputFlags};

/// Where runs are kept if nothing else is said.
pub(crate) const OUTPUT_DIR: &str = "claque-results";

/// Share of the compressed audio that is decoded if nothing else is said: of 200 blocks ten, at a cost that no lane notices.
const DECODE_SHARE: f64 = 0.05;

/// What was said about what is kept, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OutputWishes {
    pub(super) output_dir: Option<Wish<PathBuf>>,
    pub(super) keep_audio: Option<Wish<PathBuf>>,
    pub(super) hear: Option<Wish<TypedListener>>,
    pub(super) decode_share: Option<Wish<f64>>,
}

/// Whom somebody wants to hear, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "hear is the number of a listener, or \"worst\"")]
pub(crate) enum TypedListener {
    /// In a file.
    Number(i64),
    /// As typed.
    Word(String),
}

impl OutputWishes {
    pub(super) fn lay_hear(&mut self, typed: Option<String>) {
        over(&mut self.hear, typed.map(TypedListener::Word));
    }

    pub(super) fn lay_audio(&mut self, flags: AudioFlags) {
        over(&mut self.keep_audio, flags.keep_audio);
        self.lay_hear(flags.hear);
        over(&mut self.decode_share, flags.decode_share);
    }
}

impl Group for OutputWishes {}

/// The share of the compressed audio that is decoded.
///
/// # Errors
/// It is no share.
pub(super) fn decode_share(wishes: &Wishes, source: &Source) -> Result<f64, UsageError> {
    source.within(wishes.output.decode_share.as_ref(), "decode_share", 0.0..=1.0, DECODE_SHARE)
}

/// Of whom it is kept what was heard.
///
/// # Errors
/// There will be no such listener.
pub(super) fn hear(wishes: &Wishes, source: &Source, plan: &Plan) -> Result<Option<HearWish>, UsageError> {
    const WORST: &str = "worst";
    let Some(wish) = &wishes.output.hear else { return Ok(None) };
    let (typed, number) = match &wish.value {
        TypedListener::Number(number) => (number.to_string(), u32::try_from(*number).ok()),
        TypedListener::Word(word) => (word.clone(), word.parse().ok()),
    };
    if typed == WORST {
        return Ok(Some(HearWish::Worst));
    }
    let Some(number) = number else {
        let hint = hint(&typed, &[WORST])
            .unwrap_or_else(|| format!("give the number of a listener, counted from 0, or `{WORST}`"));
        return Err(source.error(wish, "hear", format!("is `{typed}`, which is nobody; {hint}")));
    };
    let users = plan.schedule.known_of(plan.users);
    let is_held = matches!(plan.schedule, ArrivalSchedule::Held(_));
    if number >= users && !is_held {
        let there_are = match users {
            1 => "the only listener is number 0".to_owned(),
            _ => format!("there are {}, numbered from 0 to {}", counted(users.into(), "listener"), users - 1),
        };
        return Err(source.error(
            wish,
            "hear",
            format!("is {number}, and {there_are}; give another number, or `{WORST}`"),
        ));
    }
    Ok(Some(HearWish::Listener(ListenerId(number))))
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(decode_share: f64, scenario: &mut Map<String, Value>) {
    scenario.insert("decode_share".to_owned(), decode_share.into());
}

/// Where results go, and how they are told.
pub(super) fn output(
    flags: OutputFlags,
    judging: JudgementSettings,
    wishes: &mut Wishes,
) -> Result<(Results, Output), UsageError> {
    over(&mut wishes.output.output_dir, flags.output_dir);
    let dir = wishes.output.output_dir.as_ref().map_or_else(|| OUTPUT_DIR.into(), |wish| wish.value.clone());
    let JudgementSettings { objectives, junit, markdown } = judging;
    let (format, markdown) = told_files::form(flags.json, markdown)?;
    let output = Output {
        format,
        page: if flags.no_report { PageChoice::LeftOut } else { PageChoice::Written },
        talk: talk(flags.quiet),
        junit,
        markdown,
        vocabulary: None,
    };
    Ok((Results { kept_dir: dir.clone(), dir, objectives, repeat_of: None }, output))
}

pub(super) const fn talk(quiet: bool) -> Verbosity {
    if quiet { Verbosity::Quiet } else { Verbosity::Normal }
}
