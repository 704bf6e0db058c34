//! A picture on a terminal of any size. What matters most comes first; what has no room is left out.

mod chart;
mod lists;
mod spark;

use claque_stats::units::grouped;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{
    lines::clock,
    picture::{Figure, Phase, Picture, headline},
};

/// From this width on, figures stand beside the chart.
const WIDE: u16 = 118;
/// Width of the figures then.
const FIGURES: u16 = 62;
/// Figures that are shown before there is a chart.
const FIRST: u16 = 5;

/// How things are marked. Without colours everything can still be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// With colours.
    Colours,
    /// Without.
    Plain,
}

impl Paint {
    pub(super) const fn new(colours: bool) -> Self {
        if colours { Self::Colours } else { Self::Plain }
    }

    fn colour(self, colour: Color) -> Style {
        match self {
            Self::Colours => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }

    const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    const fn faint(self) -> Style {
        match self {
            Self::Colours => Style::new().add_modifier(Modifier::DIM),
            // Some terminals without colours show faint as nothing.
            Self::Plain => Style::new(),
        }
    }
}

/// Draws the whole of it.
pub(super) fn picture(picture: &Picture, paint: Paint, frame: &mut Frame<'_>) {
    let figures = headline(picture);
    let rows = u16::try_from(figures.len()).unwrap_or(u16::MAX);
    let [title, progress, middle, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(title_line(picture, paint, title.width), title);
    frame.render_widget(progress_line(picture, paint, progress.width), progress);
    frame.render_widget(keys_line(picture, paint), bottom);
    let places = Places::of(middle, rows);
    frame.render_widget(chart::legend(picture, paint), places.legend);
    chart::draw(picture, paint, places.chart, frame.buffer_mut());
    draw_figures(&figures, paint, places.figures, frame);
    lists::draw(picture, paint, places.lists, frame);
}

/// Where the parts in the middle go.
#[derive(Clone, Copy, Debug)]
struct Places {
    legend: Rect,
    chart: Rect,
    figures: Rect,
    lists: Rect,
}

impl Places {
    fn of(area: Rect, figures: u16) -> Self {
        if area.width >= WIDE && area.height > figures {
            // A third is for the lists, as soon as the figures have their rows.
            let upper = (area.height - 1 - area.height / 3).max(figures);
            let rows = [Constraint::Length(1), Constraint::Length(upper), Constraint::Fill(1)];
            let [legend, upper, lists] = Layout::vertical(rows).areas(area);
            let [chart, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(FIGURES)])
                .spacing(2)
                .areas(upper);
            return Self { legend, chart, figures: right, lists };
        }
        // Rows are dealt out in the order of what matters.
        let mut left = area.height;
        let mut take = |wanted: u16, least: u16| {
            let rows = if left < least { 0 } else { wanted.min(left) };
            left -= rows;
            rows
        };
        let legend = take(1, 1);
        let first = take(figures.min(FIRST), 1);
        let chart = take(6, 3);
        let more = take(figures - figures.min(FIRST), 1);
        let lists = take(6, 2);
        let (chart, lists) =
            if lists == 0 { (chart + left, 0) } else { (chart + left / 2, lists + left - left / 2) };
        let rows = [legend, chart, first + more, lists].map(Constraint::Length);
        let [legend, chart, figures, lists] = Layout::vertical(rows).areas(area);
        Self { legend, chart, figures, lists }
    }
}

fn title_line(picture: &Picture, paint: Paint, width: u16) -> Line<'static> {
    let time = clock(picture.now.since(claque_core::time::Instant::START));
    let room = usize::from(width).saturating_sub(time.chars().count() + 2);
    let about = cut(&picture.about, room);
    let gap = room + 2 - about.chars().count().min(room);
    Line::from(vec![
        Span::styled(about, paint.strong()),
        Span::raw(" ".repeat(gap)),
        Span::styled(time, paint.strong()),
    ])
}

fn progress_line(picture: &Picture, paint: Paint, width: u16) -> Line<'static> {
    let (blocks, all) = (picture.standing.progress.blocks, picture.goal.blocks);
    let (done, of, words) = match &picture.phase {
        Phase::Preparing { what, done, all: 0 } => (*done, 0, what.clone()),
        Phase::Preparing { what, done, all } => (*done, *all, format!("{what}: {done}/{all}")),
        Phase::Ending => (blocks, all, "saving the run and deleting its documents".to_owned()),
        Phase::Listening => {
            let mut words = format!("{}/{} blocks done", grouped(blocks), grouped(all));
            if picture.stopping {
                words.push_str(", stopping");
            } else if let Some(left) = picture.left() {
                words.push_str(&format!(", about {} left", clock(left)));
            }
            (blocks, all, words)
        }
    };
    let bar = width.saturating_sub(u16::try_from(words.chars().count()).unwrap_or(width) + 1).min(40);
    let mut spans = Vec::new();
    if bar >= 8 && of > 0 {
        let full = u64::from(bar) * done.min(of) / of;
        let full = usize::try_from(full).unwrap_or_default();
        spans.push(Span::styled("━".repeat(full), paint.colour(Color::Cyan)));
        spans.push(Span::styled("╌".repeat(usize::from(bar) - full), paint.faint()));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::raw(words));
    Line::from(spans)
}

fn keys_line(picture: &Picture, paint: Paint) -> Line<'static> {
    let mut spans = Vec::new();
    let standing = picture.standing;
    if standing.held {
        spans.push(Span::styled("ARRIVALS HELD ", paint.colour(Color::Yellow).add_modifier(Modifier::BOLD)));
    }
    let hold = if standing.held { "go on" } else { "hold" };
    let more = match standing.waiting {
        0 => "more (none waits)".to_owned(),
        waiting => format!("more ({} wait)", grouped(u64::from(waiting))),
    };
    for (key, what) in [("q", "stop"), ("p", hold), ("+", more.as_str()), ("-", "fewer")] {
        spans.push(Span::styled(key, paint.strong()));
        spans.push(Span::styled(format!(" {what}  "), paint.faint()));
    }
    Line::from(spans)
}

fn draw_figures(figures: &[Figure], paint: Paint, area: Rect, frame: &mut Frame<'_>) {
    let lines: Vec<_> = figures.iter().map(|figure| figure_line(figure, paint, area.width)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// Name, value, course, and what else belongs to it, as far as there is room.
fn figure_line(figure: &Figure, paint: Paint, width: u16) -> Line<'static> {
    const MORE: usize = 22;
    let room = usize::from(width).saturating_sub(13 + 11 + 2);
    let course = if room >= MORE + 8 { (room - MORE - 1).min(24) } else { 0 };
    let mut spans = vec![
        Span::raw(format!("{:<13}", figure.name)),
        Span::styled(format!("{:>11}  ", figure.value), paint.strong()),
    ];
    if course > 0 {
        let line = figure.course.as_deref().map(|course_of| spark::line(course_of, course));
        spans
            .push(Span::styled(format!("{:<course$} ", line.unwrap_or_default()), paint.colour(Color::Cyan)));
    }
    spans.push(Span::styled(cut(&figure.more, room), paint.faint()));
    Line::from(spans)
}

/// At most so many characters.
fn cut(words: &str, room: usize) -> String {
    if words.chars().count() <= room {
        return words.to_owned();
    }
    words.chars().take(room.saturating_sub(1)).chain(['…']).take(room).collect()
}

#[cfg(test)]
mod tests;
