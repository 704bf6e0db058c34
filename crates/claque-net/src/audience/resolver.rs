//! Names to addresses, beside the loop: looking up a name may take seconds, and the system has no way to ask without waiting.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread,
};

use claque_core::time::{Duration, Instant};
use mio::{Token, Waker};

use crate::shortage::Shortage;

/// How long an answer is used: a crowd that comes at once asks once, and a service that moves is followed all the same.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// Names under way at once. There are as many as hosts that audio lies at, which is one or two.
const QUESTIONS: usize = 16;

/// What became of a look-up.
#[derive(Clone, Debug)]
enum Answer {
    /// It is under way, and these wait for it.
    Awaited(Vec<Token>),
    Known {
        addresses: Result<Vec<SocketAddr>, NotFound>,
        since: Instant,
    },
}

/// Looks names up on a thread of its own, which starts with the first name.
#[derive(Debug)]
pub(super) struct Resolver {
    waker: Arc<Waker>,
    helper: Option<(SyncSender<Question>, Receiver<Found>)>,
    names: BTreeMap<Question, Answer>,
}

/// A host and a port.
type Question = (String, u16);
type Found = (Question, Result<Vec<SocketAddr>, NotFound>);

/// Why there are no addresses.
#[derive(Clone, Debug, thiserror::Error)]
enum NotFound {
    /// This machine could not ask.
    #[error(transparent)]
    NotAsked(#[from] Shortage),
    /// The system's words.
    #[error("{0}")]
    Answered(String),
}

impl From<io::Error> for NotFound {
    fn from(error: io::Error) -> Self {
        Shortage::of(&error).map_or_else(|| Self::Answered(error.to_string()), Self::NotAsked)
    }
}

impl Resolver {
    /// `waker` is used when an answer is there: then [`Resolver::take_answers`] has it.
    pub(super) const fn new(waker: Arc<Waker>) -> Self {
        Self { waker, helper: None, names: BTreeMap::new() }
    }

    /// The addresses of a host; none while they are looked up, and then `who` will be among those given by
    /// [`Resolver::take_answers`].
    ///
    /// # Errors
    /// There is no such host, or nobody to ask.
    pub(super) fn look_up(
        &mut self,
        host: &str,
        port: u16,
        who: Token,
        now: Instant,
    ) -> io::Result<Option<Vec<SocketAddr>>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Some(vec![SocketAddr::new(address, port)]));
        }
        let question = (host.to_owned(), port);
        match self.names.get_mut(&question) {
            Some(Answer::Awaited(waiting)) => {
                waiting.push(who);
                Ok(None)
            }
            Some(Answer::Known { addresses, since }) if now.since(*since) < KEPT_FOR => match addresses {
                Ok(addresses) => Ok(Some(addresses.clone())),
                Err(NotFound::NotAsked(shortage)) => Err(io::Error::other(*shortage)),
                Err(NotFound::Answered(words)) => Err(io::Error::other(words.clone())),
            },
            Some(Answer::Known { .. }) | None => {
                self.ask(question.clone())?;
                self.names.insert(question, Answer::Awaited(vec![who]));
                Ok(None)
            }
        }
    }

    /// Takes the answers that are there. Gives who waited for them.
    pub(super) fn take_answers(&mut self, now: Instant) -> Vec<Token> {
        let mut waited = Vec::new();
        let Some((_, found)) = &self.helper else { return waited };
        loop {
            match found.try_recv() {
                Ok((question, addresses)) => {
                    let known = Answer::Known { addresses, since: now };
                    if let Some(Answer::Awaited(who)) = self.names.insert(question, known) {
                        waited.extend(who);
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return waited,
            }
        }
    }

    fn ask(&mut self, question: Question) -> io::Result<()> {
        let (questions, _) = match &self.helper {
            Some(helper) => helper,
            None => {
                let (ask, questions) = sync_channel(QUESTIONS);
                let (tell, found) = sync_channel(QUESTIONS);
                let waker = Arc::clone(&self.waker);
                thread::Builder::new()
                    .name("names".to_owned())
                    .spawn(move || help(&questions, &tell, &waker))
                    .map_err(|_| io::Error::other(Shortage::Threads))?;
                self.helper.insert((ask, found))
            }
        };
        questions.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => io::Error::other("too many host names are looked up at once"),
            TrySendError::Disconnected(_) => io::Error::other("nobody looks host names up any more"),
        })
    }
}

/// Answers until nobody asks any more.
fn help(questions: &Receiver<Question>, tell: &SyncSender<Found>, waker: &Waker) {
    while let Ok((host, port)) = questions.recv() {
        let addresses = (host.as_str(), port).to_socket_addrs();
        let addresses = addresses.map(Iterator::collect).map_err(NotFound::from);
        // A lane that is done needs no answer.
        if tell.send(((host, port), addresses)).is_err() || waker.wake().is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use mio::{Events, Poll};

    use super::*;

    #[test]
    fn an_address_needs_no_look_up_and_a_name_is_asked_for_once() {
        let mut poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(9)).unwrap());
        let mut resolver = Resolver::new(waker);
        let literal = resolver.look_up("127.0.0.1", 80, Token(0), Instant::START).unwrap();
        assert_eq!(literal, Some(vec!["127.0.0.1:80".parse().unwrap()]));
        for who in [Token(1), Token(2)] {
            assert_eq!(resolver.look_up("localhost", 80, who, Instant::START).unwrap(), None);
        }
        let mut waited = Vec::new();
        let mut events = Events::with_capacity(4);
        while waited.is_empty() {
            poll.poll(&mut events, None).unwrap();
            waited = resolver.take_answers(Instant::from_millis(1));
        }
        assert_eq!(waited, [Token(1), Token(2)]);
        let known = resolver.look_up("localhost", 80, Token(1), Instant::from_millis(2)).unwrap().unwrap();
        assert!(known.iter().all(|address| address.ip().is_loopback()), "{known:?}");
        let old = Instant::from_millis(60_000);
        assert_eq!(resolver.look_up("localhost", 80, Token(3), old).unwrap(), None, "answers grow old");
    }

    #[test]
    fn a_name_that_is_none_is_an_error_for_whoever_waited() {
        let mut poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(9)).unwrap());
        let mut resolver = Resolver::new(waker);
        assert_eq!(resolver.look_up("nobody.invalid", 80, Token(1), Instant::START).unwrap(), None);
        let mut events = Events::with_capacity(4);
        while resolver.take_answers(Instant::START).is_empty() {
            poll.poll(&mut events, None).unwrap();
        }
        let error = resolver.look_up("nobody.invalid", 80, Token(1), Instant::START).unwrap_err();
        assert!(error.to_string().contains("failed to lookup address"), "{error}");
    }
}
