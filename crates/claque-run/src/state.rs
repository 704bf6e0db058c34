//! What claque remembers between runs of one user, in the folder that systems have for that.

use std::{env, path::PathBuf};

use claque_store::KnownServices;

/// The services at which this user's runs have made documents; none where there is no folder for it.
pub fn known_services() -> Option<KnownServices> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // XDG Base Directory Specification: where it is not said, it is below the home.
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .or_else(|| set("LOCALAPPDATA"))?;
    Some(KnownServices::in_dir(state.join("claque")))
}

/// Remembers that documents are made at a service, so that `claque cleanup` may go there. Where that is not possible, it
/// has to be told the address.
pub(crate) fn remember(target: &str) {
    if let Some(Err(error)) = known_services().map(|known| known.remember(target)) {
        tracing::debug!("cleanup will not know the service: {error}");
    }
}
