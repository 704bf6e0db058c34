//! What people do is drawn from their seed and happens at its time.

use super::{Behaviour, Listener, ListenerConfig};
use crate::{
    event::{Event, StatusKind},
    ids::{BlockIdx, ListenerId},
    player::{Input, Output, PlayerConfig, PlayerPolicy, PlayerState},
    record::{Fact, Incident, IncidentRecord},
    remark::Findings,
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};

/// Listens to a text whose every block is there at once and lasts a second; gives what happened besides.
fn incidents(listener: u32, behaviour: Behaviour, blocks: usize, voices: u32) -> Vec<IncidentRecord> {
    let player = PlayerConfig {
        listener: ListenerId(listener),
        document: "d".to_owned(),
        chars: vec![80; blocks].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::YAPIT,
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices, seed: Seed::root(1) });
    let (mut now, mut inputs, mut found) = (Instant::START, vec![Input::Start], Vec::new());
    while listener.state() != PlayerState::Done {
        let input = inputs.pop().unwrap_or_else(|| {
            now = listener.poll_timeout().expect("it waits for something").0;
            Input::Wake
        });
        for output in listener.handle_input(now, input) {
            match output {
                Output::Dial => inputs.push(Input::Event(Event::Dialed { connect: Duration::ZERO })),
                Output::Ask { blocks, voice: _ } => {
                    blocks.into_iter().for_each(|block| answer(block, &mut inputs))
                }
                Output::Fact(Fact::Incident(record)) => found.push(record),
                Output::Fact(_)
                | Output::Forget { .. }
                | Output::Move { .. }
                | Output::ChangeVoice { .. }
                | Output::Ended => {}
            }
        }
    }
    found
}

fn answer(block: BlockIdx, inputs: &mut Vec<Input>) {
    let media = MediaTime::from_millis(1_000);
    inputs.push(Input::Event(Event::Complete { block, media, findings: Findings::NONE }));
    inputs.push(Input::Event(Event::Status { block, kind: StatusKind::Ready }));
}

#[test]
fn without_a_behaviour_nothing_is_done() {
    assert!(!Behaviour::default().is_some());
    assert_eq!(incidents(0, Behaviour::NONE, 100, 3), []);
}

#[test]
fn everybody_does_something_else_and_the_same_in_every_run() {
    let behaviour = Behaviour { skip: 2.0, pause: 1.0, ..Behaviour::NONE };
    let first = incidents(0, behaviour, 200, 1);
    assert_eq!(first, incidents(0, behaviour, 200, 1));
    assert_ne!(
        first.first().map(|record| record.at),
        incidents(1, behaviour, 200, 1).first().map(|record| record.at)
    );
}

#[test]
fn rates_are_per_minute_of_listening_without_pauses() {
    let behaviour = Behaviour { pause: 6.0, ..Behaviour::NONE };
    let minutes = 60;
    let pauses = incidents(0, behaviour, minutes * 60, 1);
    assert!((300..420).contains(&pauses.len()), "360 are to be expected of an hour: {}", pauses.len());
    let lasted = |record: &IncidentRecord| {
        let Incident::Paused { lasted } = record.incident else { panic!("{record:?}") };
        lasted
    };
    let paused: Duration = pauses.iter().map(lasted).sum();
    let mean = paused.as_secs_f64() / f64::from(u32::try_from(pauses.len()).expect("few"));
    assert!((8.0..12.0).contains(&mean), "{mean}");
}

#[test]
fn what_cannot_be_done_is_not_done() {
    let behaviour = Behaviour { seek: 60.0, skip: 60.0, voice: 60.0, ..Behaviour::NONE };
    assert_eq!(incidents(0, behaviour, 1, 1), [], "one block, one voice");
}

#[test]
fn whoever_hangs_up_does_nothing_after_it() {
    let behaviour = Behaviour { hang_up: 60.0, seek: 60.0, ..Behaviour::NONE };
    let done = incidents(0, behaviour, 1_000, 1);
    assert!(matches!(done.last().expect("it did something").incident, Incident::HungUp { .. }));
    assert_eq!(done.iter().filter(|r| matches!(r.incident, Incident::HungUp { .. })).count(), 1);
}

#[test]
fn whoever_jumps_about_faster_than_a_block_lasts_listens_to_the_end_at_last() {
    let behaviour = Behaviour { seek: 600.0, pause: 60.0, ..Behaviour::NONE };
    let done = incidents(0, behaviour, 5, 1);
    assert!(
        (80..=100).contains(&done.len()),
        "twenty acts a block, some of which came to nothing: {}",
        done.len()
    );
}
