//! Secrets, and what keeps them out of everything that is shown or kept.
//!
//! A [`Secret`] does not print. A [`SecretSet`] knows all of a run's and blanks them in text that came from outside: a
//! service may repeat what it was shown, in an error, a reason or a name. Text from outside is also cut there to
//! [`MAX_TEXT`], so that no service decides how long our files are.

mod claims;
mod code;
mod hints;
mod name;
mod part;
mod reading;
#[cfg(test)]
mod tests;
mod view;
mod whole;
mod writing;
mod written;

use core::fmt;

pub use self::name::ServiceName;
use self::{
    code::HighBytes,
    hints::Window,
    part::{PART, PartSet, decoded_pair},
    view::{Unit, View, normal, seen, turned, views},
    whole::{HEAD, WholeSet},
    written::WrittenSet,
};

/// Longest text from outside that is kept, in bytes.
pub const MAX_TEXT: usize = 1 << 10;

/// As much of a text is looked at, in bytes: beyond [`MAX_TEXT`], so that what is cut there was read whole.
const LOOKED_AT: usize = 2 * MAX_TEXT;

/// What stands in a text where a secret was.
const BLANK: &str = "[secret]";

/// Ends a text that was cut.
const CUT: &str = "…";

/// As many characters of a secret's beginning are blanked even where the rest is missing, for a text may have been cut
/// within it.
const TELLING: usize = 12;

/// Names, such as of a document, are refused for holding a secret of at least so many characters; a shorter one may be
/// part of an honest name by chance.
const SHORTEST_IN_NAMES: usize = 8;

/// Secrets that are remembered at most; beyond that the oldest are forgotten, which are tokens that have long ended.
const MOST_SECRETS: usize = 10_000;

/// A token or password. Its debug output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, to be put on the wire and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// All secrets that a service has been shown or has given. Its debug output hides them.
#[derive(Clone, Default)]
pub struct SecretSet {
    /// Every writing of each.
    written: WrittenSet,
    /// Parts of long secrets, the oldest secret's first.
    parts: PartSet,
    /// The same secrets as they are looked for in codes.
    wholes: WholeSet,
    /// What tokens say of whom they were given to: blanked, but no name is refused for it, for a service may name what is somebody's by
    /// whose it is.
    claims: Option<Box<Self>>,
    high: HighBytes,
}

impl SecretSet {
    /// Adds a secret to be blanked from now on. One that is known already, or too short, changes nothing. Of a JSON web token
    /// (RFC 7519) its claims and its signature are secrets, too, for each may be said without the rest; and so are the name and the
    /// password that Basic credentials (RFC 7617) are decoded to. The e-mail addresses and ids in a token's claims are blanked in plain, too.
    pub fn insert(&mut self, secret: &Secret) {
        let secret = secret.expose().trim();
        if let Some([claims, _]) = token_parts(secret) {
            let said = claims::identifying(claims);
            if !said.is_empty() {
                let own = self.claims.get_or_insert_default();
                // An address shares its host with honest texts, so that only the whole of it is looked for.
                said.iter().for_each(|claim| own.insert_one(claim, ""));
            }
        }
        token_parts(secret).into_iter().flatten().for_each(|part| self.insert_one(part, part));
        decoded_pair(secret).into_iter().flatten().for_each(|part| self.insert_one(&part, &part));
        // The head of a JSON web token is the same for many, and says nothing.
        self.insert_one(secret, token_parts(secret).map_or(secret, |_| ""));
    }

    /// How many were added so far, those that tokens say included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.written.count() + self.claims.as_ref().map_or(0, |claims| claims.count())
    }

    /// Adds one; any ten letters and digits in a row of `in_parts` are blanked as well.
    fn insert_one(&mut self, secret: &str, in_parts: &str) {
        if !self.written.push(secret) {
            return;
        }
        self.high = self.high.and_of(secret);
        self.parts.push(in_parts);
        self.wholes.push(secret);
        if self.written.len() > MOST_SECRETS {
            self.written.pop();
            self.parts.pop();
            self.wholes.pop();
        }
    }

    /// `foreign` without any secret, on one line, at most [`MAX_TEXT`] bytes of it. A secret is found as it is, in any case of its
    /// letters, and as URLs, JSON and HTML write it. One of six characters and more is found, too, where blanks, line ends or signs that nobody
    /// sees stand in it, in other shapes of its letters, backwards, with each letter thirteen places further (rot13), and in codes, three within
    /// each other at most: escapes of its characters, lists of their numbers, base16, base32, base64 and base85. Of one of sixteen letters and
    /// digits and more any ten in a row are, whatever signs stand between them.
    #[must_use]
    pub fn clean(&self, foreign: &str) -> String {
        // What is cut here may hold half a code that would not be known for one: it is cut again further in front.
        let looked_at = foreign.get(..foreign.floor_char_boundary(LOOKED_AT)).unwrap_or_default();
        let mut coded = self.without_coded(looked_at);
        if looked_at.len() < foreign.len() {
            coded.push_str(CUT);
        }
        let clean = self.without_written(&coded);
        match &self.claims {
            None => clean,
            Some(claims) => claims.clean(&clean),
        }
    }

    /// `foreign` without any secret that stands there in one of its own writings, cut.
    fn without_written(&self, foreign: &str) -> String {
        let mut clean = String::with_capacity(foreign.len().min(MAX_TEXT));
        let mut rest = foreign;
        let mut room_for_cut = 0;
        while let Some(next) = rest.chars().next() {
            let found = self.written.longest_at(rest);
            let (piece, length) = found.map_or((None, next.len_utf8()), |found| (Some(BLANK), found.bytes));
            // A line's end could begin a line of its own in a table of ours.
            let piece =
                piece.unwrap_or(if matches!(next, '\n' | '\r' | '\t') { " " } else { &rest[..length] });
            rest = &rest[length..];
            if clean.len() + piece.len() > MAX_TEXT {
                clean.truncate(room_for_cut);
                clean.push_str(CUT);
                return clean;
            }
            clean.push_str(piece);
            if clean.len() + CUT.len() <= MAX_TEXT {
                room_for_cut = clean.len();
            }
        }
        clean
    }

    /// `text` without any secret that stands there in codes, or in part.
    fn without_coded(&self, text: &str) -> String {
        if self.written.len() == 0 {
            return text.to_owned();
        }
        let mut ranges: Vec<(usize, usize)> =
            views(text, self.high).iter().flat_map(|view| self.found_in(view)).collect();
        ranges.sort_unstable();
        let (mut clean, mut at) = (String::with_capacity(text.len()), 0);
        for (from, until) in ranges {
            // One that overlaps the one before goes on with it.
            if from >= at {
                clean.push_str(&text[at..from]);
                if from > at || at == 0 {
                    clean.push_str(BLANK);
                }
            }
            at = at.max(until);
        }
        clean.push_str(&text[at..]);
        clean
    }

    /// Where a reading of a text holds secrets: as it is, backwards, with each letter thirteen places further, or both.
    fn found_in(&self, view: &[Unit]) -> Vec<(usize, usize)> {
        if !self.may_be_in(view) {
            return Vec::new();
        }
        let plain = normal(view);
        let backwards: View = plain.iter().rev().copied().collect();
        let both = turned(&backwards);
        let turned = turned(&plain);
        let found = |view: &View| {
            self.wholes.found_in(view).into_iter().chain(self.parts.found_in(view)).collect::<Vec<_>>()
        };
        [plain, backwards, turned, both].iter().flat_map(found).collect()
    }

    /// Whether anything in a reading of a text hints at a secret.
    fn may_be_in(&self, view: &[Unit]) -> bool {
        let (wholes, parts) = (self.wholes.hints(), self.parts.hints());
        let (mut head, mut part) = (Window::<HEAD>::new(), Window::<PART>::new());
        view.iter().filter_map(|unit| seen(unit.c)).any(|c| {
            head.push(c).is_some_and(|hint| wholes.has(hint))
                || c.is_alphanumeric() && part.push(c).is_some_and(|hint| parts.has(hint))
        })
    }

    /// Whether a name from outside can be used as it is: it is no longer than [`MAX_TEXT`] and holds no secret of at
    /// least eight characters.
    #[must_use]
    pub fn is_fit_name(&self, foreign: &str) -> bool {
        let holds = |(at, _): (usize, char)| {
            self.written.longest_at(&foreign[at..]).is_some_and(|found| found.of >= SHORTEST_IN_NAMES)
        };
        foreign.len() <= MAX_TEXT && !foreign.char_indices().any(holds) && !self.parts.is_in(foreign)
    }
}

impl fmt::Debug for SecretSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSet").field("secrets", &self.written.len()).finish_non_exhaustive()
    }
}

/// Claims and signature of a JSON web token, if the secret is one. Its head is the same for many.
fn token_parts(secret: &str) -> Option<[&str; 2]> {
    /// Shorter parts would be found in honest words.
    const SHORTEST_PART: usize = 16;
    let (head, rest) = secret.split_once('.')?;
    let (claims, signature) = rest.split_once('.')?;
    let is_part = |part: &str| {
        let in_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        part.len() >= SHORTEST_PART && part.bytes().all(in_base64)
    };
    [head, claims, signature].into_iter().all(is_part).then_some([claims, signature])
}
