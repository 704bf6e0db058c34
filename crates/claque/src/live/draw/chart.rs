//! The audience over time: one above the other, the whole run from left to right.

use claque_stats::units::grouped;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

use super::{Paint, spark::fit};
use crate::live::picture::{Level, Picture};

/// Cells of the axis on the left at least, so that it does not move from one run to the next.
const AXIS: usize = 7;
/// Cells of a chart at least.
const CELLS: usize = 8;

/// States from the bottom to the top, as in the report, each with a sign that needs no colour.
const STATES: [(Level, &str, &str); 8] = [
    (Level::Playing, "playing", "█"),
    (Level::Stalled, "stalled", "▓"),
    (Level::Awaiting, "awaiting", "?"),
    (Level::Thinking, "thinking", "~"),
    (Level::Paused, "paused", "-"),
    (Level::Buffering, "buffering", "▒"),
    (Level::Lost, "ended early", "x"),
    (Level::Done, "done", "·"),
];

fn style(level: Level, paint: Paint) -> Style {
    match level {
        Level::Playing => paint.colour(Color::Blue),
        Level::Stalled => paint.colour(Color::LightRed).add_modifier(Modifier::BOLD),
        Level::Lost => paint.colour(Color::Magenta).add_modifier(Modifier::BOLD),
        Level::Awaiting => paint.colour(Color::Yellow),
        Level::Thinking => paint.colour(Color::Green),
        Level::Paused => paint.colour(Color::Cyan),
        Level::Buffering => paint.colour(Color::Gray),
        Level::Done | Level::Queued | Level::Busy => paint.faint(),
    }
}

/// The signs with how many there are now.
pub(super) fn legend(picture: &Picture, paint: Paint) -> Line<'static> {
    let progress = picture.standing.progress;
    let lost = picture.lost().min(progress.done);
    let mut spans = Vec::new();
    for (level, name, sign) in STATES {
        let count = match level {
            Level::Playing => progress.playing,
            Level::Stalled => progress.stalled,
            Level::Awaiting if progress.awaiting == 0 => continue,
            Level::Awaiting => progress.awaiting,
            Level::Thinking if progress.thinking == 0 => continue,
            Level::Thinking => progress.thinking,
            Level::Paused if progress.paused == 0 => continue,
            Level::Paused => progress.paused,
            Level::Buffering => progress.buffering,
            Level::Lost if lost == 0 => continue,
            Level::Lost => lost,
            Level::Done => progress.done - lost,
            Level::Queued | Level::Busy => continue,
        };
        spans.push(Span::styled(sign, style(level, paint)));
        spans.push(Span::raw(format!(" {name} {}  ", grouped(count))));
    }
    Line::from(spans)
}

/// Draws the chart with an axis.
pub(super) fn draw(picture: &Picture, paint: Paint, area: Rect, buffer: &mut Buffer) {
    let most = grouped(picture.goal.users);
    let axis_width = AXIS.max(most.len() + 2);
    let Some(width) = usize::from(area.width).checked_sub(axis_width).filter(|width| *width >= CELLS) else {
        return;
    };
    if area.height < 2 {
        return;
    }
    axis(&most, axis_width, paint, area, buffer);
    let levels = STATES.map(|(level, ..)| picture.history.levels(level));
    let bins = levels[0].len();
    let fitted = levels.map(|level| fit(&level, width));
    let columns = fitted[0].len();
    // Nothing is known of what is to come: the scale holds everybody.
    let most = f64::from(u32::try_from(picture.goal.users).unwrap_or(u32::MAX)).max(1.0);
    if bins == 0 {
        return;
    }
    let left = area.right() - u16::try_from(width).unwrap_or(area.width);
    for (column, x) in (0..width).zip(left..) {
        // A short run is drawn wide: time from left to right is always the whole of it.
        let place = column * columns / width;
        let counts = std::array::from_fn(|state| fitted[state].get(place).copied().unwrap_or_default());
        let tops = tops(counts, most, area.height);
        let mut from = 0;
        for ((level, _, sign), to) in STATES.into_iter().zip(tops) {
            for row in from..to {
                let y = area.bottom() - 1 - row;
                if let Some(cell) = buffer.cell_mut((x, y)) {
                    cell.set_symbol(sign).set_style(style(level, paint));
                }
            }
            from = from.max(to);
        }
    }
}

fn axis(most: &str, width: usize, paint: Paint, area: Rect, buffer: &mut Buffer) {
    let room = width - 2;
    let last = area.bottom() - 1;
    for y in area.y..area.bottom() {
        let words = match y {
            y if y == area.y => format!("{most:>room$} ┤"),
            y if y == last => format!("{:>room$} ┤", 0),
            _ => format!("{:>room$} │", ""),
        };
        buffer.set_stringn(area.x, y, words, width, paint.faint());
    }
}

/// How high each state reaches, in rows. Whoever is stalled or lost is seen, however few they are.
fn tops(counts: [f64; 8], most: f64, height: u16) -> [u16; 8] {
    let mut tops = [0_u16; 8];
    let mut sum = 0.0;
    for (top, count) in tops.iter_mut().zip(counts) {
        sum += count;
        *top = rows(sum / most, height);
    }
    for state in [1, 6] {
        let below = tops[state - 1];
        if counts[state] > 0.0 && tops[state] == below {
            if below < height {
                tops[state..].iter_mut().for_each(|top| *top = (*top).max(below + 1));
            } else {
                tops[..state].iter_mut().for_each(|top| *top = (*top).min(height - 1));
            }
        }
    }
    tops
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded and between 0 and the height, which is of that type"
)]
fn rows(share: f64, height: u16) -> u16 {
    (share.clamp(0.0, 1.0) * f64::from(height)).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stalled_among_thousands_is_seen() {
        assert_eq!(tops([9_999.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 10_000.0, 8), [7, 8, 8, 8, 8, 8, 8, 8]);
        assert_eq!(tops([0.0, 1.0, 0.0, 0.0, 0.0, 4_000.0, 0.0, 0.0], 10_000.0, 8), [0, 1, 1, 1, 1, 3, 3, 3]);
        assert_eq!(tops([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 9_999.0], 10_000.0, 8), [0, 0, 0, 0, 0, 0, 1, 8]);
    }

    #[test]
    fn everybody_fills_the_height() {
        assert_eq!(tops([2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0], 10.0, 10), [2, 3, 4, 5, 6, 8, 9, 10]);
    }
}
