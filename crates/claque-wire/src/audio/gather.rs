//! A small buffer that collects the fixed-size heads of containers across reads.

/// Collects up to `N` bytes from however many slices they come in.
#[derive(Debug)]
pub(crate) struct Gather<const N: usize> {
    bytes: [u8; N],
    have: usize,
}

impl<const N: usize> Gather<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], have: 0 }
    }

    /// Takes bytes from the front of `input` until `want` are held; true when they are.
    pub(crate) fn fill(&mut self, input: &mut &[u8], want: usize) -> bool {
        let want = want.min(N);
        let take = want.saturating_sub(self.have).min(input.len());
        let (head, rest) = input.split_at(take);
        self.bytes[self.have..self.have + take].copy_from_slice(head);
        self.have += take;
        *input = rest;
        self.have >= want
    }

    pub(crate) fn held(&self) -> &[u8] {
        &self.bytes[..self.have]
    }

    pub(crate) fn held_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.have]
    }

    /// The first `M` bytes, zero where nothing has come yet.
    pub(crate) fn first<const M: usize>(&self) -> [u8; M] {
        let mut first = [0; M];
        let len = M.min(self.have);
        first[..len].copy_from_slice(&self.bytes[..len]);
        first
    }

    /// Forgets the first `count` bytes held.
    pub(crate) fn forget(&mut self, count: usize) {
        let count = count.min(self.have);
        self.bytes.copy_within(count..self.have, 0);
        self.have -= count;
    }

    pub(crate) fn clear(&mut self) {
        self.have = 0;
    }
}
