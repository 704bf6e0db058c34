//! Deployed players were recorded against scripted services. This has claque's player, with the session that speaks its
//! protocol, go through the same scripts in virtual time, and compares what both did to the millisecond.
//!
//! The recordings are in a folder beside the workspace, or in the one that `CLAQUE_REAL_PLAYER` names. Where there is none a
//! few of them, which are kept here, are replayed.

mod compare;
mod replay;
mod truth;

use claque_core::player::PlayerPolicy;

use self::{
    compare::{Verdict, compare},
    truth::Truth,
};

/// How the recorded players are called here.
const PLAYERS: [(&str, &str); 5] = [
    ("current", "yapit"),
    ("feb23", "yapit-2026-02-23"),
    ("feb11", "yapit-2026-02-11"),
    ("feb07", "yapit-2026-02-07"),
    ("feb05", "yapit-2026-02-05"),
];

#[test]
fn the_player_is_every_recorded_player() {
    let truth = Truth::open();
    let mut different = Vec::new();
    println!("{:<34}{}", "scenario", PLAYERS.map(|(name, _)| format!("{name:<14}")).concat());
    for scenario in truth.scenarios() {
        let mut row = format!("{scenario:<34}");
        for (player, preset) in PLAYERS {
            let policy = PlayerPolicy::preset(preset).expect("it is a preset");
            let Some(recorded) = truth.recorded(&scenario, player) else {
                row.push_str(&format!("{:<14}", "-"));
                continue;
            };
            let ours = replay::replay(&truth.scene(&scenario, player), policy);
            let verdict = compare(&recorded, &ours, player);
            if let Verdict::Different(differences) = &verdict {
                different.push(format!("{scenario} {player}:\n  {}", differences.join("\n  ")));
            }
            row.push_str(&format!("{:<14}", verdict.to_string()));
        }
        println!("{row}");
    }
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n"));
}
