//! Lost connections and listeners that do more than listen, in virtual time.

use claque_core::{
    listener::Behaviour,
    record::{BlockOutcome, Fact, Incident, IncidentRecord, OutageEnd, ResendReason, SessionEnd},
    time::Duration,
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ConnectionEffect, ConnectionFault, ConnectionSelector, SocketOutage};
use claque_sim::Scenario;

use crate::house::{Outcome, SECOND, clockwork, run, scenario, second, speed, unlimited};

/// Every listener's connection is cut when block 7 is to be announced, once.
fn cut_at_block_7(users: u32) -> Scenario {
    let mut gateway = clockwork();
    gateway.faults.connections.push(ConnectionFault {
        selector: ConnectionSelector::First(u64::from(users)),
        after_notices: 0,
        at_block: Some(7),
        after: None,
        effect: ConnectionEffect::Close { code: 1012, reason: "service restart".to_owned() },
    });
    scenario(users, 16, gateway)
}

fn incidents(outcome: &Outcome) -> Vec<&IncidentRecord> {
    outcome
        .facts
        .iter()
        .filter_map(|fact| if let Fact::Incident(record) = fact { Some(record) } else { None })
        .collect()
}

#[test]
fn connections_cut_at_block_7_come_back_and_everybody_hears_everything() {
    let outcome = run(&cut_at_block_7(3));
    assert_eq!(outcome.ends(), [SessionEnd::Completed; 3]);
    assert_eq!((outcome.played(), outcome.errors().len()), (48, 0));
    let outage = |record: &IncidentRecord| {
        let Incident::Outage { lasted, tries, end, failure } = &record.incident else { return None };
        Some((*lasted, *tries, *end, failure.code))
    };
    let outages: Vec<_> = incidents(&outcome).into_iter().filter_map(outage).collect();
    assert_eq!(outages, [(SECOND, 1, OutageEnd::Reconnected, Some(1012)); 3]);
    assert!(outcome.blocks().iter().all(|block| block.resends <= 1));
    assert!(outcome.blocks().iter().filter(|block| block.block.0 == 7).all(|block| block.resends == 1));
    let again = incidents(&outcome)
        .into_iter()
        .filter(|record| matches!(record.incident, Incident::Resent { why: ResendReason::Reconnected, .. }));
    let resends: u32 = outcome.blocks().iter().map(|block| u32::from(block.resends)).sum();
    assert_eq!(again.count(), usize::try_from(resends).expect("few"));
}

#[test]
fn a_fast_listener_stalls_in_the_outage_and_no_longer_than_it_must() {
    let mut scenario = cut_at_block_7(1);
    scenario.plan.speed = speed(8_000);
    let outcome = run(&scenario);
    assert_eq!(outcome.ends(), [SessionEnd::Completed]);
    // Block 7 is made at 8 s and could have been heard then; it is asked for again at 9 s.
    let block = outcome.blocks().into_iter().find(|block| block.block.0 == 7).expect("it was asked for");
    assert_eq!((block.ready_at, block.started_at), (Some(second(9)), Some(second(9))));
}

#[test]
fn an_outage_of_the_service_is_waited_out() {
    let mut gateway = clockwork();
    gateway.faults.socket_outages = vec![SocketOutage::restart(second(5), second(11))];
    let outcome = run(&scenario(2, 24, gateway));
    assert_eq!((outcome.ends(), outcome.played()), (vec![SessionEnd::Completed; 2], 48));
    for record in incidents(&outcome) {
        if let Incident::Outage { lasted, tries, end, .. } = &record.incident {
            // Tries after 1, 3 and 7 seconds.
            assert_eq!((record.at, *lasted, *tries), (second(5), Duration::from_secs(7), 3));
            assert_eq!(*end, OutageEnd::Reconnected);
        }
    }
}

#[test]
fn an_outage_that_does_not_end_ends_the_sessions() {
    let mut gateway = clockwork();
    gateway.faults.socket_outages = vec![SocketOutage::restart(second(5), second(100_000))];
    let mut scenario = scenario(1, 40, gateway);
    scenario.plan.timeout = Duration::from_secs(60);
    let outcome = run(&scenario);
    // What was said last was heard at 4 s; what became of the connection is the reason.
    assert_eq!(outcome.simulated.ended_at, second(4 + 60));
    let [SessionEnd::Failed(class)] = outcome.ends()[..] else { panic!("{:?}", outcome.ends()) };
    let last = outcome.errors().into_iter().next_back().expect("it says why").failure.clone();
    assert_eq!((last.class, last.kills), (class, claque_core::event::FailureScope::Session));
    let given_up = incidents(&outcome).into_iter().find_map(|record| match &record.incident {
        Incident::Outage { tries, end, .. } => Some((record.at, *tries, *end)),
        Incident::Resent { .. }
        | Incident::Delayed { .. }
        | Incident::GivenUp { .. }
        | Incident::Paused { .. }
        | Incident::Jumped { .. }
        | Incident::VoiceChanged { .. }
        | Incident::BargedIn { .. }
        | Incident::HungUp { .. } => None,
    });
    // Five tries of the players of early February 2026.
    assert_eq!(given_up, Some((second(5), 5, OutageEnd::GivenUp)));
}

#[test]
fn people_who_do_all_sorts_of_things_are_served_by_both_eras() {
    for config in [GatewayConfig::current(), GatewayConfig::feb_2026()] {
        let mut scenario = scenario(12, 40, unlimited(config));
        scenario.plan.behaviour =
            Behaviour { seek: 2.0, skip: 1.0, pause: 1.0, voice: 0.5, hang_up: 0.1, ..Behaviour::NONE };
        let outcome = run(&scenario);
        assert_eq!(run(&scenario), outcome, "from the seed alone");
        assert!(outcome.ends().iter().all(|end| matches!(end, SessionEnd::Completed | SessionEnd::HungUp)));
        // As the service withdraws what is pending when it hears of a jump, it may withdraw the very block jumped to, and the
        // player steps over it; and a job that it joined may be withdrawn from under it, so that the block never comes. Nothing
        // else fails.
        for error in outcome.errors() {
            let words = &error.failure.text;
            assert!(words.contains("withdrew") || words.contains("did not come within"), "{error:?}");
        }
        let count = |wanted: fn(&Incident) -> bool| {
            incidents(&outcome).into_iter().filter(|record| wanted(&record.incident)).count()
        };
        let kinds: [fn(&Incident) -> bool; 3] = [
            |incident| matches!(incident, Incident::Jumped { .. }),
            |incident| matches!(incident, Incident::Paused { .. }),
            |incident| matches!(incident, Incident::VoiceChanged { .. }),
        ];
        assert!(kinds.iter().all(|kind| count(*kind) > 0), "{:?}", incidents(&outcome));
        for record in outcome.blocks() {
            let withdrawn = outcome.errors().iter().any(|error| {
                error.listener == record.listener
                    && error.failure.kills == claque_core::event::FailureScope::Block(record.block)
            });
            let fine = !matches!(record.outcome, BlockOutcome::Failed(_) | BlockOutcome::Stopped);
            assert!(fine || withdrawn, "{record:?}");
        }
        for listener in outcome.listeners() {
            let stalled: Duration = outcome
                .stalls()
                .iter()
                .filter(|stall| stall.listener == listener.listener)
                .map(|stall| stall.waited)
                .sum();
            let started = listener.started_at.unwrap_or(listener.ended_at);
            let parts = started.since(listener.intended_at)
                + listener.playing.expect("a player knows")
                + stalled
                + listener.paused;
            assert_eq!(listener.ended_at.since(listener.intended_at), parts);
        }
    }
}
