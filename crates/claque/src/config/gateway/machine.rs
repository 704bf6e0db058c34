//! What the machine under a model's workers makes of their times.

use claque_gateway::{Crashes, MachineModel, Neighbours, Tail};
use serde::{Deserialize, Serialize};

use super::{
    set,
    units::{Interval, Rate, Seconds, Share, Size, Switch},
};

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MachineSettings {
    /// Factors on the speed of each worker; an empty list for workers that are alike. Replaces the old list.
    speeds: Option<Vec<Rate>>,
    tail: Option<Switch<TailSetting>>,
    neighbours: Option<Switch<NeighboursSetting>>,
    delivery_seconds: Option<Seconds>,
    crashes: Option<Switch<CrashesSetting>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TailSetting {
    share: Share,
    factor: Rate,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NeighboursSetting {
    sigma: Size,
    correlation_seconds: Interval,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CrashesSetting {
    mean_seconds: Interval,
    restart_seconds: Seconds,
}

impl MachineSettings {
    pub(super) fn apply(&self, machine: &mut MachineModel) {
        let speeds = self.speeds.as_ref().map(|speeds| speeds.iter().map(|speed| speed.0).collect());
        set(&mut machine.speeds, speeds);
        let tail = |setting: TailSetting| Tail { share: setting.share.0, factor: setting.factor.0 };
        set(&mut machine.tail, self.tail.as_ref().map(|switch| switch.to_option().map(tail)));
        let neighbours = |setting: NeighboursSetting| Neighbours {
            sigma: setting.sigma.0,
            correlation: setting.correlation_seconds.0,
        };
        let others = self.neighbours.as_ref().map(|switch| switch.to_option().map(neighbours));
        set(&mut machine.neighbours, others);
        set(&mut machine.delivery, self.delivery_seconds.map(|span| span.0));
        let crashes = |setting: CrashesSetting| Crashes {
            mean: setting.mean_seconds.0,
            restart: setting.restart_seconds.0,
        };
        set(&mut machine.crashes, self.crashes.as_ref().map(|switch| switch.to_option().map(crashes)));
    }
}

impl From<&MachineModel> for MachineSettings {
    fn from(machine: &MachineModel) -> Self {
        let MachineModel { speeds, tail, neighbours, delivery, crashes } = machine;
        let tail =
            tail.map(|Tail { share, factor }| TailSetting { share: Share(share), factor: Rate(factor) });
        let neighbours = neighbours.map(|Neighbours { sigma, correlation }| NeighboursSetting {
            sigma: Size(sigma),
            correlation_seconds: Interval(correlation),
        });
        let crashes = crashes.map(|Crashes { mean, restart }| CrashesSetting {
            mean_seconds: Interval(mean),
            restart_seconds: Seconds(restart),
        });
        Self {
            speeds: Some(speeds.iter().copied().map(Rate).collect()),
            tail: Some(tail.into()),
            neighbours: Some(neighbours.into()),
            delivery_seconds: Some(Seconds(*delivery)),
            crashes: Some(crashes.into()),
        }
    }
}
