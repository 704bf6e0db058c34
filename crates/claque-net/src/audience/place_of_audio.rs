//! Where a block's audio is to be had, and the request for it.

use std::io;

use claque_core::event::{Failure, FailureClass, FailureScope, Phase};
use claque_wire::{
    http1::{write_get, write_post},
    session::Exchange,
};

use super::{io::Io, places::PlaceId};
use crate::service::{AudioPlace, Origin, Service, unusable};

/// Where a fetch leads: a place, and the path there.
pub(super) fn locate(
    io: &mut Io,
    (service, home): (&Service, PlaceId),
    exchange: &Exchange,
) -> Result<(PlaceId, String), Failure> {
    let leads = service.target().place_of(exchange.reference());
    let leads = leads.map_err(|why| unusable(exchange.reference(), &io::Error::other(why)))?;
    let (place, mut path) = match leads {
        AudioPlace::Here(path) => (home, path),
        AudioPlace::Elsewhere(origin, _) if !service.network().allows(&origin) => {
            return Err(not_typed(&origin));
        }
        AudioPlace::Elsewhere(origin, path) => (io.places.of_origin(service, &origin), path),
    };
    // What follows a `#` is not for the server (RFC 9110 section 4.2.5); a line's end would be a header's.
    path.truncate(path.find('#').unwrap_or(path.len()));
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable(&path, &io::Error::other("it holds what no URL can")));
    }
    Ok((place, path))
}

/// Appends the request of an exchange for what is at `path` of a place.
pub(super) fn request(
    io: &Io,
    service: &Service,
    (place, path): (PlaceId, &str),
    exchange: &Exchange,
    out: &mut Vec<u8>,
) {
    let place = io.places.place(place);
    let mut headers = Vec::new();
    // Audio that lies elsewhere is none of our credentials' business.
    if place.origin == *service.target().origin() {
        service.access().show_fit(|name, value| headers.push((name, value.to_owned())));
    }
    let own = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let request = exchange.request();
    let headers: Vec<_> = own.chain(place.headers.iter()).chain(request.headers.iter().copied()).collect();
    match request.body {
        None => write_get(path, &place.authority, &headers, out),
        Some(body) => write_post(path, &place.authority, &headers, body, out),
    }
}

/// The failure of audio that lies where nobody said that we may go.
fn not_typed(origin: &Origin) -> Failure {
    let host = origin.authority();
    protocol_failure(format!(
        "the audio lies at {origin}, which was not typed; allow it with --allow-host {host}"
    ))
}

const fn protocol_failure(text: String) -> Failure {
    let (phase, class, kills) = (Phase::BeforeAudio, FailureClass::Protocol, FailureScope::Session);
    Failure { phase, class, code: None, text, kills }
}
