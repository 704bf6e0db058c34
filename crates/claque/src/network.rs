//! How a service is reached, as it is kept.

use claque_net::service::{NetworkOrder, Target};
use claque_store::NetworkRecord;

use crate::config::TargetChoice;

/// What is known of it beforehand.
pub(crate) fn record(order: &NetworkOrder, target: &TargetChoice) -> NetworkRecord {
    let proxy = |target: &Target| order.proxies.proxy_of(target).ok().flatten();
    match target {
        TargetChoice::Embedded(_) => NetworkRecord::default(),
        TargetChoice::BaseUrl(target) => NetworkRecord { proxy: proxy(target) },
    }
}
