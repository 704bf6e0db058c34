//! docs/ci.md does what it says, and the files in deploy/ belong to this tree.

use std::{collections::BTreeSet, env, fs, path::Path, process::Command};

use crate::stage::Stage;

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).expect("the file is there")
}

/// The texts of the page's blocks in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    page.split(&open).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_page_end_as_it_says() {
    let page = read("docs/ci.md");
    let stage = Stage::new();
    let [suite] = &blocks(&page, "toml")[..] else { panic!("the page has one suite") };
    stage.write("ci.toml", suite);
    let program = Path::new(env!("CARGO_BIN_EXE_claque")).parent().expect("it lies in a folder");
    let paths = env::split_paths(&env::var_os("PATH").expect("there is a path")).collect::<Vec<_>>();
    let paths =
        env::join_paths(std::iter::once(program.to_owned()).chain(paths)).expect("they can be joined");
    let mut ran = 0;
    for line in blocks(&page, "console").iter().flat_map(|block| block.lines()) {
        let (_, code) = line.split_once(" # ends with ").unwrap_or_else(|| panic!("{line}: no code"));
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(stage.path()).env("PATH", &paths).env_remove("CLAQUE_TOKEN");
        let output = shell.output().expect("there is a shell");
        let words = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), code.trim().parse().ok(), "{line}\n{said}\n{words}");
        ran += 1;
    }
    assert!(ran >= 8, "only {ran} commands were found");
    let junit = fs::read_to_string(stage.path().join("claque.xml")).expect("it was written");
    // Ten runs, two objectives each, two scenarios held against the baseline.
    assert!(junit.contains("tests=\"32\""), "{junit}");
    assert!(junit.contains("no regression was shown\" time=\"0.000\">"), "{junit}");
    let first = junit.lines().find(|line| line.contains("the run is VALID")).expect("runs are judged");
    assert!(!first.contains("time=\"0.000\""), "{first}");
}

#[test]
fn every_verb_is_in_the_table_of_exit_codes() {
    let page = read("docs/ci.md");
    let table = page.split("## Exit codes of every verb").nth(1).expect("there is a table");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeSet<_> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap_or_default().split(','))
        .filter_map(|verb| verb.trim().trim_matches('`').split(' ').next())
        .map(str::to_owned)
        .collect();
    let stage = Stage::new();
    let help = stage.prints(&["--help"]);
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    // What goes on in a second line is farther in.
    let verbs: BTreeSet<_> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert_eq!(told, verbs);
    for verb in &verbs {
        assert!(stage.refused(&[verb, "--no-such-flag"]).contains("--no-such-flag"), "{verb}");
    }
}

#[test]
fn the_files_to_begin_with_fit_this_tree() {
    let stage = Stage::new();
    let workflow = read("deploy/github-action.yml");
    let commands = workflow.lines().filter_map(|line| line.trim().strip_prefix("claque "));
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        let words: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        assert!(!stage.prints(&words).is_empty());
    }
    let image = read("deploy/Containerfile");
    let copied =
        image.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|rest| !rest.starts_with("--"));
    let mut sources = Vec::new();
    for copy in copied {
        let words: Vec<_> = copy.split(' ').collect();
        sources.extend(words[..words.len() - 1].iter().copied());
    }
    for source in &sources {
        assert!(repository().join(source).exists(), "{source}");
    }
    // Cargo reads the manifest of every member.
    for member in ["bench", "crates", "fuzz", "xtask", "Cargo.lock"] {
        assert!(sources.contains(&member), "{member}");
    }
    assert!(image.contains(&format!("rust:{}-slim", env!("CARGO_PKG_RUST_VERSION"))), "{image}");
}
