//! Which text each listener hears where some are more popular than others.

use rand_distr::{Distribution as _, Zipf};

use crate::rng::Seed;

/// So many texts, of which the k-th most popular is chosen in proportion to 1/k^exponent (Zipf's law). A listener's choice depends on the seed
/// and its number alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextPopularity {
    /// Texts there are, at least 1.
    pub texts: u32,
    /// 0 for equally popular ones; finite and not negative.
    pub exponent: f64,
}

impl TextPopularity {
    /// The text of the listener with that number: 0 is the most popular. `seed` is that of the plan.
    #[must_use]
    pub fn text_of(self, seed: Seed, listener: u32) -> u32 {
        let mut rng = seed.child("text-choice").index(u64::from(listener)).rng();
        let rank = Zipf::new(f64::from(self.texts), self.exponent).map_or(1.0, |zipf| zipf.sample(&mut rng));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 1 to the number of texts"
        )]
        let rank = rank as u32;
        rank.clamp(1, self.texts.max(1)) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_chosen_as_often_as_zipf_has_it() {
        let count = 20_000_u32;
        for exponent in [0.0, 1.0, 1.1] {
            let popularity = TextPopularity { texts: 50, exponent };
            let mut chosen = [0_u32; 50];
            for listener in 0..count {
                let text = popularity.text_of(Seed::root(5), listener);
                chosen[usize::try_from(text).unwrap()] += 1;
            }
            let weights: Vec<f64> = (1..=50_u32).map(|rank| f64::from(rank).powf(-exponent)).collect();
            let all: f64 = weights.iter().sum();
            let chi_squared: f64 = weights
                .iter()
                .zip(chosen)
                .map(|(weight, chosen)| {
                    let expected = f64::from(count) * weight / all;
                    (f64::from(chosen) - expected).powi(2) / expected
                })
                .sum();
            // Chi squared of 49 degrees of freedom is beyond 74.9 by chance in one of a hundred.
            assert!(chi_squared < 74.9, "exponent {exponent}: {chi_squared}");
        }
    }
}
