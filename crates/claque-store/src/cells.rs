//! Names in cells of rows, and back.

use claque_core::{
    event::FailureClass,
    record::{BlockOutcome, BlockRecord, SessionEnd},
    remark::{Findings, Remark, Remarks, Sound},
    time::MediaTime,
};
use claque_stats::names;

pub(crate) fn outcome_from(name: &str, failure: Option<&str>) -> Result<BlockOutcome, String> {
    let plain = [
        BlockOutcome::Played,
        BlockOutcome::Unplayed,
        BlockOutcome::Skipped,
        BlockOutcome::Stopped,
        BlockOutcome::Abandoned,
    ];
    let found = match class_from(failure)? {
        Some(class) => Some(BlockOutcome::Failed(class)),
        None => plain.into_iter().find(|outcome| outcome.as_str() == name),
    };
    found
        .filter(|outcome| outcome.as_str() == name)
        .ok_or_else(|| format!("unknown outcome `{name}` with failure {failure:?}"))
}

/// The names of the remarks, in the order of reports.
pub(crate) fn remark_names(findings: Findings) -> String {
    let mut names = String::new();
    for remark in findings.remarks.iter() {
        if !names.is_empty() {
            names.push(' ');
        }
        names.push_str(remark.as_str());
    }
    names
}

/// What was found out about audio, by the names; nothing where nobody looked.
pub(crate) fn findings_from(remarks: Option<&str>, sound: Option<&str>) -> Result<Option<Findings>, String> {
    let Some(names) = remarks else { return Ok(None) };
    let remark = |name| Remark::of_name(name).ok_or_else(|| format!("unknown remark `{name}`"));
    let remarks = names.split_whitespace().map(remark).collect::<Result<Remarks, _>>()?;
    Ok(Some(Findings { remarks, sound: sound.map(sound_from).transpose()?, leading_silence: None }))
}

/// The same with how long it is silent at its head, nanoseconds.
pub(crate) fn with_leading_silence(findings: Findings, nanos: Option<u64>) -> Findings {
    Findings { leading_silence: nanos.map(MediaTime::from_nanos), ..findings }
}

/// How long a block's audio is silent at its head, nanoseconds at normal speed.
pub(crate) fn leading_silence(record: &BlockRecord) -> Option<u64> {
    record.findings.and_then(|found| found.leading_silence).map(MediaTime::as_nanos)
}

pub(crate) fn sound_from(name: &str) -> Result<Sound, String> {
    Sound::of_name(name).ok_or_else(|| format!("unknown sound `{name}`"))
}

pub(crate) fn end_from(name: &str, failure: Option<&str>) -> Result<SessionEnd, String> {
    let found = match class_from(failure)? {
        Some(class) => Some(SessionEnd::Failed(class)),
        None => [SessionEnd::Completed, SessionEnd::Stopped, SessionEnd::Left, SessionEnd::HungUp]
            .into_iter()
            .find(|end| end.as_str() == name),
    };
    found
        .filter(|end| end.as_str() == name)
        .ok_or_else(|| format!("unknown end `{name}` with failure {failure:?}"))
}

pub(crate) fn class_from(failure: Option<&str>) -> Result<Option<FailureClass>, String> {
    failure
        .map(|name| names::class_from_name(name).ok_or_else(|| format!("unknown failure class `{name}`")))
        .transpose()
}
