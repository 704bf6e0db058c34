//! Networks that have names.

use super::{BitRate, LinkProfile, LossRate};
use crate::time::Duration;

/// A network under a name that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// As it is typed.
    pub name: &'static str,
    /// A round trip.
    round_trip: Duration,
    /// Bits per second from the service.
    down: u64,
    /// Bits per second to the service.
    up: u64,
}

/// Those of `WebPageTest` (`www/settings/connectivity.ini.sample`, the profiles 3G, LTE, DSL and FIOS), with which the speed of web pages has
/// been measured for years. It has neither jitter nor loss for any of them, so these have none.
pub const PRESETS: [Preset; 4] = [
    Preset { name: "3g", round_trip: Duration::from_millis(300), down: 1_600_000, up: 768_000 },
    Preset { name: "lte", round_trip: Duration::from_millis(70), down: 12_000_000, up: 12_000_000 },
    Preset { name: "dsl", round_trip: Duration::from_millis(50), down: 1_500_000, up: 384_000 },
    Preset { name: "fibre", round_trip: Duration::from_millis(4), down: 20_000_000, up: 5_000_000 },
];

impl Preset {
    /// What it does.
    #[must_use]
    pub fn profile(&self) -> LinkProfile {
        LinkProfile {
            delay: self.round_trip / 2,
            jitter: Duration::ZERO,
            loss: LossRate::NONE,
            down: BitRate::new(self.down),
            up: BitRate::new(self.up),
        }
    }
}
