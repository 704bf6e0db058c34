//! Lines of a table: whether words have colours, and where a figure stands.

use crate::fold::folded;

/// Whether and how words are coloured.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

/// ANSI attributes (ECMA-48, SGR).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Bold,
    Dim,
    Good,
    Bad,
    Notable,
}

impl Paint {
    /// Paints if `on`; else words stay as they are.
    pub const fn new(on: bool) -> Self {
        Self { on }
    }

    pub(crate) fn style(self, style: Style, words: &str) -> String {
        if !self.on {
            return words.to_owned();
        }
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "1;32",
            Style::Bad => "1;31",
            Style::Notable => "33",
        };
        format!("\x1b[{code}m{words}\x1b[0m")
    }
}

/// The lines without spaces at their ends, each ended by a newline. Those that are too long for a terminal go on below.
pub(crate) fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| folded(line.trim_end())).map(|line| format!("{line}\n")).collect()
}

/// Width of the column of names: the longest is `synthesis_time`.
pub(crate) const NAME: usize = 16;

/// A name and what it comes to.
pub(crate) fn row(name: &str, figure: &str, paint: Paint) -> String {
    let name_width = (NAME + 2).saturating_sub(name.len());
    let name = if name.is_empty() { String::new() } else { paint.style(Style::Dim, name) };
    format!("  {name}{}{figure}", " ".repeat(name_width))
}
