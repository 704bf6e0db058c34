//! How claque is released: the workflow says nothing that there is not, and what is packed can be installed and runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use yaml_rust2::{Yaml, YamlLoader};

const PROGRAM: &str = env!("CARGO_BIN_EXE_claque");
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there")
}

fn workflow(path: &str) -> Yaml {
    let text = fs::read_to_string(repository().join(path)).expect("it can be read");
    let mut documents = YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(documents.len(), 1, "{path}");
    documents.remove(0)
}

/// The steps of all jobs.
fn steps(workflow: &Yaml) -> Vec<&Yaml> {
    let jobs = workflow["jobs"].as_hash().expect("there are jobs");
    for (name, job) in jobs {
        assert!(job["runs-on"].as_str().is_some(), "{name:?} runs nowhere");
        assert!(job["timeout-minutes"].as_i64().is_some(), "{name:?} may never end");
        let needs = job["needs"].as_str();
        assert!(needs.is_none_or(|needs| jobs.contains_key(&Yaml::String(needs.to_owned()))), "{needs:?}");
    }
    jobs.values().flat_map(|job| job["steps"].as_vec().expect("a job has steps")).collect()
}

/// Every line that a shell is given.
fn commands(workflow: &Yaml) -> Vec<String> {
    let runs = steps(workflow).into_iter().filter_map(|step| {
        assert!(step["uses"].as_str().is_some() != step["run"].as_str().is_some(), "{step:?}");
        step["run"].as_str()
    });
    runs.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn workflows_can_be_read_and_name_actions_with_their_version() {
    for path in ["deploy/release.yml", "deploy/github-action.yml"] {
        let workflow = workflow(path);
        assert!(workflow["on"] != Yaml::BadValue && workflow["permissions"] != Yaml::BadValue, "{path}");
        for step in steps(&workflow) {
            let action = step["uses"].as_str();
            assert!(action.is_none_or(|action| action.contains("@v")), "{path}: {action:?}");
        }
    }
}

#[test]
fn every_command_of_the_release_is_one_that_there_is() {
    /// What the machines of the workflow have.
    const GIVEN: [&str; 4] = ["rustup", "gh", "mkdir", "cp"];
    let chores = fs::read_to_string(repository().join("xtask/src/main.rs")).unwrap();
    let toolchain = format!("+{}", env!("CARGO_PKG_RUST_VERSION"));
    let commands = commands(&workflow("deploy/release.yml"));
    assert!(commands.len() >= 9, "{commands:?}");
    for command in &commands {
        let words: Vec<&str> = command
            .split_whitespace()
            .skip_while(|word| word.contains('=') && !word.starts_with('-'))
            .collect();
        match words[..] {
            ["cargo", version, "xtask", chore] => {
                let variant = chore[..1].to_uppercase() + &chore[1..];
                assert!(version == toolchain && chores.contains(&format!("    {variant},")), "{command}");
            }
            ["cargo", version, "build", ref flags @ ..] => {
                assert_eq!(
                    (version, flags),
                    (&*toolchain, &["--release", "--locked", "--package", "claque"][..])
                );
            }
            ["rustup", "toolchain", "install", version, ..] => {
                assert_eq!(format!("+{version}"), toolchain, "{command}");
            }
            ["installed/bin/claque", ref flags @ ..] => {
                let output = Command::new(PROGRAM).args(flags).arg("--help").output().unwrap();
                assert!(output.status.success(), "{command}");
            }
            [script, ..] if script.starts_with("deploy/") => assert_can_be_run(&repository().join(script)),
            [tool, ..] => assert!(GIVEN.contains(&tool), "{command}"),
            [] => panic!("an empty command"),
        }
    }
    for file in commands.iter().flat_map(|command| command.split_whitespace()) {
        let is_here = file.starts_with("deploy/") || file.ends_with(".md");
        assert!(!is_here || repository().join(file).exists(), "{file}");
    }
}

fn assert_can_be_run(script: &Path) {
    assert!(
        fs::metadata(script).expect("it is there").permissions().mode() & 0o111 != 0,
        "{}",
        script.display()
    );
    let parsed = Command::new("sh").arg("-n").arg(script).output().expect("there is a shell");
    assert!(parsed.status.success(), "{}: {parsed:?}", script.display());
}

/// Packs a program for this machine.
fn pack(program: &Path, folder: &Path, more: &[(&str, &str)]) -> Output {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new(repository().join("deploy/pack.sh"));
    command.arg(program).arg(target).arg(folder).env_remove("RELEASE_TAG");
    command.envs(more.iter().copied()).output().expect("there is a shell")
}

/// This very program without its symbols, as a release has none.
fn stripped(folder: &Path) -> PathBuf {
    let program = folder.join("claque");
    let strip = Command::new("strip").arg("-o").arg(&program).arg(PROGRAM).status();
    assert!(strip.expect("there is a linker").success());
    program
}

fn install(releases: &Path, version: &str, into: &Path) -> Output {
    let mut command = Command::new(repository().join("deploy/install.sh"));
    command.arg(version).arg(into).env("CLAQUE_RELEASES", releases).output().expect("there is a shell")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn what_is_packed_can_be_installed_into_an_empty_folder_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let releases = folder.path().join("releases");
    let release = releases.join(format!("v{VERSION}"));
    let packed = pack(&stripped(folder.path()), &release, &[]);
    assert!(packed.status.success(), "{}", said(&packed));
    let root = folder.path().join("root");
    let installed = install(&releases, VERSION, &root);
    assert!(installed.status.success(), "{}", said(&installed));
    assert!(said(&installed).contains("is not in PATH"), "{}", said(&installed));
    let program = root.join("bin/claque");
    let mut run = Command::new(&program);
    let run = run.args(["simulate", "--users", "2", "--blocks", "2", "--quiet"]).current_dir(folder.path());
    let run = run.output().unwrap();
    assert!(run.status.success() && said(&run).contains("4/4 blocks"), "{}", said(&run));
    for file in [
        "share/man/man1/claque.1",
        "share/man/man1/claque-run.1",
        "share/bash-completion/completions/claque",
        "share/zsh/site-functions/_claque",
        "share/fish/vendor_completions.d/claque.fish",
    ] {
        assert!(fs::read_to_string(root.join(file)).unwrap().contains("claque"), "{file}");
    }
    // An archive that is another one is not unpacked.
    let archives = fs::read_dir(&release).unwrap().map(|entry| entry.unwrap().path());
    let archive = archives.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap();
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    let other = folder.path().join("other");
    let refused = install(&releases, VERSION, &other);
    assert!(!refused.status.success() && said(&refused).contains("checksum"), "{}", said(&refused));
    assert!(!other.exists(), "nothing was installed");
}

#[test]
fn what_must_not_be_released_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("packed");
    let with_symbols = pack(Path::new(PROGRAM), &packed, &[]);
    assert!(!with_symbols.status.success(), "a program that was built for tests has symbols");
    assert!(said(&with_symbols).contains("cargo build --release --locked"), "{}", said(&with_symbols));
    let other = pack(&stripped(folder.path()), &packed, &[("RELEASE_TAG", "v9.9.9")]);
    assert!(!other.status.success() && said(&other).contains(&format!("tag v{VERSION}")), "{}", said(&other));
    let missing = install(folder.path(), "9.9.9", &folder.path().join("root"));
    assert!(!missing.status.success() && said(&missing).contains("check the version"), "{}", said(&missing));
    assert!(!packed.exists(), "nothing is left");
}
