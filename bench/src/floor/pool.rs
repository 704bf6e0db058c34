//! Kept-alive connections for audio, shared by all users.

use anyhow::{Context as _, ensure};
use mio::Token;

use super::{Floor, is_not_now};
use crate::{outbox::Outbox, wire::Wire};

/// One connection.
#[derive(Debug)]
pub(super) struct Fetcher {
    wire: Wire,
    out: Outbox<()>,
    user: usize,
    /// The head of an answer while it is not whole.
    head: Vec<u8>,
    /// Bytes of a body that are still to come; none while the head is awaited.
    left: Option<usize>,
}

impl Floor {
    /// Fetches what is at `path` below the API, over a connection that is idle or a new one.
    pub(super) fn fetch(&mut self, user: usize, path: &str) -> anyhow::Result<()> {
        let place = match self.idle.pop() {
            Some(place) => place,
            None => {
                let mut wire = self.connect(self.fetchers.len())?;
                let entry = self.fetchers.vacant_entry();
                let place = entry.key();
                wire.register(self.poll.registry(), Token(place * 2 + 1))?;
                entry.insert(Fetcher { wire, out: Outbox::default(), user, head: Vec::new(), left: None });
                place
            }
        };
        let fetcher = &mut self.fetchers[place];
        fetcher.user = user;
        let request = format!("GET /api{path} HTTP/1.1\r\nhost: truth\r\n\r\n");
        fetcher.out.push(request.into_bytes().into(), None);
        self.flush_fetcher(place)
    }

    pub(super) fn attend_fetcher(&mut self, place: usize) -> anyhow::Result<()> {
        self.flush_fetcher(place)?;
        loop {
            let fetcher = &mut self.fetchers[place];
            let count = match fetcher.wire.read(&mut self.scratch) {
                Ok(0) => anyhow::bail!("the server hung up"),
                Ok(count) => count,
                Err(error) if is_not_now(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if fetcher.take(&self.scratch[..count])? {
                let user = fetcher.user;
                self.idle.push(place);
                self.hear(user)?;
            }
        }
    }

    fn flush_fetcher(&mut self, place: usize) -> anyhow::Result<()> {
        let fetcher = &mut self.fetchers[place];
        match fetcher.out.flush(&mut fetcher.wire, |()| {}) {
            Err(error) if !is_not_now(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Fetcher {
    /// Takes bytes of an answer and drops them; gives whether it is whole.
    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<bool> {
        let left = match self.left {
            Some(left) => left.saturating_sub(bytes.len()),
            None => {
                let joined;
                let bytes = if self.head.is_empty() {
                    bytes
                } else {
                    self.head.extend_from_slice(bytes);
                    joined = std::mem::take(&mut self.head);
                    &joined
                };
                match head_and_length(bytes)? {
                    None => {
                        self.head = bytes.to_vec();
                        return Ok(false);
                    }
                    Some((head, length)) => (head + length).saturating_sub(bytes.len()),
                }
            }
        };
        self.left = (left > 0).then_some(left);
        Ok(left == 0)
    }
}

/// Lengths of the head of an answer and of its body.
fn head_and_length(bytes: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; 8];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(at) = head.parse(bytes).context("the server sent no HTTP")? else {
        return Ok(None);
    };
    ensure!(head.code == Some(200), "the server answered {:?}", head.code);
    let field = head.headers.iter().find(|field| field.name == "content-length");
    let length = field.and_then(|field| std::str::from_utf8(field.value).ok()?.parse().ok());
    Ok(Some((at, length.context("the server did not say how long its answer is")?)))
}
