//! How long a model's synthesis takes and how long its audio is.

use claque_core::time::{Duration, MediaTime, duration_nanos};
use claque_gateway::{LengthModel, Quantiles, ServiceModel};
use serde::{Deserialize, Serialize};

use super::{
    set,
    units::{Rate, Seconds, Size},
};

/// `{ fixed_seconds }`, `{ exponential_seconds }`, `{ quantile_seconds }` (eleven of them), or any of `{ overhead_seconds, seconds_per_char, sigma }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "RawService")]
pub(super) struct ServiceSetting(RawService);

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct RawService {
    fixed_seconds: Option<Seconds>,
    exponential_seconds: Option<Seconds>,
    quantile_seconds: Option<[Seconds; 11]>,
    overhead_seconds: Option<Seconds>,
    seconds_per_char: Option<Seconds>,
    sigma: Option<Size>,
}

/// `{ fixed_seconds }`, or any of `{ chars_per_second, sigma }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "RawLength")]
pub(super) struct LengthSetting(RawLength);

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct RawLength {
    fixed_seconds: Option<Seconds>,
    chars_per_second: Option<Rate>,
    sigma: Option<Size>,
}

/// Where per-character times start from when they were fixed before: the published pace of kokoro (see the
/// gateway's presets).
pub(super) const DEFAULT_SERVICE: ServiceModel = ServiceModel::PerChar {
    overhead: Duration::from_secs(1),
    per_char: Duration::from_millis(20),
    sigma: 0.1,
};
pub(super) const DEFAULT_LENGTH: LengthModel = LengthModel::PerChar { chars_per_second: 14.0, sigma: 0.03 };

impl ServiceSetting {
    pub(super) fn apply(self, service: &mut ServiceModel) {
        if let Some(fixed) = self.0.fixed_seconds {
            *service = ServiceModel::Fixed(fixed.0);
            return;
        }
        if let Some(mean) = self.0.exponential_seconds {
            *service = ServiceModel::Exponential { mean: mean.0 };
            return;
        }
        if let Some(times) =
            self.0.quantile_seconds.and_then(|times| Quantiles::new(times.map(|time| time.0)))
        {
            *service = ServiceModel::Empirical(times);
            return;
        }
        if matches!(
            service,
            ServiceModel::Fixed(_) | ServiceModel::Exponential { .. } | ServiceModel::Empirical(_)
        ) {
            *service = DEFAULT_SERVICE;
        }
        if let ServiceModel::PerChar { overhead, per_char, sigma } = service {
            set(overhead, self.0.overhead_seconds.map(|span| span.0));
            set(per_char, self.0.seconds_per_char.map(|span| span.0));
            set(sigma, self.0.sigma.map(|sigma| sigma.0));
        }
    }
}

impl LengthSetting {
    pub(super) fn apply(self, length: &mut LengthModel) {
        if let Some(fixed) = self.0.fixed_seconds {
            *length = LengthModel::Fixed(MediaTime::from_nanos(duration_nanos(fixed.0)));
            return;
        }
        if matches!(length, LengthModel::Fixed(_)) {
            *length = DEFAULT_LENGTH;
        }
        if let LengthModel::PerChar { chars_per_second, sigma } = length {
            set(chars_per_second, self.0.chars_per_second.map(|rate| rate.0));
            set(sigma, self.0.sigma.map(|sigma| sigma.0));
        }
    }
}

impl TryFrom<RawService> for ServiceSetting {
    type Error = &'static str;

    fn try_from(raw: RawService) -> Result<Self, Self::Error> {
        let per_char =
            raw.overhead_seconds.is_some() || raw.seconds_per_char.is_some() || raw.sigma.is_some();
        let others = per_char || raw.exponential_seconds.is_some();
        if raw.fixed_seconds.is_some() && others {
            return Err("fixed_seconds stands alone; take it away, or the other keys");
        }
        if raw.exponential_seconds.is_some() && per_char {
            return Err("exponential_seconds stands alone; take it away, or the other keys");
        }
        if let Some(times) = raw.quantile_seconds {
            if others || raw.fixed_seconds.is_some() {
                return Err("quantile_seconds stands alone; take it away, or the other keys");
            }
            if Quantiles::new(times.map(|time| time.0)).is_none() {
                return Err("quantile_seconds must ascend, from the shortest time to the longest");
            }
        }
        Ok(Self(raw))
    }
}

impl TryFrom<RawLength> for LengthSetting {
    type Error = &'static str;

    fn try_from(raw: RawLength) -> Result<Self, Self::Error> {
        if raw.fixed_seconds.is_some() && (raw.chars_per_second.is_some() || raw.sigma.is_some()) {
            return Err("fixed_seconds stands alone; take it away, or the other keys");
        }
        Ok(Self(raw))
    }
}

impl From<ServiceModel> for ServiceSetting {
    fn from(service: ServiceModel) -> Self {
        Self(match service {
            ServiceModel::Fixed(span) => {
                RawService { fixed_seconds: Some(Seconds(span)), ..RawService::default() }
            }
            ServiceModel::Exponential { mean } => {
                RawService { exponential_seconds: Some(Seconds(mean)), ..RawService::default() }
            }
            ServiceModel::Empirical(quantiles) => {
                RawService { quantile_seconds: Some(quantiles.times().map(Seconds)), ..RawService::default() }
            }
            ServiceModel::PerChar { overhead, per_char, sigma } => RawService {
                fixed_seconds: None,
                exponential_seconds: None,
                quantile_seconds: None,
                overhead_seconds: Some(Seconds(overhead)),
                seconds_per_char: Some(Seconds(per_char)),
                sigma: Some(Size(sigma)),
            },
        })
    }
}

impl From<LengthModel> for LengthSetting {
    fn from(length: LengthModel) -> Self {
        Self(match length {
            LengthModel::Fixed(media) => {
                let span = Duration::from_nanos(media.as_nanos());
                RawLength { fixed_seconds: Some(Seconds(span)), ..RawLength::default() }
            }
            LengthModel::PerChar { chars_per_second, sigma } => RawLength {
                fixed_seconds: None,
                chars_per_second: Some(Rate(chars_per_second)),
                sigma: Some(Size(sigma)),
            },
        })
    }
}
