//! What listeners do besides listening: rates a minute, inline, in a file, or as a table of the scenario.

use std::path::Path;

use claque_core::{listener::Behaviour, time::Duration};
use serde::{Deserialize, Serialize};

use super::{UsageError, file, scenario::explain};

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
        let (place, text) = if typed.contains('=') {
            ("--behaviour".to_owned(), typed.replace(',', "\n"))
        } else {
            let text = file::read_text(Path::new(typed), file::MOST_SETTINGS).map_err(|error| {
                UsageError::new(format!(
                    "--behaviour names {typed}, which cannot be read: {error}; give a file, or rates such as seek=0.5,pause=0.2"
                ))
            })?;
            (format!("--behaviour {typed}"), text)
        };
        toml::from_str(&text)
            .map_err(|error| UsageError::new(format!("{place}: {}", explain(error.message()))))
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
        let error = BehaviourSettings::parse("skip=-1").unwrap().decide().unwrap_err();
        assert_eq!(error, "has skip = -1; give 0 to 600");
    }
}
