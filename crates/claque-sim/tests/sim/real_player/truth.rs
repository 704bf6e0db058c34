//! Scripts and recordings, wherever they are.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use claque_front::yapit::{gateway::Era, scripted::EvictedOnJump};
use claque_sim::{ScriptedScene, read_script};
use serde_json::Value;

/// Names the folder of recordings.
const VARIABLE: &str = "CLAQUE_REAL_PLAYER";
/// Where they lie beside a checkout.
const BESIDE: [&str; 2] = ["../../../shared/truth/real-player", "../../../../shared/truth/real-player"];
/// The few that are kept here.
const KEPT: &str = "tests/data/real-player";

pub(crate) struct Truth {
    folder: PathBuf,
    index: Value,
    recorded: BTreeMap<(String, String), Value>,
}

impl Truth {
    #[expect(clippy::print_stderr, reason = "a test that checks less than it could has to say so")]
    pub(crate) fn open() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let beside = BESIDE.iter().map(|path| here.join(path));
        let found = named.into_iter().chain(beside).find(|folder| folder.join("index.json").is_file());
        let folder = found.unwrap_or_else(|| {
            eprintln!(
                "NOT ALL RECORDINGS OF REAL PLAYERS ARE REPLAYED: no folder with them was found; {VARIABLE} names it. \
                 A few that are kept in {KEPT} are."
            );
            here.join(KEPT)
        });
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it is part of the folder");
        let index = serde_json::from_str(&read("index.json")).expect("the index is JSON");
        let summaries = read("summary.jsonl");
        let recorded =
            summaries.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
        let key = |line: &Value| (text(&line["scenario"]), text(&line["player"]));
        let recorded = recorded.map(|line| (key(&line), line)).collect();
        Self { folder, index, recorded }
    }

    pub(crate) fn scenarios(&self) -> Vec<String> {
        let names: Vec<String> =
            self.index.as_object().expect("names of scenarios").keys().cloned().collect();
        assert!(!names.is_empty(), "there is something to replay in {}", self.folder.display());
        names
    }

    /// What that player did; none where nobody recorded it.
    pub(crate) fn recorded(&self, scenario: &str, player: &str) -> Option<Value> {
        let mut player = player.to_owned();
        // `as X` may lead to another `as Y`.
        for _ in 0..5 {
            let entry = self.index[scenario][&player].as_str()?;
            match entry.strip_prefix("as ") {
                Some(other) => player = other.to_owned(),
                None => return self.recorded.get(&(scenario.to_owned(), player)).cloned(),
            }
        }
        None
    }

    pub(crate) fn scene(&self, scenario: &str, player: &str) -> ScriptedScene {
        let path = self.folder.join("scenarios").join(format!("{scenario}.json"));
        let text = fs::read_to_string(&path).expect("every scenario has a script");
        let (era, withdraws) = match player {
            "current" | "feb23" => (Era::Current, EvictedOnJump::All),
            _ => (Era::Feb2026, EvictedOnJump::OutsideWindow),
        };
        read_script(&text, era, withdraws).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
