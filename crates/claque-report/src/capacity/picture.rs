//! What the page of a capacity draws: the share that is good and the pace against listeners, and the runs in their order.

use claque_stats::{
    capacity::{Answer, THROUGHPUT},
    objective::Counted,
};
use claque_store::ProbeRow;

use crate::html::Markup;

/// Of a panel, in the units of its view box.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 48.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 22.0;

/// A point of a panel: listeners, a value, how far that may be off, and whether everything was met.
struct Point {
    users: f64,
    value: f64,
    error: f64,
    met: bool,
}

/// A panel of points against listeners.
struct Panel<'a> {
    title: &'a str,
    points: Vec<Point>,
    line: Vec<(f64, f64)>,
    /// The largest value that is drawn.
    most: f64,
    unit: &'a str,
}

/// A panel for each objective that counts, and one for the pace.
pub(super) fn curves(probes: &[ProbeRow], answer: &Answer, out: &mut Markup) {
    let most_users = probes.iter().map(|probe| f64::from(probe.evidence.users)).fold(1.0, f64::max) * 1.08;
    let of_objectives = answer.ceilings.iter().filter(|ceiling| ceiling.name != THROUGHPUT);
    for (at, objective) in of_objectives.enumerate() {
        let trial = |probe: &ProbeRow| {
            let trial =
                probe.evidence.trials.get(at).filter(|trial| trial.of > 0 && probe.evidence.is_trusted())?;
            let (good, of) = (number(trial.good), number(trial.of));
            let error = if trial.counts == Counted::Runs { 0.0 } else { interval(good, of) };
            let value = 100.0 * good / of;
            Some(Point { users: probe.evidence.users.into(), value, error, met: trial.result.met })
        };
        let points: Vec<_> = probes.iter().filter_map(trial).collect();
        let line = falling(&points);
        let panel = Panel { title: &objective.name, points, line, most: 100.0, unit: " %" };
        panel.draw(most_users, answer, out);
    }
    let pace = |probe: &ProbeRow| {
        let pace = probe.evidence.pace.filter(|_| probe.evidence.is_trusted())?;
        let value = 100.0 * pace.ratio.min(1.25);
        Some(Point {
            users: probe.evidence.users.into(),
            value,
            error: 100.0 * pace.error,
            met: pace.ratio >= 0.98,
        })
    };
    let points: Vec<_> = probes.iter().filter_map(pace).collect();
    let Some(throughput) = answer.ceilings.iter().find(|ceiling| ceiling.name == THROUGHPUT) else { return };
    let ceiling = throughput.likely;
    let line = ceiling.map_or_else(Vec::new, |ceiling| {
        let places = (0..=60_u32).map(|place| most_users * f64::from(place) / 60.0);
        places.map(|users| (users, 100.0 * (ceiling / users.max(0.1)).min(1.0))).collect()
    });
    let title = "delivered, of what is listened to (above 100 % buffers fill)";
    Panel { title, points, line, most: 125.0, unit: " %" }.draw(most_users, answer, out);
}

impl Panel<'_> {
    fn draw(&self, most_users: f64, answer: &Answer, out: &mut Markup) {
        let x = |users: f64| LEFT + (WIDTH - LEFT - 8.0) * (users / most_users).clamp(0.0, 1.0);
        let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value / self.most).clamp(0.0, 1.0));
        let label = format!("{}, {} runs", self.title, self.points.len());
        out.raw(&format!("<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\""));
        out.words(&label)
            .raw("\">\n<text class=\"title\" x=\"0\" y=\"12\">")
            .words(self.title)
            .raw("</text>\n");
        if let (Some(low), Some(high)) = (answer.low, answer.high) {
            let (from, until) = (x(f64::from(low)), x(f64::from(high) + 1.0));
            let (width, height) = (until - from, HEIGHT - TOP - BOTTOM);
            out.raw(&format!(
                "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"var(--faint)\"/>\n"
            ));
        }
        for value in [0.0, 50.0, 100.0] {
            let at = y(value);
            out.raw(&format!(
                "<line class=\"zero\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"0\" y=\"{:.1}\">{value:.0}{}</text>\n",
                at + 4.0,
                self.unit
            ));
        }
        for share in [0.25, 0.5, 0.75, 1.0] {
            let users = (most_users * share).floor();
            out.raw(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\">{users:.0}</text>\n",
                x(users) - 8.0,
                HEIGHT - 8.0
            ));
        }
        for ceiling in answer.ceilings.iter().filter(|ceiling| ceiling.likely.is_some()) {
            let at = x(ceiling.likely.unwrap_or_default());
            out.raw(&format!(
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"var(--second)\" \
                 stroke-dasharray=\"4 3\"><title>",
                HEIGHT - BOTTOM
            ));
            out.words(&ceiling.name).raw("</title></line>\n");
        }
        let line: Vec<_> =
            self.line.iter().map(|&(users, value)| format!("{:.1},{:.1}", x(users), y(value))).collect();
        out.raw(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"var(--line)\" stroke-width=\"1.5\"/>\n",
            line.join(" ")
        ));
        for point in &self.points {
            let colour = if point.met { "var(--good)" } else { "var(--bad)" };
            let (at, middle) = (x(point.users), y(point.value));
            let (up, down) = (y(point.value + point.error), y(point.value - point.error));
            out.raw(&format!(
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{up:.1}\" y2=\"{down:.1}\" stroke=\"{colour}\"/>\
                 <circle cx=\"{at:.1}\" cy=\"{middle:.1}\" r=\"3\" fill=\"{colour}\"/>\n"
            ));
        }
        out.raw("</svg></figure>\n");
    }
}

/// The runs in their order: a bar for each, as high as there were listeners.
pub(super) fn time_line(probes: &[ProbeRow], answer: &Answer, out: &mut Markup) {
    let most = probes.iter().map(|probe| f64::from(probe.evidence.users)).fold(1.0, f64::max);
    let all = number(u64::try_from(probes.len().max(1)).unwrap_or(u64::MAX));
    let step = (WIDTH - LEFT) / all;
    let y = |users: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - users / most);
    out.raw(&format!(
        "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"runs in their order\">\n"
    ));
    out.raw("<text class=\"title\" x=\"0\" y=\"12\">listeners in each run; green met everything</text>\n");
    for (place, probe) in (0_u32..).zip(probes) {
        let users = f64::from(probe.evidence.users);
        let colour = if probe.evidence.is_met() { "var(--good)" } else { "var(--bad)" };
        let (from, top) = (LEFT + step * f64::from(place), y(users));
        out.raw(&format!(
            "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
             <text x=\"{from:.1}\" y=\"{:.1}\">{}</text>\n",
            (step * 0.8).min(40.0),
            HEIGHT - BOTTOM - top,
            HEIGHT - 8.0,
            probe.evidence.users
        ));
    }
    if let Some(users) = answer.users {
        let at = y(f64::from(users));
        out.raw(&format!(
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"var(--second)\"/>\n"
        ));
    }
    out.raw("</svg></figure>\n");
}

/// Half of the interval of Wilson (1927) at 95 %, in percent.
fn interval(good: f64, of: f64) -> f64 {
    let (share, z) = (good / of, 1.96_f64);
    100.0 * z / (1.0 + z * z / of) * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt()
}

/// The line through the points that falls nowhere but where they do (pool adjacent violators; Ayer et al. 1955).
fn falling(points: &[Point]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<(f64, f64)> = points.iter().map(|point| (point.users, point.value)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each pool: its mean, its weight, and where its members are.
    let mut pools: Vec<(f64, f64, Vec<f64>)> = Vec::new();
    for (users, value) in sorted {
        pools.push((value, 1.0, vec![users]));
        while let [.., before, last] = pools.as_slice()
            && before.0 < last.0
        {
            let weight = before.1 + last.1;
            let mean = (before.0 * before.1 + last.0 * last.1) / weight;
            let members = before.2.iter().chain(&last.2).copied().collect();
            pools.truncate(pools.len() - 2);
            pools.push((mean, weight, members));
        }
    }
    pools
        .into_iter()
        .flat_map(|(mean, _, members)| members.into_iter().map(move |users| (users, mean)))
        .collect()
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_levelled_and_a_fall_stays() {
        let point = |(users, value)| Point { users, value, error: 0.0, met: true };
        let line = falling(&[(1.0, 100.0), (3.0, 90.0), (2.0, 80.0), (4.0, 10.0)].map(point));
        assert_eq!(line, [(1.0, 100.0), (2.0, 85.0), (3.0, 85.0), (4.0, 10.0)]);
    }
}
