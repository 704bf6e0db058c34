//! Arrivals as they are typed: `poisson:12/min`.

use core::str::FromStr;

use thiserror::Error;

use super::{ArrivalProcess, Rate, RateProfile, RateStage};
use crate::{span::parse_span, time::Duration};

/// What may be typed.
const FORMS: &str =
    "give closed, even:WINDOW, constant:RATE, poisson:RATE, ramp:FROM..TO:OVER, stages:FILE or trace:FILE";

/// Arrivals as they are typed. Those of a file are known once it was read.
///
/// | text | who comes when |
/// |---|---|
/// | `closed` | everybody at once |
/// | `even:30s` | everybody, spread evenly over 30 s |
/// | `constant:12/min` | one every five seconds |
/// | `poisson:12/min` | at random, 12 a minute on average |
/// | `ramp:0/min..60/min:10min` | evenly along a rate that grows from none to one a second |
/// | `stages:FILE` | evenly along the rates of a file ([`parse_stages`](super::parse_stages)) |
/// | `trace:FILE` | at the moments of a file ([`parse_trace`](super::parse_trace)) |
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalForm {
    /// Known without a file.
    Known(ArrivalProcess),
    /// The file of that name has the stages.
    Stages(String),
    /// The file of that name has the moments.
    Trace(String),
}

/// Why a text is no [`ArrivalForm`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ArrivalFormError(String);

impl FromStr for ArrivalForm {
    type Err = ArrivalFormError;

    fn from_str(text: &str) -> Result<Self, ArrivalFormError> {
        let (kind, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        let known = match kind {
            "closed" if rest.is_empty() => ArrivalProcess::Even { window: Duration::ZERO },
            "even" => ArrivalProcess::Even { window: span(rest)? },
            "constant" => ArrivalProcess::Paced(RateProfile::constant(some_rate(rest)?)),
            "poisson" => ArrivalProcess::Poisson(RateProfile::constant(some_rate(rest)?)),
            "ramp" => ArrivalProcess::Paced(ramp(rest)?),
            "stages" if !rest.is_empty() => return Ok(Self::Stages(rest.to_owned())),
            "trace" if !rest.is_empty() => return Ok(Self::Trace(rest.to_owned())),
            _ => return Err(ArrivalFormError(FORMS.to_owned())),
        };
        Ok(Self::Known(known))
    }
}

fn ramp(text: &str) -> Result<RateProfile, ArrivalFormError> {
    let parts = text.rsplit_once(':').and_then(|(rates, over)| Some((rates.split_once("..")?, over)));
    let ((from, to), over) =
        parts.ok_or_else(|| ArrivalFormError("a ramp is written as ramp:1/min..60/min:10min".to_owned()))?;
    let (from, to, over) = (rate(from)?, rate(to)?, span(over)?);
    if over.is_zero() || from.as_per_second().max(to.as_per_second()) <= 0.0 {
        return Err(ArrivalFormError(
            "nobody comes by this ramp; give it a time and a rate above 0".to_owned(),
        ));
    }
    Ok(RateProfile::new(&[RateStage { from, to, over }], Some(to)))
}

fn rate(text: &str) -> Result<Rate, ArrivalFormError> {
    text.trim().parse().map_err(ArrivalFormError)
}

fn some_rate(text: &str) -> Result<Rate, ArrivalFormError> {
    let rate = rate(text)?;
    if rate.as_per_second() > 0.0 {
        Ok(rate)
    } else {
        Err(ArrivalFormError(format!("nobody comes at `{text}`; give a rate above 0")))
    }
}

fn span(text: &str) -> Result<Duration, ArrivalFormError> {
    parse_span(text.trim())
        .map_err(|error| ArrivalFormError(format!("{error}; write one such as `30s`, `5min` or `1h`")))
}
