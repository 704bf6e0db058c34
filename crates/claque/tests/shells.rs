//! What shells are given: completions and manual pages.

use std::{fs, path::Path, process::Command};

/// What the program prints, in this folder.
fn claque(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_claque")).args(args).current_dir(folder).output();
    let output = output.expect("the program was built");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("words are UTF-8")
}

#[test]
fn shells_complete_verbs_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = claque(folder.path(), &["completions", shell]);
        assert!(script.contains("resummarise") && script.contains("gateway-set"), "{shell}: {script}");
    }
    let script = claque(folder.path(), &["completions", "bash"]);
    fs::write(folder.path().join("claque.bash"), &script).unwrap();
    // Sourced as a shell would, and asked what begins with `simu`.
    let asked = "source ./claque.bash; COMP_WORDS=(claque simu); COMP_CWORD=1; _claque claque simu claque; echo ${COMPREPLY[*]}";
    let output =
        Command::new("bash").args(["--norc", "-c", asked]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "simulate", "{output:?}");
}

#[test]
fn every_verb_has_its_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(claque(folder.path(), &["man", "--into", "pages/man1"]), "");
    let page = |name: &str| fs::read_to_string(folder.path().join("pages/man1").join(name)).unwrap();
    let main = page("claque.1");
    for verb in ["run", "simulate", "suite", "capacity", "documents", "serve", "compare", "export", "man"] {
        assert!(main.contains(verb), "{verb}: {main}");
        assert!(page(&format!("claque-{verb}.1")).starts_with(".ie"), "{verb}");
    }
    assert!(page("claque-run.1").contains("allow\\-rate\\-limit"));
    assert!(page("claque-simulate-documents.1").contains("pages"));
    assert_eq!(claque(folder.path(), &["man"]), main);
    assert_eq!(claque(folder.path(), &["man", "simulate", "documents"]), page("claque-simulate-documents.1"));
    let output = Command::new(env!("CARGO_BIN_EXE_claque")).args(["man", "simulat"]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && words.contains("simulate"), "{output:?}");
}
