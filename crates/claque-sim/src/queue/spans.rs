//! Many things to happen, unsorted in spans of time of equal length.

use claque_core::time::Instant;

use super::Due;

/// Spans there are at a time: a power of two.
const SPANS: usize = 1 << 14;
/// Things a span is to hold on average: few enough to be sorted in the fastest cache, enough to come to it seldom.
const WANTED: u64 = 32;
/// Spans are laid out anew when there are so many times as many things.
const GROWN: usize = 4;
/// Bits of a word of the map of spans that are not empty.
const WORD: usize = 64;

/// A ring of spans of time, and what lies beyond them all. A thing is written once into the span it lies in, and read
/// once when that span's turn comes.
#[derive(Debug)]
pub(super) struct Spans<T> {
    ring: Vec<Vec<Due<T>>>,
    /// A bit for each span that is not empty.
    filled: Vec<u64>,
    /// What happens after the last span of the ring.
    beyond: Vec<Due<T>>,
    /// The ring's first span, and the one whose turn has come, in lengths of a span since the run's start.
    first: u64,
    turn: u64,
    /// A span is two to the power of this many nanoseconds long.
    shift: u32,
    len: usize,
    /// How many there were when the length of a span was decided.
    laid_out: usize,
}

impl<T> Spans<T> {
    /// Takes things in; none of them is to be taken for due.
    pub(super) fn new(all: Vec<Due<T>>) -> Self {
        let mut spans = Self {
            ring: core::iter::repeat_with(Vec::new).take(SPANS).collect(),
            filled: vec![0; SPANS / WORD],
            beyond: all,
            first: 0,
            turn: 0,
            shift: 0,
            len: 0,
            laid_out: 0,
        };
        spans.len = spans.beyond.len();
        spans.lay_out();
        spans
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Takes a thing in; gives it back where it happens no later than what [`Spans::take_next`] gave last.
    pub(super) fn push(&mut self, due: Due<T>) -> Option<Due<T>> {
        let span = self.span(due.at);
        if span < self.turn {
            return Some(due);
        }
        self.len += 1;
        match usize::try_from(span - self.first) {
            Ok(place) if place < SPANS => self.lay_in(place, due),
            Ok(_) | Err(_) => self.beyond.push(due),
        }
        None
    }

    /// Moves what happens next into `out`, in no order: all there is of the next span that is not empty.
    pub(super) fn take_next(&mut self, out: &mut Vec<Due<T>>) {
        if self.len == 0 {
            return;
        }
        if self.len > GROWN * self.laid_out {
            let all = self.ring.iter_mut().flat_map(core::mem::take);
            self.beyond.extend(all);
            self.filled.fill(0);
            self.lay_out();
        }
        let place = match self.next_filled() {
            Some(place) => place,
            None => {
                self.lay_out();
                self.next_filled().unwrap_or_default()
            }
        };
        self.len -= self.ring[place].len();
        out.append(&mut self.ring[place]);
        self.filled[place / WORD] &= !(1 << (place % WORD));
        self.turn = self.first + as_wide(place) + 1;
    }

    /// Everything, in no order.
    pub(super) fn into_all(self) -> impl Iterator<Item = Due<T>> {
        self.ring.into_iter().flatten().chain(self.beyond)
    }

    /// Lays what is beyond the ring into it, with spans of a length that suits the earlier half of it: a few things may be far
    /// away. The ring is empty.
    fn lay_out(&mut self) {
        self.laid_out = self.beyond.len();
        let Some(first) = self.beyond.iter().map(|due| due.at.as_nanos()).min() else { return };
        let half = self.beyond.len() / 2;
        let (_, middle, _) = self.beyond.select_nth_unstable_by_key(half, |due| due.at);
        let spans = (as_wide(half) / WANTED).max(1);
        self.shift = ((middle.at.as_nanos() - first) / spans).max(1).ilog2();
        self.first = first >> self.shift;
        self.turn = self.first;
        for due in core::mem::take(&mut self.beyond) {
            match usize::try_from(self.span(due.at) - self.first) {
                Ok(place) if place < SPANS => self.lay_in(place, due),
                Ok(_) | Err(_) => self.beyond.push(due),
            }
        }
    }

    fn lay_in(&mut self, place: usize, due: Due<T>) {
        self.ring[place].push(due);
        self.filled[place / WORD] |= 1 << (place % WORD);
    }

    /// The first span from the turn on that is not empty.
    fn next_filled(&self) -> Option<usize> {
        let from = usize::try_from(self.turn - self.first).ok().filter(|place| *place < SPANS)?;
        let mut word = from / WORD;
        let mut bits = self.filled[word] & (u64::MAX << (from % WORD));
        while bits == 0 {
            word += 1;
            bits = *self.filled.get(word)?;
        }
        usize::try_from(bits.trailing_zeros()).ok().map(|bit| word * WORD + bit)
    }

    const fn span(&self, at: Instant) -> u64 {
        at.as_nanos() >> self.shift
    }
}

fn as_wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
