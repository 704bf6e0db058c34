//! What holds of listeners to streams: readers and conversations.

use std::collections::BTreeSet;

use claque_core::{
    continuity::{Arrival, StreamBuffers, buffer_deficit, least_stream_buffer, replay_stream},
    event::Event,
    ids::{BlockIdx, ListenerId},
    player::{Input, Output, Player, PlayerConfig, PlayerPolicy, PlayerState},
    record::{BlockRecord, Fact, Incident, ListenerRecord, SessionEnd, StallRecord},
    remark::Findings,
    time::{Duration, Instant, MediaTime, Speed},
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use crate::{
    world::{Session, World},
    worlds::{THINKS, eventful_reader_worlds, reader_worlds, turn_worlds},
};

fn blocks(facts: &[Fact]) -> Vec<&BlockRecord> {
    facts.iter().filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None }).collect()
}

fn stalls(facts: &[Fact]) -> Vec<StallRecord> {
    facts.iter().filter_map(|fact| if let Fact::Stall(stall) = fact { Some(*stall) } else { None }).collect()
}

fn listener(facts: &[Fact]) -> &ListenerRecord {
    match facts.last() {
        Some(Fact::Listener(record)) => record,
        last => panic!("the last fact is {last:?}"),
    }
}

fn barge_ins(facts: &[Fact]) -> usize {
    let is_one = |fact: &&Fact| match fact {
        Fact::Incident(record) => matches!(record.incident, Incident::BargedIn { .. }),
        Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Listener(_) | Fact::Sound(_) => false,
    };
    facts.iter().filter(is_one).count()
}

/// Startup, playing, stalls and pauses, which in a conversation are the times of thinking.
fn accounted(facts: &[Fact]) -> Duration {
    let end = listener(facts);
    let wall = end.ended_at.since(end.intended_at);
    let startup = end.started_at.map_or(wall, |at| at.since(end.intended_at));
    let stalled: Duration = stalls(facts).iter().map(|stall| stall.waited).sum();
    startup + end.playing.expect("a player knows") + stalled + end.paused
}

/// The waits for the first sound of every utterance after the first that was heard.
fn responses(facts: &[Fact]) -> Duration {
    let end = listener(facts);
    let records = blocks(facts);
    let wait = |(index, record): (usize, &&BlockRecord)| {
        let intended_at = record.intended_at?;
        let is_later = end.started_at.is_some_and(|at| intended_at >= at && record.started_at != Some(at));
        let next = records.get(index + 1).and_then(|next| next.intended_at);
        // What was never heard was waited for until it had failed, and then thought about.
        let waited = match (record.started_at, next) {
            (Some(started_at), _) => started_at.since(intended_at),
            (None, Some(next)) => next.since(intended_at).saturating_sub(THINKS),
            (None, None) => end.ended_at.since(intended_at),
        };
        is_later.then_some(waited)
    };
    records.iter().enumerate().filter_map(wait).sum()
}

fn unchanged_by_wake_ups(world: &World, wakes: &[u64]) -> Result<Session, TestCaseError> {
    let (session, player) = world.play();
    prop_assert_eq!((session.ends, player.state(), player.poll_timeout()), (1, PlayerState::Done, None));
    prop_assert_eq!(&world.replay(&session, &[]), &session);
    prop_assert_eq!(&world.replay(&session, wakes), &session);
    Ok(session)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_readers_session_is_a_function_of_what_it_is_told(
        world in reader_worlds(),
        wakes in prop::collection::vec(0_u64..3_000, 0..20),
    ) {
        let session = unchanged_by_wake_ups(&world, &wakes)?;
        let end = listener(&session.facts);
        prop_assert_eq!(accounted(&session.facts), end.ended_at.since(end.intended_at));
        prop_assert!(end.started_at.is_some() || stalls(&session.facts).is_empty());
    }

    #[test]
    fn so_is_an_eventful_one(
        world in eventful_reader_worlds(),
        wakes in prop::collection::vec(0_u64..3_000, 0..20),
    ) {
        let session = unchanged_by_wake_ups(&world, &wakes)?;
        let end = listener(&session.facts);
        prop_assert_eq!(accounted(&session.facts), end.ended_at.since(end.intended_at));
        let recorded: BTreeSet<BlockIdx> = blocks(&session.facts).iter().map(|record| record.block).collect();
        prop_assert_eq!(recorded.len(), blocks(&session.facts).len(), "no block has two records");
        prop_assert!(session.asks.iter().flatten().all(|block| recorded.contains(block)));
    }

    #[test]
    fn and_a_conversation_which_is_also_waits_for_answers(
        world in turn_worlds(),
        wakes in prop::collection::vec(0_u64..3_000, 0..20),
    ) {
        let session = unchanged_by_wake_ups(&world, &wakes)?;
        let end = listener(&session.facts);
        let wall = end.ended_at.since(end.intended_at);
        let sum = accounted(&session.facts) + responses(&session.facts);
        let last_was_heard = blocks(&session.facts).last().is_some_and(|record| record.started_at.is_some());
        if last_was_heard || end.end == SessionEnd::Completed {
            prop_assert_eq!(sum, wall);
        } else {
            // When what was never heard had failed, if it had before the session ended, no record tells.
            prop_assert!(accounted(&session.facts) <= wall && wall <= sum);
        }
        // Stalls lie inside utterances.
        for stall in stalls(&session.facts) {
            let records = blocks(&session.facts);
            let heard = records.iter().find(|record| record.block == stall.block);
            prop_assert!(heard.is_some_and(|record| record.started_at.is_some_and(|at| at < stall.began_at)));
        }
        let asked: Vec<BlockIdx> = session.asks.iter().flatten().copied().collect();
        let in_order: Vec<BlockIdx> = (0..).map(BlockIdx).take(asked.len()).collect();
        prop_assert_eq!(asked, in_order, "one after the other, each once");
    }

    #[test]
    fn a_reader_asks_for_each_block_once_and_for_no_more_than_may_be_in_flight(world in reader_worlds()) {
        let (session, _) = world.play();
        prop_assert!(session.asks.iter().all(|ask| ask.len() == 1));
        let asked: Vec<BlockIdx> = session.asks.iter().flatten().copied().collect();
        let in_order: Vec<BlockIdx> = (0..).map(BlockIdx).take(asked.len()).collect();
        prop_assert_eq!(asked, in_order);
        let records = blocks(&session.facts);
        for record in &records {
            let Some(requested_at) = record.requested_at else { continue };
            prop_assert!(record.intended_at <= Some(requested_at));
            let in_flight = records
                .iter()
                .filter(|other| other.requested_at.is_some_and(|at| at <= requested_at))
                .filter(|other| other.complete_at.is_some_and(|at| at > requested_at));
            let most = world.policy.max_in_flight.map_or(u32::MAX, core::num::NonZeroU32::get);
            prop_assert!(u32::try_from(in_flight.count()).unwrap() <= most, "{record:?}");
        }
    }

    /// The player, woken or not, and the replay of the pieces it was told of.
    #[test]
    fn a_stream_is_heard_as_its_replay_says(
        stream in streams(60),
        speed in prop_oneof![Just(500_u32), Just(1_000), Just(2_000)],
        start in 0_u64..300,
        resume in 0_u64..300,
    ) {
        let speed = Speed::from_thousandths(speed).unwrap();
        let (start, resume) = (MediaTime::from_millis(start), MediaTime::from_millis(resume));
        let facts = listen(&stream, speed, start, resume);
        let record = blocks(&facts)[0];
        let replayed = replay_stream(&stream, last(&stream), speed, StreamBuffers { start, resume });
        prop_assert_eq!(record.started_at, replayed.began_at);
        let heard: Vec<_> = stalls(&facts).iter().map(|stall| (stall.began_at, stall.waited)).collect();
        prop_assert_eq!(heard, replayed.stalls);
        // What the record tells is what the pieces tell.
        prop_assert_eq!(record.least_start_buffer, least_stream_buffer(&stream, speed));
        prop_assert_eq!(record.buffer_deficit, buffer_deficit(&stream));
        prop_assert_eq!(record.buffer_deficit, audio_underrun(&stream));
        let gaps = stream.windows(2).map(|pair| pair[1].at.since(pair[0].at));
        prop_assert_eq!(record.largest_chunk_gap, gaps.max());
    }

    #[test]
    fn the_least_start_buffer_is_enough_and_nothing_less_is(
        stream in streams(60),
        speed in prop_oneof![Just(500_u32), Just(1_000), Just(2_000)],
    ) {
        let speed = Speed::from_thousandths(speed).unwrap();
        let stalls = |start| {
            let buffers = StreamBuffers { start, resume: MediaTime::ZERO };
            replay_stream(&stream, last(&stream), speed, buffers).stalls.len()
        };
        if let Some(least) = least_stream_buffer(&stream, speed) {
            prop_assert_eq!(stalls(least), 0);
            if least > MediaTime::ZERO {
                prop_assert!(stalls(least - MediaTime::from_nanos(1)) > 0);
            }
        }
    }

    #[test]
    fn of_a_stream_of_very_many_pieces_it_is_enough(stream in streams(3_000)) {
        if let Some(least) = least_stream_buffer(&stream, Speed::NORMAL) {
            let buffers = StreamBuffers { start: least, resume: MediaTime::ZERO };
            prop_assert_eq!(replay_stream(&stream, last(&stream), Speed::NORMAL, buffers).stalls, []);
        }
    }
}

/// The pieces of a stream: each some time after the one before.
fn streams(most: usize) -> impl Strategy<Value = Vec<Arrival>> {
    prop::collection::vec((0_u64..120, 1_u64..90), 1..most).prop_map(|pieces| {
        let (mut at, mut delivered) = (0, 0);
        let arrival = |(gap, length)| {
            at += gap;
            delivered += length;
            Arrival { at: Instant::from_millis(at), delivered: MediaTime::from_millis(delivered) }
        };
        pieces.into_iter().map(arrival).collect()
    })
}

fn last(stream: &[Arrival]) -> Instant {
    stream.last().expect("a stream has a piece").at
}

/// As the benchmark of vllm-omni has it: over the pieces, the largest of the time since the first one less the audio received
/// before this one; of one piece, nothing.
fn audio_underrun(stream: &[Arrival]) -> Option<Duration> {
    let mut received = 0;
    let mut largest = 0;
    for arrival in stream {
        let since_first = i128::from(arrival.at.as_nanos()) - i128::from(stream[0].at.as_nanos());
        largest = largest.max(since_first - received);
        received = i128::from(arrival.delivered.as_nanos());
    }
    (stream.len() > 1).then(|| Duration::from_nanos(u64::try_from(largest).expect("it is not negative")))
}

/// Listens to one stream, which is whole with its last piece, and is never woken.
fn listen(stream: &[Arrival], speed: Speed, start_buffer: MediaTime, resume_buffer: MediaTime) -> Vec<Fact> {
    let mut player = Player::new(PlayerConfig {
        listener: ListenerId(0),
        document: "d".into(),
        chars: vec![80].into(),
        speed,
        policy: PlayerPolicy { start_buffer, resume_buffer, ..PlayerPolicy::READER }.into(),
        timeout: Duration::from_secs(3_600),
        intended_at: Instant::START,
    });
    let block = BlockIdx(0);
    let mut inputs = vec![
        (Instant::START, Input::Start),
        (Instant::START, Input::Event(Event::Dialed { connect: Duration::ZERO })),
    ];
    inputs.extend(
        stream.iter().map(|&Arrival { at, delivered }| {
            (at, Input::Event(Event::Audio { block, delivered, bytes: 100 }))
        }),
    );
    let media = stream.last().expect("a stream has a piece").delivered;
    inputs.push((last(stream), Input::Event(Event::Complete { block, media, findings: Findings::NONE })));
    inputs.push((Instant::from_nanos(u64::MAX / 2), Input::Wake));
    let mut facts = Vec::new();
    for (at, input) in inputs {
        facts.extend(player.handle_input(at, input).filter_map(|output| match output {
            Output::Fact(fact) => Some(fact),
            Output::Dial
            | Output::Ask { .. }
            | Output::Forget { .. }
            | Output::Move { .. }
            | Output::ChangeVoice { .. }
            | Output::Ended => None,
        }));
    }
    facts
}

/// Lest the properties hold of nothing.
#[test]
fn these_worlds_are_worth_their_name() {
    let mut runner = TestRunner::deterministic();
    let (mut stalled, mut waited, mut interrupted, mut responded) = (0, 0, 0, 0);
    for _ in 0..200 {
        let world = reader_worlds().new_tree(&mut runner).expect("nothing is rejected").current();
        let (session, _) = world.play();
        stalled += u32::from(!stalls(&session.facts).is_empty());
        let for_room = |record: &&BlockRecord| record.requested_at > record.intended_at;
        waited += u32::from(blocks(&session.facts).iter().any(for_room));
        let world = turn_worlds().new_tree(&mut runner).expect("nothing is rejected").current();
        let (session, _) = world.play();
        interrupted += u32::from(barge_ins(&session.facts) > 0);
        responded += u32::from(responses(&session.facts) > Duration::ZERO);
    }
    assert!(
        stalled > 40 && waited > 40 && interrupted > 20 && responded > 40,
        "{stalled} {waited} {interrupted} {responded}"
    );
}
