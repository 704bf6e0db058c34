//! The floor of streams: sockets and a heap of timers. It asks for an utterance, reads its answer to the end, and asks for the next
//! when a player would have heard it out.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use claque_core::time::{Duration, Instant};
use claque_net::Clock;
use mio::{Events, Poll, Token};
use rustls::ClientConfig;

use super::Utterance;
use crate::{
    floor::{connect, is_not_now},
    outbox::Outbox,
    wire::Wire,
};

const EVENTS: usize = 1_024;
/// Bytes read at a time, as claque does.
const READ: usize = 64 << 10;
/// An answer ends with the last chunk.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// What the floor is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct StreamFloorFlags {
    /// Address of the server
    #[arg(long)]
    server: SocketAddr,
    /// Listeners
    #[arg(long)]
    users: u32,
    /// Seconds over which they come
    #[arg(long)]
    ramp: f64,
    /// Audio that is there before a player begins, milliseconds: so much later it is heard out
    #[arg(long, default_value_t = 200)]
    buffer_ms: u64,
    /// Addresses to come from in turn
    #[arg(long, value_delimiter = ',')]
    sources: Vec<IpAddr>,
    /// Speak TLS, trusting this certificate
    #[arg(long, value_name = "FILE.pem")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    utterance: Utterance,
}

/// A listener that is to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    user: usize,
}

#[derive(Debug, Default)]
struct User {
    wire: Option<Wire>,
    out: Outbox<()>,
    /// The last bytes that came, of which an answer's end is known.
    tail: Vec<u8>,
    first_at: Option<Instant>,
}

struct Floor {
    poll: Poll,
    flags: StreamFloorFlags,
    tls: Option<Arc<ClientConfig>>,
    users: Vec<User>,
    due: BinaryHeap<Reverse<Due>>,
    clock: Clock,
    request: Bytes,
    scratch: Vec<u8>,
}

/// Runs until it is ended from outside.
///
/// # Errors
/// A connection breaks: then it is no floor.
pub(crate) fn run(flags: StreamFloorFlags) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("failed to ask for more open files")?;
    let clock = Clock::start();
    let now = clock.now();
    let ramp = Duration::try_from_secs_f64(flags.ramp).context("--ramp is no time")?;
    let starts = (0..flags.users).map(|user| now + ramp * user / flags.users);
    let due = starts.enumerate().map(|(user, at)| Reverse(Due { at, user })).collect();
    let floor = Floor {
        poll: Poll::new().context("failed to wait for sockets")?,
        tls: flags.trust.as_deref().map(crate::certificate::trust).transpose()?,
        users: (0..flags.users).map(|_| User::default()).collect(),
        due,
        clock,
        request: request(),
        scratch: vec![0; READ],
        flags,
    };
    floor.run()
}

/// As claque asks, with a text of as many characters.
fn request() -> Bytes {
    let body = format!(
        r#"{{"model":"tts-1","input":"{}","voice":"alloy","response_format":"pcm"}}"#,
        "word ".repeat(28)
    );
    format!(
        "POST /v1/audio/speech HTTP/1.1\r\nhost: truth\r\naccept: */*\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into()
}

impl Floor {
    fn run(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait = self.due.peek().map(|Reverse(due)| due.at.since(self.clock.now()));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                settled => settled.context("failed to wait for sockets")?,
            }
            for event in &events {
                let Token(user) = event.token();
                self.attend(user).with_context(|| format!("failed at listener {user}"))?;
            }
            let now = self.clock.now();
            while let Some(Reverse(due)) = self.due.peek().copied().filter(|Reverse(due)| due.at <= now) {
                self.due.pop();
                self.ask(due.user)?;
            }
        }
    }

    fn ask(&mut self, place: usize) -> anyhow::Result<()> {
        if self.users[place].wire.is_none() {
            let mut wire = connect((self.flags.server, &self.flags.sources), self.tls.as_ref(), place)?;
            wire.register(self.poll.registry(), Token(place))?;
            self.users[place].wire = Some(wire);
        }
        self.users[place].first_at = None;
        self.users[place].out.push(Bytes::clone(&self.request), None);
        self.flush(place)
    }

    fn flush(&mut self, place: usize) -> anyhow::Result<()> {
        let User { wire: Some(wire), out, .. } = &mut self.users[place] else { return Ok(()) };
        match out.flush(wire, |()| {}) {
            Err(error) if !is_not_now(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn attend(&mut self, place: usize) -> anyhow::Result<()> {
        self.flush(place)?;
        loop {
            let user = &mut self.users[place];
            let Some(wire) = &mut user.wire else { return Ok(()) };
            let count = match wire.read(&mut self.scratch) {
                Ok(0) => bail!("the server hung up"),
                Ok(count) => count,
                Err(error) if is_not_now(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let first_at = match user.first_at {
                Some(at) => at,
                None => {
                    ensure!(self.scratch.starts_with(b"HTTP/1.1 200"), "the server did not answer 200");
                    *user.first_at.insert(self.clock.now())
                }
            };
            if user.is_over(&self.scratch[..count]) {
                let heard = self.flags.utterance.plays() + Duration::from_millis(self.flags.buffer_ms);
                self.due.push(Reverse(Due { at: first_at + heard, user: place }));
            }
            // Where one read took all that was there, another would find nothing; a session may have more than its socket.
            if count < READ && matches!(self.users[place].wire, Some(Wire::Plain(_))) {
                return Ok(());
            }
        }
    }
}

impl User {
    /// Takes the last bytes that came; gives whether the answer ends with them.
    fn is_over(&mut self, bytes: &[u8]) -> bool {
        let last = &bytes[bytes.len().saturating_sub(END.len())..];
        if last.len() == END.len() {
            self.tail.clear();
        }
        self.tail.extend_from_slice(last);
        self.tail.ends_with(END)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_over_with_its_last_chunk_however_it_is_cut() {
        for cut in 0..END.len() {
            let answer = [b"samples", END].concat();
            let (head, tail) = answer.split_at(7 + cut);
            let mut user = User::default();
            assert!(!user.is_over(head), "{cut}");
            assert!(user.is_over(tail), "{cut}");
        }
    }
}
