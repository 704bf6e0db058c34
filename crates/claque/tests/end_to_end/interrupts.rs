//! Ctrl-C once, twice, and a kill: what is saved and what is left on the service.

use claque_store::Run;
use tempfile::TempDir;

use crate::{
    canned::{self, BLOCKS, CREATED, MODELS},
    program::{claque, only_folder},
    under_way::{UnderWay, count, slow_host},
};

/// So does the end of the terminal.
#[test]
fn the_first_ctrl_c_saves_the_run_and_deletes_the_documents() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let host = slow_host();
        let results = TempDir::new().unwrap();
        let started = start(&host.base_url(), &results);
        assert_eq!(host.stats().gateway.documents, 3);
        started.signal(signal);
        let (code, said) = started.end();
        assert_eq!(code, Some(5), "{signal}: {said:?}");
        // Where it is saved before that is told, that is what is told.
        let saving = count(&said, "stopping: saving the run, and deleting its documents");
        let saved_before = count(&said, "stopping: the run is saved; deleting its documents");
        assert_eq!(saving + saved_before, 1, "{said:?}");
        let run = saved(&results);
        assert!(!run.partial);
        let verdict = run.manifest.verdict.as_ref().unwrap();
        assert!(verdict.reasons.iter().any(|reason| reason.id.as_str() == "interrupted"), "{verdict:?}");
        assert_eq!(run.manifest.document_ids.len(), 3);
        assert_eq!(host.stats().gateway.documents, 0);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_end_of_the_terminal_ends_nothing_that_was_started_to_outlive_it() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    // What nohup(1) does, without its redirections.
    let mut shell = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_claque");
    let words = "trap '' HUP; exec \"$@\"";
    let arguments = ["-c", words, "sh", program, "run", "--users", "3", "--blocks", "30", "--base-url"];
    shell.args(arguments).arg(host.base_url()).arg("--output-dir").arg(results.path());
    let mut started = UnderWay::start(&mut shell);
    started.wait_for("listening");
    started.signal("-HUP");
    started.wait_for("blocks");
    started.signal("-INT");
    let (_, said) = started.end();
    assert_eq!(count(&said, "stopping: "), 1, "{said:?}");
}

#[test]
fn nothing_of_an_embedded_gateway_is_said_to_be_left_behind() {
    for verb in [&["run", "--users", "3", "--blocks", "30"][..], &["documents", "--pages", "40"]] {
        let results = TempDir::new().unwrap();
        let mut command = claque(verb);
        let mut started = UnderWay::start(command.arg("--output-dir").arg(results.path()));
        started.wait_for(if verb[0] == "run" { "listening" } else { "extracting" });
        started.signal("-INT");
        started.signal("-TERM");
        let (code, said) = started.end();
        assert_eq!((count(&said, "left behind"), count(&said, "cleanup")), (0, 0), "{said:?}");
        assert_eq!(count(&said, "deleting"), 0, "{said:?}");
        // Two signals may be as quick as the end.
        assert!(matches!(code, Some(1 | 5)), "{said:?}");
        let folder = only_folder(results.path()).unwrap();
        assert!(!folder.join("documents.jsonl").exists());
    }
}

#[test]
fn a_run_whose_folder_is_removed_meanwhile_is_told_and_says_that_nothing_is_kept() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    let mut command = claque(&["run", "--users", "3", "--blocks", "2", "--json", "--timeout", "5"]);
    command.args(["--base-url", &host.base_url(), "--output-dir"]).arg(results.path());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let folder = loop {
        // There is a journal of facts once it is begun.
        match only_folder(results.path()).filter(|folder| folder.join("facts.jsonl").exists()) {
            Some(folder) if host.stats().gateway.documents == 3 => break folder,
            _ => std::thread::park_timeout(std::time::Duration::from_millis(20)),
        }
    };
    std::thread::park_timeout(std::time::Duration::from_millis(500));
    std::fs::remove_dir_all(&folder).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("this run could not be kept"), "{said}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["summary"]["blocks"]["intended"], 6, "{told}");
    assert_eq!(told["run_folder"], serde_json::Value::Null);
    assert!(told["not_kept"].as_str().unwrap().contains("facts.jsonl"), "{told}");
    assert_eq!(host.stats().gateway.documents, 0, "its documents are deleted all the same");
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_says_what_remains() {
    // A service that never answers a deletion keeps the first Ctrl-C from coming to its end.
    let hang = ("DELETE /api/v1/documents/", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([MODELS, CREATED, BLOCKS, hang])));
    let results = TempDir::new().unwrap();
    let mut started = start(&format!("http://{address}"), &results);
    started.signal("-INT");
    started.wait_for("once more to leave at once");
    started.signal("-INT");
    let (code, said) = started.end();
    assert_eq!((code, count(&said, "left behind on the service: document ")), (Some(1), 3));
    let folder = only_folder(results.path()).unwrap();
    let left = format!("left at once: {} stays readable as a partial run", folder.display());
    // Where it is saved before it is left, that is what is said.
    let saved = format!("left at once: the run is saved in {}", folder.display());
    assert_eq!(count(&said, &left) + count(&said, &saved), 1, "{said:?}");
    assert_eq!(count(&said, &format!("`claque cleanup {}`", folder.display())), 1, "{said:?}");
}

#[test]
fn a_killed_run_is_readable_and_marked_partial() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    let started = start(&host.base_url(), &results);
    started.signal("-KILL");
    assert_eq!(started.end().0, None);
    let run = saved(&results);
    assert!(run.partial);
    assert_eq!(run.manifest.document_ids.len(), 3);
}

/// Three listeners, listening, with results in this folder.
fn start(base_url: &str, results: &TempDir) -> UnderWay {
    let arguments = ["run", "--users", "3", "--blocks", "30", "--base-url", base_url, "--output-dir"];
    let mut run = UnderWay::start(claque(&arguments).arg(results.path()));
    run.wait_for("listening");
    run
}

fn saved(results: &TempDir) -> Run {
    claque_store::open(&only_folder(results.path()).unwrap()).unwrap()
}
