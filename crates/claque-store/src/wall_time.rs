//! Moments of the calendar, as text.

use jiff::{Timestamp, tz::TimeZone};

/// A moment in nanoseconds since 1970-01-01 UTC. Ends in the year 2554.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// Reads the older script's form, as UTC; none of anything else.
    pub(crate) fn from_naive(text: &str) -> Option<Self> {
        let moment: jiff::civil::DateTime = text.parse().ok()?;
        let nanos = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
        u64::try_from(nanos).ok().map(Self)
    }

    /// The older script's form: UTC without a zone, to the microsecond.
    pub(crate) fn naive(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.6f")
    }

    /// The same with the zone named.
    #[must_use]
    pub fn utc(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.6fZ")
    }

    fn format(self, pattern: &str) -> String {
        Timestamp::from_nanosecond(i128::from(self.0))
            .expect("u64 nanoseconds end in 2554, a timestamp in 9999")
            .to_zoned(TimeZone::UTC)
            .strftime(pattern)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_older_scripts() {
        let moment = UnixNanos(1_795_502_897_627_870_999);
        assert_eq!(moment.naive(), "2026-11-24T06:48:17.627870");
        assert_eq!(moment.utc(), "2026-11-24T06:48:17.627870Z");
    }

    #[test]
    fn what_was_written_can_be_read() {
        let moment = UnixNanos(1_795_502_897_627_870_000);
        assert_eq!(UnixNanos::from_naive(&moment.naive()), Some(moment));
        assert_eq!(UnixNanos::from_naive("yesterday"), None);
    }

    #[test]
    fn a_whole_second_keeps_its_six_digits() {
        assert_eq!(UnixNanos(0).naive(), "1970-01-01T00:00:00.000000");
        assert_eq!(UnixNanos(u64::MAX).naive(), "2554-07-21T23:34:33.709551");
    }
}
