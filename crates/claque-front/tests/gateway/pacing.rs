//! The pacing of document creation against the gateway's limits, in virtual time.

use claque_core::{
    pacing::{Answer, Limited, Next, Pacer, PacingStats},
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::{Caller, GatewayConfig, Refusal};

use crate::stage::{Stage, one_worker, user};

/// How a server says that a limit has bitten.
#[derive(Clone, Copy)]
enum Says {
    RetryAfter,
    Window,
    Nothing,
}

/// Creates documents through so many addresses, each call taking no time. Gives when the last was made.
fn create(documents: usize, addresses: usize, says: Says) -> (Instant, PacingStats) {
    let mut stage =
        Stage::new(GatewayConfig { rest_limits: GatewayConfig::current().rest_limits, ..one_worker() });
    let mut now = Instant::START;
    let mut pacer = Pacer::new(documents, 8, addresses);
    while !pacer.is_done() {
        while let Some(turn) = pacer.poll_turn(now) {
            let caller = Caller { user: user("a"), address: turn.door.to_string() };
            let answer = match stage.gateway.create_document(now, &caller, "One.", None) {
                Ok(_) => Answer::Settled,
                Err(Refusal::RateLimited { retry_after, .. }) => Answer::Limited(match says {
                    Says::RetryAfter => Limited { retry_after: Some(retry_after), window: None },
                    Says::Window => Limited { retry_after: None, window: Some(Duration::from_secs(60)) },
                    Says::Nothing => Limited::default(),
                }),
                Err(other) => panic!("{other}"),
            };
            assert_ne!(pacer.handle_answer(now, turn, answer), Next::GivenUp);
        }
        now = pacer.poll_timeout().unwrap_or(now);
    }
    assert_eq!(stage.gateway.stats().documents, documents);
    (now, pacer.stats())
}

#[test]
fn twenty_documents_at_ten_a_minute_take_a_minute() {
    for says in [Says::RetryAfter, Says::Window] {
        let waited = Duration::from_secs(60);
        assert_eq!(create(20, 1, says), (Instant::from_millis(60_000), PacingStats { refusals: 1, waited }));
        assert_eq!(create(10, 1, says).0, Instant::START);
        assert_eq!(create(35, 1, says).0, Instant::from_millis(180_000));
    }
}

#[test]
fn each_address_has_its_own_ten() {
    assert_eq!(create(20, 2, Says::RetryAfter).0, Instant::START);
    assert_eq!(create(41, 2, Says::RetryAfter).0, Instant::from_millis(120_000));
}

#[test]
fn a_server_that_does_not_say_how_long_is_asked_in_growing_steps() {
    let (last, stats) = create(20, 1, Says::Nothing);
    assert_eq!((last, stats.refusals), (Instant::from_millis(62_750), 16));
}
