//! The places a lane connects to, each known by a number.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Arc,
};

use rustls::ClientConfig;

use crate::service::{Addresses, ExtraHeaders, Origin, Proxy, ProxyTrouble, Route, Service};

/// Number of a place, of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceId(usize);

/// A host's port, come to from one address of ours.
#[derive(Debug)]
pub(super) struct Place {
    /// Who answers there.
    pub(super) origin: Origin,
    /// What the `host` header says.
    pub(super) authority: String,
    /// By which way it is reached, or why by none.
    pub(super) route: Result<Route, ProxyTrouble>,
    /// What became of addresses so far.
    pub(super) addresses: Addresses,
    /// Where connections come from, if that matters.
    pub(super) source: Option<IpAddr>,
    /// The settings of TLS, where it is spoken.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// What every request there carries besides; nothing where it is not the service's own origin.
    pub(super) headers: ExtraHeaders,
    /// Connections for audio that have nothing to do, the one used last behind.
    pub(super) idle: VecDeque<usize>,
}

impl Place {
    /// The proxy that it is reached through.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        match &self.route {
            Ok(Route::Through(proxy)) => Some(proxy),
            Ok(Route::Direct) | Err(_) => None,
        }
    }

    /// Host and port that connections are made to: its own, or the proxy's.
    pub(super) fn first_hop(&self) -> (&str, u16) {
        self.proxy().map_or((&self.origin.host, self.origin.port), |proxy| (&proxy.host, proxy.port))
    }
}

/// What makes places differ.
type Key = (Origin, Option<IpAddr>);

/// All places of a lane.
#[derive(Debug, Default)]
pub(super) struct Places {
    list: Vec<Place>,
    numbers: BTreeMap<Key, PlaceId>,
}

impl Places {
    /// Where a service is.
    pub(super) fn of_service(&mut self, service: &Service) -> PlaceId {
        self.of_origin(service, service.target().origin())
    }

    /// Whoever answers there.
    pub(super) fn of_origin(&mut self, service: &Service, origin: &Origin) -> PlaceId {
        let key = (origin.clone(), service.source());
        *self.numbers.entry(key).or_insert_with(|| {
            let is_own = origin == service.target().origin();
            let network = service.network();
            let tls = if is_own { network.tls() } else { network.tls_elsewhere() };
            self.list.push(Place {
                origin: origin.clone(),
                authority: origin.authority(),
                route: network.route(origin),
                addresses: network.addresses().clone(),
                source: service.source(),
                tls: origin.tls.then(|| Arc::clone(tls)),
                headers: if is_own { network.headers().clone() } else { ExtraHeaders::default() },
                idle: VecDeque::new(),
            });
            PlaceId(self.list.len() - 1)
        })
    }

    pub(super) fn place(&self, PlaceId(number): PlaceId) -> &Place {
        &self.list[number]
    }

    pub(super) fn place_mut(&mut self, PlaceId(number): PlaceId) -> &mut Place {
        &mut self.list[number]
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.list.iter_mut()
    }
}
