//! Keeps what a listener heard as a file in the run's folder, once the run is over and everything is deleted that had to be.

mod placement;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use claque_core::{
    ids::ListenerId,
    record::ListenerWaits,
    time::{Duration, Speed},
};
use claque_net::{
    audience::{HearWish, HeardAudio},
    hearing::{HeardFile, Recording},
};
use claque_stats::units::{counted, time};
use claque_store::{
    HeardRecord, ListenerFacts, WaitedLonger, finished::Finished, keep_heard, timeline::Listening,
    timeline::Timeline,
};

use self::placement::{Placement, place};
use crate::watcher::Watcher;

/// How the wish is typed.
const WORST: &str = "worst";

/// What the facts say of whom the file is to be, and of who waited longest of those who heard something.
struct Found {
    facts: Option<ListenerFacts>,
    worst: Option<(ListenerId, ListenerWaits)>,
}

/// Makes the file and says what is in it, or why there is none. A run is none the worse for it.
pub(crate) async fn keep(
    finished: &Finished,
    (wish, speed): (HearWish, Speed),
    heard: Option<HeardAudio>,
    watcher: &dyn Watcher,
) {
    if finished.not_kept.is_some() {
        return;
    }
    match try_keep(finished, (wish, speed), heard, watcher).await {
        Ok(words) => watcher.say(&format!("--hear: {words}")),
        Err(words) => watcher.warn(&format!("--hear: {words}")),
    }
}

async fn try_keep(
    finished: &Finished,
    (wish, speed): (HearWish, Speed),
    heard: Option<HeardAudio>,
    watcher: &dyn Watcher,
) -> Result<String, String> {
    let whose = match (wish, &heard) {
        (HearWish::Listener(listener), _) => Some(listener),
        (HearWish::Worst, heard) => heard.as_ref().map(|heard| heard.listener),
    };
    let Found { facts, worst } = look_up(finished, whose)?;
    if wish == HearWish::Worst && worst.is_none() {
        return Err("nobody heard anything, so there is nothing to be heard".to_owned());
    }
    let Some(listener) = whose else {
        return Err(
            "no audio was kept of anybody who heard all of it; take fewer --users, or name one listener"
                .to_owned(),
        );
    };
    let Some(facts) = facts else {
        return Err(format!("there was no listener {listener}, so there is nothing to be heard"));
    };
    let takes_turns = claque_store::expects_turns(&finished.heading.scenario);
    let listening = if takes_turns { Listening::Turns(speed) } else { Listening::Straight };
    let bodies = heard.map_or_else(Vec::new, |heard| heard.bodies);
    let timeline = Timeline::of(&facts, listening);
    let placement = timeline.as_ref().and_then(|timeline| place(&facts, timeline, &bodies, speed));
    let (Some(timeline), Some(placement)) = (timeline, placement) else {
        return Err(format!("listener {listener} heard nothing, so there is nothing to be heard"));
    };
    watcher.say(&format!("--hear: putting together what listener {listener} heard"));
    let Placement { from, length, pieces, startup_left_out, missing } = placement;
    let file =
        render(move |give_up| Recording { bodies: &bodies, pieces: &pieces, speed, length }.render(give_up))
            .await?;
    let waited_longer = worst.filter(|(worst, _)| wish == HearWish::Worst && *worst != listener);
    let mut record = HeardRecord::new(listener.0, asked(wish));
    record.from_ms = from.as_millis_f64();
    record.length_ms = millis(file.length);
    record.startup_left_out_ms = millis(startup_left_out);
    record.cut_ms = millis(timeline.ended_at.since(from).saturating_sub(file.length));
    record.silent_blocks = u32::try_from(missing.len()).unwrap_or(u32::MAX).saturating_add(file.undecodable);
    record.waited_longer = waited_longer.map(|(listener, waits)| WaitedLonger {
        listener: listener.0,
        between_ms: millis(waits.between),
        startup_ms: millis(waits.before),
    });
    let words = words(&record, facts.stalls.len());
    keep_heard(&finished.folder, record, &file.ogg).map_err(|error| error.to_string())?;
    Ok(words)
}

/// Reads who waited longest, and the facts of one listener.
fn look_up(finished: &Finished, whose: Option<ListenerId>) -> Result<Found, String> {
    let failed = |error: claque_store::StoreError| error.to_string();
    let manifest = claque_store::open_manifest(&finished.folder).map_err(failed)?;
    let mut found = Found { facts: None, worst: None };
    let each = |facts: &ListenerFacts| {
        if whose == Some(facts.listener) {
            found.facts = Some(facts.clone());
        }
        if let Some(session) = facts.session.as_ref().filter(|session| session.started_at.is_some()) {
            let waits = session.waits();
            if found.worst.is_none_or(|(_, longest)| waits > longest) {
                found.worst = Some((facts.listener, waits));
            }
        }
        Ok(())
    };
    claque_store::for_each_listener(&finished.folder, &manifest, each).map_err(failed)?;
    Ok(found)
}

/// Decodes and encodes on a thread of its own, so that a second Ctrl-C still ends everything at once.
async fn render(
    make: impl FnOnce(&AtomicBool) -> Result<Option<HeardFile>, String> + Send + 'static,
) -> Result<HeardFile, String> {
    let guard = GiveUp(Arc::new(AtomicBool::new(false)));
    let give_up = Arc::clone(&guard.0);
    let made = tokio::task::spawn_blocking(move || make(&give_up)).await;
    let made = made.map_err(|error| format!("failed to put it together: {error}"))?;
    made.map_err(|words| format!("failed to encode it: {words}"))?.ok_or_else(|| "it was given up".to_owned())
}

/// Gives up when nobody waits any longer.
struct GiveUp(Arc<AtomicBool>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn asked(wish: HearWish) -> String {
    match wish {
        HearWish::Listener(listener) => listener.to_string(),
        HearWish::Worst => WORST.to_owned(),
    }
}

/// What there is to hear, in a line or two.
fn words(record: &HeardRecord, stalls: usize) -> String {
    let HeardRecord {
        listener, length_ms, startup_left_out_ms, cut_ms, silent_blocks, waited_longer, ..
    } = record;
    let stalls = counted(u64::try_from(stalls).unwrap_or(u64::MAX), "stall");
    let mut words =
        format!("heard.ogg is what listener {listener} heard, {} with {stalls}", time(*length_ms));
    if *startup_left_out_ms > 0.0 {
        words.push_str(&format!("; the first {} of its startup are left out", time(*startup_left_out_ms)));
    }
    if *cut_ms > 0.0 {
        words.push_str(&format!("; it is cut {} before the session ended", time(*cut_ms)));
    }
    if *silent_blocks > 0 {
        let (blocks, are) =
            (counted((*silent_blocks).into(), "block"), if *silent_blocks == 1 { "is" } else { "are" });
        words.push_str(&format!(
            "; {blocks} {are} silent in it, for the audio was not kept or cannot be decoded"
        ));
    }
    if let Some(longer) = waited_longer {
        words.push_str(&format!(
            "; it is not the worst: listener {} waited {} between sounds and {} for the first, and there was no room for its audio",
            longer.listener,
            time(longer.between_ms),
            time(longer.startup_ms)
        ));
    }
    words
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_is_not_is_said() {
        let mut record = HeardRecord::new(7, asked(HearWish::Worst));
        record.length_ms = 61_000.0;
        assert_eq!(words(&record, 1), "heard.ogg is what listener 7 heard, 1 min 01 s with 1 stall");
        (record.startup_left_out_ms, record.cut_ms, record.silent_blocks) = (7_000.0, 90_000.0, 1);
        record.waited_longer = Some(WaitedLonger { listener: 3, between_ms: 12_000.0, startup_ms: 800.0 });
        assert_eq!(
            words(&record, 0),
            "heard.ogg is what listener 7 heard, 1 min 01 s with 0 stalls; the first 7.00 s of its startup are left out; it is cut \
             1 min 30 s before the session ended; 1 block is silent in it, for the audio was not kept or cannot be decoded; it is not \
             the worst: listener 3 waited 12.0 s between sounds and 800 ms for the first, and there was no room for its audio"
        );
    }
}
