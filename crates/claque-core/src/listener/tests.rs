//! What people do is drawn from their seed and happens at its time.

use std::collections::VecDeque;

use super::{Behaviour, Listener, ListenerConfig, ListeningTime, ThinkTime, Turns};
use crate::{
    event::{Event, StatusKind},
    ids::{BlockIdx, ListenerId},
    player::{Input, Output, PlayerConfig, PlayerPolicy, PlayerState},
    record::{BlockOutcome, Fact, Incident, IncidentRecord, SessionEnd},
    remark::Findings,
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};

/// Listens to a text whose every block is there at once and lasts a second; gives what happened besides.
fn incidents(listener: u32, behaviour: Behaviour, blocks: usize, voices: u32) -> Vec<IncidentRecord> {
    let player = PlayerConfig {
        listener: ListenerId(listener),
        document: "d".into(),
        chars: vec![80; blocks].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::WEB.into(),
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
fn a_queue_that_is_lent_gets_what_waited_and_then_what_comes() {
    let player = PlayerConfig {
        listener: ListenerId(0),
        document: "d".into(),
        chars: [80; 4].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::WEB.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let config = ListenerConfig { player, behaviour: Behaviour::NONE, voices: 1, seed: Seed::root(1) };
    let (mut one, mut other) = (Listener::new(config.clone()), Listener::new(config));
    let dialed = Input::Event(Event::Dialed { connect: Duration::ZERO });
    // Nobody takes what it says to the first.
    drop(one.handle_input(Instant::START, Input::Start));
    let said: Vec<_> = one.handle_input(Instant::START, dialed.clone()).collect();
    drop(other.handle_input(Instant::START, Input::Start));
    let mut lent = VecDeque::from([Output::Ended]);
    other.handle_input_into(Instant::START, dialed, &mut lent);
    assert_eq!(lent.pop_front(), Some(Output::Ended), "what lay in it stays first");
    assert!(said.len() > 1 && lent == said, "{lent:?}");
    assert_eq!(other.handle_input(Instant::START, Input::Wake).count(), 0);
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

/// A conversation with a service that answers at once, in one piece of audio a second long; gives what became of it.
fn conversation(listener: u32, turns: Turns, utterances: usize) -> Vec<Fact> {
    let player = PlayerConfig {
        listener: ListenerId(listener),
        document: "d".into(),
        // 14 characters are expected to last a second.
        chars: vec![14; utterances].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::TURNS.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let behaviour = Behaviour { turns: Some(turns), ..Behaviour::NONE };
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices: 1, seed: Seed::root(1) });
    let (mut now, mut inputs, mut facts) = (Instant::START, vec![Input::Start], Vec::new());
    while listener.state() != PlayerState::Done {
        let input = inputs.pop().unwrap_or_else(|| {
            now = listener.poll_timeout().expect("it waits for something").0;
            Input::Wake
        });
        for output in listener.handle_input(now, input) {
            match output {
                Output::Dial => inputs.push(Input::Event(Event::Dialed { connect: Duration::ZERO })),
                Output::Ask { blocks, voice: _ } => {
                    blocks.into_iter().for_each(|block| answer(block, &mut inputs));
                }
                Output::Fact(fact) => facts.push(fact),
                Output::Forget { .. } | Output::Move { .. } | Output::ChangeVoice { .. } | Output::Ended => {}
            }
        }
    }
    facts
}

/// When each utterance was wanted, in milliseconds.
fn wanted(facts: &[Fact]) -> Vec<f64> {
    let wanted = |fact: &Fact| match fact {
        Fact::Block(record) => record.intended_at.map(Instant::as_millis_f64),
        Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
    };
    facts.iter().filter_map(wanted).collect()
}

#[test]
fn an_utterance_is_wanted_a_time_of_thinking_after_the_end_of_the_one_before() {
    let turns = Turns { think: ThinkTime::Fixed(Duration::from_millis(2_500)), barge_in: 0.0 };
    assert_eq!(wanted(&conversation(0, turns, 4)), [0.0, 3_500.0, 7_000.0, 10_500.0]);
    assert_eq!(
        wanted(&conversation(0, Turns { think: ThinkTime::NONE, ..turns }, 3)),
        [0.0, 1_000.0, 2_000.0]
    );
}

#[test]
fn everybody_thinks_for_times_of_their_own_and_the_same_in_every_run() {
    let turns = Turns { think: "exp 2s".parse().expect("it is one"), barge_in: 0.3 };
    let facts = conversation(0, turns, 50);
    assert_eq!(facts, conversation(0, turns, 50));
    assert_ne!(wanted(&facts), wanted(&conversation(1, turns, 50)));
}

#[test]
fn so_many_utterances_are_interrupted_anywhere_in_their_expected_length() {
    let interrupted = |barge_in, utterances| -> Vec<f64> {
        let turns = Turns { think: ThinkTime::NONE, barge_in };
        let facts = conversation(0, turns, utterances);
        let started = |block: BlockIdx| {
            facts.iter().find_map(|fact| {
                if let Fact::Block(record) = fact {
                    record.started_at.filter(|_| record.block == block)
                } else {
                    None
                }
            })
        };
        let heard = |fact: &Fact| {
            let Fact::Incident(IncidentRecord { at, incident, .. }) = fact else { return None };
            let Incident::BargedIn { block } = incident else { return None };
            Some(at.since(started(*block)?).as_secs_f64())
        };
        facts.iter().filter_map(heard).collect()
    };
    assert_eq!(interrupted(0.0, 100), []);
    assert_eq!(interrupted(1.0, 100).len(), 100);
    let some = interrupted(0.25, 1_000);
    assert!((210..290).contains(&some.len()), "{}", some.len());
    let early = some.iter().filter(|heard| **heard < 0.5).count();
    assert!((some.len() * 2 / 5..some.len() * 3 / 5).contains(&early), "{early} of {}", some.len());
}

#[test]
fn an_utterance_that_is_shorter_than_expected_may_be_over_before_it_is_interrupted() {
    let turns = Turns { think: ThinkTime::NONE, barge_in: 1.0 };
    let player = PlayerConfig {
        listener: ListenerId(0),
        document: "d".into(),
        // Expected to last a hundred seconds.
        chars: vec![1_400].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::TURNS.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let behaviour = Behaviour { turns: Some(turns), ..Behaviour::NONE };
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices: 1, seed: Seed::root(1) });
    let (mut inputs, mut outcomes) = (Vec::new(), Vec::new());
    answer(BlockIdx(0), &mut inputs);
    inputs.extend([Input::Event(Event::Dialed { connect: Duration::ZERO }), Input::Start]);
    for input in inputs.into_iter().rev() {
        assert!(listener.handle_input(Instant::START, input).count() < 3);
    }
    for output in listener.handle_input(Instant::from_millis(100_000), Input::Wake) {
        if let Output::Fact(Fact::Block(record)) = output {
            outcomes.push(record.outcome);
        }
    }
    assert_eq!(outcomes, [BlockOutcome::Played]);
}

/// The end of the listener's session and what it had played by then, in a world of one-second blocks that are there at once.
fn left(listens: &str, turns: Option<Turns>, speed: u32) -> (Instant, Duration, SessionEnd) {
    let policy = if turns.is_some() { PlayerPolicy::TURNS } else { PlayerPolicy::WEB };
    let player = PlayerConfig {
        listener: ListenerId(0),
        document: "d".into(),
        chars: vec![14; 20].into(),
        speed: Speed::from_thousandths(speed).expect("not zero"),
        policy: policy.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let behaviour = Behaviour { turns, listens: Some(listens.parse().expect("a time")), ..Behaviour::NONE };
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices: 1, seed: Seed::root(1) });
    let (mut now, mut inputs, mut ended) = (Instant::START, vec![Input::Start], None);
    while listener.state() != PlayerState::Done {
        let input = inputs.pop().unwrap_or_else(|| {
            now = listener.poll_timeout().expect("it waits for something").0;
            Input::Wake
        });
        for output in listener.handle_input(now, input) {
            match output {
                Output::Dial => inputs.push(Input::Event(Event::Dialed { connect: Duration::ZERO })),
                Output::Ask { blocks, voice: _ } => {
                    blocks.into_iter().for_each(|block| answer(block, &mut inputs));
                }
                Output::Fact(Fact::Listener(record)) => ended = Some(record),
                Output::Fact(_)
                | Output::Forget { .. }
                | Output::Move { .. }
                | Output::ChangeVoice { .. }
                | Output::Ended => {}
            }
        }
    }
    let ended = ended.expect("its end is on record");
    (ended.ended_at, ended.playing.expect("told"), ended.end)
}

#[test]
fn who_has_heard_as_much_as_it_came_for_leaves_in_that_moment_whatever_the_speed() {
    let at = Instant::from_millis;
    let ms = Duration::from_millis;
    assert_eq!(left("3.25s", None, 1_000), (at(3_250), ms(3_250), SessionEnd::Left));
    assert_eq!(left("3s", None, 2_000), (at(1_500), ms(1_500), SessionEnd::Left), "three seconds of audio");
    assert_eq!(left("5 min", None, 1_000), (at(20_000), ms(20_000), SessionEnd::Completed), "the text ends");
    // A second of thinking between utterances of a second is no listening.
    let turns = Turns { think: ThinkTime::Fixed(ms(1_000)), barge_in: 0.0 };
    assert_eq!(left("3.5s", Some(turns), 1_000), (at(6_500), ms(3_500), SessionEnd::Left));
}

#[test]
fn listening_times_are_exponential_where_that_is_asked_for_and_each_listeners_own() {
    let listens: ListeningTime = "exp 4 min".parse().expect("a time");
    let minutes = |listener| listens.of(Seed::root(7), ListenerId(listener)).as_millis_f64() / 60_000.0;
    let mut all: Vec<f64> = (0..10_000).map(minutes).collect();
    all.sort_by(f64::total_cmp);
    let mean = all.iter().sum::<f64>() / 10_000.0;
    // The standard error of the mean of so many is 0.04 minutes.
    assert!((mean - 4.0).abs() < 0.12, "mean {mean}");
    assert!((all[5_000] / (4.0 * 2.0_f64.ln()) - 1.0).abs() < 0.05, "median {}", all[5_000]);
    assert_eq!(listens.to_string(), "exp 240s");
    assert!("exp".parse::<ListeningTime>().is_err() && "4 parsecs".parse::<ListeningTime>().is_err());
}
