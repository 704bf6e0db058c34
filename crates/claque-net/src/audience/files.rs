//! Open files: how many listeners a table of them holds, and how many tables there may be.

use std::thread;

use super::{AudienceError, system::own_table};

/// What is open besides the listeners' own connections.
const OTHERS: u64 = 128;
/// Connections for audio that a lane with a full table has at most, about.
const FOR_AUDIO: u64 = 2_048;
/// More threads than this are of no use to anybody.
const MOST_LANES: u64 = 64;

/// How listeners are spread over threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ThreadLayout {
    pub(super) lanes: usize,
    /// Whether each thread is to have a table of open files of its own: the system's limit is one of tables.
    pub(super) own_tables: bool,
}

/// Makes room for every listener's connections, on `lanes` threads or, where the limit asks for it, on more.
pub(super) fn allot(listeners: usize, lanes: usize) -> Result<ThreadLayout, AudienceError> {
    let wide = u64::try_from(listeners).unwrap_or(u64::MAX);
    // A socket and a fetch each, twice when the gateway is in this process.
    let allowed = rlimit::increase_nofile_limit(wide.saturating_mul(4).saturating_add(OTHERS))?;
    let needed = wide.saturating_add(OTHERS);
    let tables = if needed > allowed && has_own_tables() { MOST_LANES } else { 1 };
    spread(wide, lanes.clamp(1, listeners.max(1)), allowed, tables).ok_or(AudienceError::TooFewFiles {
        listeners,
        needed,
        allowed,
    })
}

/// Whether a thread gets a table of its own: sandboxes of containers may forbid it.
fn has_own_tables() -> bool {
    thread::spawn(own_table).join().is_ok_and(|made| {
        made.inspect_err(|error| tracing::debug!("no thread may have its own table of open files: {error}"))
            .is_ok()
    })
}

/// `tables` is how many there may be.
fn spread(listeners: u64, lanes: usize, allowed: u64, tables: u64) -> Option<ThreadLayout> {
    if listeners.saturating_add(OTHERS) <= allowed {
        return Some(ThreadLayout { lanes, own_tables: false });
    }
    let of_each = allowed.checked_sub(OTHERS + FOR_AUDIO).filter(|room| *room > 0)?;
    let needed = listeners.div_ceil(of_each);
    let lanes = lanes.max(usize::try_from(needed).ok()?);
    (needed <= tables && tables > 1).then_some(ThreadLayout { lanes, own_tables: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_table_holds_stays_in_one() {
        assert_eq!(spread(19_000, 2, 20_000, 64), Some(ThreadLayout { lanes: 2, own_tables: false }));
    }

    #[test]
    fn a_crowd_that_one_table_does_not_hold_is_spread_over_several() {
        assert_eq!(spread(50_000, 2, 20_000, 64), Some(ThreadLayout { lanes: 3, own_tables: true }));
        assert_eq!(spread(30_000, 4, 20_000, 64), Some(ThreadLayout { lanes: 4, own_tables: true }));
    }

    #[test]
    fn where_there_is_no_room_there_is_none() {
        assert_eq!(spread(50_000, 1, 20_000, 1), None, "one table is all there is");
        assert_eq!(spread(5_000, 1, 1_024, 64), None, "a table that holds hardly anything is of no use");
        assert_eq!(spread(5_000_000, 1, 20_000, 64), None, "there is an end to it");
    }
}
