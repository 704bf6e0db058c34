//! How the service's own limits are lived with.

use std::net::IpAddr;

use claque_core::demand::AccountLimit;

/// How the service's limits are lived with.
#[derive(Clone, Debug, Default)]
pub struct LimitSettings {
    /// What one account may ask for.
    pub account_limit: LimitChoice,
    /// Whether to run even if that limit would be all that is measured.
    pub allow_rate_limit: bool,
    /// Addresses of this machine to come from, in turn; empty for whatever the system takes.
    pub sources: Vec<IpAddr>,
    /// Whether documents are kept for later runs, and taken from earlier ones.
    pub reuse_documents: bool,
}

/// What one account may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitChoice {
    /// As the service's version tells.
    #[default]
    Learned,
    /// This.
    Given(AccountLimit),
    /// There is no limit.
    None,
}
