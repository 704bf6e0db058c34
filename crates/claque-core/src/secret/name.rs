//! Names that a service gave to what it has.

use core::fmt;

use super::{BLANK, SecretSet};

/// A name that a service gave to something it has, such as a model or a voice. It goes back to the service as it came, for another name is of
/// something else; whatever is printed, logged or kept has it without secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceName {
    sent: Box<str>,
    shown: Box<str>,
}

impl ServiceName {
    /// A name that the user chose, or that claque knows by itself: there is nothing to hide in it.
    #[must_use]
    pub fn chosen(name: &str) -> Self {
        Self { sent: name.into(), shown: name.into() }
    }

    /// As the service is told it: to be put on the wire and nowhere else.
    #[must_use]
    pub const fn as_sent(&self) -> &str {
        &self.sent
    }

    /// Whether something in it is not shown because it is a secret.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        self.shown.matches(BLANK).count() > self.sent.matches(BLANK).count()
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

impl SecretSet {
    /// A name that a service gave, to be sent as it is and shown without secrets ([`SecretSet::clean`]).
    #[must_use]
    pub fn name(&self, foreign: &str) -> ServiceName {
        ServiceName { sent: foreign.into(), shown: self.clean(foreign).into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_name_with_a_secret_in_it_is_sent_as_it_is_and_shown_without() {
        let mut secrets = SecretSet::default();
        secrets.insert(&Secret::from("kokoro"));
        let name = secrets.name("m-kokoro");
        assert_eq!((name.as_sent(), name.to_string().as_str()), ("m-kokoro", "m-[secret]"));
        assert_eq!(format!("{name:?}"), "\"m-[secret]\"");
        assert!(name.holds_secret() && !secrets.name("tts-1").holds_secret());
        assert_eq!(ServiceName::chosen("kokoro").to_string(), "kokoro");
    }

    #[test]
    fn a_name_is_cut_where_it_is_shown_alone() {
        let long = "a".repeat(3_000);
        let name = SecretSet::default().name(&long);
        assert_eq!(name.as_sent(), long);
        assert!(name.to_string().len() <= crate::secret::MAX_TEXT && !name.holds_secret());
    }
}
