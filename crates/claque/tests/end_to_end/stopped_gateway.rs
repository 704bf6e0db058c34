//! An embedded gateway that stands still while the rest of claque goes on.

use std::time::Duration;

use nix::{
    sys::{
        ptrace,
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};
use tempfile::TempDir;

use crate::{
    program::{claque, only_folder},
    under_way::UnderWay,
};

#[test]
fn a_gateway_of_our_own_that_is_stopped_for_a_second_makes_the_run_invalid_and_is_named() {
    let results = TempDir::new().unwrap();
    let engine = ["--engine", "deterministic", "--service-seconds", "0.05", "--audio-seconds", "0.5"];
    let mut command = claque(&["run", "--users", "2", "--blocks", "8"]);
    let mut run = UnderWay::start(command.args(engine).arg("--output-dir").arg(results.path()));
    run.wait_for("listening");
    stop_for(thread_named("claque-host", run.id()), Duration::from_secs(1));
    let (code, said) = run.end();
    assert_eq!(code, Some(5), "{said:?}");
    let saved = claque_store::open(&only_folder(results.path()).unwrap()).unwrap();
    let verdict = saved.manifest.verdict.unwrap();
    let late = verdict.reasons.iter().find(|reason| reason.id.as_str() == "generator-late").unwrap();
    assert!(late.text.contains("embedded gateway"), "{late:?}");
}

#[test]
fn a_gateway_of_our_own_that_is_stopped_while_documents_are_extracted_makes_the_run_invalid() {
    let results = TempDir::new().unwrap();
    let mut command = claque(&["documents", "--pages", "20", "--concurrent", "2", "--poll", "0.1"]);
    let mut run = UnderWay::start(command.arg("--output-dir").arg(results.path()));
    run.wait_for("extracting 2 documents");
    stop_for(thread_named("claque-host", run.id()), Duration::from_secs(1));
    let (code, said) = run.end();
    assert_eq!(code, Some(5), "{said:?}");
    let saved = claque_store::open_documents(&only_folder(results.path()).unwrap()).unwrap();
    let verdict = saved.manifest.verdict.unwrap();
    let late = verdict.reasons.iter().find(|reason| reason.id.as_str() == "generator-late").unwrap();
    assert!(late.text.contains("embedded gateway"), "{late:?}");
}

fn thread_named(name: &str, process: u32) -> Pid {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap().map(|task| task.unwrap().path());
    let is_it = |task: &std::path::PathBuf| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == name)
    };
    let task = tasks.into_iter().find(is_it).expect("the gateway has a thread");
    Pid::from_raw(task.file_name().unwrap().to_str().unwrap().parse().unwrap())
}

/// Stops one thread of a child of ours, as a debugger does (ptrace(2)), and has it go on.
fn stop_for(thread: Pid, span: Duration) {
    ptrace::seize(thread, ptrace::Options::empty()).unwrap();
    ptrace::interrupt(thread).unwrap();
    waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
    std::thread::park_timeout(span);
    ptrace::detach(thread, None).unwrap();
}
