//! What gave way in the runs that failed.

use serde::{Deserialize, Serialize};

use super::{
    evidence::{Evidence, ProbeTrust},
    search::SearchEnding,
};
use crate::sample::whole;

/// What gave way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GaveWay {
    /// Work waited longer and longer: the service makes less audio than is listened to.
    Queue,
    /// Work waited too long now and then, though the service makes enough.
    Wait,
    /// What is missed is missed at any load: not the load, but the time that the service takes for a listener by itself.
    ServiceTime,
    /// The service failed.
    Worker,
    /// Connections failed.
    Network,
    /// A rate or usage limit bit.
    RateLimit,
    /// This machine, not the service.
    Generator,
    /// Listeners' own networks, not the service: without them the same runs hold.
    ListenerNetworks,
}

/// What gave way in the runs that failed at the first number that does.
pub(super) fn gave_way(
    history: &[Evidence],
    failed: &[&Evidence],
    Cause { is_behind, is_any_load }: Cause,
    ending: &SearchEnding,
) -> Option<GaveWay> {
    let is_late = || history.iter().any(|one| one.is_late);
    if let SearchEnding::Untrusted(_) = ending {
        return is_late().then_some(GaveWay::Generator);
    }
    if failed.is_empty() {
        return is_late().then_some(GaveWay::Generator);
    }
    let most =
        |is: fn(&ProbeTrust) -> bool| 2 * failed.iter().filter(|one| is(&one.worth)).count() > failed.len();
    let is_limited = most(|worth| matches!(worth, ProbeTrust::Limited(_)));
    let is_unserved = most(|worth| matches!(worth, ProbeTrust::Unserved(_)));
    let class = |names: &[&str]| -> u64 {
        let of = |one: &&Evidence| -> u64 {
            one.failures
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|failure| failure.1)
                .sum()
        };
        failed.iter().map(of).sum()
    };
    // Where work waits longer and longer it is not the service's doing that somebody's patience ended.
    let silent = if is_behind { 0 } else { class(&["timeout"]) };
    let workers = class(&["server", "overload", "protocol", "invalid", "auth"]) + silent;
    let network = class(&["transport"]);
    Some(match (is_limited, workers.max(network)) {
        (true, _) => GaveWay::RateLimit,
        (false, 1..) if network > workers => GaveWay::Network,
        (false, 1..) => GaveWay::Worker,
        (false, 0) if is_unserved => GaveWay::Worker,
        (false, 0) if is_behind => GaveWay::Queue,
        (false, 0) if is_any_load => GaveWay::ServiceTime,
        (false, 0) => GaveWay::Wait,
    })
}

/// Why a number fails, beside failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    /// Less audio comes than is listened to.
    pub(super) is_behind: bool,
    /// An objective is missed at any load.
    pub(super) is_any_load: bool,
}

/// Whether the service delivered less than was listened to in these runs together.
pub(super) fn falls_behind(runs: &[&Evidence], counts: bool) -> bool {
    let paces: Vec<_> = runs.iter().filter_map(|one| one.pace).collect();
    if paces.is_empty() || !counts {
        return false;
    }
    let n = whole(u64::try_from(paces.len()).unwrap_or(u64::MAX));
    let ratio = paces.iter().map(|pace| pace.ratio.min(1.0)).sum::<f64>() / n;
    let error = paces.iter().map(|pace| pace.error.powi(2)).sum::<f64>().sqrt() / n;
    1.0 - ratio > 2.0 * error
}
