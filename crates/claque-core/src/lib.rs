//! The audience as pure values and machines.
//!
//! Everything here is a function of its arguments: time comes in as a value, randomness from the seed
//! tree, bytes never. The real-time driver and the simulator run this very code, which is what makes
//! their results comparable.
//!
//! # How a machine is driven
//!
//! The player, the listener around it, the session, the gateway and the conversation about a document have one contract. Whoever drives one:
//!
//! 1. asks `poll_timeout` when it is to be woken, and why; nothing means that only news can change anything;
//! 2. waits for news until then, and for no longer;
//! 3. hands over what happened, with the moment at which it *happened*: `handle_input(at, input)`. Where nothing did, that is
//!    `Input::Wake` at the moment that was named. Moments never go backwards. The machine first does what was due before, each thing at
//!    its own time, so a wake-up that is late or one too many changes no record;
//! 4. takes every output. [`Outputs`](outputs::Outputs) borrows the machine, so that no input can overtake an order that was given;
//! 5. does what is ordered. What comes of it is news: back to 1, until the machine is done.
//!
//! A service that has every block half a second after it was asked for, in virtual time:
//!
//! ```
//! use std::collections::VecDeque;
//!
//! use claque_core::{
//!     event::{Event, StatusKind},
//!     ids::ListenerId,
//!     player::{Input, Output, Player, PlayerConfig, PlayerPolicy, PlayerState},
//!     record::Fact,
//!     remark::Findings,
//!     time::{Duration, Instant, MediaTime, Speed},
//! };
//!
//! let mut player = Player::new(PlayerConfig {
//!     listener: ListenerId(0),
//!     document: "a document".into(),
//!     chars: vec![80; 3].into(),
//!     speed: Speed::NORMAL,
//!     policy: PlayerPolicy::WEB.into(),
//!     timeout: Duration::from_secs(60),
//!     intended_at: Instant::START,
//! });
//! let (mut now, mut facts) = (Instant::START, Vec::new());
//! // News on its way, in order of its moments.
//! let mut news = VecDeque::from([(now, Input::Start)]);
//! while player.state() != PlayerState::Done {
//!     // Steps 1 and 2: whichever comes first.
//!     let due = player.poll_timeout().map(|(at, _why)| at);
//!     let is_news = news.front().is_some_and(|(at, _)| due.is_none_or(|due| *at <= due));
//!     let (at, input) = if is_news { news.pop_front().unwrap() } else { (due.unwrap(), Input::Wake) };
//!     now = at;
//!     // Steps 3 to 5.
//!     for output in player.handle_input(now, input) {
//!         match output {
//!             Output::Dial => news.push_back((now, Input::Event(Event::Dialed { connect: Duration::ZERO }))),
//!             Output::Ask { blocks, .. } => {
//!                 let there = now + Duration::from_millis(500);
//!                 for block in blocks {
//!                     let (media, findings) = (MediaTime::from_millis(2_000), Findings::default());
//!                     news.push_back((there, Input::Event(Event::Status { block, kind: StatusKind::Ready })));
//!                     news.push_back((there, Input::Event(Event::Audio { block, delivered: media, bytes: 12_000 })));
//!                     news.push_back((there, Input::Event(Event::Complete { block, media, findings })));
//!                 }
//!             }
//!             Output::Fact(fact) => facts.push(fact),
//!             _ => {}
//!         }
//!     }
//! }
//! // Half a second of waiting, and three blocks of two seconds.
//! assert_eq!(now, Instant::from_millis(6_500));
//! assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Block(_))).count(), 3);
//! ```

pub mod arrivals;
pub mod continuity;
pub mod corpus;
pub mod demand;
pub mod event;
pub mod extraction;
pub mod gap;
pub mod ids;
pub mod lag;
pub mod link;
pub mod listener;
pub mod outputs;
pub mod pacing;
pub mod plan;
pub mod player;
pub mod popularity;
pub mod record;
pub mod remark;
pub mod rng;
pub mod schedule;
pub mod script;
pub mod secret;
pub mod series;
pub mod share;
pub mod span;
pub mod time;
pub mod timetable;
