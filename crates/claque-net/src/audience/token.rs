//! By which number a lane's poll knows whom there is news of.

use mio::Token;

/// Whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenTarget {
    /// Somebody outside woke the lane.
    Outside,
    /// The lane's alarm rang.
    Alarm,
    /// The WebSocket of the listener in this slot.
    Listener(usize),
    /// The connection for audio of this number.
    Fetcher(usize),
}

impl TokenTarget {
    pub(super) const fn token(self) -> Token {
        Token(match self {
            Self::Outside => 0,
            Self::Alarm => 1,
            Self::Listener(slot) => 2 + 2 * slot,
            Self::Fetcher(number) => 3 + 2 * number,
        })
    }

    pub(super) const fn of(Token(token): Token) -> Self {
        match token {
            0 => Self::Outside,
            1 => Self::Alarm,
            token if token % 2 == 0 => Self::Listener(token / 2 - 1),
            token => Self::Fetcher(token / 2 - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_number() {
        for who in [
            TokenTarget::Outside,
            TokenTarget::Alarm,
            TokenTarget::Listener(0),
            TokenTarget::Fetcher(0),
            TokenTarget::Listener(7),
            TokenTarget::Fetcher(7),
        ] {
            assert_eq!(TokenTarget::of(who.token()), who);
        }
    }
}
