//! The calls around a run, against a host.

use claque_core::secret::Secret;
use claque_front::yapit::gateway::{Auth, Era, GatewayConfig};
use claque_net::{
    host::Host,
    service::{Credentials, EraGuess, Network, NetworkOrder, PasswordSignIn, Pause, Service, Target},
};

use crate::stage::{accounts, quick, soon, start};

#[tokio::test]
async fn the_era_is_found_out_without_making_anything() {
    for (config, era) in
        [(GatewayConfig::current(), EraGuess::Current), (GatewayConfig::feb_2026(), EraGuess::Feb2026)]
    {
        let host = start(GatewayConfig { auth: accounts(), ..config });
        let service = open(&host, Credentials::None).await;
        assert_eq!(soon(service.guess_era(patient)).await.unwrap(), era);
    }
}

#[tokio::test]
async fn a_guest_of_either_era_owns_what_it_makes_and_nobody_else_does() {
    for config in [quick(), GatewayConfig { era: Era::Feb2026, ..quick() }] {
        let host = start(GatewayConfig { auth: accounts(), ..config });
        let (guest, other) = (open(&host, Credentials::Guest).await, open(&host, Credentials::Guest).await);
        assert_eq!(guest.owner(), "guest");
        let id = soon(guest.create_document("One.\n\nTwo.", "t")).await.unwrap();
        let blocks = soon(guest.blocks(&id, patient)).await.unwrap().unwrap();
        let told: Vec<_> = blocks.iter().map(|block| (block.idx, block.text.as_str())).collect();
        assert_eq!(told, [(0, "One."), (1, "Two.")]);
        assert_eq!(soon(other.blocks(&id, patient)).await.unwrap(), None);
        assert!(!soon(other.delete_document(&id, patient)).await.unwrap());
        assert!(soon(guest.delete_document(&id, patient)).await.unwrap());
        assert!(!soon(guest.delete_document(&id, patient)).await.unwrap(), "it is gone");
    }
}

#[tokio::test]
async fn an_account_is_known_by_its_user_and_is_not_used_where_nobody_asks() {
    let host = start(GatewayConfig { auth: accounts(), ..quick() });
    let service = open(&host, account("PASSWORD")).await;
    assert!(service.owner().starts_with("user ") && !service.is_unasked(), "{}", service.owner());
    let network = Network::open(NetworkOrder::default());
    let error = soon(Service::open(target(&host), account("WRONG"), &network, patient)).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("check a file"), "{error}");
    let open_to_all = start(GatewayConfig { auth: Auth::Off, ..quick() });
    let service = open(&open_to_all, account("PASSWORD")).await;
    assert_eq!((service.owner(), service.is_unasked()), ("nobody", true));
}

#[tokio::test]
async fn what_a_limit_says_is_read_from_its_refusal() {
    for (era, window) in [(Era::Feb2026, Some(60)), (Era::Current, None)] {
        let limits = GatewayConfig::current().rest_limits;
        let host = start(GatewayConfig { rest_limits: limits, era, ..quick() });
        let service = open(&host, Credentials::None).await;
        for _ in 0..10 {
            soon(service.create_document("One.", "t")).await.unwrap();
        }
        let error = soon(service.create_document("One.", "t")).await.unwrap_err();
        let limited = error.limited().unwrap();
        assert_eq!((limited.window.map(|window| window.as_secs()), limited.retry_after), (window, None));
        assert!(error.is_surely_refused());
    }
}

#[tokio::test]
async fn documents_are_found_again_by_their_title() {
    for era in [Era::Feb2026, Era::Current] {
        let host = start(GatewayConfig { era, ..quick() });
        let service = open(&host, Credentials::None).await;
        let mut ids = Vec::new();
        for number in 0..120 {
            ids.push(soon(service.create_document("One.", &format!("t {number}"))).await.unwrap());
        }
        let all = soon(service.documents(1_000, patient)).await.unwrap().unwrap();
        assert_eq!((all.documents.len(), all.is_whole), (120, true));
        assert_eq!(all.titled("t 7").collect::<Vec<_>>(), [&ids[7]]);
        assert!(all.documents[0].created.as_ref().is_some_and(|created| created.ends_with('Z')));
        let last = soon(service.documents(1, patient)).await.unwrap().unwrap();
        assert_eq!((last.documents.len(), last.is_whole), (100, false));
        assert_eq!(last.documents[0].id, ids[119], "the last used comes first");
    }
}

/// Waits for whatever it is.
async fn patient(pause: Pause) -> bool {
    tokio::time::sleep(pause.span).await;
    true
}

async fn open(host: &Host, credentials: Credentials) -> Service {
    let network = Network::open(NetworkOrder::default());
    soon(Service::open(target(host), credentials, &network, patient)).await.unwrap()
}

fn target(host: &Host) -> Target {
    Target::parse(&host.base_url()).unwrap()
}

fn account(password: &str) -> Credentials {
    Credentials::Password(Box::new(PasswordSignIn {
        email: Secret::from("EMAIL"),
        password: Secret::from(password),
        project_id: "p".to_owned(),
        client_key: Secret::from("k"),
        source: "a file".to_owned(),
    }))
}
