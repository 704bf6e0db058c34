//! A run that is watched: on a terminal, without one, and in a browser.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Stdio,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{claque, run};

/// Two listeners who are through in a second or two.
const SHORT: [&str; 10] = [
    "--users",
    "2",
    "--blocks",
    "3",
    "--engine",
    "deterministic",
    "--service-seconds",
    "0.05",
    "--audio-seconds",
    "0.3",
];

#[test]
fn without_a_terminal_there_are_lines() {
    let ran = run("run", &[&SHORT[..], &["--live"]].concat());
    ran.assert_valid();
    assert!(
        ran.stderr.contains("--live draws nothing: stderr is no terminal; lines instead\n"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("2 listeners listening to 6 blocks\n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    assert!(ran.manifest().get("by_hand").is_none());
}

#[test]
fn the_page_is_told_how_the_run_ended_and_becomes_its_report() {
    let results = TempDir::new().unwrap();
    let mut child = claque(&["run", "--live-web", "127.0.0.1:0", "--output-dir"])
        .arg(results.path())
        .args(SHORT)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("the run can be watched at http://").unwrap();
    let address = url.trim_end_matches('/');

    let page = get(address, "/", address);
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none';"), "{page}");
    assert!(get(address, "/", "tts.example").starts_with("HTTP/1.1 403 "));
    assert!(get(address, "/run.json", address).starts_with("HTTP/1.1 404 "));

    let events = get(address, "/events", address);
    let last = events.rsplit("event: end\ndata: ").next().unwrap();
    let told: Value = serde_json::from_str(last.split("\n\n").next().unwrap()).unwrap();
    let report = get(address, "/report.html", address);
    assert!(child.wait().unwrap().code().is_some_and(|code| [0, 5].contains(&code)));

    let folder = std::fs::read_dir(results.path()).unwrap().next().unwrap().unwrap().path();
    let saved = std::fs::read(folder.join("run.json")).unwrap();
    let saved: Value = serde_json::from_slice(&saved).unwrap();
    assert_eq!(told["outcome"]["valid"], saved["verdict"]["valid"]);
    assert_eq!(told["outcome"]["folder"], folder.display().to_string());
    assert_eq!(told["counts"]["blocks"], saved["summary"]["blocks"]["ok"]);
    assert_eq!(told["counts"]["underruns"], saved["summary"]["underruns"]["count"]);
    assert_eq!(told["counts"]["done"], saved["summary"]["listeners"]["completed"]);
    assert!(report.ends_with(&std::fs::read_to_string(folder.join("report.html")).unwrap()));
}

#[test]
fn a_page_is_not_served_where_something_else_is() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = run("run", &[&SHORT[..], &["--live-web", &address]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(&format!("failed to serve a page on {address}")), "{}", ran.stderr);
    assert!(ran.run.is_none(), "nothing was begun");
}

/// On a terminal: three listeners, of whom one comes at once and the others in a quarter of an hour.
#[cfg(target_os = "linux")]
#[test]
fn keys_change_the_audience_and_the_terminal_is_given_back() {
    let results = TempDir::new().unwrap();
    // `script` makes a terminal; nobody has told it how large.
    let command = format!(
        "stty rows 24 cols 100; {} run --users 3 --blocks 30 --stagger 3000 --live --output-dir {}",
        env!("CARGO_BIN_EXE_claque"),
        results.path().display()
    );
    let mut child = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut written = Vec::new();
    let mut wait_for = |words: &str, shown: &dyn Fn(&str, &str) -> bool| {
        let mut bytes = [0; 4_096];
        while !shown(&String::from_utf8_lossy(&written), words) {
            let count = screen.read(&mut bytes).unwrap();
            assert_ne!(count, 0, "the program ended without drawing {words}: {written:?}");
            written.extend_from_slice(&bytes[..count]);
        }
    };
    let is_written = |seen: &str, words: &str| seen.contains(words);
    // Only cells that differ are drawn, so words that stand on the screen may never be written in one piece.
    let is_drawn = |seen: &str, words: &str| drawn(seen).iter().any(|line| line.contains(words));
    wait_for("\u{1b}[?1049h", &is_written);
    keys.write_all(b"+p-").unwrap();
    wait_for("asked to leave", &is_drawn);
    keys.write_all(b"q").unwrap();
    wait_for("\u{1b}[?1049l", &is_written);
    wait_for("run folder", &is_written);
    screen.read_to_end(&mut written).unwrap();
    let seen = String::from_utf8_lossy(&written);
    assert_eq!(child.wait().unwrap().code(), Some(5), "{seen}");
    // What was said while the screen was there stands below it.
    let below = seen.rsplit("\u{1b}[?1049l").next().unwrap();
    for line in ["1 listener brought forward", "arrivals held back: 1 wait", "1 listener asked to leave"] {
        assert!(below.contains(line), "{below}");
    }
    let folder = std::fs::read_dir(results.path()).unwrap().next().unwrap().unwrap().path();
    let run = claque_store::open(&folder).unwrap();
    let by_hand = run.manifest.by_hand.unwrap();
    assert!(by_hand.starts_with("arrivals held 1 time for "), "{by_hand}");
    assert!(by_hand.ends_with(" 1 listener brought forward, 1 listener asked to leave"), "{by_hand}");
    let notes = run.manifest.verdict.unwrap().notes;
    assert!(notes.iter().any(|note| note.id.as_str() == "by-hand"), "{notes:?}");
}

/// What stands on a screen of 24 lines of 100 columns after this was written to it: signs go where the cursor is, which only
/// "CSI row ; column H" moves otherwise (ECMA-48 section 8.3.21).
#[cfg(target_os = "linux")]
fn drawn(written: &str) -> Vec<String> {
    let mut lines = vec![vec![' '; 100]; 24];
    let (mut row, mut column) = (0, 0);
    let mut signs = written.chars();
    while let Some(sign) = signs.next() {
        if sign != '\u{1b}' {
            if let Some(cell) = lines.get_mut(row).and_then(|line: &mut Vec<char>| line.get_mut(column)) {
                *cell = sign;
            }
            column += 1;
            continue;
        }
        // Every escape that the program writes is a control sequence: "[", parameters, and a letter that ends it.
        let mut parameters = String::new();
        let end = signs.by_ref().skip(1).find(|sign| {
            parameters.push(*sign);
            sign.is_ascii_alphabetic()
        });
        let place = parameters.trim_end_matches('H').split_once(';').filter(|_| end == Some('H'));
        if let Some((Ok(line), Ok(place))) =
            place.map(|(line, place)| (line.parse::<usize>(), place.parse::<usize>()))
        {
            (row, column) = (line.saturating_sub(1), place.saturating_sub(1));
        }
    }
    lines.into_iter().map(String::from_iter).collect()
}

/// The whole answer to a GET, as text.
fn get(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
