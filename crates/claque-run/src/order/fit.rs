//! How far a fitted model may be off, and one of the models that it may be.

use claque_core::{rng::Seed, time::Duration};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::ServiceModel;

/// Widths of a 95 % interval that are one standard error: 2 x 1.96.
const WIDTHS: f64 = 3.919_928;

/// A fitted number: the likeliest, and the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedNumber(pub f64, pub f64, pub f64);

/// How far the constants of a fitted model may be off.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFit {
    /// The model that was fitted.
    pub model: String,
    /// Part of a job's time that does not depend on its text.
    pub overhead_seconds: FittedNumber,
    /// Part for each character.
    pub seconds_per_char: FittedNumber,
    /// Sigma of the noise.
    pub sigma: FittedNumber,
    /// Time from a job's end until it is announced.
    pub delivery_seconds: FittedNumber,
}

impl ModelFit {
    /// Makes the fitted model of `config` another one that it may as well be: each constant is drawn for itself, about normally, by
    /// `seed`. What is no longer as it was fitted stays. Gives whether anything was drawn.
    pub fn draw(&self, config: &mut GatewayConfig, seed: Seed) -> bool {
        let Some(model) = config.models.iter_mut().find(|model| *model.info.slug == *self.model) else {
            return false;
        };
        let ServiceModel::PerChar { overhead, per_char, sigma } = &mut model.service else { return false };
        let drawn = |name: &str, number: FittedNumber| number.factor(seed.child(name));
        *overhead = times(*overhead, drawn("overhead", self.overhead_seconds));
        *per_char = times(*per_char, drawn("per-char", self.seconds_per_char));
        *sigma *= drawn("sigma", self.sigma);
        let delivery = &mut model.machine.delivery;
        *delivery = times(*delivery, drawn("delivery", self.delivery_seconds));
        true
    }
}

impl FittedNumber {
    /// By how much another number that it may be differs, at least nothing.
    fn factor(self, seed: Seed) -> f64 {
        let Self(value, low, high) = self;
        if value.partial_cmp(&0.0).is_none_or(core::cmp::Ordering::is_le) {
            return 1.0;
        }
        // Twelve evenly distributed numbers together are close enough to normal.
        let normal = (0..12).map(|draw| evenly(seed.index(draw))).sum::<f64>() - 6.0;
        let off = normal * (high - low).max(0.0) / WIDTHS / value;
        if off.is_finite() { (1.0 + off).max(0.0) } else { 1.0 }
    }
}

/// A number from 0 to 1.
fn evenly(seed: Seed) -> f64 {
    f64::from(u32::try_from(seed.value() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// A length times a factor; the same where that is none.
fn times(span: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * factor).unwrap_or(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_lies_about_as_often_within_the_interval_as_it_says() {
        let number = FittedNumber(2.0, 1.5, 2.5);
        let drawn: Vec<f64> = (0..2_000).map(|seed| 2.0 * number.factor(Seed::root(seed))).collect();
        let within = drawn.iter().filter(|value| (1.5..=2.5).contains(*value)).count();
        assert!((1_860..=1_940).contains(&within), "{within} of 2000");
        let mean = drawn.iter().sum::<f64>() / 2_000.0;
        assert!((mean - 2.0).abs() < 0.03, "{mean}");
    }

    #[test]
    fn what_is_known_exactly_stays_and_nothing_becomes_negative() {
        assert!((FittedNumber(2.0, 2.0, 2.0).factor(Seed::root(1)) - 1.0).abs() < 1e-12);
        assert!((FittedNumber(0.0, 0.0, 1.0).factor(Seed::root(1)) - 1.0).abs() < 1e-12);
        assert!((0..500).all(|seed| FittedNumber(0.1, -9.0, 9.0).factor(Seed::root(seed)) >= 0.0));
    }
}
