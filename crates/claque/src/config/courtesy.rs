//! From wishes to how the service's own limits are lived with.

use std::net::IpAddr;

use claque_core::{
    demand::{AccountLimit, Counted},
    time::Duration,
};
use claque_net::service::check_source;
use claque_run::order::{LimitChoice, LimitSettings};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError,
    groups::Group,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::CourtesyFlags;

/// What was said about the service's limits, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CourtesyWishes {
    pub(super) account_limit: Option<Wish<String>>,
    pub(super) allow_rate_limit: Option<Wish<bool>>,
    pub(super) source_address: Option<Wish<String>>,
    pub(super) reuse_documents: Option<Wish<bool>>,
}

impl CourtesyWishes {
    pub(super) fn lay(&mut self, flags: CourtesyFlags) {
        over(&mut self.account_limit, flags.account_limit);
        over(&mut self.allow_rate_limit, flags.allow_rate_limit);
        over(&mut self.source_address, flags.source_address);
        over(&mut self.reuse_documents, flags.reuse_documents);
    }
}

impl Group for CourtesyWishes {}

/// Decides.
///
/// # Errors
/// The limit is not understood, or an address is none of this machine.
pub(super) fn courtesy(wishes: &Wishes, source: &Source) -> Result<LimitSettings, UsageError> {
    let is_set = |wish: &Option<Wish<bool>>| wish.as_ref().is_some_and(|wish| wish.value);
    Ok(LimitSettings {
        account_limit: match &wishes.courtesy.account_limit {
            None => LimitChoice::Learned,
            Some(wish) => limit(&wish.value).ok_or_else(|| {
                let what = format!(
                    "is `{}`; give blocks=COUNT/SECONDSs as in blocks=300/60s, messages=COUNT/SECONDSs, or none",
                    wish.value
                );
                source.error(wish, "account_limit", what)
            })?,
        },
        allow_rate_limit: is_set(&wishes.courtesy.allow_rate_limit),
        sources: wishes.courtesy.source_address.as_ref().map(|wish| sources(wish, source)).transpose()?.unwrap_or_default(),
        reuse_documents: is_set(&wishes.courtesy.reuse_documents),
    })
}

/// Adds what was decided, where it is not as usual, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            scenario.insert(key.to_owned(), value);
        }
    };
    add("account_limit", wishes.courtesy.account_limit.as_ref().map(|wish| wish.value.clone().into()));
    add("allow_rate_limit", wishes.courtesy.allow_rate_limit.as_ref().map(|wish| wish.value.into()));
    add("source_address", wishes.courtesy.source_address.as_ref().map(|wish| wish.value.clone().into()));
    add("reuse_documents", wishes.courtesy.reuse_documents.as_ref().map(|wish| wish.value.into()));
}

/// `blocks=300/60s`.
fn limit(typed: &str) -> Option<LimitChoice> {
    let typed = typed.trim();
    if typed == "none" {
        return Some(LimitChoice::None);
    }
    let (what, rest) = typed.split_once('=')?;
    let counted =
        [Counted::Blocks, Counted::Messages].into_iter().find(|counted| counted.as_str() == what.trim())?;
    let (count, window) = rest.split_once('/')?;
    let window = window.trim();
    let window = window.strip_suffix('s').unwrap_or(window).trim_end().parse::<f64>().ok()?;
    let window = Duration::try_from_secs_f64(window).ok().filter(|window| !window.is_zero())?;
    Some(LimitChoice::Given(AccountLimit { counted, count: count.trim().parse().ok()?, window }))
}

fn sources(wish: &Wish<String>, source: &Source) -> Result<Vec<IpAddr>, UsageError> {
    let mut addresses = Vec::new();
    for part in wish.value.split(',').map(str::trim) {
        let address: IpAddr = part.parse().map_err(|_| {
            source.error(wish, "source_address", format!("holds `{part}`; give IP addresses of this machine"))
        })?;
        check_source(address)
            .map_err(|error| source.error(wish, "source_address", format!("is not usable: {error}")))?;
        if addresses.contains(&address) {
            return Err(source.error(wish, "source_address", format!("holds {address} twice; take one out")));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(limit: &str, addresses: &str) -> Result<LimitSettings, String> {
        let said = CourtesyWishes {
            account_limit: Some(Wish::flag(limit.to_owned())),
            source_address: Some(Wish::flag(addresses.to_owned())),
            ..CourtesyWishes::default()
        };
        let wishes = Wishes { courtesy: said, ..Wishes::default() };
        courtesy(&wishes, &Source::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn limits_are_read_in_blocks_and_messages() {
        let given = |counted, count, seconds| {
            let window = Duration::from_secs(seconds);
            LimitChoice::Given(AccountLimit { counted, count, window })
        };
        for (typed, wanted) in [
            ("blocks=300/60s", given(Counted::Blocks, 300, 60)),
            ("messages = 7 / 30", given(Counted::Messages, 7, 30)),
            ("none", LimitChoice::None),
        ] {
            assert_eq!(with(typed, "127.0.0.1").unwrap().account_limit, wanted);
        }
        for typed in ["", "300", "blocks=300", "words=3/60s", "blocks=3/0s", "blocks=x/60s", "blocks=3/-1s"] {
            let error = with(typed, "127.0.0.1").unwrap_err();
            assert!(error.starts_with(&format!("--account-limit is `{typed}`; give blocks=")), "{error}");
        }
    }

    #[test]
    fn sources_are_addresses_of_this_machine() {
        assert_eq!(with("none", "127.0.0.1, ::1").map(|c| c.sources.len()).unwrap_or(2), 2);
        assert!(with("none", "here").unwrap_err().contains("holds `here`"));
        assert!(with("none", "127.0.0.1,127.0.0.1").unwrap_err().contains("twice"));
        // RFC 5737: nobody's.
        assert!(with("none", "192.0.2.1").unwrap_err().contains("--source-address is not usable"));
    }
}
