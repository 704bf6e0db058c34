//! By which number a lane's poll knows whom there is news of.

use mio::Token;

/// Whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Somebody outside woke the lane.
    Outside,
    /// The lane's alarm rang.
    Alarm,
    /// The WebSocket of the listener in this slot.
    Listener(usize),
    /// The connection for audio of this number.
    Fetcher(usize),
}

impl Who {
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
        for who in
            [Who::Outside, Who::Alarm, Who::Listener(0), Who::Fetcher(0), Who::Listener(7), Who::Fetcher(7)]
        {
            assert_eq!(Who::of(who.token()), who);
        }
    }
}
