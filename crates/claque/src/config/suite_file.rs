//! The file of a suite: `[suite]`, `[common]`, and a `[[scenario]]` for each scenario.
//!
//! What is in `[common]` and in a scenario is read by the very reader of scenario files, key by key and with the same
//! errors; a scenario's own keys lie over the common ones.

use std::path::Path;

use claque_run::usage::hint;
use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

use super::{
    UsageError, file,
    gateway::lay_over,
    scenario,
    wish::{Place, Source, Wish},
    wishes::Wishes,
};

/// Keys at the top.
const KEYS: [&str; 3] = ["suite", "common", "scenario"];

/// A suite as it was written.
#[derive(Debug)]
pub(super) struct SuiteFile {
    pub(super) suite: SuiteTable,
    /// In the order of the file.
    pub(super) scenarios: Vec<ScenarioEntry>,
    pub(super) source: Source,
}

/// The table `[suite]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SuiteTable {
    pub(super) name: Option<Wish<String>>,
    pub(super) repeats: Option<Wish<i64>>,
    pub(super) cool_down: Option<Wish<f64>>,
    pub(super) order: Option<Wish<String>>,
    pub(super) seed: Option<Wish<u64>>,
}

/// A `[[scenario]]` over `[common]`.
#[derive(Debug)]
pub(super) struct ScenarioEntry {
    pub(super) name: Wish<String>,
    pub(super) repeats: Option<Wish<i64>>,
    pub(super) wishes: Wishes,
}

/// What a scenario of a suite has besides the keys of a scenario file.
#[derive(Debug, Deserialize)]
struct Head {
    name: Option<Wish<String>>,
    repeats: Option<Wish<i64>>,
}

type Table<'a> = Spanned<DeTable<'a>>;

/// Reads the file whole or not at all.
///
/// # Errors
/// It cannot be read, is no TOML, has a key or a type that is unknown, or lacks what a suite must have.
pub(super) fn read(path: &Path) -> Result<SuiteFile, UsageError> {
    let text = file::read_text(path, file::MOST_SETTINGS).map_err(|error| {
        UsageError::new(format!("failed to read the suite {}: {error}; check the path", path.display()))
    })?;
    parse(Source { path: path.to_owned(), text })
}

fn parse(source: Source) -> Result<SuiteFile, UsageError> {
    let mut root = DeTable::parse(&source.text).map_err(|error| scenario::complaint(&error, &source))?;
    for key in root.get_ref().keys() {
        if !KEYS.contains(&key.get_ref().as_ref()) {
            let near = hint(key.get_ref(), &KEYS)
                .unwrap_or_else(|| "a suite has [suite], [common] and [[scenario]]".to_owned());
            let place = source.line(key.span().start);
            return Err(UsageError::new(format!("{place}: unknown key `{}`; {near}", key.get_ref())));
        }
    }
    let suite = match root.get_mut().remove("suite") {
        None => SuiteTable::default(),
        Some(value) => decode(table(value, "suite", &source)?, &source)?,
    };
    let common = match root.get_mut().remove("common") {
        None => None,
        Some(value) => Some(table(value, "common", &source)?),
    };
    let scenarios = match root.get_mut().remove("scenario") {
        None => Vec::new(),
        Some(value) => entries(value, common.as_ref(), &source)?,
    };
    if scenarios.is_empty() {
        let words = "has no scenario; add a [[scenario]] with a name and the keys of a scenario file";
        return Err(UsageError::new(format!("{} {words}", source.path.display())));
    }
    Ok(SuiteFile { suite, scenarios, source })
}

fn entries(
    value: Spanned<DeValue<'_>>,
    common: Option<&Table<'_>>,
    source: &Source,
) -> Result<Vec<ScenarioEntry>, UsageError> {
    let span = value.span();
    let DeValue::Array(items) = value.into_inner() else {
        let words = "scenario must be written as [[scenario]], once for each";
        return Err(UsageError::new(format!("{}: {words}", source.line(span.start))));
    };
    items.into_iter().map(|item| entry(table(item, "scenario", source)?, common, source)).collect()
}

fn entry(
    mut own: Table<'_>,
    common: Option<&Table<'_>>,
    source: &Source,
) -> Result<ScenarioEntry, UsageError> {
    let span = own.span();
    let mut head = DeTable::new();
    for key in ["name", "repeats"] {
        head.extend(own.get_mut().remove_entry(key));
    }
    let Head { name, repeats } = decode(Spanned::new(span.clone(), head), source)?;
    let name = name.ok_or_else(|| {
        let place = source.line(span.start);
        UsageError::new(format!("{place}: a scenario without a name; add one, such as name = \"20-users\""))
    })?;
    let merged = match common {
        Some(common) => {
            let mut merged = common.get_ref().clone();
            lay_over(&mut merged, own.into_inner(), &DeTable::new());
            Spanned::new(span, merged)
        }
        None => own,
    };
    let wishes = scenario::wishes(merged, source)?;
    if let Some((place, key)) = foreign(&wishes) {
        let words = "has no place in a suite, which makes many runs: its seed stands in [suite], its folder is that of \
                     --output-dir, and audio is not kept";
        return Err(UsageError::new(format!("{} {words}", source.name(place, key))));
    }
    Ok(ScenarioEntry { name, repeats, wishes })
}

/// A setting that cannot be that of many runs.
fn foreign(wishes: &Wishes) -> Option<(Place, &'static str)> {
    let output = &wishes.output;
    let places = [
        (wishes.audience.seed.as_ref().map(|wish| wish.place), "seed"),
        (output.output_dir.as_ref().map(|wish| wish.place), "output_dir"),
        (output.keep_audio.as_ref().map(|wish| wish.place), "keep_audio"),
    ];
    places.into_iter().find_map(|(place, key)| place.map(|place| (place, key)))
}

fn table<'a>(value: Spanned<DeValue<'a>>, name: &str, source: &Source) -> Result<Table<'a>, UsageError> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Ok(Spanned::new(span, table)),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => Err(UsageError::new(format!(
            "{}: {name} must be a table; write it as [{name}]",
            source.line(span.start)
        ))),
    }
}

fn decode<T: for<'a> Deserialize<'a>>(table: Table<'_>, source: &Source) -> Result<T, UsageError> {
    T::deserialize(Deserializer::from(table)).map_err(|error| scenario::complaint(&error, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SuiteFile, String> {
        let source = Source { path: "s.toml".into(), text: text.to_owned() };
        parse(source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_scenarios_keys_lie_over_the_common_ones() {
        let text = "[common]\nusers = 3\nspeed = 2.0\n[common.gateway.pipeline]\nmax_retries = 5\nvisibility_scan_seconds = 2.0\n\
                    [[scenario]]\nname = \"a\"\n[[scenario]]\nname = \"b\"\nrepeats = 2\nusers = 7\n\
                    gateway.pipeline.max_retries = 9\n";
        let file = read(text).unwrap();
        let users = |at: usize| file.scenarios[at].wishes.audience.users.as_ref().unwrap().value;
        assert_eq!((users(0), users(1)), (3, 7));
        let gateway = |at: usize| &file.scenarios[at].wishes.gateway.table.as_ref().unwrap().value.text;
        assert!(gateway(0).contains("max_retries = 5") && gateway(1).contains("max_retries = 9"));
        let stays = |at: usize| gateway(at).contains("visibility_scan_seconds = 2.0");
        assert!(stays(0) && stays(1), "what it does not say stays");
        let offset = text.find("users = 7").unwrap() + "users = ".len();
        assert_eq!(file.scenarios[1].wishes.audience.users.as_ref().unwrap().place, Place::File { offset });
    }

    #[test]
    fn the_page_on_suites_shows_one_that_works() {
        let page = include_str!("../../../../docs/suite.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let file = read(example).unwrap();
        assert_eq!(
            file.scenarios.iter().map(|one| one.name.value.as_str()).collect::<Vec<_>>(),
            ["one", "crowd"]
        );
    }

    #[test]
    fn whatever_is_wrong_is_named_with_its_line() {
        for (text, words) in [
            ("", "s.toml has no scenario; add a [[scenario]]"),
            ("users = 3\n", "s.toml:1: unknown key `users`; a suite has [suite], [common] and [[scenario]]"),
            ("[[scenarios]]\nname = \"a\"\n", "s.toml:1: unknown key `scenarios`; did you mean `scenario`?"),
            ("[suite]\nrepeat = 3\n", "s.toml:2: unknown key `repeat`; did you mean `repeats`?"),
            (
                "[scenario]\nname = \"a\"\n",
                "s.toml:1: scenario must be written as [[scenario]], once for each",
            ),
            ("[[scenario]]\nusers = 3\n", "s.toml:1: a scenario without a name;"),
            (
                "[[scenario]]\nname = \"a\"\nuserz = 3\n",
                "s.toml:3: unknown key `userz`; did you mean `users`?",
            ),
            ("[[scenario]]\nname = 3\n", "s.toml:2: invalid type: integer `3`, expected a string"),
            (
                "[common]\nblocks = \"many\"\n[[scenario]]\nname = \"a\"\n",
                "s.toml:2: invalid type: string \"many\", expected a whole number",
            ),
            ("[[scenario]]\nname = \"a\"\n\nseed = 3\n", "s.toml:4: seed has no place in a suite"),
            (
                "[[scenario]]\nname = \"a\"\ntoken = \"hush\"\n",
                "s.toml:3: token does not belong in a scenario",
            ),
            ("suite = 3\n", "s.toml:1: suite must be a table; write it as [suite]"),
            ("[[scenario]]\nname \"a\"\n", "s.toml:2: "),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(words), "{text}: {error}");
        }
    }
}
