//! As whom and from where listeners come: accounts and addresses, dealt in turn.

use std::{net::IpAddr, sync::Arc};

use claque_net::service::{Credentials, Network, Pause, Service, ServiceError, Target};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// Accounts that sign in at the same time.
const AT_ONCE: usize = 8;

/// Every account that listeners are dealt, signed in.
#[derive(Debug)]
pub struct SignedInAccounts {
    /// For each account its ways to the service: one for each address. Neither is empty.
    ways: Vec<Vec<Arc<Service>>>,
}

impl SignedInAccounts {
    /// Signs every account in. Limits and passing trouble are waited out by `wait`, which says whether to go on.
    ///
    /// # Errors
    /// The first that is refused. None of `credentials` is no accounts, which is refused as well.
    pub async fn open(
        target: &Target,
        credentials: &[Credentials],
        sources: &[IpAddr],
        network: &Network,
        wait: impl AsyncFn(Pause) -> bool,
    ) -> Result<Self, ServiceError> {
        let open =
            async |credentials: Credentials| Service::open(target.clone(), credentials, network, &wait).await;
        let services: Vec<Service> =
            stream::iter(credentials.iter().cloned().map(open)).buffered(AT_ONCE).try_collect().await?;
        let ways = |service: Service| match sources {
            [] => vec![Arc::new(service)],
            sources => sources.iter().map(|&source| Arc::new(service.from_source(source))).collect(),
        };
        Ok(Self { ways: services.into_iter().map(ways).collect() })
    }

    /// How many accounts there are, at least one.
    pub(crate) const fn count(&self) -> usize {
        self.ways.len()
    }

    /// How many addresses the service sees, at least one.
    pub(crate) fn doors(&self) -> usize {
        self.ways.first().map_or(1, Vec::len)
    }

    /// The number of the account that listener `number` has.
    pub(crate) fn account_of(&self, number: usize) -> usize {
        number % self.count().max(1)
    }

    /// The service as listener `number` comes to it.
    pub(crate) fn of_listener(&self, number: usize) -> &Arc<Service> {
        self.through(self.account_of(number), number % self.doors().max(1))
    }

    /// The service as an account comes to it through one of the addresses. Numbers beyond the last begin anew.
    ///
    /// # Panics
    /// Never: settings hold at least one account.
    pub(crate) fn through(&self, account: usize, door: usize) -> &Arc<Service> {
        let ways = self.ways.iter().cycle().nth(account % self.count().max(1));
        let way = ways.and_then(|ways| ways.iter().cycle().nth(door % ways.len().max(1)));
        way.expect("settings hold at least one account, and each has a way")
    }

    /// Each account once.
    pub fn each(&self) -> impl Iterator<Item = &Service> {
        self.ways.iter().filter_map(|ways| ways.first()).map(|way| &**way)
    }
}
