//! A line through times of jobs, with noise that multiplies them.

use claque_core::time::Duration;

/// How long a worker took for a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobTime {
    /// When it was taken, since the run's start.
    pub(super) taken: Duration,
    pub(super) chars: f64,
    pub(super) seconds: f64,
}

/// `(overhead + chars x per_char) x noise`, in seconds, and how far each may be off.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) overhead: f64,
    pub(super) per_char: f64,
    /// Standard deviation of the noise's logarithm; the noise has mean one.
    pub(super) sigma: f64,
    pub(super) overhead_deviation: f64,
    pub(super) per_char_deviation: f64,
    /// Logarithm of the likelihood of the times.
    pub(super) likelihood: f64,
}

/// Sigma is taken for no less: a clock has grains, and of no noise at all everything would be infinitely likely.
const LEAST_SIGMA: f64 = 1e-4;
/// Steps to the likeliest line; a few are enough.
const STEPS: usize = 60;

/// The likeliest line (Gauss and Newton on logarithms, halving steps that lead uphill). None where there is none.
pub(super) fn fit_line(times: &[JobTime]) -> Option<Line> {
    let count = super::number(times.len());
    let (mut overhead, mut per_char) = start(times);
    let mut squares = squares(times, overhead, per_char);
    let mut normal = Normal::of(times, overhead, per_char);
    for _ in 0..STEPS {
        let (by_overhead, by_rate) = normal.step();
        let mut share = 1.0;
        let better = loop {
            let next = ((overhead + share * by_overhead).max(0.0), (per_char + share * by_rate).max(0.0));
            let of_next = self::squares(times, next.0, next.1);
            if of_next < squares {
                break Some((next, of_next));
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some((next, of_next)) = better else { break };
        let is_done = squares - of_next <= 1e-12 * squares;
        (overhead, per_char) = next;
        squares = of_next;
        normal = Normal::of(times, overhead, per_char);
        if is_done {
            break;
        }
    }
    if !squares.is_finite() {
        return None;
    }
    let sigma = (squares / count).sqrt().max(LEAST_SIGMA);
    // Noise of mean one lies lower by half of sigma squared in logarithms.
    let lift = (sigma * sigma / 2.0).exp();
    let (overhead_deviation, per_char_deviation) = normal.deviations(sigma);
    let logs: f64 = times.iter().map(|job| job.seconds.ln()).sum();
    let likelihood = -count * (sigma.ln() + 0.5 * (2.0 * core::f64::consts::PI).ln())
        - squares / (2.0 * sigma * sigma)
        - logs;
    Some(Line {
        overhead: overhead * lift,
        per_char: per_char * lift,
        sigma,
        overhead_deviation: overhead_deviation * lift,
        per_char_deviation: per_char_deviation * lift,
        likelihood,
    })
}

impl Line {
    /// When each job was taken, and the logarithm of its noise.
    pub(super) fn noise(&self, times: &[JobTime]) -> Vec<(Duration, f64)> {
        let noise = |job: &JobTime| {
            let meant = self.overhead + self.per_char * job.chars;
            (job.taken, (job.seconds / meant.max(f64::MIN_POSITIVE)).ln() + self.sigma * self.sigma / 2.0)
        };
        times.iter().map(noise).collect()
    }
}

/// Least squares on the times themselves.
fn start(times: &[JobTime]) -> (f64, f64) {
    let count = super::number(times.len());
    let mean = |of: fn(&JobTime) -> f64| times.iter().map(of).sum::<f64>() / count;
    let (chars, seconds) = (mean(|job| job.chars), mean(|job| job.seconds));
    let across: f64 = times.iter().map(|job| (job.chars - chars) * (job.seconds - seconds)).sum();
    let along: f64 = times.iter().map(|job| (job.chars - chars).powi(2)).sum();
    let per_char = if along > 0.0 { (across / along).clamp(0.0, seconds / chars) } else { 0.0 };
    ((seconds - per_char * chars).max(0.0), per_char)
}

fn squares(times: &[JobTime], overhead: f64, per_char: f64) -> f64 {
    times.iter().map(|job| (job.seconds / (overhead + per_char * job.chars)).ln().powi(2)).sum()
}

/// The normal equations at a line.
#[derive(Clone, Copy, Debug, Default)]
struct Normal {
    /// Sums of products of derivatives: overhead twice, both, rate twice.
    products: [f64; 3],
    /// Sums of derivatives times what is left.
    left: [f64; 2],
}

impl Normal {
    fn of(times: &[JobTime], overhead: f64, per_char: f64) -> Self {
        let mut normal = Self::default();
        for job in times {
            let meant = overhead + per_char * job.chars;
            let (by_overhead, by_rate) = (1.0 / meant, job.chars / meant);
            let left = (job.seconds / meant).ln();
            normal.products[0] += by_overhead * by_overhead;
            normal.products[1] += by_overhead * by_rate;
            normal.products[2] += by_rate * by_rate;
            normal.left[0] += by_overhead * left;
            normal.left[1] += by_rate * left;
        }
        normal
    }

    /// The inverse of the products; none where all texts are of one length.
    fn inverse(&self) -> Option<[f64; 3]> {
        let [a, b, c] = self.products;
        let determinant = a * c - b * b;
        (determinant > 1e-9 * a * c).then(|| [c / determinant, -b / determinant, a / determinant])
    }

    fn step(&self) -> (f64, f64) {
        let [left, by_rate] = self.left;
        match self.inverse() {
            Some([a, b, c]) => (a * left + b * by_rate, b * left + c * by_rate),
            None => (left / self.products[0], 0.0),
        }
    }

    /// Standard deviations of overhead and rate; where they cannot be told apart no number is large enough.
    fn deviations(&self, sigma: f64) -> (f64, f64) {
        match self.inverse() {
            Some([a, _, c]) => (sigma * a.sqrt(), sigma * c.sqrt()),
            None => (f64::INFINITY, f64::INFINITY),
        }
    }
}
