use claque_run::watcher::RunGoal;
use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::live::picture::tests::of_a_run;

fn drawn(picture_of: &Picture, paint: Paint, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| picture(picture_of, paint, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width));
    let row = |cells: &[ratatui::buffer::Cell]| {
        cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
    };
    rows.map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_on_terminals_of_many_sizes() {
    let picture = of_a_run();
    for (name, size) in [("80x24", (80, 24)), ("120x40", (120, 40)), ("40x10", (40, 10))] {
        insta::assert_snapshot!(name, drawn(&picture, Paint::Colours, size));
    }
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let picture = of_a_run();
    for size in [(1, 1), (2, 40), (200, 2), (17, 5), (117, 9), (118, 9), (300, 90)] {
        drawn(&picture, Paint::Colours, size);
    }
    drawn(&Picture::new(String::new(), RunGoal { users: 0, blocks: 0 }), Paint::Colours, (80, 24));
}

#[test]
fn without_colours_the_signs_are_the_same_and_nothing_is_coloured() {
    let picture_of = of_a_run();
    assert_eq!(drawn(&picture_of, Paint::Plain, (80, 24)), drawn(&picture_of, Paint::Colours, (80, 24)));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| picture(&picture_of, Paint::Plain, frame)).unwrap();
    let cells = terminal.backend().buffer().content();
    assert!(cells.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
}
