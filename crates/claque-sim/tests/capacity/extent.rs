//! How many searches are made: few for a test, more for the bench, which says so in variables.

/// How much is simulated.
pub(crate) struct Extent {
    /// Searches of each world.
    pub(crate) seeds: u64,
    /// Runs at each number that brute force makes.
    pub(crate) runs: u64,
    /// Whether the large worlds are looked at, too.
    pub(crate) large: bool,
}

impl Extent {
    /// What the bench asks for, or what a test has time for.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench says by this how much is simulated; the crate knows none of it"
    )]
    pub(crate) fn asked_for() -> Self {
        let large = std::env::var("CLAQUE_CAPACITY_LARGE").is_ok();
        match std::env::var("CLAQUE_CAPACITY_SEEDS").ok() {
            None => Self { seeds: 3, runs: 10, large },
            Some(seeds) => {
                let seeds = seeds.parse().expect("seeds are a number");
                Self { seeds, runs: 4 * seeds, large }
            }
        }
    }
}
