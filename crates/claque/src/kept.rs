//! Runs that are kept: where they are, and what is said of them.

use std::path::PathBuf;

use claque_net::unix_nanos;
use claque_run::record::judge;
use claque_stats::{Summary, Verdict};
use claque_store::{
    Manifest,
    finished::{Finished, Heading, TimeKind},
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    cli::{KeptFlags, RunFlag},
    config::{OUTPUT_DIR, UsageError},
    find,
};

impl KeptFlags {
    /// The folder in which runs are.
    pub(crate) fn dir(&self) -> PathBuf {
        self.output_dir.clone().unwrap_or_else(|| OUTPUT_DIR.into())
    }
}

impl RunFlag {
    /// The folder of the run that is meant.
    ///
    /// # Errors
    /// There is none, or several could be meant.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        find::run(&self.run, &self.kept.dir())
    }
}

/// A saved run as a report tells it.
pub(crate) fn finished(folder: PathBuf, manifest: Manifest, summary: Summary, verdict: Verdict) -> Finished {
    let time = time_of(&manifest.scenario);
    let Manifest { target, config, seed, scenario, preparation, service_load: load, objectives, .. } =
        manifest;
    // What was said beforehand is in the verdict.
    let heading = Heading { target, config, time, seed, scenario, notes: Vec::new() };
    Finished { heading, folder, summary, verdict, preparation, load, objectives, not_kept: None }
}

/// Judges a run that is kept: by its figures, and by what was found out when it was imported.
pub(crate) fn judge_again(manifest: &Manifest, summary: &Summary) -> Verdict {
    use claque_stats::ReasonId;

    let mut verdict = judge(summary, time_of(&manifest.scenario));
    let saved = manifest.verdict.clone().map(Verdict::from);
    let (reasons, notes) = saved.map(|saved| (saved.reasons, saved.notes)).unwrap_or_default();
    let stays = |id| {
        matches!(
            id,
            ReasonId::CrossTalkSuspected
                | ReasonId::Lockstep
                | ReasonId::Inferred
                | ReasonId::Aborted
                | ReasonId::DocumentsReused
                | ReasonId::ByHand
                | ReasonId::ThroughProxy
                | ReasonId::CertificatesUnchecked
                | ReasonId::SeveralAddresses
                | ReasonId::SpeedBeyondPlayer
                | ReasonId::SteadyState
                | ReasonId::WarmUpNotLeft
                | ReasonId::HoldNotKept
                | ReasonId::TextsTooShort
                | ReasonId::OtherTexts
                | ReasonId::OddBlocks
                | ReasonId::SecretInName
                | ReasonId::ModelInDoubt
        )
    };
    verdict.reasons.extend(reasons.into_iter().filter(|reason| stays(reason.id)));
    // Older files have the words of some of today's notes under another id.
    let told: Vec<_> = verdict.notes.iter().map(|note| note.text.clone()).collect();
    verdict.notes.extend(notes.into_iter().filter(|note| stays(note.id) && !told.contains(&note.text)));
    manifest.worth(verdict)
}

/// Which time a run's times are of: its scenario says so.
pub(crate) fn time_of(scenario: &serde_json::Value) -> TimeKind {
    if scenario.get("time").and_then(serde_json::Value::as_str) == Some("virtual") {
        TimeKind::Virtual
    } else {
        TimeKind::Real
    }
}

/// The moment that is meant, in the form of `started_at_utc`: a date, or so long ago as "7d", "12h" or "30m".
///
/// # Errors
/// It is neither.
pub(crate) fn moment(flag: &str, typed: &str) -> Result<String, UsageError> {
    let wrong = || {
        UsageError::new(format!(
            "{flag} is {typed}; give a date such as 2026-11-24, or a time such as 7d, 12h or 30m"
        ))
    };
    let is_date = typed.len() >= 10 && typed.as_bytes().get(4) == Some(&b'-');
    if is_date && typed.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok()) {
        return Ok(typed.to_owned());
    }
    let seconds_each = match typed.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        _ => return Err(wrong()),
    };
    let count: u64 = typed.get(..typed.len() - 1).and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
    let back =
        count.checked_mul(seconds_each).and_then(|s| s.checked_mul(1_000_000_000)).ok_or_else(wrong)?;
    let at =
        Timestamp::from_nanosecond(i128::from(unix_nanos().saturating_sub(back))).map_err(|_| wrong())?;
    Ok(at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_so_long_ago() {
        assert_eq!(moment("--since", "2026-11-24").unwrap(), "2026-11-24");
        let day = moment("--since", "1d").unwrap();
        assert!(day.len() == 19 && day < moment("--since", "1m").unwrap());
        for wrong in ["yesterday", "d", "", "2026-13-45", "7w", "-1d"] {
            assert!(moment("--since", wrong).is_err(), "{wrong}");
        }
    }
}
