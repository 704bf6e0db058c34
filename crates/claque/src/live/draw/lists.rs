//! Who waited longest, and what was said.

use claque_core::time::Instant;
use claque_stats::units::{grouped, time};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Color,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Paint, cut};
use crate::live::{
    lines::clock,
    picture::{Entry, Picture, Waiter},
};

/// Width of those who waited longest.
const WORST: u16 = 37;

/// Draws both, side by side.
pub(super) fn draw(picture: &Picture, paint: Paint, area: Rect, frame: &mut Frame<'_>) {
    let [worst, feed] =
        Layout::horizontal([Constraint::Length(WORST), Constraint::Fill(1)]).spacing(2).areas(area);
    let head = Line::from(Span::styled("waited longest", paint.strong()));
    let waiters = picture.worst().iter().map(|waiter| waiter_line(waiter));
    frame.render_widget(Paragraph::new(std::iter::once(head).chain(waiters).collect::<Vec<_>>()), worst);
    let head = Line::from(Span::styled("errors and remarks, the latest first", paint.strong()));
    let room = usize::from(feed.width);
    let entries = picture.feed().map(|entry| entry_line(entry, paint, room));
    frame.render_widget(Paragraph::new(std::iter::once(head).chain(entries).collect::<Vec<_>>()), feed);
}

fn waiter_line(waiter: &Waiter) -> Line<'static> {
    let plural = if waiter.underruns == 1 { " " } else { "s" };
    let who = format!("listener {}", grouped(u64::from(waiter.listener.0)));
    let waited = time(f64::from(waiter.stalled_ms));
    Line::from(format!("{who:<16}{waited:>9} {:>3} stall{plural}", waiter.underruns))
}

fn entry_line(entry: &Entry, paint: Paint, room: usize) -> Line<'static> {
    let at = clock(entry.at.since(Instant::START));
    let class = entry.class.map_or_else(String::new, |class| format!("{class}: "));
    let times = if entry.count > 1 { format!("{}× ", grouped(entry.count)) } else { String::new() };
    let colour = if entry.class.is_some() { paint.colour(Color::LightRed) } else { paint.faint() };
    let words = cut(&format!("{times}{class}{}", entry.words), room.saturating_sub(at.len() + 1));
    Line::from(vec![Span::styled(format!("{at} "), paint.faint()), Span::styled(words, colour)])
}
