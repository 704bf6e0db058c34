//! Every combination of some values, by number.

use serde::{Deserialize, Serialize};

/// Base of the sequence that spreads points evenly in a plane and higher (Roberts 2018): the root of x^(d+1) = x + 1.
const STEPS_TO_ROOT: u32 = 64;

/// A combination: its number among all, the last value's place counting by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SettingId(pub u64);

/// So many values of each of some settings, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    sizes: Vec<u32>,
}

impl Grid {
    /// One of `sizes`, each at least 1; none if there are more combinations than `most`.
    #[must_use]
    pub fn new(sizes: Vec<u32>, most: u64) -> Option<Self> {
        let all = sizes.iter().try_fold(1_u64, |all, size| all.checked_mul(u64::from(*size)))?;
        (all >= 1 && all <= most).then_some(Self { sizes })
    }

    /// How many combinations there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.sizes.iter().map(|size| u64::from(*size)).product()
    }

    /// Which value of each setting it has, from 0.
    #[must_use]
    pub fn places(&self, SettingId(mut number): SettingId) -> Vec<u32> {
        let mut places: Vec<u32> = Vec::with_capacity(self.sizes.len());
        for size in self.sizes.iter().rev() {
            let size = u64::from(*size);
            places.push(u32::try_from(number % size).unwrap_or(0));
            number /= size;
        }
        places.reverse();
        places
    }

    /// The combination of these values.
    #[must_use]
    pub fn setting(&self, places: &[u32]) -> SettingId {
        let number = self
            .sizes
            .iter()
            .zip(places)
            .fold(0, |number, (size, place)| number * u64::from(*size) + u64::from(*place));
        SettingId(number)
    }

    /// Those that differ by one step of one setting, which is told with the direction: `false` one down, `true` one up.
    pub(super) fn neighbours(&self, setting: SettingId) -> Vec<(usize, bool, SettingId)> {
        let places = self.places(setting);
        let mut found = Vec::new();
        for (dimension, size) in self.sizes.iter().enumerate() {
            for up in [false, true] {
                let place = places.get(dimension).copied().unwrap_or(0);
                let moved = if up { place.checked_add(1) } else { place.checked_sub(1) };
                let Some(moved) = moved.filter(|moved| moved < size) else { continue };
                let mut there = places.clone();
                if let Some(place) = there.get_mut(dimension) {
                    *place = moved;
                }
                found.push((dimension, up, self.setting(&there)));
            }
        }
        found
    }

    /// At most `most` combinations, in order: all of them, or as many evenly spread, the first and the last of each setting among them.
    pub(super) fn spread(&self, most: u64) -> Vec<SettingId> {
        if self.count() <= most {
            return (0..self.count()).map(SettingId).collect();
        }
        let mut found = std::collections::BTreeSet::new();
        let ends = |last: bool| -> Vec<u32> {
            self.sizes.iter().map(|size| if last { size.saturating_sub(1) } else { 0 }).collect()
        };
        found.extend([self.setting(&ends(false)), self.setting(&ends(true))]);
        let steps = self.steps();
        let mut at = vec![0.5_f64; steps.len()];
        // Points of a coarse grid may coincide: so many more are looked at, and no more.
        for _ in 0..most.saturating_mul(4) {
            if u64::try_from(found.len()).unwrap_or(u64::MAX) >= most {
                break;
            }
            for (at, step) in at.iter_mut().zip(&steps) {
                *at = (*at + step).fract();
            }
            let places: Vec<u32> = at.iter().zip(&self.sizes).map(|(at, size)| place(*at, *size)).collect();
            found.insert(self.setting(&places));
        }
        found.into_iter().collect()
    }

    /// How far apart two points of the sequence are in each dimension.
    fn steps(&self) -> Vec<f64> {
        let dimensions = i32::try_from(self.sizes.len()).unwrap_or(i32::MAX);
        let mut root = 2.0_f64;
        for _ in 0..STEPS_TO_ROOT {
            root = (1.0 + root).powf(1.0 / f64::from(dimensions + 1));
        }
        (1..=dimensions).map(|dimension| root.powi(-dimension)).collect()
    }
}

/// The value that a point between 0 and 1 falls on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to below a u32")]
fn place(at: f64, size: u32) -> u32 {
    ((at * f64::from(size)) as u32).min(size.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_places_are_each_others_inverse() {
        let grid = Grid::new(vec![3, 1, 4], 100).unwrap();
        assert_eq!(grid.count(), 12);
        for number in 0..12 {
            assert_eq!(grid.setting(&grid.places(SettingId(number))), SettingId(number));
        }
        assert_eq!(grid.places(SettingId(7)), [1, 0, 3]);
        assert_eq!(Grid::new(vec![1_000, 1_000], 999_999), None);
    }

    #[test]
    fn a_corner_has_fewer_neighbours_than_the_middle() {
        let grid = Grid::new(vec![3, 3], 9).unwrap();
        let corner: Vec<_> = grid.neighbours(SettingId(0)).into_iter().map(|(_, _, there)| there.0).collect();
        assert_eq!(corner, [3, 1]);
        assert_eq!(grid.neighbours(SettingId(4)).len(), 4);
    }

    #[test]
    fn a_spread_has_the_ends_and_no_gap() {
        let grid = Grid::new(vec![100, 100, 100], 1_000_000).unwrap();
        let spread = grid.spread(500);
        assert_eq!(spread.len(), 500);
        assert!(spread.contains(&SettingId(0)) && spread.contains(&SettingId(999_999)));
        for dimension in 0..3 {
            let mut seen: Vec<u32> = spread.iter().map(|one| grid.places(*one)[dimension]).collect();
            seen.sort_unstable();
            let gap = seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            assert!(gap <= 2, "{gap} values apart in dimension {dimension}");
        }
        assert_eq!(Grid::new(vec![2, 2], 4).unwrap().spread(10).len(), 4);
    }
}
