//! What holds of every session.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    continuity::{ReplayBlock, ReplayStall, replay},
    event::{Event, FailureScope, StatusKind},
    ids::BlockIdx,
    player::{Input, PlayerState, ReadyWhen},
    record::{BlockOutcome, BlockRecord, Fact, Incident, ListenerRecord, OutageEnd, SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime},
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use crate::{
    world::{Course, Session},
    worlds::{eventful_worlds, worlds, worlds_asked_up_front},
};

fn blocks(session: &Session) -> Vec<&BlockRecord> {
    session
        .facts
        .iter()
        .filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None })
        .collect()
}

fn stalls(session: &Session) -> Vec<StallRecord> {
    session
        .facts
        .iter()
        .filter_map(|fact| if let Fact::Stall(stall) = fact { Some(*stall) } else { None })
        .collect()
}

fn paused(fact: &Fact) -> Option<Duration> {
    let Fact::Incident(record) = fact else { return None };
    if let Incident::Paused { lasted } = record.incident { Some(lasted) } else { None }
}

fn has(session: &Session, incident: impl Fn(&Incident) -> bool) -> bool {
    session.facts.iter().any(|fact| match fact {
        Fact::Incident(record) => incident(&record.incident),
        Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Listener(_) | Fact::Sound(_) => false,
    })
}

fn has_error_of(session: &Session, block: BlockIdx) -> bool {
    session.facts.iter().any(|fact| match fact {
        Fact::Error(error) => error.failure.kills == FailureScope::Block(block),
        Fact::Block(_) | Fact::Stall(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => false,
    })
}

fn is_given_up(session: &Session, block: BlockIdx) -> bool {
    has(session, |incident| *incident == Incident::GivenUp { block })
}

fn listener(session: &Session) -> &ListenerRecord {
    match session.facts.last() {
        Some(Fact::Listener(record)) => record,
        last => panic!("the last fact is {last:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Facts are a function of what a player is told and when. Wake-ups are not among it: neither those that come late,
    /// nor those that nobody wanted, nor those that never come.
    #[test]
    fn wake_ups_change_no_record(world in worlds(), wakes in prop::collection::vec(0_u64..3_000, 0..20)) {
        let (session, _) = world.play();
        prop_assert_eq!(&world.replay(&session, &[]), &session);
        prop_assert_eq!(&world.replay(&session, &wakes), &session);
    }

    #[test]
    fn every_session_ends_once_and_every_block_asked_for_has_one_record(world in worlds()) {
        let (session, mut player) = world.play();
        prop_assert_eq!(session.ends, 1);
        prop_assert_eq!(session.facts.iter().filter(|fact| matches!(fact, Fact::Listener(_))).count(), 1);
        let asked: BTreeSet<BlockIdx> = session.asks.iter().flatten().copied().collect();
        let recorded: Vec<BlockIdx> = blocks(&session).iter().map(|record| record.block).collect();
        // In reading order, none left out and none twice.
        let in_order: Vec<BlockIdx> = (0..).map(BlockIdx).take(recorded.len()).collect();
        prop_assert_eq!(&recorded, &in_order);
        prop_assert!(asked.iter().all(|block| recorded.contains(block)));
        // A session that ends before there is a connection has wanted blocks and asked for none.
        prop_assert!(asked.len() == recorded.len() || asked.is_empty());
        if listener(&session).end == SessionEnd::Completed {
            prop_assert_eq!(recorded.len(), world.fates.len());
        }
        // After the end nothing changes.
        prop_assert_eq!((player.poll_timeout(), player.state()), (None, PlayerState::Done));
        for input in [Input::Start, Input::Stop, Input::Wake, Input::Event(Event::Foreign)] {
            prop_assert_eq!(player.handle_input(Instant::from_nanos(u64::MAX), input).count(), 0);
        }
    }

    #[test]
    fn late_and_extra_wake_ups_change_nothing_in_eventful_sessions(
        world in eventful_worlds(),
        wakes in prop::collection::vec(0_u64..3_000, 0..20),
    ) {
        let (session, _) = world.play();
        prop_assert_eq!(&world.replay(&session, &[]), &session);
        prop_assert_eq!(&world.replay(&session, &wakes), &session);
    }

    #[test]
    fn an_eventful_session_ends_once_with_one_record_of_each_block_asked_for(world in eventful_worlds()) {
        let (session, player) = world.play();
        prop_assert_eq!((session.ends, player.state(), player.poll_timeout()), (1, PlayerState::Done, None));
        let end = listener(&session);
        let asked: BTreeSet<BlockIdx> = session.asks.iter().flatten().copied().collect();
        let recorded: BTreeSet<BlockIdx> = blocks(&session).iter().map(|record| record.block).collect();
        prop_assert_eq!(recorded.len(), blocks(&session).len(), "no block has two records");
        prop_assert!(asked.is_subset(&recorded));
        // What was wanted while there was no connection has a record without having been asked for.
        for record in blocks(&session) {
            let was_asked = asked.contains(&record.block);
            prop_assert!(was_asked || record.requested_at.is_none(), "{record:?}");
        }
        let outages = session.facts.iter().filter(|fact| match fact {
            Fact::Incident(record) => matches!(record.incident, Incident::Outage { .. }),
            Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Listener(_) | Fact::Sound(_) => false,
        });
        let lost = session.inputs.iter().filter(|(_, input)| matches!(input, Input::Event(Event::Closed(_))));
        prop_assert!(outages.count() <= lost.count());
        prop_assert_eq!(end.end == SessionEnd::HungUp, has(&session, |i| matches!(i, Incident::HungUp { .. })));
    }

    /// To the nanosecond: every moment between intended start and end is one of the four.
    #[test]
    fn an_eventful_session_is_startup_and_playing_and_stalls_and_pauses(world in eventful_worlds()) {
        let (session, _) = world.play();
        let end = listener(&session);
        let wall = end.ended_at.since(end.intended_at);
        let startup = end.started_at.map_or(wall, |at| at.since(end.intended_at));
        let stalled: Duration = stalls(&session).iter().map(|stall| stall.waited).sum();
        let playing = end.playing.expect("a player knows");
        prop_assert_eq!(wall, startup + playing + stalled + end.paused);
        let pauses: Duration = session.facts.iter().filter_map(paused).sum();
        prop_assert_eq!(pauses, end.paused);
    }

    #[test]
    fn blocks_are_asked_for_in_batches_and_every_further_asking_is_counted(world in worlds()) {
        let (session, _) = world.play();
        for ask in &session.asks {
            prop_assert!(!ask.is_empty());
            prop_assert!(ask.len() <= usize::try_from(world.policy.batch_size).expect("few") + 1, "{ask:?}");
            let once: BTreeSet<_> = ask.iter().collect();
            prop_assert_eq!(once.len(), ask.len(), "no message names a block twice");
        }
        for record in blocks(&session) {
            let asked = session.asks.iter().flatten().filter(|block| **block == record.block).count();
            prop_assert!(usize::from(record.resends) + 1 == asked || asked == 0, "{record:?}");
        }
    }

    #[test]
    fn nothing_is_heard_that_is_not_there(world in worlds()) {
        let (session, _) = world.play();
        let mut before = None;
        for record in blocks(&session) {
            let Some(started_at) = record.started_at else { continue };
            let there_at = match world.policy.readiness {
                ReadyWhen::Whole => record.complete_at,
                ReadyWhen::FirstAudio => record.first_audio_at,
            };
            prop_assert!(there_at.is_some_and(|at| at <= started_at), "{record:?}");
            prop_assert!(before.is_none_or(|before| before < started_at), "{record:?}");
            before = Some(started_at);
        }
        let started_at = blocks(&session).iter().filter_map(|record| record.started_at).min();
        prop_assert_eq!(listener(&session).started_at, started_at);
    }

    /// To the nanosecond where blocks are heard in one piece; a stall inside a block rounds once more.
    #[test]
    fn a_session_is_startup_and_playing_and_stalls(world in worlds()) {
        let (session, _) = world.play();
        let end = listener(&session);
        let stalls = stalls(&session);
        if let (SessionEnd::Completed, Some(started_at)) = (end.end, end.started_at) {
            let heard = blocks(&session).into_iter().filter(|record| record.started_at.is_some());
            let playing: Duration = heard.map(|record| world.speed.play_time(record.media)).sum();
            let stalled: Duration = stalls.iter().map(|stall| stall.waited).sum();
            let sum = started_at.since(end.intended_at) + playing + stalled;
            let wall = end.ended_at.since(end.intended_at);
            let cuts = match world.policy.readiness {
                ReadyWhen::Whole => 0,
                ReadyWhen::FirstAudio => u64::try_from(stalls.len()).expect("few"),
            };
            prop_assert!(wall <= sum && sum <= wall + Duration::from_nanos(cuts), "{wall:?} is not {sum:?}");
        }
        if end.started_at.is_none() {
            prop_assert_eq!(stalls, []);
        }
    }

    #[test]
    fn one_stall_is_one_event(world in worlds()) {
        let (session, _) = world.play();
        let stalls = stalls(&session);
        for stall in &stalls {
            prop_assert!(stall.waited > Duration::ZERO);
        }
        // Audio of at least a millisecond at up to twenty times normal speed lies between any two.
        for pair in stalls.windows(2) {
            prop_assert!(pair[0].began_at + pair[0].waited < pair[1].began_at, "{pair:?}");
        }
    }

    #[test]
    fn what_is_delivered_is_heard(world in worlds()) {
        let (session, _) = world.play();
        let completed = listener(&session).end == SessionEnd::Completed;
        for (record, fate) in blocks(&session).into_iter().zip(&world.fates) {
            match record.outcome {
                BlockOutcome::Played => {
                    let Course::Audio(pieces) = &fate.course else { panic!("{record:?} had no audio") };
                    let length = MediaTime::from_millis(pieces.iter().map(|(_, length)| length).sum());
                    prop_assert_eq!(record.media, length);
                    prop_assert_eq!(record.started_at.is_some(), length > MediaTime::ZERO);
                }
                BlockOutcome::Skipped => prop_assert!(matches!(fate.course, Course::Skipped)),
                // Whatever failed has an error that says so.
                BlockOutcome::Failed(_) => {
                    let fails = matches!(fate.course, Course::Failed | Course::Cut(_));
                    let is_told = has_error_of(&session, record.block) || !completed;
                    prop_assert!(is_told && (fails || fate.withdrawn > 0 || !completed || is_given_up(&session, record.block)), "{record:?}");
                }
                BlockOutcome::Unplayed | BlockOutcome::Stopped | BlockOutcome::Abandoned => prop_assert!(!completed, "{record:?}"),
            }
        }
    }

    #[test]
    fn a_replay_of_the_arrivals_gives_the_session_again(world in worlds_asked_up_front()) {
        let (session, _) = world.play();
        prop_assert_eq!(listener(&session).end, SessionEnd::Completed);
        let settled = settlements(&session);
        let arrivals: Vec<ReplayBlock> = blocks(&session)
            .into_iter()
            .map(|record| ReplayBlock {
                settled_at: settled.get(&record.block).copied(),
                media: if record.outcome == BlockOutcome::Played { record.media } else { MediaTime::ZERO },
            })
            .collect();
        let min_buffer = usize::try_from(world.policy.min_buffer).expect("small");
        let again = replay(Instant::START, &arrivals, world.speed, min_buffer);
        let started_at = listener(&session).started_at;
        prop_assert_eq!(again.startup, started_at.map(|at| at.since(Instant::START)));
        let stalls: Vec<ReplayStall> = stalls(&session)
            .into_iter()
            .map(|stall| ReplayStall {
                block: usize::try_from(stall.block.0).expect("few"),
                began_at: stall.began_at,
                waited: stall.waited,
            })
            .collect();
        prop_assert_eq!(again.stalls, stalls);
    }
}

/// When each block was first known to be whole or not to come.
fn settlements(session: &Session) -> BTreeMap<BlockIdx, Instant> {
    let mut settled = BTreeMap::new();
    for (at, input) in &session.inputs {
        let Input::Event(event) = input else { continue };
        let block = match event {
            Event::Complete { block, .. } | Event::Status { block, kind: StatusKind::Skipped } => *block,
            Event::Failed(failure) | Event::NotAudio(failure) | Event::BlockError { failure, .. } => {
                match failure.kills {
                    FailureScope::Block(block) => block,
                    FailureScope::Session => continue,
                }
            }
            Event::Status { .. }
            | Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Unsent { .. }
            | Event::Sent { .. }
            | Event::Audio { .. }
            | Event::Evicted { .. }
            | Event::Foreign
            | Event::Closed(_)
            | Event::Warning { .. } => continue,
        };
        settled.entry(block).or_insert(*at);
    }
    settled
}

#[test]
fn the_eventful_worlds_are_worth_their_name() {
    let mut runner = TestRunner::deterministic();
    let mut seen = [0_u32; 9];
    for _ in 0..300 {
        let world = eventful_worlds().new_tree(&mut runner).expect("nothing is rejected").current();
        let (session, _) = world.play();
        let ended = |wanted| move |incident: &Incident| matches!(incident, Incident::Outage { end, .. } if *end == wanted);
        let found = [
            has(&session, ended(OutageEnd::Reconnected)),
            has(&session, ended(OutageEnd::GivenUp)),
            has(&session, ended(OutageEnd::SessionEnded)),
            has(&session, |incident| matches!(incident, Incident::Resent { .. })),
            has(&session, |incident| matches!(incident, Incident::Paused { .. })),
            has(&session, |incident| matches!(incident, Incident::Jumped { .. })),
            has(&session, |incident| matches!(incident, Incident::VoiceChanged { .. })),
            matches!(listener(&session).end, SessionEnd::Left | SessionEnd::HungUp),
            listener(&session).end == SessionEnd::Completed,
        ];
        for (count, found) in seen.iter_mut().zip(found) {
            *count += u32::from(found);
        }
    }
    assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
}

/// Lest the properties hold of nothing.
#[test]
fn the_worlds_are_worth_their_name() {
    let mut runner = TestRunner::deterministic();
    let (mut completed, mut stalled, mut failed, mut resent) = (0, 0, 0, 0);
    for _ in 0..200 {
        let world = worlds().new_tree(&mut runner).expect("nothing is rejected").current();
        let (session, _) = world.play();
        completed += u32::from(listener(&session).end == SessionEnd::Completed);
        stalled += u32::from(!stalls(&session).is_empty());
        failed += u32::from(
            blocks(&session).iter().any(|record| matches!(record.outcome, BlockOutcome::Failed(_))),
        );
        resent += u32::from(blocks(&session).iter().any(|record| record.resends > 0));
    }
    assert!(
        completed > 40 && stalled > 40 && failed > 40 && resent > 40,
        "{completed} {stalled} {failed} {resent}"
    );
}
