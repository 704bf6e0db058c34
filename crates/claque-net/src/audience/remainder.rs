//! What is left of an answer whose content is whole: of server-sent events, all behind the one that says that they are over.

use claque_core::time::{Duration, Instant};
use claque_wire::http1::{Part, Response};

use super::{
    io::{Io, MOST_READS},
    stream::Stream,
};

/// The end of an answer follows its last event within moments. A connection on which it does not is of no more use.
const LONGEST: Duration = Duration::from_secs(5);

/// The rest of an answer. Nobody waits for it; once it has come, its connection may serve again.
#[derive(Debug)]
pub(super) struct Remainder {
    answer: Response,
    since: Instant,
}

/// What a connection is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionReuse {
    /// For another request.
    Now,
    /// For one later: the answer goes on.
    NotYet,
    /// For nothing.
    Never,
}

impl Remainder {
    pub(super) const fn new(answer: Response, since: Instant) -> Self {
        Self { answer, since }
    }

    /// Whether it has been waited for in vain.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        now.since(self.since) >= LONGEST
    }

    /// Reads what is there.
    pub(super) fn read(&mut self, io: &mut Io, stream: &mut Stream, input: &mut [u8]) -> ConnectionReuse {
        for _ in 0..MOST_READS {
            let count = match stream.read(&mut io.receiver, input) {
                Ok(reading) => reading.count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    return ConnectionReuse::NotYet;
                }
                Err(_) => return ConnectionReuse::Never,
            };
            match self.take(&input[..count]) {
                ConnectionReuse::NotYet if count > 0 => {}
                ConnectionReuse::NotYet => return ConnectionReuse::Never,
                usable @ (ConnectionReuse::Now | ConnectionReuse::Never) => return usable,
            }
        }
        // Whoever sends as much behind the end has not understood it.
        ConnectionReuse::Never
    }

    fn take(&mut self, mut bytes: &[u8]) -> ConnectionReuse {
        loop {
            match self.answer.next(&mut bytes) {
                Ok(Some(Part::End)) if self.answer.keeps_alive() && bytes.is_empty() => {
                    return ConnectionReuse::Now;
                }
                Ok(Some(Part::End)) | Err(_) => return ConnectionReuse::Never,
                Ok(Some(Part::Head { .. } | Part::Body(_))) => {}
                Ok(None) => return ConnectionReuse::NotYet,
            }
        }
    }
}
