//! From wishes to how services are reached.

use claque_net::service::{AllowedHost, NetworkOrder};
use serde_json::{Map, Value};

use super::{
    UsageError,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// Decides.
///
/// # Errors
/// A host is none.
pub(super) fn network(wishes: &Wishes, source: &Source) -> Result<NetworkOrder, UsageError> {
    let host = |wish: &Wish<String>| {
        let what = || format!("is `{}`; give a host, such as cdn.example or cdn.example:8443", wish.value);
        AllowedHost::parse(&wish.value).ok_or_else(|| source.error(wish, "allow_host", what()))
    };
    Ok(NetworkOrder {
        allowed_hosts: wishes.allow_host.iter().flatten().map(host).collect::<Result<_, _>>()?,
    })
}

/// Adds what was decided, where it is not as usual, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let hosts: Vec<Value> = wishes.allow_host.iter().flatten().map(|wish| wish.value.trim().into()).collect();
    if !hosts.is_empty() {
        scenario.insert("allow_host".to_owned(), hosts.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_none_is_an_error_and_others_are_noted() {
        let with = |hosts: &[&str]| Wishes {
            allow_host: Some(hosts.iter().map(|host| Wish::flag((*host).to_owned())).collect()),
            ..Wishes::default()
        };
        let wishes = with(&["cdn.example", "[::1]:80"]);
        assert_eq!(network(&wishes, &Source::default()).unwrap().allowed_hosts.len(), 2);
        let mut scenario = Map::new();
        decided(&wishes, &mut scenario);
        assert_eq!(Value::Object(scenario).to_string(), r#"{"allow_host":["cdn.example","[::1]:80"]}"#);
        let error = network(&with(&["https://cdn.example"]), &Source::default()).unwrap_err().to_string();
        assert!(error.starts_with("--allow-host is `https://cdn.example`; give a host"), "{error}");
    }
}
