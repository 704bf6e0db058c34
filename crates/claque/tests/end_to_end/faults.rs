//! Services that do one thing wrong: what a run says of it, that it ends, and that it stays small.

use std::process::Stdio;

use claque_core::event::FailureClass;
use tempfile::TempDir;

use crate::{
    faulty::{self, Fault},
    program::{Ran, claque, run},
};

/// A run at a service with this fault.
fn listen(fault: Fault, more: &[&str]) -> Ran {
    let url = format!("http://{}", faulty::serve(fault));
    run("run", &arguments(&url, more))
}

/// Two listeners of three blocks, unless something else is said.
fn arguments<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--base-url", url];
    for (flag, value) in [("--users", "2"), ("--blocks", "3"), ("--timeout", "3")] {
        if !more.contains(&flag) {
            arguments.extend([flag, value]);
        }
    }
    arguments.extend_from_slice(more);
    arguments
}

#[test]
fn a_service_without_a_fault_gives_a_valid_run() {
    let ran = listen(Fault::Nothing, &[]);
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/played"), 6);
}

#[test]
fn fewer_blocks_than_were_written_are_told_and_make_the_run_invalid() {
    let ran = listen(Fault::Blocks(1), &[]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert_eq!(ran.reasons(), ["blocks-unmade"]);
    assert_eq!((ran.count("/blocks/unreached"), ran.count("/blocks/unmade")), (4, 4));
    assert!(ran.stdout.contains("4 of 6 blocks were not there to be heard"), "{}", ran.stdout);
}

#[test]
fn one_id_for_all_documents_or_none_is_no_valid_run() {
    for (id, words) in [("11111111-2222-4333-8444-555555555555", "one id to several documents"), ("", "id")] {
        let ran = listen(Fault::Id(id), &[]);
        assert_eq!(ran.code, Some(5), "`{id}`: {}", ran.stderr);
        assert!(!ran.reasons().is_empty());
        assert!(ran.stderr.contains(words), "`{id}`: {}", ran.stderr);
    }
}

#[test]
fn one_creation_of_twelve_that_stumbles_costs_nobody_his_document() {
    let ran = listen(Fault::StumblesAt(6), &["--users", "12"]);
    ran.assert_valid();
    assert_eq!(ran.count("/listeners/completed"), 12);
}

/// However short the time-out is, and although a player dials again.
#[test]
fn a_refused_handshake_or_a_connection_closed_each_time_is_told_as_that() {
    for (fault, class, code) in [
        (Fault::Handshake("401 Unauthorized"), FailureClass::Auth, 401),
        (Fault::Handshake("403 Forbidden"), FailureClass::Auth, 403),
        (Fault::Handshake("503 Service Unavailable"), FailureClass::Overload, 503),
        (Fault::Closes(1_011), FailureClass::Server, 1_011),
        (Fault::Closes(1_001), FailureClass::Transport, 1_001),
    ] {
        for timeout in ["0.9", "1.3"] {
            let ran = listen(fault, &["--timeout", timeout]);
            assert_eq!(ran.code, Some(5), "{}", ran.stderr);
            let errors = ran.errors();
            assert!(!errors.is_empty(), "{fault:?}");
            for error in errors {
                let failure = &error.failure;
                assert_eq!(
                    (failure.class, failure.code),
                    (class, Some(code)),
                    "{fault:?} {timeout}: {failure}"
                );
            }
        }
    }
}

#[test]
fn a_block_that_is_made_for_ever_is_given_up() {
    let ran = listen(Fault::Processing, &["--block-timeout", "1"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.errors().iter().all(|error| error.failure.class == FailureClass::Timeout));
    assert_eq!(ran.count("/blocks/failed"), 6);
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_pings_without_end_and_reads_nothing_costs_no_memory() {
    let (code, most) = most_memory(Fault::PingsAndReadsNothing, &[]);
    assert_eq!(code, Some(5));
    assert!(most < 100 << 10, "{most} KiB");
}

#[test]
#[cfg(target_os = "linux")]
fn audio_without_an_end_costs_no_memory_and_is_not_kept() {
    let kept = TempDir::new().unwrap();
    let (code, most) = most_memory(
        Fault::EndlessAudio,
        &["--block-timeout", "3", "--keep-audio", kept.path().to_str().unwrap()],
    );
    assert_eq!(code, Some(5));
    assert!(most < 300 << 10, "{most} KiB");
    assert_eq!(kept.path().read_dir().unwrap().count(), 0);
}

/// Exit code of a run at a service with this fault, and the most memory that the program ever had, in KiB.
#[cfg(target_os = "linux")]
fn most_memory(fault: Fault, more: &[&str]) -> (Option<i32>, u64) {
    let results = TempDir::new().unwrap();
    let url = format!("http://{}", faulty::serve(fault));
    let mut command = claque(&["run"]);
    command.args(arguments(&url, more)).arg("--output-dir").arg(results.path());
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", process.id());
    let mut most = 0;
    let code = loop {
        if let Some(ended) = process.try_wait().unwrap() {
            break ended.code();
        }
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(mark.unwrap_or(0));
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    };
    (code, most)
}
