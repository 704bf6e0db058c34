//! What an operating system offers a lane beyond what all of them do: when bytes reached this machine, alarms finer than a
//! millisecond, and a table of open files of a thread's own. Linux offers all three; elsewhere the portable way is taken.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
pub(super) use self::linux::{Alarm, Control, has_own_tables, own_table, receive, want_stamps};
#[cfg(not(target_os = "linux"))]
pub(super) use self::portable::{Alarm, Control, has_own_tables, own_table, receive, want_stamps};

/// What one read of a socket brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// Bytes; 0 at the end.
    pub(super) count: usize,
    /// What the wall clock showed when the last of them reached this machine, in nanoseconds since 1970, where the system says.
    pub(super) stamp: Option<u64>,
}
