//! How far the mean of a queue of so many customers may be from the formula.

/// The variance of the mean queue of M/M/c over the time of one arrival, in squares of that mean, as the number of arrivals grows: that of a
/// birth-and-death process (Whitt 1992, equation 6). The mean wait is that queue by Little's law.
pub(crate) fn relative_variance(workers: u32, utilisation: f64) -> f64 {
    let queue = |present: u32| f64::from(present.saturating_sub(workers));
    let (variance, mean) = asymptotic_variance(workers, utilisation, queue);
    variance * utilisation * f64::from(workers) / mean.powi(2)
}

/// The variance of the mean over time of a function of those present, for one second of service, and its mean.
pub(crate) fn asymptotic_variance(workers: u32, utilisation: f64, of: impl Fn(u32) -> f64) -> (f64, f64) {
    let rate = utilisation * f64::from(workers);
    let mut shares = vec![1.0];
    while shares[shares.len() - 1] > 1e-15 || shares.len() < 2 * usize::try_from(workers).expect("few") {
        let present = u32::try_from(shares.len()).expect("few");
        shares.push(shares[shares.len() - 1] * rate / f64::from(present.min(workers)));
    }
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    let mean: f64 = (0_u32..).zip(&shares).map(|(present, share)| of(present) * share).sum();
    let mut below = 0.0;
    let terms = (0_u32..).zip(&shares).map(|(present, share)| {
        below += (of(present) - mean) * share;
        below * below / (rate * share)
    });
    (2.0 * terms.sum::<f64>(), mean)
}
