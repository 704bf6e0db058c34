//! The sample clock of one Ogg stream: what packets hold, checked against and trimmed by granule positions.

/// What a page that is whole says of its audio.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageAudio {
    /// Position behind its last packet that ends on it; none where none ends, or where it is nonsense.
    pub(super) granule: Option<u64>,
    /// Samples of them.
    pub(super) samples: Samples,
    /// How full it is, and how full a page is that its writer did not close early, in any unit.
    pub(super) fill: Fill,
    /// Whether its number is not the next.
    pub(super) out_of_order: bool,
    pub(super) is_last: bool,
}

/// How samples of a page are known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Samples {
    /// From its packets.
    Counted(u64),
    /// From its position; no more than so many.
    AtMost(u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    pub(super) own: u64,
    pub(super) usual: u64,
}

/// Whether a stream without an end flag was closed by its writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its last page trims its audio, or is not as full as the others: only a last page is.
    Seen,
    /// It may as well go on.
    Unseen,
}

/// What is odd about a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    None,
    Position,
    Number,
    /// A page before it is missing.
    Hole,
    /// A position that cannot be, of audio that only positions tell of.
    Nonsense,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// Samples of all packets so far.
    counted: u64,
    /// Where the page at hand, or the last one, cuts them.
    cap: Option<u64>,
    /// Position of the latest page with audio.
    granule: Option<i64>,
    pages: u64,
    fullest: u64,
    last: Option<Fill>,
    /// Whether the latest page trims its audio.
    is_trimmed: bool,
    /// Packets of pages without a position, of audio that only positions tell of.
    pending: u64,
}

impl Clock {
    /// Samples that can be heard, when so many are decoded for nothing first.
    pub(super) fn playable(&self, pre_skip: u64) -> u64 {
        self.cap.map_or(self.counted, |cap| cap.min(self.counted)).saturating_sub(pre_skip)
    }

    pub(super) const fn has_audio(&self) -> bool {
        self.pages > 0
    }

    pub(super) const fn count(&mut self, samples: u64) {
        self.counted = self.counted.saturating_add(samples);
    }

    /// A page begins: its audio ends where its position says, at the latest.
    pub(super) fn open_page(&mut self, granule: Option<u64>, is_last: bool) {
        let granule = granule.and_then(|granule| i64::try_from(granule).ok());
        // Before the first audio page is whole its origin is unknown; a last page that is also the first counts from zero
        // (RFC 7845 section 4.5).
        let before = if is_last { Some(self.granule.unwrap_or(0)) } else { self.granule };
        self.cap = granule
            .zip(before)
            .and_then(|(granule, before)| u64::try_from(granule.saturating_sub(before)).ok())
            .map(|more| self.counted.saturating_add(more));
    }

    /// A page with audio is whole; its samples are counted already if its packets tell them.
    pub(super) fn close_page(&mut self, page: PageAudio) -> Oddity {
        self.pages += 1;
        self.last = Some(page.fill);
        let granule = page.granule.and_then(|granule| i64::try_from(granule).ok());
        let here = granule.unwrap_or_else(|| self.expected(page));
        let before = self.granule.replace(here);
        // Nothing may follow a page that trims its audio.
        let goes_on = core::mem::take(&mut self.is_trimmed);
        let oddity = match page.samples {
            Samples::Counted(samples) => self.check(page, samples, before, granule),
            Samples::AtMost(most) => self.take_position(page, most, before, granule),
        };
        self.fullest = self.fullest.max(page.fill.own);
        if goes_on && oddity == Oddity::None { Oddity::Position } else { oddity }
    }

    /// Where a page without a position ends.
    fn expected(&self, page: PageAudio) -> i64 {
        let samples = match page.samples {
            Samples::Counted(samples) => i64::try_from(samples).unwrap_or(i64::MAX),
            Samples::AtMost(_) => 0,
        };
        self.granule.unwrap_or(0).saturating_add(samples)
    }

    fn check(&mut self, page: PageAudio, samples: u64, before: Option<i64>, granule: Option<i64>) -> Oddity {
        let Some(granule) = granule else {
            self.cap = None;
            return if page.out_of_order { Oddity::Hole } else { Oddity::Position };
        };
        let samples = i64::try_from(samples).unwrap_or(i64::MAX);
        // The first page's position less its samples is where the stream begins; a page that is also the last may say
        // less, which trims its end instead (RFC 7845 section 4.4).
        let is_first = before.is_none();
        let more = granule.saturating_sub(before.unwrap_or(0));
        self.is_trimmed = (0..samples).contains(&more) && (!is_first || page.is_last);
        if more < 0 {
            self.cap = None;
        }
        let fits = more == samples || self.is_trimmed || (is_first && more > samples);
        match (page.out_of_order, fits) {
            (true, _) if more > samples => Oddity::Hole,
            (true, _) => Oddity::Number,
            (false, true) => Oddity::None,
            (false, false) => Oddity::Position,
        }
    }

    fn take_position(
        &mut self,
        page: PageAudio,
        most: u64,
        before: Option<i64>,
        granule: Option<i64>,
    ) -> Oddity {
        let most = self.pending.saturating_add(most);
        let Some(granule) = granule else {
            self.pending = most;
            return if page.out_of_order { Oddity::Hole } else { Oddity::Position };
        };
        self.pending = 0;
        let more = u64::try_from(granule.saturating_sub(before.unwrap_or(0))).ok();
        match more.filter(|more| *more <= most) {
            Some(more) => {
                self.count(more);
                if page.out_of_order { Oddity::Number } else { Oddity::None }
            }
            None if page.out_of_order => Oddity::Hole,
            // It begins in the middle of something: how much of its first page is heard is not known.
            None if before.is_none() => Oddity::Position,
            None => Oddity::Nonsense,
        }
    }

    /// Whether the latest page looks like a last one.
    pub(super) fn end(&self) -> End {
        let is_short = self.last.is_some_and(|fill| {
            let usual = if self.pages > 1 { self.fullest } else { fill.usual };
            // Pages of one writer differ by a packet or two.
            fill.own.saturating_mul(4) < usual.saturating_mul(3)
        });
        if self.is_trimmed || is_short { End::Seen } else { End::Unseen }
    }
}
