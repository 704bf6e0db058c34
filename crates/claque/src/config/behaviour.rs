//! What listeners do besides listening: rates a minute, inline, in a file, or as a table of the scenario.

use std::path::Path;

use claque_core::{listener::Behaviour, time::Duration};
use serde::{Deserialize, Serialize};

use super::{
    UsageError, file,
    scenario::{complaint, explain},
    wish::Source,
};

/// Most of anything a minute: sixty a second would be no person.
const MOST_A_MINUTE: f64 = 600.0;
/// Longest mean pause, in seconds: a day.
const LONGEST_PAUSE: f64 = 86_400.0;

/// `[behaviour]`. What is absent is not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BehaviourSettings {
    seek: Option<f64>,
    skip: Option<f64>,
    pause: Option<f64>,
    #[serde(alias = "pause-seconds")]
    pause_seconds: Option<f64>,
    voice: Option<f64>,
    #[serde(alias = "hang-up")]
    hang_up: Option<f64>,
}

impl BehaviourSettings {
    /// Reads `seek=0.5,pause=0.2`, or the file of that name.
    ///
    /// # Errors
    /// There is no such file, or it or the typed text names something unknown.
    pub(crate) fn parse(typed: &str) -> Result<Self, UsageError> {
        if typed.contains('=') {
            return Self::inline(typed);
        }
        let text = file::read_text(Path::new(typed), file::MOST_SETTINGS).map_err(|error| {
            UsageError::new(format!(
                "--behaviour names {typed}, which cannot be read: {error}; give a file, or rates such as seek=0.5,pause=0.2"
            ))
        })?;
        let source = Source { path: typed.into(), text };
        toml::from_str(&source.text)
            .map_err(|error| UsageError::new(format!("--behaviour {}", complaint(&error, &source))))
    }

    /// Reads `seek=0.5,pause=0.2`.
    fn inline(typed: &str) -> Result<Self, UsageError> {
        let wrong = |what: String| UsageError::new(format!("--behaviour: {what}"));
        let mut table = toml::Table::new();
        for part in typed.split(',') {
            let (key, value) = part.split_once('=').ok_or_else(|| {
                wrong(format!("`{}` has no rate; give rates such as seek=0.5,pause=0.2", part.trim()))
            })?;
            let (key, value) = (key.trim(), value.trim());
            let number = value.parse::<f64>().ok().filter(|_| is_plain(value)).ok_or_else(|| {
                wrong(format!("{key} is `{value}`, which is no number; write one such as 0.5 or 10"))
            })?;
            if table.insert(key.to_owned(), number.into()).is_some() {
                return Err(wrong(format!("{key} is there twice; take one out")));
            }
        }
        table.try_into().map_err(|error: toml::de::Error| wrong(explain(error.message())))
    }

    /// What it means.
    ///
    /// # Errors
    /// A number is out of range; says which are not.
    pub(crate) fn decide(self) -> Result<Behaviour, String> {
        let within = |key: &str, value: Option<f64>, default: f64, most: f64| match value {
            None => Ok(default),
            Some(value) if (0.0..=most).contains(&value) => Ok(value),
            Some(value) => Err(format!("has {key} = {value}; give 0 to {most}")),
        };
        let rate = |key, value| within(key, value, 0.0, MOST_A_MINUTE);
        let mean_pause = Behaviour::NONE.mean_pause.as_secs_f64();
        let mean_pause = within("pause_seconds", self.pause_seconds, mean_pause, LONGEST_PAUSE)?;
        Ok(Behaviour {
            seek: rate("seek", self.seek)?,
            skip: rate("skip", self.skip)?,
            pause: rate("pause", self.pause)?,
            mean_pause: Duration::from_secs_f64(mean_pause),
            voice: rate("voice", self.voice)?,
            hang_up: rate("hang_up", self.hang_up)?,
            turns: None,
            listens: None,
        })
    }
}

/// Whether it is a number as files of settings have it: with digits on both sides of its point, and neither infinite nor none.
fn is_plain(text: &str) -> bool {
    let is_whole = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (number, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    [whole, part, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)].into_iter().all(is_whole)
}

impl From<Behaviour> for BehaviourSettings {
    fn from(behaviour: Behaviour) -> Self {
        let Behaviour { seek, skip, pause, mean_pause, voice, hang_up, turns: _, listens: _ } = behaviour;
        Self {
            seek: Some(seek),
            skip: Some(skip),
            pause: Some(pause),
            pause_seconds: Some(mean_pause.as_secs_f64()),
            voice: Some(voice),
            hang_up: Some(hang_up),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn rates_are_read_inline_and_from_a_file() {
        let expected =
            Behaviour { seek: 0.5, hang_up: 0.02, mean_pause: Duration::from_secs(3), ..Behaviour::NONE };
        let inline = BehaviourSettings::parse("seek=0.5, hang-up=0.02,pause-seconds=3").unwrap();
        assert_eq!(inline.decide(), Ok(expected));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "seek = 0.5\nhang_up = 0.02\npause_seconds = 3\n").unwrap();
        let read = BehaviourSettings::parse(file.path().to_str().unwrap()).unwrap();
        assert_eq!(read, inline);
        assert_eq!(BehaviourSettings::from(expected).decide(), Ok(expected));
    }

    #[test]
    fn what_is_unknown_or_out_of_range_is_named() {
        let error = BehaviourSettings::parse("seak=1").unwrap_err().to_string();
        assert_eq!(error, "--behaviour: unknown key `seak`; did you mean `seek`?");
        let error = BehaviourSettings::parse("no-such-file").unwrap_err().to_string();
        assert!(error.starts_with("--behaviour names no-such-file, which cannot be read"), "{error}");
        for (typed, words) in [
            ("voice=.5", "--behaviour: voice is `.5`, which is no number; write one such as 0.5 or 10"),
            (
                "seek=1,voice=abc",
                "--behaviour: voice is `abc`, which is no number; write one such as 0.5 or 10",
            ),
            ("voice=1.", "--behaviour: voice is `1.`, which is no number; write one such as 0.5 or 10"),
            ("voice=nan", "--behaviour: voice is `nan`, which is no number; write one such as 0.5 or 10"),
            ("voice=", "--behaviour: voice is ``, which is no number; write one such as 0.5 or 10"),
            ("voice=1,,seek=1", "--behaviour: `` has no rate; give rates such as seek=0.5,pause=0.2"),
            (
                "voice=1 seek=2",
                "--behaviour: voice is `1 seek=2`, which is no number; write one such as 0.5 or 10",
            ),
            ("voice=1,voice=2", "--behaviour: voice is there twice; take one out"),
        ] {
            assert_eq!(BehaviourSettings::parse(typed).unwrap_err().to_string(), words);
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "seek = 1\nvoice = .5\n").unwrap();
        let name = file.path().to_str().unwrap();
        let error = BehaviourSettings::parse(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("--behaviour {name}:2: voice is `.5`, which is no number; write one such as 0.5 or 10")
        );
        let error = BehaviourSettings::parse("skip=-1").unwrap().decide().unwrap_err();
        assert_eq!(error, "has skip = -1; give 0 to 600");
    }
}
