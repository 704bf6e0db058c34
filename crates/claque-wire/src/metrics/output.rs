//! What programs print: a name and a value a line, or a table with a line of names such as `nvidia-smi --format=csv` writes.

use std::collections::BTreeMap;

use claque_core::series::SeriesKind;

use super::{
    LONGEST_NAME, LONGEST_UNIT, Metrics, NoMetrics, Sample, clean, labels, text::read_text, unit_of_name,
};

/// Columns that say whose a row's figures are, though they may be numbers.
const NAMING: [&str; 6] = ["index", "gpu", "id", "name", "pid", "uuid"];

/// A column of a table.
struct Column {
    name: String,
    unit: String,
    /// Whether it tells rows apart and is no figure.
    is_label: bool,
}

/// Reads what a program printed; at most `most` samples are kept. It is a table where its first line has a comma outside of braces.
///
/// # Errors
/// There is no sample in it.
pub fn read_output(text: &str, most: usize) -> Result<Metrics, NoMetrics> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).ok_or(NoMetrics::Empty)?;
    let is_table = !first.starts_with('#') && first.split('{').next().is_some_and(|head| head.contains(','));
    if is_table { read_table(text, most) } else { read_text(text, most) }
}

fn read_table(text: &str, most: usize) -> Result<Metrics, NoMetrics> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let head = lines.next().ok_or(NoMetrics::Empty)?;
    let columns: Vec<Column> = cells(head).map(column).collect();
    if columns.iter().any(|column| column.name.is_empty() || number(&column.name).is_some()) {
        return Err(NoMetrics::NoHeader);
    }
    let mut found = Metrics::default();
    for (line, row) in lines.zip(0_u32..) {
        let values: Vec<&str> = cells(line).collect();
        let labels = labels_of(&columns, &values, row).filter(|_| values.len() == columns.len());
        let Some(labels) = labels else {
            found.unread += 1;
            continue;
        };
        for (column, (value, unit)) in columns
            .iter()
            .zip(&values)
            .filter(|(column, _)| !column.is_label)
            .filter_map(|(column, value)| Some((column, number(value)?)))
        {
            let unit = if column.unit.is_empty() { unit } else { &column.unit };
            let unit = clean(unit, LONGEST_UNIT).filter(|unit| !unit.is_empty());
            let unit = unit.unwrap_or_else(|| unit_of_name(&column.name).to_owned());
            let (name, labels, kind) = (column.name.clone(), labels.clone(), SeriesKind::Unknown);
            found.push(Sample { name, labels, unit, kind, value }, most);
        }
    }
    found.checked()
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"'))
}

/// `memory.used [MiB]`.
fn column(cell: &str) -> Column {
    let (name, unit) = match cell.split_once('[') {
        Some((name, unit)) => (name.trim(), unit.trim_end().trim_end_matches(']')),
        None => (cell, ""),
    };
    let last = name.rsplit(['.', '_']).next().unwrap_or(name).to_ascii_lowercase();
    // `utilization.gpu` is a figure, and a bare `gpu` the number of one.
    let is_label = NAMING.contains(&last.as_str()) && (last != "gpu" || last.len() == name.len());
    Column {
        name: clean(name, LONGEST_NAME).unwrap_or_default(),
        unit: clean(unit, LONGEST_UNIT).unwrap_or_default(),
        is_label,
    }
}

/// A number with its unit behind it, as `35 %`; none for `[N/A]` and for words.
fn number(cell: &str) -> Option<(f64, &str)> {
    let (number, unit) = cell.split_once(char::is_whitespace).unwrap_or((cell, ""));
    // A name may be read as no number or as an endless one.
    let starts = number.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    number.parse().ok().filter(|_| starts).map(|value| (value, unit.trim()))
}

/// What tells a row from others: its columns with names, else its number where there may be several.
fn labels_of(columns: &[Column], values: &[&str], row: u32) -> Option<String> {
    let naming = columns.iter().zip(values).filter(|(column, _)| column.is_label);
    let mut all: BTreeMap<String, String> =
        naming.map(|(column, value)| (column.name.clone(), (*value).to_owned())).collect();
    if all.is_empty() {
        all.insert("row".to_owned(), row.to_string());
    }
    labels::written(&all)
}
