//! A course in one line of text.

/// Eighths of a cell.
const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The course in `width` cells, from nothing to its largest value. What is not nothing is seen.
pub(super) fn line(course: &[f64], width: usize) -> String {
    let cells: Vec<f64> = fit(course, width);
    let most = cells.iter().copied().fold(0.0, f64::max);
    cells.iter().map(|value| STEPS[step(*value, most)]).collect()
}

/// As many values as there are cells, or fewer: means of neighbours.
pub(super) fn fit(course: &[f64], width: usize) -> Vec<f64> {
    if course.len() <= width {
        return course.to_vec();
    }
    let cell = |place: usize| {
        let (from, to) = (place * course.len() / width, (place + 1) * course.len() / width);
        let values = &course[from..to.max(from + 1)];
        values.iter().sum::<f64>() / values.iter().map(|_| 1.0).sum::<f64>()
    };
    (0..width).map(cell).collect()
}

fn step(value: f64, most: f64) -> usize {
    if value <= 0.0 || most <= 0.0 {
        return 0;
    }
    // The first step whose share of the largest value is reached; the loop is as short as the list.
    (1..STEPS.len())
        .zip(1_u32..)
        .find(|(_, eighths)| value * 8.0 <= most * f64::from(*eighths))
        .map_or(8, |(step, _)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_seen_and_nothing_is_not() {
        assert_eq!(line(&[0.0, 0.001, 4.0, 8.0], 10), " ▁▄█");
        assert_eq!(line(&[0.0; 3], 10), "   ");
        assert_eq!(line(&[], 10), "");
    }

    #[test]
    fn a_long_course_is_fitted_by_means() {
        assert_eq!(fit(&[1.0, 3.0, 5.0, 7.0], 2), [2.0, 6.0]);
        assert_eq!(fit(&[1.0; 256], 70).len(), 70);
    }
}
