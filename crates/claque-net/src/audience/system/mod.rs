//! What an operating system offers a lane beyond what all of them do: when bytes reached this machine, alarms finer than a
//! millisecond, and a table of open files of a thread's own. Linux offers all three; elsewhere the portable way is taken.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

#[cfg(target_os = "linux")]
pub(super) use self::linux::{Alarm, Control, own_table, receive, want_stamps};
#[cfg(not(target_os = "linux"))]
pub(super) use self::portable::{Alarm, Control, own_table, receive, want_stamps};

/// What one read of a socket brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// Bytes; 0 at the end.
    pub(super) count: usize,
    /// What the wall clock showed when the last of them reached this machine, in nanoseconds since 1970, where the system says.
    pub(super) stamp: Option<u64>,
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        io::{ErrorKind, Write as _},
        net::TcpListener,
    };

    use claque_core::time::{Duration, Instant};
    use mio::{Poll, Token, net::TcpStream};

    use super::{linux, portable};

    fn stream_with(bytes: &[u8]) -> std::io::Result<TcpStream> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
        listener.accept()?.0.write_all(bytes)?;
        stream.set_nonblocking(true)?;
        Ok(TcpStream::from_std(stream))
    }

    #[test]
    fn the_portable_way_reads_what_linux_reads_without_stamps() {
        let (mut plain, mut stamped) = ([0; 16], [0; 16]);
        let stream = stream_with(b"audio").unwrap();
        linux::want_stamps(&stream);
        let said = linux::receive(&stream, &mut stamped, &mut linux::Control::new()).unwrap();
        let stream = stream_with(b"audio").unwrap();
        portable::want_stamps(&stream);
        let read = portable::receive(&stream, &mut plain, &mut portable::Control::new()).unwrap();
        assert_eq!((read.count, plain), (said.count, stamped));
        assert_eq!(read.stamp, None);
    }

    #[test]
    fn the_portable_alarm_is_the_length_of_the_wait() {
        let poll = Poll::new().unwrap();
        let mut alarm = portable::Alarm::new(poll.registry(), Token(0));
        let (now, due) = (Instant::from_millis(10), Instant::from_millis(25));
        assert_eq!(alarm.set(Some(due), now), Some(Duration::from_millis(15)));
        assert_eq!(alarm.set(None, now), None);
        assert_eq!(portable::own_table().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
