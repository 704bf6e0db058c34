//! Everybody's seat: there before the audience comes, or filled while others listen, for those who replace them.

use std::sync::{Arc, OnceLock};

use claque_core::ids::ListenerId;
use mio::Waker;

use super::{AudienceOrder, Seat};

/// The seats of an audience, by the places of its share.
#[derive(Debug)]
pub struct Seats(Box<[OnceLock<Option<Seat>>]>);

/// What there is at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// Somebody can listen.
    Ready(&'a Seat),
    /// Whoever was to have it has nothing to hear, and never starts.
    Nobody,
    /// It is still being prepared.
    ToCome,
}

/// Fills seats while the audience listens. It stays on the thread that started the audience: what wakes a lane is closed where it was opened.
#[derive(Clone, Debug)]
pub struct SeatFiller {
    pub(super) seats: Arc<Seats>,
    pub(super) wakers: Vec<Arc<Waker>>,
}

impl Seats {
    /// Seats for `places` listeners, of which the first are known; none is the seat of one that never starts. The others are to come.
    #[must_use]
    pub fn new(known: Vec<Option<Seat>>, places: usize) -> Arc<Self> {
        let to_come = places.saturating_sub(known.len());
        let known = known.into_iter().map(OnceLock::from);
        Arc::new(Self(known.chain(std::iter::repeat_with(OnceLock::new).take(to_come)).collect()))
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// What there is at a place; none beyond the last.
    pub(super) fn at(&self, place: usize) -> Option<Place<'_>> {
        Some(match self.0.get(place)?.get() {
            Some(Some(seat)) => Place::Ready(seat),
            Some(None) => Place::Nobody,
            None => Place::ToCome,
        })
    }

    /// Those that are ready.
    pub(super) fn ready(&self) -> impl Iterator<Item = &Seat> {
        self.0.iter().filter_map(|seat| seat.get()?.as_ref())
    }
}

impl SeatFiller {
    /// Gives places their seats, or says that nobody will have them, and wakes whoever waits for that. What is filled stays as it is.
    pub fn fill(&self, seats: impl IntoIterator<Item = (usize, Option<Seat>)>) {
        for (place, seat) in seats {
            if let Some(at) = self.seats.0.get(place) {
                let _stays = at.set(seat);
            }
        }
        for waker in &self.wakers {
            if let Err(error) = waker.wake() {
                tracing::warn!("failed to wake a thread of listeners: {error}");
            }
        }
    }
}

/// The first from `listener` on in its place who has something to hear, or may have: none where nobody is left.
pub(super) fn first_with_seat(
    order: &AudienceOrder,
    mut listener: ListenerId,
) -> Option<(ListenerId, Place<'_>)> {
    loop {
        match order.seats.at(order.plan.own().place(listener)?)? {
            Place::Nobody => listener = order.plan.schedule.next_in_place(listener)?,
            place @ (Place::Ready(_) | Place::ToCome) => return Some((listener, place)),
        }
    }
}

/// The seat of a listener that has one.
pub(super) fn seat_of(order: &AudienceOrder, listener: ListenerId) -> Option<&Seat> {
    match order.seats.at(order.plan.own().place(listener)?)? {
        Place::Ready(seat) => Some(seat),
        Place::Nobody | Place::ToCome => None,
    }
}
