//! The places a lane connects to, each known by a number.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Arc,
};

use hyper::Uri;
use rustls::ClientConfig;

use crate::service::Service;

/// Number of a place, of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceId(usize);

/// A host's port, come to from one address of ours.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    /// What the `host` header says.
    pub(super) authority: String,
    /// Where connections come from, if that matters.
    pub(super) source: Option<IpAddr>,
    /// The settings of TLS, where it is spoken.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Connections for audio that have nothing to do, the one used last behind.
    pub(super) idle: VecDeque<usize>,
}

/// What makes places differ.
type Key = (bool, String, u16, Option<IpAddr>);

/// All places of a lane.
#[derive(Debug, Default)]
pub(super) struct Places {
    list: Vec<Place>,
    numbers: BTreeMap<Key, PlaceId>,
}

impl Places {
    /// Where a service is.
    pub(super) fn of_service(&mut self, service: &Service) -> PlaceId {
        let target = service.target();
        self.number(service, target.is_tls(), target.host(), target.port())
    }

    /// Where an absolute URL of http or https leads; none for one that leads nowhere.
    pub(super) fn of_url(&mut self, service: &Service, url: &Uri) -> Option<PlaceId> {
        let tls = match url.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return None,
        };
        let host = url.host()?.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or_else(|| usual_port(tls));
        Some(self.number(service, tls, host, port))
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

    fn number(&mut self, service: &Service, tls: bool, host: &str, port: u16) -> PlaceId {
        let key = (tls, host.to_owned(), port, service.source());
        *self.numbers.entry(key).or_insert_with(|| {
            let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let authority = if port == usual_port(tls) { shown } else { format!("{shown}:{port}") };
            self.list.push(Place {
                host: host.to_owned(),
                port,
                authority,
                source: service.source(),
                tls: tls.then(|| Arc::clone(service.tls())),
                idle: VecDeque::new(),
            });
            PlaceId(self.list.len() - 1)
        })
    }
}

const fn usual_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}
