//! Rules that stop a hopeless run early: bounds on what is counted while it goes on.

use super::{Figure, Measure, Objective, ObjectiveError, Quality, Subject};
use crate::sample::whole;

/// A condition under which a run is not worth going on.
#[derive(Clone, Debug, PartialEq)]
pub struct AbortRule(Objective);

/// What is counted while a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Listeners the run was to have.
    pub users: u64,
    /// Failures so far.
    pub errors: u64,
    /// Stalls that are over.
    pub underruns: u64,
    /// Listeners whose playback waits at this moment.
    pub stalled: u64,
}

impl AbortRule {
    /// Reads a rule, such as `errors > 10` or `listeners stalled > 50 %`. The grammar is that of objectives.
    ///
    /// # Errors
    /// It is none, or is about something that is not counted while a run goes on.
    pub fn parse(line: &str) -> Result<Self, ObjectiveError> {
        let rule = Objective::parse_any(line)?;
        match rule.subject {
            Subject::Errors
            | Subject::Underruns(Figure::Total)
            | Subject::Listeners(Quality::Stalled, Measure::Count | Measure::Share) => Ok(Self(rule)),
            Subject::Time(..)
            | Subject::StalledTime(_)
            | Subject::Underruns(Figure::Mean | Figure::Max | Figure::Percentile(_))
            | Subject::Success
            | Subject::Goodput
            | Subject::Resends(_)
            | Subject::GivenUp(_)
            | Subject::Continuity(_)
            | Subject::Listeners(Quality::UnderrunFree | Quality::Started | Quality::Completed, _) => {
                Err(ObjectiveError {
                    text: rule.text,
                    what: "what is not counted while a run goes on".to_owned(),
                    at: 1,
                    hint: "; give errors, underruns or listeners stalled".to_owned(),
                })
            }
        }
    }

    /// The line it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether the run should stop now.
    #[must_use]
    pub fn holds(&self, counts: LiveCounts) -> bool {
        let value = match self.0.subject {
            Subject::Errors => whole(counts.errors),
            Subject::Underruns(_) => whole(counts.underruns),
            Subject::Listeners(_, Measure::Count) => whole(counts.stalled),
            Subject::Listeners(_, Measure::Share) => {
                100.0 * whole(counts.stalled) / whole(counts.users.max(1))
            }
            Subject::Time(..)
            | Subject::StalledTime(_)
            | Subject::Success
            | Subject::Goodput
            | Subject::Resends(_)
            | Subject::GivenUp(_)
            | Subject::Continuity(_) => return false,
        };
        self.0.relation.holds(value, self.0.limit)
    }
}
