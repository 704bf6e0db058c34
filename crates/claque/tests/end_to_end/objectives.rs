//! Objectives and early ends over real sockets.

use crate::program::run;

/// Listeners that would be busy for minutes.
const LONG: [&str; 14] = [
    "--users",
    "3",
    "--blocks",
    "400",
    "--engine",
    "deterministic",
    "--service-seconds",
    "0.02",
    "--audio-seconds",
    "0.5",
    "--objective",
    "errors = 0",
    "--objective",
    "listeners completed >= 100 %",
];

#[test]
fn a_hopeless_run_is_given_up_and_says_so() {
    let faults =
        "faults.jobs=[{ select = \"every\", effect = { engine-error = { times = 99, text = \"boom\" } } }]";
    let ran = run("run", &[&LONG[..], &["--gateway-set", faults, "--abort-on", "errors >= 5"]].concat());
    assert_eq!(ran.code, Some(5), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("stopping: aborted: `errors >= 5` held after "), "{}", ran.stderr);
    let manifest = ran.manifest();
    assert_eq!(manifest["verdict"]["reasons"][0]["id"], "aborted");
    assert!(ran.reasons().contains(&"interrupted".to_owned()), "{:?}", ran.reasons());
    let met: Vec<_> = manifest["objectives"].as_array().unwrap().iter().map(|one| &one["met"]).collect();
    assert_eq!(met, [false, false]);
    assert!(ran.count("/blocks/intended") > ran.count("/blocks/failed"), "it was stopped early");
}
