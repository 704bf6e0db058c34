//! Finds the next frame among bytes that are none, as players do: a header counts when another like it stands where its
//! frame ends.

use super::frame_header::{FrameHeader, FrameLen, HEADER_BYTES, LONGEST_FRAME};

/// What tags behind the audio begin with (ID3v1, ID3v2, APE, Lyrics3).
const TAGS: [&[u8]; 4] = [b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN"];

/// A search under way. It holds no more than the bytes of three frames and of what was pushed last.
#[derive(Debug)]
pub(crate) struct Search {
    held: Vec<u8>,
    /// Bytes before those held that are no frame.
    skipped: u64,
    free_len: Option<usize>,
    is_tag: bool,
}

/// What a search found, or that it found nothing: then there is no rest.
#[derive(Debug)]
pub(crate) struct Found {
    /// Bytes before the frame.
    pub(crate) skipped: u64,
    /// Whether they are a tag.
    pub(crate) is_tag: bool,
    /// The frame and what follows.
    pub(crate) rest: Vec<u8>,
    /// Bytes of a frame of free bit rate, without padding.
    pub(crate) free_len: Option<usize>,
}

/// What bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begins {
    /// A frame that another like it follows.
    Frames,
    /// Something else.
    Else,
}

/// Whether the bytes begin with a frame that another like it follows; none while they are too few to tell, which a frame's length
/// bounds.
pub(crate) fn begins_frames(bytes: &[u8]) -> Option<Begins> {
    match confirm(bytes, None, false) {
        Answer::Yes { .. } => Some(Begins::Frames),
        Answer::No => Some(Begins::Else),
        Answer::Unknown => None,
    }
}

enum Answer {
    Yes {
        free_len: Option<usize>,
    },
    No,
    /// More bytes are needed.
    Unknown,
}

impl Search {
    /// Searches from the bytes given on. `free_len` is what is known of frames of free bit rate.
    pub(crate) fn new(bytes: &[u8], free_len: Option<usize>) -> Self {
        let is_tag = bytes.starts_with(b"LYRI");
        Self { held: bytes.to_vec(), skipped: 0, free_len, is_tag }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<Found> {
        self.held.extend_from_slice(bytes);
        self.scan(false)
    }

    /// Says that nothing follows.
    pub(crate) fn finish(&mut self) -> Found {
        self.scan(true).unwrap_or_else(|| {
            let left = core::mem::take(&mut self.held);
            self.skipped += u64::try_from(left.len()).unwrap_or(u64::MAX);
            Found { skipped: self.skipped, is_tag: self.is_tag, rest: Vec::new(), free_len: None }
        })
    }

    fn scan(&mut self, is_end: bool) -> Option<Found> {
        let mut at = 0;
        let mut found = None;
        while found.is_none() {
            let Some(next) = memchr::memchr(0xff, &self.held[at..]) else {
                at = self.held.len();
                break;
            };
            at += next;
            match confirm(&self.held[at..], self.free_len, is_end) {
                Answer::Yes { free_len } => found = Some(free_len),
                Answer::No => at += 1,
                Answer::Unknown => break,
            }
        }
        let rest = self.held.split_off(at);
        self.held = Vec::new();
        self.skipped += u64::try_from(at).unwrap_or(u64::MAX);
        match found {
            Some(free_len) => Some(Found { skipped: self.skipped, is_tag: self.is_tag, rest, free_len }),
            None => {
                self.held = rest;
                None
            }
        }
    }
}

/// Whether a frame begins here.
fn confirm(bytes: &[u8], free_len: Option<usize>, is_end: bool) -> Answer {
    let unknown = if is_end { Answer::No } else { Answer::Unknown };
    if bytes.len() < HEADER_BYTES {
        return unknown;
    }
    let Some(header) = FrameHeader::parse(bytes) else { return Answer::No };
    match (header.len, free_len) {
        (FrameLen::Known(len), free_len) => follow(bytes, header, len, free_len, is_end),
        (FrameLen::Free { padding }, Some(len)) => follow(bytes, header, len + padding, free_len, is_end),
        (FrameLen::Free { padding }, None) => measure_free(bytes, header, padding, is_end),
    }
}

/// Whether something that may follow a frame stands behind one of `len` bytes.
fn follow(bytes: &[u8], header: FrameHeader, len: usize, free_len: Option<usize>, is_end: bool) -> Answer {
    // Free bit rate less a padding may say so. What is taken for a frame here has to be one for who goes through frames, or the same is
    // found for ever.
    if len < HEADER_BYTES {
        return Answer::No;
    }
    let behind = bytes.get(len..).unwrap_or_default();
    let is_followed = FrameHeader::parse(behind).is_some_and(|next| next.is_like(header))
        || TAGS.iter().any(|tag| behind.starts_with(tag));
    // A tag may lie across two reads.
    let may_be_followed = behind.len() < HEADER_BYTES || TAGS.iter().any(|tag| tag.starts_with(behind));
    if is_followed || (is_end && bytes.len() == len) {
        Answer::Yes { free_len }
    } else if may_be_followed && !is_end {
        Answer::Unknown
    } else {
        Answer::No
    }
}

/// Finds out how long frames of free bit rate are: from one header to the next, if a third one agrees.
fn measure_free(bytes: &[u8], header: FrameHeader, padding: usize, is_end: bool) -> Answer {
    let mut at = HEADER_BYTES;
    while at <= LONGEST_FRAME {
        let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) else {
            return if is_end || bytes.len() > LONGEST_FRAME { Answer::No } else { Answer::Unknown };
        };
        at += next;
        let behind = &bytes[at..];
        if behind.len() < HEADER_BYTES && !is_end {
            return Answer::Unknown;
        }
        if let Some(second) = FrameHeader::parse(behind)
            && second.is_like(header)
            && let FrameLen::Free { padding: more } = second.len
        {
            let len = at - padding;
            match follow(behind, second, len + more, Some(len), is_end) {
                Answer::No => {}
                answer @ (Answer::Yes { .. } | Answer::Unknown) => return answer,
            }
        }
        at += 1;
    }
    Answer::No
}
