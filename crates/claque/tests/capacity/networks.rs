//! Searches over listeners' own networks: a slow line is no slow service.

use std::fs;

use serde_json::Value;

use crate::{Stage, clockwork};

/// A block of 5.3 s has some 32 kB: 48 kbit/s. The service carries 10.6 listeners, and half of the lines nobody.
fn half_on_slow_lines(stage: &Stage) -> String {
    let file = stage.0.path().join("networks.toml");
    let networks = "[[network]]\nname = \"home\"\nshare = 1\nlink = \"fibre\"\n\n[[network]]\nname = \"cellar\"\nshare = 1\n\
                    link = \"delay=20ms down=40kbit\"\n";
    fs::write(&file, networks).expect("it can be written");
    file.display().to_string()
}

#[test]
fn a_line_that_is_slower_than_the_audio_gives_way_and_not_the_service() {
    let stage = Stage::new();
    let file = half_on_slow_lines(&stage);
    let flags = [clockwork("4", "2", "5.3").as_slice(), &["--network", &file]].concat();
    let (code, json) = stage.search(&flags);
    let answer = &json["answer"];
    assert_eq!(answer["gave_way"], "listener-networks", "{code} {json}");
    assert_eq!(answer["networks"]["names"], Value::from(vec!["cellar"]), "{json}");
    assert_eq!(answer["networks"]["again"], answer["networks"]["held"], "{json}");
    assert!(answer["headroom"].is_null(), "{json}");
    let words = json["words"].as_str().unwrap_or_default();
    assert!(words.contains("the networks of listeners (cellar), not the service"), "{words}");
    let again = json["without_networks"].as_array().expect("runs were made again");
    assert!(
        !again.is_empty() && again.iter().all(|run| run["evidence"]["trials"][0]["result"]["met"] == true)
    );

    // The facts on disk say the same, on the page and as text.
    let folder = stage.folders().remove(0).display().to_string();
    let page = fs::read_to_string(stage.folders()[0].join("capacity.html")).expect("there is a page");
    assert!(page.contains("networks of listeners (cellar)"));
    let shown = stage.claque(&["show", &folder]);
    let (text, talk) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
    assert!(text.contains("made again with no network") && !text.contains("Doubt"), "{text} {talk}");
    // A run that was made again belongs to the search as any other.
    let run = again[0]["folder"].as_str().expect("it has a folder");
    fs::remove_dir_all(stage.folders()[0].join(run)).expect("it can be removed");
    let shown = stage.claque(&["show", &folder]);
    assert_eq!(shown.status.code(), Some(5), "{}", String::from_utf8_lossy(&shown.stdout));
}

#[test]
fn a_service_that_makes_too_little_is_what_gives_way_over_good_lines() {
    let stage = Stage::new();
    let (code, json) = stage.search(&[clockwork("4", "2", "5.3").as_slice(), &["--network", "lte"]].concat());
    assert_eq!((code, &json["answer"]["gave_way"]), (0, &Value::from("queue")), "{json}");
    assert_eq!(json["answer"]["networks"]["held"], 0, "{json}");
    let words = json["words"].as_str().unwrap_or_default();
    assert!(words.contains("So it is not for the networks of listeners (lte)."), "{words}");
}
