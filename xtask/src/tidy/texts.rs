//! Words that must not be written: readings of the OS clock outside its one file, and paths of one machine.

use std::{env, fs, path::PathBuf};

use toml::{Table, Value};

use super::{
    Report,
    files::SourceFile,
    is_test_code,
    rust_text::{blank, without_tests},
};

/// What reads the OS clock.
const CLOCK_READS: [&str; 2] = ["Instant::now(", "SystemTime::now("];

/// Folders of the machines this is built on. Put together here, so that this file does not hold them itself.
const MACHINE_FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/tm", "p/target")];

/// Names the checksums of packages, and with them, rightly, where they came from.
const LOCK_FILE: &str = "Cargo.lock";

/// Checks every file for clock readings and for each of `marks`.
pub(crate) fn check(files: &[SourceFile], marks: &[String], report: &mut Report) {
    check_clock(files, report);
    for file in files.iter().filter(|file| file.path != LOCK_FILE) {
        for (number, line) in file.text.lines().enumerate() {
            for mark in marks.iter().filter(|mark| contains_whole(line, mark)) {
                report.fail(format!("{}:{} names this machine's {mark}", file.path, number + 1));
            }
        }
    }
}

/// What tells of the machine at hand: its folders, and the registry mirrors its cargo is set to.
pub(crate) fn machine_marks() -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let settings =
        home.and_then(|home| fs::read_to_string(home.join("config.toml")).ok()).unwrap_or_default();
    MACHINE_FOLDERS.iter().map(|&folder| folder.to_owned()).chain(mirrors(&settings)).collect()
}

/// The hosts of the registries in a cargo configuration, less the public one and loopback.
fn mirrors(settings: &str) -> Vec<String> {
    let table: Table = settings.parse().unwrap_or_default();
    let sources = ["source", "registries"].into_iter().filter_map(|key| table.get(key)?.as_table());
    let urls =
        sources.flat_map(Table::values).flat_map(|source| [source.get("registry"), source.get("index")]);
    urls.flatten().filter_map(Value::as_str).filter_map(host).filter(|host| !is_public(host)).collect()
}

fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

fn is_public(host: &str) -> bool {
    ["index.crates.io", "crates.io", "github.com", "localhost", "127.0.0.1"].contains(&host)
}

/// One file may read the clock; two are a second truth about time.
fn check_clock(files: &[SourceFile], report: &mut Report) {
    let readers: Vec<_> =
        files.iter().filter(|file| reads_clock(file)).map(|file| file.path.as_str()).collect();
    if readers.len() > 1 {
        report.fail(format!("{} files read the OS clock, one may: {}", readers.len(), readers.join(", ")));
    }
}

fn reads_clock(file: &SourceFile) -> bool {
    if !file.is_rust() || is_test_code(file) || file.path.starts_with("xtask/") {
        return false;
    }
    let code = without_tests(&blank(&file.text));
    CLOCK_READS.iter().any(|read| code.contains(read))
}

/// Whether `mark` occurs in `line` on its own, not as the tail of a longer path such as `tests/wo` + `rk/`.
fn contains_whole(line: &str, mark: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || "_-.".contains(character);
    line.match_indices(mark).any(|(at, _)| !line[..at].ends_with(continues))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|&(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() })
            .collect();
        let mut report = Report::default();
        check(&files, &["/machine/".to_owned(), "mirror.example".to_owned()], &mut report);
        report.failures
    }

    #[test]
    fn one_file_may_read_the_clock() {
        let read = "fn f() { Instant::now() }";
        assert_eq!(failures(&[("a/src/clock.rs", read)]), Vec::<String>::new());
        assert_eq!(
            failures(&[("a/src/clock.rs", read), ("b/src/lib.rs", "fn f() { SystemTime::now() }")]),
            ["2 files read the OS clock, one may: a/src/clock.rs, b/src/lib.rs"]
        );
    }

    #[test]
    fn comments_tests_and_chores_may_speak_of_the_clock() {
        let files = [
            ("a/src/clock.rs", "fn f() { Instant::now() }"),
            ("a/src/lib.rs", "// Instant::now()\n#[cfg(test)]\nmod tests { fn f() { Instant::now() } }"),
            ("a/tests/story.rs", "fn f() { Instant::now() }"),
            ("a/src/player/tests.rs", "fn f() { Instant::now() }"),
            ("xtask/src/steps.rs", "fn f() { Instant::now() }"),
        ];
        assert_eq!(failures(&files), Vec::<String>::new());
    }

    #[test]
    fn a_machine_path_is_told_with_its_place() {
        assert_eq!(
            failures(&[("doc.md", "fine\nsee /machine/x")]),
            ["doc.md:2 names this machine's /machine/"]
        );
        assert_eq!(failures(&[("doc.md", "src/machine/x")]), Vec::<String>::new());
        assert_eq!(failures(&[("Cargo.lock", "https://mirror.example/x")]), Vec::<String>::new());
    }

    #[test]
    fn mirrors_are_read_from_cargos_settings() {
        let settings = r#"
            [source.crates-io]
            replace-with = "near"
            [source.near]
            registry = "sparse+https://user:secret@mirror.example:8443/index/"
            [registries.local]
            index = "sparse+http://127.0.0.1:3000/"
        "#;
        assert_eq!(mirrors(settings), ["mirror.example"]);
        assert_eq!(mirrors("not toml ["), Vec::<String>::new());
    }
}
