//! `simulate --vary`: one simulation for each of some values of a flag, told as one suite.
//!
//! A combination is the command line as it was typed with the varied flags behind it, so that whatever can be typed can be varied,
//! with the errors that typing it gives. All combinations have the same seeds: what differs between them is the setting.

use std::{collections::BTreeMap, ffi::OsString};

use clap::{Parser as _, error::ErrorKind};
use claque_report::compare::CompareTerms;
use claque_run::suite::{
    Job, SuiteOrder, SuiteTime, Work,
    plan::{Order, Planned},
};
use claque_store::SuiteScenario;

use super::{
    OnRegression, UsageError,
    resolve::{last_seed, resolve_simulate},
    settings::{Output, SimulateSettings},
    suite::{SuiteDeed, SuiteSettings, settings_of},
};
use crate::cli::{Cli, SimulateFlags, Verb, in_plain_words};

/// Varied at once at most: a table of more has no reader.
const MOST_KEYS: usize = 2;
/// Combinations at most.
const MOST_SETTINGS: usize = 1_000;
/// Seeds of each combination, so that chance is seen.
const REPEATS: u32 = 5;
/// Most seeds of each combination.
const MOST_REPEATS: u32 = 1_000;
/// The flags of this module, which no combination has; a seed is given to each.
const OWN: [&str; 3] = ["--vary", "--repeats", "--seed"];
/// Flags that say where and how is told, which differs in no simulation.
const OUTPUTS: [&str; 10] = [
    "output-dir",
    "json",
    "no-report",
    "quiet",
    "junit",
    "markdown",
    "facts",
    "vocabulary",
    "objective",
    "confidence",
];
/// What folders of it are named after.
const NAME: &str = "vary";

/// A flag or a setting of the gateway, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Varied {
    key: String,
    values: Vec<String>,
}

impl Varied {
    fn parse(typed: &str) -> Result<Self, UsageError> {
        let wrong = |what: &str| {
            UsageError::new(format!(
                "--vary {typed} {what}; give a flag or a setting of the gateway with its values, such as users=5,10,20 or \
                 pipeline.overflow.threshold_seconds=2,5,10,30"
            ))
        };
        let (key, values) = typed.split_once('=').ok_or_else(|| wrong("has no values"))?;
        let key = key.trim().trim_start_matches('-').to_owned();
        let values: Vec<_> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong("lacks a name or a value"));
        }
        // "1" and "1.0" are one number.
        let is_same = |a: &String, b: &String| {
            a == b
                || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a.total_cmp(&b).is_eq())
        };
        let is_there = |at: usize, value: &String| values[..at].iter().any(|before| is_same(before, value));
        if let Some(twice) = values.iter().enumerate().find(|(at, value)| is_there(*at, value)) {
            return Err(wrong(&format!("has the value {} twice", twice.1)));
        }
        Ok(Self { key, values })
    }

    /// As it is typed with one of its values: settings of the gateway have a dot in their names.
    fn flag(&self, value: &str) -> OsString {
        flag(&self.key, value)
    }

    /// Name and value, fit for the name of a scenario.
    fn name(&self, value: &str) -> String {
        let last = self.key.rsplit('.').next().unwrap_or(&self.key);
        let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
        format!("{last}-{value}").chars().map(plain).collect()
    }
}

/// A flag, or a setting of the gateway, as it is typed with a value.
pub(super) fn flag(key: &str, value: &str) -> OsString {
    if key.contains('.') {
        format!("--gateway-set={key}={value}").into()
    } else {
        format!("--{}={value}", key.replace('_', "-")).into()
    }
}

/// Decides on every simulation of `typed`, the command line from the program's name on, whose flags are `flags`.
///
/// # Errors
/// What is varied is no flag or no setting, is typed as well, or has a value that cannot be used.
pub(crate) fn resolve_vary(flags: &SimulateFlags, typed: &[OsString]) -> Result<SuiteSettings, UsageError> {
    let varied = flags.vary.vary.iter().map(|typed| Varied::parse(typed)).collect::<Result<Vec<_>, _>>()?;
    if varied.len() > MOST_KEYS {
        let words = "are varied, and a table shows two at most; make one call for each of the others";
        return Err(UsageError::new(format!("{} settings {words}", varied.len())));
    }
    refuse_own_names(&varied)?;
    if flags.vocabulary.vocabulary.is_some() {
        let words = "tells one run, and --vary makes many; ask `claque show RUN --vocabulary` of one of them";
        return Err(UsageError::new(format!("--vocabulary {words}")));
    }
    let repeats = flags.vary.repeats.unwrap_or(REPEATS);
    if !(1..=MOST_REPEATS).contains(&repeats) {
        return Err(UsageError::new(format!("--repeats is {repeats}; give 1 to {MOST_REPEATS}")));
    }
    let combinations = combinations(&varied);
    if combinations.len() > MOST_SETTINGS {
        let words = format!("more than {MOST_SETTINGS}; give fewer values");
        return Err(UsageError::new(format!("--vary makes {} combinations, {words}", combinations.len())));
    }
    let base = without(typed, &OWN);
    let seed = flags.audience.seed.unwrap_or(1);
    last_seed(seed, repeats, "--repeats")?;
    let (mut scenarios, mut jobs, mut told) = (Vec::new(), Vec::new(), None);
    for (scenario, combination) in combinations.iter().enumerate() {
        for repeat in 1..=repeats {
            let seed = seed.saturating_add(u64::from(repeat) - 1);
            let SimulateSettings { order, output, .. } = decided(&base, &varied, combination, seed)?;
            let (dir, planned) = (order.results.dir.clone(), Planned { scenario, repeat, seed });
            told.get_or_insert((dir, output));
            jobs.push(Job { planned, work: Work::Virtual(Box::new(order)) });
        }
        let names = varied.iter().zip(combination).map(|(varied, value)| varied.name(value));
        let name = names.collect::<Vec<_>>().join(".");
        scenarios.push(SuiteScenario { name, repeats, settings: settings_of(scenario, &jobs) });
    }
    refuse_one_value_twice(&varied, &combinations, &scenarios, &jobs)?;
    let (dir, output): (_, Output) = told.ok_or_else(|| UsageError::new("--vary has no values"))?;
    let (name, order, time) = (NAME.to_owned(), Order::Listed, SuiteTime::Virtual);
    Ok(SuiteSettings {
        order: SuiteOrder { name, order, seed, cool_down: 0.0, time, scenarios, jobs, dir },
        resume: None,
        baseline: None,
        against: None,
        terms: CompareTerms::new(),
        regression: OnRegression::Tell,
        what: SuiteDeed::Varied,
        output,
    })
}

/// Values are one where all that is decided is the same, however they are written: "1s" and "1000ms".
///
/// # Errors
/// Two are.
fn refuse_one_value_twice(
    varied: &[Varied],
    combinations: &[Vec<&str>],
    scenarios: &[SuiteScenario],
    jobs: &[Job],
) -> Result<(), UsageError> {
    let work =
        |scenario: usize| jobs.iter().find(|job| job.planned.scenario == scenario).map(|job| &job.work);
    // What a simulation is to do is compared as a whole, for its settings may not name all of it.
    let is_one = |a: usize, b: usize| format!("{:?}", work(a)) == format!("{:?}", work(b));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (scenario, made) in scenarios.iter().enumerate() {
        let Some(&first) = seen.get(&made.settings.to_string()) else {
            seen.insert(made.settings.to_string(), scenario);
            continue;
        };
        let both = varied.iter().zip(combinations[first].iter().zip(&combinations[scenario]));
        let mut differing = both.filter(|(_, (a, b))| a != b);
        if let (Some((one, (a, b))), None) = (differing.next(), differing.next())
            && is_one(first, scenario)
        {
            return Err(UsageError::new(format!(
                "--vary {}: {a} and {b} are one value, so that nothing differs between them; leave one of them out",
                one.key
            )));
        }
    }
    Ok(())
}

/// # Errors
/// What is varied belongs to the table itself, or is varied by two flags.
fn refuse_own_names(varied: &[Varied]) -> Result<(), UsageError> {
    let spelt = |varied: &Varied| varied.key.replace('_', "-");
    for (at, one) in varied.iter().enumerate() {
        let why = match spelt(one).as_str() {
            "seed" => {
                "every value is simulated with the same seeds, so that what differs is the setting; give --seed for the first of them \
                 and --repeats for their number"
            }
            "repeats" | "vary" => {
                "it is a setting of the table and not of a simulation; give a setting of each simulation"
            }
            "replicates" | "jobs" => {
                "it belongs to --replicates, of which no run is kept to be told in a table; give --repeats for the number of seeds"
            }
            name if OUTPUTS.contains(&name) => {
                "it is about how a simulation is told and changes nothing in it; give a setting of each simulation"
            }
            _ if varied[..at].iter().any(|other| spelt(other) == spelt(one)) => {
                "it is varied twice; give all its values to one --vary, separated by commas"
            }
            _ => continue,
        };
        return Err(UsageError::new(format!("--vary {}: {why}", one.key)));
    }
    Ok(())
}

/// Every combination of values, the last setting's changing fastest.
fn combinations(varied: &[Varied]) -> Vec<Vec<&str>> {
    let mut all: Vec<Vec<&str>> = vec![Vec::new()];
    for varied in varied {
        let mut longer = Vec::new();
        for before in &all {
            longer.extend(varied.values.iter().map(|value| [&before[..], &[value.as_str()]].concat()));
        }
        all = longer;
    }
    all
}

/// The command line without these flags and their values.
fn without(typed: &[OsString], flags: &[&str]) -> Vec<OsString> {
    let mut left = Vec::new();
    let mut rest = typed.iter();
    while let Some(word) = rest.next() {
        let text = word.to_string_lossy();
        let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
        match (flags.contains(&name), value) {
            (true, None) => drop(rest.next()),
            (true, Some(_)) => {}
            (false, _) => left.push(word.clone()),
        }
    }
    left
}

fn decided(
    base: &[OsString],
    varied: &[Varied],
    combination: &[&str],
    seed: u64,
) -> Result<SimulateSettings, UsageError> {
    let flags = varied.iter().zip(combination).map(|(varied, value)| varied.flag(value));
    let line = base.iter().cloned().chain(flags).chain([format!("--seed={seed}").into()]);
    let names = || varied.iter().map(|varied| varied.key.as_str()).collect::<Vec<_>>().join(" and ");
    let cli = Cli::try_parse_from(line)
        .map_err(in_plain_words)
        .map_err(|error| UsageError::new(format!("--vary {}: {}", names(), complaint(&error))))?;
    if let Verb::Simulate(flags) = cli.verb {
        resolve_simulate(*flags)
    } else {
        Err(UsageError::new("--vary belongs to simulate"))
    }
}

/// What is wrong with a combination, as far as the command line alone tells.
pub(super) fn complaint(error: &clap::Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::UnknownArgument {
        "is no flag of simulate, and no setting of the gateway, which has a dot in its name".to_owned()
    } else if kind == ErrorKind::ArgumentConflict {
        "is typed as well; leave it out where it is varied".to_owned()
    } else {
        let words = error.render().to_string();
        words.trim().trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_combined_the_last_setting_fastest() {
        let varied = [Varied::parse("users=5, 10").unwrap(), Varied::parse("a.b=1,2").unwrap()];
        assert_eq!(combinations(&varied), [["5", "1"], ["5", "2"], ["10", "1"], ["10", "2"]]);
        assert_eq!(varied[0].flag("5"), "--users=5");
        assert_eq!(
            (varied[1].flag("2"), varied[1].name("2")),
            ("--gateway-set=a.b=2".into(), "b-2".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_varied_is_told() {
        for typed in ["users", "users=", "users=5,,6", "=5", "users=5,5", "speed=1,1.0"] {
            assert!(Varied::parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn the_tables_own_settings_and_what_is_varied_twice_are_told_as_that() {
        let refused = |typed: &[&str]| {
            let varied: Vec<_> = typed.iter().map(|typed| Varied::parse(typed).unwrap()).collect();
            refuse_own_names(&varied).unwrap_err().to_string()
        };
        assert!(refused(&["seed=1,2"]).contains("give --seed for the first"));
        for typed in ["junit=ja,jb", "markdown=a,b", "facts=all,none", "--output_dir=a,b"] {
            assert!(refused(&[typed]).contains("how a simulation is told"), "{typed}");
        }
        assert!(refused(&["users=1", "--repeats=2,3"]).contains("setting of the table"));
        assert!(refused(&["varied_lengths=1", "varied-lengths=2"]).contains("to one --vary"));
    }

    #[test]
    fn own_flags_are_taken_out_with_their_values() {
        let typed = [
            "claque",
            "simulate",
            "--vary",
            "users=1,2",
            "--blocks",
            "3",
            "--vary=a.b=1",
            "--seed",
            "7",
            "--repeats=2",
        ];
        let typed: Vec<OsString> = typed.map(Into::into).to_vec();
        assert_eq!(without(&typed, &OWN), ["claque", "simulate", "--blocks", "3"]);
    }
}
