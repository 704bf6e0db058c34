//! A connection at work: the request out, the answer in.

use std::io::{self, ErrorKind};

use claque_core::{
    event::{Event, Failure, FailureClass, Phase},
    time::Instant,
};

use super::{Busy, Cause, Way};
use crate::{
    audience::{
        inbox::Inbox,
        io::{Io, MOST_READS},
        outbox::Outbox,
        remainder::ConnectionReuse,
    },
    service::failure_of,
};

/// An answer that is whole.
pub(super) struct End {
    pub(super) at: Instant,
    /// What the connection is good for now.
    pub(super) usable: ConnectionReuse,
}

/// Why a connection is of no more use.
pub(super) enum Stop {
    Again,
    Failed(Failure),
}

impl Busy {
    pub(super) fn go_on(
        &mut self,
        io: &mut Io,
        way: &mut Way,
        out: &mut Outbox<()>,
        cause: Cause,
        input: &mut [u8],
        inbox: &mut Inbox,
    ) -> Result<Option<End>, Stop> {
        let stream = match way {
            Way::Open(stream) => stream,
            Way::Dialing(dial, since) => {
                let Some(stream) = dial.proceed(io).map_err(Stop::Failed)? else { return Ok(None) };
                let now = io.clock().now();
                if self.transfer.exchange.tells_connecting() {
                    inbox.push(now, Event::Connected { connect: now.since(*since) });
                }
                *way = Way::Open(stream);
                let Way::Open(stream) = way else { return Ok(None) };
                stream
            }
        };
        let mut is_sent = false;
        out.flush(stream, |()| is_sent = true).map_err(|error| self.broken(&error))?;
        if is_sent && let Some(event) = self.transfer.exchange.handle_sent() {
            inbox.push(io.clock().now(), event);
        }
        if cause == Cause::Given {
            return Ok(None);
        }
        for _ in 0..MOST_READS {
            let reading = match stream.read(&mut io.receiver, input) {
                Ok(reading) => reading,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(self.broken(&error)),
            };
            if reading.count == 0 {
                return self.hang_up(reading.at).map(Some);
            }
            let mut bytes = &input[..reading.count];
            let is_whole =
                self.transfer.take(&mut self.answer, &mut bytes, reading.at, inbox).map_err(Stop::Failed)?;
            if is_whole {
                // What nobody asked for is no beginning of the next answer.
                let usable = match (self.answer.is_over(), self.answer.keeps_alive() && bytes.is_empty()) {
                    (true, true) => ConnectionReuse::Now,
                    (true, false) => ConnectionReuse::Never,
                    (false, _) => {
                        // There may be more to be read, of which the system tells no second time.
                        io.goes_on(self.token);
                        ConnectionReuse::NotYet
                    }
                };
                return Ok(Some(End { at: reading.at, usable }));
            }
            if cause == Cause::News && stream.is_drained_by(reading.count, input.len()) {
                return Ok(None);
            }
        }
        io.goes_on(self.token);
        Ok(None)
    }

    /// The other side sends no more.
    fn hang_up(&mut self, at: Instant) -> Result<End, Stop> {
        if self.is_reused && !self.answer.has_begun() {
            return Err(Stop::Again);
        }
        match self.answer.end() {
            Ok(()) => Ok(End { at, usable: ConnectionReuse::Never }),
            Err(_) => Err(self.broken(&ErrorKind::UnexpectedEof.into())),
        }
    }

    fn broken(&self, error: &io::Error) -> Stop {
        if self.is_reused && !self.answer.has_begun() {
            return Stop::Again;
        }
        let failure = failure_of(error, Phase::BeforeAudio);
        let is_ours = failure.class == FailureClass::Generator;
        Stop::Failed(if self.transfer.exchange.has_begun() && !is_ours {
            self.transfer.exchange.broken(&failure.text)
        } else {
            failure
        })
    }
}
