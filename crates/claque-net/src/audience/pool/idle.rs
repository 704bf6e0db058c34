//! Connections that have nothing to do.

use std::io::ErrorKind;

use claque_core::time::Instant;

use super::{IDLE, Pool, Task, Way};
use crate::audience::{io::Io, places::PlaceId, shaping::NetworkHandle};

impl Pool {
    /// Closes the connections of a listener's network that have nothing to do: the listener has gone.
    pub(in crate::audience) fn close_idle(&mut self, io: &mut Io, network: &NetworkHandle) {
        for place in io.places.iter_mut() {
            while let Some(at) = place.idle.iter().position(|number| self.is_over(*number, network)) {
                let number = place.idle.remove(at);
                number.map(|number| self.list.try_remove(number));
                self.idle -= 1;
            }
        }
    }

    /// Whether a connection goes over that network.
    fn is_over(&self, number: usize, network: &NetworkHandle) -> bool {
        let own = self.list.get(number).and_then(|connection| connection.network.as_ref());
        own.is_some_and(|own| own.is(network))
    }

    pub(super) fn take_idle(
        &mut self,
        io: &mut Io,
        place: PlaceId,
        network: Option<&NetworkHandle>,
    ) -> Option<usize> {
        let now = io.clock().now();
        let idle = &mut io.places.place_mut(place).idle;
        let number = match network {
            None => idle.pop_back()?,
            Some(network) => {
                let own = |number: &usize| self.is_over(*number, network);
                idle.remove(idle.iter().rposition(own)?)?
            }
        };
        self.idle -= 1;
        if self.is_old(number, now) {
            self.list.try_remove(number);
            return None;
        }
        Some(number)
    }

    pub(super) fn is_old(&self, number: usize, now: Instant) -> bool {
        match self.list.get(number).map(|connection| &connection.task) {
            Some(Task::Idle { since }) => now.since(*since) >= IDLE,
            Some(Task::Busy(_) | Task::Ending(_)) => false,
            None => true,
        }
    }

    /// What is there to be read on an idle connection is its end, or nothing that anybody asked for.
    pub(super) fn look_after_idle(&mut self, io: &mut Io, number: usize) {
        let connection = &mut self.list[number];
        let Way::Open(stream) = &mut connection.way else { return };
        let mut byte = [0];
        match stream.read(&mut io.receiver, &mut byte) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Ok(_) | Err(_) => {
                let place = io.places.place_mut(connection.place);
                place.idle.retain(|idle| *idle != number);
                self.list.remove(number);
                self.idle -= 1;
            }
        }
    }
}
