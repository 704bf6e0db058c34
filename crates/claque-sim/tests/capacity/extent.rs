//! How many searches are made: few for a test, more for the bench, which says so in variables.

/// How much is simulated.
pub(crate) struct Extent {
    /// Searches of each world.
    pub(crate) seeds: u64,
    /// Searches of each service that are held against brute force.
    pub(crate) searches: u64,
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
        let number = |name: &str| std::env::var(name).ok().map(|said| said.parse().expect("it is a number"));
        let runs: Option<u64> = number("CLAQUE_BRUTE_FORCE_RUNS");
        Self {
            seeds: number("CLAQUE_CAPACITY_SEEDS").unwrap_or(3),
            searches: if runs.is_some() { 10 } else { 1 },
            runs: runs.unwrap_or(10),
            large,
        }
    }
}
