//! Prometheus' text format 0.0.4 and OpenMetrics 1.0, read by one reader: line by line.

use std::collections::BTreeMap;

use claque_core::series::SeriesKind;

use super::{LONGEST_NAME, LONGEST_UNIT, Metrics, NoMetrics, Sample, clean, labels, unit_of_name};

/// Most families of which type and unit are kept; none of the services that are known has a tenth.
const MOST_FAMILIES: usize = 10_000;

/// What is said of a family before its samples.
#[derive(Debug, Default)]
struct Family {
    kind: FamilyKind,
    unit: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FamilyKind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    #[default]
    Other,
}

/// What a sample is in its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    /// Kept, of this kind.
    Kept(SeriesKind),
    /// Part of a histogram, or the moment at which something was created.
    Bucket,
}

/// Reads an answer; at most `most` samples are kept.
///
/// # Errors
/// There is no sample in it.
pub fn read_text(text: &str, most: usize) -> Result<Metrics, NoMetrics> {
    let mut found = Metrics::default();
    let mut families = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix('#') {
            if comment.trim() == "EOF" {
                break;
            }
            note(comment, &mut families);
            continue;
        }
        match sample(line, &families) {
            None => found.unread += 1,
            Some((_, Member::Bucket)) => found.buckets += 1,
            Some((sample, Member::Kept(kind))) => found.push(Sample { kind, ..sample }, most),
        }
    }
    found.checked()
}

/// Takes note of `# TYPE name type` and `# UNIT name unit`.
fn note(comment: &str, families: &mut BTreeMap<String, Family>) {
    let mut words = comment.split_whitespace();
    let (Some(what), Some(name), Some(value)) = (words.next(), words.next(), words.next()) else { return };
    let name = name.trim_matches('"');
    if !["TYPE", "UNIT"].contains(&what) || name.len() > LONGEST_NAME {
        return;
    }
    if families.len() >= MOST_FAMILIES && !families.contains_key(name) {
        return;
    }
    let family = families.entry(name.to_owned()).or_default();
    if what == "UNIT" {
        family.unit = clean(value, LONGEST_UNIT).unwrap_or_default();
        return;
    }
    family.kind = match value {
        "counter" => FamilyKind::Counter,
        "gauge" | "stateset" | "info" => FamilyKind::Gauge,
        "histogram" | "gaugehistogram" => FamilyKind::Histogram,
        "summary" => FamilyKind::Summary,
        _ => FamilyKind::Other,
    };
}

/// A sample and what it is in its family; none where the line is none.
fn sample(line: &str, families: &BTreeMap<String, Family>) -> Option<(Sample, Member)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_:.-/[]%".contains(c);
    let end = line.find(|c: char| !is_of_name(c)).unwrap_or(line.len());
    let (bare, rest) = line.split_at(end);
    let (braces, rest) = match rest.trim_start().strip_prefix('{') {
        Some(inside) => labels::read(inside)?,
        None => (labels::Braces::default(), rest),
    };
    let name = match braces.name {
        Some(name) if bare.is_empty() => name,
        Some(_) => return None,
        // `name: value`, as programs write it.
        None => bare.strip_suffix(':').unwrap_or(bare).to_owned(),
    };
    let is_name = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit() || "-.".contains(c));
    let name = clean(&name, LONGEST_NAME).filter(|_| is_name)?;
    // After a bare name a blank or, as programs write them, `=` or `:`.
    let value = rest.trim_start().trim_start_matches(['=', ':']);
    let value = value.split_whitespace().next()?.parse().ok()?;
    let (family, suffix) = family_of(&name, families);
    let member = member(family.map(|family| family.kind), suffix);
    let unit = family.map(|family| family.unit.clone()).filter(|unit| !unit.is_empty() && suffix != "_count");
    let unit = unit.unwrap_or_else(|| unit_of_name(&name).to_owned());
    let labels = labels::written(&braces.labels)?;
    Some((Sample { name, labels, unit, kind: SeriesKind::Unknown, value }, member))
}

/// The family that a sample is of by its name, and what its name has beyond the family's.
fn family_of<'a>(name: &str, families: &'a BTreeMap<String, Family>) -> (Option<&'a Family>, &'static str) {
    const SUFFIXES: [&str; 8] =
        ["_total", "_bucket", "_count", "_sum", "_created", "_gcount", "_gsum", "_info"];
    if let Some(family) = families.get(name) {
        return (Some(family), "");
    }
    let found = SUFFIXES.iter().find_map(|suffix| {
        let family = families.get(name.strip_suffix(suffix)?)?;
        Some((Some(family), *suffix))
    });
    found.unwrap_or((None, ""))
}

fn member(kind: Option<FamilyKind>, suffix: &str) -> Member {
    match (kind, suffix) {
        (Some(_), "_created") | (Some(FamilyKind::Histogram), "_bucket") => Member::Bucket,
        (Some(FamilyKind::Counter), _)
        | (Some(FamilyKind::Histogram | FamilyKind::Summary), "_count" | "_sum") => {
            Member::Kept(SeriesKind::Counter)
        }
        (Some(FamilyKind::Gauge | FamilyKind::Histogram | FamilyKind::Summary), _) => {
            Member::Kept(SeriesKind::Gauge)
        }
        (Some(FamilyKind::Other) | None, _) => Member::Kept(SeriesKind::Unknown),
    }
}
