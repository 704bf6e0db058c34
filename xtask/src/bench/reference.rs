//! A fixed piece of work, so that figures of different machines and moments can be compared as ratios.

use std::{
    hint::black_box,
    num::NonZero,
    thread,
    time::{Duration, Instant},
};

/// Rounds of mixing per thread: about a second on a core of 2025, in the unoptimised build of the chores.
const ROUNDS: u64 = 600_000_000;

/// Threads that can run at once on this machine.
pub(crate) fn cores() -> u32 {
    thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)).max(1)
}

/// Mixes integers on every core at once and tells how long the slowest took.
pub(crate) fn time() -> Duration {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| black_box(mix(black_box(ROUNDS))));
        }
    });
    began.elapsed()
}

/// A chain of dependent multiplications and rotations: nothing to vectorise, skip or cache.
fn mix(rounds: u64) -> u64 {
    let mut state = 0x6a09_e667_f3bc_c908_u64;
    let mut round = 0;
    while round < rounds {
        state = (state ^ round).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        round += 1;
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_the_same_every_time_and_depends_on_its_amount() {
        assert_eq!(mix(1_000), mix(1_000));
        assert_ne!(mix(1_000), mix(1_001));
    }
}
