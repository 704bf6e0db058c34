//! The services at which something is left, as the given accounts come to them.

use std::collections::BTreeMap;

use claque_core::{extraction::PollPolicy, time::Duration};
use claque_net::{
    extraction::{ClearOrder, clear},
    service::{Certificates, Credentials, Network, NetworkOrder, Pause, Service, Target},
};
use claque_run::{
    accounts::SignedInAccounts,
    documents::{
        OURS,
        clear::{Found, find_titled},
    },
    extraction::going,
    network::tell_slow_calls,
};
use claque_store::{KnownServices, LeftDocument, LeftExtraction, Unresolved};
use claque_wire::yapit::rest::is_document_id;
use futures_util::future::join_all;

use crate::talk::say;

/// Longest wait for one answer, and longest time without a further page of an extraction that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A service as the given accounts come to it, or why they do not.
pub(super) type Opened = Result<SignedInAccounts, String>;

/// Everything that is left anywhere is left at one of these.
pub(super) struct Services {
    pub(super) credentials: Vec<Credentials>,
    pub(super) network: NetworkOrder,
    /// Services that were typed, and those of this user's runs: no other is shown credentials.
    pub(super) typed: Vec<Target>,
    pub(super) known: Option<KnownServices>,
    /// Each service is signed in to once.
    pub(super) opened: BTreeMap<String, Opened>,
}

/// What became of one document.
pub(super) enum CleanupOutcome {
    Deleted,
    Gone,
    Left(String),
}

impl Services {
    /// Documents of that title, or why nobody knows.
    pub(super) async fn find(
        &mut self,
        target: &str,
        unresolved: &Unresolved,
    ) -> Result<Vec<String>, String> {
        // Any other title may be that of a document of the user's own.
        if !unresolved.title.starts_with(OURS) {
            return Err("its title is not one that only a run of claque gives".to_owned());
        }
        let accounts = self.accounts(target).await.as_ref().map_err(Clone::clone)?;
        let candidates = candidates(accounts, unresolved.account, &unresolved.owner);
        if candidates.is_empty() || unresolved.owner == "guest" {
            return Err(anothers(&unresolved.owner));
        }
        // Tokens that do not say whose they are: the document of another is in no list of these.
        let mut absent = match unresolved.owner.as_str() {
            "token" => Err("it is in no list of the token given, which may be another account's".to_owned()),
            _ => Ok(Vec::new()),
        };
        for service in candidates {
            match find_titled(service, &unresolved.title, wait_and_tell).await {
                Found::Documents(ids) if ids.is_empty() => {}
                Found::Documents(ids) => return Ok(ids),
                Found::Unknown(why) => absent = Err(why),
            }
        }
        absent
    }

    /// Deletes documents beside each other; what became of each, in their order.
    pub(super) async fn delete_all(
        &mut self,
        target: &str,
        documents: &[LeftDocument],
    ) -> Vec<CleanupOutcome> {
        // For what is no id at all nobody is signed in.
        let nobody = Err("this is no id of a document".to_owned());
        let is_one = documents.iter().any(|document| is_document_id(&document.id));
        let accounts = if is_one { self.accounts(target).await } else { &nobody };
        let delete = async |document: &LeftDocument| match accounts {
            Ok(accounts) => delete_one(accounts, document).await,
            Err(why) => CleanupOutcome::Left(why.clone()),
        };
        join_all(documents.iter().map(delete)).await
    }

    pub(super) async fn delete(&mut self, target: &str, document: &LeftDocument) -> CleanupOutcome {
        let outcome = self.delete_all(target, std::slice::from_ref(document)).await.pop();
        outcome.unwrap_or_else(|| CleanupOutcome::Left("it was passed over".to_owned()))
    }

    /// Calls an extraction off and deletes its document if there is one. Gives its name; none where there is none.
    pub(super) async fn clear(
        &mut self,
        target: &str,
        left: LeftExtraction,
    ) -> Result<Option<String>, String> {
        let accounts = self.accounts(target).await.as_ref().map_err(Clone::clone)?;
        let candidates = candidates(accounts, left.account, &left.owner);
        let mut refused = anothers(&left.owner);
        let going = going(left.extraction);
        for service in candidates {
            let order = ClearOrder {
                service: service.clone(),
                going: going.clone(),
                poll: PollPolicy::STRESS_SCRIPT,
                patience: PATIENCE,
            };
            match clear(order).await {
                Ok(document) => return Ok(document),
                Err(why) => refused = why,
            }
        }
        Err(refused)
    }

    /// A journal may have been written by anybody who can write to its folder.
    fn is_trusted(&self, target: &Target) -> bool {
        self.typed.contains(target) || self.known.as_ref().is_some_and(|known| known.knows(target.as_str()))
    }

    /// How a service is reached. Certificates are left unchecked of those alone that were typed.
    fn way_to(&self, target: &Target) -> Network {
        let mut network = self.network.clone();
        if !self.typed.contains(target) {
            network.certificates = Certificates::Checked;
        }
        Network::open(network)
    }

    async fn accounts(&mut self, target: &str) -> &Opened {
        if !self.opened.contains_key(target) {
            let opened = match Target::parse(target) {
                Ok(parsed) if !self.is_trusted(&parsed) => Err(format!(
                    "no run of yours is known to have been at {parsed}, so nothing is sent there; if it is right, \
                     say so with --base-url {parsed}"
                )),
                Ok(parsed) => {
                    let network = self.way_to(&parsed);
                    let watched = network.clone();
                    tokio::spawn(async move { tell_slow_calls(&watched, say).await });
                    let opened =
                        SignedInAccounts::open(&parsed, &self.credentials, &[], &network, wait_and_tell)
                            .await;
                    opened.map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            self.opened.insert(target.to_owned(), opened);
        }
        self.opened.get(target).expect("it was just put there")
    }
}

/// Deletes a document by whichever account may own it.
async fn delete_one(accounts: &SignedInAccounts, document: &LeftDocument) -> CleanupOutcome {
    if !is_document_id(&document.id) {
        return CleanupOutcome::Left("this is no id of a document".to_owned());
    }
    if document.owner == "guest" {
        return CleanupOutcome::Left(
            "it is a guest's, and what proves who the guest was is never written down".to_owned(),
        );
    }
    let candidates = candidates(accounts, document.account, &document.owner);
    for service in &candidates {
        match service.delete_document(&document.id, wait_and_tell).await {
            Ok(true) => return CleanupOutcome::Deleted,
            Ok(false) => {}
            Err(error) => return CleanupOutcome::Left(error.to_string()),
        }
    }
    match (candidates.is_empty(), document.owner.as_str()) {
        (true, owner) => CleanupOutcome::Left(anothers(owner)),
        (false, "token") => CleanupOutcome::Left(
            "the service does not know it by the token given: it is gone, or another account's".to_owned(),
        ),
        (false, _) => CleanupOutcome::Gone,
    }
}

/// The accounts that can be the owner. The one at the same place comes first: tokens that do not say whose they are are
/// told apart by nothing else.
fn candidates<'a>(accounts: &'a SignedInAccounts, account: u32, owner: &str) -> Vec<&'a Service> {
    // Where nobody is asked who he is, everybody is the owner; where somebody is, that is answered by a refusal.
    let is_owners =
        |service: &&Service| service.owner() == owner || [service.owner(), owner].contains(&"nobody");
    let mut candidates: Vec<&Service> = accounts.each().collect();
    let first = usize::try_from(account).unwrap_or(usize::MAX) % candidates.len().max(1);
    candidates.rotate_left(first);
    candidates.into_iter().filter(is_owners).collect()
}

/// A limit, or a service in passing trouble, is waited out: whoever wants no more of it presses Ctrl-C, and what is left
/// stays on record.
async fn wait_and_tell(pause: Pause) -> bool {
    if pause.span >= Duration::from_secs(1) {
        let seconds = pause.span.as_secs_f64().ceil();
        say(&format!(
            "the service would not {} ({}): trying again in {seconds} s",
            pause.action, pause.failure
        ));
    }
    tokio::time::sleep(pause.span).await;
    true
}

fn anothers(owner: &str) -> String {
    format!("it belongs to another account than those given: {owner}")
}
