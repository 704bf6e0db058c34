//! How a service is reached, as it is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use claque_core::time::Duration;
use claque_net::service::{AddressUse, Certificates, Network, NetworkOrder, Target};
use claque_store::{AddressRow, NetworkRecord};

use crate::order::TargetChoice;

/// Addresses that are kept at most, of all names: more say no more.
const MOST_ADDRESSES: usize = 256;

/// Many calls wait for one service: it is told again after so long at the earliest.
const TOLD_AGAIN: Duration = Duration::from_secs(5);

/// Tells of calls that take long, for as long as it is waited for.
pub async fn tell_slow_calls(network: &Network, tell: impl Fn(&str)) {
    let mut slow = network.slow_calls();
    while slow.changed().await.is_ok() {
        let call = slow.borrow_and_update().as_ref().map(ToString::to_string);
        call.iter().for_each(|line| tell(line));
        tokio::time::sleep(TOLD_AGAIN).await;
    }
    std::future::pending().await
}

/// What is known of it by now.
pub(crate) fn record(order: &NetworkOrder, target: &TargetChoice, network: &Network) -> NetworkRecord {
    let proxy = |target: &Target| order.proxies.proxy_of(target).ok().flatten();
    match target {
        TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) => NetworkRecord::default(),
        TargetChoice::BaseUrl(target) => NetworkRecord {
            proxy: proxy(target),
            insecure: order.certificates == Certificates::Unchecked,
            addresses: several(&network.address_uses()),
        },
    }
}

/// The addresses of names that have more than one, those with most connections first.
fn several(uses: &[AddressUse]) -> Vec<AddressRow> {
    let mut of_host: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for used in uses {
        // One address at two ports is one machine with two services.
        of_host.entry(&used.host).or_default().insert(used.address.ip());
    }
    let is_one_of_several =
        |used: &&AddressUse| of_host.get(used.host.as_str()).is_some_and(|known| known.len() > 1);
    let row = |used: &AddressUse| AddressRow {
        host: used.host.clone(),
        address: used.address.to_string(),
        connections: used.connections,
        failed: used.failed,
    };
    let mut rows: Vec<_> = uses.iter().filter(is_one_of_several).map(row).collect();
    rows.sort_by(|a, b| a.host.cmp(&b.host).then(b.connections.cmp(&a.connections)));
    rows.truncate(MOST_ADDRESSES);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_one_address_is_no_news() {
        let used = |host: &str, last, port, connections| AddressUse {
            host: host.to_owned(),
            address: ([192, 0, 2, last], port).into(),
            connections,
            failed: 1,
        };
        let rows = several(&[used("a", 1, 1, 2), used("a", 1, 2, 5), used("b", 1, 1, 3), used("b", 2, 1, 4)]);
        let told: Vec<_> =
            rows.iter().map(|row| (row.host.as_str(), row.address.as_str(), row.connections)).collect();
        assert_eq!(told, [("b", "192.0.2.2:1", 4), ("b", "192.0.2.1:1", 3)]);
    }
}
