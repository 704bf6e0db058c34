//! A name with several addresses, of which one does not work.

use std::net::{Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};

use crate::{program::run, troubles::quick_host};

#[test]
fn a_name_of_which_one_address_refuses_works_all_the_same_and_both_are_told() {
    let host = quick_host();
    let port = host.address().port();
    let known: Vec<SocketAddr> = ("localhost", port).to_socket_addrs().unwrap().collect();
    let is_other = |address: &SocketAddr| address.ip() == Ipv6Addr::LOCALHOST;
    // Where the name has one address, or this machine does not speak IPv6, there is nothing to be seen.
    if !known.iter().any(is_other) || TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let url = format!("http://localhost:{port}");
    let ran =
        run("run", &["--base-url", &url, "--users", "4", "--blocks", "2", "--speed", "4", "--stagger", "0"]);
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 8, "{}", ran.stdout);
    let addresses = ran.manifest()["network"]["addresses"].clone();
    assert_eq!(addresses[0]["address"], host.address().to_string(), "{addresses}");
    assert!(addresses[0]["connections"].as_u64() >= Some(5) && addresses[0]["failed"] == 0, "{addresses}");
    assert!(addresses[1]["connections"] == 0 && addresses[1]["failed"].as_u64() >= Some(1), "{addresses}");
    assert!(ran.stdout.contains("several addresses: localhost at 127.0.0.1:"), "{}", ran.stdout);
}
